package detect

import (
	"cmp"
	"slices"
	"sort"

	"labelmilter/internal/sit"
)

// join makes candidates of the occurrences of primary elements.
func (s *scan) join() {
	for l, dict := range s.e.dict {
		if dict && s.listed[l>>6]>>(l&63)&1 != 0 {
			s.joinHits()
			break
		}
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
		a := s.dirty[k]
		for _, p := range s.e.byAtom[a] {
			for _, o := range s.occ[a] {
				if !s.consider(p, o) {
					return
				}
			}
		}
	}
}

// joinHits makes occurrences of the hits.
func (s *scan) joinHits() {
	if s.joined {
		return
	}
	s.joined = true
	for i := range s.hits {
		h := &s.hits[i]
		for _, l := range s.e.terms[h.term].lists {
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

// consider makes a candidate of a primary match if its pattern holds. It
// reports false if the budget ended.
func (s *scan) consider(p int32, o occurrence) bool {
	pt := &s.e.pl.patterns[p]
	from := len(s.arena)
	holds := pt.near == nil || s.holds(pt.near, o, pt.proximity)
	if holds && s.e.pl.allow != nil {
		s.chk.norm = s.v.normal(s.chk.norm[:0], int(o.start), int(o.end))
		holds = !s.e.pl.allow(s.e.pl.types[pt.owner].id, string(s.chk.norm))
	}
	if holds {
		s.cands = append(s.cands, candidate{o, p, int32(from), int32(len(s.arena) - from)})
	} else {
		s.arena = s.arena[:from]
	}
	return s.take(stepsPerNear)
}

// holds evaluates a tree around a match and notes what supported it.
func (s *scan) holds(n *need, o occurrence, proximity int) bool {
	s.work.Left -= stepsPerNear
	if n.atom >= 0 {
		if _, ok := s.nearest(n.atom, o, proximity, false); !ok {
			return false
		}
		s.arena = append(s.arena, n.evidence)
	}
	for _, k := range n.all {
		if !s.holds(k, o, proximity) {
			return false
		}
	}
	if len(n.any) > 0 {
		count := 0
		for _, k := range n.any {
			at := len(s.arena)
			if s.holds(k, o, proximity) {
				count++
			} else {
				s.arena = s.arena[:at]
			}
		}
		if count < n.min || n.max > 0 && count > n.max {
			return false
		}
	}
	for _, k := range n.none {
		at := len(s.arena)
		if s.holds(k, o, proximity) {
			return false
		}
		s.arena = s.arena[:at]
	}
	return true
}

// nearest looks for evidence of atom a that may support o: any, or with best
// the closest.
func (s *scan) nearest(a int, o occurrence, proximity int, best bool) (e occurrence, ok bool) {
	if l := s.e.pl.atoms[a].list; l >= 0 {
		if s.listed[l>>6]>>(l&63)&1 == 0 {
			return e, false
		}
		s.joinHits()
	}
	list := s.occ[a]
	i := 0
	if proximity != sit.Unlimited {
		from := int(o.start) - proximity - int(s.longer[a])
		i = sort.Search(len(list), func(k int) bool { return int(list[k].start) >= from })
	}
	for ; i < len(list); i++ {
		x := list[i]
		if proximity != sit.Unlimited && int(x.start) > int(o.end)+proximity {
			break
		}
		s.work.Left--
		if !s.e.pl.supports(a, x, o, proximity) || ok && x.gap(o) >= e.gap(o) {
			continue
		}
		e, ok = x, true
		if !best {
			break
		}
	}
	return e, ok
}
