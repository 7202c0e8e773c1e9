package label

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// ladder is a catalogue with two labels of one rank.
func ladder(tb testing.TB) *Catalogue {
	tb.Helper()
	c, ps := NewCatalogue("test", []Label{
		{ID: "low", Name: "Low", Rank: 10}, {ID: "mid", Name: "Mid", Rank: 20}, {ID: "mid2", Name: "Mid too", Rank: 20},
		{ID: "high", Name: "High", Rank: 30}, {ID: "top", Name: "Top", Rank: 40},
	})
	if len(ps) > 0 {
		tb.Fatal(ps)
	}
	return c
}

func ruleFor(id ID, name string, r Replace) Candidate {
	return Candidate{Label: id, Source: FromRule, Rule: name, Reason: name, Replace: r}
}

func floorOf(id ID, s Source) Candidate { return Candidate{Label: id, Source: s, Reason: "floor"} }

func TestDecide(t *testing.T) {
	t.Parallel()
	manual := func(id ID) *Candidate { c := floorOf(id, FromMSIP); return &c }
	recommend := func(id ID) Candidate { return Candidate{Label: id, Source: FromThread, Recommend: true} }
	tests := []struct {
		name      string
		e         Evidence
		outcome   Outcome
		label     ID
		source    Source
		std, rec  ID
		mismatch  *Mismatch
		conflicts []string
	}{
		{name: "nothing", outcome: None},
		{name: "floor alone", e: Evidence{Floor: []Candidate{floorOf("mid", FromHeader)}, Standard: "mid"}, outcome: Labelled, label: "mid", source: FromHeader},
		{name: "highest floor, the standard says another", e: Evidence{Floor: []Candidate{floorOf("low", FromHeader), floorOf("high", FromSubject)}, Standard: "low"},
			outcome: Labelled, label: "high", source: FromSubject, std: "low"},
		{name: "equal floors: the first", e: Evidence{Floor: []Candidate{floorOf("mid", FromHeader), floorOf("mid2", FromSubject)}, Standard: "mid"},
			outcome: Labelled, label: "mid", source: FromHeader},
		{name: "a document of the same rank", e: Evidence{Floor: []Candidate{floorOf("mid", FromHeader), floorOf("mid2", FromDocument), floorOf("low", FromThread)}, Standard: "mid"},
			outcome: Labelled, label: "mid", source: FromHeader, conflicts: []string{IncomparableLabels}},
		{name: "a rule raises", e: Evidence{Floor: []Candidate{floorOf("low", FromHeader)}, Rules: []Candidate{ruleFor("high", "p/a", "")}},
			outcome: Labelled, label: "high", source: FromRule},
		{name: "a rule does not lower", e: Evidence{Floor: []Candidate{floorOf("high", FromHeader)}, Rules: []Candidate{ruleFor("low", "p/a", ReplaceAlways)}},
			outcome: Labelled, label: "high", source: FromHeader},
		{name: "a rule alone", e: Evidence{Rules: []Candidate{ruleFor("mid", "p/a", "")}}, outcome: Labelled, label: "mid", source: FromRule},
		{name: "two rules, the higher", e: Evidence{Rules: []Candidate{ruleFor("low", "p/a", ""), ruleFor("high", "p/b", "")}},
			outcome: Labelled, label: "high", source: FromRule, conflicts: []string{SeveralLabelRules}},
		{name: "two rules, one label", e: Evidence{Rules: []Candidate{ruleFor("mid", "p/a", ""), ruleFor("mid", "p/b", "")}}, outcome: Labelled, label: "mid", source: FromRule},
		{name: "two rules of one rank: pack order", e: Evidence{Rules: []Candidate{ruleFor("mid2", "p/a", ""), ruleFor("mid", "p/b", "")}},
			outcome: Labelled, label: "mid2", source: FromRule, conflicts: []string{IncomparableLabels}},
		{name: "a rule for an unknown label is nothing", e: Evidence{Rules: []Candidate{ruleFor("gone", "p/a", "")}}, outcome: None},
		{name: "manual stays below a rule", e: Evidence{Manual: manual("low"), Rules: []Candidate{ruleFor("high", "p/a", ReplaceAlways)}},
			outcome: Labelled, label: "low", source: FromMSIP, mismatch: &Mismatch{"low", "high", "p/a"}},
		{name: "the floor wins over manual", e: Evidence{Manual: manual("low"), Floor: []Candidate{floorOf("high", FromHeader)}}, outcome: Labelled, label: "high", source: FromHeader},
		{name: "manual above the floor", e: Evidence{Manual: manual("top"), Floor: []Candidate{floorOf("high", FromHeader)}}, outcome: Labelled, label: "top", source: FromMSIP},
		{name: "earlier stays without rules", e: Evidence{Earlier: manual("mid")}, outcome: Labelled, label: "mid", source: FromMSIP},
		{name: "earlier, same rank: replaced", e: Evidence{Earlier: manual("mid"), Rules: []Candidate{ruleFor("mid2", "p/a", ReplaceSameOrLower)}}, outcome: Labelled, label: "mid2", source: FromRule},
		{name: "earlier, higher: stays", e: Evidence{Earlier: manual("high"), Rules: []Candidate{ruleFor("mid", "p/a", "")}}, outcome: Labelled, label: "high", source: FromMSIP},
		{name: "earlier, higher, always", e: Evidence{Earlier: manual("high"), Rules: []Candidate{ruleFor("mid", "p/a", ReplaceAlways)}}, outcome: Labelled, label: "mid", source: FromRule},
		{name: "earlier, lower, never", e: Evidence{Earlier: manual("low"), Rules: []Candidate{ruleFor("mid", "p/a", ReplaceNever)}}, outcome: Labelled, label: "low", source: FromMSIP},
		{name: "always does not go below the floor", e: Evidence{Floor: []Candidate{floorOf("high", FromHeader)}, Earlier: manual("top"), Rules: []Candidate{ruleFor("low", "p/a", ReplaceAlways)}},
			outcome: Labelled, label: "high", source: FromHeader},
		{name: "recommended above", e: Evidence{Floor: []Candidate{floorOf("low", FromHeader)}, Rules: []Candidate{recommend("high")}},
			outcome: Labelled, label: "low", source: FromHeader, rec: "high", mismatch: &Mismatch{"low", "high", string(FromThread)}},
		{name: "recommended below says nothing", e: Evidence{Floor: []Candidate{floorOf("high", FromHeader)}, Rules: []Candidate{recommend("low")}}, outcome: Labelled, label: "high", source: FromHeader},
		{name: "recommended without a label", e: Evidence{Rules: []Candidate{recommend("mid")}}, outcome: None, rec: "mid"},
		{name: "default", e: Evidence{Default: manual("low")}, outcome: Labelled, label: "low", source: FromMSIP},
		{name: "default gives way", e: Evidence{Default: manual("top"), Floor: []Candidate{floorOf("low", FromHeader)}}, outcome: Labelled, label: "low", source: FromHeader},
		{name: "held with a floor", e: Evidence{Held: "unreadable", Floor: []Candidate{floorOf("mid", FromHeader)}}, outcome: Hold, label: "mid", source: FromHeader},
		{name: "held without", e: Evidence{Held: "unreadable"}, outcome: Hold},
		{name: "block beats hold", e: Evidence{Held: "unreadable", Blocked: "above"}, outcome: Block},
	}
	c := ladder(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			a := Decide(c, tt.e)
			var got ID
			if a.Label != nil {
				got = a.Label.ID
			}
			if a.Outcome != tt.outcome || got != tt.label || a.Source != tt.source {
				t.Errorf("outcome %s, label %q from %q; want %s, %q from %q", a.Outcome, got, a.Source, tt.outcome, tt.label, tt.source)
			}
			if a.ByStandard != tt.std || a.Recommended != tt.rec {
				t.Errorf("by standard %q, recommended %q; want %q, %q", a.ByStandard, a.Recommended, tt.std, tt.rec)
			}
			if d := cmp.Diff(tt.mismatch, a.Mismatch); d != "" {
				t.Errorf("mismatch (-want +got):\n%s", d)
			}
			var codes []string
			for _, x := range a.Conflicts {
				codes = append(codes, x.Code)
			}
			if !slices.Equal(codes, tt.conflicts) {
				t.Errorf("conflicts %v, want %v", codes, tt.conflicts)
			}
			if a.Reason == "" {
				t.Error("no reason")
			}
		})
	}
}

// TestDecideProperties holds for any evidence: the same evidence gives the same
// assignment, nothing goes below the floor, rules do not change a manual label,
// the order of rules changes no rank.
func TestDecideProperties(t *testing.T) {
	t.Parallel()
	c := ladder(t)
	rnd := rand.New(rand.NewPCG(4, 4))
	ids := append(c.IDs(), "unknown")
	one := func() ID { return ID(ids[rnd.IntN(len(ids))]) }
	rank := func(a Assignment) int {
		if a.Label == nil {
			return -1
		}
		return a.Label.Rank
	}
	for range 20000 {
		var e Evidence
		for range rnd.IntN(3) {
			e.Floor = append(e.Floor, floorOf(one(), FromHeader))
		}
		for i := range rnd.IntN(4) {
			r := ruleFor(one(), fmt.Sprintf("p/r%d", i), []Replace{"", ReplaceNever, ReplaceSameOrLower, ReplaceAlways}[rnd.IntN(4)])
			r.Recommend = rnd.IntN(4) == 0
			e.Rules = append(e.Rules, r)
		}
		switch rnd.IntN(3) {
		case 0:
			x := floorOf(one(), FromMSIP)
			e.Manual = &x
		case 1:
			x := floorOf(one(), FromMSIP)
			e.Earlier = &x
		}
		a := Decide(c, e)
		if d := cmp.Diff(a, Decide(c, e)); d != "" {
			t.Fatalf("the same evidence decided twice differs:\n%s", d)
		}
		for _, f := range e.Floor {
			if l, ok := c.Get(f.Label); ok && rank(a) < l.Rank {
				t.Fatalf("label %v is below the floor %s: %+v", a.Label, f.Label, e)
			}
		}
		if e.Manual != nil {
			less := e
			less.Rules = nil
			if b := Decide(c, less); rank(b) != rank(a) && b.Label != nil {
				t.Fatalf("rules changed a manual label from %v to %v: %+v", b.Label, a.Label, e)
			}
		}
		sameReplace := !slices.ContainsFunc(e.Rules, func(r Candidate) bool { return r.Replace != e.Rules[0].Replace })
		turned := e
		turned.Rules = slices.Clone(e.Rules)
		slices.Reverse(turned.Rules)
		if sameReplace && rank(Decide(c, turned)) != rank(a) {
			t.Fatalf("the order of rules changed the rank: %+v", e)
		}
	}
}

func TestAtLeastAtMost(t *testing.T) {
	t.Parallel()
	l := Label{ID: "mid", Rank: 20}
	tests := []struct {
		name           string
		a              Assignment
		least10, most0 bool // at least rank 10, at most rank 0
		least30, most9 bool // at least 30, at most 999
	}{
		{"label", Assignment{Outcome: Labelled, Label: &l}, true, false, false, true},
		{"none", Assignment{Outcome: None}, false, true, false, true},
		{"block", Assignment{Outcome: Block}, true, false, true, false},
		{"hold without label", Assignment{Outcome: Hold}, true, false, true, false},
		{"hold with floor", Assignment{Outcome: Hold, Label: &l}, true, false, false, true},
		{"block with floor", Assignment{Outcome: Block, Label: &l}, true, false, true, false},
	}
	for _, tt := range tests {
		if got := tt.a.AtLeast(10); got != tt.least10 {
			t.Errorf("%s: at least 10 is %v", tt.name, got)
		}
		if got := tt.a.AtMost(0); got != tt.most0 {
			t.Errorf("%s: at most 0 is %v", tt.name, got)
		}
		if got := tt.a.AtLeast(30); got != tt.least30 {
			t.Errorf("%s: at least 30 is %v", tt.name, got)
		}
		if got := tt.a.AtMost(999); got != tt.most9 {
			t.Errorf("%s: at most 999 is %v", tt.name, got)
		}
	}
}

func TestNewCatalogueProblems(t *testing.T) {
	t.Parallel()
	_, ps := NewCatalogue("c", []Label{{ID: "a", Rank: 5}, {ID: "a", Rank: 6}, {ID: "b", Parent: "x"}, {ID: "d", Parent: "a", Rank: 1},
		{ID: "e", GUID: "00000000-0000-0000-0000-00000000000A"}, {ID: "f", GUID: "00000000-0000-0000-0000-00000000000a"}})
	want := []Problem{
		{1, `label "a" is defined twice in catalogue "c" (also as entry 1)`},
		{5, `labels "e" and "f" have the same GUID`},
		{2, `label "b": unknown parent "x"`},
		{3, `label "d" has rank 1, below its parent "a" with 5`},
	}
	if d := cmp.Diff(want, ps); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}
