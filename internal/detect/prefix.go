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

// newPrefixes gives the filter, or nil if it would let too much through: for
// terms with a space among the first three characters, which may be any run
// of white space, or with fewer than three.
func newPrefixes(all []term, ids []int32) *prefixes {
	p := &prefixes{}
	for _, id := range ids {
		r := all[id].runes
		if len(r) < 3 || slices.Contains(r[:3], ' ') {
			return nil
		}
		var four uint32
		for i := range min(len(r), 4) {
			four |= uint32(byte(r[i])) << (8 * i)
		}
		if len(r) > 3 && r[3] != ' ' {
			p.add(four)
			continue
		}
		for c := range uint32(256) { // anything may follow
			p.add(four&0xffffff | c<<24)
		}
	}
	return p
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
