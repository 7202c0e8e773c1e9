package detect

import (
	"math"
	"sort"

	"labelmilter/internal/sit"
)

// evidence is a part of the arena.
type evidence struct{ from, count int32 }

// ruling is what the tree of a pattern says of a match, and of those that
// follow as long as the same evidence supports them.
type ruling struct {
	occurrence // the match
	evidence
	holds bool
	// They begin and end at these places at most.
	start, end int32
}

// applies reports whether a ruling on a match before holds for another.
func (v *ruling) applies(o occurrence) bool {
	return o.start <= v.start && o.end <= v.end && o.start >= v.occurrence.start && o.end >= v.occurrence.end
}

// judge evaluates the tree of a pattern around a match.
func (s *scan) judge(pt *pattern, o occurrence) {
	from := len(s.arena)
	s.same = ruling{occurrence: o, start: math.MaxInt32, end: math.MaxInt32}
	if s.same.holds = s.holds(pt.near, o, pt.proximity); !s.same.holds {
		s.arena = s.arena[:from]
	}
	s.same.evidence = evidence{int32(from), int32(len(s.arena) - from)}
}

// supported notes how long evidence goes on to support what follows a match.
func (v *ruling) supported(o, e occurrence, proximity int) {
	switch {
	case e.start >= o.end:
		v.end = min(v.end, e.start)
	case e.end > o.start:
		v.start = -1
	case proximity != sit.Unlimited:
		v.start = min(v.start, e.end+int32(proximity))
	}
}

// holds evaluates a tree around a match and notes what supported it.
func (s *scan) holds(n *need, o occurrence, proximity int) bool {
	s.work.Left -= stepsPerNear
	if n.atom >= 0 {
		// What supported the last match often supports the next.
		last := &s.lastly[n.number]
		if !last.beside(o, proximity) {
			e, ok := s.nearest(n.atom, o, proximity, false)
			if !ok {
				s.same.end = min(s.same.end, s.without)
				return false
			}
			*last, s.supported = e, true
		}
		s.same.supported(o, *last, proximity)
		s.arena = append(s.arena, n.evidence)
	}
	if n.column > 0 {
		if !s.nearColumn(n.column, proximity) {
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

// nowhere is beside nothing.
var nowhere = occurrence{-1, math.MaxInt32}

// forgetLast drops the evidence of the last matches.
func (s *scan) forgetLast() {
	if !s.supported {
		return
	}
	s.supported = false
	for i := range s.lastly {
		s.lastly[i] = nowhere
	}
}

// beside reports whether two places do not overlap and are not farther from one
// another than so many characters.
func (o *occurrence) beside(p occurrence, proximity int) bool {
	most := uint32(min(uint(proximity), math.MaxInt32)) // sit.Unlimited is negative
	return uint32(p.start-o.end) <= most || uint32(o.start-p.end) <= most
}

// nearest looks for evidence of atom a that may support o: any, or with best
// the closest. If there is none, without is where matches behind o end at most
// that have none either.
func (s *scan) nearest(a int, o occurrence, proximity int, best bool) (e occurrence, ok bool) {
	at := &s.e.pl.atoms[a]
	k := s.e.support[a]
	s.without = math.MaxInt32
	switch l := at.list; {
	case k >= 0:
		s.without = s.supply(k, o, proximity)
	case l >= 0:
		if s.listed[l>>6]>>(l&63)&1 == 0 {
			return e, false
		}
		if len(at.checks)+len(at.exclude) == 0 && !s.joined && s.scanned < maxScanned {
			return s.nearestHit(a, o, proximity, best)
		}
		s.joinHits()
	}
	list, longer := s.occ[a], int(s.longer[a])
	if k >= 0 {
		list, longer = s.near[a], s.e.supports[k].reach
	}
	i := 0
	if proximity != sit.Unlimited {
		i = s.seek(a, list, int(o.start)-proximity-longer)
	}
	for ; i < len(list); i++ {
		x := list[i]
		if proximity != sit.Unlimited && int(x.start) > int(o.end)+proximity {
			s.without = min(s.without, x.start-int32(proximity)-1)
			break
		}
		s.work.Left--
		if !s.e.pl.supports(a, x, o, proximity) || ok && x.gap(o) >= e.gap(o) {
			if x.end > o.start { // it may support what follows
				s.without = -1
			}
			continue
		}
		e, ok = x, true
		if !best {
			break
		}
	}
	return e, ok
}

// seek gives the index of the first occurrence of an atom that begins at a
// place or behind it. Most questions come in order of place: it looks first
// around what it last gave.
func (s *scan) seek(a int, list []occurrence, start int) int {
	lo, hi := 0, len(list)
	i := min(int(s.sought[a]), hi)
	for range 8 {
		switch {
		case i < hi && int(list[i].start) < start:
			i++
			lo = i
		case i > lo && int(list[i-1].start) >= start:
			i--
			hi = i
		default:
			s.sought[a] = int32(i)
			return i
		}
	}
	i = lo + sort.Search(hi-lo, func(k int) bool { return int(list[lo+k].start) >= start })
	s.sought[a] = int32(i)
	return i
}

// maxScanned is how many hits are looked at one by one before joining them
// all is cheaper.
const maxScanned = 512

// nearestHit is nearest over the hits themselves, for few questions.
func (s *scan) nearestHit(a int, o occurrence, proximity int, best bool) (e occurrence, ok bool) {
	s.without = -1
	l := s.e.pl.atoms[a].list
	has := func(h *hit) bool { return s.e.sets[s.e.terms[h.term].set].in[l>>6]>>(l&63)&1 != 0 }
	i := 0
	if proximity != sit.Unlimited {
		from := int(o.start) - proximity - s.longHit
		i = sort.Search(len(s.hits), func(k int) bool { return int(s.hits[k].start) >= from })
	}
	for ; i < len(s.hits); i++ {
		h := &s.hits[i]
		if proximity != sit.Unlimited && int(h.start) > int(o.end)+proximity {
			break
		}
		s.scanned++
		s.work.Left--
		if !has(h) {
			continue
		}
		// Of hits of one list from one start the longest counts.
		for i+1 < len(s.hits) && s.hits[i+1].start == h.start {
			if i++; has(&s.hits[i]) {
				h = &s.hits[i]
			}
		}
		if !s.e.pl.supports(a, h.occurrence, o, proximity) || ok && h.gap(o) >= e.gap(o) {
			continue
		}
		e, ok = h.occurrence, true
		if !best {
			break
		}
	}
	return e, ok
}
