package detect

import (
	"fmt"
	"runtime"
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

// A dictionary of a million terms takes tens of megabytes.
func TestMillionTerms(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("large")
	}
	words := make([]string, 1_000_000)
	for i := range words {
		words[i] = fmt.Sprintf("person %c%x of %d", 'a'+i%26, i*7919, i%997)
	}
	heap := func() int64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return int64(m.HeapAlloc)
	}
	before := heap()
	e, errs := Compile(types(sit.Pattern{Confidence: 75, Match: *lists("big")}), []sit.KeywordList{{ID: "big", Words: words}})
	if errs != nil {
		t.Fatal(errs)
	}
	if n := (heap() - before) >> 20; n > 128 {
		t.Errorf("%d MB", n)
	}
	out := e.Detect(asTexts(strings.Join(words[5000:7000], ", ")+", person a0 of 1"), budget.Default())
	if len(out.Findings) != 1 || out.Findings[0].Unique != 2000 {
		t.Errorf("got %+v", out.Findings)
	}
	runtime.KeepAlive(words)
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
