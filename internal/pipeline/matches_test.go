package pipeline_test

import (
	"strings"
	"testing"

	"labelmilter/internal/assemble"
	"labelmilter/internal/detect"
	"labelmilter/internal/message"
)

// An explanation tells of each match of what was found why it counts or not,
// masked; without one there is none.
func TestMatches(t *testing.T) {
	t.Parallel()
	p := newPipeline(t, assemble.Options{})
	mail := "From: a@x.gov.au\r\nTo: b@y.gov.au\r\nSubject: t\r\nDate: Mon, 2 Nov 2026 10:00:00 +1100\r\n\r\nMy tax file number is 123 456 782, not 111 111 111.\r\n"
	if r := process(t, p, mail, message.Envelope{}); r.Matches != nil {
		t.Errorf("not asked for: %+v", r.Matches)
	}
	p.Explain = true
	counted, refused := false, false
	for _, m := range process(t, p, mail, message.Envelope{}).Matches {
		if strings.Contains(m.Value, "456") {
			t.Errorf("not masked: %s", m.Value)
		}
		if m.Type != "australia-tax-file-number" {
			continue
		}
		switch m.Outcome {
		case detect.Counted:
			counted = len(m.Evidence) == 1 && m.Evidence[0].Found && m.Evidence[0].Distance == 4
		case detect.Refused:
			refused = m.Reason == "validate: au-tfn"
		}
	}
	if !counted || !refused {
		t.Errorf("counted %v, refused %v", counted, refused)
	}
}
