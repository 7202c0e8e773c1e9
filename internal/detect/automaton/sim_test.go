package automaton

import (
	"math/rand/v2"
	"regexp"
	"strconv"
	"sync"
	"testing"

	"labelmilter/internal/match/fold"

	"github.com/google/go-cmp/cmp"
)

// exprs exercise every instruction; tests run them over short random texts.
var exprs = []string{
	`\b\d{3}[ -]?\d{3}[ -]?\d{2,3}\b`, `a`, `a+`, `ab|abc|b`, `\bab?\b`, `\w+`, `(?i)k[a-b]`, `^a`, `a$`, `(?m)^a.b$`, `(?m)a$`, `a\B`, `\B1`,
	`[^a]`, `[^0-9]+`, `(?:a|1)(?: b)*`, `a.{0,3}b`, `(?s)a.b`, `_\b`, `\b_`, `(?:ab){2,4}`, `a{2}1?`, `\Aab`, `b\z`, `1(?:-1)+`,
	`a*b`, `(?:a|ab)(?:c|bcd)`, `(?i:A)B`, `\s`, `[a-b]{2,}1`,
}

const alphabet = "ab1 -_\nAcBd0\r"

func text(rnd *rand.Rand, letters string, n int) []byte {
	b := make([]byte, rnd.IntN(n))
	for i := range b {
		b[i] = letters[rnd.IntN(len(letters))]
	}
	return b
}

// On ASCII the simulator must find exactly the substrings that regexp says
// match as a whole in their place.
func TestSimAgainstRegexp(t *testing.T) {
	t.Parallel()
	table := fold.Standard()
	rnd := rand.New(rand.NewPCG(1, 1))
	for _, expr := range exprs {
		p, err := Compile(expr, false, table)
		if err != nil {
			t.Fatal(expr, err)
		}
		if !p.Exact() {
			t.Errorf("%s: not exact", expr)
		}
		for range 200 {
			s := text(rnd, alphabet, 12)
			var m Sim
			for start := 0; start <= len(s); start++ {
				var got, want []int
				m.Ends(p, &fold.Text{Shadow: s}, start, 100, func(e int) bool { got = append(got, e); return true })
				for end := start; end <= len(s); end++ {
					if wholeMatch(expr, s, start, end) {
						want = append(want, end)
					}
				}
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("%s on %q from %d: %s", expr, s, start, d)
				}
			}
		}
	}
}

// wholeMatch asks regexp whether expr matches text[start:end] in its place:
// with exactly start characters before and len-end behind.
func wholeMatch(expr string, text []byte, start, end int) bool {
	before := "(?s:.{" + itoa(start) + "})"
	after := "(?s:.{" + itoa(len(text)-end) + "})"
	re := compiled(`\A` + before + `(?:` + expr + `)` + after + `\z`)
	return re.Match(text)
}

func TestFolded(t *testing.T) {
	t.Parallel()
	table := fold.Standard()
	for _, c := range []struct {
		expr, text string
		free       bool
		want       int // longest end from the start of text, 0 for none
	}{
		{`\d+`, "４２", false, 2},
		{`[^0-9]+`, "４２", false, 0},
		{`[^0-9]+`, "é身x", false, 3},
		{`straße`, "STRASSE", false, 0},
		{`(?i)straße`, "STRASSE", false, 7},
		{`é`, "e", false, 1},
		{`[à-ý]+`, "aez", false, 2},
		{`паспорт`, "паспорт", false, 7},
		{`паспорт`, "другоес", false, 0},
		{`(?i)паспорт`, "ПАСПОРТ", false, 7},
		{`\p{L}+`, "aж身1", false, 3},
		{`[а-я]`, "身", false, 0},
		{`\d+\b`, "12身", false, 2},
		{`\d+\b`, "12é", false, 0},
		{`\d+`, "12_", true, 2},
		{`\d+`, "12a", true, 0},
		{`[^é]`, "e", false, 1},
	} {
		p, err := Compile(c.expr, c.free, table)
		if err != nil {
			t.Fatal(c.expr, err)
		}
		var x fold.Text
		table.Fold(&x, c.text)
		got := 0
		new(Sim).Ends(p, &x, 0, 100, func(e int) bool { got = e; return true })
		if got != c.want {
			t.Errorf("%s on %s: got %d, want %d", c.expr, c.text, got, c.want)
		}
	}
}

func TestFree(t *testing.T) {
	t.Parallel()
	p, err := Compile(`\d{2}`, true, fold.Standard())
	if err != nil {
		t.Fatal(err)
	}
	var starts []int
	s := []byte("12 345 a67 89_ 01")
	for i := range s {
		new(Sim).Ends(p, &fold.Text{Shadow: s}, i, 100, func(int) bool { starts = append(starts, i); return true })
	}
	if d := cmp.Diff([]int{0, 11, 15}, starts); d != "" {
		t.Error(d)
	}
}

var (
	cacheMu sync.Mutex
	cache   = map[string]*regexp.Regexp{}
)

func itoa(n int) string { return strconv.Itoa(n) }

func compiled(expr string) *regexp.Regexp {
	cacheMu.Lock()
	defer cacheMu.Unlock()
	re := cache[expr]
	if re == nil {
		re = regexp.MustCompile(expr)
		cache[expr] = re
	}
	return re
}
