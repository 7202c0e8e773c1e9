package dkim

import (
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/dkim/dkimtest"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

var testKey = sync.OnceValues(dkimtest.NewKey)

func key(t testing.TB) dkimtest.Key {
	t.Helper()
	k, err := testKey()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// render writes a message with CRLF line ends.
func render(h message.Header, body []byte) []byte {
	var b strings.Builder
	for _, f := range h {
		b.WriteString(f.Name + ":" + strings.ReplaceAll(f.Raw, "\n", "\r\n") + "\r\n")
	}
	return []byte(b.String() + "\r\n" + string(body))
}

// parse is the contrary of render.
func parse(t testing.TB, msg []byte) (message.Header, []byte) {
	t.Helper()
	head, body, ok := strings.Cut(string(msg), "\r\n\r\n")
	if !ok {
		t.Fatal("message without an empty line")
	}
	var h message.Header
	for l := range strings.SplitSeq(strings.ReplaceAll(head, "\r\n", "\n"), "\n") {
		if l[0] == ' ' || l[0] == '\t' {
			h[len(h)-1].Raw += "\n" + l
			continue
		}
		name, raw, _ := strings.Cut(l, ":")
		h = append(h, message.Field{Name: name, Raw: raw})
	}
	return h, []byte(body)
}

// edited is the message as an MTA delivers it, by the package's own model of
// the MTAs.
func edited(m mta, h message.Header, body []byte, mods []verdict.Modification) []byte {
	f := newFields(m, h)
	for i := range mods {
		if mods[i].Op == verdict.ReplaceBody {
			body = []byte(strings.ReplaceAll(strings.ReplaceAll(string(mods[i].Body), "\r\n", "\n"), "\n", "\r\n"))
			if len(body) > 0 && body[len(body)-1] != '\n' {
				body = append(body, "\r\n"...)
			}
			continue
		}
		f.apply(&mods[i])
	}
	return render(f.header(), body)
}

const plainBody = "Dear all,\r\n\r\nthe  figures \tare attached. \r\n\r\n-- \r\nAlice\r\n\r\n\r\n"

func plainHeader() message.Header {
	return message.Header{
		{Name: "Received", Raw: " from a.example by b.example;\n\tSat, 21 Nov 2026 10:00:00 +1100"},
		{Name: "From", Raw: " Alice <alice@agency.example>"},
		{Name: "To", Raw: " bob@other.example"},
		{Name: "Subject", Raw: " Quarterly  figures\n for you"},
		{Name: "Date", Raw: " Sat, 21 Nov 2026 10:00:00 +1100"},
		{Name: "X-Mailer", Raw: " Test 1.0"},
		{Name: "Content-Type", Raw: " text/plain"},
	}
}

func signed(t testing.TB, canon string, names ...string) (message.Header, []byte) {
	t.Helper()
	msg, err := key(t).Sign(render(plainHeader(), []byte(plainBody)), canon, names)
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, msg)
}
