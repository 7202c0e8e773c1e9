package ole

import (
	"encoding/binary"
	"strings"

	"labelmilter/internal/charset"
	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
)

// project reads a storage of VBA code (MS-OVBA 2.2): macros are a fact, their
// source is hidden text. A module is compressed text behind compiled code; where
// it begins is found by its look, as the offsets of the dir stream are not
// needed and may lie.
func (r *reader) project(d *cfb.Dir) {
	if !r.macros {
		r.macros = true
		r.Fact(document.Macros)
	}
	page, _ := charset.CodePage(1252)
	w := document.NewWriter(r.Room())
	for _, s := range d.Streams {
		name := strings.ToLower(s.Name)
		if strings.HasPrefix(name, "__srp_") || name == "_vba_project" {
			continue
		}
		b := s.Paid(r, "module")
		if name == "dir" {
			if t := r.unpack(b); len(t) > 0 {
				page = codePage(t)
			}
			continue
		}
		for at := range b {
			// "Attribut" is the first word of every module: a signature byte, a
			// chunk header, flags, and eight literals.
			if b[at] == 1 && at+12 <= len(b) && b[at+3] == 0 && string(b[at+4:at+12]) == "Attribut" {
				w.Line()
				w.String(strings.ReplaceAll(page.Decode(r.unpack(b[at:])), "\r\n", "\n"))
				break
			}
		}
	}
	if t := w.Done(); t != "" {
		r.Text(document.Hidden, t)
	}
}

// codePage finds the code page in a dir stream (MS-OVBA 2.3.4.2.1.4).
func codePage(b []byte) charset.Page {
	n := 1252
	for i := 0; i+8 <= len(b) && i < 200; i++ {
		if b[i] == 3 && b[i+1] == 0 && b[i+2] == 2 && b[i+3] == 0 && b[i+4] == 0 && b[i+5] == 0 {
			n = int(binary.LittleEndian.Uint16(b[i+6:]))
			break
		}
	}
	p, _ := charset.CodePage(n)
	return p
}

// unpack undoes the compression of MS-OVBA 2.4.1 within the budget; what cannot
// be read ends it.
func (r *reader) unpack(b []byte) []byte {
	if len(b) == 0 || b[0] != 1 {
		return nil
	}
	b = b[1:]
	var out []byte
	for len(b) >= 2 {
		h := binary.LittleEndian.Uint16(b)
		size := min(int(h&0xfff)+3, len(b))
		if r.Expand(int64(len(out)), 4096) < 4096 {
			return out
		}
		chunk := b[2:size]
		b = b[size:]
		if h&0x8000 == 0 {
			out = append(out, chunk...)
			continue
		}
		out = unpackChunk(out, chunk)
	}
	return out
}

func unpackChunk(out, b []byte) []byte {
	start := len(out)
	for len(b) > 0 {
		flags := b[0]
		b = b[1:]
		for i := 0; i < 8 && len(b) > 0; i++ {
			if flags>>i&1 == 0 {
				out = append(out, b[0])
				b = b[1:]
				continue
			}
			if len(b) < 2 {
				return out
			}
			tok := binary.LittleEndian.Uint16(b)
			b = b[2:]
			n := len(out) - start
			bits := 4
			for 1<<bits < n {
				bits++
			}
			length := int(tok&(0xffff>>bits)) + 3
			offset := int(tok>>(16-bits)) + 1
			if offset > n || n+length > 4096 {
				return out
			}
			for range length {
				out = append(out, out[len(out)-offset])
			}
		}
	}
	return out
}
