package ruletest

import (
	"context"
	"strings"
	"testing"
	"testing/fstest"

	"labelmilter/internal/assemble"
	"labelmilter/internal/rulepack"
)

// TestShippedPacks runs the tests of every embedded pack of labels, markings and
// policies. The packs of sensitive information types carry many thousands of
// examples; "labelmilter rules test" runs them too.
func TestShippedPacks(t *testing.T) {
	t.Parallel()
	all, err := assemble.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	passed := map[string]int{}
	var test []string
	for _, s := range all {
		if !strings.HasPrefix(s.Dir, "sit/") {
			test = append(test, s.ID())
		}
	}
	ps := Run(context.Background(), Options{All: all, Test: test, Write: []string{"X-Sensitivity-Label"}}, func(c Case) {
		if !c.OK() {
			t.Errorf("%s: %s: %v %v", c.Pos, c.Name, c.Err, c.Mismatches)
		}
		passed[c.Pack]++
	})
	if ps.HasErrors() {
		t.Error(ps)
	}
	if passed["au-pspf"] < 160 || passed["au-pspf-purview"] < 80 {
		t.Errorf("tests by pack: %v", passed)
	}
}

func run(t *testing.T, o Options, files map[string]string) (cases []Case, problems string) {
	t.Helper()
	fsys := fstest.MapFS{"pack.yaml": {Data: []byte("id: p\nversion: \"1\"\ndescription: x\n")},
		"rules.yaml": {Data: []byte("policies:\n  - {id: q, rules: [{id: r, when: {subject: {words: [offer]}}, then: [reject]}]}\n" +
			"sits:\n  - id: s\n    name: S\n    patterns: [{confidence: high, match: {regex: 'S-\\d{4}'}}]\n    tests: {match: [\"S-1234\", \"none\"], no_match: [\"S-12\", \"S-1234 found\"]}\n")}}
	for name, text := range files {
		fsys[name] = &fstest.MapFile{Data: []byte(text)}
	}
	o.All = []rulepack.Source{{FS: fsys, Dir: ".", Name: "."}}
	ps := Run(context.Background(), o, func(c Case) { cases = append(cases, c) })
	return cases, ps.String()
}

func TestOutcomes(t *testing.T) {
	t.Parallel()
	const mail = "    mail: \"From: a@x.example\\nTo: b@y.example\\nSubject: offer\\n\\nhello\\n\"\n"
	cases, ps := run(t, Options{}, map[string]string{
		"a_test.yaml":    "tests:\n  - name: right\n" + mail + "    verdict: reject\n  - name: wrong\n" + mail + "    verdict: accept\n",
		"b_test.yaml":    "assign: [{policy: p/q, mode: simulate}]\ntests:\n  - name: simulated\n" + mail + "    verdict: accept\n    rules: [{rule: r, effective: false}]\n",
		"c_test.yaml":    "tests:\n  - name: from a file\n    eml: testdata/m.eml\n    verdict: reject\n",
		"testdata/m.eml": "From: a@x.example\nTo: b@y.example\nSubject: offer\n\nhello\n",
	})
	if ps != "" {
		t.Fatal(ps)
	}
	got := map[string]bool{}
	for _, c := range cases {
		got[c.Name] = c.OK()
	}
	want := map[string]bool{"s match 1": true, "s match 2": false, "s no_match 1": true, "s no_match 2": false, "right": true, "wrong": false, "simulated": true, "from a file": true}
	for name, ok := range want {
		if have, there := got[name]; !there || have != ok {
			t.Errorf("%s: there %v, passed %v, want %v", name, there, have, ok)
		}
	}
	if len(got) != len(want) {
		t.Errorf("%d tests, want %d", len(got), len(want))
	}
}

func TestMatch(t *testing.T) {
	t.Parallel()
	cases, _ := run(t, Options{Match: func(n string) bool { return strings.HasPrefix(n, "s match") }}, nil)
	if len(cases) != 2 {
		t.Errorf("%d tests", len(cases))
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct{ file, want string }{
		"no name":       {"tests:\n  - mail: \"Subject: x\\n\\n\"\n    verdict: accept\n", "a test needs a name"},
		"no message":    {"tests:\n  - name: x\n    verdict: accept\n", "the test has no message"},
		"no such file":  {"tests:\n  - name: x\n    eml: gone.eml\n", "no such file in the pack"},
		"out of pack":   {"tests:\n  - name: x\n    eml: ../../etc/passwd\n", "no such file in the pack"},
		"unknown key":   {"tests:\n  - name: x\n    mail: \"\\n\"\n    vredict: accept\n", "did you mean \"verdict\"?"},
		"suite key":     {"tests:\n  - name: x\n    mail: \"\\n\"\n    organisation: {domains: [a.example]}\n", "organisation holds for all tests of a file"},
		"unknown mode":  {"assign: [{policy: p/q, mode: of}]\ntests:\n  - {name: x, mail: \"\\n\"}\n", "did you mean \"off\"?"},
		"nothing bound": {"assign: [{policy: p/z, mode: off}]\ntests:\n  - {name: x, mail: \"\\n\"}\n", "no policy or label rule is called \"p/z\""},
		"no tests":      {"assign: []\n", "missing key \"tests\""},
		"network":       {"organisation: {networks: [x]}\ntests:\n  - {name: x, mail: \"\\n\"}\n", "not a network: x"},
	} {
		cases, ps := run(t, Options{Match: func(n string) bool { return !strings.HasPrefix(n, "s ") }}, map[string]string{"a_test.yaml": tt.file})
		if !strings.Contains(ps, tt.want) {
			t.Errorf("%s: %s, want %s", name, ps, tt.want)
		}
		if len(cases) > 0 {
			t.Errorf("%s: ran all the same", name)
		}
	}
}
