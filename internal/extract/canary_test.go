package extract

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/message"
)

// canary is what each message hides; the marker is 16 digits, as a card number
// would be.
const canary = "CANARY-4111111111111111"

// hidden is one message with the canary somewhere in it.
type hidden struct {
	name    string
	raw     string // LF line ends are made CRLF unless exact
	where   Where
	part    string          // "*" for any
	reasons []budget.Reason // exactly these, in any order; nil: complete
	want    string          // instead of canary
	exact   bool
}

func readString(t testing.TB, raw string, l budget.Limits) (*message.Message, Result) {
	t.Helper()
	m, err := message.Read(context.Background(), strings.NewReader(raw), message.Envelope{}, message.Options{Limits: l})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	})
	return m, Extract(context.Background(), m, l)
}

func (h hidden) run(t *testing.T) {
	raw := h.raw
	if !h.exact {
		raw = strings.ReplaceAll(strings.ReplaceAll(raw, "\r\n", "\n"), "\n", "\r\n")
	}
	want := h.want
	if want == "" {
		want = canary
	}
	_, r := readString(t, raw, budget.Default())
	found := false
	for _, x := range r.Texts {
		if strings.Contains(x.Body, want) && x.Where == h.where && (h.part == "*" || x.Part == h.part) {
			found = true
		}
	}
	if !found {
		t.Errorf("not found in %s of part %q", h.where, h.part)
		for _, x := range r.Texts {
			t.Logf("part %q %s %s: %.120q", x.Part, x.Where, x.Name, x.Body)
		}
	}
	var got []budget.Reason
	for _, s := range r.Skipped {
		if !slices.Contains(got, s.Reason) {
			got = append(got, s.Reason)
		}
	}
	slices.Sort(got)
	reasons := slices.Clone(h.reasons)
	slices.Sort(reasons)
	if !slices.Equal(got, reasons) {
		t.Errorf("reasons: got %v, want %v", r.Skipped, reasons)
	}
}

func runAll(t *testing.T, cases []hidden) {
	t.Helper()
	t.Parallel()
	for _, h := range cases {
		t.Run(h.name, h.run)
	}
}

func b64(s string) string {
	e := base64.StdEncoding.EncodeToString([]byte(s))
	var out strings.Builder
	for len(e) > 76 {
		out.WriteString(e[:76] + "\n")
		e = e[76:]
	}
	return out.String() + e + "\n"
}

func qp(s string) string {
	var out strings.Builder
	for i := range len(s) {
		if c := s[i]; c >= 0x7f || c < 0x20 || c == '=' {
			fmt.Fprintf(&out, "=%02X", c)
		} else {
			out.WriteByte(c)
		}
		if i%25 == 24 {
			out.WriteString("=\n")
		}
	}
	return out.String() + "\n"
}

// text is a single-part message.
func text(header, body string) string { return "Subject: x\n" + header + "\n" + body }

// mixed is a multipart message with the given parts, each header and body.
func mixed(parts ...string) string {
	return "Subject: x\nContent-Type: multipart/mixed; boundary=\"b1\"\n\n" + multi("b1", parts...)
}

func multi(boundary string, parts ...string) string {
	var b strings.Builder
	for _, p := range parts {
		b.WriteString("--" + boundary + "\n" + p + "\n")
	}
	return b.String() + "--" + boundary + "--\n"
}

var (
	ambiguous = []budget.Reason{budget.MIMEAmbiguous}
	noReason  []budget.Reason
)
