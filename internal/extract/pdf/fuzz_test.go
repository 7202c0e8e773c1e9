package pdf

import (
	"testing"
	"unicode/utf8"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document/documenttest"
	"labelmilter/internal/extract/testdata/gen/sample"
)

// small are limits within which an input of the fuzzer is read fast.
func small() budget.Limits {
	l := budget.Default()
	l.ExpandedPart, l.ExpandedTotal, l.TextPart = 1<<20, 4<<20, 1<<20
	return l
}

func FuzzRead(f *testing.F) {
	for _, b := range seeds() {
		f.Add(b)
	}
	f.Add(sample.PDF("/Encrypt <</Filter /Standard /V 5 /R 6 /U (x)>> /ID [(a)]", catalog, "<</Kids [2 0 R 3 0 R]>>", page3, font4, "6 0 R", "5 0 R"))
	f.Add([]byte("1 0 obj<</Length 9 0 R>>stream\nBT (a) Tj ET"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &documenttest.Sink{Limits: small()}
		Read(b, s)
		// Properties, replacement texts and field values are beside the text.
		if err := s.Check(8<<20 + 20*len(b)); err != nil {
			t.Error(err)
		}
	})
}

// FuzzContent runs a content stream with fonts of all kinds.
func FuzzContent(f *testing.F) {
	f.Add([]byte(hello))
	f.Add([]byte("BT /F1 1 Tf [(a) -300 (b)] TJ T* (c) ' 1 2 (d) \" /Span <</ActualText (e)>> BDC <414243> Tj EMC ET q 1 0 0 1 2 3 cm BI /W 1 ID x EI Q"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := &documenttest.Sink{Limits: small()}
		Read(withContent(deflated("", b)), s)
		if err := s.Check(8 << 20); err != nil {
			t.Error(err)
		}
	})
}

func FuzzFontProgram(f *testing.F) {
	f.Add([]byte("\x01\x00\x04\x01\x00\x01\x01\x01\x02A\x00\x01\x01\x01\x04\x0f\x10\x11\x00\x00\x00\x00"))
	f.Add([]byte("\x00\x01\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00cmap\x00\x00\x00\x00\x00\x00\x00\x1c\x00\x00\x00\x20\x00\x00\x00\x01\x00\x03\x00\x01\x00\x00\x00\x0c\x00\x06\x00\x0c\x00\x00\x00\x41\x00\x01\x00\x05"))
	f.Add([]byte("/Encoding 256 array dup 8#101 /A put dup 66 /B put readonly def"))
	f.Fuzz(func(t *testing.T, b []byte) {
		tt := parseTrueType(b)
		for c := range 256 {
			if s := tt.text(uint16(c)) + tt.code(c); !utf8.ValidString(s) {
				t.Errorf("text %q", s)
			}
		}
		if c := parseCFF(b); c != nil {
			c.text(1)
		}
		type1Encoding(b)
	})
}

func FuzzCMap(f *testing.F) {
	f.Add([]byte("1 begincodespacerange <00> <7f> <8000> <ffff> endcodespacerange 2 beginbfchar <01> <0041> <02> /B endbfchar 2 beginbfrange <03> <05> <0043> <06> <07> [<0044> <0045>] endbfrange"))
	f.Add([]byte("/H usecmap 1 begincidchar <01> 5 endcidchar 1 begincidrange <10> <2000> 7 endcidrange /WMode 1 def"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c := parseCMap(b, predefined)
		s := []byte("\x00\x41\x81\x82\xff\xfe\x01")
		for len(s) > 0 {
			code, n := c.next(s)
			if n < 1 || n > len(s) {
				t.Fatalf("code of %d bytes of %d", n, len(s))
			}
			if !utf8.ValidString(c.text(code)) {
				t.Errorf("text %q", c.text(code))
			}
			c.cid(code)
			s = s[n:]
		}
	})
}
