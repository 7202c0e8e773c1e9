package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/redact"
)

// Outcome says what became of a match.
type Outcome string

// The outcomes.
const (
	Counted    Outcome = "counted"
	Covered    Outcome = "covered"     // another match of the type overlaps it and goes first
	NoEvidence Outcome = "no-evidence" // the tree of supporting elements does not hold
	Refused    Outcome = "refused"     // a validator or exclusion took it out
	Allowed    Outcome = "allowed"     // a test number or allow list took it out
)

// Trace says why a match counts or not.
type Trace struct {
	Span
	Text       int
	Part       string
	Where      extract.Where
	Pattern    int // index as in Instance
	Confidence int
	Value      redact.Value
	Outcome    Outcome
	Reason     string // Refused: "validate: luhn"
	Evidence   []TraceEvidence
}

// TraceEvidence is one supporting element, in the order of the definition.
type TraceEvidence struct {
	ID       string // keyword list or element
	Under    string // "all", "any" or "none", "" at the top; "before" or "after": it joins the match
	Found    bool
	Distance int // characters to the nearest, 0 if it overlaps; -1 if not found
}

// String writes one line without mail content.
func (t Trace) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s part %q %s %d-%d pattern %d (%d): %s", t.Value.Mask(), t.Part, t.Where, t.Start, t.End, t.Pattern, t.Confidence, t.Outcome)
	if t.Reason != "" {
		b.WriteString(" by " + t.Reason)
	}
	for _, e := range t.Evidence {
		fmt.Fprintf(&b, "; %s %s", e.Under, e.ID)
		if e.Found {
			fmt.Fprintf(&b, " at %d", e.Distance)
		} else {
			b.WriteString(" not there")
		}
	}
	return b.String()
}

// maxTraces bounds an explanation.
const maxTraces = 1000

// Explain says for every match of the primary elements of one type what
// became of it: sorted by text, place and pattern, the same for the same
// input, at most 1,000. It is slow. ok is false if there is no such type.
func (e *Engine) Explain(texts []extract.Text, id string, l budget.Limits) (out []Trace, ok bool) {
	ty := slices.IndexFunc(e.pl.types, func(t typ) bool { return t.id == id })
	if ty < 0 {
		return nil, false
	}
	s := newScan(e)
	s.whole = true
	s.work.Left = l.Work
	for i := range texts {
		if len(out) >= maxTraces || texts[i].Body == "" {
			continue
		}
		s.run(texts[i].Body)
		s.joinHits()
		x := explainer{scan: s, typ: ty, text: i, t: &texts[i]}
		out = append(out, x.traces()...)
	}
	return out[:min(len(out), maxTraces)], true
}

type explainer struct {
	*scan
	typ, text int
	t         *extract.Text
	out       []Trace
}

func (x *explainer) traces() []Trace {
	for index, p := range x.e.pl.types[x.typ].patterns {
		for _, a := range x.e.pl.patterns[p].primaries {
			behind := int32(0)
			for _, o := range x.occ[a] {
				behind = x.standing(index, p, o, behind)
			}
			x.refusedBy(index, p, a)
		}
	}
	x.settle()
	slices.SortStableFunc(x.out, func(a, b Trace) int {
		return cmp.Or(cmp.Compare(a.Start, b.Start), cmp.Compare(a.Pattern, b.Pattern), cmp.Compare(b.End, a.End))
	})
	return x.out
}

func (x *explainer) trace(index, p int, o occurrence) Trace {
	span := Span{x.v.Start(int(o.start)), x.v.End(int(o.end))}
	return Trace{
		Span: span, Text: x.text, Part: x.t.Part, Where: x.t.Where, Pattern: index,
		Confidence: x.e.pl.patterns[p].confidence, Value: redact.New(strings.Clone(x.t.Body[span.Start:span.End])),
	}
}

// standing traces a match that validators and exclusions let stand. behind is
// where the last one ended that something joined, given back for the next.
func (x *explainer) standing(index, p int, o occurrence, behind int32) int32 {
	if len(x.out) >= maxTraces {
		return behind
	}
	pt := &x.e.pl.patterns[p]
	var joined []TraceEvidence
	reason, holds := "", true
	if pt.joins() {
		if o.start < behind { // it joined that one
			return behind
		}
		if o, reason, holds = x.traceSteps(pt, o, behind, &joined); holds {
			behind = o.end
		}
	}
	x.assess(index, p, o, joined, reason, holds)
	return behind
}

// assess traces a match with what joined it.
func (x *explainer) assess(index, p int, o occurrence, joined []TraceEvidence, reason string, holds bool) {
	pt := &x.e.pl.patterns[p]
	t := x.trace(index, p, o)
	t.Outcome, t.Evidence = Covered, joined // until settled
	if x.e.pl.types[pt.owner].excludes(x.t) {
		t.Outcome, t.Reason, t.Evidence = Refused, "exclude: fields", nil
		x.out = append(x.out, t)
		return
	}
	switch {
	case reason != "":
		t.Outcome, t.Reason = Refused, reason
	case !holds:
		t.Outcome = NoEvidence
	}
	if pt.near != nil && t.Outcome == Covered {
		x.evidence(pt.near, "", o, pt.proximity, &t.Evidence)
		from := len(x.arena)
		if !x.holds(pt.near, o, pt.proximity) {
			t.Outcome = NoEvidence
		}
		x.arena = x.arena[:from]
	}
	if allow := x.e.pl.allow; allow != nil && t.Outcome == Covered &&
		allow(x.e.pl.types[pt.owner].id, string(x.v.normal(nil, int(o.start), int(o.end)))) {
		t.Outcome = Allowed
	}
	x.out = append(x.out, t)
}

// evidence lists all supporting elements of a tree.
func (x *explainer) evidence(n *need, under string, o occurrence, proximity int, out *[]TraceEvidence) {
	if n.atom >= 0 {
		e, ok := x.nearest(n.atom, o, proximity, true)
		t := TraceEvidence{ID: x.e.pl.labels[n.evidence], Under: under, Found: ok, Distance: -1}
		if ok {
			t.Distance = e.gap(o)
		}
		*out = append(*out, t)
	}
	for _, k := range n.all {
		x.evidence(k, "all", o, proximity, out)
	}
	for _, k := range n.any {
		x.evidence(k, "any", o, proximity, out)
	}
	for _, k := range n.none {
		x.evidence(k, "none", o, proximity, out)
	}
}

// refusedBy traces places where every end of a regex is refused, by the
// longest.
func (x *explainer) refusedBy(index, p, a int) {
	at := &x.e.pl.atoms[a]
	if len(at.checks)+len(at.exclude) == 0 {
		return
	}
	stands := map[int32]bool{}
	for _, o := range x.occ[a] {
		stands[o.start] = true
	}
	refuse := func(o occurrence) {
		if r := x.chk.refuses(at, &x.v, o); r != "" && !stands[o.start] && len(x.out) < maxTraces {
			t := x.trace(index, p, o)
			t.Outcome, t.Reason = Refused, r
			x.out = append(x.out, t)
		}
	}
	if at.list >= 0 {
		for i := range x.hits {
			if h := &x.hits[i]; x.e.sets[x.e.terms[h.term].set].in[at.list>>6]>>(at.list&63)&1 != 0 {
				refuse(h.occurrence)
			}
		}
		return
	}
	m := &x.e.pl.matchers[at.matcher]
	for start := range x.n {
		x.list = x.list[:0]
		steps := x.sim.Ends(m.prog, &x.v.Text, start, MaxMatch, func(end int) bool {
			if end > start {
				x.list = append(x.list, int32(end))
			}
			return true
		})
		if m.verify != nil && len(x.list) > 0 {
			x.list = x.look.verified(m, &x.v, start, x.list)
			steps += lookSteps
		}
		if !x.take(steps) {
			return
		}
		if n := len(x.list); n > 0 {
			refuse(occurrence{int32(start), x.list[n-1]})
		}
	}
}

// settle finds which of the matches that hold are counted.
func (x *explainer) settle() {
	type key struct{ start, end, pattern int }
	counted := map[key]bool{}
	c := collector{pl: x.e.pl}
	for i, k := range x.cands {
		for _, o := range x.e.pl.patterns[k.pattern].owners {
			if o.typ == x.typ {
				c.addRun(x.typ, int32(i), int32(i+1))
			}
		}
	}
	for _, i := range c.choose(x.cands, x.typ) {
		k := &x.cands[i.n]
		for _, o := range x.e.pl.patterns[k.pattern].owners {
			if o.typ == x.typ {
				counted[key{x.v.Start(int(k.start)), x.v.End(int(k.end)), o.index}] = true
			}
		}
	}
	for i := range x.out {
		t := &x.out[i]
		if k := (key{t.Start, t.End, t.Pattern}); t.Outcome == Covered && counted[k] {
			t.Outcome = Counted
			delete(counted, k) // of several that join to one, the first
		}
	}
}
