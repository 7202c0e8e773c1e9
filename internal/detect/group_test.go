package detect

import (
	"fmt"
	"testing"

	"labelmilter/internal/budget"
)

// Findings must stay as they are when the memory they were collected in is
// used again.
func TestFindingsOutliveMemory(t *testing.T) {
	t.Parallel()
	e := realistic()
	show := func(f []Finding) (out string) {
		for i := range f {
			out += fmt.Sprintln(f[i].Type, f[i].Count, f[i].Unique, f[i].Part, f[i].Evidence)
			for _, in := range f[i].Instances {
				out += fmt.Sprintln(in.Span, in.Text, in.Value.Reveal(), in.Normal.Reveal())
			}
		}
		return out
	}
	var outs [][]Finding
	var shown []string
	for i := range uint64(12) {
		f := e.Detect(asTexts(newCorpus(i).mail(mailSize>>(i%4))), budget.Default()).Findings
		outs, shown = append(outs, f), append(shown, show(f))
	}
	some := false
	for i, f := range outs {
		some = some || len(f) > 0
		if got := show(f); got != shown[i] {
			t.Errorf("text %d: now\n%s\nwas\n%s", i, got, shown[i])
		}
	}
	if !some {
		t.Error("nothing found")
	}
}
