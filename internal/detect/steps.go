package detect

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"

	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
	"labelmilter/internal/sit"
)

// A primary element can be part of a match: what stands beside it joins it, in
// steps from the inside out. On either side the match ends at the farthest
// place that the steps can come to. The matches of a pattern are sought from
// left to right, as those of an expression: none begins before the end of the
// last, and what joined one is the primary element of no other, even if the
// whole is excluded or lacks evidence.

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
	evidence []int32 // label of each atom
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
	p.sides = [...]int{1, -1}
	if optional(p.before) < optional(p.after) {
		p.sides = [...]int{-1, 1}
	}
	if p.joins() {
		p.exclude, common = common, nil
	}
	p.primaries = c.element(&s.Match, "match", common)
	if p.joins() {
		p.slot = c.slots
		c.slots += len(p.primaries)
	}
}

// optional gives how many times steps can be taken before the first that is
// needed, a great number if none is.
func optional(steps []step) (n int) {
	for i := range steps {
		if steps[i].min > 0 {
			return n
		}
		n += steps[i].max
	}
	return math.MaxInt
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
func (c *compiler) labels(e *sit.Element, field string, atoms int) (out []int32) {
	switch {
	case e.ID != "":
		return slices.Repeat([]int32{c.label(e.ID)}, atoms)
	case len(e.Keywords) != atoms:
		return slices.Repeat([]int32{c.label(fmt.Sprintf("patterns[%d].%s", c.pattern, field))}, atoms)
	}
	for _, k := range e.Keywords {
		out = append(out, c.label(k))
	}
	return out
}

// label numbers a name of evidence.
func (c *compiler) label(name string) int32 {
	n, ok := c.labelled[name]
	if !ok {
		n = int32(len(c.plan.labels))
		c.plan.labels = append(c.plan.labels, name)
		c.labelled[name] = n
	}
	return n
}

// traceSteps lists what joins a match, and the step that is missing; reason is
// the exclusion that takes the whole out.
func (x *explainer) traceSteps(p *pattern, o occurrence, behind int32, out *[]TraceEvidence) (whole occurrence, reason string, ok bool) {
	whole, ok = o, true
	for _, side := range [...]struct {
		steps []step
		name  string
		dir   int
	}{{p.before, "before", -1}, {p.after, "after", 1}} {
		far, missing := x.side(side.steps, o, side.dir, behind)
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
					*out = append(*out, TraceEvidence{ID: x.e.pl.labels[t.evidence[k]], Under: side.name, Distance: -1})
				case (missing < 0 || i < missing) && x.within(a, place):
					*out = append(*out, TraceEvidence{ID: x.e.pl.labels[t.evidence[k]], Under: side.name, Found: true})
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
