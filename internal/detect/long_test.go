package detect

import (
	"strings"
	"testing"

	"labelmilter/internal/sit"
)

// Long matches share their tails in memory; the bound on their length and the
// number of ends must come out as without.
func TestLongMatches(t *testing.T) {
	t.Parallel()
	var ts []sit.Type
	for _, expr := range []string{`a+`, `\ba+\b`, `\ba[a-z.-]+b`, `(?:a-)+a`, `\b[a.]+@[a.]+\b`, `a[^b]*b`, `(?s)a.*`, `\b\w{2,}=[a-z]+`, `-[a-]{3,200}`, `a{1,80}`} {
		for _, check := range []string{"", "odd", "short"} {
			e := sit.Element{Regex: expr}
			if check != "" {
				e.Validate = []string{check}
			}
			ts = append(ts, sit.Type{ID: "t" + itoa(len(ts)), Patterns: []sit.Pattern{{Confidence: 75, Match: e}}})
		}
	}
	pl, errs := newPlan(ts, nil, testOptions)
	if pl == nil {
		t.Fatal(errs)
	}
	e, r := newEngine(pl), reference(pl)
	for _, s := range []string{
		strings.Repeat("a", 2500), strings.Repeat("a-", 1100) + "b", strings.Repeat("a.", 600) + "@" + strings.Repeat("a.", 700),
		strings.Repeat("a@a.", 300), strings.Repeat("aa=", 200) + "b", strings.Repeat("a", 2047) + "b a", strings.Repeat("a", 2048) + "b a", strings.Repeat("-a", 31) + "b" + strings.Repeat("-a", 32),
	} {
		if n := compareWith(t, e, r, asTexts(s), nil); n == 0 {
			t.Errorf("nothing found in %.20q", s)
		}
	}
}
