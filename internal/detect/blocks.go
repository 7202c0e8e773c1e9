package detect

// markBlocks notes which matchers the hits enable, by block.
func (s *scan) markBlocks() {
	e := s.e
	blocks := s.n/blockSize + 1
	if need := blocks * e.words; cap(s.marked) < need {
		s.marked, s.open = make([]uint64, need), make([]uint64, need)
	} else {
		s.marked, s.open = s.marked[:need], s.open[:need]
		clear(s.marked)
	}
	if cap(s.known) < blocks {
		s.known = make([]bool, blocks)
	}
	s.known = s.known[:blocks]
	clear(s.known)
	for i := range s.hits {
		h := &s.hits[i]
		t := &e.terms[h.term]
		s.longHit = max(s.longHit, int(h.end-h.start))
		for w, v := range t.in {
			s.listed[w] |= v
		}
		a := s.marked[int(h.start)/blockSize*e.words:]
		b := s.marked[int(h.end-1)/blockSize*e.words:]
		for w, v := range t.enabl {
			a[w] |= v
			b[w] |= v
			s.all[w] |= v
		}
	}
	for w, v := range e.always {
		s.all[w] |= v
	}
	if e.plainly || s.whole {
		for w := range s.all {
			s.all[w] = ^uint64(0)
		}
	}
}

// worth gives the matchers worth running from i, where matches are bounded.
func (s *scan) worth(i int) []uint64 {
	e := s.e
	if e.plainly || s.whole {
		return s.all
	}
	k := i / blockSize
	out := s.open[k*e.words : (k+1)*e.words]
	if s.known[k] {
		return out
	}
	s.known[k] = true
	for w := range out {
		out[w] = e.always[w] | e.anywhere[w]&s.all[w]
	}
	// A match can be twice boundedLen long where characters expand.
	r := (e.reach+2*boundedLen)/blockSize + 2
	for b := max(k-r, 0); b <= min(k+r, len(s.known)-1); b++ {
		for w, v := range s.marked[b*e.words : (b+1)*e.words] {
			out[w] |= v
		}
	}
	return out
}
