package pipeline

import (
	"slices"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/override"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// Override is what a message has to do with overrides.
type Override struct {
	Claim *Claim          `json:"claim"` // a token came with it
	Offer *override.Offer `json:"offer"` // its refusal holds out a token
}

// Claim is a token that came with a message, and what it opened.
type Claim struct {
	ID            string   `json:"id"`       // of the token
	Accepted      bool     `json:"accepted"` // it lifted rules, and is used up
	Kind          string   `json:"kind"`     // justification, none, false-positive
	Justification string   `json:"justification"`
	Place         string   `json:"place"`  // header, subject, address
	Reason        string   `json:"reason"` // why it opened nothing, "" if it did or had nothing to open
	Rules         []string `json:"rules"`  // that it lifted, "<pack>/<policy>/<rule>"
}

// claim is what Process knows of the token that a message presents.
type claim struct {
	presented override.Presented
	found     bool
	grant     override.Grant
	why       string // it opens nothing
	strip     plan.Strip
}

// plainRecipients gives the message without tokens in its recipients, and what
// is to be done for that.
func (p *Pipeline) plainRecipients(m *message.Message) (*message.Message, plan.Strip) {
	var s plan.Strip
	if !slices.ContainsFunc(m.Envelope.RcptTo, func(r string) bool { _, _, ok := override.Address(r); return ok }) {
		return m, s
	}
	c := *m
	c.Envelope.RcptTo = nil
	for _, r := range m.Envelope.RcptTo {
		plain, _, ok := override.Address(r)
		switch {
		case ok && override.IsMailbox(plain, p.Rules.Site.HasDomain):
			s.Dropped = append(s.Dropped, r)
			continue
		case ok:
			if s.Renamed == nil {
				s.Renamed = map[string]string{}
			}
			s.Renamed[plain] = r
		}
		c.Envelope.RcptTo = append(c.Envelope.RcptTo, plain)
	}
	return &c, s
}

// claim reads the token that a message presents and checks it. was is the
// message as it came, m with plain recipients.
func (p *Pipeline) claim(was, m *message.Message, strip plan.Strip, f facts.Facts, ex extract.Result, found []detect.Finding, skipped []budget.Skip) claim {
	c := claim{strip: strip}
	c.presented, c.found = override.Present(was, ex.Texts, p.Rules.Site.HasDomain)
	lines := 0
	for _, t := range ex.Texts {
		switch t.Where {
		case extract.InBody, extract.InAttachment:
			if tok := override.Find(t.Body); tok != "" && !slices.Contains(c.strip.Tokens, tok) {
				c.strip.Tokens = append(c.strip.Tokens, tok)
			}
			if t.Where == extract.InBody && c.presented.Line && override.IsLine(firstLine(t.Body)) {
				lines++
			}
		}
	}
	c.strip.Header = slices.ContainsFunc(m.Header, func(f message.Field) bool {
		return override.Has(f.Raw) || strings.Contains(f.Raw, "=?") && override.Has(message.DecodeField(f.Raw))
	})
	c.strip.Line = c.presented.Line
	if c.strip.Sticks(m, lines, p.Limits) {
		c.why = override.Stuck
		c.strip.Line, c.strip.Tokens = false, nil
	}
	if !c.found || c.why != "" {
		return c
	}
	switch fact := f.Get(override.Fact); fact.State {
	case facts.Known:
		var err error
		if c.grant, err = override.ParseGrant(fact.Value); err != nil || !c.grant.AnyContent && c.grant.ID != override.ID(c.presented.Token) {
			c.why = override.Unknown
			return c
		}
	case facts.Unavailable:
		c.why = override.Unavailable
		return c
	default:
		c.why = override.Unknown
		return c
	}
	c.why = c.grant.Check(c.presented, f.Now, m.Envelope, override.Read(m, ex, found, skipped, p.Limits))
	return c
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimLeft(s, " \t\r\n\u00a0"), "\n")
	return strings.TrimRight(line, "\r")
}

// lifted are the rules that the token opens.
func (c claim) lifted() map[string]bool {
	if !c.found || c.why != "" {
		return nil
	}
	out := map[string]bool{}
	for _, r := range c.grant.Rules {
		out[r] = true
	}
	return out
}

// settle puts what the token did into plan and result.
func (c claim) settle(m *message.Message, d policy.Decision, pl *plan.Plan) *Claim {
	if !c.found {
		return nil
	}
	out := &Claim{ID: override.ID(c.presented.Token), Kind: c.grant.KindOf(c.presented), Justification: reason(c.presented.Reason), Place: c.presented.Place,
		Reason: c.why, Rules: []string{}}
	for _, r := range d.Rules {
		if r.Overridden && !slices.Contains(out.Rules, r.FullName()) {
			out.Rules = append(out.Rules, r.FullName())
		}
	}
	if len(out.Rules) == 0 {
		return out
	}
	switch pl.Verdict.Disposition {
	case verdict.Accept, verdict.Quarantine:
		out.Accepted, pl.Spend = true, c.presented.Token
		_, rule, _ := strings.Cut(out.Rules[0], "/")
		pl.Effects = append(pl.Effects, plan.Effect{Type: plan.Override, Rule: rule, To: []string{}, Template: out.Kind, Mailboxes: []string{}, Unknown: []string{},
			Incident: policy.IncidentID(m.Digest), Recipients: slices.Concat([]string{}, m.Envelope.RcptTo)})
	}
	return out
}
