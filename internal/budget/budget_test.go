package budget

import (
	"fmt"
	"slices"
	"testing"
)

func small() *Budget {
	return New(Limits{Depth: 2, Parts: 3, ExpandedPart: 10, ExpandedTotal: 15, TextPart: 10, TextTotal: 15})
}

func TestExpandAndText(t *testing.T) {
	t.Parallel()
	type ask struct{ had, n, want int64 }
	asks := []ask{{0, 10, 10}, {10, 1, 0}, {0, 4, 4}, {0, 5, 1}, {0, 1, 0}, {50, 1, 0}}
	for name, tt := range map[string]struct {
		f              func(*Budget, int64, int64) int64
		part, together Reason
	}{
		"expand": {func(b *Budget, had, n int64) int64 { return b.Expand("p", had, n) }, ExpandedPart, ExpandedTotal},
		"text":   {func(b *Budget, had, n int64) int64 { return b.Text("p", had, n) }, TextLimit, TextLimit},
	} {
		b := small()
		var total int64
		for i, a := range asks {
			if got := tt.f(b, a.had, a.n); got != a.want {
				t.Errorf("%s, question %d: %d allowed, want %d", name, i, got, a.want)
			}
			total += a.want
		}
		if total != 15 {
			t.Errorf("%s: the questions allow %d", name, total)
		}
		var reasons []Reason
		for _, s := range b.Skips() {
			reasons = append(reasons, s.Reason)
		}
		if !slices.Contains(reasons, tt.part) || !slices.Contains(reasons, tt.together) {
			t.Errorf("%s: reasons %v", name, reasons)
		}
	}
}

func TestPartsAndDepth(t *testing.T) {
	t.Parallel()
	b := small()
	for i := range 6 {
		if got := b.Part(fmt.Sprint(i)); got != (i < 3) {
			t.Errorf("part %d: %v", i, got)
		}
	}
	for depth := range 5 {
		if got := b.Enter("x", depth); got != (depth <= 2) {
			t.Errorf("depth %d: %v", depth, got)
		}
	}
	want := []Skip{{Part: "3", Reason: Parts, Limit: 3, Value: 4}, {Part: "x", Reason: Depth, Limit: 2, Value: 3}, {Part: "x", Reason: Depth, Limit: 2, Value: 4}}
	if !slices.Equal(b.Skips(), want) {
		t.Errorf("skips %+v", b.Skips())
	}
}

func TestSkipsAreBounded(t *testing.T) {
	t.Parallel()
	b := small()
	for i := range 1000 {
		b.Skip(Skip{Part: fmt.Sprint(i / 2), Reason: Corrupt})
	}
	if n := len(b.Skips()); n != 200 {
		t.Errorf("%d kept", n)
	}
}

// TestReasonsAreClosed: the list holds every reason once, and the shipped limits
// are set.
func TestReasonsAreClosed(t *testing.T) {
	t.Parallel()
	if len(Reasons) != 28 {
		t.Errorf("%d reasons", len(Reasons))
	}
	seen := map[Reason]bool{}
	for _, r := range Reasons {
		if r == "" || seen[r] {
			t.Errorf("reason %q", r)
		}
		seen[r] = true
	}
	d := Default()
	if d.Depth != 20 || d.Parts != 5000 || d.ExpandedTotal != 256<<20 || d.ExpandedPart != 32<<20 || d.Ratio != 250 || d.RatioFloor != 10<<20 || d.TextTotal != 64<<20 || d.TextPart != 32<<20 ||
		d.MessageBytes != 100<<20 || d.SpoolAbove != 1<<20 || d.HeaderBytes != 256<<10 || d.HeaderReport != 60000 || d.Work <= 0 {
		t.Errorf("limits %+v", d)
	}
}
