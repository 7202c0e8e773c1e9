package ooxml

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf16"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/numfmt"
	"labelmilter/internal/extract/sniff"
)

// The binary workbook, xlsb (MS-XLSB): records of a type, a size and data, with
// the same meaning as the XML of a workbook.

// Record types (MS-XLSB 2.3.2).
const (
	brtRowHdr      = 0
	brtCellRk      = 2
	brtCellError   = 3
	brtCellBool    = 4
	brtCellReal    = 5
	brtCellSt      = 6
	brtCellIsst    = 7
	brtFmlaString  = 8
	brtFmlaNum     = 9
	brtFmlaBool    = 10
	brtFmlaError   = 11
	brtSSTItem     = 19
	brtFmt         = 44
	brtXF          = 47
	brtCellRString = 62
	brtWbProp      = 153
	brtBeginXFs    = 617
	brtEndXFs      = 618
)

// isBinary reports a part of a binary workbook.
func isBinary(typ string, b []byte) bool {
	return strings.Contains(typ, "ms-excel") && sniff.Of(b) == sniff.Unknown
}

// record reads one record; ok is false at the end or where it is cut off.
func record(b []byte) (typ int, data, rest []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, nil, false
	}
	typ, n := int(b[0]), 1
	if typ&0x80 != 0 {
		typ = typ&0x7f | int(b[1]&0x7f)<<7
		n = 2
	}
	size := 0
	for i := 0; ; i++ {
		if n >= len(b) || i == 4 {
			return 0, nil, nil, false
		}
		size |= int(b[n]&0x7f) << (7 * i)
		n++
		if b[n-1]&0x80 == 0 {
			break
		}
	}
	if size > len(b)-n {
		return 0, nil, nil, false
	}
	return typ, b[n : n+size], b[n+size:], true
}

// wide reads an XLWideString (2.5.169) and gives what follows it.
func wide(b []byte) (s string, rest []byte, ok bool) {
	if len(b) < 4 {
		return "", nil, false
	}
	n := binary.LittleEndian.Uint32(b)
	if n > uint32((len(b)-4)/2) {
		return "", nil, false
	}
	u := make([]uint16, n)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[4+2*i:])
	}
	return string(utf16.Decode(u)), b[4+2*n:], true
}

// binary reads one part: sheet, shared strings, styles, workbook or anything
// else, from which all strings are taken.
func (r *reader) binary(b []byte) {
	w, hidden := document.NewWriter(r.Room()), document.NewWriter(r.Room())
	xfs, strs := false, false
	codes := map[int]string{}
	for len(b) > 0 {
		typ, d, rest, ok := record(b)
		if !ok {
			r.Damaged("record")
			break
		}
		b = rest
		switch typ {
		case brtRowHdr:
			w.Line()
		case brtCellError, brtFmlaError:
			w.Tab()
		case brtCellBool, brtFmlaBool:
			if len(d) > 8 {
				w.String(boolean(string('0' + rune(d[8]&1))))
			}
			w.Tab()
		case brtCellRk, brtCellReal, brtCellSt, brtCellIsst, brtFmlaString, brtFmlaNum, brtCellRString:
			r.binaryCell(w, typ, d)
		case brtSSTItem:
			if strs = true; len(d) > 0 && len(r.book.ends) < maxStrings {
				s, _, _ := wide(d[1:])
				r.book.data = append(r.book.data, s...)
				r.book.ends = append(r.book.ends, len(r.book.data))
			}
		case brtFmt:
			if len(d) > 2 && len(codes) < maxStyles {
				s, _, _ := wide(d[2:])
				codes[int(binary.LittleEndian.Uint16(d))] = s
			}
		case brtBeginXFs, brtEndXFs:
			xfs = typ == brtBeginXFs
		case brtXF:
			if xfs && len(d) >= 4 && len(r.book.formats) < maxStyles {
				id := int(binary.LittleEndian.Uint16(d[2:]))
				c, own := codes[id]
				if !own {
					c = numfmt.Builtin(id)
				}
				r.book.formats = append(r.book.formats, numfmt.Parse(c))
			}
		case brtWbProp:
			r.book.date1904 = len(d) > 0 && d[0]&1 != 0
		default:
			loose(hidden, d)
		}
	}
	if strs {
		r.book.used = make([]bool, len(r.book.ends))
	}
	r.text(document.Shown, w)
	r.text(document.Hidden, hidden)
}

// binaryCell writes a cell: column, style, value.
func (r *reader) binaryCell(w *document.Writer, typ int, d []byte) {
	if len(d) < 8 {
		return
	}
	style := int(d[4]) | int(d[5])<<8 | int(d[6])<<16
	v := d[8:]
	switch typ {
	case brtCellRk:
		if len(v) >= 4 {
			r.binaryNumber(w, style, rk(binary.LittleEndian.Uint32(v)))
		}
	case brtCellReal, brtFmlaNum:
		if len(v) >= 8 {
			r.binaryNumber(w, style, math.Float64frombits(binary.LittleEndian.Uint64(v)))
		}
	case brtCellIsst:
		if len(v) >= 4 {
			if i := binary.LittleEndian.Uint32(v); i < 1<<31 {
				w.Write(r.book.share(int(i)))
			}
		}
	case brtCellRString:
		if len(v) > 1 {
			s, _, _ := wide(v[1:])
			w.String(s)
		}
	default:
		s, _, _ := wide(v)
		w.String(s)
	}
	w.Tab()
}

func (r *reader) binaryNumber(w *document.Writer, style int, v float64) {
	if !math.IsNaN(v) && !math.IsInf(v, 0) {
		r.number(w, style, numfmt.Plain("", v))
	}
}

// rk is a number in four bytes (MS-XLSB 2.5.122).
func rk(u uint32) float64 {
	var v float64
	if u&2 != 0 {
		v = float64(int32(u) >> 2)
	} else {
		v = math.Float64frombits(uint64(u&^3) << 32)
	}
	if u&1 != 0 {
		v /= 100
	}
	return v
}

// loose gives the strings in a record of any other type: names of sheets, texts
// of comments, headers and footers, links. A string is a count and that many
// characters of text.
func loose(w *document.Writer, d []byte) {
	work := 8 * len(d) // what looks like a count at every byte must not be quadratic
	for i := 0; i+6 <= len(d) && work > 0; {
		n := binary.LittleEndian.Uint32(d[i:])
		if n < 2 || n > uint32((len(d)-i-4)/2) || n > 32<<10 {
			i++
			continue
		}
		work -= int(n)
		s, rest, _ := wide(d[i:])
		if !readable(s) {
			i++
			continue
		}
		w.String(s)
		w.Line()
		i = len(d) - len(rest)
	}
}

func readable(s string) bool {
	for _, c := range s {
		if c < 0x20 && c != '\n' && c != '\t' && c != '\r' || c == 0xfffd {
			return false
		}
	}
	return true
}
