package filter

import (
	"context"
	"strings"
	"time"

	"go.uber.org/zap"

	"labelmilter/internal/enforce"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/verdict"
)

// Event is what became of one message, without anything of its content: fit
// for logs and metrics.
type Event struct {
	Session      string
	Listener     string
	QueueID      string
	MessageID    string // header text: printable ASCII, at most 200 characters
	SenderDomain string
	Recipients   int
	Size         int64 // bytes
	Direction    string
	Outcome      string
	Label        string // id, "" if none
	Verdict      verdict.Disposition
	Rule         string         // that won, "policy/rule"
	Matched      []RuleHit      // rules that matched
	Overrides    []RuleOverride // rules that the sender lifted
	Offered      string         // rule that offered an override, "policy/rule", "" for none
	Refused      string         // why an override token opened nothing, "" if none came or it did
	Skipped      []string       // distinct reasons of what was not inspected
	Fail         Why            // "" if the pipeline decided
	Gone         bool           // nobody waited for an answer: nothing was decided
	Ruleset      string         // digest
	Duration     time.Duration  // from end of message to the answer
	SendError    error          // the answer did not go out
}

// RuleHit is a rule that matched.
type RuleHit struct {
	Policy, Rule, Mode string
	Effective          bool
}

// RuleOverride is a rule that was lifted.
type RuleOverride struct{ Policy, Rule, Kind string }

func (e *Event) overrides(o pipeline.Override) {
	if o.Offer != nil {
		_, e.Offered, _ = strings.Cut(o.Offer.Rule, "/")
	}
	if o.Claim == nil {
		return
	}
	e.Refused = o.Claim.Reason
	if !o.Claim.Accepted {
		return
	}
	for _, r := range o.Claim.Rules {
		if p := strings.Split(r, "/"); len(p) == 3 {
			e.Overrides = append(e.Overrides, RuleOverride{p[1], p[2], o.Claim.Kind})
		}
	}
}

func (e *Event) fill(r pipeline.Result) {
	e.QueueID = clean(r.Envelope.QueueID, 64)
	e.MessageID = clean(r.MessageID, 200)
	e.SenderDomain = enforce.Domain(r.Envelope.MailFrom)
	e.Recipients = len(r.Envelope.RcptTo)
	e.Size = r.Message.Size
	e.Direction, e.Outcome = r.Direction, string(r.Outcome)
	e.Verdict, e.Rule = r.Verdict.Disposition, r.Verdict.WinningRule
	e.Ruleset = r.Digests.Ruleset
	if r.Label != nil {
		e.Label = string(r.Label.ID)
	}
	for _, x := range r.Rules {
		if x.Matched {
			e.Matched = append(e.Matched, RuleHit{Policy: x.Policy, Rule: x.Rule, Mode: string(x.Mode), Effective: x.Effective})
		}
	}
	e.overrides(r.Override)
	seen := map[string]bool{}
	for _, s := range r.Inspection.Skipped {
		if k := string(s.Reason); !seen[k] {
			seen[k] = true
			e.Skipped = append(e.Skipped, k)
		}
	}
}

// clean makes text from outside fit for a log: printable ASCII, at most max
// bytes.
func clean(s string, max int) string {
	if len(s) > max {
		s = s[:max]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
}

// finish ends a message that was answered.
func (f *Filter) finish(a *answered, err error) {
	f.close(a.built)
	a.event.SendError = err
	f.o.Enforcer.Outcome(context.Background(), a.ticket, err)
	f.o.Observe(a.event)
	f.logLine(&a.event)
}

// logLine is the one line at info for each message. Never a subject, a local
// part or content.
func (f *Filter) logLine(e *Event) {
	fields := []zap.Field{
		zap.String("queue_id", e.QueueID), zap.String("session", e.Session), zap.String("message_id", e.MessageID),
		zap.String("sender_domain", e.SenderDomain), zap.Int("recipients", e.Recipients), zap.Int64("size", e.Size),
		zap.String("direction", e.Direction), zap.String("outcome", e.Outcome), zap.String("label", e.Label),
		zap.String("verdict", string(e.Verdict)), zap.String("rule", e.Rule), zap.Int("rules_matched", len(e.Matched)),
		zap.Strings("skipped", e.Skipped), zap.Float64("duration_ms", float64(e.Duration.Microseconds())/1000),
		zap.String("ruleset", shortDigest(e.Ruleset)),
	}
	if e.Fail != "" {
		fields = append(fields, zap.String("fail", string(e.Fail)))
	}
	switch {
	case e.Gone:
		fields = append(fields, zap.String("answer", "gone"))
	case e.SendError != nil:
		fields = append(fields, zap.String("answer", "unsent"), zap.Error(e.SendError))
	default:
		fields = append(fields, zap.String("answer", "sent"))
	}
	f.log.Info("message", fields...)
}

// shortDigest is the first twelve hexadecimal digits.
func shortDigest(d string) string {
	_, hex, ok := strings.Cut(d, ":")
	if !ok {
		hex = d
	}
	if len(hex) > 12 {
		hex = hex[:12]
	}
	return hex
}
