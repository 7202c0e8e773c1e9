package detect

import "math/bits"

// triggered finds the starts of a lane before its trigger, which stands at
// places.
func (s *scan) triggered(l *lane, places, dst []int32) []int32 {
	var musts []int32
	if l.must != 0 {
		if musts = s.signs[s.e.signs[l.must]]; len(musts) == 0 {
			return dst
		}
	}
	from, must := 0, -1
	for _, at := range places {
		p := int(at)
		for len(musts) > 0 && musts[0] < at {
			must, musts = int(musts[0]), musts[1:]
		}
		if !l.next.Has(s.buf[p+1]) || l.must != 0 && must < from {
			continue
		}
		i := s.leadTo(l, p, max(from, p-MaxMatch))
		from = p + 1
		if l.must != 0 && must < i {
			continue
		}
		if n := bits.TrailingZeros64(^s.ahead(at).Solid); p-i+n < l.need.solid {
			continue
		}
		dst = s.openFrom(l, i, p, dst)
	}
	return dst
}

// leadTo gives the first place from least on between which and i there is
// nothing that cannot stand between a start and the trigger.
func (s *scan) leadTo(l *lane, i, least int) int {
	for i > least {
		if l.wordy {
			b := uint(i-1) & 63
			i -= bits.LeadingZeros64(^(s.maps[(i-1)>>6].Alnum << (63 - b)))
			if i <= least {
				return least
			}
		}
		if !l.lead.Has(s.buf[i-1]) {
			return i
		}
		i--
	}
	return i
}

// openFrom appends the starts from i to p that the sieve of a lane leaves.
func (s *scan) openFrom(l *lane, i, p int, dst []int32) []int32 {
	for w := i >> 6; w <= p>>6; w++ {
		m := ^uint64(0)
		if !l.within {
			m = s.maps[w].Begins | ^s.maps[w].Alnum
		}
		if w == i>>6 {
			m &= ^uint64(0) << (i & 63)
		}
		if w == p>>6 {
			m &= ^uint64(0) >> (63 - p&63)
		}
		for ; m != 0; m &= m - 1 {
			k := w<<6 | bits.TrailingZeros64(m)
			if l.first[s.buf[k]] && l.open(s.buf, k) != 0 {
				dst = append(dst, int32(k))
			}
		}
	}
	return dst
}
