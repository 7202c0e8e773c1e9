package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/redact"
	"labelmilter/internal/sit"

	"github.com/google/go-cmp/cmp"
)

// generator makes random packs and texts that have much to do with each
// other: few letters, so that everything nearly matches everything.
type generator struct{ *rand.Rand }

func (g generator) one(list ...string) string { return list[g.IntN(len(list))] }

const genLetters = "abcAB019 9 -_.\n,é身ж１ß@=\u200b\u00ad/"

func (g generator) text(n int) string {
	letters := []rune(genLetters)
	var b strings.Builder
	for range g.IntN(n) + 1 {
		switch g.IntN(12) {
		case 0:
			b.WriteString(g.one("ab ab", "abc", "9019", "a-b", "身ж", " 0 9 ", "b@a.b", "ba_9", "AB", "AB 19", "\n", "\r\n", "ab\tab", " \n"))
		case 1:
			b.WriteString(strings.Repeat(string(letters[g.IntN(len(letters))]), g.IntN(6)))
		default:
			b.WriteRune(letters[g.IntN(len(letters))])
		}
	}
	return b.String()
}

// regex makes an expression; the wrong ones are found out by compiling.
func (g generator) regex() string {
	var b strings.Builder
	b.WriteString(g.one("", "", `\b`, `\b`, `(?i)`, `(?m)^`, `(?<!\d)`, `\B`))
	for range 1 + g.IntN(4) {
		b.WriteString(g.one(`a`, `b`, `\d`, `[ab]`, `[a-c0-9]`, `[^a]`, `\w`, `.`, ` `, `[ -]?`, `9`, `(?:ab|b9|c)`, `(?:a|ab)`, `@`, `=`, `-`, `é`, `ж`, `[жé]`, `\s`, `(?:[ -]?\d)`, `[A-Z]`, `\b`, `(a|9)\1`, `身`))
		b.WriteString(g.one("", "", "", "+", "?", "{2}", "{1,3}", "{2,}", "*", "{3,40}", "{1,120}"))
	}
	b.WriteString(g.one("", "", `\b`, `\b`, `$`, `(?m)$`, `(?!\d)`))
	return b.String()
}

func (g generator) words(n int) (out []string) {
	for range 1 + g.IntN(n) {
		var w strings.Builder
		for range 1 + g.IntN(3) {
			w.WriteString(g.one("a", "ab", "abc", "b", "9", "é", "ß", "身", "ж", " ", "-", "AB", "_", "a b", "c", "aaaa bbbb", "abcabcabc", "."))
		}
		if s := w.String(); strings.TrimSpace(s) != "" {
			out = append(out, s)
		}
	}
	return append(out, "ab")
}

func (g generator) exclude() (x sit.Exclude) {
	switch g.IntN(14) {
	case 0:
		x.Values = []string{g.one("ab", "99", "ab9", "9")}
	case 1:
		x.Prefixes = []string{g.one("ab", "9", "é", "-")}
	case 2:
		x.Suffixes = []string{g.one("ab", "9", "ж", ".")}
	case 3:
		x.StartsWith = []string{g.one("a", "9", "ж")}
	case 4:
		x.EndsWith = []string{g.one("a", "9", "ж")}
	case 5:
		x.Repeated = true
	case 6:
		x.Regex = g.one(`\d+`, `a.*`, `[ab]+`, `[ж]+`)
	case 7:
		x.PrecededBy = g.beside()
	case 8:
		x.FollowedBy = g.beside()
	case 9:
		x.PrecededBy, x.FollowedBy, x.Suffixes = g.beside(), g.beside(), []string{g.one("ab", ".")}
	}
	return x
}

// beside makes an expression for what touches a match.
func (g generator) beside() string {
	return g.one("", "", `(?m)^`, `\b`) + g.one(`\d\.`, `[ab-]`, `9`, `[^a]`, `ж`, `é`, `身`, `ß`, `(?i)B`, `\s`, `@|\.\d`, `[a-c0-9]{3}[/-]`, `\d{1,4}`, `a?9`, `.{2}`, `[/=]|\d{2}`) +
		g.one("", "", "", `?`, `{2}`, `\b`, `(?m)$`)
}

func (g generator) element(lists []sit.KeywordList) (e sit.Element) {
	switch g.IntN(6) {
	case 0, 1:
		e.Regex = g.regex()
	case 2:
		e.Words = g.words(2)
	default:
		for range 1 + g.IntN(2) {
			e.Keywords = append(e.Keywords, lists[g.IntN(len(lists))].ID)
		}
	}
	e.Boundary = sit.Boundary(g.one("", "", "word", "nothing", "regex"))
	e.CaseSensitive = g.IntN(4) == 0
	if g.IntN(5) == 0 {
		e.Validate = []string{g.one("luhn", "odd", "short")}
	}
	e.Exclude = g.exclude()
	return e
}

func (g generator) need(lists []sit.KeywordList, depth int) (n sit.Need) {
	sub := func() (out []sit.Need) {
		for range 1 + g.IntN(2) {
			out = append(out, g.need(lists, depth+1))
		}
		return out
	}
	if depth < 3 {
		if g.IntN(3) == 0 {
			n.All = sub()
		}
		if g.IntN(3) == 0 {
			n.Any = sub()
			n.Min = g.IntN(len(n.Any) + 1)
			if g.IntN(3) == 0 {
				n.Max = max(n.Min, 1)
			}
		}
		if g.IntN(4) == 0 {
			n.None = sub()
		}
	}
	if len(n.All)+len(n.Any)+len(n.None) == 0 || g.IntN(3) == 0 {
		e := g.element(lists)
		n.Element = &e
	}
	return n
}

// steps makes what joins a match on one side.
func (g generator) steps(lists []sit.KeywordList) (out []sit.Step) {
	for range g.IntN(4) {
		s := sit.Step{Element: g.element(lists), Min: g.IntN(2), Max: g.IntN(4)}
		if s.Max > 0 {
			s.Min = min(s.Min, s.Max)
		}
		for range g.IntN(4) {
			s.Between = append(s.Between, g.one("", " ", "\n", "-", ", ", " a ", "9", "\n ", "é", "  ", "- ", "ab"))
		}
		if g.IntN(4) == 0 {
			s.Links = []string{lists[g.IntN(len(lists))].ID}
		}
		out = append(out, s)
	}
	return out
}

func (g generator) pack() ([]sit.Type, []sit.KeywordList) {
	var lists []sit.KeywordList
	for i := range 1 + g.IntN(4) {
		lists = append(lists, sit.KeywordList{ID: fmt.Sprintf("l%d", i), Words: g.words(5), String: g.IntN(4) == 0, CaseSensitive: g.IntN(4) == 0})
	}
	var types []sit.Type
	for i := range 1 + g.IntN(4) {
		t := sit.Type{ID: fmt.Sprintf("t%d", i), Exclude: g.exclude()}
		for range 1 + g.IntN(3) {
			p := sit.Pattern{Confidence: []int{65, 75, 85}[g.IntN(3)], Match: g.element(lists), Proximity: []int{0, 1, 5, 20, 300, 1500, sit.Unlimited}[g.IntN(7)]}
			if g.IntN(3) == 0 {
				p.Before, p.After = g.steps(lists), g.steps(lists)
			}
			if g.IntN(2) == 0 {
				n := g.need(lists, 0)
				p.Near = &n
			}
			t.Patterns = append(t.Patterns, p)
		}
		types = append(types, t)
	}
	if g.IntN(3) == 0 {
		types = append(types, sit.Type{ID: "all", Members: []string{"t0", types[len(types)-1].ID}})
	}
	return types, lists
}

var testOptions = Options{
	Validators: func(name string) (func(string) bool, bool) {
		switch name {
		case "luhn":
			return luhn, true
		case "odd":
			return func(s string) bool { return len(s)%2 == 1 }, true
		case "short":
			return func(s string) bool { return len(s) < 12 }, true
		}
		return nil, false
	},
	Names: func() []string { return []string{"luhn", "odd", "short"} },
	Allow: func(typ, normal string) bool { return typ == "t1" && normal == "9" },
}

// luhn tests the check digit of ISO/IEC 7812-1 annex B, over the digits of s.
func luhn(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		d := int(s[i] - '0')
		if d > 9 {
			continue
		}
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	return n > 1 && sum%10 == 0
}

var shown = cmp.Transformer("reveal", func(v redact.Value) string { return v.Reveal() })

// compare runs engine, engine without shortcuts, and reference.
func compare(t *testing.T, types []sit.Type, lists []sit.KeywordList, texts []extract.Text) (findings int) {
	t.Helper()
	pl, errs := newPlan(types, lists, testOptions)
	if pl == nil {
		_ = errs
		return -1
	}
	e := newEngine(pl)
	return compareWith(t, e, reference(pl), texts, types)
}

func compareWith(t *testing.T, e *Engine, r *Reference, texts []extract.Text, types []sit.Type) int {
	t.Helper()
	l := budget.Default()
	l.Work = 1 << 60
	want := r.Detect(texts, l)
	for _, plainly := range []bool{false, true} {
		e.plainly = plainly
		got := e.Detect(texts, l)
		if len(want.Skipped)+len(got.Skipped) > 0 {
			continue // the clock of the look-around engine struck: nothing to compare
		}
		if d := cmp.Diff(want.Findings, got.Findings, shown, cmp.AllowUnexported(), equateEmpty); d != "" {
			t.Fatalf("plainly %v: -reference +engine\n%s\ntypes %s\ntexts %+v", plainly, d, describe(types), texts)
		}
	}
	e.plainly = false
	n := 0
	for _, f := range want.Findings {
		n += f.Count
	}
	return n
}

var equateEmpty = cmp.FilterValues(func(a, b []Finding) bool { return len(a) == 0 && len(b) == 0 }, cmp.Comparer(func(a, b []Finding) bool { return true }))

func describe(types []sit.Type) string {
	if len(types) > 10 {
		return ""
	}
	var b strings.Builder
	var need func(n *sit.Need) string
	need = func(n *sit.Need) string {
		if n == nil {
			return "nil"
		}
		s := fmt.Sprintf("{min %d max %d", n.Min, n.Max)
		for k, subs := range map[string][]sit.Need{"all": n.All, "any": n.Any, "none": n.None} {
			for i := range subs {
				s += " " + k + need(&subs[i])
			}
		}
		if n.Element != nil {
			s += fmt.Sprintf(" %+v", *n.Element)
		}
		return s + "}"
	}
	for _, t := range types {
		fmt.Fprintf(&b, "\n%s %+v %v", t.ID, t.Exclude, t.Members)
		for _, p := range t.Patterns {
			fmt.Fprintf(&b, "\n  %d %d %+v near %s before %+v after %+v", p.Confidence, p.Proximity, p.Match, need(p.Near), p.Before, p.After)
		}
	}
	return b.String()
}

func TestDifferential(t *testing.T) {
	t.Parallel()
	rounds := 600
	if testing.Short() {
		rounds = 300
	}
	findings, packs := 0, 0
	for seed := range rounds {
		g := generator{rand.New(rand.NewPCG(uint64(seed), 7))}
		types, lists := g.pack()
		var texts []extract.Text
		for i := range 1 + g.IntN(3) {
			texts = append(texts, extract.Text{Part: fmt.Sprint(i / 2), Where: extract.InBody, Body: g.text([]int{20, 80, 400, 2000}[g.IntN(4)])})
		}
		if n := compare(t, types, lists, texts); n >= 0 {
			findings += n
			packs++
		}
	}
	if findings < 10*packs || packs < rounds/5 {
		t.Errorf("only %d findings in %d packs", findings, packs)
	}
	t.Logf("%d packs, %d findings", packs, findings)
}

// FuzzDifferential takes its packs from a fixed set that is compiled once, so
// that the fuzzer's time goes into texts.
func FuzzDifferential(f *testing.F) {
	type made struct {
		e     *Engine
		r     *Reference
		types []sit.Type
	}
	pack := func(seed uint64) *made {
		g := generator{rand.New(rand.NewPCG(seed, 7))}
		types, lists := g.pack()
		pl, _ := newPlan(types, lists, testOptions)
		if pl == nil {
			return nil
		}
		return &made{newEngine(pl), reference(pl), types}
	}
	var packs [64]func() *made
	for i := range packs {
		packs[i] = sync.OnceValue(func() *made { return pack(uint64(i)) })
	}
	f.Add(uint64(1), "ab 9019 ab身ж b@a.b")
	f.Add(uint64(2), "\xff\u200b１９")
	f.Add(uint64(5), strings.Repeat("ab 9 ", 30))
	f.Fuzz(func(t *testing.T, seed uint64, text string) {
		if len(text) > 1000 {
			return
		}
		if m := packs[seed%uint64(len(packs))](); m != nil {
			compareWith(t, m.e, m.r, []extract.Text{{Part: "1", Body: text}}, m.types)
		}
	})
}
