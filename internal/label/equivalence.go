package label

import (
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/marking"
)

// Equivalence says what one class of another scheme comes to: a label, or a
// class of the home scheme, which counts against the ceiling.
type Equivalence struct {
	Scheme         string
	Namespace      string // vocabulary, policy or class GUID; "" for any
	Classification string // or a handling marker that names no class
	Label          ID
	Class          string
	// Confirmed rows label the message. Others only give the floor: the
	// message is held until somebody has looked.
	Confirmed bool
	Source    string // where the row comes from
}

// foreign gives the outcome of a marking of another scheme. It can only raise
// what the message has, or hold it, never lower it.
func (m Mapping) foreign(x marking.Marking) Mapped {
	switch {
	case x.Scheme == marking.SchemeForeign:
		return Mapped{Outcome: None, Reason: "marking of another scheme"}
	case slices.Contains(m.Claims, x.Scheme):
		return Mapped{Outcome: None, Reason: "marking of " + x.Scheme + ", read as a claim only"}
	}
	row, ok := m.equivalent(x)
	if own := m.ours(x); own != "" && !x.HasErrors() && !(ok && row.Confirmed) {
		l, _ := m.Catalogue.Get(own)
		return Mapped{Outcome: Labelled, Label: own, Reason: "labelled " + l.Name + " in the terms of this site's own policy"}
	}
	if !ok {
		if handlingOnly(x) {
			return Mapped{Outcome: None, Reason: "handling marker of " + x.Scheme + " without a class"}
		}
		if inText(x) && x.Has(marking.HistoricalMarking) && !x.HasErrors() {
			return Mapped{Outcome: None, Reason: "historical word of " + x.Scheme + " without a row in the table"}
		}
		if x.Classification == "" {
			return Mapped{Outcome: Hold, Reason: fmt.Sprintf("the marking of %s cannot be relied on: %s", x.Scheme, errorsOf(x, nil))}
		}
		return Mapped{Outcome: Hold, Reason: "a marking of " + x.Scheme + " has no equivalent here"}
	}
	name := row.Scheme + " " + row.Classification // words of the table, not of the mail
	out := Mapped{Outcome: Labelled, Label: row.Label}
	if row.Class != "" {
		if m.above(row.Class) {
			return Mapped{Outcome: Block, Reason: fmt.Sprintf("marked %s, equivalent to %s, above the ceiling %s", name, row.Class, m.Ceiling)}
		}
		out.Label, _ = m.present(row.Class, nil, nil)
	}
	l, known := m.Catalogue.Get(out.Label)
	out.Reason = "marked " + name + ", equivalent to " + l.Name
	switch {
	case !known:
		return Mapped{Outcome: Hold, Reason: "marked " + name + ", for which no label stands"}
	case x.HasErrors():
		out.Outcome, out.Reason = Hold, fmt.Sprintf("the marking of %s cannot be relied on: %s", x.Scheme, errorsOf(x, nil))
	case !row.Confirmed:
		out.Outcome, out.Reason = Hold, "marked "+name+": the equivalence to "+l.Name+" is not confirmed"
	}
	return out
}

// equivalent finds the row of a marking: one of its namespace before one of
// any; for a marking without a class by its handling markers.
func (m Mapping) equivalent(x marking.Marking) (Equivalence, bool) {
	keys := []string{x.Classification}
	if x.Classification == "" {
		keys = x.Caveats
	}
	for _, any := range []bool{false, true} {
		for _, k := range keys {
			if k == "" {
				continue
			}
			for _, e := range m.Equivalence {
				ns := e.Namespace == ""
				if !any {
					ns = e.Namespace != "" && strings.EqualFold(e.Namespace, x.Namespace)
				}
				if ns && e.Scheme == x.Scheme && strings.EqualFold(e.Classification, k) {
					return e, true
				}
			}
		}
	}
	return Equivalence{}, false
}

// ours gives the label of an SIO-Label in the site's own terms, as it is
// written here: a class of the site's policy, or, without a policy, just the
// words of a label's banner.
func (m Mapping) ours(x marking.Marking) ID {
	if x.Scheme != marking.SchemeSIO || x.Classification == "" {
		return ""
	}
	if x.Namespace != "" {
		if !strings.EqualFold(x.Namespace, m.SIOPolicy) {
			return ""
		}
		return m.SIOClasses[x.Classification]
	}
	for _, l := range m.Catalogue.Labels() {
		if m.SIOWords && l.Banner == x.Classification {
			return l.ID
		}
	}
	return ""
}
