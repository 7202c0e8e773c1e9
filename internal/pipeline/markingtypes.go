package pipeline

import (
	"cmp"
	"slices"

	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/sit"
)

// markingFindings adds findings for the markings whose type a condition asks
// for: one for each type, part, place and confidence. A marking in own use has
// high confidence, one that is quoted or mentioned low. The header is not
// text: its markings have conditions of their own.
func (p *Pipeline) markingFindings(found []detect.Finding, s markingSet) []detect.Finding {
	m := p.Rules.Markings
	if m == nil || len(m.Used) == 0 {
		return found
	}
	out := slices.Clone(found)
	n := len(out)
	for _, r := range s.reads {
		if r.Label == "" || r.Outcome != label.Labelled || r.where == extract.InHeader || !slices.Contains(m.Used, r.Label) {
			continue
		}
		confidence := sit.High
		if r.x.Use != marking.Own {
			confidence = sit.Low
		}
		id := m.TypeID(r.Label)
		i := slices.IndexFunc(out[n:], func(f detect.Finding) bool {
			return f.Type == id && f.Part == r.x.Part && f.Where == r.where && f.Confidence == confidence
		})
		if i >= 0 {
			out[n+i].Count++
			continue
		}
		l, _ := p.Rules.Catalogue.Get(r.Label)
		out = append(out, detect.Finding{Type: id, Name: m.TypeName(l), Kind: "marking", Confidence: confidence, Level: sit.Level(confidence),
			Count: 1, Unique: 1, Part: r.x.Part, Where: r.where})
	}
	slices.SortStableFunc(out, func(a, b detect.Finding) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Where, b.Where), cmp.Compare(b.Confidence, a.Confidence))
	})
	return out
}
