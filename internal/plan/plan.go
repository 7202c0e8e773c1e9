// Package plan turns a decision and a label assignment into what is told to
// the MTA: one verdict, the modifications in the order they are sent, and the
// effects that are carried out beside. It computes; it does nothing.
package plan

import (
	"slices"
	"strings"
	"time"

	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/override"
	"labelmilter/internal/policy"
	"labelmilter/internal/rewrite"
	"labelmilter/internal/smime"
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
	// Offer is the override that a refusal holds out, nil for none: the reply
	// has override.Placeholder where the token goes.
	Offer *override.Offer
	// Spend is the token that this message uses up, "" for none.
	Spend string
}

// ThreadMark is the high-water mark of a conversation.
type ThreadMark struct {
	IDs   []string // Message-IDs of the message and of those before it
	Label label.ID
	Rank  int
	Lower bool // set the mark even if it is higher: a person lowered it
	New   bool // only where there is none: the sender is not known to take part
	// Until is when the label falls to Then, the zero time for never.
	Until    time.Time
	Then     label.ID
	ThenRank int
}

// Effect is something done beside the answer to the MTA.
type Effect struct {
	Type     EffectType `json:"type"`
	Rule     string     `json:"rule"`
	To       []string   `json:"to"` // as the rule has it: mailboxes, "sender", "manager"
	Template string     `json:"template"`
	Severity string     `json:"severity"` // "low", "medium", "high" or ""
	// Mailboxes are who is written to: To with its words looked up. It is
	// empty if nobody may be written to.
	Mailboxes []string `json:"mailboxes"`
	// Unknown are the words of To that stand for nobody.
	Unknown []string `json:"unknown"`
	// Incident is the id that everything about this message has in common.
	Incident string `json:"incident"`
	// Recipients are those that the rule matched.
	Recipients []string `json:"recipients"`
	Simulated  bool     `json:"simulated"`  // the rule is in simulate-with-notice
	Suppressed string   `json:"suppressed"` // why it is not carried out, "" if it is
}

// EffectType names an effect.
type EffectType string

// The effects.
const (
	Notify   EffectType = "notify"
	Incident EffectType = "incident"
	Override EffectType = "override" // a token is used up; Template is the kind
	Encrypt  EffectType = "encrypt"  // to are the mailboxes it was encrypted to; carried out with the answer
)

// Headers of our own beside label.Header.
const (
	InspectionHeader = "X-Labelmilter-Inspection"
	ReasonHeader     = "X-Labelmilter-Reason"
	// RouteHeader is what the MTA chooses another way by (Postfix:
	// milter_header_checks with FILTER).
	RouteHeader = "X-Labelmilter-Route"
	// NoticeHeader signs mail of our own for the one time that it passes the
	// filter.
	NoticeHeader = "X-Labelmilter-Notice"
	// JustificationHeader is read, never written, and removed from all mail.
	JustificationHeader = override.JustificationHeader
)

// OwnHeaders are the fields that only we may write; what arrives under these
// names is removed.
var OwnHeaders = []string{label.Header, InspectionHeader, ReasonHeader, RouteHeader, JustificationHeader, override.Header, NoticeHeader}

// Options are the site's settings for what is written.
type Options struct {
	Catalogue *label.Catalogue
	Tenant    string   // tenant of msip_labels, "" to write none
	Write     []string // what to write: label.Header, label.MSIPHeader, MarkingHeader, SubjectTag, SIOHeader
	Marking   MarkingOptions
	SIO       SIOOptions
	Banner    LabelBanner
	DKIM      DKIMPolicy // of edits that say the label; DKIMProceed if empty
	// Maps gives the label that a marking comes to; nil if no marking scheme
	// is in use, and no marking is written then.
	Maps func(marking.Marking) label.ID
	// Certificates are what encrypt encrypts to, nil for none.
	Certificates *smime.Certificates
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
	Strip     Strip
	Now       time.Time
}

// Build makes the plan. It is a pure function.
func Build(in Input, o Options) Plan {
	p := Plan{Verdict: in.Decision.Verdict, Modifications: []verdict.Modification{}, Effects: []Effect{}}
	if w := in.Decision.Winner; w >= 0 {
		p.WinningRule = in.Decision.Rules[w].Name()
	}
	p.effects(in)
	if p.refuses() {
		return p
	}
	e := &editor{msg: in.Message, regions: map[string]string{}}
	only := -1 // of a message that is held, the winner's edits alone
	if p.Verdict.Disposition == verdict.Quarantine {
		only = in.Decision.Winner
	}
	assigned := raise(in.Label, in.Decision, o.Catalogue, only)
	e.own(in, assigned, p, o)
	e.strip(in.Strip)
	for i, r := range in.Decision.Rules {
		switch {
		case !r.Effective:
		case only >= 0 && i != only:
			e.dropped(r)
		default:
			e.rule(r)
		}
	}
	if no := e.body(in, only); no != nil && !bounce(in) {
		return Build(refused(in, *no), o)
	}
	boxes, owner, no := e.encrypt(in, only, o)
	if no != nil && !bounce(in) {
		return Build(refused(in, *no), o)
	}
	p.Modifications = e.sorted()
	if len(boxes) > 0 {
		p.Effects = append(p.Effects, sealedEffect(in, owner, boxes))
	} else {
		// A new body must be fit for the transport that the message came by.
		p.Modifications = rewrite.Fit(in.Message.Header, rewrite.EightBit(in.Message.Envelope.MailArgs), p.Modifications)
	}
	p.Conflicts = e.conflicts
	p.keepOneRecipient(in)
	p.plain(in.Strip)
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
			return a.Banner != nil || a.Redact != nil || a.Remove != nil || a.Encrypt != nil
		})
	}
	d.Winner, d.Verdict = no.rule, no.Verdict
	in.Decision = d
	return in
}

// effects collects what enforced rules ask for beside the verdict, and the
// notices of rules in simulate-with-notice.
func (p *Plan) effects(in Input) {
	for _, r := range in.Decision.Rules {
		if !r.Matched || !r.Effective && !r.Overridden && r.Mode != policy.SimulateWithNotice {
			continue
		}
		for _, a := range r.Actions {
			x := Effect{Rule: r.Name(), To: []string{}, Mailboxes: []string{}, Unknown: []string{}, Severity: r.Severity,
				Incident: policy.IncidentID(in.Message.Digest), Recipients: slices.Concat([]string{}, r.Recipients), Simulated: !r.Effective && !r.Overridden, Suppressed: automatic(in.Message)}
			switch a.Kind {
			case policy.ActNotify:
				if a.Template == policy.RecipientsRemoved && p.refuses() {
					continue // the reply says it of all recipients
				}
				if r.Overridden {
					a = withoutSender(a, in.Message.Envelope.MailFrom)
				}
				x.Type, x.Template = Notify, a.Template
				x.To, x.Mailboxes, x.Unknown = append(x.To, a.Addresses...), append(x.Mailboxes, a.Mailboxes...), append(x.Unknown, a.Unknown...)
			case policy.ActIncident:
				x.Type = Incident
				if a.Severity != "" {
					x.Severity = a.Severity
				}
			default:
				continue
			}
			p.Effects = append(p.Effects, x)
		}
	}
}

// automatic says why nobody is written to about a message: it was made by a
// program, in answer to another message that may have been ours or was
// reported already. Of a sender who logged in no such claim is believed: it
// would be a way to keep out of reports.
func automatic(m *message.Message) string {
	if m.Envelope.AuthUser != "" {
		return ""
	}
	if m.Envelope.MailFrom == "" && !m.Envelope.Assumed {
		return "empty envelope sender"
	}
	for _, k := range message.Kinds(m) {
		if k == "auto-reply" || k == "delivery-report" || k == "read-receipt" {
			return k
		}
	}
	return ""
}

// refuses reports that the message goes nowhere.
func (p *Plan) refuses() bool {
	switch p.Verdict.Disposition {
	case verdict.Reject, verdict.Discard, verdict.TempFail:
		return true
	}
	return false
}

// raise applies set_label actions, those of one rule if only is not below 0:
// the highest raises what is written, once.
func raise(a label.Assignment, d policy.Decision, c *label.Catalogue, only int) label.Assignment {
	for i, r := range d.Rules {
		if !r.Effective || only >= 0 && i != only {
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
	p.Effects = slices.DeleteFunc(p.Effects, func(x Effect) bool { return x.Template == policy.RecipientsRemoved })
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
