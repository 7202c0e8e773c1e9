package detect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/budget"
)

// steps is what a text takes from the work budget.
func steps(e *Engine, text string) int64 {
	l := budget.Default()
	l.Work = 1 << 60
	s := e.pool.Get().(*scan)
	defer e.release(s)
	s.work.Left = l.Work
	s.run(text)
	return l.Work - s.work.Left
}

// A text made to be slow may take at most 60 times the steps of ordinary mail
// of the same size.
func TestHostile(t *testing.T) {
	t.Parallel()
	var ordinary int64
	for i := range 10 {
		ordinary += steps(realistic(), newCorpus(uint64(i)).mail(hostileSize)) / 10
	}
	costliest(t, realistic(), ordinary, 2000, append(hostile[:len(hostile):len(hostile)], worst...), nil)
}

// hostileSize is the size of texts that are made to be slow.
const hostileSize = 8 << 10

// costliest repeats short units, keeps the costliest and changes them. It
// starts from some and puts in words now and then.
func costliest(t *testing.T, e *Engine, ordinary int64, rounds int, units, words []string) {
	t.Helper()
	rnd := rand.New(rand.NewPCG(17, 4))
	const letters = "0123456789  --..//::@@==abcefxyzABEXY_+,;()\n\t%é身"
	runes := []rune(letters)
	words = append(words, "4111 1111 1111 1111", "123-45-6789", "123456782", "a.b@c.d", "eyJ", "ABCD", "-----", "12/12/2012", "tax file no")
	random := func() string {
		var b strings.Builder
		for range 1 + rnd.IntN(8) {
			switch rnd.IntN(10) {
			case 0:
				b.WriteString(bare[rnd.IntN(len(bare))] + " ")
			case 1:
				b.WriteString(words[rnd.IntN(len(words))])
			default:
				b.WriteRune(runes[rnd.IntN(len(runes))])
			}
		}
		return b.String()
	}
	type found struct {
		unit string
		cost int64
	}
	cost := func(unit string) found {
		n := hostileSize/len(unit) + 1
		return found{unit, steps(e, strings.ToValidUTF8(strings.Repeat(unit, n)[:hostileSize], ""))}
	}
	var best []found
	keep := func(f found) {
		best = append(best, f)
		slices.SortFunc(best, func(a, b found) int { return int(b.cost - a.cost) })
		best = best[:min(len(best), 12)]
	}
	for _, u := range units {
		keep(cost(u))
	}
	if testing.Short() || raceEnabled {
		rounds = min(rounds, 200)
	}
	for i := range rounds {
		unit := random()
		if i%2 == 1 { // change a good one
			old := []rune(best[rnd.IntN(len(best))].unit)
			k := rnd.IntN(len(old))
			unit = string(old[:k]) + string(runes[rnd.IntN(len(runes))]) + string(old[min(k+rnd.IntN(3), len(old)):])
			if rnd.IntN(4) == 0 {
				unit += random()
			}
		}
		if len(unit) < 200 {
			keep(cost(unit))
		}
	}
	var list []string
	for _, f := range best[:5] {
		list = append(list, fmt.Sprintf("%q %.1f", f.unit, float64(f.cost)/float64(ordinary)))
	}
	t.Logf("ordinary %.1f steps per byte; times that: %s", float64(ordinary)/hostileSize, strings.Join(list, ", "))
	if best[0].cost > 60*ordinary {
		t.Errorf("%q takes %.1f times the steps of ordinary mail", best[0].unit, float64(best[0].cost)/float64(ordinary))
	}
}

// BenchmarkDetectWorst runs what TestHostile found to be the costliest.
func BenchmarkDetectWorst(b *testing.B) {
	for _, u := range worst {
		b.Run(fmt.Sprintf("%.16q", u), func(b *testing.B) {
			detectAll(b, many(func(corpus) string { return strings.ToValidUTF8(strings.Repeat(u, mailSize/len(u)+1)[:mailSize], "") })[:1])
		})
	}
}
