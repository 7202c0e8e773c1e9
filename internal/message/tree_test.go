package message

import (
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	gomessage "github.com/emersion/go-message"
	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
)

// tree writes one line per part: path, type, second readings marked.
func tree(p *Part) string {
	var b strings.Builder
	p.Walk(func(p *Part) {
		mark := ""
		if p.Alternative {
			mark = "*"
		}
		fmt.Fprintf(&b, "%q%s %s\n", p.Path, mark, p.Type)
	})
	return b.String()
}

// Section numbers as in the example of RFC 9051 6.4.5.1.
func TestSections(t *testing.T) {
	t.Parallel()
	part := func(typ, body string) string { return "Content-Type: " + typ + "\n\n" + body + "\n" }
	multi := func(b string, parts ...string) string {
		return "--" + b + "\n" + strings.Join(parts, "--"+b+"\n") + "--" + b + "--\n"
	}
	mixed := func(b string, parts ...string) string {
		return part("multipart/mixed; boundary="+b, multi(b, parts...))
	}
	msg := func(inner string) string { return part("message/rfc822", "From: a@b\nMIME-Version: 1.0\n"+inner) }
	raw := mixed("a",
		part("text/plain", "1"),
		part("application/octet-stream", "2"),
		msg(mixed("b", part("text/plain", "3.1"), part("application/octet-stream", "3.2"))),
		mixed("c",
			part("image/gif", "4.1"),
			msg(mixed("d", part("text/plain", "4.2.1"), part("multipart/alternative; boundary=e", multi("e", part("text/plain", "x"), part("text/richtext", "y")))))))
	got := tree(read(t, raw, options(t)).Root)
	want := `"" multipart/mixed
"1" text/plain
"2" application/octet-stream
"3" message/rfc822
"3" multipart/mixed
"3.1" text/plain
"3.2" application/octet-stream
"4" multipart/mixed
"4.1" image/gif
"4.2" message/rfc822
"4.2" multipart/mixed
"4.2.1" text/plain
"4.2.2" multipart/alternative
"4.2.2.1" text/plain
"4.2.2.2" text/richtext
`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	for _, tt := range []struct{ raw, want string }{
		{"Subject: x\n\nbody", "\"1\" text/plain\n"},
		{"", "\"1\" text/plain\n"},
		{part("message/rfc822", "From: a@b\n\nx"), "\"1\" message/rfc822\n\"1.1\" text/plain\n"},
		{"Content-Type: text/plain\nContent-Type: text/html\n\nx", "\"1\" text/plain\n\"1\"* text/html\n"},
	} {
		m := read(t, tt.raw, options(t))
		if diff := cmp.Diff(tt.want, tree(m.Root)); diff != "" {
			t.Errorf("%q: %s", tt.raw, diff)
		}
	}
}

func TestPartFields(t *testing.T) {
	t.Parallel()
	m := read(t, "Content-Type: Text/HTML; charset=\"UTF-8\"; name=a.html\nContent-Transfer-Encoding: \"Base64\" (x)\n"+
		"Content-Disposition: ATTACHMENT; filename=b.html; filename*=utf-8''%c3%bc\nMessage-ID: <1@x>\nDate: Mon, 2 Nov 2026 12:00:00 +1100\nSubject: a\nSubject: =?utf-8?q?b?=\n\nPGI+\n", options(t))
	p := *m.Root
	p.Header, p.Raw = nil, nil
	want := Part{Path: "1", Type: "text/html", Params: map[string]string{"charset": "UTF-8", "name": "a.html"}, Charset: "utf-8",
		Encoding: "base64", Disp: "attachment", Names: []string{"ü", "b.html", "a.html"}}
	if diff := cmp.Diff(want, p); diff != "" {
		t.Error(diff)
	}
	if got := string(m.Root.Decoded(budget.New(budget.Default()))); got != "<b>" {
		t.Errorf("decoded %q", got)
	}
	if m.MessageID() != "<1@x>" || m.Subject() != "a\nb" || !m.Date().Equal(time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC)) {
		t.Errorf("%q %q %v", m.MessageID(), m.Subject(), m.Date())
	}
}

// Every defect has a message that shows it.
func TestDefects(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, raw string }{
		{"header-line-without-colon", "Subject: x\ngarbage\n\nx"},
		{"header-without-end", "Subject: x\nthis is the body"},
		{"header-missing", "this is the body\n\nmore"},
		{"header-leading-space", " Subject: x\n\nx"},
		{"header-name-not-ascii", "S\xfcbject: x\n\nx"},
		{"content-type-invalid", "Content-Type: garbage\n\nx"},
		{"content-type-duplicate", "Content-Type: text/plain\nContent-Type: text/html\n\nx"},
		{"transfer-encoding-duplicate", "Content-Transfer-Encoding: 7bit\nContent-Transfer-Encoding: base64\n\nx"},
		{"boundary-missing", "Content-Type: multipart/mixed\n\n--a\n\nx\n--a--"},
		{"boundary-wrong", "Content-Type: multipart/mixed; boundary=b\n\n--a\n\nx\n--a--"},
		{"boundary-inexact", "Content-Type: multipart/mixed; boundary=a\n\n--ab\n\nx"},
		{"boundary-duplicate", "Content-Type: multipart/mixed; boundary=a; boundary=b\n\n--a\n--b\n"},
		{"boundary-unclosed", "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx"},
		{"part-after-close", "Content-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n--a\n\ny"},
		{"multipart-empty", "Content-Type: multipart/mixed; boundary=a\n\n"},
		{"multipart-hidden", "Content-Type: text/plain\n\n--a\nContent-Type: text/plain\n\nx"},
		{"multipart-encoded", "Content-Type: multipart/mixed; boundary=a\nContent-Transfer-Encoding: base64\n\nLS1hCgp4Ci0tYS0t"},
		{"message-without-header", "Content-Type: message/rfc822\n\n\nx y z"},
	} {
		m := read(t, tt.raw, options(t))
		found := false
		for _, d := range m.Defects {
			found = found || d.Code == tt.code
		}
		if !found {
			t.Errorf("%s: got %v", tt.code, m.Defects)
		}
	}
	sound := read(t, "Subject: x\nContent-Type: multipart/mixed; boundary=a\n\n--a\n\nx\n--a--\n", options(t))
	if len(sound.Defects)+len(sound.Skips) != 0 {
		t.Errorf("a sound message: %v %v", sound.Defects, sound.Skips)
	}
}

// On sound messages the tree is that of an independent reader.
func TestAgreesWithGoMessage(t *testing.T) {
	was := gomessage.CharsetReader
	gomessage.CharsetReader = charset.Reader
	defer func() { gomessage.CharsetReader = was }()
	for _, raw := range []string{
		"Subject: x\r\nContent-Type: text/plain; charset=iso-8859-2\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nZa=BF=F3=B3=E6 =\r\nend\r\n",
		"Content-Type: multipart/mixed; boundary=\"a b\"\r\n\r\npre\r\n--a b\r\n\r\none\r\n--a b\r\nContent-Type: text/html; charset=utf-8\r\n" +
			"Content-Transfer-Encoding: base64\r\n\r\nPHA+w7w8L3A+\r\n--a b--\r\nepi\r\n",
		"Content-Type: multipart/alternative; boundary=x\r\n\r\n--x\r\nContent-Type: multipart/related; boundary=xx\r\n\r\n--xx\r\n\r\na\r\n" +
			"--xx\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\niVBORw0KGgo=\r\n--xx--\r\n--x\r\nContent-Type: text/plain\r\n\r\nb\r\n--x--\r\n",
	} {
		e, err := gomessage.Read(strings.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		err = e.Walk(func(_ []int, e *gomessage.Entity, err error) error {
			if err != nil || e.MultipartReader() != nil {
				return err
			}
			typ, _, err := e.Header.ContentType()
			if err != nil {
				typ = "text/plain"
			}
			b, err := io.ReadAll(e.Body)
			want = append(want, typ+" "+string(b))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		m := read(t, raw, options(t))
		for _, p := range m.Leaves() {
			b := p.Decoded(budget.New(budget.Default()))
			s := string(b)
			if strings.HasPrefix(p.Type, "text/") {
				s = charset.Decode(b, p.Charset).UTF8
			}
			got = append(got, p.Type+" "+s)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", raw, diff)
		}
	}
}

// Structures that would take a quadratic reader minutes; they take a linear one
// 0.1 s. The bound only catches a reader that hangs.
func TestHostileStructures(t *testing.T) {
	t.Parallel()
	var deep, nested strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&deep, "Content-Type: multipart/mixed; boundary=boundary-number-%d\n\n--boundary-number-%d\n", i, i)
		fmt.Fprintf(&nested, "Content-Type: multipart/mixed; boundary=a\nContent-Type: multipart/mixed; boundary=b%d\n\n--a\n", i)
	}
	head := "Content-Type: multipart/mixed; boundary=a\n\n"
	for _, tt := range []struct{ name, raw string }{
		{"10,000 deep", deep.String()},
		{"20,000 parts", head + strings.Repeat("--a\n\nx\n", 20_000)},
		{"1,000,000 delimiters", head + strings.Repeat("--a\n", 1_000_000)},
		{"near delimiters", head + strings.Repeat("\n--ab", 1_000_000)},
		{"ambiguous at each level", nested.String()},
		{"hidden multiparts", "Subject: x\n\n" + strings.Repeat("--a\nContent-Type: text/plain\n\n--b\nContent-Type: text/plain\n\n", 20_000)},
		{"guesses", "Content-Type: multipart/mixed\n\n" + strings.Repeat("--a\nx\n--b\nx\n", 200_000)},
		{"encoded words", "Subject: " + strings.Repeat("=?", 60_000) + "\n\n"},
		{"encoded words without end", "Subject: " + strings.Repeat("=?a?q?", 20_000) + "\n\n"},
		{"parameters", "Content-Type: text/plain" + strings.Repeat("; a*0=b", 15_000) + "\n\n"},
		{"blanks in a value", "Content-Type: text/plain; a=" + strings.Repeat("b ", 50_000) + "\n\n"},
		{"comments", "Content-Type: " + strings.Repeat("(", 100_000) + "\n\n"},
		{"CRs", "Subject: x\n\n" + strings.Repeat("\r", 1_000_000)},
		{"colons", strings.Repeat(":", 1_000_000)},
		{"folds", "X:" + strings.Repeat("\n ", 500_000)},
		{"begin lines", "Subject: x\n\n" + strings.Repeat("begin 644 x\n", 100_000)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t0 := time.Now()
			m := read(t, tt.raw, options(t))
			d := time.Since(t0)
			t.Logf("%d KB in %v, %d leaves", len(tt.raw)>>10, d, len(m.Leaves()))
			if d > time.Minute {
				t.Errorf("took %v", d)
			}
			if n := len(m.Leaves()); n > budget.Default().Parts+1 {
				t.Errorf("%d leaves", n)
			}
		})
	}
}
