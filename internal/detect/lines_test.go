package detect

import (
	"bytes"
	"math/rand/v2"
	"testing"
)

// TestLines: the line breaks that bitmaps point to are all that have to be
// taken out of numbers.
func TestLines(t *testing.T) {
	e, errs := Compile(nil, nil)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	s := newScan(e)
	r := rand.New(rand.NewPCG(5, 6))
	parts := []string{"1", "12", "4532", "-", " ", "  ", "\r\n", "\n", "\n", "> ", "a", "word ", ".", "\u00a0", "\uff11", ",", "   ", "\t"}
	cut := 0
	for range 20_000 {
		var b bytes.Buffer
		for range r.IntN(60) {
			b.WriteString(parts[r.IntN(len(parts))])
		}
		text := b.String()
		s.fold(text)
		var want view
		e.pl.table.Fold(&want.Text, text)
		before := len(want.Shadow)
		want.Unwrap()
		if !bytes.Equal(s.v.Shadow, want.Shadow) {
			t.Fatalf("%q is read as %q, want %q", text, s.v.Shadow, want.Shadow)
		}
		if s.n != len(want.Shadow) {
			t.Fatalf("%q has %d characters, want %d", text, s.n, len(want.Shadow))
		}
		if len(want.Shadow) < before {
			cut++
		}
	}
	if cut < 1000 {
		t.Errorf("only %d texts have numbers over lines", cut)
	}
}
