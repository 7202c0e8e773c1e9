package detect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
	"labelmilter/internal/sit"
)

// What touches a match must be found as when each text is compared with all
// that stands there.
func TestAffixes(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(7, 1))
	pick := func(n int, from ...string) string {
		var b strings.Builder
		for range n {
			b.WriteString(from[rnd.IntN(len(from))])
		}
		return b.String()
	}
	stands := func(v *view, word string, i int) bool {
		var x fold.Text
		r, reason := match.FoldWord(fold.Standard(), &x, word)
		if reason != "" || i < 0 || i+len(r) > len(v.Shadow) {
			return false
		}
		for k := range r {
			if match.Canonical(r[k]) != match.Canonical(v.At(i+k)) {
				return false
			}
		}
		return true
	}
	length := func(word string) int {
		var v view
		fold.Standard().Fold(&v.Text, word)
		return len(v.Shadow)
	}
	found := 0
	for range 3000 {
		alphabet := []string{"a", "B", "9", ".", "é", "ж", "Ж", "身", "ß", "\u212a", "k", "-"}
		c := compiler{plan: plan{table: fold.Standard()}}
		words := []string{pick(1+rnd.IntN(2), alphabet...), pick(1+rnd.IntN(2), alphabet...), pick(1, alphabet...) + " " + pick(1, alphabet...)}
		x := c.exclusion(sit.Exclude{Prefixes: words, Suffixes: words}, func(field, value, err, fix string) { t.Fatal(field, value, err) })
		var v view
		v.set(fold.Standard(), pick(rnd.IntN(12), append(alphabet, " ", "  ", "\n", "b", "K")...))
		for i := range len(v.Shadow) + 1 {
			before, after := i, i
			for n := 0; n < maxBeside && before > 0 && fold.Space(v.Shadow[before-1]); n++ {
				before--
			}
			for n := 0; n < maxBeside && after < len(v.Shadow) && fold.Space(v.Shadow[after]); n++ {
				after++
			}
			var want [2]bool
			for _, w := range words {
				want[0] = want[0] || stands(&v, w, before-length(w))
				want[1] = want[1] || stands(&v, w, after)
			}
			got := [...]bool{v.before(&x.prefixes, i), v.after(&x.suffixes, i)}
			if got != want {
				t.Fatalf("%q beside %d of %q: got %v, want %v", words, i, v.Orig, got, want)
			}
			if want[0] || want[1] {
				found++
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d found", found)
	}
}
