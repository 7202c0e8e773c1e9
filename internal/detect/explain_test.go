package detect

import (
	"fmt"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/sit"

	"github.com/google/go-cmp/cmp"
)

func TestExplain(t *testing.T) {
	t.Parallel()
	ts := []sit.Type{{ID: "t", Exclude: sit.Exclude{Repeated: true, PrecededBy: `\d\.`, FollowedBy: `%`}, Patterns: []sit.Pattern{
		{Confidence: 85, Match: sit.Element{Regex: nine.Regex, Validate: []string{"luhn"}}, Proximity: 20, Near: &sit.Need{All: []sit.Need{near(lists("tfn"))}, None: []sit.Need{near(lists("test"))}}},
		{Confidence: 65, Match: sit.Element{Regex: nine.Regex, Validate: []string{"luhn"}}},
	}}}
	e, errs := CompileWith(ts, testLists, Options{Allow: func(_, n string) bool { return n == "000000018" }})
	if errs != nil {
		t.Fatal(errs)
	}
	text := "TFN: 123 456 782, 123456789, 000000000, 000000018; " + strings.Repeat(".", 30) + " sample tfn 123-456-782 0.123456782 123456782%"
	got, ok := e.Explain([]extract.Text{{Part: "1", Where: extract.InBody, Body: text}}, "t", budget.Default())
	var lines []string
	for _, tr := range got {
		lines = append(lines, tr.String())
	}
	want := []string{
		`999 999 999 part "1" body 5-16 pattern 0 (85): counted; all tfn at 2; none test not there`,
		`999 999 999 part "1" body 5-16 pattern 1 (65): covered`,
		`999999999 part "1" body 18-27 pattern 0 (85): refused by validate: luhn`,
		`999999999 part "1" body 18-27 pattern 1 (65): refused by validate: luhn`,
		`999999999 part "1" body 29-38 pattern 0 (85): refused by exclude: repeated`,
		`999999999 part "1" body 29-38 pattern 1 (65): refused by exclude: repeated`,
		`999999999 part "1" body 40-49 pattern 0 (85): no-evidence; all tfn not there; none test not there`,
		`999999999 part "1" body 40-49 pattern 1 (65): allowed`,
		`999-999-999 part "1" body 93-104 pattern 0 (85): no-evidence; all tfn at 1; none test at 5`,
		`999-999-999 part "1" body 93-104 pattern 1 (65): counted`,
		`999999999 part "1" body 107-116 pattern 0 (85): refused by exclude: preceded_by`,
		`999999999 part "1" body 107-116 pattern 1 (65): refused by exclude: preceded_by`,
		`999999999 part "1" body 117-126 pattern 0 (85): refused by exclude: followed_by`,
		`999999999 part "1" body 117-126 pattern 1 (65): refused by exclude: followed_by`,
	}
	if d := cmp.Diff(want, lines); d != "" || !ok {
		t.Errorf("%v %s", ok, d)
	}
	if _, ok := e.Explain(nil, "nope", budget.Default()); ok {
		t.Error("an unknown type was explained")
	}
}

// The trace must agree with detection: as many counted as instances.
func TestExplainAgrees(t *testing.T) {
	t.Parallel()
	e := realistic()
	texts := asTexts(newCorpus(5).filled(e.pl, 4000))
	l := budget.Default()
	counts := map[string]int{}
	for _, f := range e.Detect(texts, l).Findings {
		counts[f.Type] += f.Count
	}
	for _, ty := range e.pl.types[:40] {
		traces, _ := e.Explain(texts, ty.id, l)
		n := 0
		for _, tr := range traces {
			if tr.Outcome == Counted {
				n++
			}
		}
		if n != counts[ty.id] {
			t.Errorf("%s: %d traced, %d found", ty.id, n, counts[ty.id])
		}
	}
}

func TestLanes(t *testing.T) {
	t.Parallel()
	var ts []sit.Type
	cases := []struct{ expr, lane string }{
		{`\b\d{9}\b`, "word"},
		{`\b[a-z0-9]{32}\b`, "word"},
		{`\b[A-Za-z0-9.]+@[a-z]+\b`, "trigger+memory"},
		{`-----BEGIN [A-Z]+`, "sign+memory"},
		{`\d{9}`, "word,inside-word"},
		{`(?<!\d)\d{9}`, "word,inside-word+lookaround"},
		{`(?:a|b)*a(?:a|b){14}`, "word+memory,inside-word+memory+checked"},
		{`[ab]*a` + strings.Repeat("[ab]", 14), "simulated"},
		{``, "words"},
	}
	for _, c := range cases {
		e := sit.Element{Regex: c.expr}
		if c.expr == "" {
			e = sit.Element{Words: []string{"x"}}
		}
		ts = append(ts, sit.Type{ID: "t" + itoa(len(ts)), Patterns: []sit.Pattern{{Confidence: 75, Match: e}}})
	}
	e, errs := Compile(ts, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	for i, li := range e.Lanes() {
		if li.Lane != cases[i].lane || li.Type != ts[i].ID {
			t.Errorf("%s: got %+v, want %s", cases[i].expr, li, cases[i].lane)
		}
	}
	if a, b := e.Lanes()[0].Cost, e.Lanes()[2].Cost; a < 0 || a >= b {
		t.Errorf("nine digits cost %v, an address %v", a, b)
	}
	// Of the sample's words some are so long.
	long, errs := Compile([]sit.Type{{ID: "long", Patterns: []sit.Pattern{{Confidence: 75, Match: sit.Element{Regex: `\b[a-z]{6}[a-z]*\b`}}}}}, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	if li := long.Lanes()[0]; !strings.HasPrefix(li.Lane, "word") || li.Cost < 50 {
		t.Errorf("long words: %+v", li)
	}
}

// What joins a match is part of its trace, and so is the step that is missing.
func TestExplainJoined(t *testing.T) {
	t.Parallel()
	one := func(min int, words ...string) sit.Step {
		return sit.Step{Element: sit.Element{Words: words}, Min: min}
	}
	e, errs := Compile([]sit.Type{{ID: "t", Exclude: sit.Exclude{Suffixes: []string{"road"}}, Patterns: []sit.Pattern{
		{Confidence: 85, Match: sit.Element{Words: []string{"ann"}}, Before: []sit.Step{one(0, "dr")}, After: []sit.Step{{Element: sit.Element{ID: "family", Words: []string{"lee"}}, Min: 1}}}}}}, nil)
	if e == nil {
		t.Fatal(errs)
	}
	for text, want := range map[string]string{
		"so dr ann lee":    `counted "dr ann lee" before patterns[0].before[0] true after family true`,
		"so ann lee":       `counted "ann lee" after family true`,
		"so dr ann":        `no-evidence "ann" before patterns[0].before[0] true after family false`,
		"so dr, ann, lee":  `no-evidence "ann" after family false`,
		"so ann lee road":  `refused "ann lee" exclude: suffixes after family true`,
		"so dr ann leeway": `no-evidence "ann" before patterns[0].before[0] true after family false`,
	} {
		traces, _ := e.Explain(asTexts(text), "t", budget.Default())
		if len(traces) != 1 {
			t.Errorf("%q: %d traces", text, len(traces))
			continue
		}
		x := traces[0]
		got := fmt.Sprintf("%s %q", x.Outcome, x.Value.Reveal())
		if x.Reason != "" {
			got += " " + x.Reason
		}
		for _, v := range x.Evidence {
			got += fmt.Sprintf(" %s %s %t", v.Under, v.ID, v.Found)
		}
		if got != want {
			t.Errorf("%q: got %s, want %s", text, got, want)
		}
	}
}
