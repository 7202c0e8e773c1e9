package detect

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match/fold"
)

// An expression that is run from the end of a value must exclude what its
// simulation excludes.
func TestWholeFromTheEnd(t *testing.T) {
	t.Parallel()
	w, err := newWhole(`(?i)(?s:.*)[=: ](?:\*+|none.*|your.*|some.*|x+\d?|(?:my|test)?pass(?:word)?s?|[a-z_][a-z0-9_.]*[\[(].*|(?-i:[A-Z]+(?:_[A-Z0-9*]+)+|[A-Z]+))[\s;]{0,4}`, fold.Standard())
	if err != nil {
		t.Fatal(err)
	}
	if w.fromTheEnd(); w.table != nil || w.back == nil {
		t.Fatalf("from the start %v, from the end %v: not what this test is for", w.table != nil, w.back != nil)
	}
	alike(t, []*whole{w}, w.prog)
}

// So must the alternatives of one that is large from both ends.
func TestWholeByAlternatives(t *testing.T) {
	t.Parallel()
	const expr = `(?i)pwd.{1,8}[=:][*_].*|(?s:.*)[=: ](?:\*+|none.*|your.*|some.*|x+\d?|(?:my|test)?pass(?:word)?s?|[a-z_][a-z0-9_.]*[\[(].*|(?-i:[A-Z]+(?:_[A-Z0-9*]+)+|[A-Z]+))[\s;]{0,4}`
	w, err := newWhole(expr, fold.Standard())
	if err != nil {
		t.Fatal(err)
	}
	c := compiler{plan: plan{table: fold.Standard()}, wholes: map[string][]*whole{}}
	parts, err := c.wholesOf(expr)
	if err != nil || len(parts) != 2 {
		t.Fatal(len(parts), err)
	}
	if again, _ := c.wholesOf(automaton.Alternatives(expr)[1]); again[0] != parts[1] {
		t.Error("an alternative is not known again")
	}
	alike(t, parts, w.prog)
	// What is small stays one, and is not taken for its first alternative.
	both, _ := c.wholesOf(`\d+|[A-Z]+`)
	first, _ := c.wholesOf(`\d+`)
	if len(both) != 1 || len(first) != 1 || both[0] == first[0] {
		t.Errorf("%d and %d, the same: %v", len(both), len(first), both[0] == first[0])
	}
}

// alike compares what excludes values with the simulation of a program.
func alike(t *testing.T, wholes []*whole, prog *automaton.Prog) {
	t.Helper()
	simulated := &whole{prog: prog}
	rnd := rand.New(rand.NewPCG(6, 2))
	words := strings.Fields("pwd= none your x xx1 pass TEST_ a_b( = : * ; é 身 \U0001F600 A_B9 mypasswords")
	var c checker
	excluded := 0
	for range 3000 {
		var b strings.Builder
		for range 1 + rnd.IntN(6) {
			b.WriteString(words[rnd.IntN(len(words))])
			b.WriteString([]string{"", "", " ", "\n"}[rnd.IntN(4)])
		}
		var v view
		v.set(fold.Standard(), b.String())
		n := len(v.Shadow)
		start := rnd.IntN(n)
		end := start + 1 + rnd.IntN(n-start)
		want := c.wholly(simulated, &v, start, end)
		got := slices.ContainsFunc(wholes, func(w *whole) bool { return c.wholly(w, &v, start, end) })
		if got != want {
			t.Fatalf("%q from %d to %d: got %v, want %v", b.String(), start, end, got, want)
		}
		if want {
			excluded++
		}
	}
	if excluded < 100 {
		t.Errorf("only %d excluded", excluded)
	}
}
