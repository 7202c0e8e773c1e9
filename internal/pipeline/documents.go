package pipeline

import (
	"strings"

	"labelmilter/internal/extract"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
)

// documents lets the labels of attached documents join the floor: a message
// is at least as sensitive as what it carries. Labels of other tenants say
// nothing here.
func (p *Pipeline) documents(ex extract.Result, e *label.Evidence) {
	tenant := p.Rules.Site.TenantID
	if tenant == "" {
		return
	}
	for _, d := range ex.Labels {
		if !d.Enabled || d.Removed || !strings.EqualFold(strings.Trim(d.SiteID, "{}"), tenant) {
			continue
		}
		if l, ok := p.Rules.Catalogue.ByGUID(d.ID); ok {
			e.Floor = append(e.Floor, label.Candidate{Label: l.ID, Source: label.FromDocument,
				Reason: "the document in part " + d.Part + " is labelled " + l.Name})
		}
	}
}

// properties reads protective markings in document properties of the name of
// the marking field.
func (s *markingSet) properties(ex extract.Result) {
	for _, x := range ex.Properties {
		if !strings.EqualFold(x.Name, markingProperty) {
			continue
		}
		m := marking.ParseHeader(x.Value)
		m.Source, m.Part = marking.SourceProperty, x.Part
		if !s.has(m) {
			s.add(m, extract.InProperty)
		}
	}
}

// markingProperty is the property in which Office add-ins keep the marking.
const markingProperty = "X-Protective-Marking"
