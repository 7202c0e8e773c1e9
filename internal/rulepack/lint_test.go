package rulepack

import (
	"strings"
	"testing"
)

func TestLintPolicies(t *testing.T) {
	t.Parallel()
	one := func(rules string) string { return "policies:\n  - id: p\n    rules:\n" + rules }
	tests := []struct{ name, rules, want string }{
		{"clean", one("      - {id: a, when: {subject: {words: [x]}}, then: [quarantine]}\n      - {id: b, when: {subject: {words: [y]}}, then: [reject]}\n"), ""},
		{"opposite", one("      - {id: a, when: {all: [{unlabelled: true}, {not: {unlabelled: true}}]}, then: [reject]}\n"), "p/a never holds: it asks for a condition and for its opposite"},
		{"two directions", "policies:\n  - id: p\n    when: {direction: [inbound]}\n    rules:\n      - {id: a, when: {direction: [outbound]}, then: [reject]}\n", "two directions at once"},
		{"label bounds", one("      - {id: a, when: {label: {at_least: high, at_most: low}}, then: [reject]}\n"), "at_least ranks above at_most"},
		{"label and none", one("      - {id: a, when: {all: [{unlabelled: true}, {label: {is: [low]}}]}, then: [reject]}\n"), "a label and for none"},
		{"shadowed by a wider one", one("      - {id: a, when: {subject: {words: [x]}}, then: [reject]}\n      - {id: b, when: {all: [{subject: {words: [x]}}, {unlabelled: true}]}, then: [quarantine]}\n"), "p/b is shadowed: wherever it holds, p/a"},
		{"shadowed by a later, stricter one", one("      - {id: a, when: {all: [{unlabelled: true}, {subject: {words: [x]}}]}, then: [quarantine]}\n      - {id: b, when: {unlabelled: true}, then: [reject]}\n"), "p/a is shadowed"},
		{"not shadowed: the wider has an exception", one("      - {id: a, when: {subject: {words: [x]}}, except: {unlabelled: true}, then: [reject]}\n      - {id: b, when: {all: [{subject: {words: [x]}}, {unlabelled: true}]}, then: [quarantine]}\n"), ""},
		{"not shadowed: stricter", one("      - {id: a, when: {subject: {words: [x]}}, then: [quarantine]}\n      - {id: b, when: {all: [{subject: {words: [x]}}, {unlabelled: true}]}, then: [reject]}\n"), ""},
		{"contradiction", one("      - {id: a, when: {subject: {words: [x]}}, then: [accept]}\n      - {id: b, when: {subject: {words: [x]}}, then: [reject]}\n"), "contradict each other"},
		{"same place", one("      - {id: a, when: {subject: {words: [x]}}, then: [{route: one}]}\n      - {id: b, then: [{route: two}]}\n"), "edit the same place (route)"},
		{"long word lists are not the same", one("      - {id: a, when: {subject: {words: [a, b, c, d, e, f]}}, then: [reject]}\n      - {id: b, when: {subject: {words: [a, b, c, d, e, g]}}, then: [reject]}\n"), ""},
		{"unreachable", "policies:\n  - {id: p, priority: 1, rules: [{id: a, then: [incident], stop: true}]}\n  - {id: q, priority: 2, rules: [{id: b, then: [reject]}]}\n", "policy \"q\" is never evaluated: p/a always stops"},
		{"costly expression", one("      - {id: a, when: {body: {matches: '(a[bc]{1,90}x){1,9}'}}, then: [reject]}\n"), "steps for each byte"},
		{"look-around", one("      - {id: a, when: {body: {matches: '(?<!x)abc(?!y)'}}, then: [reject]}\n"), "has look-around"},
		{"label set and tested", one("      - {id: a, when: {subject: {words: [x]}}, then: [{set_label: high}]}\n      - {id: b, when: {label: {at_least: high}}, then: [reject]}\n"), "p/b tests label high, which p/a sets"},
	}
	for _, tt := range tests {
		rs, problems := loadScope(t, tt.rules, nil)
		if rs == nil {
			t.Errorf("%s: %s", tt.name, problems)
			continue
		}
		var got []string
		for _, p := range rs.Lint() {
			if !strings.Contains(p.Message, "has no test") {
				got = append(got, p.Message)
			}
		}
		if text := strings.Join(got, "\n"); tt.want == "" && text != "" || !strings.Contains(text, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, text, tt.want)
		}
	}
}

func TestLintUntested(t *testing.T) {
	t.Parallel()
	rules := "policies:\n  - id: p\n    rules:\n      - {id: a, then: [reject]}\n      - {id: b, when: {unlabelled: true}, then: [incident]}\n      - {id: c, when: {unlabelled: false}, then: [incident]}\n"
	rs, problems := loadScope(t, rules, map[string]string{"x_test.yaml": "tests:\n  - {name: n, verdict: {winning_rule: p/a}, rules: [{policy: p, rule: b}]}\n"})
	if rs == nil {
		t.Fatal(problems)
	}
	var got []string
	for _, p := range rs.Lint() {
		if strings.Contains(p.Message, "has no test") {
			got = append(got, p.Message)
		}
	}
	if len(got) != 1 || !strings.Contains(got[0], "p/c") {
		t.Errorf("%q", got)
	}
}
