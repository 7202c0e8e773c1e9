package rulepack

import (
	"path"

	"labelmilter/internal/strictyaml"
)

// lintPolicies gives warnings about policies: rules that never hold or never
// decide, and rules that no test of their pack names.
func (rs *Ruleset) lintPolicies() strictyaml.Problems {
	var ps strictyaml.Problems
	for _, s := range rs.Policies.Lint() {
		ps = append(ps, strictyaml.Problem{Pos: s.Pos, Severity: strictyaml.Warning, Message: s.Message, Fix: s.Fix})
	}
	return append(ps, rs.untested...)
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
