package pdf

import (
	"errors"
	"io"
)

var errCode = errors.New("code out of order")

// lzwReader undoes LZW as PDF has it (ISO 32000-2 7.4.4.2): codes of 9 to 12
// bits, high bit first, 256 clears, 257 ends.
type lzwReader struct {
	b      []byte
	pos    int
	bits   uint32
	have   uint
	width  uint
	early  int
	next   int // the next code to be given
	prev   int // the last code, -1 after a clear
	prefix [4096]uint16
	suffix [4096]byte
	length [4096]uint16
	out    []byte
	err    error
}

func (r *lzwReader) Read(p []byte) (int, error) {
	for len(r.out) == 0 && r.err == nil {
		r.err = r.step()
	}
	n := copy(p, r.out)
	r.out = r.out[n:]
	if n == 0 {
		return 0, r.err
	}
	return n, nil
}

func (r *lzwReader) step() error {
	if r.next == 0 {
		r.clear()
	}
	for r.have < r.width {
		if r.pos >= len(r.b) {
			return io.EOF
		}
		r.bits = r.bits<<8 | uint32(r.b[r.pos])
		r.pos++
		r.have += 8
	}
	r.have -= r.width
	code := int(r.bits >> r.have & (1<<r.width - 1))
	switch {
	case code == 256:
		r.clear()
		return nil
	case code == 257:
		return io.EOF
	case code > r.next || code == r.next && r.prev < 0:
		return errCode
	}
	var s []byte
	if code < r.next {
		s = r.expand(code)
	} else {
		s = r.expand(r.prev)
		s = append(s, s[0])
	}
	if r.prev >= 0 && r.next < 4096 {
		r.prefix[r.next], r.suffix[r.next] = uint16(r.prev), s[0]
		r.length[r.next] = r.len(r.prev) + 1
		r.next++
	}
	r.prev = code
	switch n := r.next + r.early; {
	case n >= 2048:
		r.width = 12
	case n >= 1024:
		r.width = 11
	case n >= 512:
		r.width = 10
	default:
		r.width = 9
	}
	r.out = s
	return nil
}

func (r *lzwReader) clear() { r.width, r.next, r.prev = 9, 258, -1 }

func (r *lzwReader) len(code int) uint16 {
	if code < 258 {
		return 1
	}
	return r.length[code]
}

func (r *lzwReader) expand(code int) []byte {
	n := int(r.len(code))
	s := make([]byte, n, n+1)
	for i := n - 1; i >= 0; i-- {
		if code < 258 {
			s[i] = byte(code)
			break
		}
		s[i] = r.suffix[code]
		code = int(r.prefix[code])
	}
	return s
}

// ascii85Reader undoes base 85 (ISO 32000-2 7.4.3).
type ascii85Reader struct {
	b    []byte
	pos  int
	rest []byte
	hold [4]byte
	done bool
}

func (r *ascii85Reader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if len(r.rest) > 0 {
			k := copy(p[n:], r.rest)
			r.rest = r.rest[k:]
			n += k
			continue
		}
		if r.done || !r.group() {
			break
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (r *ascii85Reader) group() bool {
	var v uint32
	count := 0
	for r.pos < len(r.b) && count < 5 {
		c := r.b[r.pos]
		r.pos++
		switch {
		case c == '~':
			r.pos, r.done = len(r.b), true
		case c == 'z' && count == 0:
			r.hold = [4]byte{}
			r.rest = r.hold[:]
			return true
		case c >= '!' && c <= 'u':
			v = v*85 + uint32(c-'!')
			count++
		}
	}
	if count < 2 {
		return false
	}
	for i := count; i < 5; i++ {
		v = v*85 + 84
	}
	r.hold = [4]byte{byte(v >> 24), byte(v >> 16), byte(v >> 8), byte(v)}
	r.rest = r.hold[:count-1]
	return true
}

// hexReader undoes pairs of hexadecimal digits.
type hexReader struct {
	b   []byte
	pos int
}

func (r *hexReader) Read(p []byte) (int, error) {
	n, high := 0, -1
	for n < len(p) && r.pos < len(r.b) {
		c := r.b[r.pos]
		r.pos++
		if c == '>' {
			r.pos = len(r.b)
			break
		}
		switch d := hexDigit(c); {
		case d < 0:
		case high < 0:
			high = d
		default:
			p[n] = byte(high<<4 | d)
			n++
			high = -1
		}
	}
	if high >= 0 && n < len(p) {
		p[n] = byte(high << 4)
		n++
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

// runLengthReader undoes run lengths (ISO 32000-2 7.4.5).
type runLengthReader struct {
	b     []byte
	pos   int
	same  bool
	count int
}

func (r *runLengthReader) Read(p []byte) (int, error) {
	n := 0
	for n < len(p) {
		if r.count == 0 {
			if r.pos >= len(r.b) || r.b[r.pos] == 128 {
				break
			}
			c := int(r.b[r.pos])
			r.pos++
			r.same = c > 128
			r.count = c + 1
			if r.same {
				r.count = 257 - c
			}
		}
		if r.pos >= len(r.b) {
			break
		}
		p[n] = r.b[r.pos]
		n++
		if r.count--; !r.same || r.count == 0 {
			r.pos++
		}
	}
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}
