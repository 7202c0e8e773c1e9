package pdf

import (
	"encoding/binary"
	"strings"
)

// cff is what a CFF font program (Adobe TN 5176) tells about its glyphs.
type cff struct {
	names    []string // by glyph; nil for a CID-keyed font
	cids     []uint16 // by glyph, of a CID-keyed font
	encoding [256]string
}

// index is an INDEX of CFF.
type index struct {
	count int
	size  int // of an offset
	b     []byte
	data  int // where offset 1 is
	end   int
}

func readIndex(b []byte, at int) (x index, ok bool) {
	if at < 0 || at+2 > len(b) {
		return x, false
	}
	x.b, x.count = b, int(binary.BigEndian.Uint16(b[at:]))
	if x.count == 0 {
		x.end = at + 2
		return x, true
	}
	if at+3 > len(b) {
		return x, false
	}
	x.size = int(b[at+2])
	x.data = at + 3 + (x.count+1)*x.size - 1
	if x.size < 1 || x.size > 4 || x.data >= len(b) {
		return x, false
	}
	x.b = b[at+3:]
	x.data -= at + 3
	x.end = at + 3 + x.data + x.offset(x.count)
	return x, x.end >= 0 && x.end <= len(b)
}

func (x index) offset(i int) int {
	at := i * x.size
	if at+x.size > len(x.b) {
		return 0
	}
	return int(number32(x.b[at : at+x.size]))
}

func (x index) item(i int) []byte {
	if i < 0 || i >= x.count {
		return nil
	}
	from, to := x.data+x.offset(i), x.data+x.offset(i+1)
	if from < 0 || to < from || to > len(x.b) {
		return nil
	}
	return x.b[from:to]
}

// parseCFF reads a font program, nil if it is none.
func parseCFF(b []byte) *cff {
	if len(b) < 4 || b[0] != 1 {
		return nil
	}
	fonts, ok := readIndex(b, int(b[2]))
	if !ok {
		return nil
	}
	tops, ok := readIndex(b, fonts.end)
	if !ok {
		return nil
	}
	strs, ok := readIndex(b, tops.end)
	if !ok {
		return nil
	}
	top := topDict(tops.item(0))
	glyphs, ok := readIndex(b, top[17])
	if !ok || glyphs.count == 0 {
		return nil
	}
	c := &cff{}
	sids := charset(b, top[15], glyphs.count)
	if _, keyed := top[0x0c1e]; keyed {
		c.cids = sids
		return c
	}
	c.names = make([]string, glyphs.count)
	for g := range min(len(sids), glyphs.count) {
		c.names[g] = stringOf(int(sids[g]), strs)
	}
	c.encode(b, top[16], strs)
	return c
}

// topDict gives the first operand of each operator of a DICT; those of two bytes
// have 0x0c as the first.
func topDict(b []byte) map[int]int {
	d := map[int]int{}
	var stack []int
	for i := 0; i < len(b); {
		c := int(b[i])
		i++
		switch {
		case c <= 21:
			op := c
			if c == 12 && i < len(b) {
				op = 0x0c00 | int(b[i])
				i++
			}
			v := 0
			if len(stack) > 0 {
				v = stack[0]
			}
			if op == 18 || len(stack) == 0 && op != 0x0c1e {
				v = 0
			}
			d[op] = v
			stack = stack[:0]
		case c == 28 && i+2 <= len(b):
			stack = append(stack, int(int16(binary.BigEndian.Uint16(b[i:]))))
			i += 2
		case c == 29 && i+4 <= len(b):
			stack = append(stack, int(int32(binary.BigEndian.Uint32(b[i:]))))
			i += 4
		case c == 30:
			for i < len(b) && b[i]&15 != 15 && b[i]>>4 != 15 {
				i++
			}
			i++
			stack = append(stack, 0)
		case c >= 32 && c <= 246:
			stack = append(stack, c-139)
		case c >= 247 && c <= 250 && i < len(b):
			stack = append(stack, (c-247)*256+int(b[i])+108)
			i++
		case c >= 251 && c <= 254 && i < len(b):
			stack = append(stack, -(c-251)*256-int(b[i])-108)
			i++
		}
		if len(stack) > 64 {
			stack = stack[:0]
		}
	}
	return d
}

// charset gives the SID or CID of each glyph.
func charset(b []byte, at, count int) []uint16 {
	out := make([]uint16, 1, count)
	if at <= 2 { // predefined; only ISOAdobe counts up
		for g := 1; g < count; g++ {
			out = append(out, uint16(g))
		}
		return out
	}
	if at >= len(b) {
		return out
	}
	format := b[at]
	at++
	for len(out) < count && at+2 <= len(b) {
		sid := binary.BigEndian.Uint16(b[at:])
		at += 2
		left := 0
		switch format {
		case 1:
			if at >= len(b) {
				return out
			}
			left = int(b[at])
			at++
		case 2:
			if at+2 > len(b) {
				return out
			}
			left = int(binary.BigEndian.Uint16(b[at:]))
			at += 2
		}
		for i := 0; i <= left && len(out) < count; i++ {
			out = append(out, sid+uint16(i))
		}
	}
	return out
}

func stringOf(sid int, strs index) string {
	if sid < len(cffNames) {
		return cffNames[sid]
	}
	return string(strs.item(sid - len(cffNames)))
}

// encode reads the encoding: names by code.
func (c *cff) encode(b []byte, at int, strs index) {
	name := func(g int) string {
		if g < len(c.names) {
			return c.names[g]
		}
		return ""
	}
	if at <= 1 {
		for g := 1; g < len(c.names); g++ {
			if t := glyphText(c.names[g]); t != "" {
				for code, r := range standard {
					if r != 0 && string(r) == t && c.encoding[code] == "" {
						c.encoding[code] = c.names[g]
					}
				}
			}
			if g > 400 {
				break
			}
		}
		return
	}
	if at+2 > len(b) {
		return
	}
	format, n := b[at], int(b[at+1])
	at += 2
	g := 1
	for range n {
		if at >= len(b) {
			return
		}
		code, left := int(b[at]), 0
		at++
		if format&0x7f == 1 {
			if at >= len(b) {
				return
			}
			left = int(b[at])
			at++
		}
		for i := 0; i <= left && code+i < 256; i++ {
			c.encoding[code+i] = name(g)
			g++
		}
	}
	if format&0x80 == 0 || at >= len(b) {
		return
	}
	n = int(b[at])
	at++
	for range n {
		if at+3 > len(b) {
			return
		}
		c.encoding[b[at]] = stringOf(int(binary.BigEndian.Uint16(b[at+1:])), strs)
		at += 3
	}
}

// text gives the text of a glyph by its name.
func (c *cff) text(g int) string {
	if g < 0 || g >= len(c.names) {
		return ""
	}
	return glyphText(c.names[g])
}

// type1Encoding reads the encoding of a Type 1 font program: names by code
// (Adobe Type 1 Font Format 2.2).
func type1Encoding(b []byte) (e [256]string, ok bool) {
	if i := strings.Index(string(b[:min(len(b), 1<<20)]), "/Encoding"); i >= 0 {
		b = b[i+len("/Encoding"):]
	} else {
		return e, false
	}
	l := lexer{b: b[:min(len(b), 64<<10)]}
	code := -1
	for range 5000 {
		switch l.next() {
		case tokEOF:
			return e, ok
		case tokNumber:
			code = int(l.num)
		case tokName:
			if code >= 0 && code < 256 {
				e[code] = string(l.val)
				ok = true
			}
			code = -1
		case tokWord:
			switch string(l.val) {
			case "StandardEncoding":
				return e, false
			case "def", "readonly":
				if ok {
					return e, true
				}
			case "8#0":
			default:
				if v, isBase := based(string(l.val)); isBase {
					code = v
				}
			}
		}
	}
	return e, ok
}

// based reads a number with a radix as PostScript writes it ("8#101").
func based(s string) (int, bool) {
	r, d, ok := strings.Cut(s, "#")
	if !ok || r != "8" && r != "16" {
		return 0, false
	}
	base, v := 8, 0
	if r == "16" {
		base = 16
	}
	for i := range len(d) {
		h := hexDigit(d[i])
		if h < 0 || h >= base || v > 255 {
			return 0, false
		}
		v = v*base + h
	}
	return v, true
}
