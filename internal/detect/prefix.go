package detect

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"labelmilter/internal/match"
)

// prefixes is a filter over the first four characters of words and phrases
// that may begin inside words, where every character is a candidate.
type prefixes struct {
	bits []uint64
	high uint // shift of the hash
}

func (p *prefixes) key(four uint32) uint32 { return (four | 0x20202020) * 0x9e3779b1 >> p.high }

// newPrefixes gives the filter, or nil for terms of fewer than three
// characters, after which nearly anything may follow.
func newPrefixes(keys []match.TrieKey) *prefixes {
	wide := min(max(uint(bits.Len(uint(len(keys))))+5, 15), 22)
	p := &prefixes{bits: make([]uint64, 1<<wide/64), high: 32 - wide}
	for _, k := range keys {
		if len(k.Text) < 3 {
			return nil
		}
		p.variants(k.Text[:min(len(k.Text), 4)], 0, 0)
	}
	return p
}

// variants adds what the first four characters can be, of which n are known:
// a space stands for any run of white space, behind the term is anything.
func (p *prefixes) variants(rest string, four uint32, n int) {
	switch {
	case n == 4:
		p.add(four)
		return
	case len(rest) == 0:
		for c := range uint32(256) {
			p.variants("", four|c<<(8*n), n+1)
		}
		return
	case rest[0] != ' ':
		p.variants(rest[1:], four|uint32(rest[0])<<(8*n), n+1)
		return
	}
	for _, c := range []byte(" \t\n\v\f\r") {
		p.variants(rest, four|uint32(c)<<(8*n), n+1)
		p.variants(rest[1:], four|uint32(c)<<(8*n), n+1)
	}
}

func (p *prefixes) add(four uint32) {
	k := p.key(four)
	p.bits[k>>6] |= 1 << (k & 63)
}

// scan appends the places of one word of a bitmap from which a term may begin.
func (p *prefixes) scan(buf []byte, w int, m uint64, dst []int32) []int32 {
	dst = slices.Grow(dst, 65)
	room, n := (*[65]int32)(dst[len(dst):len(dst)+65]), uint64(0)
	for ; m != 0; m &= m - 1 {
		i := w<<6 | bits.TrailingZeros64(m)
		room[n&63] = int32(i)
		k := p.key(binary.LittleEndian.Uint32(buf[i:]))
		n += p.bits[k>>6] >> (k & 63) & 1
	}
	return dst[:len(dst)+int(n)]
}
