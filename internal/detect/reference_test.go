package detect

import (
	"slices"
	"strings"

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
type Reference struct {
	pl     *plan
	beside map[*exclusion]besides
}

// besides are the expressions of an exclusion for what touches a match, for
// the look-around engine.
type besides struct{ behind, ahead *match.Verifier }

// NewReference compiles definitions like CompileWith.
func NewReference(types []sit.Type, keywords []sit.KeywordList, o Options) (*Reference, []CompileError) {
	pl, errs := newPlan(types, keywords, o)
	if pl == nil {
		return nil, errs
	}
	return reference(pl), errs
}

// wordBoundary is \b with letters of all scripts that the tests use; the
// look-around engine takes those of ASCII.
const wordBoundary = `(?:(?<=[\wж])(?![\wж])|(?<![\wж])(?=[\wж]))`

func reference(pl *plan) *Reference {
	r := &Reference{pl, map[*exclusion]besides{}}
	verifier := func(b *beside, before, after string) *match.Verifier {
		if b == nil {
			return nil
		}
		expr := strings.ReplaceAll(foldExpr(b.expr, pl.table), `\b`, wordBoundary)
		p, err := match.Parse(before+expr+after, match.Options{})
		if err != nil {
			panic(err)
		}
		v, err := p.Verifier()
		if err != nil {
			panic(err)
		}
		return v
	}
	add := func(x *exclusion) {
		r.beside[x] = besides{verifier(x.preceded, `(?<=`, `)(?s:.)`), verifier(x.followed, `(?s:.)(?=`, `)`)}
	}
	for i := range pl.atoms {
		for _, x := range pl.atoms[i].exclude {
			add(x)
		}
	}
	for i := range pl.patterns {
		if x := pl.patterns[i].exclude; x != nil {
			add(x)
		}
	}
	return r
}

// Detect runs all types over all texts.
func (r *Reference) Detect(texts []extract.Text, l budget.Limits) Output {
	var out Output
	c := collector{pl: r.pl}
	work := match.NewWork(l)
	for i := range texts {
		t := &texts[i]
		if t.Body == "" {
			continue
		}
		var s refScan
		s.pl, s.work, s.beside = r.pl, work, r.beside
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
	arena []int32
	look  looker

	beside map[*exclusion]besides
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
			behind := 0
			for _, o := range s.occ[a] {
				behind = s.consider(p, o, behind)
			}
		}
	}
}

// longest notes the longest match from a start that stands.
func (s *refScan) longest(id int, a *atom, start int32, ends []int32) {
	for k := len(ends) - 1; k >= 0 && k >= len(ends)-MaxEnds; k-- {
		if o := (occurrence{start, ends[k]}); s.stands(a, o) {
			s.occ[id] = append(s.occ[id], o)
			return
		}
	}
}

// stands tests a match against validators and exclusions.
func (s *refScan) stands(a *atom, o occurrence) bool {
	for _, x := range a.exclude {
		if s.excluded(x, int(o.start), int(o.end)) {
			return false
		}
	}
	checks := *a
	checks.exclude = nil
	return s.chk.passes(&checks, &s.v, o)
}

// excluded asks the look-around engine about what touches a match.
func (s *refScan) excluded(x *exclusion, start, end int) bool {
	b := s.beside[x]
	if b.behind != nil && s.touched(b.behind, start) || b.ahead != nil && s.touched(b.ahead, end-1) {
		return true
	}
	y := *x
	y.preceded, y.followed = nil, nil
	return s.chk.excluded(&y, &s.v, start, end) != ""
}

// touched reports whether an expression of one character holds at a place.
func (s *refScan) touched(v *match.Verifier, at int) bool {
	end, err := v.At(s.v.Runes(nil), at)
	if err != nil {
		panic(err)
	}
	return end == at+1
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

// consider makes a candidate of a primary match if its pattern holds. Behind is
// where the last one of the pattern ended that something joined.
func (s *refScan) consider(p int, o occurrence, behind int) int {
	pt := &s.pl.patterns[p]
	from := len(s.arena)
	if len(pt.before)+len(pt.after) > 0 {
		if int(o.start) < behind {
			return behind
		}
		left, ok := s.farthest(pt.before, o, true, behind)
		right, also := s.farthest(pt.after, o, false, 0)
		if !ok || !also {
			return behind
		}
		behind = right
		if pt.exclude != nil && s.excluded(pt.exclude, left, right) {
			return behind
		}
		s.name(pt.before, left, int(o.start))
		s.name(pt.after, int(o.end), right)
		o = occurrence{int32(left), int32(right)}
	}
	if pt.near != nil && !s.holds(pt.near, o, pt.proximity) {
		s.arena = s.arena[:from]
		return behind
	}
	if s.pl.allow != nil && s.pl.allow(s.pl.types[pt.owner].id, string(s.v.normal(nil, int(o.start), int(o.end)))) {
		s.arena = s.arena[:from]
		return behind
	}
	s.cands = append(s.cands, candidate{occurrence: o, span: s.v.span(o), pattern: int32(p), evidence: evidence{int32(from), int32(len(s.arena) - from)}})
	return behind
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

// farthest gives the farthest place that the steps of one side come to, none
// of them before least.
func (s *refScan) farthest(steps []step, o occurrence, before bool, least int) (int, bool) {
	edge := int(o.end)
	if before {
		edge = int(o.start)
	}
	reached := []int{edge}
	for _, t := range steps {
		var next []int
		if t.min == 0 {
			next = append(next, reached...)
		}
		for n := 1; n <= t.max; n++ {
			var more []int
			for _, p := range reached {
				more = append(more, s.oneMore(t, p, edge, before)...)
			}
			slices.Sort(more)
			if reached = slices.Compact(more); n >= t.min {
				next = append(next, reached...)
			}
		}
		reached = slices.DeleteFunc(next, func(p int) bool { return p < least })
	}
	switch {
	case len(reached) == 0:
		return 0, false
	case before:
		return slices.Min(reached), true
	}
	return slices.Max(reached), true
}

// oneMore gives the places that one more occurrence of a step comes to.
func (s *refScan) oneMore(t step, place, edge int, before bool) (out []int) {
	for _, a := range t.atoms {
		for _, x := range s.occ[a] {
			near, far := int(x.start), int(x.end)
			if before {
				near, far = far, near
			}
			if far-edge > 255 || edge-far > 255 {
				continue
			}
			for _, w := range t.between {
				if !before && s.between(w, place, near, false) || before && s.between(w, near, place, true) {
					out = append(out, far)
					break
				}
			}
		}
	}
	return out
}

// between reports whether exactly a text of a step stands from one place to
// another. White space counts as far as it goes, away from the match.
func (s *refScan) between(w []rune, from, to int, before bool) bool {
	space := func(i int) bool { return i >= 0 && i < len(s.v.Shadow) && fold.Space(s.v.Shadow[i]) }
	end := func(i int) bool { return space(i) && (s.v.Shadow[i] == '\n' || s.v.Shadow[i] == '\r') }
	switch {
	case from > to:
		return false
	case len(w) == 0:
		return from == to
	case w[0] != ' ' && w[0] != '\n':
		return from < to && match.Canonical(s.v.At(from)) == w[0] && s.between(w[1:], from+1, to, before)
	}
	for n := 1; n <= match.MaxSpaces && from+n <= to && space(from+n-1); n++ {
		breaks := 0
		for i := from; i < from+n; i++ {
			if end(i) && !(i > from && s.v.Shadow[i] == '\n' && s.v.Shadow[i-1] == '\r') {
				breaks++
			}
		}
		beyond := from + n
		if before {
			beyond = from - 1
		}
		goesOn := space(beyond) && (w[0] == '\n' || !end(beyond))
		if n < match.MaxSpaces && goesOn || w[0] == ' ' && breaks > 0 || w[0] == '\n' && breaks != 1 {
			continue
		}
		if s.between(w[1:], from+n, to, before) {
			return true
		}
	}
	return false
}

// name notes the evidence that stands within what joined a match.
func (s *refScan) name(steps []step, from, to int) {
	for _, t := range steps {
		for k, a := range t.atoms {
			if slices.ContainsFunc(s.occ[a], func(x occurrence) bool { return int(x.start) >= from && int(x.end) <= to }) {
				s.arena = append(s.arena, t.evidence[k])
			}
		}
	}
}
