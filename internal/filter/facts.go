package filter

import (
	"context"
	"maps"
	"strings"
	"time"

	"labelmilter/internal/authres"
	"labelmilter/internal/directory"
	"labelmilter/internal/facts"
	"labelmilter/internal/failpoint"
	"labelmilter/internal/message"
	"labelmilter/internal/override"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
)

// facts gathers what may be known beside the message. A source that fails
// gives facts that say so; it never fails the message.
func (s *session) facts(ctx context.Context, set *Settings, m *message.Message, at time.Time) facts.Facts {
	named := map[string]facts.Fact{
		pipeline.FactThreadFloor: s.f.o.Enforcer.ThreadFloor(ctx, m.Before(), at),
		authres.DKIMDomains:      authres.DKIM(m.Header, set.Verifiers),
	}
	maps.Copy(named, people(ctx, set, m.Envelope))
	if set.Needs.History() {
		maps.Copy(named, s.f.o.Enforcer.History(ctx, set.Needs, m.Envelope.MailFrom, m.Envelope.RcptTo, m.Before(), at))
	}
	if t := override.TokenOf(m.Header, m.Envelope.RcptTo, set.Site.HasDomain); t != "" {
		named[override.Fact] = s.f.o.Enforcer.Grant(ctx, t)
	}
	return facts.Facts{Now: at.UTC(), Named: named}
}

const peopleSource = "directory"

// people asks the directory for those of the organisation among sender and
// recipients. The envelope sender is one of them only if it is known to be who
// it says.
func people(ctx context.Context, set *Settings, env message.Envelope) map[string]facts.Fact {
	if set.Directory == nil || len(set.Needs.Attributes) == 0 {
		return nil
	}
	var boxes, of []string // of: recipient, "" for the sender
	if set.Site.Trusted(env) && set.Site.HasAddress(env.MailFrom) {
		boxes, of = append(boxes, env.MailFrom), append(of, "")
	}
	for _, rc := range env.RcptTo {
		if set.Site.HasAddress(rc) {
			boxes, of = append(boxes, rc), append(of, rc)
		}
	}
	if len(boxes) == 0 {
		return nil
	}
	failpoint.Here(failpoint.Directory)
	out := map[string]facts.Fact{}
	for i, a := range set.Directory.People(ctx, boxes, set.Needs.Attributes) {
		for _, name := range set.Needs.Attributes {
			out[policy.PeopleFact(of[i], name)] = fact(a, name)
		}
	}
	return out
}

// fact is what an answer says of one attribute.
func fact(a directory.Answer, name string) facts.Fact {
	f := facts.Fact{State: facts.Absent, Source: peopleSource}
	switch values := a.Values[strings.ToLower(name)]; {
	case a.Err != nil:
		f.State, f.Reason = facts.Unavailable, a.Err.Error()
	case len(values) > 0:
		f.State, f.Value = facts.Known, strings.Join(values, ",")
	}
	if a.Age > 0 {
		f.Age = a.Age.Round(time.Second).String()
	}
	return f
}
