package pipeline

import (
	"slices"
	"strings"

	"labelmilter/internal/extract"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
)

// markingHeader is the field of the Email Protective Marking Standard.
const markingHeader = "X-Protective-Marking"

// markingSet is what was read, with what each marking comes to.
type markingSet struct {
	all                   []marking.Marking
	header, subject, body []label.Mapped // in order of appearance
	quoted                []label.Mapped
	tags                  int
}

// readMarkings reads the protective markings of the active scheme in header,
// subject and body text.
func (p *Pipeline) readMarkings(m *message.Message, ex extract.Result) markingSet {
	var s markingSet
	if p.Rules.Markings == nil {
		return s
	}
	mapping := label.Mapping{Catalogue: p.Rules.Catalogue, Ceiling: p.Rules.Markings.Ceiling, Historical: p.Rules.Markings.Historical}
	for _, f := range m.Header.All(markingHeader) {
		x := marking.ParseHeader(f.Raw)
		x.Raw = strings.TrimSpace(message.Unfold(x.Raw))
		s.all = append(s.all, x)
		s.header = append(s.header, mapping.Map(x))
	}
	domain := fromDomain(m)
	for _, f := range m.Header.All("Subject") {
		for _, t := range marking.FindSubject(message.DecodeField(f.Raw)) {
			x := t.Marking.WithSenderDomain(domain)
			s.all = append(s.all, x)
			s.subject = append(s.subject, mapping.Map(x))
			s.tags++
		}
	}
	for _, t := range ex.Texts {
		if t.Where != extract.InBody {
			continue
		}
		for _, x := range marking.FindText(t.Body) {
			x := x.Marking
			x.Source, x.Part = marking.SourceBody, t.Part
			if contains(s.all, x) {
				continue // the same text in another reading, as HTML and plain
			}
			s.all = append(s.all, x)
			switch x.Use {
			case marking.Own:
				s.body = append(s.body, mapping.Map(x))
			case marking.Quoted:
				s.quoted = append(s.quoted, mapping.Map(x))
			}
		}
	}
	return s
}

func contains(all []marking.Marking, x marking.Marking) bool {
	return slices.ContainsFunc(all, func(y marking.Marking) bool {
		return y.Source == x.Source && y.Use == x.Use && y.Raw == x.Raw
	})
}

// fromDomain is the domain of the first address in From: the standard implies
// the namespace of a subject tag from it (EPMS 2024 Table 1). It decides
// nothing else.
func fromDomain(m *message.Message) string {
	v, _ := m.Header.First("From")
	i := strings.LastIndexByte(v, '@')
	if i < 0 {
		return ""
	}
	d := v[i+1:]
	if j := strings.IndexAny(d, "> \t,;)\""); j >= 0 {
		d = d[:j]
	}
	return strings.ToLower(d)
}

// evidence turns markings and labels found on arrival into what the label
// decision looks at.
func (p *Pipeline) evidence(m *message.Message, s markingSet) label.Evidence {
	var e label.Evidence
	own := []struct {
		src label.Source
		ms  []label.Mapped
	}{{label.FromHeader, s.header}, {label.FromSubject, s.subject}}
	if !anyOutcome(s.header) && !anyOutcome(s.subject) {
		own = append(own, struct {
			src label.Source
			ms  []label.Mapped
		}{label.FromBody, s.body})
	} else {
		p.bodyConflict(&e, s)
	}
	for _, o := range own {
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
			if e.Standard == "" {
				e.Standard = x.Label
			}
		}
	}
	p.markingConflicts(&e, s)
	for _, q := range s.quoted {
		if q.Label != "" {
			e.Rules = append(e.Rules, label.Candidate{Label: q.Label, Source: label.FromThread, Reason: "quoted text is " + q.Reason, Recommend: true})
		}
	}
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
