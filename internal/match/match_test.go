package match

import (
	"errors"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLane(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expr string
		lane Lane
		text string
		want [][2]int
	}{
		{`\bTFN\s*\d{9}\b`, Linear, "TFN 123456782.", [][2]int{{0, 13}}},
		{`a|b`, Linear, "xab", [][2]int{{1, 2}, {2, 3}}},
		{`x$`, Linear, "x\n", nil},
		{`x\Z`, LookAround, "x\n", [][2]int{{0, 1}}},
		{`(?<!\d)\d{3}(?!\d)`, LookAround, "1234 567", [][2]int{{5, 8}}},
		{`(\w)\1`, LookAround, "abccd", [][2]int{{2, 4}}},
		{`(?P<q>['"])x\k<q>`, LookAround, `'x" "x"`, [][2]int{{4, 7}}},
		{`(?>a+)b`, LookAround, "aab", [][2]int{{0, 3}}},
		{`a++b`, LookAround, "aab", [][2]int{{0, 3}}},
		{`\e\cA\u0041(?#note)`, Linear, "\x1b\x01A", [][2]int{{0, 3}}},
		{`\Qa.b\E(?=c)`, LookAround, "axb a.bc", [][2]int{{4, 7}}},
		{`[[:alpha:]]+(?=\d)`, LookAround, "é ab1", [][2]int{{3, 5}}},
		{`(?m)^b$(?!x)`, LookAround, "a\nb\nc", [][2]int{{2, 3}}},
		{`(?<=é)\bx`, LookAround, "éx", [][2]int{{2, 3}}},
		{`[]a](?=b)`, LookAround, "]b", [][2]int{{0, 1}}},
		{`(?-i:a){2}`, Linear, "aa", [][2]int{{0, 2}}},
	} {
		p, err := Compile(c.expr, Options{})
		if err != nil {
			t.Errorf("%s: %v", c.expr, err)
			continue
		}
		if p.Lane() != c.lane {
			t.Errorf("%s: lane %s, want %s", c.expr, p.Lane(), c.lane)
		}
		got, ex := p.FindAll(c.text, -1, nil)
		if d := cmp.Diff(c.want, got); d != "" || ex {
			t.Errorf("%s: %v %s", c.expr, ex, d)
		}
		if r := p.Match(c.text, nil); r.Matched != (len(c.want) > 0) || r.Exhausted {
			t.Errorf("%s: Match gives %+v", c.expr, r)
		}
	}
}

func TestRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		expr   string
		offset int
		word   string
	}{
		{``, 0, "empty"}, {`a*`, 0, "empty text"}, {`x|`, 0, "empty text"}, {`\b`, 0, "empty text"}, {`(?=a)`, 0, "empty text"},
		{`a\h`, 1, `\h`}, {`\K`, 0, `\K`}, {`\R`, 0, `\R`}, {`\X`, 0, `\X`}, {`[\N]`, 1, `\N`}, {`\<a`, 0, `\<`},
		{`[a-z-[aeiou]]`, 4, "subtraction"}, {`[a&&b]`, 2, "intersection"}, {`[[:foo:]]`, 1, "POSIX"},
		{`a{,3}`, 1, "{,n}"}, {`a{2000}`, 1, "1000"}, {`((a{900}){900})`, 3, "repeat"},
		{`(?x)a`, 0, "(?x)"}, {`(?|a)`, 0, "branch"}, {`(?R)`, 0, "not supported"}, {`(?(1)a|b)`, 0, "conditionals"},
		{`(a`, 0, "closing"}, {`a)`, 1, "unexpected"}, {`[a`, 0, "closing"}, {`a\`, 1, "backslash"},
		{`\1(a)`, 0, "closed before"}, {`(a)\12`, 3, "octal"}, {`\k<x>`, 0, "not there"},
		{`(a+)+(?=b)`, 4, "exponential"}, {`(?U)a+(?=b)`, 0, "(?U)"}, {"a\xff", 1, "UTF-8"}, {`\q`, 0, "unknown escape"},
		{`\xZZ`, 0, "character code"}, {`\ud800`, 0, "character code"}, {`*a`, 0, "repetition"}, {`(?<1>a)`, 0, "group name"},
		{strings.Repeat("a", MaxExpr+1), MaxExpr, "longer"}, {strings.Repeat("(", 300), 200, "deeply"},
		{`(a)` + strings.Repeat(`(\1\1)`, 3) + strings.Repeat(`(\3\4)(\4\5)`, 1), 0, ""},
	} {
		_, err := Compile(c.expr, Options{})
		if c.word == "" {
			continue // only must not panic
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%.40s: accepted", c.expr)
			continue
		}
		if e.Offset != c.offset || !strings.Contains(e.Reason, c.word) {
			t.Errorf("%.40s: got offset %d %q, want %d %q", c.expr, e.Offset, e.Reason, c.offset, c.word)
		}
	}
	if _, err := Compile(`^$`, Options{AllowEmptyMatch: true}); err != nil {
		t.Error(err)
	}
}

// An expression without look-around must mean the same in both lanes.
func TestLanesAgree(t *testing.T) {
	t.Parallel()
	exprs := []string{`\bab?\b`, `\w+`, `\W`, `[\w-]+`, `[^\W]+`, `\s`, `\S+`, `[\S]`, `\d+`, `\D+`, `[\D]`, `[[:punct:]]+`, `a.b`, `(?s)a.b`, `^a`, `(?m)^a`,
		`a$`, `(?m)a$`, `\Ba`, `(?i)k`, `(?i)ß`, `[a-c]`, `\pL+`, `\p{Lu}`, `\x{e9}`, `\Q.\E`, `a{2}`, `[]\-a]+`, `[^a]`, `a|ab|abc`, `(?i:A)b`, `[é-ü]`, `\v`, `[\[\]]`, `_\b`, `(a)(b)?`}
	alphabet := []rune("ab_c1 -\n.\té\u212aßk[]\v\r\u00a0Ａ")
	rnd := rand.New(rand.NewPCG(1, 2))
	for _, expr := range exprs {
		p, err := Parse(expr, Options{})
		if err != nil {
			t.Fatal(expr, err)
		}
		b, err := newBacktracker(p.look, p.Max, p.wide)
		if err != nil {
			t.Fatal(expr, err)
		}
		re := regexp.MustCompile(expr)
		for range 300 {
			var text strings.Builder
			for range rnd.IntN(12) {
				text.WriteRune(alphabet[rnd.IntN(len(alphabet))])
			}
			var got, want [][2]int
			b.each(re, text.String(), nil, func(s, e int) bool { got = append(got, [2]int{s, e}); return true })
			for _, m := range re.FindAllStringIndex(text.String(), -1) {
				want = append(want, [2]int{m[0], m[1]})
			}
			if d := cmp.Diff(want, got); d != "" {
				t.Errorf("%s on %q: %s", expr, text.String(), d)
				break
			}
		}
	}
}

// Windows must give what one run over the whole text gives.
func TestWindows(t *testing.T) {
	t.Parallel()
	p, err := Compile(`(?<!\d)\d{3}[ab]{1,40}(?!x)`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	rnd := rand.New(rand.NewPCG(3, 4))
	for range 20 {
		var text strings.Builder
		for text.Len() < 30_000 {
			if rnd.IntN(3) == 0 {
				text.WriteString(strings.Repeat("a", rnd.IntN(50)))
			}
			text.WriteByte("12345abx é"[rnd.IntN(11)])
		}
		s := strings.ToValidUTF8(text.String(), "é")
		var want [][2]int
		_, offsets := decode(s)
		runes := []rune(s)
		p.look.window(runes, 0, len(runes), func(a, b int) bool { want = append(want, [2]int{offsets[a], offsets[b]}); return true })
		got, _ := p.FindAll(s, -1, nil)
		if len(want) == 0 {
			t.Fatal("no matches to compare")
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	}
}

func TestFailsClosed(t *testing.T) {
	t.Parallel()
	p, err := Compile(`(x\w*)(?=\1y)`, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if r := p.Match(strings.Repeat("x", 100_000), &Work{Left: 1000}); !r.Matched || !r.Exhausted {
		t.Errorf("small budget: got %+v", r)
	}
	w := &Work{Left: 150}
	lin, _ := Compile(`abc`, Options{})
	if r := lin.Match(strings.Repeat("x", 60), w); r.Matched || r.Exhausted {
		t.Errorf("got %+v", r)
	}
	lin.Match(strings.Repeat("x", 100), w)
	if r := lin.Match("x", w); !r.Exhausted {
		t.Error("an exhausted budget came back")
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{`\bTFN\s*\d{9}\b`, `(?<!\d)[[:alpha:]]{2,}(\w)\1\k<x>`, `(?P<x>a)(?i-s:b)\Q.*\E[^]\]-z]`, `a{2,3}?b++(?>c)\x{41}\cA`} {
		f.Add(s, "TFN 123456782 abccd")
	}
	f.Fuzz(func(t *testing.T, expr, text string) {
		if len(expr) > 100 || len(text) > 200 {
			return
		}
		p, err := Compile(expr, Options{})
		if err != nil {
			return
		}
		for _, m := range must(p.FindAll(text, 10, &Work{Left: 1 << 20})) {
			if m[0] < 0 || m[1] < m[0] || m[1] > len(text) {
				t.Fatalf("%q: bad range %v", expr, m)
			}
		}
		if p.Lane() == Linear {
			// What the scan rewrote must mean what RE2 says, where RE2 reads it.
			if re, err := regexp.Compile(expr); err == nil && re.MatchString(text) != p.Match(text, nil).Matched {
				t.Fatalf("%q: rewritten to another meaning", expr)
			}
		}
	})
}

func must(m [][2]int, _ bool) [][2]int { return m }
