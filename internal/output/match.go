package output

import (
	"fmt"

	"labelmilter/internal/detect"
	"labelmilter/internal/pipeline"
)

// match says why one match counts or not, and what stands beside it.
func (p *Printer) match(m pipeline.Match) {
	where := string(m.Where)
	if m.Part != "" {
		where += " of part " + m.Part
	}
	said := map[detect.Outcome]string{
		detect.Counted:    "counts",
		detect.Covered:    "does not count: another match of the type with more confidence, or longer, stands there",
		detect.NoEvidence: "does not count: what has to stand near is missing",
		detect.Refused:    "does not count: refused by " + m.Reason,
		detect.Allowed:    "does not count: it is on a list of allowed values",
	}[m.Outcome]
	p.field("match", "%s: %s in %s, pattern %d (confidence %d): %s", m.Name, m.Value, where, m.Pattern, m.Confidence, said)
	for _, e := range m.Evidence {
		mark, far := "no ", "not near"
		if e.Found {
			mark, far = "yes", "touches it"
			switch {
			case e.Distance == 1:
				far = "1 character away"
			case e.Distance > 1:
				far = fmt.Sprintf("%d characters away", e.Distance)
			}
		}
		kind := map[string]string{"all": ", needed with the others", "any": ", one of several", "none": ", must not be there"}[e.Under]
		if side := map[string]string{"before": "before", "after": "behind"}[e.Under]; side != "" {
			far = "part of the match"
			if kind = ", " + side + " it"; !e.Found {
				far, kind = "not right "+side+" it", ", needed there"
			}
		}
		p.field("", "  %s %s: %s%s", mark, e.ID, far, kind)
	}
}
