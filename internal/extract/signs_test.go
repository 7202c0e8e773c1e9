package extract

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"labelmilter/internal/message"
)

// TestSignsIn compares with a search for each sign by itself.
func TestSignsIn(t *testing.T) {
	t.Parallel()
	begins := func(b []byte, m string) bool {
		return bytes.HasPrefix(b, []byte(m)) || bytes.Contains(b, []byte("\n"+m))
	}
	pieces := []string{"-----BEGIN PGP MESSAGE-----", "-----BEGIN PGP SIGNED MESSAGE-----", "-----BEGIN PGP ", "begin ", "begin 644 a.txt\n#0V%T\n`\nend", "beginning", "=ybegin ",
		"=ybegin line=128 size=3 name=a\nabc\n=yend", "=y", "-", "=", "b", "\n", "\n", "\r\n", "\r", " ", "word", ""}
	r := rand.New(rand.NewPCG(5, 6))
	seen := map[signs]int{}
	for range 100_000 {
		var s strings.Builder
		for range r.IntN(8) {
			s.WriteString(pieces[r.IntN(len(pieces))])
		}
		b := []byte(s.String())
		got := signsIn(b)
		want := signs{begins(b, "-----BEGIN PGP MESSAGE-----"), begins(b, "-----BEGIN PGP SIGNED MESSAGE-----"), begins(b, "begin ") || begins(b, "=ybegin ")}
		if got != want {
			t.Fatalf("%q: got %+v, want %+v", b, got, want)
		}
		if !got.file && len(message.Inlines(b, 1, 100)) > 0 {
			t.Fatalf("%q holds a file", b)
		}
		seen[got]++
	}
	if len(seen) < 8 {
		t.Errorf("only %v", seen)
	}
}
