package pipeline

import (
	"slices"
	"strings"

	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/message"
	"labelmilter/internal/override"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/redact"
	"labelmilter/internal/tip"
	"labelmilter/internal/verdict"
)

// reply writes what belongs to a refusal beside its reason: why a token opened
// nothing, what would have passed, and how to override.
func (p *Pipeline) reply(j judged, pl *plan.Plan) (hint string) {
	if pl.Verdict.Reply.IsZero() {
		return ""
	}
	lang := ""
	language := func() string {
		if lang == "" {
			lang = j.eval.Language()
		}
		return lang
	}
	var above []string
	if j.claim.found && j.claim.why != "" {
		above = append(above, tip.Refused(language(), j.claim.why))
	}
	// Others learn the reason, not the way around.
	if w := j.decision.Winner; w >= 0 && pl.WinningRule == j.winner() && p.Rules.Site.Trusted(j.m.Envelope) && !noHint(j.decision.Rules[w]) {
		var lines []string
		for _, changes := range p.wouldPass(j) {
			lines = append(lines, tip.Hint(language(), changes))
		}
		hint = strings.Join(lines, "\n")
	}
	how := ""
	if pl.Offer != nil {
		how = tip.How(language(), override.Placeholder, pl.Offer.With, pl.Offer.Expires)
	}
	text := pl.Verdict.Reply.Text
	for _, x := range []struct{ variable, text string }{{"{{hint}}", hint}, {"{{override}}", how}} {
		if strings.Contains(text, x.variable) {
			text = strings.ReplaceAll(text, x.variable, x.text)
		} else if x.text != "" {
			text = strings.TrimRight(text, "\n") + "\n" + x.text
		}
	}
	pl.Verdict.Reply.Text = strings.Join(append(above, text), "\n")
	return hint
}

func noHint(r policy.RuleResult) bool {
	return slices.ContainsFunc(r.Actions, func(a policy.Action) bool { return a.Tip.NoHint })
}

// offer is the override that a refusal holds out.
func (p *Pipeline) offer(j judged) *override.Offer {
	o, rules, ok := p.Rules.Policies.Offered(j.decision)
	if !ok {
		return nil
	}
	env := j.m.Envelope
	return &override.Offer{Rule: j.decision.Rules[j.decision.Winner].FullName(), Rules: rules, With: o.With, Expires: j.facts.Now.Add(o.Valid).UTC(),
		Sender: env.MailFrom, Auth: env.AuthUser, Recipients: env.RcptTo,
		Content: override.Read(j.m, j.ex, j.found, j.in.Skipped, p.Limits)}
}

// Bounds of the search for what would have passed.
const (
	maxChanges  = 6        // tried
	maxPaired   = 4        // of those, tried two at a time
	maxHints    = 2        // given
	maxExamined = 64 << 10 // values
)

// variant is a message as it might have been.
type variant struct {
	tip.Change
	apply func(judged) judged
}

// wouldPass gives changes that would have let the message pass, each verified
// by judging the message so changed: single ones, at most maxHints, or else
// the first two that do together.
func (p *Pipeline) wouldPass(j judged) [][]tip.Change {
	vs := p.variants(j)
	var out [][]tip.Change
	fewer := false
	for _, v := range vs {
		of := v.Kind == tip.Recipients || v.Kind == tip.External
		if len(out) < maxHints && !(of && fewer) && p.passes(v.apply(j)) {
			out, fewer = append(out, []tip.Change{v.Change}), fewer || of
		}
	}
	if len(out) > 0 {
		return out
	}
	vs = vs[:min(len(vs), maxPaired)]
	for i, a := range vs {
		for _, b := range vs[i+1:] {
			if p.passes(b.apply(a.apply(j))) {
				return [][]tip.Change{{a.Change, b.Change}}
			}
		}
	}
	return nil
}

func (p *Pipeline) passes(j judged) bool {
	j = p.decide(j, false)
	return j.decision.Verdict.Disposition == verdict.Accept
}

// variants are the changes worth trying: to the recipients, and to what the
// conditions of the deciding rule look at.
func (p *Pipeline) variants(j judged) []variant {
	var out []variant
	win := j.decision.Rules[j.decision.Winner]
	all := j.m.Envelope.RcptTo
	without := func(kind tip.ChangeKind, gone []string) {
		if len(gone) == 0 || len(gone) == len(all) || len(all) > 1000 {
			return
		}
		out = append(out, variant{tip.Change{Kind: kind, Have: len(gone)}, func(j judged) judged {
			m := *j.m
			m.Envelope.RcptTo = slices.DeleteFunc(slices.Clone(m.Envelope.RcptTo), func(r string) bool { return slices.Contains(gone, r) })
			if m.Envelope.Direction == message.Outbound {
				m.Envelope.Direction = "" // of a listener; the recipients decide now
			}
			j.m = &m
			return j
		}})
	}
	external := slices.DeleteFunc(slices.Clone(all), func(r string) bool { return p.Rules.Site.HasDomain(domainOf(r)) })
	// The fewest first: wouldPass gives one change of recipients.
	if !slices.Equal(external, win.Recipients) {
		without(tip.Recipients, win.Recipients)
	}
	without(tip.External, external)
	seen := map[string]bool{}
	p.Rules.Policies.Leaves(win, func(c policy.Condition) {
		if len(out) >= maxChanges || seen[c.String()] {
			return
		}
		seen[c.String()] = true
		switch c := c.(type) {
		case policy.SIT:
			if v, ok := fewer(j, c); ok {
				out = append(out, v)
			}
		case policy.Inspection:
			if len(j.skipped) > 0 {
				out = append(out, variant{tip.Change{Kind: tip.Unreadable}, func(j judged) judged { j.skipped = nil; return j }})
			}
		}
	})
	if v, ok := attachments(j); ok && len(out) < maxChanges {
		out = append(out, v)
	}
	return out
}

func domainOf(addr string) string {
	if i := strings.LastIndexByte(addr, '@'); i >= 0 {
		return strings.ToLower(addr[i+1:])
	}
	return ""
}

// fewer is the message with so few values that a condition does not hold.
func fewer(j judged, c policy.SIT) (variant, bool) {
	most := max(c.MinUnique-1, 0)
	values := map[string]map[redact.Value]bool{}
	var names []string
	n, have := 0, 0
	for _, f := range j.found {
		if !c.Wants(f) {
			continue
		}
		if values[f.Type] == nil {
			values[f.Type] = map[redact.Value]bool{}
			names = append(names, f.Name)
		}
		for _, i := range f.Instances {
			values[f.Type][i.Normal] = true
			n++
		}
		if len(f.Instances) == 0 {
			have += f.Unique
		}
	}
	for _, v := range values {
		have += len(v)
	}
	if c.MinUnique < 1 || have <= most || n > maxExamined {
		return variant{}, false
	}
	return variant{tip.Change{Kind: tip.Fewer, Types: strings.Join(names, ", "), Have: have, Most: most}, func(j judged) judged {
		kept := map[string]bool{}
		out := make([]detect.Finding, 0, len(j.found))
		for _, f := range j.found {
			if !c.Wants(f) {
				out = append(out, f)
				continue
			}
			var left []detect.Instance
			distinct := map[redact.Value]bool{}
			for _, i := range f.Instances {
				key := f.Type + "\x00" + i.Normal.Reveal() // compared and forgotten
				if kept[key] || len(kept) < most {
					kept[key], distinct[i.Normal] = true, true
					left = append(left, i)
				}
			}
			if len(left) > 0 {
				f.Instances, f.Count, f.Unique = left, len(left), len(distinct)
				out = append(out, f)
			}
		}
		j.found = out
		return j
	}}, true
}

// attachments is the message without its attachments.
func attachments(j judged) (variant, bool) {
	if j.m.Root == nil {
		return variant{}, false
	}
	var gone []string
	for _, leaf := range j.m.Root.Children {
		if leaf.Disp == "attachment" || len(leaf.Names) > 0 || leaf.Type == "message/rfc822" {
			gone = append(gone, leaf.Path)
		}
	}
	if len(gone) == 0 || len(gone) > 1000 {
		return variant{}, false
	}
	in := func(part string) bool {
		return slices.ContainsFunc(gone, func(g string) bool {
			return part == g || strings.HasPrefix(part, g+".") || strings.HasPrefix(part, g+"/")
		})
	}
	return variant{tip.Change{Kind: tip.Attachments, Have: len(gone)}, func(j judged) judged {
		m := *j.m
		root := *m.Root
		root.Children = slices.DeleteFunc(slices.Clone(root.Children), func(c *message.Part) bool { return slices.Contains(gone, c.Path) })
		m.Root = &root
		j.m = &m
		j.ex.Texts = slices.DeleteFunc(slices.Clone(j.ex.Texts), func(t extract.Text) bool { return in(t.Part) })
		j.ex.Parts = slices.DeleteFunc(slices.Clone(j.ex.Parts), func(t extract.PartInfo) bool { return in(t.Part) })
		j.ex.Labels, j.ex.Properties = nil, nil
		j.found = slices.DeleteFunc(slices.Clone(j.found), func(f detect.Finding) bool { return f.Kind == "marking" || in(f.Part) })
		j.skipped = slices.DeleteFunc(slices.Clone(j.skipped), func(s skip) bool { return in(s.Part) })
		j.set = nil
		return j
	}}, true
}
