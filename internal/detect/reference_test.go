package detect

import (
	"slices"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/extract"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
	"labelmilter/internal/sit"
)

// Reference finds types the straightforward way: every element at every
// place, every supporting element against every match. It is slow and easy to
// check, and it is what the engine is tested against.
type Reference struct{ pl *plan }

// NewReference compiles definitions like CompileWith.
func NewReference(types []sit.Type, keywords []sit.KeywordList, o Options) (*Reference, []CompileError) {
	pl, errs := newPlan(types, keywords, o)
	if pl == nil {
		return nil, errs
	}
	return &Reference{pl}, errs
}

// Detect runs all types over all texts.
func (r *Reference) Detect(texts []extract.Text, l budget.Limits) Output {
	var out Output
	c := collector{pl: r.pl}
	work := match.NewWork(l)
	for i, t := range texts {
		if t.Body == "" {
			continue
		}
		var s refScan
		s.pl, s.work = r.pl, work
		s.v.set(r.pl.table, t.Body)
		s.run()
		c.add(t, i, s.cands, s.arena, nil)
		if s.look.failed != nil {
			out.Skipped = append(out.Skipped, budget.Skip{Part: t.Part, Reason: budget.Time})
		}
		if work.Left == 0 {
			out.Skipped = append(out.Skipped, budget.Skip{Part: t.Part, Reason: budget.WorkBudget, Limit: l.Work})
			break
		}
	}
	out.Findings = c.findings()
	return out
}

type refScan struct {
	pl    *plan
	work  *match.Work
	v     view
	chk   checker
	sim   automaton.Sim
	occ   [][]occurrence // per atom
	cands []candidate
	arena []string
	look  looker
}

func (s *refScan) run() {
	ends := make([][][]int32, len(s.pl.matchers)) // per matcher and start
	for m := range s.pl.matchers {
		ends[m] = s.matches(&s.pl.matchers[m])
	}
	s.occ = make([][]occurrence, len(s.pl.atoms))
	for i := range s.pl.atoms {
		a := &s.pl.atoms[i]
		if a.matcher >= 0 {
			for start, e := range ends[a.matcher] {
				s.longest(i, a, int32(start), e)
			}
			continue
		}
		for start := range s.v.Shadow {
			s.longest(i, a, int32(start), s.wordsAt(&s.pl.lists[a.list], start))
		}
	}
	for p := range s.pl.patterns {
		for _, a := range s.pl.patterns[p].primaries {
			for _, o := range s.occ[a] {
				s.consider(p, o)
			}
		}
	}
}

// longest notes the longest match from a start that stands.
func (s *refScan) longest(id int, a *atom, start int32, ends []int32) {
	for k := len(ends) - 1; k >= 0 && k >= len(ends)-MaxEnds; k-- {
		if o := (occurrence{start, ends[k]}); s.chk.passes(a, &s.v, o) {
			s.occ[id] = append(s.occ[id], o)
			return
		}
	}
}

// matches gives the ends of all matches by start, rising.
func (s *refScan) matches(m *matcher) [][]int32 {
	out := make([][]int32, len(s.v.Shadow))
	for start := range s.v.Shadow {
		var ends []int32
		steps := s.sim.Ends(m.prog, &s.v.Text, start, MaxMatch, func(e int) bool {
			if e > start {
				ends = append(ends, int32(e))
			}
			return true
		})
		if !s.work.Take(int64(steps)) {
			return out
		}
		if m.verify != nil && len(ends) > 0 {
			ends = s.look.verified(m, &s.v, start, ends)
		}
		out[start] = ends
	}
	return out
}

// wordsAt gives the ends of all words of a list that begin at start, rising.
func (s *refScan) wordsAt(l *list, start int) (ends []int32) {
	if !l.strings && !match.Boundary(s.v.Shadow, start) {
		return nil
	}
	for _, w := range l.words {
		i := start
		for _, r := range w { // characters
			switch {
			case i < 0 || i >= len(s.v.Shadow):
				i = -1
			case r == ' ' && fold.Space(s.v.Shadow[i]):
				for n := 0; n < match.MaxSpaces && i < len(s.v.Shadow) && fold.Space(s.v.Shadow[i]); n++ {
					i++
				}
			case s.v.At(i) == r, !l.cased && match.Canonical(s.v.At(i)) == match.Canonical(r):
				i++
			default:
				i = -1
			}
		}
		if i > start && (l.strings || match.Boundary(s.v.Shadow, i)) {
			ends = append(ends, int32(i))
		}
	}
	slices.Sort(ends)
	return slices.Compact(ends)
}

// consider makes a candidate of a primary match if its pattern holds.
func (s *refScan) consider(p int, o occurrence) {
	pt := &s.pl.patterns[p]
	from := len(s.arena)
	if pt.near != nil && !s.holds(pt.near, o, pt.proximity) {
		s.arena = s.arena[:from]
		return
	}
	if s.pl.allow != nil && s.pl.allow(s.pl.types[pt.owner].id, string(s.v.normal(nil, int(o.start), int(o.end)))) {
		s.arena = s.arena[:from]
		return
	}
	s.cands = append(s.cands, candidate{occurrence: o, span: s.v.span(o), pattern: int32(p), evidence: int32(from), count: int32(len(s.arena) - from)})
}

// holds evaluates a tree around a match and notes what supported it.
func (s *refScan) holds(n *need, o occurrence, proximity int) bool {
	if n.atom >= 0 {
		found := false
		for _, e := range s.occ[n.atom] {
			found = found || s.pl.supports(n.atom, e, o, proximity)
		}
		if !found {
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
