package detect

import (
	"fmt"
	"math/bits"
	"strings"
	"testing"

	"labelmilter/internal/sit"
)

// With more lists of starts than channels, and more expressions in one list
// than are compared with each other, everything is found as without them.
func TestManyChannels(t *testing.T) {
	t.Parallel()
	var types []sit.Type
	var text strings.Builder
	add := func(format string, args ...any) {
		types = append(types, sit.Type{ID: fmt.Sprintf("t%03d", len(types)), Name: "t",
			Patterns: []sit.Pattern{{Confidence: 75, Match: sit.Element{Regex: fmt.Sprintf(format, args...)}}}})
	}
	for i := range 90 { // without a bound: each has a list of its own
		a, b := 'A'+rune(i%26), 'A'+rune(i/26)
		add(`\b%c%c\d{3,}[a-z]*%d\b`, a, b, i)
		fmt.Fprintf(&text, "%c%c123%d and %c%c4567xy%d, ", a, b, i, a, b, i)
	}
	for i := range 400 { // joined in few
		add(`\b[A-Z]\d{%d}-%03d\b`, 1+i%5, i)
		fmt.Fprintf(&text, "K%s-%03d (K1-%03d) ", "12345"[:1+i%5], i, i)
	}
	e, errs := Compile(types, nil)
	if errs != nil {
		t.Fatal(errs)
	}
	if n := len(e.byWord.matchers); n == 0 || n > maxChannels || len(e.feeds) <= maxChannels {
		t.Errorf("%d channels for %d lists", n, len(e.feeds))
	}
	if n := compareWith(t, e, reference(e.pl), asTexts(text.String()), types); n < 500 {
		t.Errorf("only %d found", n)
	}
}

// A text of ordinary words must be held back, or the channels are of no use.
func TestChannelsHoldBack(t *testing.T) {
	t.Parallel()
	e := realistic()
	s := newScan(e)
	s.work.Left = 1 << 40
	s.x.use(e.pl, nil)
	s.run(newCorpus(1).mail(mailSize))
	words, fed := 0, 0
	for i := range s.maps {
		words += bits.OnesCount64(s.maps[i].Begins)
	}
	for _, l := range s.fed {
		fed += len(l)
	}
	if words < 5_000 || fed > words/4 {
		t.Errorf("%d starts of %d words", fed, words)
	}
}
