package prove_test

import (
	"bytes"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"labelmilter/internal/assemble"
	"labelmilter/internal/prove"
	"labelmilter/internal/rulepack"
	"labelmilter/rules"
)

func run(t *testing.T, packs ...string) prove.Report {
	t.Helper()
	rs, ps := assemble.Rules(assemble.Options{Packs: packs})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	rep, err := prove.Run(t.Context(), rs)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

// TestShippedPacksAreProved also holds the number of cases, so that a proof
// of nothing is noticed.
func TestShippedPacksAreProved(t *testing.T) {
	for _, c := range []struct {
		packs []string
		least int
	}{
		{[]string{"uk-gsc"}, 5_000},
		{[]string{"nz-psr"}, 3_000},
		{[]string{"us-cui"}, 250},
		{[]string{"au-pspf", "au-pspf-foreign"}, 67_000},
	} {
		if len(c.packs) > 1 && testing.Short() {
			continue
		}
		rep := run(t, c.packs...)
		if f, e, found := rep.Smallest(); found {
			t.Errorf("%v: %s: %q came to %+v, want %s", c.packs, f.Code, e.Marking, e.Got, e.Want)
		}
		if rep.Cases < c.least || rep.Failed != 0 {
			t.Errorf("%v: %d cases, %d failed, want at least %d and none", c.packs, rep.Cases, rep.Failed, c.least)
		}
		sum := 0
		for _, n := range rep.Outcomes {
			sum += n
		}
		if sum != rep.Cases {
			t.Errorf("%v: outcomes of %d cases, want %d", c.packs, sum, rep.Cases)
		}
	}
}

// TestCounterexamplesAreFresh holds the document that the pack of the
// published rules ships.
func TestCounterexamplesAreFresh(t *testing.T) {
	if testing.Short() {
		t.Skip("short")
	}
	rep := run(t, "au-pspf-purview")
	var b bytes.Buffer
	if err := rep.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	have, err := fs.ReadFile(rules.FS, "au-pspf-purview/COUNTEREXAMPLES.md")
	if err != nil || string(have) != b.String() {
		t.Errorf("rules/au-pspf-purview/COUNTEREXAMPLES.md is not what rules prove au-pspf-purview --format markdown writes (%v)", err)
	}
	for _, code := range []string{"below-class", "not-blocked", "several-labels", "malformed-accepted", "imm-lost", "caveat-lost"} {
		if !strings.Contains(b.String(), "\n## "+code+"\n") {
			t.Errorf("no counterexample of the kind %s", code)
		}
	}
}

// TestFaultsAreFound plants one fault at a time into a small pack and wants
// it named, with the smallest counterexample. A pack without a grammar is
// proved faulty by [TestCounterexamplesAreFresh].
func TestFaultsAreFound(t *testing.T) {
	t.Parallel()
	const good = `
labels:
  - {id: unclassified, name: U, rank: 10, marking: {classification: UNCLASSIFIED}}
  - {id: fouo, name: F, rank: 20, marking: {classification: FOUO}}
  - {id: cui, name: C, rank: 30, marking: {classification: CUI}}
  - {id: cui-nf, name: CN, rank: 40, marking: {classification: CUI, caveats: [NOFORN]}}
  - {id: cui-p, name: CP, rank: 40, marking: {classification: CUI, imms: [PRVCY]}}
markings: {scheme: us-cui, ceiling: CUI}
`
	for _, c := range []struct{ name, old, new, code, smallest string }{
		{"sound", "", "", "", ""},
		{"label rule lowers nothing", "markings:", "label_rules:\n  - {id: r, label: unclassified, when: {subject: {words: [figures]}}}\nmarkings:", "", ""},
		{"label rule raises", "markings:", "label_rules:\n  - {id: r, label: cui-nf, when: {subject: {words: [figures]}}}\nmarkings:", "other-class", "FOUO"},
		{"two label rules", "markings:", "label_rules:\n  - {id: r, label: fouo, when: {subject: {words: [figures]}}}\n  - {id: s, label: unclassified, when: {subject: {words: [figures]}}}\nmarkings:", "several-labels", "CUI"},
	} {
		pack := strings.Replace(good, c.old, c.new, 1)
		fsys := fstest.MapFS{"p/pack.yaml": {Data: []byte("id: p\nversion: \"1\"\ndescription: test\n")}, "p/rules.yaml": {Data: []byte(pack)}}
		rs, ps := rulepack.Load(rulepack.Options{Sources: []rulepack.Source{{FS: fsys, Dir: "p"}}})
		if ps.HasErrors() {
			t.Fatalf("%s: %v", c.name, ps)
		}
		rep, err := prove.Run(t.Context(), rs)
		if err != nil {
			t.Fatal(err)
		}
		if c.code == "" {
			if !rep.OK() {
				_, e, _ := rep.Smallest()
				t.Errorf("%s: %+v", c.name, e)
			}
			continue
		}
		found := false
		for _, f := range rep.Faults {
			if f.Code == c.code {
				found = true
				if c.smallest != "" && f.Examples[0].Marking != c.smallest {
					t.Errorf("%s: smallest counterexample %q, want %q", c.name, f.Examples[0].Marking, c.smallest)
				}
			}
		}
		if !found || rep.OK() {
			t.Errorf("%s: the fault %s was not found (%d of %d cases fail)", c.name, c.code, rep.Failed, rep.Cases)
		}
	}
}

// TestModes proves that a label table is total in each mode, and that the
// modes differ where they should.
func TestModes(t *testing.T) {
	t.Parallel()
	for mode, held := range map[string]bool{"first": false, "all": true, "highest": false} {
		const uk = `
labels:
  - {id: o, name: O, rank: 10, marking: {classification: OFFICIAL}}
  - {id: os, name: OS, rank: 20, marking: {classification: OFFICIAL-SENSITIVE}}
  - {id: os-l, name: OSL, rank: 30, marking: {classification: OFFICIAL-SENSITIVE, imms: [LEGAL]}}
  - {id: os-c, name: OSC, rank: 40, marking: {classification: OFFICIAL-SENSITIVE, imms: [COMMERCIAL]}}
  - {id: os-cl, name: OSCL, rank: 50, marking: {classification: OFFICIAL-SENSITIVE, imms: [COMMERCIAL, LPP]}}
`
		pack := uk + "markings: {scheme: uk-gsc, imms: " + mode + "}\n"
		fsys := fstest.MapFS{"p/pack.yaml": {Data: []byte("id: p\nversion: \"1\"\ndescription: test\n")}, "p/rules.yaml": {Data: []byte(pack)}}
		rs, ps := rulepack.Load(rulepack.Options{Sources: []rulepack.Source{{FS: fsys, Dir: "p"}}})
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		rep, err := prove.Run(t.Context(), rs)
		if err != nil {
			t.Fatal(err)
		}
		if !rep.OK() {
			f, e, _ := rep.Smallest()
			t.Errorf("imms: %s: %s: %q came to %+v, want %s", mode, f.Code, e.Marking, e.Got, e.Want)
		}
		if got := rep.Outcomes["hold"] > 2_000; got != held {
			t.Errorf("imms: %s: %d held", mode, rep.Outcomes["hold"])
		}
	}
}
