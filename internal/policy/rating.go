package policy

import (
	"strings"

	"labelmilter/internal/facts"
	"labelmilter/internal/label"
)

// Rating is the highest label that some mailboxes may be sent.
type Rating struct {
	Label label.Label
	Match AddressMatch
}

// Ratings is a rating list. A mailbox is rated by the highest row it fits.
type Ratings []Rating

// belowLabel reports whether the label decided is above what a mailbox is
// rated for. One that no row fits may have mail without label only. What is
// blocked, or held without a label, ranks above every label.
func (r Ratings) belowLabel(e *Evaluation, who string, a address, site *Organisation) bool {
	lab := e.Label
	if lab.Outcome == label.Block || lab.Outcome == label.Hold && lab.Label == nil {
		return true
	}
	if lab.Label == nil {
		return false
	}
	for _, row := range r {
		if row.Label.Rank >= lab.Label.Rank && row.Match.fits(e, who, a, site) {
			return false
		}
	}
	return true
}

// values gives what is known of a mailbox under a name: the fact if there is
// one, else what the directory of the rule set says. An unavailable fact is
// no value: the directory does not speak in its place.
func (e *Evaluation) values(who string, a address, name string) []string {
	f := e.Facts.Get(factName(who, a, name))
	switch f.State {
	case facts.Known:
		vs := strings.Split(f.Value, ",")
		if len(vs) > 1 { // one value may have a comma in it
			vs = append(vs, f.Value)
		}
		return vs
	case facts.Unavailable:
		return nil
	}
	return e.Lists.values(a.full, name)
}

// same reports whether sender and mailbox share a value of an attribute.
func (e *Evaluation) same(who string, a address, name string) bool {
	mine := e.values("sender", e.sender, name)
	for _, v := range e.values(who, a, name) {
		v = strings.TrimSpace(v)
		for _, w := range mine {
			if v != "" && strings.EqualFold(v, strings.TrimSpace(w)) {
				return true
			}
		}
	}
	return false
}
