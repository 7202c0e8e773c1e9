package pdf

import "encoding/binary"

const (
	maxGlyphs    = 65536
	maxSubtables = 12
)

// trueType is what a TrueType or OpenType font program tells about the characters
// of its glyphs (OpenType 1.9: cmap, post).
type trueType struct {
	runes  map[uint16]rune   // glyph → character, of a Unicode cmap
	names  map[uint16]string // glyph → name, of the post table
	mac    map[uint32]uint16 // code → glyph of the (1,0) cmap
	symbol map[uint32]uint16 // code → glyph of the (3,0) cmap
	cff    *cff
}

// parseTrueType reads a font program; what is damaged in it is left out.
func parseTrueType(b []byte) *trueType {
	t := &trueType{}
	if len(b) >= 16 && string(b[:4]) == "ttcf" {
		at := int64(binary.BigEndian.Uint32(b[12:]))
		return t.tables(b, at)
	}
	return t.tables(b, 0)
}

func (t *trueType) tables(b []byte, at int64) *trueType {
	if at < 0 || at+12 > int64(len(b)) {
		return t
	}
	n := int(binary.BigEndian.Uint16(b[at+4:]))
	for i := range min(n, 100) {
		e := at + 12 + int64(i)*16
		if e+16 > int64(len(b)) {
			break
		}
		from, size := int64(binary.BigEndian.Uint32(b[e+8:])), int64(binary.BigEndian.Uint32(b[e+12:]))
		if from >= int64(len(b)) {
			continue
		}
		table := b[from:min(from+size, int64(len(b)))]
		switch string(b[e : e+4]) {
		case "cmap":
			t.cmap(table)
		case "post":
			t.post(table)
		case "CFF ":
			t.cff = parseCFF(table)
		}
	}
	return t
}

// cmap reads the subtables of a cmap table.
func (t *trueType) cmap(b []byte) {
	if len(b) < 4 {
		return
	}
	for i := range min(int(binary.BigEndian.Uint16(b[2:])), maxSubtables) {
		e := 4 + 8*i
		if e+8 > len(b) {
			return
		}
		platform, id := binary.BigEndian.Uint16(b[e:]), binary.BigEndian.Uint16(b[e+2:])
		at := int64(binary.BigEndian.Uint32(b[e+4:]))
		if at+2 > int64(len(b)) {
			continue
		}
		sub := b[at:]
		switch {
		case platform == 1 && id == 0:
			t.mac = map[uint32]uint16{}
			subtable(sub, func(code uint32, g uint16) { t.mac[code] = g })
		case platform == 3 && id == 0:
			t.symbol = map[uint32]uint16{}
			subtable(sub, func(code uint32, g uint16) { t.symbol[code] = g })
		case platform == 0, platform == 3 && (id == 1 || id == 10):
			if t.runes == nil {
				t.runes = map[uint16]rune{}
			}
			subtable(sub, func(code uint32, g uint16) {
				old, have := t.runes[g]
				if r := rune(code); g != 0 && (!have || better(r, old)) {
					t.runes[g] = r
				}
			})
		}
	}
}

// better prefers the character that a text would have among those of one glyph.
func better(r, old rune) bool {
	if c, o := rank(r), rank(old); c != o {
		return c < o
	}
	return r < old
}

func rank(r rune) int {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return 5
	case r >= 0xe000 && r <= 0xf8ff, r >= 0xf0000:
		return 4
	case r >= 0x2e80 && r <= 0x2fdf, r >= 0xf900 && r <= 0xfaff, r >= 0xfb00 && r <= 0xfeff:
		return 3
	case r == 0xa0, r == 0xad, r == 0x2010, r == 0x2011, r >= 0x2000 && r < 0x200c:
		return 2
	}
	return 1
}

// subtable reads the mappings of a cmap subtable of format 0, 4, 6 or 12.
func subtable(b []byte, put func(code uint32, g uint16)) {
	u16 := func(i int) int {
		if i < 0 || i+2 > len(b) {
			return 0
		}
		return int(binary.BigEndian.Uint16(b[i:]))
	}
	u32 := func(i int) uint32 {
		if i < 0 || i+4 > len(b) {
			return 0
		}
		return binary.BigEndian.Uint32(b[i:])
	}
	switch u16(0) {
	case 0:
		for c := range 256 {
			if 6+c < len(b) && b[6+c] != 0 {
				put(uint32(c), uint16(b[6+c]))
			}
		}
	case 4:
		segments := u16(6) / 2
		done := 0
		for s := range segments {
			end, start := u16(14+2*s), u16(16+2*segments+2*s)
			delta, offset := u16(16+4*segments+2*s), u16(16+6*segments+2*s)
			for c := start; c <= end && c < 0xffff; c++ {
				if done++; done > 2*maxGlyphs {
					return
				}
				g := c + delta
				if offset != 0 {
					if g = u16(16 + 6*segments + 2*s + offset + 2*(c-start)); g != 0 {
						g += delta
					}
				}
				if g &= 0xffff; g != 0 {
					put(uint32(c), uint16(g))
				}
			}
		}
	case 6:
		first, n := u16(6), u16(8)
		for i := range n {
			if g := u16(10 + 2*i); g != 0 {
				put(uint32(first+i), uint16(g))
			}
		}
	case 12:
		done := 0
		for i := range min(int64(u32(12)), int64(len(b)/12)) {
			e := 16 + 12*int(i)
			start, end, g := u32(e), u32(e+4), u32(e+8)
			for c := start; c <= end && c <= 0x10ffff; c++ {
				if done++; done > 2*maxGlyphs {
					return
				}
				put(c, uint16(g+c-start))
			}
		}
	}
}

// post reads the names of a post table of format 2; those of Macintosh order
// count from 0.
func (t *trueType) post(b []byte) {
	if len(b) < 34 || binary.BigEndian.Uint32(b) != 0x00020000 {
		return
	}
	n := int(binary.BigEndian.Uint16(b[32:]))
	if 34+2*n > len(b) {
		return
	}
	var own []string
	for s := b[34+2*n:]; len(s) > 0 && len(own) < maxGlyphs; {
		k := min(int(s[0]), len(s)-1)
		own = append(own, string(s[1:1+k]))
		s = s[1+k:]
	}
	t.names = map[uint16]string{}
	for g := range n {
		i := int(binary.BigEndian.Uint16(b[34+2*g:]))
		switch {
		case i < len(macNames):
			t.names[uint16(g)] = macNames[i]
		case i >= 258 && i-258 < len(own):
			t.names[uint16(g)] = own[i-258]
		}
	}
}

// text gives the text of a glyph.
func (t *trueType) text(g uint16) string {
	if r, ok := t.runes[g]; ok && rank(r) < 4 {
		return string(r)
	}
	if s := glyphText(t.names[g]); s != "" {
		return s
	}
	if t.cff != nil {
		if s := t.cff.text(int(g)); s != "" {
			return s
		}
	}
	if r, ok := t.runes[g]; ok {
		return string(r)
	}
	return ""
}

// code gives the text of a code in a simple font without an encoding.
func (t *trueType) code(c int) string {
	for _, base := range []uint32{0, 0xf000, 0xf100, 0xf200} {
		if g, ok := t.symbol[base+uint32(c)]; ok && g != 0 {
			if s := t.text(g); s != "" {
				return s
			}
		}
	}
	if g, ok := t.mac[uint32(c)]; ok && g != 0 {
		if s := t.text(g); s != "" {
			return s
		}
	}
	return ""
}
