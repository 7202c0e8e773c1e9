package detect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/sit"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A pattern whose match was taken by another still leaves the place to those
// with less confidence, if these match less of the text.
func TestJoinedLeavesPlace(t *testing.T) {
	t.Parallel()
	number := sit.Element{Regex: `\b\d{3}\b`}
	e, errs := Compile([]sit.Type{{ID: "t", Patterns: []sit.Pattern{
		{Confidence: 85, Match: sit.Element{Words: []string{"so no"}}},
		{Confidence: 85, Match: number, Before: []sit.Step{{Element: sit.Element{Words: []string{"no"}}, Min: 1}}},
		{Confidence: 75, Match: number},
		{Confidence: 65, Match: number},
	}}}, nil)
	if e == nil {
		t.Fatal(errs)
	}
	found := map[int]int{}
	for _, f := range e.Detect([]extract.Text{{Part: "1", Where: extract.InBody, Body: "so no 123 and 456"}}, budget.Default()).Findings {
		found[f.Confidence] = f.Count
	}
	if len(found) != 2 || found[85] != 1 || found[75] != 2 {
		t.Errorf("found %v, want the words at 85 and both numbers at 75", found)
	}
}

// What one match lacks the next may have: in a long text evidence is looked
// for block by block.
func TestRulingsEnd(t *testing.T) {
	t.Parallel()
	for _, proximity := range []int{5, 40, sit.Unlimited} {
		e, errs := Compile([]sit.Type{{ID: "t", Patterns: []sit.Pattern{{Confidence: 85, Match: sit.Element{Regex: `\b\d{3}\b`}, Proximity: proximity, Near: &sit.Need{Any: []sit.Need{
			{Element: &sit.Element{Regex: `\bx\d\b`}}, {Element: &sit.Element{Words: []string{"near", "here"}}}}}}}}}, nil)
		if e == nil {
			t.Fatal(errs)
		}
		for seed := range uint64(30) {
			rnd := rand.New(rand.NewPCG(seed, 4))
			var b strings.Builder
			for b.Len() < 12*blockSize {
				switch n := rnd.IntN(2 * blockSize); {
				case n == 0:
					b.WriteString("x1 ")
				case n == 1:
					b.WriteString("near ")
				case n < 20:
					b.WriteString(strings.Repeat("word ", rnd.IntN(100)))
				default:
					b.WriteString("123 ")
				}
			}
			want, got := reference(e.pl).Detect(asTexts(b.String()), budget.Default()), e.Detect(asTexts(b.String()), budget.Default())
			if d := cmp.Diff(want, got, shown, cmpopts.EquateEmpty()); d != "" {
				t.Fatalf("proximity %d, seed %d: %s", proximity, seed, d)
			}
		}
	}
}

// Texts between match in any case and script, however they begin.
func TestBetween(t *testing.T) {
	t.Parallel()
	words := func(w ...string) sit.Element { return sit.Element{Words: w} }
	between := []string{" von der ", " ещё ", " и ", "-", "; "}
	step := []sit.Step{{Element: words("left", "right"), Min: 1, Max: 3, Between: between}}
	e, errs := Compile([]sit.Type{
		{ID: "after", Patterns: []sit.Pattern{{Confidence: 85, Match: words("mid"), After: step}}},
		{ID: "before", Patterns: []sit.Pattern{{Confidence: 85, Match: words("mid"), Before: step}}},
	}, nil)
	if e == nil {
		t.Fatal(errs)
	}
	r, found := reference(e.pl), 0
	rnd := rand.New(rand.NewPCG(5, 9))
	change := []func(string) string{strings.ToUpper, strings.ToLower, func(s string) string { return s }}
	for range 3000 {
		var b strings.Builder
		for range 2 + rnd.IntN(6) {
			b.WriteString([]string{"mid", "left", "RIGHT"}[rnd.IntN(3)])
			b.WriteString(change[rnd.IntN(3)](append(between, " ", " von dem ", " еще ", "--")[rnd.IntN(len(between)+4)]))
		}
		want, got := r.Detect(asTexts(b.String()), budget.Default()), e.Detect(asTexts(b.String()), budget.Default())
		if d := cmp.Diff(want, got, shown, cmpopts.EquateEmpty()); d != "" {
			t.Fatalf("%q: %s", b.String(), d)
		}
		found += len(got.Findings)
	}
	if found < 500 {
		t.Errorf("only %d found", found)
	}
}
