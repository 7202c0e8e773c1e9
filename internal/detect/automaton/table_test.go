package automaton

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"strings"
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

// Runs side by side must give what each gives by itself, whatever they stand
// beside and however they are cut.
func TestAbreast(t *testing.T) {
	t.Parallel()
	table := fold.Standard()
	rnd := rand.New(rand.NewPCG(3, 1))
	var r Runs
	found := 0
	for range 300 {
		var progs []*Prog
		for range 1 + rnd.IntN(3) {
			p, err := Compile(exprs[rnd.IntN(len(exprs))], rnd.IntN(2) == 0, table)
			if err != nil {
				t.Fatal(err)
			}
			progs = append(progs, p)
		}
		tab := Build(progs, 20_000)
		if tab == nil {
			continue
		}
		s := append(text(rnd, alphabet+"\x80\x81\x82", 60), 'a')
		buf := append(slices.Clone(s), bytes.Repeat([]byte{EOT}, block+2)...)
		for range 50 {
			starts := make([]int32, 1+rnd.IntN(Abreast))
			for k := range starts {
				starts[k] = int32(rnd.IntN(len(s)))
			}
			if rnd.IntN(2) == 0 {
				tab.RunAbreast(buf, starts, &r)
			} else {
				r = Runs{}
				for k, start := range starts {
					r.Begin(k, start, start, tab.From(buf, int(start)))
				}
				for r.Alive() {
					tab.Advance(buf, &r, 1+rnd.IntN(11))
				}
			}
			for k, start := range starts {
				want, steps := tab.Run(buf, int(start), nil)
				found += len(want)
				if !slices.Equal(r.Ends[k], want) {
					t.Fatalf("%q from %d of %d: got %v, want %v", s, start, starts, r.Ends[k], want)
				}
				if n := r.Steps[k]; n < steps || n >= steps+block {
					t.Fatalf("%q from %d: %d steps, by itself %d", s, start, n, steps)
				}
			}
		}
	}
	if found < 1000 {
		t.Errorf("only %d ends", found)
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
		{`\b[a-z]+: x`, true, false, false, 1, ':', 0.9, 1},
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

// What the facts say of all matches must hold for each.
func TestFactsHold(t *testing.T) {
	t.Parallel()
	table := fold.Standard()
	list := append([]string{`\b(?:user ?name|uid)\s{0,2}=\d{2,}`, `\bsk-[a-z]{3}`, `(?i)\bab ?c?[1-9]{3}\b`, `\b\d{2} ?\d{2}\b`, `ab{2,3}9`, `\bab-?\d`, `\b(?:ab|ab1)_9+`, `\b[A-Z][a-z]+(?:b| c) ?\d{1,3}`, `[a-z ]+-\d`, `(?i)\b(?:ab|c)[a-z ]* \d+b?`, `\ba[a-z:]*@[a-z]`, `(?:a:|b:c)b@`, `a:?b@`}, exprs...)
	rnd := rand.New(rand.NewPCG(5, 1))
	matches, backs, leads := 0, 0, 0
	for _, expr := range list {
		p, err := Compile(expr, false, table)
		if err != nil {
			t.Fatal(expr, err)
		}
		tab := Build([]*Prog{p}, 20_000)
		if tab == nil {
			continue
		}
		f, back := FactsOf(tab), tab.Backwards()
		musts := tab.Musts(f.Trigger)
		for range 300 {
			s := text(rnd, alphabet+"\x80\x81\x82", 14)
			if rnd.IntN(2) == 0 {
				s = append(append([]byte(nil), s[:rnd.IntN(len(s)+1)]...), []string{"uid =12", "USERNAME=00", "sk-abc", "ab c123", "12 34", "abb9", "AB-1", "ab1_99", "Bab 12", "a b-1", "ab c 9", "ab:@a", "b:cb@", "ab@"}[rnd.IntN(14)]...)
			}
			for start := range s {
				var x Sim
				x.Ends(p, &fold.Text{Shadow: s}, start, 100, func(e int) bool {
					if e > start {
						matches++
						f.check(t, expr, s, start, e)
						if lead, _, ok := strings.Cut(string(s[start:e]), string(f.Trigger)); ok && f.Trigger != 0 {
							missing := musts
							for _, c := range []byte(lead) {
								missing[c>>6] &^= 1 << (c & 63)
							}
							if missing != (Set{}) {
								t.Errorf("%s: %q from %d to %d: missing before %c: %v", expr, s, start, e, f.Trigger, missing)
							}
							if musts != (Set{}) {
								leads++
							}
						}
						if back != nil {
							backs++
							back.check(t, expr, s, start, e)
						}
					}
					return true
				})
			}
		}
	}
	if matches < 2000 || backs < 100 || leads < 10 {
		t.Errorf("only %d matches, %d backwards, %d with a trigger behind another character", matches, backs, leads)
	}
}

// check tests that the begin of a match is found from its first digit.
func (b *Back) check(t *testing.T, expr string, s []byte, start, end int) {
	t.Helper()
	for i := start; i < end; i++ {
		if !isDigit(s[i]) {
			continue
		}
		begins, _ := b.Begins(s, i, 100, nil)
		if i > 0 && isDigit(s[i-1]) || !slices.Contains(begins, int32(start)) {
			t.Errorf("%s: %q from %d to %d: begins %v", expr, s, start, end, begins)
		}
		return
	}
	t.Errorf("%s: %q from %d to %d: no digit", expr, s, start, end)
}

func (f *Facts) check(t *testing.T, expr string, s []byte, start, end int) {
	t.Helper()
	wrong := func(what string) { t.Errorf("%s: %q from %d to %d: %s: %+v", expr, s, start, end, what, *f) }
	m := s[start:end]
	digits, first := 0, -1
	for i, c := range m[:min(len(m), MaxRun)] {
		if isDigit(c) {
			digits++
			if first < 0 {
				first = i
			}
		}
	}
	run := 0
	for run < len(m) && fold.Alnum(m[run]) {
		run++
	}
	switch {
	case digits < f.Digits:
		wrong("digits")
	case f.Digit >= 0 && (first < 0 || first > f.Digit):
		wrong("first digit")
	case len(m) < f.Shortest, f.Longest >= 0 && len(m) > f.Longest:
		wrong("length")
	case min(run, MaxRun) < f.Run:
		wrong("run")
	case f.Trigger != 0 && !bytes.ContainsRune(m, rune(f.Trigger)):
		wrong("trigger")
	}
	if f.Leads == nil || !fold.Alnum(s[start]) || start > 0 && fold.Alnum(s[start-1]) {
		return
	}
	word := start
	for word < len(s) && fold.Alnum(s[word]) {
		word++
	}
	if !slices.Contains(f.Leads, strings.ToLower(string(s[start:word]))) {
		wrong("first word")
	}
}

func TestReach(t *testing.T) {
	t.Parallel()
	var progs []*Prog
	for _, e := range []string{`ab+`, `\bac`} {
		p, _ := Compile(e, false, fold.Standard())
		progs = append(progs, p)
	}
	tab := Build(progs, 100)
	r := tab.Reach()
	if r[Edge] != 3 || r[Other] != 3 || r[Alnum] != 1 {
		t.Errorf("got %b", r)
	}
}

// States and classes that make no difference are one.
func TestMinimal(t *testing.T) {
	t.Parallel()
	for expr, want := range map[string][2]int{
		// Dead, start, behind the first, second and third character, and the
		// match, which shows one step later. Besides what the expression names
		// there are EOT, line feeds, _, other signs and other letters and digits.
		`[a-f][0-9]x`:                         {6, 8},
		`(?:a0|b0|c0|d0|e0|f0|a1|b1|c1|d1)x`:  {7, 10},
		`(?:ax|bx|cx|dx)(?:0y|1y|2y|3y)[0-9]`: {8, 10},
	} {
		p, err := Compile(expr, false, fold.Standard())
		if err != nil {
			t.Fatal(err)
		}
		tab := Build([]*Prog{p}, 1000)
		if got := [2]int{tab.States(), len(tab.Bytes())}; got != want {
			t.Errorf("%s: %d states and classes, want %d", expr, got, want)
		}
	}
}

// Rows of all lengths are counted exactly, and wide ones have their place.
func TestSize(t *testing.T) {
	t.Parallel()
	for _, states := range []int{2, 100, 65_000} {
		for classes := 1; classes <= 256; classes += 5 {
			if states*classes > 1<<20 && classes < 250 {
				continue
			}
			var tab Table
			tab.size(classes, states)
			if tab.stride < classes || tab.States() != states || tab.Numbers() > 1<<16 {
				t.Fatalf("%d states of %d classes: stride %d, %d states, %d numbers", states, classes, tab.stride, tab.States(), tab.Numbers())
			}
			for i := range states {
				tab.set = append(tab.set, int32(i))
			}
			for i := range states {
				if got := tab.accepted(uint16(i * (tab.stride >> tab.unit))); got != int32(i) {
					t.Fatalf("%d classes: state %d is counted as %d", classes, i, got)
				}
			}
		}
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
