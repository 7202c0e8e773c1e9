package ole

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
	"labelmilter/internal/extract/testdata/gen/sample"
)

func read(b []byte) *documenttest.Sink {
	var h documenttest.Sink
	Read(b, &h)
	return &h
}

// Macros are a fact, and their source is text. The compressed text is the
// example of MS-OVBA 3.2.2 and 3.2.3 in kind: literals, then copies.
func TestMacros(t *testing.T) {
	t.Parallel()
	module := append([]byte("compiled"), "\x01\x19\xb0\x00Attribut\x00e VB_Nam\x00e = \"Th\x00i"[:0]...)
	text := "Attribute VB_Name = \"M\"\r\nx = 4111111111111111\r\n"
	chunk := []byte{}
	for i := 0; i < len(text); i += 8 {
		chunk = append(append(chunk, 0), text[i:min(i+8, len(text))]...)
	}
	chunk = append(chunk, 1, 0x02, 0x90) // a copy of 5 from 10 back, 6 bits of offset
	h := len(chunk) + 2 - 3 | 0xb000
	module = append(append(module, 1, byte(h), byte(h>>8)), chunk...)
	vba := &cfb.Dir{Name: "VBA"}
	vba.Add("dir", []byte{1})
	vba.Add("Module1", module)
	root := &cfb.Dir{Dirs: []*cfb.Dir{{Name: "Macros", Dirs: []*cfb.Dir{vba}}}}
	s := read(cfb.Write(root))
	if d := cmp.Diff([]document.Fact{document.Macros}, s.Facts); d != "" || len(s.Skips) > 0 {
		t.Error(d, s.Skips)
	}
	if len(s.Hidden) != 1 || !strings.Contains(s.Hidden[0], "x = 4111111111111111") {
		t.Errorf("%q", s.Hidden)
	}
}

// What is no document is said to be unsupported, and what there is in it is
// text all the same.
func TestUnknown(t *testing.T) {
	t.Parallel()
	d := &cfb.Dir{}
	d.Add("Contents", []byte("\x00\x01narrow text\x00\x00\x00w\x00i\x00d\x00e\x00 \x00t\x00e\x00x\x00t\x00\x00\x00"))
	h := read(cfb.Write(d))
	if d := cmp.Diff([]string{"unsupported: cfb"}, h.Skips); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"narrow text\nwide text"}, h.Hidden); d != "" {
		t.Error(d)
	}
	h = read([]byte(cfb.Signature + "some text in what is no file"))
	if !slices.Contains(h.Skips, "corrupt: compound file") || len(h.Hidden) != 1 {
		t.Errorf("%v %v", h.Skips, h.Hidden)
	}
	d = &cfb.Dir{}
	d.Add("\x09DRMContent", make([]byte, 100))
	if h = read(cfb.Write(d)); !slices.Contains(h.Facts, document.Encrypted) {
		t.Errorf("rights-protected: %v", h.Facts)
	}
}

func FuzzOLE(f *testing.F) {
	for _, d := range []sample.Document{sample.Doc(), sample.Xls(), sample.Ppt()} {
		f.Add(d.Data)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h := read(b)
		n := 0
		for _, e := range h.Embedded {
			n += len(e.Data)
		}
		if n > 256<<20 {
			t.Fatalf("%d bytes embedded in %d", n, len(b))
		}
		if err := h.Check(64 << 20); err != nil {
			t.Fatal(err)
		}
	})
}
