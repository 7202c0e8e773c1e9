package rulepack

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/verdict"
)

// policies compiles label rules, policies and exceptions of all packs and
// binds them to the site.
func (c *compiler) policies() {
	var rules []policy.LabelRule
	var all []*policy.Policy
	var exceptions []policy.Exception
	c.directories()
	c.ratings()
	c.templates()
	names := map[string]bool{} // policy/rule and policy/*
	for _, p := range c.packs {
		seenRule, seenPolicy, seenEx := map[string]strictyaml.Pos{}, map[string]strictyaml.Pos{}, map[string]strictyaml.Pos{}
		for _, f := range p.files {
			for _, y := range f.LabelRules {
				c.id(y.Pos, "label rule", y.ID, seenRule)
				rules = append(rules, c.labelRule(p, y))
			}
			for _, y := range f.Policies {
				c.id(y.Pos, "policy", y.ID, seenPolicy)
				pol := c.policy(p, y)
				all = append(all, pol)
				names[y.ID+"/*"] = true
				for _, r := range y.Rules {
					names[y.ID+"/"+r.ID] = true
				}
			}
			for _, y := range f.Scopes {
				c.id(y.Pos, "policy", y.ID, seenPolicy)
				pol := c.scopeTable(p, y)
				all = append(all, pol)
				names[y.ID+"/*"] = true
				for _, r := range pol.Rules {
					names[y.ID+"/"+r.ID] = true
				}
			}
			for _, y := range f.Exceptions {
				c.id(y.Pos, "exception", y.ID, seenEx)
			}
		}
	}
	for _, p := range c.packs {
		for _, f := range p.files {
			for _, y := range f.Exceptions {
				exceptions = append(exceptions, c.exception(p, y, names))
			}
		}
	}
	for _, p := range c.packs {
		c.testsOf(p)
	}
	c.checkOverrides(names)
	c.checkAssigns(all, rules)
	hold, block := policy.Mode(""), policy.Mode("")
	for _, a := range c.opt.Assign {
		if a.Mode != "" && covers(a.Policy, "label/hold") {
			hold = a.Mode
		}
		if a.Mode != "" && covers(a.Policy, "label/block") {
			block = a.Mode
		}
	}
	bound := []policy.Bound{policy.BuiltIn(hold, block)}
	for _, p := range all {
		bound = append(bound, c.bind(p)...)
	}
	for i := range rules {
		for _, a := range c.assigned(rules[i].Pack + "/" + rules[i].ID) {
			if a.Mode != "" {
				rules[i].Mode = a.Mode
			}
		}
	}
	c.rs.Policies = policy.NewSet(bound, exceptions, rules).With(c.rs.Engine, c.opt.Site)
}

func (c *compiler) labelRule(p *pack, y labelRuleY) policy.LabelRule {
	if y.Label != "" {
		c.label(nil, y.Pos, y.Label)
	}
	if y.When != nil && usesLabel(y.When) {
		c.at(y.When.Pos, "test markings and content instead", "a label rule cannot test the label it helps to decide")
	}
	return policy.LabelRule{Pack: p.packMeta.ID, ID: y.ID, Label: label.ID(y.Label), Recommend: y.Apply == "recommend",
		Mode: policy.Mode(y.Mode), Replace: label.Replace(y.Replace), When: orAlways(c.cond(p.packMeta.ID, y.When)),
		Except: c.cond(p.packMeta.ID, y.Except), Reason: y.Description}
}

// usesLabel reports whether a condition looks at what labelling came to.
func usesLabel(y *Cond) bool {
	if y == nil {
		return false
	}
	for _, list := range [][]Cond{y.All, y.Any} {
		for i := range list {
			if usesLabel(&list[i]) {
				return true
			}
		}
	}
	if y.NOf != nil {
		for i := range y.NOf.Of {
			if usesLabel(&y.NOf.Of[i]) {
				return true
			}
		}
	}
	if y.Score != nil {
		for i := range y.Score.Of {
			if usesLabel(&y.Score.Of[i].When) {
				return true
			}
		}
	}
	for _, a := range []*addressY{y.Sender, y.Recipient, y.AnyRecipient, y.AllRecipients} {
		for ; a != nil; a = a.Not {
			if a.Rated != nil {
				return true
			}
		}
	}
	return usesLabel(y.Not) || y.Label != nil || y.Unlabelled != nil || len(y.Outcome) > 0 || len(y.Conflict) > 0
}

func orAlways(c policy.Condition) policy.Condition {
	if c == nil {
		return policy.All{}
	}
	return c
}

func (c *compiler) policy(p *pack, y policyY) *policy.Policy {
	out := &policy.Policy{Pos: y.Pos, Pack: p.packMeta.ID, PackOrder: p.order, ID: y.ID, Mode: policy.Mode(y.Mode), Priority: y.Priority,
		When: c.cond(p.packMeta.ID, y.When)}
	if y.ID == "label" {
		c.at(y.Pos, "choose another id", "policy id %q is built in", y.ID)
	}
	seen := map[string]strictyaml.Pos{}
	for _, r := range y.Rules {
		c.id(r.Pos, "rule", r.ID, seen)
		rule := policy.Rule{Pos: r.Pos, ID: r.ID, Description: r.Description, Severity: r.Severity, Mode: policy.Mode(r.Mode),
			When: orAlways(c.cond(p.packMeta.ID, r.When)), Except: c.cond(p.packMeta.ID, r.Except), Stop: r.Stop, PerPart: r.Per == "part"}
		if r.Mode != "" && policy.Weaker(rule.Mode, out.Mode) != rule.Mode {
			c.at(r.Pos, "make it weaker, or raise the mode of the policy", "rule %q: mode %s is stronger than the policy's %s", r.ID, r.Mode, y.Mode)
		}
		if r.Override != nil {
			rule.Override = c.override(r)
		}
		verdicts := 0
		for i := range r.Then {
			a := c.action(p.packMeta.ID, &r.Then[i])
			if a.Disposition() != "" {
				verdicts++
			}
			rule.Drop = rule.Drop || a.Kind == policy.ActReject && r.Recipients == "drop"
			rule.Then = append(rule.Then, a)
		}
		if r.Recipients == "drop" && !rule.Drop {
			c.at(r.Pos, "give the rule the action reject", "rule %q: recipients: drop has no refusal to put in its place", r.ID)
		}
		if verdicts > 1 {
			c.at(r.Pos, "keep one of them", "rule %q has %d verdicts", r.ID, verdicts)
		}
		out.Rules = append(out.Rules, rule)
	}
	return out
}

var variable = regexp.MustCompile(`\{\{([^{}]*)\}\}`)

// known variables of texts: the built-in ones and those that assignments give.
func (c *compiler) variables(n *strictyaml.Node, text string, more ...string) {
	known := append(slices.Clone(policy.Variables), more...)
	for _, a := range c.opt.Assign {
		known = append(known, sortedKeys(a.Variables)...)
	}
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		c.d.OneOf(n, "variable", m[1], known)
	}
}

func (c *compiler) action(pack string, y *Act) policy.Action {
	a := policy.Action{Kind: policy.ActionKind(y.kind)}
	switch a.Kind {
	case policy.ActReject:
		a.Reply = c.reply(y, y.Reject, 550, "5.7.1", "message refused by policy")
		c.tip(y, y.Reject, &a)
	case policy.ActTempFail:
		a.Reply = c.reply(y, y.TempFail, 451, "4.7.1", "try again later")
		c.tip(y, y.TempFail, &a)
	case policy.ActQuarantine:
		a.Reason = "held for review"
		if y.Quarantine != nil && y.Quarantine.Reason != "" {
			a.Reason = y.Quarantine.Reason
			c.variables(y.node, a.Reason)
		}
	case policy.ActAddHeader, policy.ActChangeHeader:
		h := y.AddHeader
		if a.Kind == policy.ActChangeHeader {
			h = y.ChangeHeader
		}
		if h != nil {
			a.Name, a.Value = h.Name, h.Value
			c.headerName(y.node, h.Name)
			c.variables(y.node, h.Value)
		}
	case policy.ActDeleteHeader:
		if y.DeleteHeader != nil {
			a.Name = y.DeleteHeader.Name
			c.headerName(y.node, a.Name)
		}
	case policy.ActSubjectPrefix:
		if y.SubjectPrefix != nil {
			a.Value = y.SubjectPrefix.Text
			c.variables(y.node, a.Value)
		}
	case policy.ActSubjectSuffix:
		if y.SubjectSuffix != nil {
			a.Value = y.SubjectSuffix.Text
			c.variables(y.node, a.Value)
		}
	case policy.ActAddRecipient:
		a.Addresses = y.AddRecipient
		c.people(y.node, a.Addresses, policy.TheManager)
	case policy.ActSetLabel:
		if l := c.label(y.node, y.Pos, y.SetLabel); l != nil {
			a.Label = l.ID
		}
	case policy.ActNotify:
		if y.Notify != nil {
			a.Addresses, a.Otherwise, a.Template = y.Notify.To, y.Notify.Or, y.Notify.Template
			c.people(y.node, a.Addresses, policy.People...)
			c.mailboxes(y.node, a.Otherwise)
			c.d.OneOf(y.node, "template", a.Template, c.templateIDs())
		}
	case policy.ActIncident:
		if y.Incident != nil {
			a.Severity = y.Incident.Severity
		}
	default:
		c.edit(pack, y, &a)
	}
	return a
}

func (c *compiler) headerName(n *strictyaml.Node, name string) {
	if name != "" && !headerName(name) {
		c.d.Problem(n, "use printable ASCII without blanks and colon (RFC 5322 2.2)", "%q is not a header field name", name)
	}
}

// people checks mailboxes, some of which may be words.
func (c *compiler) people(n *strictyaml.Node, as []string, words ...string) {
	if len(as) == 0 {
		c.d.Problem(n, "name a mailbox", "nobody is named")
	}
	c.mailboxes(n, slices.DeleteFunc(slices.Clone(as), func(a string) bool { return slices.Contains(words, a) }))
}

func (c *compiler) mailboxes(n *strictyaml.Node, as []string) {
	for _, a := range as {
		local, domain, ok := strings.Cut(a, "@")
		if !ok || local == "" || domain == "" || strings.ContainsAny(a, " \t\r\n<>\x00") {
			c.d.Problem(n, "use the form name@example.com", "%q is not a mailbox", a)
		}
	}
}

func (c *compiler) reply(y *Act, r *replyY, code int, enhanced, text string) verdict.Reply {
	out := verdict.Reply{Code: code, Enhanced: enhanced, Text: text}
	if r == nil {
		return out
	}
	if r.Text != "" {
		out.Text = r.Text
		c.variables(y.node, r.Text, policy.ReplyVariables...)
	}
	if r.Code >= 400 && r.Code <= 599 { // anything else is reported by the decoder
		out.Code = r.Code
		if out.Code/100 != code/100 {
			c.d.Problem(y.node, "use reject for 5xx and tempfail for 4xx", "%s cannot have code %d", y.kind, r.Code)
			return out
		}
	}
	if r.Enhanced != "" {
		out.Enhanced = r.Enhanced
	}
	if err := out.Valid(); err != nil {
		c.d.Problem(y.node, "", "%v", err)
	}
	return out
}

func (c *compiler) exception(p *pack, y exceptionY, names map[string]bool) policy.Exception {
	_, err := time.Parse("2006-01-02", y.Until)
	if y.Until != "" && err != nil {
		c.at(y.Pos, "use the form 2026-12-31", "exception %q: until %q is not a day", y.ID, y.Until)
	}
	for _, r := range y.Rules {
		if !names[r] {
			c.at(y.Pos, nearest(r, sortedKeys(names)), "exception %q: unknown rule %q", y.ID, r)
		}
	}
	return policy.Exception{Pos: y.Pos, ID: y.ID, Rules: y.Rules, Who: orAlways(c.cond(p.packMeta.ID, y.Who)), Until: y.Until,
		ApprovedBy: y.ApprovedBy, Reason: y.Reason}
}

// covers matches an assignment's pattern with a name.
func covers(pattern, name string) bool {
	if pre, ok := strings.CutSuffix(pattern, "*"); ok {
		return strings.HasPrefix(name, pre)
	}
	return pattern == name
}

// assigned gives the assignments of a policy or label rule. Those that name it
// exactly stand in place of those with a wildcard.
func (c *compiler) assigned(name string) []Assign {
	var exact, wild []Assign
	for _, a := range c.opt.Assign {
		switch {
		case a.Policy == name:
			exact = append(exact, a)
		case covers(a.Policy, name):
			wild = append(wild, a)
		}
	}
	if len(exact) > 0 {
		return exact
	}
	return wild
}

func (c *compiler) bind(p *policy.Policy) []policy.Bound {
	as := c.assigned(p.Pack + "/" + p.ID)
	if len(as) == 0 {
		return []policy.Bound{{Policy: p}}
	}
	var out []policy.Bound
	for _, a := range as {
		name := a.Name
		if name == "" {
			name = a.Policy
		}
		b := policy.Bound{Policy: p, Assignment: policy.Assignment{Name: name, Mode: a.Mode, Priority: a.Priority, Percent: a.Percent, Variables: a.Variables}}
		b.Scope = c.scope(a)
		out = append(out, b)
	}
	return out
}

func (c *compiler) scope(a Assign) policy.Condition {
	var all policy.All
	who := func(vs []string) policy.AddressMatch {
		var m policy.AddressMatch
		for _, v := range lower(vs) {
			if strings.ContainsRune(v, '@') {
				m.Address = append(m.Address, v)
			} else {
				m.Domain = append(m.Domain, v)
			}
		}
		return m
	}
	either := func(m policy.AddressMatch, f func(policy.AddressMatch) policy.Condition) policy.Condition {
		if len(m.Address) > 0 && len(m.Domain) > 0 {
			return policy.Any{f(policy.AddressMatch{Address: m.Address}), f(policy.AddressMatch{Domain: m.Domain})}
		}
		return f(m)
	}
	if len(a.Senders) > 0 {
		all = append(all, either(who(a.Senders), func(m policy.AddressMatch) policy.Condition { return policy.Sender{Match: m, Site: c.opt.Site} }))
	}
	if len(a.Recipients) > 0 {
		all = append(all, either(who(a.Recipients), func(m policy.AddressMatch) policy.Condition { return policy.Recipient{Match: m, Site: c.opt.Site} }))
	}
	if len(a.Directions) > 0 {
		var ds []message.Direction
		for _, d := range a.Directions {
			ds = append(ds, message.Direction(d))
		}
		all = append(all, policy.DirectionIs{Of: ds})
	}
	if len(all) == 0 {
		return nil
	}
	return all
}

// checkAssigns reports assignments that bind nothing.
func (c *compiler) checkAssigns(all []*policy.Policy, rules []policy.LabelRule) {
	known := []string{"label/block", "label/hold"}
	for _, p := range all {
		known = append(known, p.Pack+"/"+p.ID)
	}
	for _, r := range rules {
		known = append(known, r.Pack+"/"+r.ID)
	}
	slices.Sort(known)
	for _, a := range c.opt.Assign {
		if !slices.ContainsFunc(known, func(k string) bool { return covers(a.Policy, k) }) {
			c.at(a.Pos, nearest(a.Policy, known), "rules.assign: no policy or label rule is called %q", a.Policy)
		}
	}
}
