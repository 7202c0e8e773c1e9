package detect

// markBlocks notes which matchers the hits enable, by block.
func (s *scan) markBlocks() {
	e := s.e
	blocks := s.n/blockSize + 1
	if need := blocks * e.words; cap(s.marked) < need {
		s.marked = make([]uint64, need)
	} else {
		s.marked = s.marked[:need]
		clear(s.marked)
	}
	s.short.reset(blocks, e.words)
	s.long.reset(blocks, e.words)
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

// vicinity notes per block which matchers are worth running from it: those
// that keywords in reach enable.
type vicinity struct {
	open  []uint64 // per block
	known []bool
}

func (v *vicinity) reset(blocks, words int) {
	if cap(v.known) < blocks {
		v.open, v.known = make([]uint64, blocks*words), make([]bool, blocks)
	}
	v.open, v.known = v.open[:blocks*words], v.known[:blocks]
	clear(v.known)
}

// vicinityOf gives the matchers of a lane worth running from i. Folding can
// make three characters of one.
func (s *scan) vicinityOf(l *lane, i int) []uint64 {
	if l.memo {
		return s.around(&s.long, i, MaxMatch)
	}
	return s.around(&s.short, i, 3*boundedLen)
}

func (s *scan) around(v *vicinity, i, longest int) []uint64 {
	e := s.e
	if e.plainly || s.whole {
		return s.all
	}
	k := i / blockSize
	out := v.open[k*e.words : (k+1)*e.words]
	if v.known[k] {
		return out
	}
	v.known[k] = true
	for w := range out {
		out[w] = e.always[w] | e.anywhere[w]&s.all[w]
	}
	r := (e.reach+longest)/blockSize + 2
	for b := max(k-r, 0); b <= min(k+r, len(v.known)-1); b++ {
		for w, v := range s.marked[b*e.words : (b+1)*e.words] {
			out[w] |= v
		}
	}
	return out
}
