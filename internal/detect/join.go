package detect

import (
	"cmp"
	"slices"
)

// join makes candidates of the occurrences of primary elements.
func (s *scan) join() {
	if meet(s.listed, s.e.dict) {
		s.joinHits()
	}
	for _, a := range s.dirty {
		byStart := func(x, y occurrence) int { return cmp.Compare(x.start, y.start) }
		if !slices.IsSortedFunc(s.occ[a], byStart) {
			slices.SortFunc(s.occ[a], byStart)
		}
	}
	// Joining hits appends to dirty: only dictionaries of words are primary
	// elements there, and they were joined above.
	for k := 0; k < len(s.dirty); k++ {
		a, owner, confidence := s.dirty[k], -1, 0
		for _, p := range s.e.byAtom[a] {
			if need := s.e.needs[p]; need != nil && !meet(s.listed, need) && !s.e.plainly {
				continue
			}
			// Patterns of one type follow each other, mostly by falling confidence.
			pt := &s.e.pl.patterns[p]
			if pt.owner != owner || pt.confidence > confidence {
				n := (len(s.occ[a]) + 63) / 64
				s.taken = slices.Grow(s.taken[:0], n)[:n]
				clear(s.taken)
			}
			owner, confidence = pt.owner, pt.confidence
			if !s.considerAll(p, a, s.occ[a]) {
				return
			}
		}
	}
}

// considerAll considers the occurrences of an atom for a pattern. One that has
// made a candidate of the same type with no less confidence needs no other: it
// would not be chosen, bundles count all patterns of a type or none, and tables
// are searched for it once. It reports false if the budget ended.
func (s *scan) considerAll(p, a int32, list []occurrence) bool {
	if s.e.pl.patterns[p].joins() {
		return s.considerJoined(p, a, list)
	}
	once := !s.whole && !s.e.plainly
	s.same = ruling{}
	for i, o := range list {
		bit := uint64(1) << (i & 63)
		if once && s.taken[i>>6]&bit != 0 {
			if !s.take(1) {
				return false
			}
			continue
		}
		n := len(s.cands)
		if !s.consider(p, o) {
			return false
		}
		if once && len(s.cands) > n {
			s.taken[i>>6] |= bit
		}
	}
	return true
}

// joinHits makes occurrences of the hits.
func (s *scan) joinHits() {
	if s.joined {
		return
	}
	s.joined = true
	for i := range s.hits {
		h := &s.hits[i]
		for _, l := range s.e.sets[s.e.terms[h.term].set].lists {
			for _, a := range s.e.byList[l] {
				at := &s.e.pl.atoms[a]
				if len(at.checks)+len(at.exclude) > 0 && !s.chk.passes(at, &s.v, h.occurrence) {
					continue
				}
				// Hits from one start come by rising end: the longest stays.
				if n := len(s.occ[a]); n > 0 && s.occ[a][n-1].start == h.start {
					s.occ[a][n-1] = h.occurrence
					s.longer[a] = max(s.longer[a], h.end-h.start)
					continue
				}
				s.add(a, h.occurrence)
			}
		}
	}
}

// considerJoined considers the occurrences of an atom for a pattern whose
// matches are joined by what stands beside them. Matches are sought from left to
// right, each behind the one before, whatever became of that.
func (s *scan) considerJoined(p, a int32, list []occurrence) bool {
	pt := &s.e.pl.patterns[p]
	behind := &s.behind[pt.slot+slices.Index(pt.primaries, int(a))]
	for _, o := range list {
		if o.start < *behind || !s.mine(o.start) || !s.e.plainly && !s.mayJoin(s.e.neighbours[p], o) {
			if !s.take(1) {
				return false
			}
			continue
		}
		from := len(s.arena)
		whole, ok, reason := s.stretch(pt, o, *behind)
		if ok {
			*behind = whole.end
		}
		ok = ok && reason == "" && (pt.near == nil || s.holds(pt.near, whole, pt.proximity))
		if !ok {
			s.arena = s.arena[:from]
		}
		if !s.propose(p, whole, evidence{int32(from), int32(len(s.arena) - from)}, ok) {
			return false
		}
	}
	return true
}

// consider makes a candidate of a primary match if its pattern holds. It
// reports false if the budget ended.
func (s *scan) consider(p int32, o occurrence) bool {
	if !s.mine(o.start) {
		return s.take(1)
	}
	pt := &s.e.pl.patterns[p]
	switch {
	case pt.near == nil:
		return s.propose(p, o, evidence{}, true)
	case !s.same.applies(o):
		s.judge(pt, o)
	}
	return s.propose(p, o, s.same.evidence, s.same.holds)
}

// propose makes a candidate of a match for which its pattern holds unless it is
// allowed. It reports false if the budget ended.
func (s *scan) propose(p int32, o occurrence, e evidence, holds bool) bool {
	if holds && s.e.pl.allow != nil {
		s.chk.norm = s.v.normal(s.chk.norm[:0], int(o.start), int(o.end))
		holds = !s.e.pl.allow(s.e.pl.types[s.e.pl.patterns[p].owner].id, string(s.chk.norm))
	}
	if holds {
		s.cands = append(s.cands, candidate{occurrence: o, span: s.v.span(o), pattern: p, evidence: e})
	}
	return s.take(stepsPerNear)
}
