package charset

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// byteOrderMark gives the charset named by the mark at the start of b, and the
// mark's length, 0 if there is none.
func byteOrderMark(b []byte) (kind, int) {
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		return kindUTF8, 3
	case bytes.HasPrefix(b, []byte{0xff, 0xfe, 0, 0}) && len(b)%4 == 0:
		return kindUTF32LE, 4
	case bytes.HasPrefix(b, []byte{0, 0, 0xfe, 0xff}):
		return kindUTF32BE, 4
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return kindUTF16LE, 2
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return kindUTF16BE, 2
	}
	return kindUnknown, 0
}

// guessLittle guesses the byte order of UTF-16 without a mark: the half with
// more zero bytes and blanks is the high one. RFC 2781 4.3 makes big-endian
// the default, what is sent without a mark is mostly little-endian; with no
// evidence the latter wins.
func guessLittle(b []byte) bool {
	b = b[:min(len(b), 4096)]
	even, odd := 0, 0
	for i := 0; i+1 < len(b); i += 2 {
		if b[i] == 0 {
			even++
		}
		if b[i+1] == 0 {
			odd++
		}
	}
	return even <= odd
}

// wide guesses that undeclared bytes are UTF-16 or UTF-32 without a mark, as
// only these have a zero in most characters of a Western text.
func wide(b []byte) kind {
	b = b[:min(len(b), 4096)]
	var zero [4]int
	for i, c := range b {
		if c == 0 {
			zero[i&3]++
		}
	}
	n := len(b) / 4
	if n < 2 {
		return kindUnknown
	}
	most := func(i int) bool { return zero[i]*10 >= n*7 }
	few := func(i int) bool { return zero[i]*10 <= n*2 }
	switch {
	case few(0) && most(1) && most(2) && most(3):
		return kindUTF32LE
	case most(0) && most(1) && most(2) && few(3):
		return kindUTF32BE
	case few(0) && most(1) && few(2) && most(3):
		return kindUTF16LE
	case most(0) && few(1) && most(2) && few(3):
		return kindUTF16BE
	}
	return kindUnknown
}

func decodeUTF16(b []byte, little bool) (string, bool) {
	var order binary.ByteOrder = binary.BigEndian
	if little {
		order = binary.LittleEndian
	}
	damaged := len(b)%2 != 0
	out := make([]byte, 0, len(b)/2+len(b)/8)
	for len(b) >= 2 {
		r := rune(order.Uint16(b))
		b = b[2:]
		if utf16.IsSurrogate(r) {
			s := rune(utf8.RuneError)
			if len(b) >= 2 {
				s = utf16.DecodeRune(r, rune(order.Uint16(b)))
			}
			if s == utf8.RuneError {
				damaged = true
			} else {
				b = b[2:]
			}
			r = s
		}
		out = utf8.AppendRune(out, r)
	}
	return string(out), damaged
}

func decodeUTF32(b []byte, little bool) (string, bool) {
	var order binary.ByteOrder = binary.BigEndian
	if little {
		order = binary.LittleEndian
	}
	damaged := len(b)%4 != 0
	out := make([]byte, 0, len(b)/4+len(b)/16)
	for ; len(b) >= 4; b = b[4:] {
		u := order.Uint32(b)
		if u > utf8.MaxRune || !utf8.ValidRune(rune(u)) {
			u = utf8.RuneError
			damaged = true
		}
		out = utf8.AppendRune(out, rune(u))
	}
	return string(out), damaged
}
