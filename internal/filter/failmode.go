package filter

import (
	"context"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"labelmilter/internal/budget"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/override"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// Why names a failure of our own.
type Why string

// The failures.
const (
	WhyPanic    Why = "panic"    // judging panicked
	WhyTime     Why = "time"     // judging took longer than Settings.Timeout
	WhyOverload Why = "overload" // no turn came within Settings.QueueWait
	WhySpool    Why = "spool"    // the message could not be kept
	WhyStore    Why = "store"    // the decision could not be made durable
	WhyEncrypt  Why = "encrypt"  // the body could not be encrypted
	WhyWorker   Why = "worker"   // a worker that read an attachment was killed
)

// skip is the failure as an inspection reason of the decision record.
func (w Why) skip() budget.Skip {
	s := budget.Skip{Reason: budget.ExtractorFailed, Detail: string(w)}
	switch w {
	case WhyTime:
		s.Reason = budget.Time
	case WhyOverload, WhySpool, WhyStore:
		s.Reason = budget.Overload
	case WhyWorker:
		s.Reason = budget.WorkerKilled
	}
	return s
}

// byMessage reports whether the failure may be the message's doing, so that it
// would come back each time the message does. Overload, a full disk and a
// locked store say nothing about a message: if they counted, an outage would
// end with all mail that was tried again in quarantine.
func (w Why) byMessage() bool { return w == WhyPanic || w == WhyTime || w == WhyWorker }

// ours gives the failure of our own that left an accepted message not fully
// inspected, "" if there is none. Where policy has decided otherwise, or the fail
// mode would accept the message too, the decision stands as it is.
func (s *session) ours(set *Settings, r pipeline.Result) Why {
	d := set.Fail.Of(message.Direction(r.Direction))
	if set.Simulate || d == verdict.Accept || r.Plan.Verdict.Disposition != verdict.Accept {
		return ""
	}
	why := Why("")
	for _, x := range r.Inspection.Skipped {
		switch x.Reason {
		case budget.WorkerKilled:
			return WhyWorker
		case budget.Overload:
			why = WhyOverload
		case budget.Time:
			if why == "" {
				why = WhyTime
			}
		}
	}
	return why
}

// FailModes are the dispositions after a failure of our own. The zero value
// is tempfail in every direction.
type FailModes struct {
	Inbound, Outbound, Internal verdict.Disposition
}

// Of gives the disposition for a direction; for an unknown direction the most
// restrictive of the three.
func (f FailModes) Of(d message.Direction) verdict.Disposition {
	or := func(v verdict.Disposition) verdict.Disposition {
		if v == "" {
			return verdict.TempFail
		}
		return v
	}
	switch d {
	case message.Inbound:
		return or(f.Inbound)
	case message.Outbound:
		return or(f.Outbound)
	case message.Internal:
		return or(f.Internal)
	}
	out := or(f.Inbound)
	for _, v := range []verdict.Disposition{or(f.Outbound), or(f.Internal)} {
		if v.Restrictiveness() > out.Restrictiveness() {
			out = v
		}
	}
	return out
}

// poisonAt is how often a message meets the fail mode within 24 hours before
// it is quarantined instead of being put off again.
const poisonAt = 3

// failVerdict is what the MTA is told.
func failVerdict(d verdict.Disposition, why Why) verdict.Verdict {
	v := verdict.Verdict{Disposition: d}
	switch d {
	case verdict.TempFail: // RFC 3463 3.4: X.3.0, other or undefined mail system status
		v.Reply = verdict.Reply{Code: 451, Enhanced: "4.3.0", Text: "message cannot be inspected now, try again later"}
	case verdict.Reject:
		v.Reply = verdict.Reply{Code: 554, Enhanced: "5.3.0", Text: "message cannot be inspected"}
	case verdict.Quarantine:
		v.Reason = "labelmilter: not inspected (" + string(why) + ")"
	}
	return v
}

// failMode gives the disposition and the name of what decided it.
func (s *session) failMode(ctx context.Context, set *Settings, env message.Envelope, digest string, why Why) (verdict.Disposition, string) {
	rule := "fail/" + string(why)
	if set.Simulate {
		return verdict.Accept, rule
	}
	d := set.Fail.Of(set.Site.Direction(env))
	if env.MailFrom == "" && (d == verdict.Reject || d == verdict.Quarantine) {
		d = verdict.TempFail // a bounce that is refused is lost without a word
	}
	if !why.byMessage() || digest == "" {
		return d, rule
	}
	n, err := s.f.o.Enforcer.FailureSeen(ctx, digest)
	if err != nil {
		s.f.log.Error("failures of a message cannot be counted", zap.String("session", s.conn.ID),
			zap.String("queue_id", clean(env.QueueID, 64)), zap.Error(err))
		return d, rule
	}
	if n >= poisonAt && d == verdict.TempFail {
		return verdict.Quarantine, "fail/poison"
	}
	return d, rule
}

// fail answers a message after a failure of our own: fail mode, record,
// answer. built is nil if the message could not be built.
func (s *session) fail(ctx context.Context, m *mail, env message.Envelope, built *message.Message, why Why) (pipeline.Result, milter.Final) {
	r := unjudged(m, env, built)
	r.Inspection.Skipped = []budget.Skip{why.skip()}
	d, rule := s.failMode(ctx, m.set, env, r.Digests.Message, why)
	v := failVerdict(d, why)
	r.Modifications = m.failEdits(d, rule, r.Digests.Message, why)
	r.Verdict = pipeline.Verdict{Disposition: d, Reply: v.Reply.String(), WinningRule: rule}
	if rule == "fail/poison" {
		r.Effects = append(r.Effects, plan.Effect{Type: plan.Incident, Rule: rule, To: []string{}, Severity: "high",
			Mailboxes: []string{}, Unknown: []string{}, Incident: policy.IncidentID(r.Digests.Message), Recipients: withoutTokens(env.RcptTo)})
	}
	return r, milter.Final{Verdict: v, Modifications: r.Modifications}
}

// unjudged is the record of a message that the pipeline did not judge. built is
// nil if it could not be built.
func unjudged(m *mail, env message.Envelope, built *message.Message) pipeline.Result {
	r := pipeline.Result{
		Schema: pipeline.Schema, Direction: string(m.set.Site.Direction(env)), Outcome: label.None,
		Envelope: pipeline.Envelope{MailFrom: env.MailFrom, RcptTo: withoutTokens(env.RcptTo), ClientIP: env.ClientIP,
			AuthUser: env.AuthUser, TLS: env.TLS, QueueID: env.QueueID},
		Message: pipeline.Message{Kinds: []string{}, Recipients: len(env.RcptTo)},
		Effects: []plan.Effect{},
	}
	// A record has empty lists, no nulls.
	empty(&r.Markings)
	empty(&r.Conflicts)
	empty(&r.Findings)
	empty(&r.Rules)
	empty(&r.Inspection.Parts)
	empty(&r.Inspection.Skipped)
	r.Digests = pipeline.Digests{Ruleset: m.set.Digest, EDM: map[string]string{}, Models: map[string]string{}}
	if built != nil {
		r.MessageID, r.Message.Size, r.Digests.Message = built.MessageID(), built.Size, built.Digest
	}
	return r
}

// passed lets mail of our own pass, once, without the field that shows it.
func (s *session) passed(m *mail, env message.Envelope, built *message.Message) pipeline.Result {
	r := unjudged(m, env, built)
	r.Inspection.Complete, r.Inspection.Deterministic = true, true
	r.Plan.Verdict.Disposition, r.Plan.WinningRule = verdict.Accept, OwnRule
	r.Verdict = pipeline.Verdict{Disposition: verdict.Accept, WinningRule: OwnRule}
	r.Plan.Modifications = []verdict.Modification{}
	if !m.set.Simulate {
		r.Plan.Modifications = append(r.Plan.Modifications, m.own.remove(nil)...)
	}
	r.Modifications = r.Plan.Modifications
	return r
}

// OwnRule stands in the record of mail of our own.
const OwnRule = "own/notice"

// failEdits are the edits of a message let through or quarantined without
// having been judged: nothing under our names may come from outside, and it
// must be seen that nobody looked.
func (m *mail) failEdits(d verdict.Disposition, rule, digest string, why Why) []verdict.Modification {
	out := []verdict.Modification{}
	if m.set.Simulate {
		return out
	}
	insert := verdict.Modification{Op: verdict.InsertHeader}
	switch d {
	case verdict.Accept:
		insert.Name, insert.Value = plan.InspectionHeader, "incomplete; reason="+string(why.skip().Reason)
	case verdict.Quarantine:
		_, id, _ := strings.Cut(digest, ":")
		insert.Name, insert.Value = plan.ReasonHeader, fmt.Sprintf("%s; id=%.16s", rule, id)
	default:
		return out
	}
	return append(append(out, m.own.remove(nil)...), insert)
}

// withoutTokens gives mailboxes as they may be recorded.
func withoutTokens(boxes []string) []string {
	out := make([]string, 0, len(boxes))
	for _, b := range boxes {
		plain, _, _ := override.Address(b)
		out = append(out, plain)
	}
	return out
}

func empty[T any](s *[]T) { *s = []T{} }
