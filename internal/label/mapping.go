package label

import (
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/marking"
)

// Mapping turns a protective marking into one outcome. Every value of the
// grammar of the home scheme has exactly one; markings of other schemes have
// one through the table of equivalence.
type Mapping struct {
	Catalogue  *Catalogue
	Scheme     string        // home scheme; "" is the Australian one
	Ceiling    string        // highest class of the home scheme that may pass
	Historical map[string]ID // by historical class or dissemination limiting marker
	IMMs       IMMMode
	// Equivalence is what markings of other schemes come to.
	Equivalence []Equivalence
	// SIOPolicy is the object identifier of the site's own security policy in
	// SIO-Label fields, SIOClasses the labels of its classes.
	SIOPolicy  string
	SIOClasses map[string]ID
	// SIOWords: the words of a banner in an SIO-Label without a policy are the
	// site's own, as those of mail from inside where the site writes such fields.
	SIOWords bool
	// Claims holds the schemes whose markings are noted and decide nothing.
	Claims []string
}

// IMMMode says which label a marking with several IMMs gets.
type IMMMode string

// The modes. The zero value is first.
const (
	// IMMFirst takes the label of the first IMM, in order of appearance, that
	// has one.
	IMMFirst IMMMode = "first"
	// IMMAll wants a label that names every IMM; without one the message is
	// held, with the label of the first IMM as floor.
	IMMAll IMMMode = "all"
	// IMMHighest takes the label of the IMM whose label ranks highest, the
	// first among equals.
	IMMHighest IMMMode = "highest"
)

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

// Home is the id of the home scheme.
func (m Mapping) Home() string {
	if m.Scheme == "" {
		return marking.SchemeAU
	}
	return m.Scheme
}

// rank orders the classes of the home scheme.
func (m Mapping) rank(class string) (int, bool) { return marking.ClassRank(m.Home(), class) }

// above reports whether a class of the home scheme is above the ceiling.
func (m Mapping) above(class string) bool {
	r, known := m.rank(class)
	ceiling, _ := m.rank(m.Ceiling)
	return known && r > ceiling
}

// Map gives the outcome of a marking. The class decides first; then CABINET,
// else NATIONAL-CABINET, else another caveat with a label of its own, else
// the IMMs by the mode, pick the label of that class; a marker without a
// label of its own leaves the class's plain label.
func (m Mapping) Map(x marking.Marking) Mapped {
	if x.Scheme != m.Home() {
		return m.foreign(x)
	}
	rank, known := m.rank(x.Classification)
	if m.above(x.Classification) {
		return Mapped{Outcome: Block, Reason: fmt.Sprintf("marked %s, above the ceiling %s", x.Classification, m.Ceiling)}
	}
	if handlingOnly(x) {
		return Mapped{Outcome: None, Reason: "handling marker without a class"}
	}
	out := Mapped{Outcome: Labelled}
	complete := true
	if known {
		out.Label, complete = m.present(x.Classification, x.Caveats, x.IMMs)
	}
	historical := m.historical(x, rank, known)
	if historical != "" && m.higher(historical, out.Label) {
		out.Label = historical
	}
	if out.Label != "" {
		var buf [128]byte
		b := append(appendMarking(append(buf[:0], "marked "...), x), ", which is "...)
		if l := m.Catalogue.find(out.Label); l != nil {
			b = append(b, l.Name...)
		}
		out.Reason = string(b)
	}
	if inText(x) && !known && historical == "" {
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
	case !complete:
		out.Outcome, out.Reason = Hold, "no label names all markers of "+describe(x)
	}
	return out
}

func inText(x marking.Marking) bool {
	return x.Source != marking.SourceHeader && x.Source != marking.SourceSubject
}

// handlingOnly reports a marking that says who may have the mail and names no
// class, such as [SEEMAIL].
func handlingOnly(x marking.Marking) bool {
	return x.Scheme != marking.SchemeAU && x.Classification == "" && len(x.Caveats) > 0 && !x.HasErrors()
}

// present gives the label of a present class with its caveats and IMMs.
// complete is false if the mode wants more of it than any label says.
func (m Mapping) present(class string, caveats, imms []string) (id ID, complete bool) {
	for _, cv := range caveatOrder(caveats) {
		if id, complete := m.withIMMs(class, cv, imms); id != "" {
			return id, complete
		}
	}
	return m.withIMMs(class, "", imms)
}

// caveatOrder puts the caveats that decide first in front.
func caveatOrder(caveats []string) []string {
	if len(caveats) < 2 {
		return caveats
	}
	var out []string
	for _, cv := range []string{marking.CaveatCabinet, marking.CaveatNationalCabinet} {
		if slices.Contains(caveats, cv) {
			out = append(out, cv)
		}
	}
	for _, cv := range caveats {
		if !slices.Contains(out, cv) {
			out = append(out, cv)
		}
	}
	return out
}

// withIMMs gives the label of a class with exactly one caveat, or none.
func (m Mapping) withIMMs(class, caveat string, imms []string) (id ID, complete bool) {
	find := func(want ...string) ID {
		return m.find(class, func(k Marking) bool {
			if caveat == "" && len(k.Caveats) > 0 || caveat != "" && !slices.Equal(k.Caveats, []string{caveat}) {
				return false
			}
			return sameSet(k.IMMs, want)
		})
	}
	if m.IMMs == IMMAll && len(imms) > 0 {
		if id := find(imms...); id != "" {
			return id, true
		}
	}
	var best ID
	for _, imm := range imms {
		one := find(imm)
		switch {
		case one == "":
		case m.IMMs != IMMHighest:
			return one, m.IMMs != IMMAll || len(imms) == 1
		case best == "" || m.higher(one, best):
			best = one
		}
	}
	if best != "" {
		return best, true
	}
	return find(), m.IMMs != IMMAll || len(imms) == 0
}

func sameSet(a, b []string) bool {
	if len(a) != len(b) {
		return false
	}
	for _, x := range a {
		if !slices.Contains(b, x) {
			return false
		}
	}
	return true
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
	keys := marking.HistoricalKeys(x.Classification)
	if x.Scheme != marking.SchemeAU && !known && x.Classification != "" {
		keys = []string{x.Classification}
	}
	for _, k := range keys {
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
		id, _ := m.present(x.Classification, caveats, imms)
		take(id)
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
func describe(x marking.Marking) string { return string(appendMarking(nil, x)) }

func appendMarking(b []byte, x marking.Marking) []byte {
	start := len(b)
	add := func(s string) {
		if s == "" {
			return
		}
		if len(b) > start {
			b = append(b, ' ')
		}
		b = append(b, s...)
	}
	add(x.Classification)
	add(x.DLM)
	for _, c := range x.Caveats {
		switch c {
		case marking.CaveatCabinet, marking.CaveatNationalCabinet, marking.CaveatAUSTEO, marking.CaveatAGAO:
			add(strings.TrimPrefix(strings.TrimPrefix(c, "SH:"), "RI:"))
		}
	}
	for _, i := range x.IMMs {
		add(i)
	}
	if len(b) == start {
		add("without a class")
	}
	return b
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
