package policy

import (
	"cmp"
	"slices"
	"strings"

	"labelmilter/internal/detect"
	"labelmilter/internal/failpoint"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// RuleResult is what came of one rule.
type RuleResult struct {
	Pack       string
	Policy     string
	Rule       string
	Assignment string
	Mode       Mode
	Matched    bool
	Effective  bool
	Actions    []Action // with variables filled in
	Severity   string
	Recipients []string // those it matched; all for a condition on the message
	Exception  string   // exception object that took the matches away
	Note       string   // why it matched and yet had no effect
	Override   string
	Overridden bool   // the sender lifted it: no verdict, no edits
	Trace      *Trace // only when explaining
	ExceptTr   *Trace
	Parts      []string // of a rule with per: part: the components it matched, "" for the message without its attachments
}

// Name is "<policy>/<rule>".
func (r RuleResult) Name() string { return r.Policy + "/" + r.Rule }

// FullName is "<pack>/<policy>/<rule>", which no other rule has.
func (r RuleResult) FullName() string { return r.Pack + "/" + r.Name() }

// Decision is what all rules together came to.
type Decision struct {
	Rules   []RuleResult // those that matched, when explaining all, in order of evaluation
	Winner  int          // index into Rules of the rule whose verdict holds, -1 if none
	Verdict verdict.Verdict
	Seen    *Seen // what the decision rests on
}

// Set is an immutable set of bound policies, exceptions and label rules.
type Set struct {
	bound      []Bound
	exceptions []Exception
	labelRules []LabelRule
	engine     *detect.Engine
	site       *Organisation
}

// NewSet orders policies by priority, then pack, file and line.
func NewSet(bound []Bound, exceptions []Exception, rules []LabelRule) *Set {
	s := &Set{bound: slices.Clone(bound), exceptions: exceptions, labelRules: rules}
	slices.SortStableFunc(s.bound, func(a, b Bound) int {
		return cmp.Or(cmp.Compare(a.priority(), b.priority()), cmp.Compare(a.PackOrder, b.PackOrder),
			cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	return s
}

// Bound gives the policies as evaluated, in order.
func (s *Set) Bound() []Bound { return s.bound }

// LabelRules gives the label rules in pack order.
func (s *Set) LabelRules() []LabelRule { return s.labelRules }

// Decide evaluates all rules. It is pure: the same input gives the same
// decision. Rules that did not match are in it only when explaining.
func (s *Set) Decide(e *Evaluation, explain bool) Decision {
	d := Decision{Winner: -1, Verdict: verdict.Verdict{Disposition: verdict.Accept},
		Seen: &Seen{Findings: e.Findings, Limits: e.Limits, read: e.Read, engine: s.engine, stores: e.Stores}}
	stopped := false
	var stopAt int
	today := e.Facts.Now.UTC().Format("2006-01-02")
	for k := range s.bound {
		b := &s.bound[k]
		if stopped && b.priority() > stopAt {
			break
		}
		scope := e.all()
		if b.Scope != nil {
			scope = scope.and(e.run(b.Scope))
		}
		if !b.inRamp(e.Message.Envelope.MailFrom) {
			scope = e.none()
		}
		if scope.empty() && !explain {
			continue
		}
		whole := scope // where the policy's own condition holds; for the whole message
		if b.When != nil {
			whole = scope.and(e.run(b.When))
		}
		for i := range b.Rules {
			r := &b.Rules[i]
			mode := b.mode(r.Mode)
			if mode == Off || !explain && !r.PerPart && whole.empty() {
				continue
			}
			var seen seen
			var hit set
			if r.PerPart {
				hit = s.matchParts(e, &seen, b, r, scope, today, explain)
			} else {
				hit = s.match(e, &seen, b, r, whole, today, explain)
			}
			if hit.empty() && !explain {
				continue
			}
			res := RuleResult{Pack: b.Pack, Policy: b.ID, Rule: r.ID, Assignment: b.Assignment.Name, Mode: mode, Severity: r.Severity,
				Override: r.overrideWith(), Exception: seen.exception, Trace: seen.trace, ExceptTr: seen.exceptTr, Parts: seen.parts}
			if !hit.empty() {
				s.matched(e, &res, b, r, hit)
				if res.Effective && r.Stop && !stopped {
					stopped, stopAt = true, b.priority()
				}
				if res.Effective && !b.Built && e.Lifted[res.FullName()] {
					res.Effective, res.Overridden = false, true
					res.remark("overridden by the sender")
				}
			}
			d.Rules = append(d.Rules, res)
		}
	}
	d.choose()
	return d
}

// matched fills in what comes of a rule that holds for some recipients.
func (s *Set) matched(e *Evaluation, res *RuleResult, b *Bound, r *Rule, hit set) {
	res.Matched, res.Effective = true, res.Mode == Enforce
	res.Recipients = e.names(hit)
	failpoint.Here(failpoint.Action)
	res.Actions = fill(r.Then, e, b, r)
	s.people(e, res)
	e.protectNullSender(res, b)
	s.drop(e, res, r, hit)
}

// seen is what matching a rule came across.
type seen struct {
	exception       string
	trace, exceptTr *Trace
	parts           []string
}

// matchParts matches a rule against each component of the message alone.
func (s *Set) matchParts(e *Evaluation, res *seen, b *Bound, r *Rule, scope set, today string, explain bool) set {
	hit := e.none()
	components := e.components()
	for k := range components {
		c := &components[k]
		var one seen
		got := e.none()
		e.alone(c, func() {
			in := scope
			if b.When != nil {
				in = in.and(e.run(b.When))
			}
			got = s.match(e, &one, b, r, in, today, explain)
		})
		if !got.empty() {
			res.parts = append(res.parts, c.part)
		}
		if res.trace == nil || !got.empty() && hit.empty() {
			res.trace, res.exceptTr = one.trace, one.exceptTr
		}
		if one.exception != "" {
			res.exception = one.exception
		}
		hit = hit.or(got)
	}
	return hit
}

// match gives the recipients for which a rule holds and no exception does.
func (s *Set) match(e *Evaluation, res *seen, b *Bound, r *Rule, scope set, today string, explain bool) set {
	eval := func(c Condition, tr **Trace) set {
		if !explain {
			return e.run(c)
		}
		outer := e.trace
		e.trace = &traceBuilder{}
		out := e.run(c)
		*tr = e.trace.root
		e.trace = outer
		return out
	}
	if scope.empty() && !explain {
		return scope
	}
	failpoint.Here(failpoint.Condition)
	hit := scope
	if r.When != nil {
		hit = hit.and(eval(r.When, &res.trace))
	}
	if r.Except != nil && (!hit.empty() || explain) {
		hit = hit.and(eval(r.Except, &res.exceptTr).not(e.n))
	}
	if hit.empty() {
		return hit
	}
	for i := range s.exceptions {
		x := &s.exceptions[i]
		if x.covers(b.ID, r.ID) && today <= x.Until {
			if rest := hit.and(e.run(x.Who).not(e.n)); rest.count() < hit.count() {
				hit, res.exception = rest, x.ID
			}
		}
	}
	return hit
}

// protectNullSender keeps mail with the null reverse-path (bounces, RFC 5321
// 4.5.5) from being refused or held by anything but the ceiling.
func (e *Evaluation) protectNullSender(res *RuleResult, b *Bound) {
	env := e.Message.Envelope
	if env.MailFrom != "" || env.Assumed || b.Built && res.Rule == "block" {
		return
	}
	kept := slices.DeleteFunc(slices.Clone(res.Actions), func(a Action) bool {
		d := a.Disposition()
		return d != "" && d != verdict.Accept
	})
	if len(kept) < len(res.Actions) {
		res.Actions = kept
		res.remark("empty envelope sender: never refused or held below the ceiling")
	}
}

func (e *Evaluation) names(s set) []string {
	var out []string
	for i, r := range e.recipient {
		if s.has(i) {
			out = append(out, r.raw)
		}
	}
	return out
}

// choose picks the verdict: the most restrictive of the effective rules; of
// equal ones the first in order of evaluation.
func (d *Decision) choose() {
	best := 0
	for i, r := range d.Rules {
		if !r.Effective {
			continue
		}
		for _, a := range r.Actions {
			disp := a.Disposition()
			if disp == "" || d.Winner >= 0 && disp.Restrictiveness() <= best {
				continue
			}
			best, d.Winner = disp.Restrictiveness(), i
			d.Verdict = verdict.Verdict{Disposition: disp, Reply: a.Reply, Reason: a.Reason}
		}
	}
}

// fill gives a copy of actions with the variables of texts replaced.
func fill(actions []Action, e *Evaluation, b *Bound, r *Rule) []Action {
	lab := "none"
	if e.Label.Label != nil {
		lab = e.Label.Label.Name
	}
	recommended := "none"
	if l, ok := e.Catalogue.Get(e.Label.Recommended); ok {
		recommended = l.Name
	}
	pairs := []string{"{{reason}}", e.Label.Reason, "{{label}}", lab, "{{recommended}}", recommended, "{{policy}}", b.ID, "{{rule}}", r.ID, "{{direction}}", string(e.Direction),
		"{{incident}}", IncidentID(e.Message.Digest), "{{severity}}", r.Severity, "{{organisation}}", e.organisation(), "{{types}}", e.typesOf(r.When)}
	for _, k := range sortedKeys(b.Variables) {
		pairs = append(pairs, "{{"+k+"}}", b.Variables[k])
	}
	rep := strings.NewReplacer(pairs...)
	out := slices.Clone(actions)
	lang := ""
	for i := range out {
		out[i].Remove = out[i].Remove.in(e)
		if texts := out[i].Tip.Languages; len(texts) > 0 {
			if lang == "" {
				lang = e.Language()
			}
			if t, ok := texts[lang]; ok {
				out[i].Reply.Text = t
			}
		}
		out[i].Reply.Text = rep.Replace(out[i].Reply.Text)
		out[i].Value = rep.Replace(out[i].Value)
		out[i].Reason = rep.Replace(out[i].Reason)
		out[i].Banner = fillBanner(out[i].Banner, rep, pairs)
	}
	return out
}

// LabelRule sets or recommends a label from conditions.
type LabelRule struct {
	Pack      string
	ID        string
	Label     label.ID
	Recommend bool
	Mode      Mode
	Replace   label.Replace
	When      Condition
	Except    Condition
	Reason    string // description for people
}

// Candidates evaluates the label rules in pack order. Rules that are not
// enforced only recommend.
func (s *Set) Candidates(e *Evaluation) []label.Candidate {
	var out []label.Candidate
	for _, r := range s.labelRules {
		if r.Mode == Off {
			continue
		}
		hit := e.run(r.When)
		if r.Except != nil {
			hit = hit.and(e.run(r.Except).not(e.n))
		}
		if hit.empty() {
			continue
		}
		reason := r.Reason
		if reason == "" {
			reason = "label rule " + r.Pack + "/" + r.ID + " matched"
		}
		out = append(out, label.Candidate{Label: r.Label, Source: label.FromRule, Rule: r.Pack + "/" + r.ID, Reason: reason,
			Replace: r.Replace, Recommend: r.Recommend || r.Mode != Enforce})
	}
	return out
}

// BuiltIn gives the answers to hold and block: quarantine inbound and
// internal and reject 550 5.6.0 outbound for a marking that cannot be relied
// on, reject 550 5.7.1 for anything above the ceiling.
func BuiltIn(hold, block Mode) Bound {
	reject := func(enhanced, text string) []Action {
		return []Action{{Kind: ActReject, Reply: verdict.Reply{Code: 550, Enhanced: enhanced, Text: text}}}
	}
	return Bound{Policy: &Policy{Pack: "label", PackOrder: -1, ID: "label", Mode: Enforce, Priority: 0, Built: true, Rules: []Rule{
		{ID: "block", Severity: "high", Mode: block, When: OutcomeIs{[]label.Outcome{label.Block}},
			Then: reject("5.7.1", "{{reason}}")},
		{ID: "hold", Severity: "medium", Mode: hold, When: All{OutcomeIs{[]label.Outcome{label.Hold}}, DirectionIs{[]message.Direction{message.Outbound}}},
			Then: reject("5.6.0", "{{reason}}")},
		{ID: "hold", Severity: "medium", Mode: hold, When: All{OutcomeIs{[]label.Outcome{label.Hold}}, Not{DirectionIs{[]message.Direction{message.Outbound}}}},
			Then: []Action{{Kind: ActQuarantine, Reason: "{{reason}}"}}},
	}}}
}

// Exceptions gives the exception objects.
func (s *Set) Exceptions() []Exception { return s.exceptions }
