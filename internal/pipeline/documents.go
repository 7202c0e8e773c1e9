package pipeline

import (
	"strings"

	"labelmilter/internal/extract"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/policy"
)

// documents lets the labels of attached documents join the floor: a message
// is at least as sensitive as what it carries.
func (p *Pipeline) documents(ex extract.Result, e *label.Evidence) {
	for _, d := range ex.Labels {
		if l, ok := p.own(d); ok {
			e.Floor = append(e.Floor, label.Candidate{Label: l.ID, Source: label.FromDocument,
				Reason: "the document in part " + d.Part + " is labelled " + l.Name})
		}
	}
}

// own gives the label of the catalogue that a document's label is. Labels of
// other tenants say nothing here.
func (p *Pipeline) own(d document.Label) (label.Label, bool) {
	tenant := p.Rules.Site.TenantID
	if tenant == "" || !d.Enabled || d.Removed || !strings.EqualFold(strings.Trim(d.SiteID, "{}"), tenant) {
		return label.Label{}, false
	}
	return p.Rules.Catalogue.ByGUID(d.ID)
}

// carried gives the labels that attachments carry, in their properties and as
// markings in their text. A label of another tenant is one too, but none of
// the catalogue.
func (p *Pipeline) carried(ex extract.Result, s markingSet) []policy.Carried {
	var out []policy.Carried
	for _, d := range ex.Labels {
		if !d.Enabled || d.Removed {
			continue
		}
		a := label.Assignment{Outcome: label.Labelled}
		if l, ok := p.own(d); ok {
			a.Label = &l
		} else if p.Rules.Site.TenantID != "" {
			continue
		}
		out = append(out, policy.Carried{Part: d.Part, Label: a})
	}
	for _, r := range s.reads {
		if r.x.Use != marking.Own || r.x.Source != marking.SourceAttachment && r.x.Source != marking.SourceProperty || r.Outcome == label.None {
			continue
		}
		a := label.Assignment{Outcome: r.Outcome}
		if l, ok := p.Rules.Catalogue.Get(r.Mapped.Label); ok {
			a.Label = &l
		}
		out = append(out, policy.Carried{Part: r.x.Part, Label: a})
	}
	return out
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
