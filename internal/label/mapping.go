package label

import (
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/marking"
)

// Mapping turns a protective marking of the Australian standard into one
// outcome. Every value of the grammar has exactly one.
type Mapping struct {
	Catalogue  *Catalogue
	Ceiling    string        // highest class that may pass
	Historical map[string]ID // by historical class or dissemination limiting marker
}

// Mapped is what one marking comes to.
type Mapped struct {
	Outcome Outcome
	Label   ID // the label, or the safe floor for a hold; "" if none
	Reason  string
}

// dlmMeaning is the present marker that a dissemination limiting marker of
// 2012 became (PSPF 2018 reform): the IMM or caveat that joins the class.
var dlmMeaning = map[string]struct{ imm, caveat string }{
	"Sensitive:Personal": {imm: marking.PersonalPrivacy},
	"Sensitive:Legal":    {imm: marking.LegalPrivilege},
	"Sensitive:Cabinet":  {caveat: "SH:CABINET"},
}

// Map gives the outcome of a marking. The class decides first; then CABINET,
// else NATIONAL-CABINET, else the first IMM in order of appearance, picks the
// label of that class; a marker without a label of its own leaves the class's
// plain label.
func (m Mapping) Map(x marking.Marking) Mapped {
	if x.Scheme != marking.SchemeAU {
		return Mapped{Outcome: None, Reason: "marking of another scheme"}
	}
	rank, known := marking.Rank(x.Classification)
	ceiling, _ := marking.Rank(m.Ceiling)
	if known && rank > ceiling {
		return Mapped{Outcome: Block, Reason: fmt.Sprintf("marked %s, above the ceiling %s", x.Classification, m.Ceiling)}
	}
	out := Mapped{Outcome: Labelled}
	if known {
		out.Label = m.present(x.Classification, x.Caveats, x.IMMs)
	}
	historical := m.historical(x, rank, known)
	if historical != "" && m.higher(historical, out.Label) {
		out.Label = historical
	}
	if out.Label != "" {
		l, _ := m.Catalogue.Get(out.Label)
		out.Reason = "marked " + describe(x) + ", which is " + l.Name
	}

	inText := x.Source != marking.SourceHeader && x.Source != marking.SourceSubject
	if inText && !known && historical == "" {
		// A word of an old scheme in running mail says nothing by itself.
		return Mapped{Outcome: None, Reason: "historical word without a row in the table"}
	}
	var except []marking.Code
	if historical != "" && marking.IsHistorical(x.Classification) {
		except = append(except, marking.UnknownClassification)
	}
	switch {
	case x.HasErrors(except...):
		out.Outcome, out.Reason = Hold, "the protective marking cannot be relied on: "+errorsOf(x, except)
	case out.Label == "":
		out.Outcome, out.Reason = Hold, "no label stands for the marking "+describe(x)
	}
	return out
}

// present gives the label of a present class with its caveats and IMMs.
func (m Mapping) present(class string, caveats, imms []string) ID {
	for _, cv := range []string{"SH:CABINET", "SH:NATIONAL-CABINET"} {
		if !slices.Contains(caveats, cv) {
			continue
		}
		if id := m.find(class, func(k Marking) bool { return slices.Contains(k.Caveats, cv) && len(k.IMMs) == 0 }); id != "" {
			return id
		}
	}
	for _, imm := range imms {
		if id := m.find(class, func(k Marking) bool { return len(k.Caveats) == 0 && slices.Equal(k.IMMs, []string{imm}) }); id != "" {
			return id
		}
	}
	return m.find(class, func(k Marking) bool { return len(k.Caveats) == 0 && len(k.IMMs) == 0 })
}

// find gives the lowest-ranked label of a class whose marking fits.
func (m Mapping) find(class string, fits func(Marking) bool) ID {
	for _, l := range m.Catalogue.Labels() {
		if l.Marking.Classification == class && fits(l.Marking) {
			return l.ID
		}
	}
	return ""
}

// historical gives the label of a historical class or limiting marker.
func (m Mapping) historical(x marking.Marking, rank int, known bool) ID {
	var best ID
	take := func(id ID) {
		if id != "" && m.higher(id, best) {
			best = id
		}
	}
	for _, k := range marking.HistoricalKeys(x.Classification) {
		if id, ok := m.Historical[k]; ok {
			take(id)
			break
		}
	}
	if x.DLM == "" {
		return best
	}
	take(m.Historical[x.DLM])
	if mean, ok := dlmMeaning[x.DLM]; ok && known && rank >= 3 {
		caveats, imms := slices.Clone(x.Caveats), slices.Clone(x.IMMs)
		if mean.caveat != "" {
			caveats = append(caveats, mean.caveat)
		}
		if mean.imm != "" {
			imms = append(imms, mean.imm)
		}
		take(m.present(x.Classification, caveats, imms))
	}
	return best
}

func (m Mapping) higher(a, b ID) bool {
	la, ok := m.Catalogue.Get(a)
	if !ok {
		return false
	}
	lb, has := m.Catalogue.Get(b)
	return !has || la.Rank > lb.Rank
}

// describe names a marking without its free text.
func describe(x marking.Marking) string {
	parts := []string{}
	if x.Classification != "" {
		parts = append(parts, x.Classification)
	}
	if x.DLM != "" {
		parts = append(parts, x.DLM)
	}
	for _, c := range x.Caveats {
		if slices.Contains([]string{"SH:CABINET", "SH:NATIONAL-CABINET", "RI:AUSTEO", "RI:AGAO"}, c) {
			parts = append(parts, strings.TrimPrefix(strings.TrimPrefix(c, "SH:"), "RI:"))
		}
	}
	parts = append(parts, x.IMMs...)
	if len(parts) == 0 {
		return "without a class"
	}
	return strings.Join(parts, " ")
}

func errorsOf(x marking.Marking, except []marking.Code) string {
	var out []string
	for _, d := range x.Diagnostics {
		if d.Severity == marking.Error && !slices.Contains(except, d.Code) && !slices.Contains(out, string(d.Code)) {
			out = append(out, string(d.Code))
		}
	}
	return strings.Join(out, ", ")
}
