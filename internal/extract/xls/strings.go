package xls

import (
	"encoding/binary"
	"unicode/utf16"
)

// unicode reads n characters behind their flags: one byte each, or two
// (MS-XLS 2.5.294).
func (k *book) unicode(d []byte, n int) string {
	if len(d) < 1 {
		return ""
	}
	if k.biff < 8 {
		return k.page.Decode(d[:min(n, len(d))])
	}
	wide := d[0]&1 != 0
	d = d[1:]
	return chars(d, n, wide)
}

func chars(d []byte, n int, wide bool) string {
	if n < 0 {
		return ""
	}
	if !wide {
		d = d[:min(n, len(d))]
		u := make([]rune, len(d))
		for i, c := range d {
			u[i] = rune(c) // the lower half of UTF-16
		}
		return string(u)
	}
	n = min(n, len(d)/2)
	u := make([]uint16, n)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(d[2*i:])
	}
	return string(utf16.Decode(u))
}

// long reads a string with a count of two bytes; in BIFF8 the rest may be in
// CONTINUE records.
func (k *book) long(r record, d []byte) string {
	if len(d) < 3 {
		return ""
	}
	n := int(binary.LittleEndian.Uint16(d))
	if k.biff < 8 {
		return k.page.Decode(d[2:min(2+n, len(d))])
	}
	c := cursor{d: d[2:], more: r.more}
	return c.text(n)
}

// short reads a string with a count of one byte, or of two in BIFF8 where wide
// says so.
func (k *book) short(r record, d []byte, two bool) string {
	if two {
		return k.long(r, d)
	}
	if len(d) < 1 {
		return ""
	}
	return k.unicode(d[1:], int(d[0]))
}

// cursor reads over the end of a record into those that continue it.
type cursor struct {
	d    []byte
	more [][]byte
}

// next goes to the next record if this one is at its end.
func (c *cursor) next() bool {
	for len(c.d) == 0 {
		if len(c.more) == 0 {
			return false
		}
		c.d, c.more = c.more[0], c.more[1:]
	}
	return true
}

func (c *cursor) byte() (byte, bool) {
	if !c.next() {
		return 0, false
	}
	b := c.d[0]
	c.d = c.d[1:]
	return b, true
}

func (c *cursor) number(size int) (n uint32, ok bool) {
	for i := range size {
		b, ok := c.byte()
		if !ok {
			return 0, false
		}
		n |= uint32(b) << (8 * i)
	}
	return n, true
}

func (c *cursor) skip(n int64) {
	for n > 0 && c.next() {
		s := min(n, int64(len(c.d)))
		c.d = c.d[s:]
		n -= s
	}
}

// text reads flags and n characters. Where a record ends within the characters,
// the next begins with flags of its own (MS-XLS 2.5.293).
func (c *cursor) text(n int) string {
	f, ok := c.byte()
	if !ok {
		return ""
	}
	return c.rest(n, f)
}

func (c *cursor) rest(n int, flags byte) string {
	var out []uint16
	for n > 0 {
		if len(c.d) == 0 {
			if !c.next() {
				break
			}
			flags = c.d[0]
			c.d = c.d[1:]
			continue
		}
		if flags&1 != 0 {
			if len(c.d) < 2 {
				c.d = nil
				continue
			}
			m := min(n, len(c.d)/2)
			for i := range m {
				out = append(out, binary.LittleEndian.Uint16(c.d[2*i:]))
			}
			c.d = c.d[2*m:]
			n -= m
			continue
		}
		m := min(n, len(c.d))
		for _, b := range c.d[:m] {
			out = append(out, uint16(b))
		}
		c.d = c.d[m:]
		n -= m
	}
	return string(utf16.Decode(out))
}

// sst reads the shared strings (MS-XLS 2.4.265): rich text and phonetic data
// follow the characters.
func (k *book) sst(r record) {
	if len(r.data) < 8 {
		return
	}
	c := cursor{d: r.data[8:], more: r.more}
	total := binary.LittleEndian.Uint32(r.data[4:])
	for range total {
		n, ok := c.number(2)
		if !ok || len(k.strings) >= maxStrings {
			break
		}
		flags, ok := c.byte()
		if !ok {
			break
		}
		var runs, ext uint32
		if flags&8 != 0 {
			runs, _ = c.number(2)
		}
		if flags&4 != 0 {
			ext, _ = c.number(4)
		}
		k.strings = append(k.strings, c.rest(int(n), flags))
		c.skip(4*int64(runs) + int64(ext))
	}
	k.used = make([]bool, len(k.strings))
}

// shared is a shared string for a cell.
func (k *book) shared(i uint32) string {
	if int64(i) >= int64(len(k.strings)) {
		return ""
	}
	s := k.strings[i]
	if k.used[i] {
		if len(s) > longString || k.reused > maxReuse {
			return ""
		}
		k.reused += len(s)
	}
	k.used[i] = true
	return s
}
