package detect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/extract"
	"labelmilter/internal/sit"
)

// What is found from rare characters must be what is found without them, in
// texts that are full of these.
func TestTriggers(t *testing.T) {
	t.Parallel()
	var types []sit.Type
	for i, expr := range []string{
		`\b[a-z]+://[^\s:/@]{1,64}:[^\s@]{2,200}@[a-z]+`, `\b[a-z]+:[^\s@]{1,200}@ab`, `[^\s@]{1,120}@9\b`, `(?:\b[A-Za-z0-9]|[/+])[A-Za-z0-9/+]{35}==`,
		`[>=]?(?:\b[A-Za-z0-9]|[/+])[A-Za-z0-9/+]{20,99}=`, `(?i)\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){2,40}:[0-9a-f]{1,4}\b`, `[a-z]{1,150}~[a-z]{2,9}`,
	} {
		p := sit.Pattern{Confidence: 75, Match: sit.Element{Regex: expr}}
		if i%3 == 1 {
			p.Near = &sit.Need{Element: &sit.Element{Words: []string{"near"}}}
		}
		types = append(types, sit.Type{ID: fmt.Sprint("t", i), Patterns: []sit.Pattern{p}})
	}
	pl, errs := newPlan(types, nil, testOptions)
	if pl == nil {
		t.Fatal(errs)
	}
	e, r := newEngine(pl), reference(pl)
	var modes []byte
	musts := 0
	for i := range e.lanes {
		if l := &e.lanes[i]; l.mode == atTrigger {
			modes = append(modes, l.trigger)
			if l.must != 0 {
				musts++
			}
		}
	}
	for _, c := range []byte("@=:~") {
		if !slices.Contains(modes, c) {
			t.Errorf("no lane of %c among %q", c, modes)
		}
	}
	if musts == 0 {
		t.Error("no lane needs another character")
	}
	rnd := rand.New(rand.NewPCG(9, 1))
	tokens := []string{"ab", "9", "A", "a", "://", ":", ":", "/", "@", "@", "=", "==", "~", "+", " ", "\n", "\v", "é", "ж", "身", "near ", "a1b2", strings.Repeat("aB9", 13), strings.Repeat("c0de", 40), "://a:bb@ab ", " a@9 ", " a:b@ab "}
	n := 0
	for range 1500 {
		var b strings.Builder
		for range rnd.IntN(40) {
			b.WriteString(tokens[rnd.IntN(len(tokens))])
		}
		n += compareWith(t, e, r, []extract.Text{{Part: "1", Where: extract.InBody, Body: b.String()}}, types)
	}
	if n < 500 {
		t.Errorf("only %d found", n)
	}
}
