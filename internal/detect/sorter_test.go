package detect

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"testing"
)

func TestSorter(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 7))
	var s sorter
	for range 2000 {
		var list []ranked
		tie := func(a, b int32) int { return cmp.Compare(a%2, b%2) }
		for range rnd.IntN(8) {
			key := rnd.IntN(10)
			for range rnd.IntN(12) {
				key += rnd.IntN(3)
				list = append(list, ranked{uint64(key), int32(len(list))})
			}
		}
		want := slices.Clone(list)
		slices.SortStableFunc(want, func(a, b ranked) int {
			return cmp.Or(cmp.Compare(a.key, b.key), tie(a.n, b.n))
		})
		if got := s.sort(slices.Clone(list), tie); !slices.Equal(got, want) {
			t.Fatalf("%v: got %v", list, got)
		}
	}
}
