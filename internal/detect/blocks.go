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
	s.short.known, s.long.known = false, false
	for i := range s.hits {
		h := &s.hits[i]
		t := &e.sets[e.terms[h.term].set]
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
	sum   []uint64
	known bool
}

// vicinityOf gives the matchers of a lane worth running from i. Folding can
// make three characters of one.
func (s *scan) vicinityOf(l *lane, i int) []uint64 {
	if s.e.plainly || s.whole {
		return s.all
	}
	v, longest := &s.short, 3*boundedLen
	if l.memo {
		v, longest = &s.long, MaxMatch
	}
	if !v.known {
		v.known = true
		s.open(v, (s.e.reach+longest)/blockSize+2)
	}
	k := i / blockSize * s.e.words
	return v.open[k : k+s.e.words]
}

// open fills a vicinity: each block gets what is marked in the r blocks
// before and behind it. Runs of blocks are joined by doubling.
func (s *scan) open(v *vicinity, r int) {
	words := s.e.words
	n := len(s.marked)
	v.open = append(v.open[:0], s.marked...)
	// Block k has the marks of have blocks from k on.
	have, want := 1, 2*r+1
	for have < want {
		step := min(have, want-have)
		for i := 0; i+step*words < n; i++ {
			v.open[i] |= v.open[i+step*words]
		}
		have += step
	}
	// Block k is to have those from k-r on. Blocks before the first have the
	// marks of fewer blocks: from the first on.
	shift := r * words
	if shift < n {
		copy(v.open[shift:], v.open[:n-shift])
	}
	for i := range min(shift, n) {
		v.open[i] = 0
	}
	s.openFirst(v, r)
	for i := 0; i < n; i += words {
		for w := range words {
			v.open[i+w] |= s.e.always[w] | s.e.anywhere[w]&s.all[w]
		}
	}
}

// openFirst gives the first r blocks what is marked from the begin of the
// text to r blocks behind each.
func (s *scan) openFirst(v *vicinity, r int) {
	words := s.e.words
	n := len(s.marked) / words
	sum := v.sum[:0]
	for range words {
		sum = append(sum, 0)
	}
	v.sum = sum
	next := 0
	for k := range min(r, n) {
		for ; next <= min(k+r, n-1); next++ {
			for w := range words {
				sum[w] |= s.marked[next*words+w]
			}
		}
		copy(v.open[k*words:(k+1)*words], sum)
	}
}
