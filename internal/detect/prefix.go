package detect

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// prefixes is a filter over the first four characters of words and phrases
// that may begin inside words, where every character is a candidate: cheaper
// than a gate.
type prefixes struct{ bits [1 << prefixBits / 64]uint64 }

const prefixBits = 15

func prefixKey(four uint32) uint32 { return (four | 0x20202020) * 0x9e3779b1 >> (32 - prefixBits) }

// newPrefixes gives the filter, or nil for terms of fewer than three
// characters, after which nearly anything may follow.
func newPrefixes(all []term, ids []int32) *prefixes {
	p := &prefixes{}
	for _, id := range ids {
		if len(all[id].runes) < 3 {
			return nil
		}
		p.variants(all[id].runes, 0, 0)
	}
	return p
}

// variants adds what the first four characters can be, of which n are known:
// a space stands for any run of white space, behind the term is anything.
func (p *prefixes) variants(rest []rune, four uint32, n int) {
	switch {
	case n == 4:
		p.add(four)
		return
	case len(rest) == 0:
		for c := range uint32(256) {
			p.variants(nil, four|c<<(8*n), n+1)
		}
		return
	case rest[0] != ' ':
		p.variants(rest[1:], four|uint32(byte(rest[0]))<<(8*n), n+1)
		return
	}
	for _, c := range []byte(" \t\n\v\f\r") {
		p.variants(rest, four|uint32(c)<<(8*n), n+1)
		p.variants(rest[1:], four|uint32(c)<<(8*n), n+1)
	}
}

func (p *prefixes) add(four uint32) {
	k := prefixKey(four)
	p.bits[k>>6] |= 1 << (k & 63)
}

// scan appends the places of one word of a bitmap from which a term may begin.
func (p *prefixes) scan(buf []byte, w int, m uint64, dst []int32) []int32 {
	dst = slices.Grow(dst, 65)
	room, n := (*[65]int32)(dst[len(dst):len(dst)+65]), uint64(0)
	for ; m != 0; m &= m - 1 {
		i := w<<6 | bits.TrailingZeros64(m)
		room[n&63] = int32(i)
		k := prefixKey(binary.LittleEndian.Uint32(buf[i:]))
		n += p.bits[k>>6] >> (k & 63) & 1
	}
	return dst[:len(dst)+int(n)]
}
