package doc

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

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
	f.Fuzz(func(t *testing.T, main, table []byte) {
		h := readStreams(main, table)
		if err := h.Check(40*(len(main)+len(table)) + 4<<20); err != nil {
			t.Fatal(err)
		}
	})
}
