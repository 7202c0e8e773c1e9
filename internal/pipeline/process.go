package pipeline

import (
	"context"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/facts"
	"labelmilter/internal/failpoint"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/override"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/smime"
	"labelmilter/internal/verdict"
)

// Pipeline is an immutable judge: a rule set, limits and what to write.
type Pipeline struct {
	Rules  *rulepack.Ruleset
	Limits budget.Limits
	Apart  extract.Apart  // who reads containers and documents; nil: this process
	Helper extract.Helper // asked for text that the readers cannot read; nil: nobody
	Memory *budget.Memory // what all messages in hand draw from; nil: no bound
	Write  []string       // headers to write
	Text   Text           // how what is written about the label reads
	Expire bool           // markings fall to DOWNTO once their EXPIRES date is past
	Thread Thread         // how replies are kept from falling below their thread
	Trust  Trust          // whose markings are believed
	// Default is the label of mail for which nothing else speaks, by direction.
	Default map[message.Direction]label.ID
	// Certificates are what encrypt encrypts to, nil for none.
	Certificates *smime.Certificates
	Simulate     bool // no verdict and no modification, all else the same
	Explain      bool // all rules with their traces, not only those that matched
	ShowContent  bool // findings with the values found
	// Stores are those of exact data match; a table of the rules without one
	// is unavailable.
	Stores detect.Stores
}

// Text is how what is written about the label reads.
type Text struct {
	Marking plan.MarkingOptions
	SIO     plan.SIOOptions
	Banner  plan.LabelBanner
	DKIM    plan.DKIMPolicy
}

// Process judges one message. It does no I/O but reading the message's spool.
func (p *Pipeline) Process(ctx context.Context, m *message.Message, f facts.Facts) Result {
	plain, strip := p.plainRecipients(m)
	lease := p.Memory.Lease(ctx)
	defer lease.Release()
	read := extract.Options{Limits: p.Limits, Apart: p.Apart, Helper: p.Helper, Memory: lease}
	failpoint.Here(failpoint.Extract)
	ex := read.Extract(ctx, m)
	failpoint.Here(failpoint.Detect)
	found := detect.Output{}
	if p.Rules.Engine != nil {
		found = p.Rules.Engine.DetectIn(ex.Texts, p.Limits, p.Stores)
	}
	j := judged{m: plain, facts: f, read: read, ex: ex, found: found.Findings, skipped: slices.Concat(ex.Skipped, found.Skipped)}
	j.claim = p.claim(m, plain, strip, f, ex, found.Findings, j.skipped)
	j = p.decide(j, p.Explain)
	failpoint.Here(failpoint.Plan)
	pl := plan.Build(plan.Input{Message: plain, Direction: j.in.Direction, Trusted: p.Rules.Site.Trusted(m.Envelope), Label: j.in.Label,
		Reasons: reasons(j.in.Skipped), Decision: j.decision, Strip: j.claim.strip, Now: f.Now},
		plan.Options{Catalogue: p.Rules.Catalogue, Tenant: p.Rules.Site.TenantID, Write: p.Write, Maps: p.maps(),
			Marking: p.Text.Marking, SIO: p.Text.SIO, Banner: p.Text.Banner, DKIM: p.Text.DKIM, Certificates: p.Certificates})
	pl.Thread = p.threadMark(m, f, *j.set, j.in.Label)
	o := Override{Claim: j.claim.settle(plain, j.decision, &pl)}
	hint := ""
	if !p.Simulate {
		if pl.Verdict.Disposition == verdict.Reject && pl.WinningRule == j.winner() {
			pl.Offer = p.offer(j)
			o.Offer = pl.Offer
		}
		hint = p.reply(j, &pl)
	} else {
		pl.Verdict = verdict.Verdict{Disposition: verdict.Accept}
		pl.WinningRule = ""
		pl.Modifications = []verdict.Modification{}
		pl.Effects = []plan.Effect{}
		pl.Spend = ""
		if o.Claim != nil {
			o.Claim.Accepted = false
		}
	}
	r := p.result(plain, j.in.Direction, j.in, j.decision, pl, f)
	r.Override, r.Hint = o, hint
	if p.Explain && p.Rules.Engine != nil {
		r.Matches = p.matches(ex, found.Findings)
	}
	return r
}

// judged is a message with everything known of it, and what was decided.
type judged struct {
	m        *message.Message // without tokens in its recipients
	facts    facts.Facts
	read     extract.Options
	ex       extract.Result
	found    []detect.Finding // with those of the markings, once decided
	skipped  []skip
	set      *markingSet // nil: to be read
	claim    claim
	in       policy.Input
	eval     *policy.Evaluation
	decision policy.Decision
}

type skip = budget.Skip

func (j judged) winner() string {
	if w := j.decision.Winner; w >= 0 {
		return j.decision.Rules[w].Name()
	}
	return ""
}

// decide finds label and verdict from what is known of a message.
func (p *Pipeline) decide(j judged, explain bool) judged {
	dir := p.Rules.Site.Direction(j.m.Envelope)
	in := policy.Input{Message: j.m, Direction: dir, Extract: j.ex, Findings: j.found, Catalogue: p.Rules.Catalogue, Facts: j.facts,
		Lists: p.Rules.Lists, Limits: p.Limits, Read: j.read, Stores: p.Stores, Skipped: j.skipped, Lifted: j.claim.lifted(), Site: p.Rules.Site}
	if j.set == nil {
		failpoint.Here(failpoint.Marking)
		set := p.readMarkings(j.m, j.ex, j.facts)
		j.set = &set
		in.Findings = p.markingFindings(in.Findings, set)
	}
	set := *j.set
	in.Markings = set.all()
	in.Carried = p.carried(j.ex, set)
	first := policy.NewEvaluation(in)
	evidence := p.evidence(j.m, set)
	p.documents(j.ex, &evidence)
	p.trust(j.m, j.facts, set, &evidence)
	p.thread(j.m, j.facts, set, &evidence)
	if id := p.Default[dir]; id != "" {
		evidence.Default = &label.Candidate{Label: id, Source: label.FromDefault, Reason: "default label of " + string(dir) + " mail"}
	}
	failpoint.Here(failpoint.LabelRule)
	evidence.Rules = append(evidence.Rules, p.Rules.Policies.Candidates(first)...)
	failpoint.Here(failpoint.Label)
	in.Label = label.Decide(p.Rules.Catalogue, evidence)
	quotedAbove(set, &in.Label)

	j.eval = policy.NewEvaluation(in)
	j.decision = p.Rules.Policies.Decide(j.eval, explain)
	in.Skipped = unique(slices.Concat(in.Skipped, first.Skips(), j.eval.Skips()))
	j.in, j.found = in, in.Findings
	return j
}

func (p *Pipeline) result(m *message.Message, dir message.Direction, in policy.Input, d policy.Decision, pl plan.Plan, f facts.Facts) Result {
	r := Result{
		Schema: Schema, MessageID: m.MessageID(), Direction: string(dir),
		Envelope: Envelope{MailFrom: m.Envelope.MailFrom, RcptTo: orEmpty(m.Envelope.RcptTo), ClientIP: m.Envelope.ClientIP,
			AuthUser: m.Envelope.AuthUser, TLS: m.Envelope.TLS, QueueID: m.Envelope.QueueID, Assumed: m.Envelope.Assumed},
		Message: Message{Size: m.Size, SubjectMasked: override.Mask(maskSubject(m.Subject(), in)), Kinds: orEmpty(message.Kinds(m)),
			Recipients: len(m.Envelope.RcptTo)},
		Outcome: in.Label.Outcome, Markings: orEmpty(in.Markings), Conflicts: orEmpty(slices.Concat(in.Label.Conflicts, pl.Conflicts)),
		LabelMismatch: in.Label.Mismatch, Findings: []Finding{}, Rules: []Rule{},
		Verdict:       Verdict{Disposition: pl.Verdict.Disposition, Reply: pl.Verdict.Reply.String(), WinningRule: pl.WinningRule},
		Modifications: masked(pl.Modifications), Effects: orEmpty(pl.Effects),
		Inspection: Inspection{Complete: len(in.Skipped) == 0, Deterministic: true, Parts: orEmpty(in.Extract.Parts), Skipped: orEmpty(in.Skipped)},
		Digests:    Digests{Message: m.Digest, Ruleset: p.Rules.Digest, Facts: f.Digest(), EDM: p.edm(), Models: map[string]string{}},
		Facts:      f,
		Plan:       pl, Reason: in.Label.Reason,
	}
	if r.Facts.Named == nil {
		r.Facts.Named = map[string]facts.Fact{}
	}
	for i := range r.Conflicts {
		r.Conflicts[i].Lost = orEmpty(r.Conflicts[i].Lost)
	}
	if t := m.Date(); !t.IsZero() {
		r.Message.Date = t.Format(time.RFC3339)
	}
	for _, s := range in.Skipped {
		switch s.Reason {
		case budget.Time, budget.WorkerKilled, budget.Overload, budget.StoreUnavailable:
			r.Inspection.Deterministic = false
		}
	}
	if a := in.Label; a.Label != nil {
		r.Label = &Label{Catalogue: p.Rules.Catalogue.ID, ID: a.Label.ID, Name: a.Label.Name, GUID: a.Label.GUID, Rank: a.Label.Rank,
			Source: a.Source, Rule: a.Rule, Reason: a.Reason, Previous: a.Previous, ByStandard: a.ByStandard, Recommended: a.Recommended}
	} else if a.Recommended != "" || a.Previous != "" {
		// A label that was not given: only what was recommended or found.
		r.Label = &Label{Catalogue: p.Rules.Catalogue.ID, Reason: a.Reason, Previous: a.Previous, Recommended: a.Recommended}
	}
	p.lowered(m, f, in.Label, r.Label)
	for _, x := range in.Findings {
		r.Findings = append(r.Findings, p.finding(x))
	}
	for _, x := range d.Rules {
		if x.Matched || p.Explain {
			r.Rules = append(r.Rules, rule(x))
		}
	}
	return r
}

// edm gives the digests of the stores, by table.
func (p *Pipeline) edm() map[string]string {
	out := map[string]string{}
	for _, t := range p.Rules.Tables {
		out[t.ID] = "unavailable"
		if s := p.Stores[t.ID]; s != nil {
			out[t.ID] = s.Digest()
		}
	}
	return out
}

// masked hides tokens in the mailboxes of edits, for the record.
func masked(mods []verdict.Modification) []verdict.Modification {
	for i, m := range mods {
		if _, _, ok := override.Address(m.Address); ok {
			mods = slices.Clone(mods)
			for k := i; k < len(mods); k++ {
				mods[k].Address = override.Mask(mods[k].Address)
			}
			break
		}
	}
	return mods
}

// maps gives the label a marking of the Australian standard comes to; nil if
// the catalogue is not that standard's.
func (p *Pipeline) maps() func(marking.Marking) label.ID {
	if p.Rules.Markings == nil || p.Rules.Markings.Mapping.Home() != marking.SchemeAU {
		return nil
	}
	return func(x marking.Marking) label.ID { return p.Rules.Markings.Mapping.Map(x).Label }
}

func (p *Pipeline) finding(x detect.Finding) Finding {
	f := Finding{Type: x.Type, Name: x.Name, Kind: x.Kind, Confidence: x.Confidence, Level: x.Level, Count: x.Count, Unique: x.Unique,
		Part: x.Part, Where: x.Where, Evidence: []string{}}
	for _, e := range x.Evidence {
		if i := strings.LastIndexByte(e, '/'); i >= 0 {
			e = e[i+1:] // list ids are written without their pack
		}
		f.Evidence = append(f.Evidence, e)
	}
	slices.Sort(f.Evidence) // again, by what is written
	f.Evidence = slices.Compact(f.Evidence)
	if p.ShowContent {
		for _, i := range x.Instances {
			f.Values = append(f.Values, i.Value.Reveal()) // the operator asked with --show-content
		}
	}
	return f
}

func rule(x policy.RuleResult) Rule {
	r := Rule{Policy: x.Policy, Rule: x.Rule, Pack: x.Pack, Assignment: x.Assignment, Mode: x.Mode, Matched: x.Matched, Effective: x.Effective,
		Actions: []string{}, Severity: x.Severity, Recipients: orEmpty(x.Recipients), Exception: x.Exception, Note: x.Note,
		Override: x.Override, Parts: orEmpty(x.Parts), Trace: x.Trace, ExceptTr: x.ExceptTr}
	for _, a := range x.Actions {
		r.Actions = append(r.Actions, string(a.Kind))
	}
	return r
}

// reasons gives the distinct reasons in the order of the closed list.
func reasons(skipped []budget.Skip) []string {
	var out []string
	for _, r := range budget.Reasons {
		if slices.ContainsFunc(skipped, func(s budget.Skip) bool { return s.Reason == r }) {
			out = append(out, string(r))
		}
	}
	return out
}

func unique(in []budget.Skip) []budget.Skip {
	var out []budget.Skip
	for _, s := range in {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}
