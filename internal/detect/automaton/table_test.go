package automaton

import (
	"math/rand/v2"
	"testing"

	"labelmilter/internal/match/fold"

	"github.com/google/go-cmp/cmp"
)

// A table of all programs must give the ends the simulator gives, from every
// start.
func TestTableAgainstSim(t *testing.T) {
	t.Parallel()
	table := fold.Standard()
	var progs []*Prog
	for i, expr := range exprs {
		p, err := Compile(expr, i%3 == 0, table)
		if err != nil {
			t.Fatal(expr, err)
		}
		progs = append(progs, p)
	}
	tab := Build(progs, 65_000)
	if tab == nil {
		t.Fatal("too many states")
	}
	rnd := rand.New(rand.NewPCG(2, 1))
	for range 3000 {
		s := text(rnd, alphabet+"\x80\x81\x82", 14)
		buf := append(append([]byte{}, s...), EOT, EOT)
		for start := range s {
			got, want := map[End]bool{}, map[End]bool{}
			ends, _ := tab.Run(buf, start, nil)
			for _, e := range ends {
				for _, p := range tab.Sets[e.Set] {
					got[End{e.Pos, p}] = true
				}
			}
			for k, p := range progs {
				new(Sim).Ends(p, &fold.Text{Shadow: s}, start, 100, func(e int) bool {
					if e > start {
						want[End{int32(e), int32(k)}] = true
					}
					return true
				})
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%q from %d: %s", s, start, d)
			}
		}
	}
}

func TestBuildLimit(t *testing.T) {
	t.Parallel()
	p, err := Compile(`(?:a|b)*a(?:a|b){12}`, false, fold.Standard())
	if err != nil {
		t.Fatal(err)
	}
	if Build([]*Prog{p}, 1000) != nil {
		t.Error("8,192 states within 1,000")
	}
}

func TestFacts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expr                string
		word, sign, inside  bool
		run                 int
		trigger             byte
		wordyMin, wordyMost float64
	}{
		{`\b\d{9}\b`, true, false, false, 9, 0, 0, 0},
		{`\d{9}`, true, false, true, 9, 0, 0, 0},
		{`\b\(?\d\d\)?`, true, true, false, 0, 0, 0, 0},
		{`\b[A-Za-z0-9.]+@[a-z]+\b`, true, true, false, 0, '@', 0.9, 1},
		{`\b[0-9a-f]{32}\b`, true, false, false, 32, 0, 0.01, 0.02},
		{`-----BEGIN`, false, true, false, 0, 0, 0, 0},
		{`\b[a-z]+: x`, true, false, false, 1, 0, 0.9, 1},
	} {
		p, err := Compile(c.expr, false, fold.Standard())
		if err != nil {
			t.Fatal(err)
		}
		f := FactsOf(Build([]*Prog{p}, 10_000))
		if f.WordStart != c.word || f.Sign != c.sign || f.Inside != c.inside || f.Run != c.run || f.Trigger != c.trigger || f.Wordy < c.wordyMin || f.Wordy > c.wordyMost {
			t.Errorf("%s: got %+v", c.expr, f)
		}
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	var progs []*Prog
	for _, e := range []string{`ab+`, `ac`} {
		p, _ := Compile(e, false, fold.Standard())
		progs = append(progs, p)
	}
	tab := Build(progs, 100)
	r := tab.Reach()
	s := tab.Start[Edge]
	if r[s] != 3 || r[tab.Step(s, 'a')] != 3 || r[tab.Step(tab.Step(s, 'a'), 'b')] != 1 {
		t.Errorf("got %b", r)
	}
}

func FuzzTable(f *testing.F) {
	for _, e := range exprs {
		f.Add(e, "ab1 -_\nAcBd0", true)
	}
	table := fold.Standard()
	f.Fuzz(func(t *testing.T, expr, s string, free bool) {
		if len(expr) > 60 || len(s) > 60 {
			return
		}
		p, err := Compile(expr, free, table)
		if err != nil || p.Size() > 2000 || !p.Exact() {
			return
		}
		tab := Build([]*Prog{p}, 1000)
		if tab == nil {
			return
		}
		FactsOf(tab)
		var x fold.Text
		table.Fold(&x, s)
		buf := append(append([]byte{}, x.Shadow...), EOT, EOT)
		for start := range x.Shadow {
			var got, want []int32
			ends, _ := tab.Run(buf, start, nil)
			for _, e := range ends {
				got = append(got, e.Pos)
			}
			new(Sim).Ends(p, &x, start, 100, func(e int) bool {
				if e > start {
					want = append(want, int32(e))
				}
				return true
			})
			if d := cmp.Diff(want, got); d != "" {
				t.Fatalf("%q on %q from %d: %s", expr, s, start, d)
			}
		}
	})
}
