package label

import (
	"fmt"
	"slices"
)

// Evidence is everything the label decision may look at.
type Evidence struct {
	// Floor holds the candidates of markings, documents and the thread. The
	// highest wins, and nothing goes below it.
	Floor []Candidate
	// Standard is the label that the marking standard's own precedence names
	// (header before subject, leftmost tag first), "" if none.
	Standard ID
	// Manual is the own label of an authenticated internal sender that a
	// person chose. Label rules do not change it.
	Manual *Candidate
	// Earlier is the own label that an earlier automatic run put on.
	Earlier *Candidate
	// Previous is the own label found on arrival, believed or not.
	Previous ID
	// Rules holds the candidates of label rules in pack order.
	Rules []Candidate
	// Default is given to a message for which nothing else speaks.
	Default *Candidate
	// Blocked is the reason why the message is above the ceiling, "" if it
	// is not; Held the reason why a marking cannot be relied on.
	Blocked, Held string
	// Conflicts found by the stages before.
	Conflicts []Conflict
}

// Decide makes one assignment out of the evidence. It is a pure function: the
// same evidence gives the same assignment.
func Decide(c *Catalogue, e Evidence) Assignment {
	a := Assignment{Outcome: None, Previous: e.Previous, Conflicts: slices.Clone(e.Conflicts)}
	rule, called := a.bestRule(c, e.Rules)

	// base is what no rule may change: the floor, and a manual label.
	base := e.Floor[:len(e.Floor):len(e.Floor)]
	if e.Manual != nil {
		base = append(base, *e.Manual)
	} else if e.Earlier != nil && (!called || !replaces(c, rule, *e.Earlier)) {
		base = append(base, *e.Earlier)
		called = called && rule.Replace != ReplaceNever
	}
	if b, ok := highest(c, base); ok {
		a.set(c, b)
	}
	if floor, ok := highest(c, e.Floor); ok {
		if e.Standard != "" && e.Standard != floor.Label {
			a.ByStandard = e.Standard
		}
		a.incomparable(c, floor, e.Floor)
	}
	if called {
		switch {
		case a.Label == nil:
			a.set(c, rule)
		case a.outranks(c, rule.Label) && e.Manual != nil:
			a.mismatch(rule)
		case a.outranks(c, rule.Label):
			a.set(c, rule)
		}
	}
	a.recommend(c, e.Rules)
	if a.Label == nil && e.Default != nil {
		a.set(c, *e.Default)
	}
	if a.Label == nil {
		a.Reason = "no marking and no label rule applied"
	}
	switch {
	case e.Blocked != "":
		a.Outcome, a.Reason = Block, e.Blocked
	case e.Held != "":
		a.Outcome, a.Reason = Hold, e.Held
	}
	return a
}

// incomparable records that sources call for labels of one rank, which cannot
// be compared: the first is kept. Disagreement of field and subject has names
// of its own.
func (a *Assignment) incomparable(c *Catalogue, best Candidate, floor []Candidate) {
	top := c.find(best.Label).Rank
	var lost []string
	for _, x := range floor {
		if l := c.find(x.Label); l != nil && l.Rank == top && x.Label != best.Label && x.Source != best.Source &&
			!(ofMarking(x.Source) && ofMarking(best.Source)) && !slices.Contains(lost, string(x.Label)) {
			lost = append(lost, string(x.Label))
		}
	}
	if len(lost) > 0 {
		a.Conflicts = append(a.Conflicts, Conflict{Code: IncomparableLabels, Kept: string(best.Label), Lost: lost, Detail: "labels of one rank: the first counts"})
	}
}

func ofMarking(s Source) bool { return s == FromHeader || s == FromSubject }

// bestRule gives the winning candidate among the rules that set a label and
// records the ones that lost.
func (a *Assignment) bestRule(c *Catalogue, rules []Candidate) (Candidate, bool) {
	var set []Candidate
	for _, r := range rules {
		if _, known := c.Get(r.Label); known && !r.Recommend {
			set = append(set, r)
		}
	}
	best, ok := highest(c, set)
	if lost := losers(best, set); ok && len(lost) > 0 {
		code, detail := SeveralLabelRules, "the highest rank wins, ties by pack order"
		if sameRankOtherLabel(c, best, set) {
			code, detail = IncomparableLabels, "labels of one rank: the first in pack order wins"
		}
		a.Conflicts = append(a.Conflicts, Conflict{Code: code, Kept: fmt.Sprintf("%s by %s", best.Label, best.Rule), Lost: lost, Detail: detail})
	}
	return best, ok
}

// recommend takes the highest recommendation above the label decided.
func (a *Assignment) recommend(c *Catalogue, rules []Candidate) {
	var rs []Candidate
	for _, r := range rules {
		if r.Recommend {
			rs = append(rs, r)
		}
	}
	best, ok := highest(c, rs)
	if !ok || a.Label != nil && !a.outranks(c, best.Label) {
		return
	}
	a.Recommended = best.Label
	if a.Label != nil && a.Mismatch == nil {
		a.mismatch(best)
	}
}

// replaces reports whether a rule takes the place of an earlier automatic
// label.
func replaces(c *Catalogue, rule, earlier Candidate) bool {
	switch rule.Replace {
	case ReplaceNever:
		return false
	case ReplaceAlways:
		return true
	}
	r, _ := c.Get(rule.Label)
	e, ok := c.Get(earlier.Label)
	return !ok || e.Rank <= r.Rank
}

// outranks reports whether id ranks above the label decided so far.
func (a *Assignment) outranks(c *Catalogue, id ID) bool {
	l, ok := c.Get(id)
	return ok && (a.Label == nil || l.Rank > a.Label.Rank)
}

func (a *Assignment) set(c *Catalogue, cand Candidate) {
	l := c.find(cand.Label)
	if l == nil {
		return
	}
	a.Outcome, a.Label, a.Source, a.Rule, a.Reason = Labelled, l, cand.Source, cand.Rule, cand.Reason
}

func (a *Assignment) mismatch(cand Candidate) {
	by := string(cand.Source)
	if cand.Rule != "" {
		by = cand.Rule
	}
	have := ""
	if a.Label != nil {
		have = string(a.Label.ID)
	}
	a.Mismatch = &Mismatch{Label: have, Wanted: string(cand.Label), By: by}
}

// highest gives the candidate with the highest rank, the first among equals.
func highest(c *Catalogue, cs []Candidate) (best Candidate, ok bool) {
	top := 0
	for _, x := range cs {
		if l := c.find(x.Label); l != nil && (!ok || l.Rank > top) {
			best, top, ok = x, l.Rank, true
		}
	}
	return best, ok
}

// losers names the candidates that want another label than best.
func losers(best Candidate, cs []Candidate) []string {
	var out []string
	for _, x := range cs {
		if x.Label != best.Label {
			out = append(out, fmt.Sprintf("%s by %s", x.Label, x.Rule))
		}
	}
	return out
}

func sameRankOtherLabel(c *Catalogue, best Candidate, cs []Candidate) bool {
	lb, _ := c.Get(best.Label)
	return slices.ContainsFunc(cs, func(x Candidate) bool {
		lx, _ := c.Get(x.Label)
		return x.Label != best.Label && lx.Rank == lb.Rank
	})
}
