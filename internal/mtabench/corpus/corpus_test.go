package corpus

import (
	"bytes"
	"encoding/base64"
	"net/mail"
	"strings"
	"testing"

	"labelmilter/internal/sit/validate"
)

func TestMessages(t *testing.T) {
	sizes := map[string][2]int{"clean": {10_000, 14_000}, "hits": {10_000, 14_000}, "html": {50_000, 55_000},
		"prose": {48_000, 56_000}, "attachment": {190_000, 215_000}}
	for _, s := range Sets() {
		t.Run(s.Name, func(t *testing.T) {
			ms, again := s.Messages(1, 3), s.Messages(1, 3)
			for i, m := range ms {
				if !bytes.Equal(m.Data, again[i].Data) {
					t.Errorf("message %d is not the same twice", i)
				}
				if i > 0 && bytes.Equal(m.Data, ms[0].Data) {
					t.Errorf("message %d is message 0", i)
				}
				if n, want := len(m.Data), sizes[s.Name]; n < want[0] || n > want[1] {
					t.Errorf("message %d has %d bytes, want %v", i, n, want)
				}
				for _, l := range bytes.SplitAfter(m.Data, []byte("\n")) {
					if len(l) > 998 || len(l) > 0 && !bytes.HasSuffix(l, []byte("\r\n")) {
						t.Fatalf("message %d: line of %d bytes, or not ended by CRLF", i, len(l))
					}
				}
				parsed, err := mail.ReadMessage(bytes.NewReader(m.Data))
				if err != nil {
					t.Fatal(err)
				}
				if n := len(parsed.Header); n < 18 {
					t.Errorf("message %d has %d header fields", i, n)
				}
			}
		})
	}
}

func TestPlanted(t *testing.T) {
	total := map[string]int{}
	for _, m := range Sets()[1].Messages(1, 20) {
		for k, n := range m.Planted {
			total[k] += n
		}
	}
	for _, k := range []string{TFN, Card, IBAN, Marking} {
		if total[k] < 10 {
			t.Errorf("%s: %d planted in 20 messages", k, total[k])
		}
	}
}

// TestCheckDigits compares with validators that know nothing of this package.
func TestCheckDigits(t *testing.T) {
	g := newGen(1, "test", 0)
	for name, f := range map[string]func(bool) string{"au-tfn": g.tfn, "luhn": g.card, "iban": g.iban} {
		valid, ok := validate.Lookup(name)
		if !ok {
			t.Fatalf("no validator %s", name)
		}
		for range 300 {
			if s := f(true); !valid(s) {
				t.Errorf("%s: %s is refused", name, s)
			}
			if s := f(false); valid(s) {
				t.Errorf("%s: decoy %s is taken", name, s)
			}
		}
	}
}

func TestAttachmentDecodes(t *testing.T) {
	s := Sets()[4]
	data := string(s.Messages(1, 1)[0].Data)
	_, enc, _ := strings.Cut(data, "Content-Transfer-Encoding: base64\r\n\r\n")
	enc, _, _ = strings.Cut(enc, "--=_")
	got, err := base64.StdEncoding.DecodeString(strings.ReplaceAll(enc, "\r\n", ""))
	if err != nil || string(got) != s.Text(1, 0) {
		t.Errorf("attachment does not decode to its text: %v", err)
	}
}
