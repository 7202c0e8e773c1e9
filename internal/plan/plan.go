// Package plan turns a decision and a label assignment into what is told to
// the MTA: one verdict, the modifications in the order they are sent, and the
// effects that are carried out beside. It computes; it does nothing.
package plan

import (
	"slices"
	"strings"

	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/rewrite"
	"labelmilter/internal/verdict"
)

// Plan is everything that is to happen.
type Plan struct {
	Verdict       verdict.Verdict
	WinningRule   string // "<policy>/<rule>", "" if no rule decided
	Modifications []verdict.Modification
	Effects       []Effect
	Conflicts     []label.Conflict // modifications that gave way to others
	// Thread is the mark that the conversation gets, nil for none.
	Thread *ThreadMark
}

// ThreadMark is the high-water mark of a conversation.
type ThreadMark struct {
	IDs   []string // Message-IDs of the message and of those before it
	Label label.ID
	Rank  int
	Lower bool // set the mark even if it is higher: a person lowered it
}

// Effect is something done beside the answer to the MTA.
type Effect struct {
	Type     string   `json:"type"` // "notify", "incident", "quarantine"
	Rule     string   `json:"rule"`
	To       []string `json:"to"`
	Template string   `json:"template"`
	Severity string   `json:"severity"`
}

// Headers of our own beside label.Header.
const (
	InspectionHeader = "X-Labelmilter-Inspection"
	ReasonHeader     = "X-Labelmilter-Reason"
	// RouteHeader is what the MTA chooses another way by (Postfix:
	// milter_header_checks with FILTER).
	RouteHeader = "X-Labelmilter-Route"
	// JustificationHeader is read, never written, and removed from all mail.
	JustificationHeader = "X-Label-Justification"
)

// OwnHeaders are the fields that only we may write; what arrives under these
// names is removed.
var OwnHeaders = []string{label.Header, InspectionHeader, ReasonHeader, RouteHeader, JustificationHeader}

// Options are the site's settings for what is written.
type Options struct {
	Catalogue *label.Catalogue
	Tenant    string   // tenant of msip_labels, "" to write none
	Write     []string // what to write: label.Header, label.MSIPHeader, MarkingHeader, SubjectTag
	// MarkingVersion is the VER element written, MarkingVersion if empty.
	MarkingVersion string
	// Maps gives the label that a marking comes to; nil if no marking scheme
	// is in use, and no marking is written then.
	Maps func(marking.Marking) label.ID
}

// Writes reports whether a header is to be written.
func (o Options) Writes(name string) bool {
	for _, w := range o.Write {
		if strings.EqualFold(w, name) {
			return true
		}
	}
	return false
}

// Input is what a plan is made from.
type Input struct {
	Message   *message.Message
	Direction message.Direction
	Trusted   bool // the sender is internal and known to be so
	Label     label.Assignment
	Reasons   []string // of what was not inspected
	Decision  policy.Decision
}

// Build makes the plan. It is a pure function.
func Build(in Input, o Options) Plan {
	p := Plan{Verdict: in.Decision.Verdict, Modifications: []verdict.Modification{}, Effects: []Effect{}}
	if w := in.Decision.Winner; w >= 0 {
		p.WinningRule = in.Decision.Rules[w].Name()
	}
	p.effects(in.Decision)
	switch p.Verdict.Disposition {
	case verdict.Reject, verdict.Discard, verdict.TempFail:
		return p
	}
	e := &editor{msg: in.Message, regions: map[string]string{}}
	assigned := raise(in.Label, in.Decision, o.Catalogue)
	e.own(in, assigned, p, o)
	for i, r := range in.Decision.Rules {
		if !r.Effective || p.Verdict.Disposition == verdict.Quarantine && i != in.Decision.Winner {
			continue
		}
		e.rule(r)
	}
	only := -1
	if p.Verdict.Disposition == verdict.Quarantine {
		only = in.Decision.Winner
	}
	if no := e.body(in, only); no != nil && !bounce(in) {
		return Build(refused(in, *no), o)
	}
	// A new body must be fit for the transport that the message came by.
	p.Modifications = rewrite.Fit(in.Message.Header, rewrite.EightBit(in.Message.Envelope.MailArgs), e.sorted())
	p.Conflicts = e.conflicts
	p.keepOneRecipient(in)
	return p
}

// bounce reports a message with the null reverse-path, which is never refused
// or held below the ceiling.
func bounce(in Input) bool { return in.Message.Envelope.MailFrom == "" && !in.Message.Envelope.Assumed }

// refused is the input with the answer of a body edit that could not be made:
// the rule's own verdict now, and no rule edits the body any more.
func refused(in Input, no refusal) Input {
	d := in.Decision
	d.Rules = slices.Clone(d.Rules)
	for i := range d.Rules {
		d.Rules[i].Actions = slices.DeleteFunc(slices.Clone(d.Rules[i].Actions), func(a policy.Action) bool {
			return a.Banner != nil || a.Redact != nil || a.Remove != nil
		})
	}
	d.Winner, d.Verdict = no.rule, no.Verdict
	in.Decision = d
	return in
}

// effects collects what enforced rules ask for beside the verdict, and the
// notices of rules in simulate-with-notice.
func (p *Plan) effects(d policy.Decision) {
	for _, r := range d.Rules {
		if !r.Matched || !r.Effective && r.Mode != policy.SimulateWithNotice {
			continue
		}
		for _, a := range r.Actions {
			switch a.Kind {
			case policy.ActNotify:
				p.Effects = append(p.Effects, Effect{Type: "notify", Rule: r.Name(), To: a.Addresses, Template: a.Template, Severity: r.Severity})
			case policy.ActIncident:
				sev := a.Severity
				if sev == "" {
					sev = r.Severity
				}
				p.Effects = append(p.Effects, Effect{Type: "incident", Rule: r.Name(), To: []string{}, Severity: sev})
			}
		}
	}
}

// raise applies set_label actions: the highest raises what is written, once.
func raise(a label.Assignment, d policy.Decision, c *label.Catalogue) label.Assignment {
	for _, r := range d.Rules {
		if !r.Effective {
			continue
		}
		for _, act := range r.Actions {
			if act.Kind != policy.ActSetLabel {
				continue
			}
			if l, ok := c.Get(act.Label); ok && (a.Label == nil || l.Rank > a.Label.Rank) {
				a.Label, a.Source, a.Rule = &l, label.FromRule, r.Name()
				if a.Outcome == label.None {
					a.Outcome = label.Labelled
				}
			}
		}
	}
	return a
}

// keepOneRecipient turns a plan that would leave no recipient into a refusal:
// both MTAs lose such a message without a word.
func (p *Plan) keepOneRecipient(in Input) {
	left := map[string]bool{}
	for _, r := range in.Message.Envelope.RcptTo {
		left[r] = true
	}
	had := len(left)
	for _, m := range p.Modifications {
		switch m.Op {
		case verdict.DeleteRecipient:
			delete(left, m.Address)
		case verdict.AddRecipient:
			left[m.Address] = true
		}
	}
	if had == 0 || len(left) > 0 {
		return
	}
	if bounce(in) {
		// A bounce is never refused: it keeps the recipient it has.
		p.Modifications = slices.DeleteFunc(p.Modifications, func(m verdict.Modification) bool { return m.Op == verdict.DeleteRecipient })
		return
	}
	p.Modifications = []verdict.Modification{}
	p.Verdict = verdict.Verdict{Disposition: verdict.Reject, Reply: verdict.Reply{Code: 550, Enhanced: "5.7.1",
		Text: "policy leaves this message without recipients"}}
	for _, r := range in.Decision.Rules {
		for _, a := range r.Actions {
			if !r.Effective || a.Kind != policy.ActDeleteRecipient {
				continue
			}
			p.WinningRule = r.Name() // the last one took the last recipient
			if a.Reply.Code != 0 {
				p.Verdict.Reply = a.Reply
			}
		}
	}
}
