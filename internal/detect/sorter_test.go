package detect

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSorter(t *testing.T) {
	t.Parallel()
	type item struct{ key, was int }
	rnd := rand.New(rand.NewPCG(7, 7))
	byKey := func(a, b *item) int { return cmp.Compare(a.key, b.key) }
	var s sorter[item]
	for range 2000 {
		var list []item
		for range rnd.IntN(8) {
			key := rnd.IntN(10)
			for range rnd.IntN(12) {
				key += rnd.IntN(3)
				list = append(list, item{key, len(list)})
			}
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b item) int { return byKey(&a, &b) })
		if got := s.sort(slices.Clone(list), byKey); !slices.Equal(got, want) {
			t.Fatalf("%v: got %v", list, got)
		}
	}
}
