package pipeline

import (
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
)

// Match says why a match of a type that was found counts or not. Only
// explanations have them.
type Match struct {
	Type       string          `json:"type"`
	Name       string          `json:"name"`
	Part       string          `json:"part"`
	Where      extract.Where   `json:"where"`
	Value      string          `json:"value"`      // masked
	Pattern    int             `json:"pattern"`    // of the type, from 1
	Confidence int             `json:"confidence"` // of the pattern
	Outcome    detect.Outcome  `json:"outcome"`
	Reason     string          `json:"reason"` // of a match that was refused
	Evidence   []MatchEvidence `json:"evidence"`
}

// MatchEvidence is a supporting element of the pattern.
type MatchEvidence struct {
	ID       string `json:"id"`
	Under    string `json:"under"` // all, any, none; "" at the top
	Found    bool   `json:"found"`
	Distance int    `json:"distance"` // characters, -1 if not found
}

// maxMatches bounds what is told of one type.
const maxMatches = 20

// matches explains the types that were found.
func (p *Pipeline) matches(ex extract.Result, found []detect.Finding) (out []Match) {
	last := ""
	for _, f := range found {
		if f.Type == last || f.Kind != "sit" {
			continue // sorted by type
		}
		last = f.Type
		traces, _ := p.Rules.Engine.Explain(ex.Texts, f.Type, p.Limits)
		for i, t := range traces {
			if i == maxMatches {
				break
			}
			m := Match{Type: f.Type, Name: f.Name, Part: t.Part, Where: t.Where, Value: t.Value.Mask(), Pattern: t.Pattern + 1,
				Confidence: t.Confidence, Outcome: t.Outcome, Reason: t.Reason, Evidence: []MatchEvidence{}}
			for _, e := range t.Evidence {
				m.Evidence = append(m.Evidence, MatchEvidence{e.ID, e.Under, e.Found, e.Distance})
			}
			out = append(out, m)
		}
	}
	return out
}
