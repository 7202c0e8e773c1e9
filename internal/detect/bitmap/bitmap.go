// Package bitmap makes the bitmaps of a folded text that tell its letters,
// digits and signs, lists its words, and takes from these those from which no
// expression can match. These loops see every character or word of every
// message. They exist twice: in Go, and on amd64 with AVX2 and BMI2 in
// assembly, which does the same two to four times as fast.
package bitmap

import (
	"encoding/binary"
	"math/bits"
)

// fast says whether the assembly is used.
var fast = available

// UseAssembly says whether to use the assembly, where there is any, and gives
// what was said before. It is for tests and measurements, while nothing else
// runs.
func UseAssembly(on bool) (before bool) {
	before, fast = fast, on && available
	return before
}

// Map tells what 64 characters are, a bit for each, the first lowest.
type Map struct {
	Alnum  uint64 // letters and digits
	Begins uint64 // those that begin a word
	Digits uint64
	Solid  uint64 // not white space
	Signs  uint64 // those of a Set that are neither letters nor digits
	Lines  uint64 // line feeds
}

// Set is a set of characters. Those from 0x80 on are in it all or none. The
// assembly knows its first two fields, and all of Map.
type Set struct {
	low    [16]byte // by the low half of a character: a bit for each high half
	beyond uint64   // all bits if those from 0x80 on are in it
	bits   [4]uint64
	blanks bool // it has white space or control characters
}

// Add puts a character into the set, and the others from 0x80 on with one of
// these.
func (s *Set) Add(b byte) {
	if b >= 0x80 {
		s.beyond, s.bits[2], s.bits[3] = ^uint64(0), ^uint64(0), ^uint64(0)
		return
	}
	s.blanks = s.blanks || b <= ' '
	s.bits[b>>6] |= 1 << (b & 63)
	s.low[b&15] |= 1 << (b >> 4)
}

// has is 1 for a character of the set.
func (s *Set) has(b byte) uint64 { return s.bits[b>>6] >> (b & 63) & 1 }

// Make makes the bitmaps of a text of 64 characters for each but the last of
// them, which becomes empty.
func Make(maps []Map, text []byte, signs *Set) {
	blocks := len(maps) - 1
	maps[blocks] = Map{}
	if blocks == 0 {
		return
	}
	_ = text[64*blocks-1]
	if fast {
		makeFast(maps[:blocks], text, signs)
		return
	}
	makePlain(maps[:blocks], text, signs)
}

func makePlain(maps []Map, text []byte, signs *Set) {
	carry := uint64(0)
	for w := range maps {
		m, b := &maps[w], (*[64]byte)(text[w*64:])
		*m = of(b)
		m.Begins = m.Alnum &^ (m.Alnum<<1 | carry)
		carry = m.Alnum >> 63
		rest := ^m.Alnum
		if !signs.blanks {
			rest &= m.Solid
		}
		for ; rest != 0; rest &= rest - 1 {
			k := bits.TrailingZeros64(rest)
			m.Signs |= signs.has(b[k&63]) << (k & 63)
		}
	}
}

const (
	top    = 0x8080808080808080
	ones   = 0x0101010101010101
	gather = 0x0002040810204081
	// lower8 sets the bit that makes ASCII letters lower case and leaves digits.
	lower8 = 0x2020202020202020
)

// of makes the bitmaps of 64 characters, eight at a time: in each byte the top
// bit tells, then a multiplication gathers the top bits.
func of(b *[64]byte) (m Map) {
	beyond := uint64(0)
	for k := 0; k < 64; k += 8 {
		x := binary.LittleEndian.Uint64(b[k : k+8])
		beyond |= x
		y := x | lower8
		letter := (y + (0x80-'a')*ones) &^ (y + (0x7f-'z')*ones)
		digit := (x + (0x80-'0')*ones) &^ (x + (0x7f-'9')*ones) & top
		m.Alnum |= ((letter & top) | digit) * gather >> 56 << k
		m.Digits |= digit * gather >> 56 << k
		m.Solid |= ((x + (0x7f-' ')*ones) & top) * gather >> 56 << k
		m.Lines |= (^((x ^ '\n'*ones) + 0x7f*ones) & top) * gather >> 56 << k
	}
	if beyond&top == 0 {
		return m
	}
	m = Map{}
	for k := 0; k < 64; k += 8 {
		x := binary.LittleEndian.Uint64(b[k : k+8])
		hi, low := x&top, x&^top
		y := low | lower8
		letter := (y + (0x80-'a')*ones) &^ (y + (0x7f-'z')*ones)
		digit := (low + (0x80-'0')*ones) &^ (low + (0x7f-'9')*ones) & (hi ^ top)
		other := ^(low + 0x7f*ones) & hi // fold.Letter
		a := letter&(hi^top) | digit | other
		v := (low + (0x7f-' ')*ones | x) & top // above the space
		m.Alnum |= (a & top) * gather >> 56 << k
		m.Digits |= digit * gather >> 56 << k
		m.Solid |= v * gather >> 56 << k
		m.Lines |= (^((low ^ '\n'*ones) + 0x7f*ones) & (hi ^ top)) * gather >> 56 << k
	}
	return m
}
