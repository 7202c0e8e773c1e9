package detect

import (
	"encoding/binary"
	"fmt"
	"math/bits"
	"slices"
	"strconv"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
	"labelmilter/internal/sit"
)

// A primary element can be part of a match: what stands beside it joins it, in
// steps from the inside out. On either side the match ends at the farthest
// place that the steps can come to.

// Bounds of steps.
const (
	// maxJoined is how far a match may go beyond its primary element, in
	// characters, on either side: less than a set of places holds.
	maxJoined  = 255
	maxSteps   = 8   // on one side
	maxTimes   = 8   // of one step
	maxBetween = 400 // texts that may stand between
	maxLink    = 64  // characters of one
)

// step is a compiled sit.Step.
type step struct {
	atoms    []int
	evidence []string // of each atom
	min, max int
	between  [][]rune // canonical
	// The same as seen along a side.
	blank  bool  // one blank
	spaced links // behind a blank, without it: what begins with a sign or letter
	others links
}

// sort sorts the texts between as seen in a direction.
func (t *step) sort(dir int) {
	var spaced, others [][]rune
	for _, b := range t.between {
		n := len(b)
		first, second := 0, 1
		if dir < 0 {
			first, second = n-1, n-2
		}
		switch {
		case n == 0 || b[first] != ' ':
			others = append(others, b)
		case n == 1:
			t.blank = true
		case b[second] == ' ' || b[second] == '\n':
			others = append(others, b)
		case dir < 0:
			spaced = append(spaced, b[:n-1])
		default:
			spaced = append(spaced, b[1:])
		}
	}
	t.spaced, t.others = newLinks(spaced, dir), newLinks(others, dir)
}

// links are texts that may stand between, by the character that they begin
// with as seen in a direction.
type links struct {
	class [256]uint8 // of lower-case shadow bytes
	words [][][]rune
}

func newLinks(words [][]rune, dir int) (l links) {
	known := map[string]int{}
	for c := range 256 {
		var key []byte
		var list [][]rune
		for k, w := range words {
			if mayBegin(w, byte(c), dir) {
				key, list = binary.LittleEndian.AppendUint32(key, uint32(k)), append(list, w)
			}
		}
		n, ok := known[string(key)]
		if !ok {
			n = len(l.words)
			known[string(key)] = n
			l.words = append(l.words, list)
		}
		l.class[c] = uint8(n)
	}
	return l
}

// mayBegin reports whether a text may stand where a character does.
func mayBegin(word []rune, c byte, dir int) bool {
	if len(word) == 0 {
		return true
	}
	r := word[0]
	if dir < 0 {
		r = word[len(word)-1]
	}
	switch {
	case r == ' ' || r == '\n':
		return fold.Space(c)
	case r >= fold.Letter:
		return c >= fold.Letter
	}
	return c == byte(r)
}

// at gives those that may begin with a shadow byte.
func (l *links) at(c byte) [][]rune { return l.words[l.class[fold.Lower(c)]] }

// joins reports whether anything can join a primary element.
func (p *pattern) joins() bool { return len(p.before)+len(p.after) > 0 }

// reach is how far from a primary element its supporting elements can stand.
func (p *pattern) reach() int {
	if p.proximity != sit.Unlimited && p.joins() {
		return p.proximity + maxJoined
	}
	return p.proximity
}

// eachJoined calls f with every atom of the steps.
func (p *pattern) eachJoined(f func(atom int)) {
	for _, side := range [...][]step{p.before, p.after} {
		for i := range side {
			for _, a := range side[i].atoms {
				f(a)
			}
		}
	}
}

// primary compiles what a pattern finds: its primary element and what joins
// it. common is the exclusion of the type.
func (c *compiler) primary(s *sit.Pattern, p *pattern, common *exclusion) {
	p.before, p.after = c.steps(s.Before, "before"), c.steps(s.After, "after")
	for i := range p.before {
		p.before[i].sort(-1)
	}
	for i := range p.after {
		p.after[i].sort(1)
	}
	if p.joins() {
		p.exclude, common = common, nil
	}
	p.primaries = c.element(&s.Match, "match", common)
}

func (c *compiler) steps(in []sit.Step, field string) (out []step) {
	if len(in) > maxSteps {
		c.fail(field, strconv.Itoa(len(in)), "too many steps", "use at most "+strconv.Itoa(maxSteps))
		return nil
	}
	for i := range in {
		out = append(out, c.step(&in[i], fmt.Sprintf("%s[%d]", field, i)))
	}
	return out
}

func (c *compiler) step(s *sit.Step, field string) step {
	t := step{min: s.Min, max: s.Max}
	if t.max == 0 {
		t.max = max(t.min, 1)
	}
	switch {
	case t.min < 0 || t.max < t.min:
		c.fail(field+".max", strconv.Itoa(t.max), "less than min", "at least "+strconv.Itoa(t.min))
	case t.max > maxTimes:
		c.fail(field+".max", strconv.Itoa(t.max), "too many", "at most "+strconv.Itoa(maxTimes))
	}
	t.atoms = c.element(&s.Element, field, nil)
	t.evidence = c.labels(&s.Element, field, len(t.atoms))
	between := s.Between
	if between == nil {
		between = []string{" "}
	}
	for k, b := range between {
		t.between = append(t.between, c.link(b, field+".between["+strconv.Itoa(k)+"]"))
	}
	for k, id := range s.Links {
		f := field + ".links[" + strconv.Itoa(k) + "]"
		l := c.keywords[id]
		if l == nil {
			c.fail(f, id, "no such keyword list", c.nearest(id, c.listIDs()))
			continue
		}
		for _, w := range l.Words {
			t.between = append(t.between, c.link(" "+w+" ", f))
		}
	}
	if len(t.between) > maxBetween {
		c.fail(field+".links", "", "too many texts between", "use at most "+strconv.Itoa(maxBetween))
	}
	return t
}

// link folds a text that may stand between.
func (c *compiler) link(s, field string) []rune {
	var x fold.Text
	c.table.Fold(&x, s)
	if len(x.Shadow) > maxLink {
		c.fail(field, s, "too long to stand between", "use at most "+strconv.Itoa(maxLink)+" characters")
	}
	out := make([]rune, len(x.Shadow))
	for i := range out {
		if out[i] = match.Canonical(x.At(i)); out[i] == '\t' {
			out[i] = ' '
		}
	}
	return out
}

// labels names the atoms of an element as evidence.
func (c *compiler) labels(e *sit.Element, field string, atoms int) []string {
	if len(e.Keywords) == atoms {
		return e.Keywords
	}
	return slices.Repeat([]string{fmt.Sprintf("patterns[%d].%s", c.pattern, field)}, atoms)
}

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

func (p *places) farthest() int {
	for w := len(p) - 1; w >= 0; w-- {
		if p[w] != 0 {
			return w<<6 + bits.Len64(p[w]) - 1
		}
	}
	return -1
}

// stretch gives a match with all that joins it, and notes what did. ok is false
// if a step that is needed is missing.
func (s *scan) stretch(p *pattern, o occurrence) (whole occurrence, ok bool) {
	right, missing := s.side(p.after, o, 1)
	if missing >= 0 {
		return o, false
	}
	left, missing := s.side(p.before, o, -1)
	if missing >= 0 {
		return o, false
	}
	whole = occurrence{o.start - int32(left), o.end + int32(right)}
	if p.exclude != nil && s.chk.excluded(p.exclude, &s.v, int(whole.start), int(whole.end)) != "" {
		return whole, false
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
	return whole, true
}

// side gives how far the steps of one side come from a primary element, and
// the step that is missing, -1 if none is.
func (s *scan) side(steps []step, o occurrence, dir int) (far, missing int) {
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
		if at, ok := s.v.across(b, i, dir); ok {
			s.joining(t, base, at, dir, to)
		}
	}
}

// joining adds the far ends of the occurrences of a step that begin, or with
// dir -1 end, at a place.
func (s *scan) joining(t *step, base, at, dir int, to *places) {
	for _, a := range t.atoms {
		switch {
		case dir > 0 && at < s.n && s.e.begins[a].Has(s.buf[at]):
			s.onward(a, int32(at), base, to)
		case dir < 0 && at > 0 && s.e.ends[a].Has(s.buf[at-1]):
			s.back(a, int32(at), base, to)
		}
	}
}

// buildEdges finds what occurrences of the atoms that join a match can begin
// and end with.
func (e *Engine) buildEdges(progs []laneProg) {
	e.begins, e.ends = make([]automaton.Set, len(e.pl.atoms)), make([]automaton.Set, len(e.pl.atoms))
	for i := range e.pl.patterns {
		e.pl.patterns[i].eachJoined(func(a int) {
			if e.begins[a] != (automaton.Set{}) {
				return
			}
			if l := e.pl.atoms[a].list; l >= 0 {
				for _, w := range e.pl.lists[l].words {
					addByte(&e.begins[a], w[0])
					addByte(&e.ends[a], w[len(w)-1])
				}
				return
			}
			p := &progs[e.pl.atoms[a].matcher]
			e.begins[a], e.ends[a] = everything(), everything()
			if p.table == nil {
				return
			}
			e.begins[a] = p.facts.First
			if !p.prog.Exact() {
				return
			}
			if t := automaton.Build([]*automaton.Prog{p.prog.Reversed()}, backStates); t != nil {
				e.ends[a] = automaton.FactsOf(t).First
			}
		})
	}
}

// everything is the set of all bytes.
func everything() (set automaton.Set) {
	for c := range 256 {
		set.Add(byte(c))
	}
	return set
}

// addByte adds the bytes of a shadow that may stand for one of a folded text, in
// either case.
func addByte(set *automaton.Set, c byte) {
	switch {
	case c >= fold.Letter:
		for c := int(fold.Letter); c < 256; c++ {
			set.Add(byte(c))
		}
	case c == ' ':
		for _, c := range []byte(" \t\n\v\f\r") {
			set.Add(c)
		}
	default:
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

// traceSteps lists what joins a match, and the step that is missing; reason is
// the exclusion that takes the whole out.
func (x *explainer) traceSteps(p *pattern, o occurrence, out *[]TraceEvidence) (whole occurrence, reason string, ok bool) {
	whole, ok = o, true
	for _, side := range [...]struct {
		steps []step
		name  string
		dir   int
	}{{p.before, "before", -1}, {p.after, "after", 1}} {
		far, missing := x.side(side.steps, o, side.dir)
		place := occurrence{o.end, o.end + int32(far)}
		if side.dir < 0 {
			place = occurrence{o.start - int32(far), o.start}
		}
		whole = occurrence{min(whole.start, place.start), max(whole.end, place.end)}
		for i := range side.steps {
			t := &side.steps[i]
			for k, a := range t.atoms {
				switch {
				case i == missing:
					*out = append(*out, TraceEvidence{ID: t.evidence[k], Under: side.name, Distance: -1})
				case (missing < 0 || i < missing) && x.within(a, place):
					*out = append(*out, TraceEvidence{ID: t.evidence[k], Under: side.name, Found: true})
				}
			}
		}
		ok = ok && missing < 0
	}
	if !ok {
		return o, "", false
	}
	if p.exclude != nil {
		reason = x.chk.excluded(p.exclude, &x.v, int(whole.start), int(whole.end))
	}
	return whole, reason, true
}
