package metafile

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
)

// emf is an enhanced metafile of records.
func emf(records ...[]byte) []byte {
	head := make([]byte, 88)
	le.PutUint32(head, 1)
	le.PutUint32(head[4:], 88)
	copy(head[40:], " EMF")
	return slices.Concat(append([][]byte{head}, records...)...)
}

// rec is a record with its parameters.
func rec(typ uint32, params ...uint32) []byte {
	b := le.AppendUint32(nil, typ)
	b = le.AppendUint32(b, uint32(8+4*len(params)))
	for _, p := range params {
		b = le.AppendUint32(b, p)
	}
	return b
}

func utf16le(s string) (b []byte) {
	for _, c := range utf16.Encode([]rune(s)) {
		b = le.AppendUint16(b, c)
	}
	return b
}

// out draws text at a place, each character 10 wide.
func out(typ uint32, x, y, options uint32, n int, text []byte) []byte {
	at := uint32(76)
	dx := at + uint32(len(text)+3)&^3
	b := rec(typ, 0, 0, 0, 0, 1, 0, 0, x, y, uint32(n), at, options, 0, 0, 0, 0, dx)
	b = append(b, text...)
	b = append(b, make([]byte, int(dx)-len(b))...)
	for range n {
		b = le.AppendUint32(b, 10)
	}
	le.PutUint32(b[4:], uint32(len(b)))
	return b
}

func font(set byte) []byte {
	b := rec(emrCreateFont, append([]uint32{1}, make([]uint32, 20)...)...)
	b[35] = set
	return b
}

func samples() map[string][]byte {
	w := func(x, y uint32, s string) []byte {
		return out(emrExtTextOutW, x, y, 0, len([]rune(s)), utf16le(s))
	}
	plus := rec(emrComment, 0)
	data := append([]byte("EMF+"), rec(0x401c, 0, 0, 0, 4, 0, 0, 0, 0)...)
	data = append(data, utf16le("drçw")...)
	le.PutUint32(data[8:], uint32(len(data)-4))
	le.PutUint32(plus[8:], uint32(len(data)))
	plus = append(plus, data...)
	le.PutUint32(plus[4:], uint32(len(plus)))
	small := append(rec(emrSmallTextOut, 5, 6, 3, noRect|smallChars, 0, 0, 0), "abc\x00"...)
	le.PutUint32(small[4:], uint32(len(small)))

	record := func(function uint16, p ...uint16) []byte {
		b := le.AppendUint32(nil, uint32(3+len(p)))
		for _, v := range append([]uint16{function}, p...) {
			b = le.AppendUint16(b, v)
		}
		return b
	}
	wmf := slices.Concat(append([]byte{1, 0, 9, 0, 0, 3}, make([]byte, 12)...),
		record(metaCreatePen, 0, 0, 0, 0, 0), record(metaCreateFont, 1, 0, 0, 0, 0, 0, 204<<8, 0, 0),
		record(metaTextOut, 2, 'a'|'b'<<8, 10, 10), record(metaSelectObject, 1),
		record(metaExtTextOut, 40, 10, 3, 2, 0, 0, 0, 0, 0xe5eb, 0xf2, 5, 5, 5))
	return map[string][]byte{
		"Secret1 23\nnext": emf(w(10, 10, "Sec"), w(40, 10, "ret1"), w(100, 10, "23"), w(10, 40, "next")),
		"лет":              emf(font(204), rec(emrSelectObject, 1), out(emrExtTextOutA, 1, 1, 0, 3, []byte("\xeb\xe5\xf2"))),
		"joined":           emf(rec(emrSetTextAlign, 1), rec(emrMoveTo, 7, 7), w(0, 0, "joi"), w(0, 0, "ned")),
		"drçw":             emf(plus),
		"both\ndrçw":       emf(w(1, 1, "both"), plus),
		"abc":              emf(small),
		"ab\nлет":          wmf,
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for want, b := range samples() {
		got, left := Text(b, 1<<20)
		if d := cmp.Diff(want, got); d != "" || left != "" {
			t.Error(d, left)
		}
	}
}

// Text by glyphs is no text, and not silent.
func TestGlyphs(t *testing.T) {
	t.Parallel()
	var h documenttest.Sink
	Read(emf(out(emrExtTextOutW, 1, 1, glyphIndex, 2, utf16le("ab"))), &h)
	if len(h.Shown) > 0 || !slices.Contains(h.Facts, document.ImageOnly) || !slices.ContainsFunc(h.Skips, func(s string) bool { return strings.HasPrefix(s, "unsupported") }) {
		t.Errorf("%q %v %v", h.Shown, h.Facts, h.Skips)
	}
}

func FuzzText(f *testing.F) {
	for _, b := range samples() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, _ := Text(b, 1<<16); len(s) > 2<<16+8<<10+8*len(b) {
			t.Fatalf("%d bytes of text", len(s))
		}
	})
}
