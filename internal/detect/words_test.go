package detect

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/sit"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// A dictionary of many terms is found whole, each term in its place.
func TestDictionary(t *testing.T) {
	t.Parallel()
	var words []string
	for i := range 30_000 {
		words = append(words, fmt.Sprintf("word%c%d of %d", 'a'+i%26, i, i%7))
	}
	e, errs := Compile(types(sit.Pattern{Confidence: 75, Match: *lists("big")}), []sit.KeywordList{{ID: "big", Words: words}})
	if errs != nil {
		t.Fatal(errs)
	}
	out := e.Detect(asTexts(strings.Join(words, ", ")+", worda0 of 1"), budget.Default())
	if len(out.Findings) != 1 || out.Findings[0].Count != len(words) || out.Findings[0].Unique != len(words) {
		t.Errorf("got %+v", out.Findings)
	}
}

func TestConcurrent(t *testing.T) {
	t.Parallel()
	e, l := realistic(), budget.Default()
	text := asTexts(newCorpus(2).filled(e.pl, 3000))
	want := e.Detect(text, l)
	if len(want.Findings) == 0 {
		t.Fatal("nothing found")
	}
	var wg sync.WaitGroup
	for k := range 4 {
		wg.Go(func() {
			for i := range 10 {
				other := asTexts(newCorpus(uint64(10*k + i)).mail(2000))
				e.Detect(other, l)
				if d := cmp.Diff(want, e.Detect(text, l), shown, cmpopts.EquateEmpty()); d != "" {
					t.Error(d)
					return
				}
			}
		})
	}
	wg.Wait()
}
