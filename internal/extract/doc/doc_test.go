package doc

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
	"labelmilter/internal/extract/testdata/gen/sample"
)

var le = binary.LittleEndian

func readStreams(main, table []byte) *documenttest.Sink {
	d := &cfb.Dir{}
	d.Add("WordDocument", main)
	d.Add("1Table", table)
	var h documenttest.Sink
	Read(d, &h)
	return &h
}

// word6 is a document of Word 6 without a piece table.
func word6(lid uint16, text string) []byte {
	b := make([]byte, 512)
	le.PutUint16(b, identWord6)
	le.PutUint16(b[2:], 101)
	le.PutUint16(b[6:], lid)
	le.PutUint32(b[0x18:], 512)
	le.PutUint32(b[0x1c:], uint32(512+len(text)))
	le.PutUint32(b[0x34:], uint32(len(text)))
	return append(b, text...)
}

func TestWord6(t *testing.T) {
	t.Parallel()
	h := readStreams(word6(0x419, "a\x07b\x07\x07\xcf\xf0\x0d\x13 IF \x14c\x15\x1ed"), nil)
	if d := cmp.Diff([]string{"a\tb\nПр\nc-d"}, h.Shown); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{" IF "}, h.Hidden); d != "" {
		t.Error(d)
	}
}

func TestMacintosh(t *testing.T) {
	t.Parallel()
	b := word6(0x409, "soci\x8et\x8e\x0d")
	le.PutUint16(b[0x14:], 256)
	if d := cmp.Diff([]string{"société"}, readStreams(b, nil).Shown); d != "" {
		t.Error(d)
	}
}

// withFonts adds a table of fonts and a page of character properties to a document
// of Word 6: the run of text is in font 1, of a charset.
func withFonts(b []byte, from, to int, set byte, modifiers string) []byte {
	fonts := append([]byte{0, 0}, "\x07\x16\x90\x01\x00\x00A\x00\x07\x16\x90\x01"+string([]byte{set})+"\x00B\x00"...)
	le.PutUint32(b[0xd0:], uint32(len(b)))
	le.PutUint32(b[0xd4:], uint32(len(fonts)))
	b = append(b, fonts...)
	le.PutUint32(b[0xb8:], uint32(len(b)))
	le.PutUint32(b[0xbc:], 10)
	page := len(b)/512 + 1
	b = append(b, make([]byte, 8)...)
	b = le.AppendUint16(b, uint16(page))
	b = append(b, make([]byte, (page+1)*512-len(b))...)
	fkp := b[page*512:]
	fkp[511] = 1
	le.PutUint32(fkp, uint32(512+from))
	le.PutUint32(fkp[4:], uint32(512+to))
	fkp[8] = 100
	fkp[200] = byte(len(modifiers))
	copy(fkp[201:], modifiers)
	return b
}

// A run in a font of an alphabet is read in its code page; deleted text is hidden.
func TestFonts(t *testing.T) {
	t.Parallel()
	text := "\xe9t\xe9 \xeb\xe5\xf2\x0d"
	h := readStreams(withFonts(word6(0x409, text), 4, 7, 204, "\x55\x01\x63\x14\x00\x5d\x01\x00"), nil)
	if d := cmp.Diff([]string{"été лет"}, h.Shown); d != "" || len(h.Skips) > 0 {
		t.Error(d, h.Skips)
	}
	h = readStreams(withFonts(word6(0x409, text), 4, 7, 204, "\x41\x01"), nil)
	if d := cmp.Diff([]string{"лет"}, readStreams(withFonts(word6(0x409, "\xeb\xe5\xf2\x0d"), 0, 3, 204, "\x5d\x01\x00"), nil).Shown); d != "" {
		t.Error(d)
	}
	if strings.Join(h.Shown, "") != "été " || len(h.Hidden) != 1 {
		t.Errorf("%q %q", h.Shown, h.Hidden)
	}
}

// Text in an alphabet that neither a font nor its length tells is no silent guess.
func TestUnknownAlphabet(t *testing.T) {
	t.Parallel()
	h := readStreams(word6(0x409, "\xd7\xe5\xf2\xfb\xf0\xe5 \xe1\xe0\xeb\xeb\xe0 \xe8 \xf1\xe5\xec\xfc \xeb\xe5\xf2\x0d"), nil)
	if !slices.ContainsFunc(h.Skips, func(s string) bool { return strings.Contains(s, string(budget.UnknownCharset)) }) {
		t.Errorf("%v", h.Skips)
	}
}

// The Far East editions hold a character of a code page in 16 bits.
func TestFarEast(t *testing.T) {
	t.Parallel()
	var text []byte
	for _, c := range []uint16{'a', 0x93fa, 0x967b, 0x1092, 'b', 0x0d} {
		text = le.AppendUint16(text, c)
	}
	for _, c := range []struct {
		lid  uint16
		want string
		skip bool
	}{{0x411, "a日本’b", false}, {0x409, "a", true}} {
		b := word6(c.lid, string(text))
		le.PutUint16(b, 0xa697)
		le.PutUint16(b[2:], 0x68)
		le.PutUint16(b[10:], 0x1000)
		le.PutUint32(b[0x34:], uint32(len(text)/2))
		h := readStreams(b, nil)
		if len(h.Shown) != 1 || !strings.HasPrefix(h.Shown[0], c.want) || !strings.HasSuffix(h.Shown[0], "b") || c.skip != (len(h.Skips) > 0) {
			t.Errorf("%#x: %q, %v", c.lid, h.Shown, h.Skips)
		}
	}
}

func TestWord2(t *testing.T) {
	t.Parallel()
	b := word6(0x409, "some text\x0d")
	le.PutUint16(b, identWord2)
	le.PutUint16(b[2:], 45)
	var h documenttest.Sink
	ReadFile(b, &h)
	if d := cmp.Diff([]string{"some text"}, h.Shown); d != "" || len(h.Skips) > 0 {
		t.Error(d, h.Skips)
	}
}

func parts(t testing.TB) (main, table []byte) {
	f, err := cfb.Open(sample.Doc().Data)
	if err != nil {
		t.Fatal(err)
	}
	return f.Root.Stream("WordDocument").Bytes(), f.Root.Stream("1Table").Bytes()
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	main, table := parts(t)
	main = slices.Clone(main)
	main[11] |= 1
	if h := readStreams(main, table); !slices.Contains(h.Facts, document.Encrypted) || len(h.Shown) > 0 {
		t.Errorf("%v %v", h.Facts, h.Shown)
	}
}

// A piece table that points to the same text again and again ends.
func TestManyPieces(t *testing.T) {
	t.Parallel()
	const n = 50_000
	main, _ := parts(t)
	main = append(slices.Clone(main), strings.Repeat("some text\r", 10_000)...)
	table := []byte{2}
	table = le.AppendUint32(table, 12*n+4)
	for i := range n + 1 {
		table = le.AppendUint32(table, uint32(i*90_000))
	}
	for range n {
		table = append(le.AppendUint32(append(table, 0, 0), 0x40000000|4096), 0, 0)
	}
	le.PutUint32(main[0x1a2:], 0)
	le.PutUint32(main[0x1a6:], uint32(len(table)))
	if h := readStreams(main, table); h.Bytes > 16*len(main)+2<<20 || len(h.Skips) == 0 {
		t.Errorf("%d bytes, %v", h.Bytes, h.Skips)
	}
}

func FuzzWord(f *testing.F) {
	main, table := parts(f)
	f.Add(main, table)
	f.Add(word6(0x419, "a\x07b\x07\x07\xcf\xf0\x0d\x13 IF \x14c\x15"), []byte{})
	f.Add(withFonts(word6(0x409, "\xeb\xe5\xf2\x0d"), 0, 3, 204, "\x41\x01\x5d\x01\x00"), []byte{})
	f.Fuzz(func(t *testing.T, main, table []byte) {
		h := readStreams(main, table)
		if err := h.Check(40*(len(main)+len(table)) + 4<<20); err != nil {
			t.Fatal(err)
		}
	})
}
