package rulepack

import (
	"strings"
	"testing"
	"testing/fstest"

	"labelmilter/internal/policy"
)

const scopePack = "id: t\nversion: 1.0.0\ndescription: test\n"

const scopeLabels = "labels:\n  - {id: low, name: Low, rank: 1}\n  - {id: high, name: High, rank: 2}\n"

func loadScope(t *testing.T, rules string, more map[string]string) (*Ruleset, string) {
	t.Helper()
	fs := fstest.MapFS{"pack.yaml": {Data: []byte(scopePack)}, "labels.yaml": {Data: []byte(scopeLabels)}, "r.yaml": {Data: []byte(rules)}}
	for k, v := range more {
		fs[k] = &fstest.MapFile{Data: []byte(v)}
	}
	rs, ps := Load(Options{Sources: []Source{{FS: fs, Dir: ".", Name: "t"}}, Site: &policy.Organisation{Domains: []string{"a.example"}}})
	var text []string
	for _, p := range ps {
		text = append(text, p.Message)
	}
	return rs, strings.Join(text, "\n")
}

const scopeHead = "scopes:\n  - id: s\n    classes: [{id: us, recipient: {internal: true}}, {id: all}]\n    table:\n"

// TestScopeComplete: a table loads only if it answers every case once.
func TestScopeComplete(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, rows, want string }{
		{"complete", "      - {label: [low, high], to: {us: allow, all: block}}\n      - {unlabelled: true, to: {us: allow, all: allow}}\n", ""},
		{"label missing", "      - {label: low, to: {us: allow, all: block}}\n      - {unlabelled: true, to: {us: allow, all: allow}}\n", `no answer for high mail to us, all`},
		{"class missing", "      - {label: [low, high], to: {us: allow}}\n      - {unlabelled: true, to: {us: allow, all: allow}}\n", "no answer for low mail to all"},
		{"direction missing", "      - {label: [low, high], direction: [outbound], to: {us: allow, all: block}}\n      - {unlabelled: true, to: {us: allow, all: allow}}\n", "no answer for high mail to us (inbound, internal), all (inbound, internal)"},
		{"unlabelled missing", "      - {label: [low, high], to: {us: allow, all: block}}\n", "no answer for unlabelled mail to us, all"},
		{"twice", "      - {label: [low, high], to: {us: allow, all: block}}\n      - {label: low, direction: [inbound], to: {us: block}}\n      - {unlabelled: true, to: {us: allow, all: allow}}\n", "low mail, inbound, to us is answered twice"},
		{"unknown answer", "      - {label: [low, high], to: {us: allow, all: blok}}\n      - {unlabelled: true, to: {us: allow, all: allow}}\n", `"blok" is no answer`},
		{"unknown class", "      - {label: [low, high], to: {us: allow, all: block, them: warn}}\n      - {unlabelled: true, to: {us: allow, all: allow}}\n", "no class is called \"them\""},
	} {
		rs, got := loadScope(t, scopeHead+tt.rows, nil)
		if (rs != nil) != (tt.want == "") || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}

func TestRelationsProblems(t *testing.T) {
	t.Parallel()
	rule := func(when string) string {
		return "policies:\n  - id: p\n    rules:\n      - {id: r, when: " + when + ", then: [accept]}\n"
	}
	for _, tt := range []struct{ rules, want string }{
		{rule("{score: {at_least: 5, of: [{points: 2, when: {unlabelled: true}}, {points: -3, when: {unlabelled: true}}]}}"), "5 is never reached"},
		{rule("{recipient: {rated_below_label: true}}"), "needs ratings"},
		{rule("{sender: {same: [team]}}"), "about recipients"},
		{rule("{sender: {lookalike: {}}}"), "tests nothing"},
		{"ratings: [{label: middle, recipient: {domain: [x.example]}}]\n", "unknown label"},
		{"directories: [{id: d, file: none.csv}]\n", "file does not exist"},
		{"directories: [{id: d, file: ../../bad.csv}]\n", "line 1: want a column address"},
	} {
		rs, got := loadScope(t, tt.rules, map[string]string{"bad.csv": "mail\n"})
		if rs != nil || !strings.Contains(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.rules, got, tt.want)
		}
	}
	// The content of a directory is part of the rule set's digest.
	one, a := loadScope(t, "directories: [{id: d, file: p.csv}]\n", map[string]string{"p.csv": "address\nx@y\n"})
	two, b := loadScope(t, "directories: [{id: d, file: p.csv}]\n", map[string]string{"p.csv": "address\nx@z\n"})
	if one == nil || two == nil || one.Digest == two.Digest {
		t.Errorf("digests %v %v", a, b)
	}
}
