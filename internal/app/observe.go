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
	for _, o := range e.Overrides {
		m.Overrides = append(m.Overrides, admin.Rule{Policy: o.Policy, Rule: o.Rule, Mode: o.Kind})
	}
	m.Offered, m.Refused = e.Offered, e.Refused
	a.metrics.Message(m)
}
