package rulepack

import (
	"fmt"
	"path"

	"labelmilter/internal/match"
	"labelmilter/internal/strictyaml"
)

// lintPolicies gives warnings about policies: rules that never hold or never
// decide, and rules that no test of their pack names.
func (rs *Ruleset) lintPolicies() strictyaml.Problems {
	var ps strictyaml.Problems
	for _, s := range rs.Policies.Lint() {
		ps = append(ps, strictyaml.Problem{Pos: s.Pos, Severity: strictyaml.Warning, Message: s.Message, Fix: s.Fix})
	}
	return append(append(ps, rs.costly...), rs.untested...)
}

// costlyPattern is from how many steps for each byte of text an expression of
// a condition is remarked on: the work of a message (budget.Limits.Work) is
// spent on 40 MB of text then.
const costlyPattern = 100

// cost notes an expression of a condition that costs much for each byte of
// every text it looks at: unlike those of types, which run together, it runs
// alone.
func (c *compiler) cost(pos strictyaml.Pos, p *match.Pattern) {
	warn := func(fix, format string, args ...any) {
		c.rs.costly = append(c.rs.costly, strictyaml.Problem{Pos: pos, Severity: strictyaml.Warning, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	if p.Cost() > costlyPattern {
		warn("use smaller repeats or fewer of them, or make it a type and test sit:", "the expression takes %d steps for each byte of the text it looks at", p.Cost())
	}
	if p.Lane() == match.LookAround {
		warn("say it without look-around, or make it a type and test sit:", "the expression has look-around: its matches are verified one by one, and a text with very many counts as matched")
	}
}

// testsOf notes the rules of a pack that its tests do not name.
func (c *compiler) testsOf(p *pack) {
	var rules []rulePos
	for _, f := range p.files {
		for _, y := range f.Policies {
			for _, r := range y.Rules {
				rules = append(rules, rulePos{y.ID, r.ID, r.Pos})
			}
		}
	}
	if len(rules) == 0 {
		return
	}
	names, err := p.Files()
	if err != nil {
		return // reported when the pack was read
	}
	named := map[string]bool{}
	for _, name := range names {
		if !isTest(name) {
			continue
		}
		data, err := readLimited(p.FS, path.Join(p.Dir, name))
		if err != nil {
			continue
		}
		n, _ := strictyaml.Parse(p.shown(name), data)
		if tests := n.Get("tests"); tests != nil {
			for _, t := range tests.Items() {
				rulesNamed(t, named)
			}
		}
	}
	for _, r := range rules {
		if !named[r.policy+"/"+r.rule] {
			c.rs.untested = append(c.rs.untested, strictyaml.Problem{Pos: r.Pos, Severity: strictyaml.Warning,
				Message: "rule " + r.policy + "/" + r.rule + " has no test: none of the pack's expects it", Fix: "name it as winning_rule, or under rules, in a *_test.yaml"})
		}
	}
}

type rulePos struct {
	policy, rule string
	strictyaml.Pos
}

// rulesNamed collects the rules that one test expects.
func rulesNamed(t *strictyaml.Node, out map[string]bool) {
	if v := t.Get("verdict"); v != nil && v.Kind() == strictyaml.Map {
		if w := v.Get("winning_rule"); w != nil {
			out[w.Text()] = true
		}
	}
	rules := t.Get("rules")
	if rules == nil || rules.Kind() != strictyaml.Seq {
		return
	}
	for _, r := range rules.Items() {
		if r.Kind() != strictyaml.Map {
			continue
		}
		p, n := r.Get("policy"), r.Get("rule")
		if p != nil && n != nil {
			out[p.Text()+"/"+n.Text()] = true
		}
	}
}
