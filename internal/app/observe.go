package app

import (
	"labelmilter/internal/admin"
	"labelmilter/internal/filter"
)

// observe counts a message.
func (a *App) observe(e filter.Event) {
	m := admin.Message{Direction: e.Direction, Verdict: string(e.Verdict), Outcome: e.Outcome, Label: e.Label, Bytes: e.Size,
		Skipped: e.Skipped, Fail: string(e.Fail), Gone: e.Gone, Unsent: e.SendError != nil, Duration: e.Duration}
	for _, r := range e.Matched {
		m.Rules = append(m.Rules, admin.Rule{Policy: r.Policy, Rule: r.Rule, Mode: r.Mode})
	}
	a.metrics.Message(m)
}
