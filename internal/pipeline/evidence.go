package pipeline

import (
	"slices"
	"strings"

	"labelmilter/internal/label"
	"labelmilter/internal/message"
)

// sourced is what the markings of one source come to.
type sourced struct {
	src label.Source
	ms  []label.Mapped
}

// evidence turns markings and labels found on arrival into what the label
// decision looks at.
func (p *Pipeline) evidence(m *message.Message, s markingSet) label.Evidence {
	var e label.Evidence
	own := []sourced{{label.FromHeader, s.header}, {label.FromSubject, s.subject}}
	if !anyOutcome(s.header) && !anyOutcome(s.subject) {
		own = append(own, sourced{label.FromBody, s.body})
	} else {
		p.bodyConflict(&e, s)
	}
	standard := len(own)
	own = append(own, sourced{label.FromAttachment, s.attachment}, sourced{label.FromHeader, s.otherHeader}, sourced{label.FromSubject, s.otherSubject})
	for i, o := range own {
		for _, x := range o.ms {
			switch x.Outcome {
			case label.Block:
				if e.Blocked == "" {
					e.Blocked = x.Reason
				}
			case label.Hold:
				if e.Held == "" {
					e.Held = x.Reason
				}
			}
			if x.Label == "" {
				continue
			}
			e.Floor = append(e.Floor, label.Candidate{Label: x.Label, Source: o.src, Reason: x.Reason})
			if e.Standard == "" && i < standard {
				e.Standard = x.Label
			}
		}
	}
	p.markingConflicts(&e, s)
	p.arrived(m, &e)
	return e
}

func anyOutcome(ms []label.Mapped) bool {
	return slices.ContainsFunc(ms, func(x label.Mapped) bool { return x.Outcome != label.None })
}

func name(x label.Mapped) string {
	if x.Label != "" {
		return string(x.Label)
	}
	return string(x.Outcome)
}

// markingConflicts records disagreement among header fields and subject tags.
// The highest is kept; the standard's own answer stands in by_standard.
func (p *Pipeline) markingConflicts(e *label.Evidence, s markingSet) {
	conflict := func(code, detail string, ms ...label.Mapped) {
		kept := ms[0]
		for _, x := range ms[1:] {
			if p.rank(x) > p.rank(kept) {
				kept = x
			}
		}
		c := label.Conflict{Code: code, Kept: name(kept), Lost: []string{}, Detail: detail}
		for _, x := range ms {
			if n := name(x); n != c.Kept && !slices.Contains(c.Lost, n) {
				c.Lost = append(c.Lost, n)
			}
		}
		e.Conflicts = append(e.Conflicts, c)
	}
	if len(s.header) > 1 {
		conflict(label.SeveralHeaderMarkings, "the standard allows one field; the highest counts", s.header...)
	}
	if len(s.subject) > 1 {
		conflict(label.SeveralSubjectTags, "the standard takes the leftmost; the highest counts", s.subject...)
	}
	if len(s.header) > 0 && len(s.subject) > 0 && name(s.header[0]) != name(s.subject[0]) {
		conflict(label.HeaderSubjectDiffer, "the standard takes the header; the highest counts", s.header[0], s.subject[0])
	}
}

// rank orders what markings come to: block above everything, then a hold
// without a label, then by the label's rank.
func (p *Pipeline) rank(x label.Mapped) int {
	switch {
	case x.Outcome == label.Block:
		return 1 << 30
	case x.Outcome == label.Hold && x.Label == "":
		return 1 << 29
	}
	l, _ := p.Rules.Catalogue.Get(x.Label)
	return l.Rank
}

// bodyConflict reports a body marking above header and subject: with those
// present it decides nothing.
func (p *Pipeline) bodyConflict(e *label.Evidence, s markingSet) {
	top := 0
	for _, x := range slices.Concat(s.header, s.subject) {
		top = max(top, p.rank(x))
	}
	for _, x := range s.body {
		if p.rank(x) > top && x.Label != "" {
			e.Rules = append(e.Rules, label.Candidate{Label: x.Label, Source: label.FromBody, Reason: "body text is " + x.Reason, Recommend: true})
		}
	}
}

// arrived reads the labels that the message brought: an own-tenant label in
// msip_labels, believed only from an authenticated internal sender, and our
// own field of an earlier pass.
func (p *Pipeline) arrived(m *message.Message, e *label.Evidence) {
	if v, ok := m.Header.First(label.Header); ok {
		if id, cat, _, ok := label.ParseHeader(v); ok && cat == p.Rules.Catalogue.ID {
			if _, known := p.Rules.Catalogue.Get(id); known {
				e.Previous = id
			}
		}
	}
	var items []string
	for _, f := range m.Header.All(label.MSIPHeader) {
		items = append(items, f.Value())
	}
	if len(items) == 0 || p.Rules.Site.TenantID == "" {
		return
	}
	own, ok := label.ParseMSIP(strings.Join(items, ";")).OfTenant(p.Rules.Site.TenantID)
	if !ok {
		return
	}
	l, ok := p.Rules.Catalogue.ByGUID(own.GUID)
	if !ok {
		return
	}
	e.Previous = l.ID
	if !p.Rules.Site.Trusted(m.Envelope) {
		return
	}
	c := &label.Candidate{Label: l.ID, Source: label.FromMSIP, Reason: "labelled " + l.Name + " by the sender"}
	if strings.EqualFold(own.Method, "Privileged") {
		e.Manual = c
	} else {
		e.Earlier = c
	}
}
