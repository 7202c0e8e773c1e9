package edm

import "math"

// bound is the information in what the store holds, in bytes per row: the
// multiset of the rows' hashes as far as they are kept, and the tags, which
// are random without the key. No other form of the same content is smaller.
func bound(h *header) float64 {
	n := float64(h.Rows)
	perRow := float64(h.tagged() * h.TagBits)
	for i, x := range h.Indexes {
		v := float64(x.Values)
		if v == 0 {
			continue
		}
		space := float64(x.Bits) + 8*keyBytes
		// log2 of the number of multisets of v out of 2^space, by Stirling.
		bits := space - math.Log2(v) + math.Log2E
		if i > 0 {
			bits += math.Log2(n) // which row a value stands in
		}
		perRow += bits * v / n
	}
	return perRow / 8
}
