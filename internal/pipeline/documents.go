package pipeline

import (
	"slices"
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

// properties reads the markings in document properties: the marking field, the
// label fields of products, which keep them in documents too, and subject tags and
// banners in the properties that people fill in.
func (s *markingSet) properties(reader *marking.Reader, ex extract.Result) {
	add := func(part string, m marking.Marking) {
		m.Source, m.Part = marking.SourceProperty, part
		if !s.has(m) {
			s.add(m, extract.InProperty)
		}
	}
	for _, f := range propertyFields(ex.Properties) {
		name := strings.ToLower(f.name)
		switch {
		case name == markingProperty:
			add(f.part, marking.ParseHeader(f.value))
		case strings.HasPrefix(name, "msip_label_"):
		case slices.Contains(spokenProperties, name):
			for _, t := range reader.Subject(f.value) {
				add(f.part, t.Marking)
			}
			for _, t := range reader.Text(f.value) {
				if t.Marking.Use == marking.Own {
					add(f.part, t.Marking)
				}
			}
		default:
			for _, m := range reader.Fields([]marking.Field{{Name: f.name, Raw: f.value}}) {
				add(f.part, m)
			}
		}
	}
}

// markingProperty is the property in which Office add-ins keep the marking.
const markingProperty = "x-protective-marking"

// spokenProperties are those in which people write a marking in words.
var spokenProperties = []string{"title", "subject", "keywords", "keyword", "category", "description", "comments", "contentstatus", "status",
	"classification", "security classification", "securityclassification", "protective marking", "protectivemarking", "marking"}

type propertyField struct{ part, name, value string }

// propertyFields gives the properties with those joined that a product has cut into
// numbered pieces: bjDocumentLabelXML, bjDocumentLabelXML-0, … (a property of
// Office holds 255 characters).
func propertyFields(in []document.Property) []propertyField {
	var out []propertyField
	for _, p := range in {
		if base, n, ok := strings.Cut(p.Name, "-"); ok && strings.EqualFold(base, "bjDocumentLabelXML") && strings.Trim(n, "0123456789") == "" {
			if i := len(out) - 1; i >= 0 && out[i].part == p.Part && strings.EqualFold(out[i].name, base) {
				out[i].value += p.Value
				continue
			}
			p.Name = base
		}
		out = append(out, propertyField{p.Part, p.Name, p.Value})
	}
	return out
}

// cells reads the markings in the text of a document, in which a cell of a table is
// as good as a line: cover pages keep their marking in one. Cells of different
// classes are a list of classes, and mark nothing.
func cells(reader *marking.Reader, text string) []marking.TextMarking {
	if !strings.Contains(text, "\t") {
		return reader.Text(text)
	}
	found := reader.Text(strings.ReplaceAll(text, "\t", "\n")) // of the same length
	cell := func(m marking.TextMarking) bool {
		return m.Marking.Use == marking.Own && (m.Start > 0 && text[m.Start-1] == '\t' || m.End < len(text) && text[m.End] == '\t')
	}
	class, several := "", false
	for _, m := range found {
		if cell(m) {
			several = several || class != "" && class != m.Marking.Classification
			class = m.Marking.Classification
		}
	}
	for i, m := range found {
		if several && cell(m) {
			found[i].Marking.Use = marking.Mention
		}
	}
	return found
}
