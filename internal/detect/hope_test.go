package detect

import (
	"math/rand/v2"
	"strings"
	"testing"

	"labelmilter/internal/extract"
	"labelmilter/internal/sit"
)

// Where nothing can have entropy enough no automaton is run; what has it must
// still be found, however near it stands to what has not.
func TestHopeless(t *testing.T) {
	t.Parallel()
	var types []sit.Type
	for _, expr := range []string{`\b[A-Za-z0-9%]{43,73}%3D`, `(?:\b[A-Za-z0-9]|[/+])[A-Za-z0-9/+]{42}=`, `[/+][A-Za-z0-9/+]{19,80}[=-]`} {
		types = append(types, sit.Type{ID: expr, Patterns: []sit.Pattern{{Confidence: 75, Match: sit.Element{Regex: expr, Validate: []string{"high-entropy"}}}}})
	}
	pl, errs := newPlan(types, nil, Options{})
	if pl == nil {
		t.Fatal(errs)
	}
	e, r := newEngine(pl), reference(pl)
	hopes := 0
	for i := range e.lanes {
		if e.lanes[i].hope != nil {
			hopes++
		}
	}
	if hopes < 3 {
		t.Errorf("only %d lanes have hopes", hopes)
	}
	rnd := rand.New(rand.NewPCG(4, 8))
	key := func(n int) string {
		const base64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/+"
		b := make([]byte, n)
		for i := range b {
			b[i] = base64[rnd.IntN(len(base64))]
		}
		return string(b)
	}
	n := 0
	for range 1500 {
		var b strings.Builder
		for range rnd.IntN(30) {
			switch rnd.IntN(6) {
			case 0:
				b.WriteString(key(rnd.IntN(50)))
			case 1:
				b.WriteString(strings.ReplaceAll(key(rnd.IntN(20)), "/", "%2F"))
			case 2:
				b.WriteString(strings.Repeat([]string{"%3D", "+A", "ab", "0"}[rnd.IntN(4)], rnd.IntN(40)))
			default:
				b.WriteString([]string{"%3D", "=", " ", "/", "é", "-"}[rnd.IntN(6)])
			}
		}
		n += compareWith(t, e, r, []extract.Text{{Part: "1", Where: extract.InBody, Body: b.String()}}, types)
	}
	if n < 200 {
		t.Errorf("only %d found", n)
	}
}
