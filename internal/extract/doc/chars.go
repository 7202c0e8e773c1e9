package doc

import (
	"encoding/binary"
	"unicode/utf16"

	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
)

// out is where text goes now: shown text, or instructions of a field and
// deleted text.
func (r *reader) out(deleted bool) *document.Writer {
	if deleted || len(r.fields) > 0 && r.fields[len(r.fields)-1] {
		return r.hidden
	}
	return r.shown
}

// chars writes characters; those below 0x20 have meanings of their own
// (MS-DOC 2.4.1 and 2.9).
func (r *reader) chars(b []byte, wide, deleted bool) {
	size := 1
	if wide {
		size = 2
	}
	var u []uint16
	from := 0
	flush := func(to int) {
		if from < to {
			w := r.out(deleted)
			switch {
			case wide && r.packed:
				w.String(r.unpack(b[from:to]))
			case wide:
				u = u[:0]
				for i := from; i+1 < to; i += 2 {
					u = append(u, binary.LittleEndian.Uint16(b[i:]))
				}
				w.String(string(utf16.Decode(u)))
			default:
				w.String(r.page.Decode(b[from:to]))
			}
			r.cell = false
		}
	}
	for i := 0; i+size <= len(b); i += size {
		c := uint16(b[i])
		if wide {
			c = binary.LittleEndian.Uint16(b[i:])
		}
		if c >= 0x20 {
			continue
		}
		flush(i)
		from = i + size
		r.control(byte(c), deleted)
	}
	flush(len(b) / size * size)
}

func (r *reader) control(c byte, deleted bool) {
	w := r.out(deleted)
	switch c {
	case 0x07: // end of a cell; a second one ends the row
		if r.cell {
			w.Line()
		} else {
			w.Cell()
		}
		r.cell = true
		return
	case '\t':
		w.Write([]byte{'\t'})
	case '\r', '\n', 0x0b, 0x0c, 0x0e: // paragraph, line, page, column
		w.Line()
	case 0x1e:
		w.String("-")
	case 0x13:
		r.hidden.Line()
		if len(r.fields) < 64 {
			r.fields = append(r.fields, true)
		}
	case 0x14:
		if n := len(r.fields); n > 0 {
			r.fields[n-1] = false
		}
		r.hidden.Line()
	case 0x15:
		if n := len(r.fields); n > 0 {
			r.fields = r.fields[:n-1]
		}
		r.hidden.Line()
	}
	r.cell = false
}

// sprmCFRMarkDel marks deleted text (MS-DOC 2.6.1).
const sprmCFRMarkDel = 0x0800

// maxRuns bounds the spans.
const maxRuns = 10_000

// deletions finds the ranges of deleted text by the pages of character
// properties (MS-DOC 2.8.5, 2.9.33).
func (r *reader) deletions(plc []byte) (out []span) {
	n := (len(plc) - 4) / 8
	for i := range min(n, len(r.main)/512) {
		r.properties(u32(plc, 4*(n+1)+4*i)&0x3fffff, func(s span, b []byte) {
			if s.deleted = deletes(b); s.deleted {
				out = add(out, s)
			}
		})
	}
	return out
}

// properties gives the runs of a page of character properties and their lists of
// modifiers.
func (r *reader) properties(page int64, give func(s span, modifiers []byte)) {
	if page *= 512; page+512 > int64(len(r.main)) {
		return
	}
	fkp := r.main[page : page+512]
	runs := int(fkp[511])
	if 4*(runs+1)+runs > 511 {
		return
	}
	for j := range runs {
		at := int(fkp[4*(runs+1)+j]) * 2
		if at == 0 || at >= 511 {
			continue
		}
		s := span{from: u32(fkp, 4*j), to: u32(fkp, 4*j+4)}
		if s.from < s.to && s.to <= int64(len(r.main)) {
			give(s, fkp[at+1:min(at+1+int(fkp[at]), 511)])
		}
	}
}

// add keeps a span that comes after those before it.
func add(out []span, s span) []span {
	if (len(out) == 0 || s.from >= out[len(out)-1].to) && len(out) < maxRuns {
		out = append(out, s)
	}
	return out
}

// deletes reports that a list of property modifiers marks text as deleted.
func deletes(b []byte) bool {
	for len(b) >= 3 {
		op := binary.LittleEndian.Uint16(b)
		if op == sprmCFRMarkDel {
			return b[2] == 1
		}
		n := 0
		switch op >> 13 {
		case 0, 1:
			n = 1
		case 2, 4, 5:
			n = 2
		case 3:
			n = 4
		case 7:
			n = 3
		default:
			n = 1 + int(b[2])
		}
		b = b[min(2+n, len(b)):]
	}
	return false
}

// sttb reads a table of strings (MS-DOC 2.2.4), those of Unicode.
func sttb(b []byte) (out []string) {
	le := binary.LittleEndian
	if len(b) < 6 || le.Uint16(b) != 0xffff {
		return nil
	}
	n, extra := int(le.Uint16(b[2:])), int(le.Uint16(b[4:]))
	b = b[6:]
	for range n {
		if len(b) < 2 {
			break
		}
		size := min(2*int(le.Uint16(b)), len(b)-2)
		u := make([]uint16, size/2)
		for i := range u {
			u[i] = le.Uint16(b[2+2*i:])
		}
		if len(u) > 0 {
			out = append(out, string(utf16.Decode(u)))
		}
		b = b[min(2+size+extra, len(b)):]
	}
	return out
}

// language is the code page that text in a language was written in before there
// was Unicode, by the primary language of a LCID (MS-LCID 2.2).
func language(lid int) charset.Page {
	p, _ := charset.CodePage(languagePage(lid))
	return p
}

// western reports a language that is written in Windows-1252.
func western(lid int) bool { return languagePage(lid) == 1252 }

func languagePage(lid int) int {
	page := 1252
	switch lid & 0x3ff {
	case 0x01, 0x20, 0x29: // Arabic, Urdu, Persian
		page = 1256
	case 0x02, 0x19, 0x22, 0x23, 0x2f: // Cyrillic
		page = 1251
	case 0x04:
		page = 936
		if lid == 0x404 || lid == 0xc04 {
			page = 950
		}
	case 0x05, 0x0e, 0x15, 0x18, 0x1a, 0x1b, 0x1c, 0x24: // Central European
		page = 1250
		if lid == 0xc1a {
			page = 1251
		}
	case 0x08:
		page = 1253
	case 0x0d:
		page = 1255
	case 0x11:
		page = 932
	case 0x12:
		page = 949
	case 0x1e:
		page = 874
	case 0x1f:
		page = 1254
	case 0x25, 0x26, 0x27: // Baltic
		page = 1257
	case 0x2a:
		page = 1258
	}
	return page
}
