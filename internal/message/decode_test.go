package message

import (
	"bytes"
	"context"
	"encoding/base64"
	"math/rand/v2"
	"mime/quotedprintable"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
)

func TestDecodeBase64(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", ""},
		{"strict", "YWJj\r\nZGVm\r\n", "abcdef"},
		{"padding", "YQ==", "a"},
		{"no padding", "YWI", "ab"},
		{"one character left over", "YWJjZ", "abc"},
		{"concatenated", "YQ==YmM=", "abc"},
		{"garbage", "Y!W\x00J j", "abc"},
		{"padding amid", "Y=WJj", "abc"},
		{"only padding", "====", ""},
		{"url alphabet", "-_-_", "\xfb\xff\xbf"},
		{"dash is garbage beside plus", "++++-YWJj", "\xfb\xef\xbeabc"},
		{"injected dash", "YW-Jj", "abc"},
		{"both readings", "YW-J_jY", "ao\x89\xfe6\nabc"},
	} {
		if got := string(decodeBase64([]byte(tt.in), 1000)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	r := rand.New(rand.NewPCG(5, 6))
	for range 2000 {
		b := make([]byte, r.IntN(300))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		e := base64.StdEncoding.EncodeToString(b)
		if got := decodeBase64([]byte(e), len(e)); !bytes.Equal(got, b) {
			t.Fatalf("%q: got %q, want %q", e, got, b)
		}
		if !strings.Contains(e, "-") {
			if got := decodeBase64Lenient(nil, []byte(e), len(e)); !bytes.Equal(got, b) {
				t.Fatalf("lenient %q: got %q, want %q", e, got, b)
			}
		}
		limit := r.IntN(300)
		if got := decodeBase64([]byte(e), limit); len(got) > limit || !bytes.HasPrefix(b, got) {
			t.Fatalf("limit %d: got %d bytes", limit, len(got))
		}
	}
}

func TestDecodeQP(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"a=", "a"}, {"a=\r\nb", "ab"}, {"a= \t\r\nb", "ab"}, {"=41=4a=4A", "AJJ"}, {"=", ""}, {"==41", "=A"}, {"=4", "=4"},
		{"=ZZ", "=ZZ"}, {"= x", "= x"}, {"a=\nb", "ab"}, {"a=\rb", "ab"}, {"a  \r\n", "a  \r\n"}, {"=3D3D", "=3D"},
	} {
		if got := string(decodeQP([]byte(tt.in), 1000)); got != tt.want {
			t.Errorf("%q: got %q, want %q", tt.in, got, tt.want)
		}
		if got := decodeQP([]byte(tt.in), 1); len(got) > 1 || !strings.HasPrefix(tt.want, string(got)) {
			t.Errorf("%q cut: got %q", tt.in, got)
		}
	}
	r := rand.New(rand.NewPCG(7, 8))
	for range 1000 {
		b := make([]byte, r.IntN(300))
		for i := range b {
			b[i] = byte(r.Uint32())
		}
		var e bytes.Buffer
		w := quotedprintable.NewWriter(&e)
		w.Binary = true
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		if got := decodeQP(e.Bytes(), e.Len()); !bytes.Equal(got, b) {
			t.Fatalf("%q: got %q, want %q", e.String(), got, b)
		}
	}
}

func TestInlines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, in string
		want     []Inline
	}{
		{"none", "begin with this\nbegin 644\nbegin 999 x\n", nil},
		{"uuencode", "x\nbegin 644 a b\n#86)C\n`\nend\nbegin 644 c\n!80``\n`\nend", []Inline{{"a b", []byte("abc")}, {"c", []byte("a")}}},
		{"yenc", "=ybegin line=1 size=3 name=a\n=ypart begin=1\n\x8b\x8c\x8d\n=yend size=3\n", []Inline{{"a", []byte("abc")}}},
		{"yenc escape", "=ybegin name=a\n=\x4a\n", []Inline{{"a", []byte{0xe0}}}},
	} {
		if diff := cmp.Diff(tt.want, Inlines([]byte(tt.in), 10, 1000)); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
	}
	many := strings.Repeat("begin 644 a\n#86)C\nend\n", 20)
	if got := Inlines([]byte(many), 10, 1000); len(got) != 10 {
		t.Errorf("%d files", len(got))
	}
	if got := Inlines([]byte(many), 100, 7); len(got) != 3 || len(got[2].Data) != 1 {
		t.Errorf("%d files within 7 bytes", len(got))
	}
}

func TestDecodedRecords(t *testing.T) {
	t.Parallel()
	l := budget.Default()
	l.ExpandedPart = 10
	for _, tt := range []struct {
		encoding, raw, want string
		reason              budget.Reason // the last recorded
	}{
		{"base64", "MDEyMzQ1Njc4OTAxMjM0NTY3ODk=", "0123456789", budget.ExpandedPart},
		{"quoted-printable", "01234567890123456789", "0123456789", budget.ExpandedPart},
		{"x-klingon", "raw", "raw", budget.UnknownTransferEncoding},
		{"x-uuencode", "no file", "no file", budget.Corrupt},
		{"7bit", "raw", "raw", ""},
	} {
		b := budget.New(l)
		p := &Part{Path: "1", Encoding: tt.encoding, Raw: []byte(tt.raw)}
		if got := string(p.Decoded(b)); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.encoding, got, tt.want)
		}
		var got budget.Reason
		for _, s := range b.Skips() {
			got = s.Reason
		}
		if got != tt.reason {
			t.Errorf("%s: reason %q, want %q", tt.encoding, got, tt.reason)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{
		"Subject: =?utf-8?b?w7w=?= x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\nFrom: a\r\n\r\nx\r\n--b--\r\n",
		"Content-Type: text/plain\nContent-Type: multipart/x; boundary*0=a; boundary*1*=%62\nContent-Transfer-Encoding: base64;\n\n--ab\nContent-Type: text/html\n\nx",
		"From x\n>From y\n Subject: x\ngarbage\n\nbegin 644 a\n#86)C\nend\n=ybegin name=x\n\x8b\n",
		"Content-Disposition: attachment; filename=\"a\\\"b; filename*0*=gb2312''%bb; filename*1*=%fa\n\n\r\r\n\r",
		"Content-Transfer-Encoding: quoted-printable\nContent-Transfer-Encoding: base64\nContent-Type: (multipart/mixed; boundary=\n\n--\nContent-x:\n--",
	} {
		f.Add([]byte(s), uint16(7))
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, raw []byte, cut uint16) {
		o := Options{Limits: budget.Default(), SpoolDir: dir}
		o.Limits.SpoolAbove = int64(cut)
		m, err := Read(context.Background(), bytes.NewReader(raw), Envelope{}, o)
		if err != nil {
			t.Fatal(err)
		}
		defer m.Close()
		if !utf8.ValidString(m.Subject()) {
			t.Error("the subject is not UTF-8")
		}
		b := budget.New(o.Limits)
		m.Root.Walk(func(p *Part) {
			for _, n := range p.Names {
				if !utf8.ValidString(n) {
					t.Error("a name is not UTF-8")
				}
			}
			Inlines(p.Decoded(b), 5, 1000)
		})
		var parts [][]byte
		for rest := raw; len(rest) > 0; {
			n := min(int(cut)+1, len(rest))
			parts = append(parts, rest[:n])
			rest = rest[n:]
		}
		m2, err := Read(context.Background(), &chunkReader{parts}, Envelope{}, o)
		if err != nil {
			t.Fatal(err)
		}
		defer m2.Close()
		if m.Digest != m2.Digest || tree(m.Root) != tree(m2.Root) {
			t.Error("the message depends on how it is cut")
		}
	})
}

func FuzzTransfer(f *testing.F) {
	for _, s := range []string{"YWJj=YQ==", "=41=\r\n= \r\n=Z", "begin 644 a\n#86)C\n`\nend", "=ybegin name=x\n\x8b=\n=yend", "-_-_", "Y-W=J"} {
		f.Add([]byte(s), 5)
	}
	f.Fuzz(func(t *testing.T, b []byte, limit int) {
		limit = min(max(limit, 0), 1<<16)
		for _, got := range [][]byte{decodeQP(b, limit), decodeBase64(b, limit)} {
			if len(got) > 2*limit+1 {
				t.Fatalf("%d bytes of %d", len(got), limit)
			}
		}
		if !bytes.Equal(normalise(normalise(b)), normalise(b)) {
			t.Error("normalising twice is not normalising once")
		}
		if s := DecodeField(string(b)); !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n") && !strings.Contains(string(b), "=?") {
			t.Errorf("field %q", s)
		}
		for _, p := range parseValue(string(b)).params {
			if !utf8.ValidString(p.value) {
				t.Error("a parameter is not UTF-8")
			}
		}
	})
}

func bigBase64(n int) string {
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x47, 0x11, 0xfe}, 19)) + "\r\n"
	return "Subject: x\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b\r\n" +
		"Content-Type: application/octet-stream; name=a.bin\r\nContent-Transfer-Encoding: base64\r\n\r\n" + strings.Repeat(line, n/len(line)) + "--b--\r\n"
}

// BenchmarkMIME reads a mail of 37 MB with one base64 part, spools it, cuts it
// into parts and decodes them.
func BenchmarkMIME(b *testing.B) {
	raw := bigBase64(37 << 20)
	o := options(b)
	for _, bm := range []struct {
		name  string
		above int64
	}{{"memory", 1 << 30}, {"spool", 1 << 20}} {
		o.Limits.SpoolAbove = bm.above
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(raw)))
			b.ReportAllocs()
			for b.Loop() {
				m, err := Read(context.Background(), strings.NewReader(raw), Envelope{}, o)
				if err != nil {
					b.Fatal(err)
				}
				bud := budget.New(o.Limits)
				for _, p := range m.Leaves() {
					p.Decoded(bud)
				}
				m.Close()
			}
		})
	}
	b.Run("walk and decode", func(b *testing.B) {
		m := read(b, raw, o)
		b.SetBytes(int64(len(raw)))
		b.ReportAllocs()
		for b.Loop() {
			bud := budget.New(o.Limits)
			root := newWalker(bud, nil).root(m.Header, nil, m.Body)
			for _, p := range (&Message{Root: root}).Leaves() {
				p.Decoded(bud)
			}
		}
	})
}

func BenchmarkDecode(b *testing.B) {
	line := base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{0x47, 0x11, 0xfe}, 19)) + "\r\n"
	b64 := []byte(strings.Repeat(line, 10<<20/len(line)))
	qp := []byte(strings.Repeat("Gr=C3=BC=C3=9Fe an alle, das ist ein l=C3=A4ngerer Satz mit Umlauten und =\r\nsoftem Ende.\r\n", 100_000))
	for _, bm := range []struct {
		name string
		in   []byte
		f    func([]byte)
	}{
		{"base64", b64, func(p []byte) { decodeBase64(p, len(p)) }},
		{"base64 damaged", append([]byte("!"), b64...), func(p []byte) { decodeBase64(p, len(p)) }},
		{"quoted-printable", qp, func(p []byte) { decodeQP(p, len(p)) }},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.SetBytes(int64(len(bm.in)))
			for b.Loop() {
				bm.f(bm.in)
			}
		})
	}
}

// TestBase64Quanta compares with decoding by the standard library alone, on
// sound bodies, broken ones and any limit.
func TestBase64Quanta(t *testing.T) {
	t.Parallel()
	reference := func(src []byte, limit int) []byte {
		if n := base64.StdEncoding.DecodedLen(len(src)); limit > 0 && n <= limit {
			dst := make([]byte, n)
			if k, err := base64.StdEncoding.Decode(dst, src); err == nil {
				return dst[:k]
			}
		}
		if limit <= 0 {
			return nil
		}
		return decodeBase64Lenient(nil, src, limit)
	}
	r := rand.New(rand.NewPCG(3, 4))
	cases := 200_000
	if testing.Short() {
		cases = 20_000
	}
	sound := 0
	for range cases {
		raw := make([]byte, r.IntN(200))
		for i := range raw {
			raw[i] = byte(r.Uint32())
		}
		enc := base64.StdEncoding.EncodeToString(raw)
		var b strings.Builder
		for width := 1 + r.IntN(90); enc != ""; { // lines of any length
			n := min(width, len(enc))
			b.WriteString(enc[:n] + []string{"\r\n", "\r\n", "\n", "\r", "\r\n\r\n"}[r.IntN(5)])
			if enc = enc[n:]; r.IntN(8) > 0 {
				width = 76
			}
		}
		src := []byte(b.String())
		for r.IntN(2) == 0 && len(src) > 0 {
			at := r.IntN(len(src))
			switch r.IntN(3) {
			case 0:
				src[at] = "=-_ \t\r\n!A\x00\xff/+"[r.IntN(13)]
			case 1:
				src = slices.Delete(src, at, at+1)
			case 2:
				src = src[:at]
			}
		}
		limit := len(src)
		if r.IntN(4) == 0 {
			limit = r.IntN(len(src) + 1)
		}
		got, want := decodeBase64(src, limit), reference(src, limit)
		if !bytes.Equal(got, want) {
			t.Fatalf("%q, limit %d: got %q, want %q", src, limit, got, want)
		}
		if bytes.Equal(got, raw) {
			sound++
		}
	}
	if sound < cases/4 || sound > cases*9/10 {
		t.Errorf("%d of %d bodies are sound", sound, cases)
	}
}
