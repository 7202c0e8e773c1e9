package rulepack_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"labelmilter/internal/label"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

const markingLabels = `
labels:
  - {id: o, name: O, rank: 10, marking: {classification: OFFICIAL}}
  - {id: os, name: OS, rank: 20, marking: {classification: "OFFICIAL:Sensitive"}}
`

// packs loads one pack for each text, named a, b, …
func packs(texts ...string) (*rulepack.Ruleset, strictyaml.Problems) {
	fsys := fstest.MapFS{}
	var sources []rulepack.Source
	for i, text := range texts {
		id := string(rune('a' + i))
		fsys[id+"/pack.yaml"] = &fstest.MapFile{Data: []byte("id: " + id + "\nversion: \"1\"\ndescription: test\n")}
		fsys[id+"/rules.yaml"] = &fstest.MapFile{Data: []byte(text)}
		sources = append(sources, rulepack.Source{FS: fsys, Dir: id})
	}
	return rulepack.Load(rulepack.Options{Sources: sources})
}

func TestMarkingsProblems(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, text, problem string
	}{
		{"short form", "markings: {scheme: au-epms}", ""},
		{"schemes", "markings: {scheme: au-epms, schemes: [uk-gsc, {id: titus, as: claim}]}", ""},
		{"one scheme", "markings: {scheme: au-epms, schemes: nato}", ""},
		{"unknown scheme", "markings: {scheme: au-epsm}", `unknown value "au-epsm"`},
		{"scheme without home", "markings: {scheme: nato}", `unknown value "nato"`},
		{"unknown further scheme", "markings: {scheme: au-epms, schemes: [uk-gcs]}", `unknown marking scheme "uk-gcs" (did you mean "uk-gsc"?)`},
		{"unknown way", "markings: {scheme: au-epms, schemes: [{id: nato, as: trust}]}", `unknown way to read a scheme "trust"`},
		{"unknown key", "markings: {scheme: au-epms, schemes: [{id: nato, mode: read}]}", "mode"},
		{"ceiling of another scheme", "markings: {scheme: au-epms, ceiling: TOP SECRET}", `ceiling: unknown class "TOP SECRET"`},
		{"unknown mode", "markings: {scheme: au-epms, imms: last}", `unknown value "last"`},
		{"unknown historical label", "markings: {scheme: au-epms, historical: {RESTRICTED: x}}", `unknown label "x"`},
		{"unknown list", "markings: {scheme: au-epms, silent: x}", `unknown list "x"`},
		{"bad prefix", "markings: {scheme: au-epms, types: \"A B\"}", `types: "A B" is not well formed`},
		{"schemes without home", "markings: {schemes: [nato]}", "no loaded pack has the marking scheme"},
		{"ceiling without home", "markings: {ceiling: PROTECTED}", "without a scheme only schemes can be added"},
		{"row", "markings: {scheme: au-epms}\nequivalence: [{scheme: uk-gsc, classification: OFFICIAL, label: o, source: test}]", ""},
		{"row without source", "markings: {scheme: au-epms}\nequivalence: [{scheme: uk-gsc, classification: OFFICIAL, label: o}]", "source"},
		{"row with both", "markings: {scheme: au-epms}\nequivalence: [{scheme: uk-gsc, classification: OFFICIAL, label: o, class: OFFICIAL, source: test}]", "either a label or a class"},
		{"row with neither", "markings: {scheme: au-epms}\nequivalence: [{scheme: uk-gsc, classification: OFFICIAL, source: test}]", "either a label or a class"},
		{"row with an unknown label", "markings: {scheme: au-epms}\nequivalence: [{scheme: uk-gsc, classification: OFFICIAL, label: x, source: test}]", `unknown label "x"`},
		{"row with an unknown class", "markings: {scheme: au-epms}\nequivalence: [{scheme: uk-gsc, classification: OFICIAL, label: o, source: test}]", `uk-gsc has no class "OFICIAL" (did you mean "OFFICIAL"?)`},
		{"row to an unknown class", "markings: {scheme: au-epms}\nequivalence: [{scheme: nato, classification: NATO SECRET, class: SECRT, source: test}]", `au-epms has no class "SECRT" (did you mean "SECRET"?)`},
		{"row of the home scheme", "markings: {scheme: au-epms}\nequivalence: [{scheme: au-epms, classification: OFFICIAL, label: o, source: test}]", "the catalogue's own scheme"},
		{"row of an unknown scheme", "markings: {scheme: au-epms}\nequivalence: [{scheme: x, classification: OFFICIAL, label: o, source: test}]", `unknown marking scheme "x"`},
		{"row twice", "markings: {scheme: au-epms}\nequivalence: [{scheme: titus, classification: A, label: o, source: test}, {scheme: titus, classification: a, label: os, source: test}]", "has two rows"},
		{"type of a marking", "markings: {scheme: au-epms, types: m}\nlabel_rules: [{id: r, label: os, when: {sit: {type: m-o}}}]", ""},
		{"unknown type of a marking", "markings: {scheme: au-epms, types: m}\nlabel_rules: [{id: r, label: os, when: {sit: {type: m-x}}}]", `unknown sensitive information type "m-x"`},
		{"condition on another scheme", "markings: {scheme: au-epms}\nlabel_rules: [{id: r, label: os, when: {marking: {scheme: nz-psr, classification: IN-CONFIDENCE, caveat: MEDICAL}}}]", ""},
		{"condition on a product", "markings: {scheme: au-epms}\nlabel_rules: [{id: r, label: os, when: {marking: {scheme: titus, classification: Anything}}}]", ""},
		{"condition on a class of another scheme", "markings: {scheme: au-epms}\nlabel_rules: [{id: r, label: os, when: {marking: {scheme: nz-psr, classification: PROTECTED}}}]", `unknown classification "PROTECTED"`},
		{"condition on an unknown scheme", "markings: {scheme: au-epms}\nlabel_rules: [{id: r, label: os, when: {marking: {scheme: x}}}]", `unknown marking scheme "x"`},
		{"condition on the secrecy remark", "markings: {scheme: au-epms}\nlabel_rules: [{id: r, label: os, when: {marking: {diagnostic: legislative-secrecy-unnamed}}}]", ""},
	} {
		rs, ps := packs(markingLabels + c.text)
		var all []string
		for _, p := range ps {
			all = append(all, p.String())
		}
		got := strings.Join(all, "\n")
		switch {
		case c.problem == "" && (len(ps) > 0 || rs == nil || rs.Markings == nil):
			t.Errorf("%s: %s", c.name, got)
		case c.problem != "" && (rs != nil || !strings.Contains(got, c.problem)):
			t.Errorf("%s: got %q, want %q", c.name, got, c.problem)
		}
	}
}

// TestEquivalenceOfLaterPack holds that a site confirms a row by a pack of its
// own, and that rows of another catalogue's pack stay out.
func TestEquivalenceOfLaterPack(t *testing.T) {
	t.Parallel()
	rs, ps := packs(markingLabels+"markings: {scheme: au-epms}\nequivalence: [{scheme: uk-gsc, classification: OFFICIAL, label: o, source: shipped}]",
		"markings: {schemes: [uk-gsc, {id: titus, as: claim}]}\nequivalence: [{scheme: uk-gsc, classification: OFFICIAL, label: os, confirmed: true, source: site}]")
	if len(ps) > 0 {
		t.Fatal(ps)
	}
	m := rs.Markings.Mapping
	if len(m.Equivalence) != 1 || !m.Equivalence[0].Confirmed || m.Equivalence[0].Label != "os" || !rs.Markings.Reader.Reads("uk-gsc") || len(m.Claims) != 1 {
		t.Errorf("%+v", m)
	}
	if m.Home() != "au-epms" || m.IMMs != label.IMMFirst || m.Ceiling != "PROTECTED" {
		t.Errorf("%+v", m)
	}
}
