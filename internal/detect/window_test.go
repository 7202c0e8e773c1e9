package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/sit"

	"github.com/google/go-cmp/cmp"
)

// A long text must give the same piece by piece as in one piece.
func TestWindows(t *testing.T) {
	t.Parallel()
	e := newEngine(realistic().pl)
	whole := newEngine(realistic().pl)
	whole.window = 1 << 30
	if e.context < 0 {
		t.Fatal("the pack cannot be scanned in pieces")
	}
	l := budget.Default()
	l.Work = 1 << 60
	for i, size := range []int{4 * e.context, 5*e.context + 17} {
		e.window = size
		c := newCorpus(uint64(40 + i))
		var b strings.Builder
		for b.Len() < 6*size {
			switch c.IntN(6) {
			case 0:
				b.WriteString(c.wide(500))
			case 1:
				b.WriteString(strings.Repeat([]string{"\u200b", "e\u0301", "ﬃ", "身", "\xff", "a"}[c.IntN(6)], c.IntN(4000)))
			case 2:
				b.WriteString(c.mail(2000))
			default:
				b.WriteString(c.filled(e.pl, 1500))
			}
		}
		text := b.String()
		want, got := whole.Detect(asTexts(text), l), e.Detect(asTexts(text), l)
		if d := cmp.Diff(want, got, shown); d != "" {
			t.Fatalf("pieces of %d bytes: -whole +pieces\n%s", size, d)
		}
		n := 0
		for _, f := range want.Findings {
			n += f.Count
		}
		if n < 500 {
			t.Errorf("only %d found", n)
		}
	}
	// What is dropped counts for nothing: a piece may have hardly a character.
	text := "passport 123-456-789 " + strings.Repeat("\u200b", 30*e.context) + c123 + strings.Repeat("x ", 4*e.context) + c123
	if d := cmp.Diff(whole.Detect(asTexts(text), l), e.Detect(asTexts(text), l), shown); d != "" {
		t.Error(d)
	}
	// The memory of a scan stays that of a piece.
	s := newScan(e)
	s.work.Left = 1 << 60
	s.detect(newCorpus(9).mail(3 << 20))
	if n := cap(s.v.Shadow); n > 4*e.window {
		t.Errorf("%d bytes for pieces of %d", n, e.window)
	}
}

var c123 = fmt.Sprint("tfn 123 456 782, ", "passport 12-345-6789 ")

// What joins a match may stand in another piece.
func TestWindowsJoined(t *testing.T) {
	t.Parallel()
	step := func(most int, words ...string) sit.Step {
		return sit.Step{Element: sit.Element{Words: words}, Max: most, Between: []string{" ", "-"}}
	}
	ty := []sit.Type{{ID: "t", Patterns: []sit.Pattern{{Confidence: 85, Match: sit.Element{Words: []string{"mid"}},
		Before: []sit.Step{step(8, "left", strings.Repeat("l", 30))}, After: []sit.Step{step(8, "right", "mid", strings.Repeat("r", 30))}}}}}
	pl, errs := newPlan(ty, nil, Options{})
	if pl == nil {
		t.Fatal(errs)
	}
	e, whole := newEngine(pl), newEngine(pl)
	e.window, whole.window = 4*e.context, 1<<30
	rnd := rand.New(rand.NewPCG(8, 8))
	var b strings.Builder
	for b.Len() < 8*e.window {
		if b.Len()>>9&1 == 0 { // long rows, one match behind the other
			b.WriteString("mid ")
			continue
		}
		b.WriteString([]string{"mid", "left", "right", strings.Repeat("l", 30), strings.Repeat("r", 30), "x"}[rnd.IntN(6)])
		b.WriteString([]string{" ", " ", "-", ", "}[rnd.IntN(4)])
	}
	l := budget.Default()
	l.Work = 1 << 60
	want, got := whole.Detect(asTexts(b.String()), l), e.Detect(asTexts(b.String()), l)
	if d := cmp.Diff(want, got, shown); d != "" {
		t.Error(d)
	}
	if n := want.Findings[0].Count; n < 500 {
		t.Errorf("only %d found", n)
	}
}
