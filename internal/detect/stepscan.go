package detect

import (
	"math/bits"
	"slices"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
)

// lineBreak reports whether a character ends a line.
func lineBreak(b byte) bool { return b == '\n' || b == '\r' }

// across gives the place behind a text that may stand between, if that is
// what stands at i; with dir -1 the place before it, if it stands before i.
func (v *view) across(word []rune, i, dir int) (int, bool) {
	n := len(v.Shadow)
	at := func(i int) int { // index of the next character
		if dir < 0 {
			i--
		}
		if i < 0 || i >= n {
			return -1
		}
		return i
	}
	for k := range word {
		r := word[k]
		if dir < 0 {
			r = word[len(word)-1-k]
		}
		if r != ' ' && r != '\n' {
			c := at(i)
			if c < 0 || !v.is(c, r) {
				return 0, false
			}
			i += dir
			continue
		}
		breaks, spaces, last := 0, 0, byte(0)
		for ; spaces < match.MaxSpaces; spaces++ {
			c := at(i)
			if c < 0 || !fold.Space(v.Shadow[c]) || r == ' ' && lineBreak(v.Shadow[c]) {
				break
			}
			b := v.Shadow[c]
			if lineBreak(b) && (breaks == 0 || !pair(last, b, dir)) {
				breaks++
			}
			last = b
			i += dir
		}
		if spaces == 0 || r == '\n' && breaks != 1 {
			return 0, false
		}
	}
	return i, true
}

// is reports whether a character is one that is canonical.
func (v *view) is(i int, r rune) bool {
	if b := v.Shadow[i]; b < fold.Letter {
		return rune(fold.Lower(b)) == r
	}
	return match.Canonical(v.At(i)) == r
}

// pair reports whether two characters, in the order they were met in, are one
// line break.
func pair(a, b byte, dir int) bool {
	if dir < 0 {
		a, b = b, a
	}
	return a == '\r' && b == '\n'
}

// places is a set of distances from a primary element on one side.
type places [maxJoined/64 + 1]uint64

// add adds a distance unless it is too great.
func (p *places) add(d int) {
	if d <= maxJoined {
		p[d>>6] |= 1 << (d & 63)
	}
}

// clip drops greater distances.
func (p *places) clip(most int) {
	for w := range p {
		switch bits := most - w<<6; {
		case bits < 0:
			p[w] = 0
		case bits < 63:
			p[w] &= 1<<(bits+1) - 1
		}
	}
}

func (p *places) farthest() int {
	for w := len(p) - 1; w >= 0; w-- {
		if p[w] != 0 {
			return w<<6 + bits.Len64(p[w]) - 1
		}
	}
	return -1
}

// stretch gives a match with all that joins it behind a place, and notes what
// did. ok is false if a step that is needed is missing; reason is the exclusion
// that takes the whole out.
func (s *scan) stretch(p *pattern, o occurrence, behind int32) (whole occurrence, ok bool, reason string) {
	var left, right, missing int
	for _, dir := range p.sides {
		if dir > 0 {
			right, missing = s.side(p.after, o, 1, behind)
		} else {
			left, missing = s.side(p.before, o, -1, behind)
		}
		if missing >= 0 {
			return o, false, ""
		}
	}
	whole = occurrence{o.start - int32(left), o.end + int32(right)}
	if p.exclude != nil {
		if reason = s.chk.excluded(p.exclude, &s.v, int(whole.start), int(whole.end)); reason != "" {
			return whole, true, reason
		}
	}
	for _, side := range [...]struct {
		steps []step
		occurrence
	}{{p.before, occurrence{whole.start, o.start}}, {p.after, occurrence{o.end, whole.end}}} {
		for i := range side.steps {
			t := &side.steps[i]
			for k, a := range t.atoms {
				if s.within(a, side.occurrence) {
					s.arena = append(s.arena, t.evidence[k])
				}
			}
		}
	}
	return whole, true, ""
}

// side gives how far the steps of one side come from a primary element without
// going before a place, and the step that is missing, -1 if none is.
func (s *scan) side(steps []step, o occurrence, dir int, behind int32) (far, missing int) {
	most := maxJoined
	if dir < 0 {
		most = min(most, int(o.start-behind))
	}
	reached := places{1}
	for i := range steps {
		t := &steps[i]
		last := reached
		if t.min > 0 {
			reached = places{}
		}
		for n := 1; n <= t.max && last != (places{}); n++ {
			last = s.further(t, o, last, dir)
			if n < t.min {
				continue
			}
			for w := range reached {
				reached[w] |= last[w]
			}
		}
		if most < maxJoined {
			reached.clip(most)
		}
		d := reached.farthest()
		if d < 0 {
			return far, i
		}
		far = d
	}
	return far, -1
}

// further gives the places that one more occurrence of a step comes to.
func (s *scan) further(t *step, o occurrence, from places, dir int) (to places) {
	base := int(o.end)
	if dir < 0 {
		base = int(o.start)
	}
	for w := range from {
		for v := from[w]; v != 0; v &= v - 1 {
			i := base + dir*(w<<6|bits.TrailingZeros64(v))
			s.work.Left -= stepsPerNear
			c := s.touching(i, dir)
			if blank(c) {
				at := s.beyondBlank(i, dir)
				if t.blank {
					s.joining(t, base, at, dir, &to)
				}
				s.beyond(t, t.spaced.at(s.touching(at, dir)), base, at, dir, &to)
			}
			s.beyond(t, t.others.at(c), base, i, dir, &to)
		}
	}
	return to
}

// neighbours tell what characters can stand beside a primary element, on the side
// that is looked at first, where its first step is needed.
type neighbours struct {
	dir    int
	next   automaton.Set // to it
	beyond automaton.Set // the blank beside it
}

// neighboursOf finds that for a pattern, nil if its first step may be missing.
func (e *Engine) neighboursOf(p *pattern) *neighbours {
	b, steps := neighbours{dir: p.sides[0]}, p.after
	if b.dir < 0 {
		steps = p.before
	}
	if len(steps) == 0 || steps[0].min == 0 {
		return nil
	}
	t := &steps[0]
	for c := range 256 {
		lower, begins := fold.Lower(byte(c)), false
		for _, a := range t.atoms {
			begins = begins || b.dir > 0 && e.begins[a].first.Has(byte(c)) || b.dir < 0 && e.ends[a].first.Has(byte(c))
		}
		for _, w := range t.others.at(byte(c)) {
			if len(w) > 0 && mayBegin(w, lower, b.dir) || len(w) == 0 && begins {
				b.next.Add(byte(c))
			}
		}
		if t.blank && begins || len(t.spaced.at(byte(c))) > 0 {
			b.beyond.Add(byte(c))
		}
	}
	return &b
}

// mayJoin reports whether what stands beside a primary element can join it.
func (s *scan) mayJoin(b *neighbours, o occurrence) bool {
	if b == nil {
		return true
	}
	i := int(o.end)
	if b.dir < 0 {
		i = int(o.start)
	}
	c := s.touching(i, b.dir)
	return b.next.Has(c) || blank(c) && b.beyond.Has(s.touching(s.beyondBlank(i, b.dir), b.dir))
}

// touching gives the shadow byte that comes next from a place.
func (s *scan) touching(i, dir int) byte {
	switch {
	case dir > 0:
		return s.buf[i]
	case i > 0:
		return s.buf[i-1]
	}
	return automaton.EOT
}

// blank reports whether a character is one of what a blank stands for.
func blank(c byte) bool { return fold.Space(c) && !lineBreak(c) }

// beyondBlank gives the place beyond a blank.
func (s *scan) beyondBlank(i, dir int) int {
	for n := 0; n < match.MaxSpaces && blank(s.touching(i, dir)); n++ {
		i += dir
	}
	return i
}

// beyond adds the places beyond texts that may stand between.
func (s *scan) beyond(t *step, between [][]rune, base, i, dir int, to *places) {
	s.work.Left -= int64(len(between))
	for _, b := range between {
		if n := len(b); n > 1 {
			first, second := b[0], b[1]
			if dir < 0 {
				first, second = b[n-1], b[n-2]
			}
			if first != ' ' && first != '\n' && second != ' ' && second != '\n' && !s.mayBe(s.touching(i+dir, dir), second) {
				continue
			}
		}
		if at, ok := s.v.across(b, i, dir); ok {
			s.joining(t, base, at, dir, to)
		}
	}
}

// mayBe reports whether a shadow byte may stand for a character that is
// canonical.
func (s *scan) mayBe(c byte, r rune) bool { return c >= fold.Letter || rune(fold.Lower(c)) == r }

// joining adds the far ends of the occurrences of a step that begin, or with
// dir -1 end, at a place.
func (s *scan) joining(t *step, base, at, dir int, to *places) {
	for _, a := range t.atoms {
		switch {
		case dir > 0 && at < s.n && s.e.begins[a].may(s.buf[at], s.buf[at+1]):
			s.onward(a, int32(at), base, to)
		case dir < 0 && at > 0 && s.e.ends[a].may(s.buf[at-1], s.touching(at-1, -1)):
			s.back(a, int32(at), base, to)
		}
	}
}

// buildEdges finds what occurrences of the atoms that join a match can begin
// and end with.
func (e *Engine) buildEdges(progs []laneProg) {
	e.begins, e.ends = make([]edge, len(e.pl.atoms)), make([]edge, len(e.pl.atoms))
	for i := range e.pl.patterns {
		e.pl.patterns[i].eachJoined(func(a int) {
			if e.begins[a] != (edge{}) {
				return
			}
			if l := e.pl.atoms[a].list; l >= 0 {
				for _, w := range e.pl.lists[l].words {
					r := []rune(w)
					e.begins[a].add(r)
					slices.Reverse(r)
					e.ends[a].add(r)
				}
				return
			}
			p := &progs[e.pl.atoms[a].matcher]
			e.begins[a], e.ends[a] = edgeOf(p.table), edgeOf(nil)
			if p.table != nil && p.prog.Exact() {
				e.ends[a] = edgeOf(automaton.Build([]*automaton.Prog{p.prog.Reversed()}, backStates))
			}
		})
	}
	e.neighbours = make([]*neighbours, len(e.pl.patterns))
	for i := range e.pl.patterns {
		if p := &e.pl.patterns[i]; p.joins() {
			e.neighbours[i] = e.neighboursOf(p)
		}
	}
}

// everything is the set of all bytes.
func everything() (set automaton.Set) {
	for c := range 256 {
		set.Add(byte(c))
	}
	return set
}

// edge tells what the occurrences of an atom can begin with, or end with seen
// from behind: the first character, and the next, which may stand beyond.
type edge struct{ first, second automaton.Set }

func (e *edge) may(first, second byte) bool { return e.first.Has(first) && e.second.Has(second) }

// edgeOf gives that of an automaton, everything if there is none.
func edgeOf(t *automaton.Table) (e edge) {
	if t == nil {
		return edge{everything(), everything()}
	}
	e.first, e.second = t.Seconds()
	return e
}

// add adds a folded text.
func (e *edge) add(word []rune) {
	addRune(&e.first, word[0])
	if len(word) == 1 {
		e.second = everything()
		return
	}
	addRune(&e.second, word[1])
}

// addRune adds the bytes of a shadow that may stand for a character of a folded
// text, in either case.
func addRune(set *automaton.Set, r rune) {
	switch {
	case r >= fold.Letter:
		for c := int(fold.Letter); c < 256; c++ {
			set.Add(byte(c))
		}
	case r == ' ':
		for _, c := range []byte(" \t\n\v\f\r") {
			set.Add(c)
		}
	default:
		c := byte(r)
		set.Add(c)
		set.Add(fold.Lower(c))
		if c >= 'a' && c <= 'z' {
			set.Add(c - 'a' + 'A')
		}
	}
}

// onward adds the end of the occurrence of an atom that begins at a place, if
// there is one.
func (s *scan) onward(a int, at int32, base int, to *places) {
	list, _ := s.beside(a, occurrence{at, at})
	if i := s.seek(a, list, int(at)); i < len(list) && list[i].start == at {
		to.add(int(list[i].end) - base)
	}
}

// back adds the begins of the occurrences of an atom that end at a place.
func (s *scan) back(a int, at int32, base int, to *places) {
	list, longest := s.beside(a, occurrence{at, at})
	for i := s.seek(a, list, int(at)-min(longest, maxJoined)); i < len(list) && list[i].start < at; i++ {
		s.work.Left--
		if list[i].end == at {
			to.add(base - int(list[i].start))
		}
	}
}

// within reports whether an atom occurs within a place.
func (s *scan) within(a int, place occurrence) bool {
	if place.start == place.end {
		return false
	}
	list, _ := s.beside(a, place)
	for i := s.seek(a, list, int(place.start)); i < len(list) && list[i].start < place.end; i++ {
		s.work.Left--
		if list[i].end <= place.end {
			return true
		}
	}
	return false
}

// beside gives the occurrences of an atom, at least those that begin within a
// place or reach it, by rising start, and the length of the longest.
func (s *scan) beside(a int, place occurrence) (list []occurrence, longest int) {
	if k := s.e.support[a]; k >= 0 {
		s.supply(k, place, 0)
		return s.near[a], s.e.supports[k].reach
	}
	if l := s.e.pl.atoms[a].list; l >= 0 {
		if s.listed[l>>6]>>(l&63)&1 == 0 {
			return nil, 0
		}
		s.joinHits()
	}
	return s.occ[a], int(s.longer[a])
}
