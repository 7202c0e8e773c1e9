package doc

import (
	"encoding/binary"
	"strings"
	"unicode/utf8"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
)

// fontSpans finds the spans of a document of Word 6 or 95 whose font tells their
// code page, and those of deleted text, by the table of the pages of character
// properties.
func (r *reader) fontSpans(plc []byte, fonts []*charset.Page) (out []span) {
	n := (len(plc) - 4) / 6
	for i := range min(n, len(r.main)/512) {
		page := binary.LittleEndian.Uint16(plc[4*(n+1)+2*i:])
		r.properties(int64(page), func(s span, b []byte) {
			var font int
			if font, s.deleted = modified(b); font >= 0 && font < len(fonts) {
				s.page = fonts[font]
			}
			if s.page != nil || s.deleted {
				out = add(out, s)
			}
		})
	}
	return out
}

// table6 is the table whose place and size are at an offset of the file information
// block.
func (r *reader) table6(fib []byte, offset int) []byte {
	at, size := u32(fib, offset), u32(fib, offset+4)
	if size == 0 || at >= int64(len(r.main)) {
		return nil
	}
	return r.main[at:min(at+size, int64(len(r.main)))]
}

// maxFonts bounds the fonts that are looked at.
const maxFonts = 4096

// fontPages gives the code page of each font, nil for those of no charset of
// their own.
func fontPages(b []byte) (out []*charset.Page) {
	b = b[min(2, len(b)):]
	for len(b) >= 6 && len(out) < maxFonts {
		var page *charset.Page
		if n := charset.FontPage(int(b[4])); n != 0 && n != 42 {
			if p, ok := charset.CodePage(n); ok {
				page = &p
			}
		}
		out = append(out, page)
		b = b[min(int(b[0])+1, len(b)):]
	}
	return out
}

// modified reads a list of property modifiers of Word 6: the number of the font,
// -1 if it is that of the style, and whether the text is deleted.
func modified(b []byte) (font int, deleted bool) {
	font = -1
	for len(b) >= 2 {
		n := 1
		switch op := b[0]; op {
		case 65:
			deleted = b[1] == 1
		case 93:
			if len(b) >= 3 {
				font = int(binary.LittleEndian.Uint16(b[1:]))
			}
			n = 2
		case 69, 72, 80, 96, 97, 99, 107, 109, 110:
			n = 2
		case 73, 95:
			n = 3
		case 70:
			n = 4
		case 83:
			n = 0
		case 68, 74, 81, 82, 103, 105, 106, 108:
			n = 1 + int(b[1])
		}
		b = b[min(1+n, len(b)):]
	}
	return font, deleted
}

// farEast chooses the code page of a document of the Far East editions of Word 95,
// which hold characters in 16 bits: two bytes of a code page, the first above, or
// one.
func (r *reader) farEast(ps []piece) {
	r.packed = true
	var sample []byte
	paired := false
	for i := range ps {
		ps[i].wide = true
		if p := ps[i]; p.at < int64(len(r.main)) && len(sample) < 1<<18 {
			text := r.main[p.at:min(p.at+2*(p.to-p.from), int64(len(r.main)))]
			sample = append(sample, pack(text)...)
			paired = paired || pairs(text)
		}
	}
	if r.page.Double() { // told by the language
		return
	}
	page, sure := charset.Alphabet(sample, r.page)
	sure = sure && (page.Double() || !paired)
	if r.page = page; !sure {
		r.Skip(budget.UnknownCharset, "text")
	}
}

// pairs reports characters of 16 bits that are two bytes of a code page.
func pairs(b []byte) bool {
	for i := 0; i+1 < len(b); i += 2 {
		if b[i+1] >= utf8.RuneSelf {
			return true
		}
	}
	return false
}

// unpack reads characters of 16 bits that hold bytes of a code page. One byte that
// is no character of a page of two bytes is western punctuation.
func (r *reader) unpack(b []byte) string {
	var out strings.Builder
	from := 0
	for i := 0; i+1 < len(b) && r.page.Double(); i += 2 {
		if b[i+1] >= 0x20 || b[i] < utf8.RuneSelf {
			continue
		}
		out.WriteString(r.page.Decode(pack(b[from:i])))
		from = i + 2
		one := r.page.Decode(b[i : i+1])
		if strings.ContainsRune(one, utf8.RuneError) {
			one = language(0x409).Decode(b[i : i+1])
		}
		out.WriteString(one)
	}
	out.WriteString(r.page.Decode(pack(b[from:])))
	return out.String()
}

// pack gives the bytes that characters of 16 bits hold, without what cannot be
// part of a character.
func pack(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i+1 < len(b); i += 2 {
		for _, c := range []byte{b[i+1], b[i]} {
			if c >= 0x20 {
				out = append(out, c)
			}
		}
	}
	return out
}
