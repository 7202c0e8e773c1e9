package xls

import (
	"encoding/binary"
	"math"
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

func rec(typ uint16, parts ...any) []byte {
	var body []byte
	for _, p := range parts {
		switch p := p.(type) {
		case byte:
			body = append(body, p)
		case int:
			body = le.AppendUint16(body, uint16(p))
		case float64:
			body = le.AppendUint64(body, math.Float64bits(p))
		case string:
			body = append(body, p...)
		}
	}
	b := le.AppendUint16(nil, typ)
	b = le.AppendUint16(b, uint16(len(body)))
	return append(b, body...)
}

func read(records ...[]byte) *documenttest.Sink {
	var h documenttest.Sink
	ReadStream(slices.Concat(records...), &h)
	return &h
}

var bof8 = rec(0x809, 0x600, 0x10, 0, 0, 0, 0, 0, 0)

// Numbers and dates come as displayed and in full, in rows and cells.
func TestCells(t *testing.T) {
	t.Parallel()
	h := read(bof8, rec(0x41e, 164, 9, byte(0), "000-00-00"), rec(0xe0, 0, 0), rec(0xe0, 0, 14), rec(0xe0, 0, 164),
		rec(0x204, 0, 0, 0, 3, byte(0), "TFN"), rec(0x203, 0, 1, 1, 43159.0), rec(0x203, 0, 2, 0, 4111111111111111.0),
		rec(0xbd, 1, 0, 2, 5<<2|2, 0x0000, 0, 0x0000, 0x4059, 1), // 5 as 0-00-05, 100
		rec(0x06, 2, 0, 0, 2.5, 0, 0, 0, 0), rec(0x06, 2, 1, 0, byte(1), byte(0), byte(1), "\x00\x00\x00", 0xffff, 0, 0, 0, 0), rec(0x22, 0))
	want := "TFN\t02/28/2018\t4111111111111111\n000-00-05 (5)\t100\n2.5\tTRUE"
	if d := cmp.Diff([]string{want}, h.Shown); d != "" {
		t.Error(d)
	}
	if h := read(bof8, rec(0x22, 1), rec(0xe0, 0, 14), rec(0x203, 0, 0, 0, 41697.0)); h.Shown[0] != "02/28/2018" {
		t.Errorf("1904: %q", h.Shown)
	}
}

// Excel 5 keeps text in the code page of the record CODEPAGE; Excel 2 to 4 have
// records of their own.
func TestOldVersions(t *testing.T) {
	t.Parallel()
	h := read(rec(0x809, 0x500, 0x10, 0, 0), rec(0x42, 1251), rec(0x204, 0, 0, 0, 2, "\xcf\xf0"), rec(0x1c, 0, 0, 3, "abc"), rec(0x1c, 0xffff, 0, 2, "de"))
	if d := cmp.Diff([]string{"Пр", "abc de"}, h.Shown); d != "" {
		t.Error(d)
	}
	h = read(rec(0x09, 2, 0x10), rec(0x04, 0, 0, "\x00\x00\x00", byte(3), "old"), rec(0x03, 0, 1, "\x00\x00\x00", 1.5), rec(0x02, 1, 0, "\x00\x00\x00", 7))
	if d := cmp.Diff([]string{"old\t1.5\n7"}, h.Shown); d != "" {
		t.Error(d)
	}
}

// Shared strings go on in CONTINUE records, with flags of their own where the
// cut is within the characters, and with rich and phonetic data behind.
func TestSharedStrings(t *testing.T) {
	t.Parallel()
	h := read(bof8, rec(0xfc, 3, 0, 3, 0, 4, byte(8), 1, "ab"), rec(0x3c, byte(1), "c\x00d\x00", "\x00\x00\x00\x00", 1, byte(4), 2, 0, "x\xff\xff", 2, byte(1), "\xe5\x65\x2c\x67"),
		rec(0xfd, 0, 0, 0, 0, 0), rec(0xfd, 0, 1, 0, 1, 0), rec(0xfd, 0, 2, 0, 2, 0))
	if d := cmp.Diff([]string{"abcd\tx\t日本"}, h.Shown); d != "" {
		t.Error(d)
	}
}

// A small file cannot make much text out of one string.
func TestAmplification(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 8000)
	b := slices.Concat(bof8, rec(0xfc, 1, 0, 1, 0, len(long), byte(0), long))
	for range 100_000 {
		b = append(b, rec(0xfd, 0, 0, 0, 0, 0)...)
	}
	if h := read(b); h.Bytes > 1<<20 {
		t.Errorf("%d bytes", h.Bytes)
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	if h := read(bof8, rec(0x2f, 1, 1, 1), rec(0x204, 0, 0, 0, 3, byte(0), "xyz")); !slices.Contains(h.Facts, document.Encrypted) || len(h.Shown) > 0 {
		t.Errorf("%v %v", h.Facts, h.Shown)
	}
	if h := read(bof8, rec(0x85, 0, 0, byte(0), byte(1), byte(2), byte(0), "M1")); !slices.Contains(h.Facts, document.Macros) {
		t.Error("an Excel 4 macro sheet is no macro")
	}
	if h := read(bof8, rec(0x14, 14, byte(0), "&L&\"Arial\"a&&b"), rec(0x15, 9, byte(0), "&C&12x&Ry")); h.Shown[0] != "a&b\nx\ny" {
		t.Errorf("%q", h.Shown)
	}
	if h := read(bof8[:10]); len(h.Skips) == 0 {
		t.Error("a record that is cut off is no damage")
	}
}

func FuzzRecords(f *testing.F) {
	d, err := cfb.Open(sample.Xls().Data)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(d.Root.Stream("Workbook").Bytes())
	f.Add(slices.Concat(rec(0x809, 0x500, 0x10, 0, 0), rec(0x42, 1251), rec(0x204, 0, 0, 0, 2, "\xcf\xf0"), rec(0x1c, 0xffff, 0, 2, "de")))
	f.Add(slices.Concat(rec(0x09, 2, 0x10), rec(0x04, 0, 0, "\x00\x00\x00", byte(3), "old")))
	f.Fuzz(func(t *testing.T, b []byte) {
		h := read(b)
		// A number of 8 bytes has up to 60 digits and two displays; a format, 1,000 literals.
		if err := h.Check(400*len(b) + 8<<20); err != nil {
			t.Fatal(err)
		}
	})
}
