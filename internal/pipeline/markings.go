package pipeline

import (
	"slices"
	"strings"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/plan"
)

// FactDKIM is the fact that holds the domains, divided by blanks, whose DKIM
// signature on the message a trusted server verified.
const FactDKIM = "dkim.domains"

// read is one marking with its place and what it comes to.
type read struct {
	label.Mapped
	x     marking.Marking
	where extract.Where
	// fell: its EXPIRES date is past, and it came to what its DOWNTO does.
	fell bool
}

// markingSet is what was read, with what each marking comes to, in order of
// appearance.
type markingSet struct {
	reads []read
	// By source, own use only; for quoted, the quoted text of bodies. Header
	// and subject markings of other schemes than the catalogue's stand apart:
	// they have no place in the order of its standard.
	header, subject, body, attachment, quoted []label.Mapped
	otherHeader, otherSubject                 []label.Mapped
}

// all gives the markings as read.
func (s markingSet) all() []marking.Marking {
	var out []marking.Marking
	for _, r := range s.reads {
		out = append(out, r.x)
	}
	return out
}

// readMarkings reads the protective markings of the schemes in use in header,
// subject, text and attachments.
func (p *Pipeline) readMarkings(m *message.Message, ex extract.Result, f facts.Facts) markingSet {
	var s markingSet
	if p.Rules.Markings == nil {
		return s
	}
	reader := p.Rules.Markings.Reader
	fields := make([]marking.Field, 0, len(m.Header))
	for _, f := range m.Header {
		fields = append(fields, marking.Field{Name: f.Name, Raw: f.Raw})
	}
	for _, x := range reader.Fields(fields) {
		x.Raw = strings.TrimSpace(message.Unfold(x.Raw))
		s.add(x, extract.InHeader)
	}
	if reader.Reads(marking.SchemeESS) && m.Root != nil {
		b := budget.New(p.Limits)
		m.Root.Walk(func(part *message.Part) {
			if !signature(part.Type) {
				return
			}
			for _, x := range marking.ParseCMS(part.Decoded(b)) {
				x.Part = part.Path
				s.add(x, extract.InHeader)
			}
		})
	}
	domain := fromDomain(m)
	for _, f := range m.Header.All("Subject") {
		for _, t := range reader.Subject(message.DecodeField(f.Raw)) {
			s.add(t.Marking.WithSenderDomain(domain), extract.InSubject)
		}
	}
	for _, t := range ex.Texts {
		src := marking.SourceBody
		var found []marking.TextMarking
		switch t.Where {
		case extract.InBody:
			found = reader.Text(t.Body)
		case extract.InAttachment, extract.InHidden:
			src = marking.SourceAttachment
			found = cells(reader, t.Body)
		default:
			continue
		}
		for _, tm := range found {
			x := tm.Marking
			x.Source, x.Part = src, t.Part
			if t.Where == extract.InHidden && x.Use == marking.Own {
				x.Use = marking.Mention // nobody sees it: noted, it decides nothing
			}
			if s.has(x) {
				continue // the same text in another reading, as HTML and plain
			}
			s.add(x, t.Where)
		}
	}
	s.properties(reader, ex)
	s.secrecy(ex)
	var now time.Time
	if p.Expire {
		now = f.Now
	}
	mapping := p.Rules.Markings.Mapping
	mapping.SIOWords = slices.Contains(p.Write, plan.SIOHeader) && p.Rules.Site.Trusted(m.Envelope)
	s.judge(mapping, p.silent(domain, f), now)
	return s
}

func signature(typ string) bool {
	switch typ {
	case "application/pkcs7-mime", "application/x-pkcs7-mime", "application/pkcs7-signature", "application/x-pkcs7-signature":
		return true
	}
	return false
}

func (s *markingSet) add(x marking.Marking, where extract.Where) {
	s.reads = append(s.reads, read{x: x, where: where})
}

func (s *markingSet) has(x marking.Marking) bool {
	return slices.ContainsFunc(s.reads, func(y read) bool {
		return y.x.Source == x.Source && y.x.Use == x.Use && y.x.Raw == x.Raw && y.x.Scheme == x.Scheme &&
			(x.Source == marking.SourceBody || y.x.Part == x.Part)
	})
}

// secrecy remarks on Legislative-Secrecy markers where no text of the message
// names a provision.
func (s *markingSet) secrecy(ex extract.Result) {
	if !slices.ContainsFunc(s.reads, func(r read) bool { return slices.Contains(r.x.IMMs, marking.LegislativeSecrecy) }) {
		return
	}
	for _, t := range ex.Texts {
		if (t.Where == extract.InBody || t.Where == extract.InAttachment) && marking.NamesProvision(t.Body) {
			return
		}
	}
	for i := range s.reads {
		s.reads[i].x = s.reads[i].x.WithoutProvision()
	}
}

// judge maps the markings and sorts them by source. Silent text is talk about
// markings: it decides nothing. Markings that expired by now count as what
// they fell to; none does at the zero time.
func (s *markingSet) judge(mapping label.Mapping, silent bool, now time.Time) {
	for i := range s.reads {
		r := &s.reads[i]
		if silent && r.x.Source == marking.SourceBody && r.x.Use == marking.Own {
			r.x.Use = marking.Mention
		}
		if after, ok := r.x.Released(now); ok && !r.x.HasErrors() {
			r.Mapped = mapping.Map(after)
			r.Reason += ", since the marking expired"
			r.fell = true
		} else {
			r.Mapped = mapping.Map(r.x)
		}
		switch {
		case r.x.Use == marking.Quoted && (r.x.Source == marking.SourceBody || r.x.Source == marking.SourceHeader):
			s.quoted = append(s.quoted, r.Mapped)
		case r.x.Use != marking.Own:
		case other(mapping, r.x) && r.x.Source == marking.SourceHeader:
			s.otherHeader = append(s.otherHeader, r.Mapped)
		case other(mapping, r.x) && r.x.Source == marking.SourceSubject:
			s.otherSubject = append(s.otherSubject, r.Mapped)
		case r.x.Source == marking.SourceHeader:
			s.header = append(s.header, r.Mapped)
		case r.x.Source == marking.SourceSubject:
			s.subject = append(s.subject, r.Mapped)
		case r.x.Source == marking.SourceBody:
			s.body = append(s.body, r.Mapped)
		case r.x.Source == marking.SourceAttachment || r.x.Source == marking.SourceProperty:
			s.attachment = append(s.attachment, r.Mapped)
		}
	}
}

// other reports a marking of a scheme that is read beside the catalogue's.
func other(mapping label.Mapping, x marking.Marking) bool {
	return x.Scheme != mapping.Home() && x.Scheme != marking.SchemeForeign
}

// silent reports mail of a sender whose text sets no label: its From domain is
// in the list, and a verified DKIM signature is of that domain or of one above
// it that is in the list too.
func (p *Pipeline) silent(from string, f facts.Facts) bool {
	list := p.Rules.Markings.Silent
	if list == nil || from == "" || !list.Has(from) {
		return false
	}
	fact := f.Get(FactDKIM)
	if fact.State != facts.Known {
		return false
	}
	for _, d := range strings.Fields(strings.ToLower(fact.Value)) {
		if list.Has(d) && (d == from || strings.HasSuffix(from, "."+d)) {
			return true
		}
	}
	return false
}

// fromDomain is the domain of the first address in From: the standard implies
// the namespace of a subject tag from it (EPMS 2024 Table 1). It decides
// nothing else alone.
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
