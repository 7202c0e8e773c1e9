package detect

import (
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/sit"
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
