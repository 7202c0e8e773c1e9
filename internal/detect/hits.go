package detect

import (
	"cmp"
	"encoding/binary"
	"slices"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/detect/bitmap"
	"labelmilter/internal/match"
)

// findInside finds the terms that begin inside words or with a sign. It
// reports false if the budget ended.
func (s *scan) findInside() bool {
	x := s.e.index
	from := func(root int32, i int32) bool {
		var steps int
		s.hits, steps = s.e.walk(s.buf, s.n, int(i), int(i), match.At(root), s.hits)
		return s.take(steps)
	}
	if x.signs >= 0 {
		for _, c := range x.first {
			for _, i := range s.signs[s.e.signs[c]] {
				if !from(x.signs, i) {
					return false
				}
			}
		}
	}
	if x.inside < 0 {
		return true
	}
	for w := range len(s.maps) - 1 {
		a := s.maps[w].Alnum
		s.maybe = s.maybe[:0]
		if x.middle != nil {
			s.maybe = x.middle.scan(s.buf, w, a, s.maybe)
		} else if a != 0 {
			s.maybe = appendPlaces(w, a, s.maybe)
		}
		for _, i := range s.maybe {
			if !from(x.inside, i) {
				return false
			}
		}
	}
	return true
}

// lookUp keeps of the words that a term may begin with those that one does
// begin with, with the roots of what follows, and gives the lanes that start
// at a word their starts. All are written and kept by counting: no branch to
// mispredict.
func (s *scan) lookUp() {
	x, buf, heads, n, nl := s.e.index, s.buf, s.words.Heads, 0, uint64(0)
	room := len(heads) + 1
	s.roots, s.list, s.leads = slices.Grow(s.roots[:0], room), slices.Grow(s.list[:0], room), slices.Grow(s.leads[:0], room)
	roots, leads := s.roots[:room], s.leads[:room]
	x.slotsOf(buf, heads, roots, s.list[:room])
	for w, h := range heads {
		k, i := roots[w], int(h.At)
		sl := &x.slots[k]
		leads[nl] = lead{h, k}
		nl += (uint64(sl.lead) + 0xff) >> 8
		heads[n], roots[n] = h, sl.node
		// A free slot has the node -1.
		n += int(sl.goesOn(buf, i, i+int(h.N)) &^ (uint64(sl.node) >> 63))
	}
	s.words.Heads, s.roots = heads[:n], roots[:n]
	if s.e.plainly {
		return
	}
	for _, h := range leads[:nl] {
		s.leadFrom(&s.e.leadSets[x.leadsOf(uint64(h.slot))], h.Word)
	}
}

// lead is a word at which lanes start.
type lead struct {
	bitmap.Word
	slot int32
}

// leadFrom notes a word as the start of lanes.
func (s *scan) leadFrom(l *leadSet, h bitmap.Word) {
	c := binary.LittleEndian.Uint16(s.buf[h.At+h.N:])
	if !l.pairs.Has(automaton.KindPair(uint8(c), uint8(c>>8))) || !l.next.Has(uint8(c)) || !l.second.Has(uint8(c>>8)) {
		return
	}
	for _, k := range l.lanes {
		s.start(k, h.At)
	}
}

// findHits finds all terms. It reports false if the budget ended.
func (s *scan) findHits() bool {
	e := s.e
	if !s.take(len(s.words.Heads)) {
		return false
	}
	s.lookUp()
	for w, h := range s.words.Heads {
		var steps int
		s.hits, steps = e.walk(s.buf, s.n, int(h.At), int(h.At)+min(int(h.N), 8), match.At(s.roots[w]), s.hits)
		if !s.take(steps) {
			return false
		}
	}
	begins := len(s.hits)
	if !s.findInside() {
		return false
	}
	s.mergeHits(begins)
	if s.v.Wide {
		for _, w := range e.wide {
			from := len(s.hits)
			ok := w.Each(&s.v.Text, &s.work, func(start, end, word int) bool {
				s.hits = append(s.hits, hit{occurrence{int32(start), int32(end)}, w.terms[word]})
				return true
			})
			if !ok {
				return false
			}
			s.mergeHits(from)
		}
	}
	return s.take(len(s.hits))
}

// mergeHits brings the hits from an index on, which were found by themselves,
// to their places among those before.
func (s *scan) mergeHits(from int) {
	more := s.hits[from:]
	if len(more) == 0 {
		return
	}
	if !slices.IsSortedFunc(more, hit.compare) {
		slices.SortFunc(more, hit.compare)
	}
	s.late = append(s.late[:0], more...)
	i := from - 1
	for k, to := len(s.late)-1, len(s.hits)-1; k >= 0; to-- {
		if i >= 0 && s.hits[i].compare(s.late[k]) > 0 {
			s.hits[to] = s.hits[i]
			i--
		} else {
			s.hits[to] = s.late[k]
			k--
		}
	}
}

func (h hit) compare(o hit) int {
	if h.start != o.start { // mostly
		return cmp.Compare(h.start, o.start)
	}
	return cmp.Or(cmp.Compare(h.end, o.end), cmp.Compare(h.term, o.term))
}
