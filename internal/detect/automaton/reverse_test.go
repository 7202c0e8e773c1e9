package automaton

import (
	"math/rand/v2"
	"slices"
	"testing"

	"labelmilter/internal/match/fold"
)

// From the other end, a value must be matched whole where it is from this one.
func TestReversed(t *testing.T) {
	t.Parallel()
	table := fold.Standard()
	rnd := rand.New(rand.NewPCG(8, 2))
	list := append([]string{`^ab?`, `(?m)^a+$`, `\Ba|b\b`, `.*[ -](?:a+|b.*|1{2,3})`, `(?s:.*)[ _]a?`, `a*`, `(?:a|b\B)*`, `\bab\z`, `(?m)a$\nb`}, exprs...)
	whole, part := 0, 0
	for i, expr := range list {
		p, err := Compile(expr, i%3 == 0, table)
		if err != nil {
			t.Fatal(expr, err)
		}
		back := Build([]*Prog{p.Reversed()}, 20_000)
		if !p.Exact() || back == nil {
			continue
		}
		for range 100 {
			s := text(rnd, alphabet, 12)
			for start := range s {
				for end := start + 1; end <= len(s); end++ {
					want := false
					new(Sim).Ends(p, &fold.Text{Shadow: s[:end]}, start, end-start, func(e int) bool { want = e == end; return true })
					if got := back.WholeReversed(s, start, end); got != want {
						t.Fatalf("%q matches %q from %d to %d: got %v, want %v", expr, s, start, end, got, want)
					}
					if want {
						whole++
					} else {
						part++
					}
				}
			}
		}
	}
	if whole < 500 || part < 500 {
		t.Errorf("only %d whole and %d other", whole, part)
	}
}

// What stands beside a place must be found from there as it is by trying all
// lengths.
func TestBeside(t *testing.T) {
	t.Parallel()
	table := fold.Standard()
	rnd := rand.New(rand.NewPCG(8, 4))
	list := append([]string{`^ab?`, `[a-c]{3}|-\B`, `\b1`, `(?m)^ `, `a$`, `a?`, `[ab]{4}`}, exprs...)
	before, after := 0, 0
	for i, expr := range list {
		p, err := Compile(expr, i%3 == 0, table)
		if err != nil {
			t.Fatal(expr, err)
		}
		forth, back := Build([]*Prog{p}, 20_000), Build([]*Prog{p.Reversed()}, 20_000)
		if !p.Exact() || forth == nil || back == nil {
			continue
		}
		for range 100 {
			x := &fold.Text{Shadow: text(rnd, alphabet, 12)}
			for at := range x.Shadow {
				most := 1 + rnd.IntN(6)
				ends := func(start, most int) (out []int) {
					new(Sim).Ends(p, x, start, most, func(e int) bool { out = append(out, e); return true })
					return out
				}
				precedes := false
				for n := 1; n <= min(most, at); n++ {
					precedes = precedes || slices.Contains(ends(at-n, n), at)
				}
				follows := slices.ContainsFunc(ends(at, most), func(e int) bool { return e > at })
				if got, _ := back.Precedes(x.Shadow, at, most); got != precedes {
					t.Fatalf("%q before %d of %q, at most %d: got %v, want %v", expr, at, x.Shadow, most, got, precedes)
				}
				if got, _ := forth.Follows(x.Shadow, at, most); got != follows {
					t.Fatalf("%q from %d of %q, at most %d: got %v, want %v", expr, at, x.Shadow, most, got, follows)
				}
				if precedes {
					before++
				}
				if follows {
					after++
				}
			}
		}
	}
	if before < 500 || after < 500 {
		t.Errorf("only %d before and %d behind", before, after)
	}
}

// The shape of exclusions that take out mock-ups: large from one end, small
// from the other.
func TestReversedIsSmall(t *testing.T) {
	t.Parallel()
	p, err := Compile(`(?s:.*)[=: ](?:none.*|your.*|some.*|x+\d?|[a-z_][a-z0-9_.]*[\[(].*)[\s;]{0,4}`, false, fold.Standard())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		prog *Prog
		want bool
	}{{p, false}, {p.Reversed(), true}} {
		if got := Build([]*Prog{c.prog}, 300) != nil; got != c.want {
			t.Errorf("small: got %v, want %v", got, c.want)
		}
	}
}
