package label_test

import (
	"strings"
	"testing"

	"labelmilter/internal/label"
	"labelmilter/internal/marking"
)

func smallMapping(t *testing.T) label.Mapping {
	t.Helper()
	imm := func(class string, imms ...string) label.Marking {
		return label.Marking{Classification: class, IMMs: imms}
	}
	cat, ps := label.NewCatalogue("c", []label.Label{
		{ID: "o", Name: "O", Rank: 10, Marking: imm(marking.Official)},
		{ID: "os", Name: "OS", Rank: 20, Marking: imm(marking.OfficialSensitive)},
		{ID: "os-pp", Name: "OS PP", Rank: 30, Marking: imm(marking.OfficialSensitive, marking.PersonalPrivacy)},
		{ID: "os-lp", Name: "OS LP", Rank: 40, Marking: imm(marking.OfficialSensitive, marking.LegalPrivilege)},
		{ID: "os-both", Name: "OS PP LP", Rank: 50, Marking: imm(marking.OfficialSensitive, marking.LegalPrivilege, marking.PersonalPrivacy)},
		{ID: "p", Name: "P", Rank: 60, Marking: imm(marking.Protected)},
	})
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	return label.Mapping{Catalogue: cat, Ceiling: marking.Protected}
}

func TestIMMModes(t *testing.T) {
	t.Parallel()
	const pp, lp, ls = marking.PersonalPrivacy, marking.LegalPrivilege, marking.LegislativeSecrecy
	for _, c := range []struct {
		imms                []string
		first, all, highest string // label, "!" held with that floor
	}{
		{nil, "os", "os", "os"},
		{[]string{pp}, "os-pp", "os-pp", "os-pp"},
		{[]string{lp}, "os-lp", "os-lp", "os-lp"},
		{[]string{ls}, "os", "!os", "os"},
		{[]string{pp, lp}, "os-pp", "os-both", "os-lp"},
		{[]string{lp, pp}, "os-lp", "os-both", "os-lp"},
		{[]string{ls, pp}, "os-pp", "!os-pp", "os-pp"},
		{[]string{pp, lp, ls}, "os-pp", "!os-pp", "os-lp"},
		{[]string{ls, lp, pp}, "os-lp", "!os-lp", "os-lp"},
	} {
		v := "VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive"
		for _, i := range c.imms {
			v += ", ACCESS=" + i
		}
		x := marking.ParseHeader(v + ", ORIGIN=a@b.gov.au")
		for mode, want := range map[label.IMMMode]string{"": c.first, label.IMMFirst: c.first, label.IMMAll: c.all, label.IMMHighest: c.highest} {
			m := smallMapping(t)
			m.IMMs = mode
			got := m.Map(x)
			s := string(got.Label)
			if got.Outcome == label.Hold {
				s = "!" + s
			}
			if s != want {
				t.Errorf("imms: %s, %q: got %s, want %s", mode, c.imms, s, want)
			}
		}
	}
}

func TestEquivalence(t *testing.T) {
	t.Parallel()
	m := smallMapping(t)
	m.Claims = []string{marking.SchemeTrellix}
	m.Equivalence = []label.Equivalence{
		{Scheme: marking.SchemeUK, Classification: "OFFICIAL-SENSITIVE", Class: marking.OfficialSensitive},
		{Scheme: marking.SchemeUK, Classification: "OFFICIAL", Label: "o", Confirmed: true},
		{Scheme: marking.SchemeUK, Classification: "SECRET", Class: marking.Secret},
		{Scheme: marking.SchemeUK, Classification: "TOP SECRET", Class: marking.TopSecret, Confirmed: true},
		{Scheme: marking.SchemeNZ, Classification: "SEEMAIL", Label: "os-pp", Confirmed: true},
		{Scheme: marking.SchemeRSA, Classification: "Public", Label: "o", Confirmed: true},
		{Scheme: marking.SchemeExchange, Namespace: "A1", Classification: "Internal", Label: "p", Confirmed: true},
		{Scheme: marking.SchemeExchange, Classification: "Internal", Label: "os", Confirmed: true},
		{Scheme: marking.SchemeTitus, Classification: "Gone", Label: "no-such-label", Confirmed: true},
	}
	mark := func(scheme, class string, change ...func(*marking.Marking)) marking.Marking {
		x := marking.Marking{Scheme: scheme, Classification: class, Source: marking.SourceHeader, Use: marking.Own}
		for _, f := range change {
			f(&x)
		}
		return x
	}
	with := func(c marking.Code) func(*marking.Marking) {
		return func(x *marking.Marking) {
			x.Diagnostics = append(x.Diagnostics, marking.Diagnostic{Code: c, Severity: c.Severity()})
		}
	}
	caveat := func(x *marking.Marking) { x.Caveats = append(x.Caveats, "SEEMAIL") }
	inText := func(x *marking.Marking) { x.Source = marking.SourceBody }
	ns := func(v string) func(*marking.Marking) { return func(x *marking.Marking) { x.Namespace = v } }
	for _, c := range []struct {
		name    string
		x       marking.Marking
		outcome label.Outcome
		label   label.ID
	}{
		{"confirmed row", mark(marking.SchemeUK, "OFFICIAL"), label.Labelled, "o"},
		{"row not confirmed", mark(marking.SchemeUK, "OFFICIAL-SENSITIVE"), label.Hold, "os"},
		{"row above the ceiling, not confirmed", mark(marking.SchemeUK, "SECRET"), label.Block, ""},
		{"row above the ceiling", mark(marking.SchemeUK, "TOP SECRET"), label.Block, ""},
		{"no row", mark(marking.SchemeUK, "CONFIDENTIAL"), label.Hold, ""},
		{"row of another scheme", mark(marking.SchemeNATO, "SECRET"), label.Hold, ""},
		{"confirmed row, marking with an error", mark(marking.SchemeUK, "OFFICIAL", with(marking.UnknownCaveat)), label.Hold, "o"},
		{"confirmed row, marking with a warning", mark(marking.SchemeUK, "OFFICIAL", with(marking.ValueVariant)), label.Labelled, "o"},
		{"unreadable", mark(marking.SchemeSIO, "", with(marking.UnknownClassification)), label.Hold, ""},
		{"handling marker with a row", mark(marking.SchemeNZ, "", caveat), label.Labelled, "os-pp"},
		{"handling marker without a row", mark(marking.SchemeUK, "", caveat), label.None, ""},
		{"class in another case", mark(marking.SchemeRSA, "PUBLIC"), label.Labelled, "o"},
		{"namespace with a row of its own", mark(marking.SchemeExchange, "Internal", ns("a1")), label.Labelled, "p"},
		{"namespace without", mark(marking.SchemeExchange, "Internal", ns("b2")), label.Labelled, "os"},
		{"claim", mark(marking.SchemeTrellix, "secret"), label.None, ""},
		{"claim that cannot be read", mark(marking.SchemeTrellix, "", with(marking.EmptyMarking)), label.None, ""},
		{"row with a label that is gone", mark(marking.SchemeTitus, "Gone"), label.Hold, ""},
		{"historical word in text", mark(marking.SchemeUK, "RESTRICTED", with(marking.HistoricalMarking), inText), label.None, ""},
		{"historical word in a subject", mark(marking.SchemeUK, "RESTRICTED", with(marking.HistoricalMarking)), label.Hold, ""},
		{"foreign namespace of the Australian field", mark(marking.SchemeForeign, ""), label.None, ""},
	} {
		got := m.Map(c.x)
		if got.Outcome != c.outcome || got.Label != c.label || got.Reason == "" {
			t.Errorf("%s: got %+v, want %s %q", c.name, got, c.outcome, c.label)
		}
	}
	// Words of the mail never get into a reason: it is sent to the sender.
	got := m.Map(mark(marking.SchemeRSA, "canary-7391"))
	if got.Outcome != label.Hold || strings.Contains(got.Reason, "canary") {
		t.Errorf("got %+v", got)
	}
}
