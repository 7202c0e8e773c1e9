package detect

import "slices"

// markBlocks notes which matchers and channels the hits enable, by block.
func (s *scan) markBlocks() {
	e := s.e
	blocks := s.n/blockSize + 1
	s.marked = zeroed(s.marked, blocks*e.words)
	for k := range s.sparks {
		s.sparks[k] = zeroed(s.sparks[k], blocks)
	}
	s.short.reset(blocks)
	s.long.reset(blocks)
	for i := range s.hits {
		h := &s.hits[i]
		t := &e.sets[e.terms[h.term].set]
		s.longHit = max(s.longHit, int(h.end-h.start))
		for w, v := range t.in {
			s.listed[w] |= v
		}
		a, b := int(h.start)/blockSize, int(h.end-1)/blockSize
		for k, v := range t.channels {
			s.sparks[k][a] |= v
			s.sparks[k][b] |= v
		}
		from, to := s.marked[a*e.words:], s.marked[b*e.words:]
		for w, v := range t.enabl {
			from[w] |= v
			to[w] |= v
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

// zeroed gives n zeros in the memory of a slice.
func zeroed(a []uint64, n int) []uint64 {
	a = slices.Grow(a[:0], n)[:n]
	clear(a)
	return a
}

// radius is how many blocks before and behind its own a keyword enables
// matchers from. Folding can make three characters of one.
func (e *Engine) radius(memo bool) int {
	longest := 3 * boundedLen
	if memo {
		longest = MaxMatch
	}
	return (e.reach+longest)/blockSize + 2
}

// vicinity notes per block which matchers are worth running from it: those
// that keywords in reach enable. It is filled where it is asked for.
type vicinity struct {
	open []uint64 // per block
	done []uint64 // bit per block
}

func (v *vicinity) reset(blocks int) { v.done = zeroed(v.done, blocks/64+1) }

// vicinityOf gives the matchers of a lane worth running from i.
func (s *scan) vicinityOf(l *lane, i int) []uint64 {
	if s.e.plainly || s.whole {
		return s.all
	}
	v := &s.short
	if l.memo {
		v = &s.long
	}
	k, words := i/blockSize, s.e.words
	if n := len(s.marked); len(v.open) < n {
		v.open = slices.Grow(v.open[:0], n)[:n]
	}
	open := v.open[k*words : (k+1)*words : (k+1)*words]
	if v.done[k>>6]>>(k&63)&1 != 0 {
		return open
	}
	v.done[k>>6] |= 1 << (k & 63)
	for w := range open {
		open[w] = s.e.always[w] | s.e.anywhere[w]&s.all[w]
	}
	r := s.e.radius(l.memo)
	lo, hi := max(k-r, 0)*words, min((k+r+1)*words, len(s.marked))
	s.work.Left -= int64(hi-lo) / 8
	for row := lo; row < hi; row += words {
		for w, m := range s.marked[row : row+words : row+words] {
			open[w] |= m
		}
	}
	return open
}

// nearby gives per block the channels that are worth looking at: kind is their
// place in termSet.channels.
func (s *scan) nearby(x *channels, kind int) []uint64 {
	sparks := s.sparks[kind]
	near := slices.Grow(s.around[kind][:0], len(sparks))[:len(sparks)]
	s.around[kind] = near
	always := x.always
	if s.e.plainly || s.whole {
		always = ^uint64(0)
	}
	for k := uint64(0); k < uint64(len(x.matchers)); k++ {
		if x.anywhere>>k&1 != 0 && meet3(x.matchers[k], s.e.anywhere, s.all) {
			always |= 1 << k
		}
	}
	for b := range near {
		near[b] = always
	}
	for _, part := range [...]struct {
		channels uint64
		radius   int
	}{{x.short &^ always, s.e.radius(false)}, {x.long &^ always, s.e.radius(true)}} {
		s.spread(near, sparks, part.channels, part.radius)
	}
	return near
}

// spread adds to each block those channels of the blocks around it.
func (s *scan) spread(near, sparks []uint64, channels uint64, r int) {
	if channels == 0 {
		return
	}
	for b, v := range sparks {
		if v &= channels; v == 0 {
			continue
		}
		// What the block before has spread need not be done again.
		lo, hi := max(b-r, 0), min(b+r+1, len(near))
		if b > 0 && v&^sparks[b-1] == 0 {
			lo = max(lo, b+r)
		}
		for k := lo; k < hi; k++ {
			near[k] |= v
		}
	}
	s.work.Left -= int64(len(sparks))
}

// meet3 reports whether three sets have a member in common.
func meet3(a, b, c []uint64) bool {
	for i, w := range a {
		if w&b[i]&c[i] != 0 {
			return true
		}
	}
	return false
}
