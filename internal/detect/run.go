package detect

import "labelmilter/internal/detect/automaton"

// runLane runs the automata of a lane from its starts. It reports false if
// the budget ended.
func (s *scan) runLane(l *lane, starts []int32) bool {
	for g := range l.groups {
		if !s.runGroup(l, &l.groups[g], starts) {
			return false
		}
	}
	return true
}

// runGroup runs one automaton of a lane.
func (s *scan) runGroup(l *lane, t *tableGroup, starts []int32) bool {
	switch {
	case len(starts) == 0:
		return true
	case l.memo:
		return s.runMemo(l, t, starts)
	}
	worth, block, skip := s.all, int32(-1), false
	var a abreast
	n := 0
	for _, start := range starts {
		if l.needy && start/blockSize != block {
			block = start / blockSize
			worth = s.vicinityOf(l, int(start))
			skip = !meet(worth, l.any)
		}
		if skip || l.hope != nil && s.hopeless(l, start) {
			continue
		}
		a.starts[n], a.worth[n] = start, worth
		if n++; n == automaton.Abreast {
			if !s.runAbreast(t, a.starts[:], &a.worth) {
				return false
			}
			n = 0
		}
	}
	return n == 0 || s.runAbreast(t, a.starts[:n], &a.worth)
}

// hopeless reports whether no match of a lane from a start can stand, however
// long it is.
func (s *scan) hopeless(l *lane, start int32) bool {
	s.work.Left -= int64(l.longest) / 4
	return !s.e.plainly && !l.hope.hopes(&s.v, occurrence{start, min(start+int32(l.longest), int32(s.n))})
}

// abreast are starts that are run side by side, with the matchers worth trying.
type abreast struct {
	starts [automaton.Abreast]int32
	worth  [automaton.Abreast][]uint64
}

// runAbreast runs an automaton from some starts side by side and tries what it
// gives in the order of starts.
func (s *scan) runAbreast(t *tableGroup, starts []int32, worth *[automaton.Abreast][]uint64) bool {
	r := &s.runs
	t.RunAbreast(s.buf, starts, r)
	for k, start := range starts {
		if ends := r.Ends[k]; len(ends) > 0 {
			s.gen++
			for e := len(ends) - 1; e >= 0; e-- {
				s.try(t, ends[e], start, worth[k])
			}
		}
		if !s.take(r.Steps[k]) {
			return false
		}
	}
	return true
}

// meet reports whether two sets have a member in common.
func meet(a, b []uint64) bool {
	for i, w := range a {
		if w&b[i] != 0 {
			return true
		}
	}
	return false
}

// try gives the matchers that accept at an end the chance to take it; ends
// of one start come longest first.
func (s *scan) try(t *tableGroup, end automaton.End, start int32, worth []uint64) {
	for _, m := range t.ids[end.Set] {
		if worth[m>>6]>>(m&63)&1 != 0 && s.resolved[m] != s.gen {
			s.tryMatcher(m, start, end.Pos)
		}
	}
}

func (s *scan) tryMatcher(m, start, end int32) {
	mt := &s.e.pl.matchers[m]
	if mt.verify != nil || !mt.prog.Exact() || s.e.loose[m] {
		s.resolved[m] = s.gen
		s.simulate(m, start, end)
		return
	}
	s.end(m, start, end)
}

// end tests one end of a match with every atom of its matcher.
func (s *scan) end(m, start, end int32) {
	if s.tried[m] != s.gen {
		s.tried[m], s.tries[m] = s.gen, 0
	}
	s.tries[m]++
	left := s.tries[m] < MaxEnds
	open := false
	atoms := s.e.atomsOf[m]
	if s.supplying != nil {
		atoms = s.supplying.atoms
	}
	mt, o := &s.e.pl.matchers[m], occurrence{start, end}
	valid, invalid := int32(0), int32(0) // checks that were done last
	for _, a := range atoms {
		if s.found[a] == s.gen {
			continue
		}
		at := &s.e.pl.atoms[a]
		if len(at.checks)+len(at.exclude) > 0 {
			s.work.Left -= stepsPerTry + int64(o.end-o.start)/4
		}
		if len(at.hopeless) > 0 && mt.min != mt.max && !at.hopes(&s.v, o) {
			s.found[a] = s.gen // as if it were: shorter ends do not stand either
			continue
		}
		if at.checked != valid && at.checked != 0 {
			if at.checked == invalid || at.invalid(&s.v, o) != "" {
				invalid, open = at.checked, true
				continue
			}
			valid = at.checked
		}
		if len(at.exclude) > 0 && s.chk.excludes(at, &s.v, o) != "" {
			open = true
			continue
		}
		s.found[a] = s.gen
		s.add(a, o)
	}
	if !open || !left {
		s.resolved[m] = s.gen
	}
}

// add notes an occurrence of an atom.
func (s *scan) add(a int32, o occurrence) {
	if s.supplying != nil {
		s.near[a] = append(s.near[a], o)
		return
	}
	if len(s.occ[a]) == 0 {
		s.dirty = append(s.dirty, a)
	}
	s.occ[a] = append(s.occ[a], o)
	s.longer[a] = max(s.longer[a], o.end-o.start)
}

// simulate finds the ends of a matcher that automata only narrow down.
// longest is the longest end they saw, -1 if none ran; there is none beyond.
func (s *scan) simulate(m, start, longest int32) {
	mt := &s.e.pl.matchers[m]
	s.list = s.list[:0]
	if mt.verify != nil && mt.prog.Exact() && longest >= 0 && !s.e.loose[m] {
		s.list = append(s.list, longest)
	} else {
		bound := MaxMatch
		if longest >= 0 {
			bound = min(bound, int(longest-start))
		}
		steps := s.sim.Ends(mt.prog, &s.v.Text, int(start), bound, func(e int) bool {
			if e > int(start) {
				s.list = append(s.list, int32(e))
			}
			return true
		})
		s.work.Left -= int64(steps)
	}
	if mt.verify != nil && len(s.list) > 0 {
		s.work.Left -= lookSteps
		s.list = s.look.verified(mt, &s.v, int(start), s.list)
	}
	for k := len(s.list) - 1; k >= 0 && k >= len(s.list)-MaxEnds; k-- {
		s.end(m, start, s.list[k])
	}
}

// lookSteps is what one verification by the look-around engine costs.
const lookSteps = 512
