package extract

import (
	"context"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/htmltext"
	"labelmilter/internal/message"
)

// The whole result for one message, in order.
func TestResult(t *testing.T) {
	t.Parallel()
	raw := "From: a@b.c\nSubject: =?utf-8?q?one?=\nSubject: two\nContent-Type: multipart/mixed; boundary=b1\n\npreamble\n" +
		multi("b1",
			"Content-Type: text/html\n\n<p title=tip>seen <b style='display:none'>unseen</b></p>",
			"Content-Type: image/png; name=a.png\nContent-Transfer-Encoding: base64\n\n"+b64("\x89PNG\r\n\x1a\n"),
			"Content-Type: text/plain; name=b.txt\n\nattached")
	_, r := readString(t, strings.ReplaceAll(raw, "\n", "\r\n"), budget.Default())
	want := Result{
		Texts: []Text{
			{Where: InHeader, Name: "From", Body: "a@b.c"},
			{Where: InSubject, Name: "Subject", Body: "one"},
			{Where: InSubject, Name: "Subject", Body: "two"},
			{Where: InHeader, Name: "Content-Type", Body: "multipart/mixed; boundary=b1"},
			{Where: InHidden, Body: "preamble"},
			{Part: "1", Where: InHeader, Name: "Content-Type", Body: "text/html"},
			{Part: "1", Where: InBody, Body: "seen unseen\n", Unseen: []htmltext.Range{{From: 4, To: 11}}},
			{Part: "1", Where: InHidden, Body: "tip\n"},
			{Part: "2", Where: InHeader, Name: "Content-Type", Body: "image/png; name=a.png"},
			{Part: "2", Where: InHeader, Name: "Content-Transfer-Encoding", Body: "base64"},
			{Part: "2", Where: InName, Body: "a.png"},
			{Part: "3", Where: InHeader, Name: "Content-Type", Body: "text/plain; name=b.txt"},
			{Part: "3", Where: InName, Body: "b.txt"},
			{Part: "3", Where: InAttachment, Body: "attached"},
		},
		Parts: []PartInfo{
			{Part: "1", Type: "text/html", Bytes: 56, Text: 16, TrueType: "text/html", OtherNames: []string{}, Facts: []document.Fact{}},
			{Part: "2", Type: "image/png", Name: "a.png", Bytes: 8, TrueType: "image/png", OtherNames: []string{}, Facts: []document.Fact{document.ImageOnly}},
			{Part: "3", Type: "text/plain", Name: "b.txt", Bytes: 8, Text: 8, TrueType: "text/plain", OtherNames: []string{}, Facts: []document.Fact{}},
		},
		Skipped: []budget.Skip{{Part: "2", Reason: budget.ImageOnly}},
	}
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
	if r.Complete() {
		t.Error("complete")
	}
}

func TestTextLimit(t *testing.T) {
	t.Parallel()
	l := budget.Default()
	l.TextPart, l.TextTotal = 10, 20
	raw := "Content-Type: multipart/mixed; boundary=b1\n\n" + multi("b1",
		"\n123456789ü", "Content-Type: text/html\n\n<i hidden>123456789ü", "\n1234567890")
	m, err := message.Read(context.Background(), strings.NewReader(raw), message.Envelope{}, message.Options{Limits: budget.Default()})
	if err != nil {
		t.Fatal(err)
	}
	m.Header = nil
	m.Root.Walk(func(p *message.Part) { p.Header = nil })
	r := Extract(context.Background(), m, l)
	want := []Text{
		{Part: "1", Where: InBody, Body: "123456789"},
		{Part: "2", Where: InBody, Body: "123456789", Unseen: []htmltext.Range{{From: 0, To: 9}}},
	}
	if diff := cmp.Diff(want, r.Texts); diff != "" {
		t.Error(diff)
	}
	for _, s := range r.Skipped {
		if s.Reason != budget.TextLimit {
			t.Errorf("reason %v", s)
		}
	}
	if r.Complete() {
		t.Error("cut text is complete")
	}
}

func TestContextEnds(t *testing.T) {
	t.Parallel()
	m, _ := readString(t, "Subject: x\n\nbody", budget.Default())
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	r := Extract(ctx, m, budget.Default())
	want := []budget.Skip{{Part: "1", Reason: budget.Time}}
	if diff := cmp.Diff(want, r.Skipped); diff != "" {
		t.Error(diff)
	}
}

func TestUnflow(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in, want string
		delsp          bool
	}{
		{"fixed", "a\r\nb\r\n", "a\nb\n", false},
		{"flowed", "a \r\nb\r\n", "a b\n", false},
		{"delsp", "a \r\nb\r\n", "ab\n", true},
		{"signature", "a\r\n-- \r\nb\r\n", "a\n-- \nb\n", false},
		{"signature after a flowed line", "a \r\n-- \r\nb", "a \n-- \nb", false},
		{"stuffed", " >a\r\n From\r\n", ">a\nFrom\n", false},
		{"quotes", "> a \r\n> b\r\n>> c \r\nd", "> a b\n>> c \nd", false},
		{"last line", "a ", "a ", true},
		{"empty", "", "", true},
	} {
		if got := unflow(tt.in, tt.delsp); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestUnescapeJSON(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		`a`: "a", `\u0041`: "A", `\ud83d\ude00`: "😀", `\ud83dx`: "\uFFFDx", `\n\t\"\/\\`: "\n\t\"/\\", `\u12`: `\u12`, `\`: `\`, `x\u00fcy`: "xüy",
	} {
		if got := unescapeJSON(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Members within members stop at the limits.
func TestMemberLimits(t *testing.T) {
	t.Parallel()
	doc := "CANARY"
	for range 12 {
		doc = "<a href='data:text/html," + strings.NewReplacer("'", "%27", "%", "%25").Replace(doc) + "'>x</a>"
	}
	l := budget.Default()
	l.Depth = 5
	_, r := readString(t, "Content-Type: text/html\n\n"+doc, l)
	if len(r.Skipped) != 1 || r.Skipped[0].Reason != budget.Depth {
		t.Errorf("nested data URIs: %v", r.Skipped)
	}
	_, r = readString(t, "Content-Type: text/html\n\n"+strings.Repeat("<a href='data:,x'>", 1000), budget.Default())
	if len(r.Skipped) != 1 || r.Skipped[0].Reason != budget.Parts || len(r.Parts) != 1+maxInline {
		t.Errorf("many data URIs: %v, %d parts", r.Skipped, len(r.Parts))
	}
}

// The bound only catches a reader that hangs.
func TestHostile(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, raw string }{
		{"begin lines", "Subject: x\n\n" + strings.Repeat("begin 644 x\n", 100_000)},
		{"ybegin lines", "Subject: x\n\n" + strings.Repeat("=ybegin name=x\n", 100_000)},
		{"meta charsets", "Content-Type: text/html\n\n" + strings.Repeat("charset ", 200_000)},
		{"flowed lines", "Content-Type: text/plain; format=flowed; delsp=yes\n\n" + strings.Repeat("> \n", 500_000)},
		{"json escapes", "Content-Type: application/json\n\n" + strings.Repeat(`\ud83d`, 300_000)},
		{"2,000 second readings", strings.Repeat("Content-Type: multipart/mixed; boundary=a\nContent-Type: text/html\n\n--a\n", 2000) + "\nx"},
		{"NULs", "Subject: x\n\n" + strings.Repeat("\x00", 1<<20)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t0 := time.Now()
			readString(t, tt.raw, budget.Default())
			if d := time.Since(t0); d > time.Minute {
				t.Errorf("took %v", d)
			} else {
				t.Logf("%d KB in %v", len(tt.raw)>>10, d)
			}
		})
	}
}

func FuzzExtract(f *testing.F) {
	for _, s := range []string{
		"Subject: =?klingon?q?x?=\nContent-Type: text/html; charset=utf-16\n\n<p hidden>x<iframe srcdoc='<b>'>",
		"Content-Type: text/plain; format=flowed; delsp=yes\n\n>> a \n>> b\n-- \n",
		"Content-Type: application/json\n\n{\"a\":\"\\ud83d\\ude00\"}",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: image/png\n\n\x89PNG\n--b\nContent-Type: application/pkcs7-mime\n\n0\n--b--",
		"Content-Type: text/calendar\n\nBEGIN:VCALENDAR\n x\n",
		"Content-Type: text/html\n\n<a href='data:text/html;base64,PGI+'>",
		"\nbegin 644 a\n#86)C\nend\n",
	} {
		f.Add([]byte(s))
	}
	l := budget.Default()
	l.TextPart, l.TextTotal, l.Parts, l.Depth, l.ExpandedPart, l.ExpandedTotal = 5000, 9000, 30, 4, 8000, 16000
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, r := readString(t, string(raw), l)
		total := 0
		for _, x := range r.Texts {
			total += len(x.Body)
			if !utf8.ValidString(x.Body) || !utf8.ValidString(x.Name) || strings.IndexByte(x.Body, 0) >= 0 {
				t.Fatalf("part %q %s: not clean UTF-8", x.Part, x.Where)
			}
			for _, u := range x.Unseen {
				if u.From < 0 || u.To < u.From || u.To > len(x.Body) {
					t.Fatalf("range %v of %d", u, len(x.Body))
				}
			}
		}
		if int64(total) > l.TextTotal {
			t.Fatalf("%d bytes of text", total)
		}
		if len(r.Parts) > l.Parts {
			t.Fatalf("%d parts", len(r.Parts))
		}
		if diff := cmp.Diff(r, Extract(context.Background(), m, l)); diff != "" {
			t.Fatalf("not deterministic: %s", diff)
		}
	})
}

func BenchmarkExtract(b *testing.B) {
	for _, bm := range []struct{ name, raw string }{
		{"plain 10 kB", "Subject: x\r\n\r\n" + strings.Repeat("The quick brown fox jumps over the lazy dog.\r\n", 220)},
		{"html 50 kB qp", "Content-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n" +
			strings.Repeat("<p class=3D\"MsoNormal\"><span style=3D\"color:red\">The quick brown fox</span> jumps.</p>=\r\n", 580)},
		{"text 10 MB base64", "Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
			strings.ReplaceAll(b64(strings.Repeat("The quick brown fox jumps over the lazy dog.\r\n", 160_000)), "\n", "\r\n")},
	} {
		b.Run(bm.name, func(b *testing.B) {
			m, _ := readString(b, bm.raw, budget.Default())
			b.SetBytes(int64(len(bm.raw)))
			b.ReportAllocs()
			for b.Loop() {
				Extract(context.Background(), m, budget.Default())
			}
		})
	}
}
