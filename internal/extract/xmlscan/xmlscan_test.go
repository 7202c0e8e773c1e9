package xmlscan

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"
)

func dump(in string) (string, bool) {
	s := New([]byte(in))
	var out []string
	for {
		switch s.Next() {
		case EOF:
			return strings.Join(out, " "), s.Damaged
		case Start:
			t := "<" + string(s.Local())
			for {
				n, v, ok := s.Attr()
				if !ok {
					break
				}
				t += fmt.Sprintf(" %s=%s", n, Append(nil, v))
			}
			out = append(out, t)
		case End:
			out = append(out, "/"+string(s.Local()))
		case Text:
			out = append(out, "'"+string(Append(nil, s.Bytes()))+"'")
		case CData:
			out = append(out, "c'"+string(s.Bytes())+"'")
		case Comment:
			out = append(out, "!"+string(s.Bytes()))
		}
	}
}

func TestTokens(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		in, want string
		damaged  bool
	}{
		{"", "", false},
		{`<a:b c:d="1&amp;2" e = '>'>x&#65;&#x42;</a:b>`, "<b d=1&2 e=> 'xAB' /b", false},
		{`<a/><b x="1"/>`, "<a /a <b x=1 /b", false},
		{`<![CDATA[<x>&amp;]]>`, "c'<x>&amp;'", false},
		{`<!-- c --><?p i?>`, "! c  !p i", false},
		{`<!DOCTYPE a [<!ENTITY b "<c>">]><a>&b;</a>`, `!DOCTYPE a [<!ENTITY b "<c>">] <a '&b;' /a`, false},
		{`x < y`, "'x ' '< y'", true},
		{`<a b="`, `'<a b="'`, true},
		{`<!-- open`, "! open", true},
		{`<a b=c d="1">x`, "<a 'x'", true},
		{`&#0;&#xFFFFFFFF;&bad;&;&`, "'&#xFFFFFFFF;&bad;&;&'", false},
		{"<é>x</é>", "<é 'x' /é", false},
		{"<", "'<'", true},
	} {
		got, damaged := dump(c.in)
		if got != c.want || damaged != c.damaged {
			t.Errorf("%q: got %s %v, want %s %v", c.in, got, damaged, c.want, c.damaged)
		}
	}
}

func TestUTF8(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"<a/>":                         "<a/>",
		"\xef\xbb\xbf<a/>":             "<a/>",
		"\xff\xfe<\x00a\x00/\x00>\x00": "<a/>",
		"<\x00a\x00/\x00>\x00":         "<a/>",
		"\x00<\x00a\x00/\x00>":         "<a/>",
		"<?xml version='1.0' encoding='ISO-8859-1'?><a>\xe9</a>": "<?xml version='1.0' encoding='ISO-8859-1'?><a>é</a>",
		"<?xml version='1.0' encoding='utf-16'?><a/>":            "<?xml version='1.0' encoding='utf-16'?><a/>",
	} {
		if got := string(UTF8([]byte(in))); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Bombs cost what their bytes cost.
func TestHostile(t *testing.T) {
	t.Parallel()
	laughs := "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"" + strings.Repeat("&a;", 1000) + "\">]><l>&b;</l>"
	for name, in := range map[string]string{
		"laughs":     laughs,
		"deep":       strings.Repeat("<a>", 1_000_000),
		"attributes": "<a " + strings.Repeat(`b="c" `, 500_000) + "/>",
		"open":       strings.Repeat("<", 1_000_000),
		"quotes":     strings.Repeat(`<a b="`, 300_000),
		"doctypes":   strings.Repeat("<![", 300_000),
		"subsets":    strings.Repeat("<![>", 300_000),
		"ends":       strings.Repeat("</", 300_000),
		"references": strings.Repeat("&#x", 300_000),
	} {
		s, n := New([]byte(in)), 0
		start := time.Now()
		for k := s.Next(); k != EOF; k = s.Next() {
			for _, _, ok := s.Attr(); ok; _, _, ok = s.Attr() {
			}
			n++
		}
		if n > len(in)+1 || time.Since(start) > 20*time.Second {
			t.Errorf("%s: %d tokens of %d bytes in %v", name, n, len(in), time.Since(start))
		}
	}
}

func FuzzScan(f *testing.F) {
	for _, s := range []string{`<a b="c">d</a>`, "<!-- x", "<![CDATA[x]]>", "<?x?>", "<!DOCTYPE a [<!ENTITY b \"c\">]>", "&#x41;&amp;&", "<a/", "<a b=", "\xff\xfe<\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		b = UTF8(b)
		s, at, n := New(b), 0, 0
		for k := s.Next(); k != EOF; k = s.Next() {
			for name, v, ok := s.Attr(); ok; name, v, ok = s.Attr() {
				if len(name)+len(v) > len(b) {
					t.Fatal("attribute longer than the document")
				}
			}
			if len(Append(nil, s.Bytes())) > len(b) {
				t.Fatal("references grew")
			}
			if k != End && s.Pos() <= at {
				t.Fatal("no progress")
			}
			at = s.Pos()
			if n++; n > 2*len(b)+2 {
				t.Fatal("too many tokens")
			}
		}
	})
}

func BenchmarkScan(b *testing.B) {
	row := `<row r="1"><c r="A1" s="3"><v>4111111111111111</v></c><c r="B1" t="s"><v>12</v></c><c r="C1" t="inlineStr"><is><t>some words of text &amp; more</t></is></c></row>`
	doc := bytes.Repeat([]byte(row), 50_000)
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for range b.N {
		s := New(doc)
		for k := s.Next(); k != EOF; k = s.Next() {
			if k == Start {
				for _, _, ok := s.Attr(); ok; _, _, ok = s.Attr() {
				}
			}
		}
	}
}
