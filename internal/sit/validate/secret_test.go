package validate

import (
	"math/rand/v2"
	"testing"
)

// What is no more than a quick look must not contradict counting.
func TestDiffer(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(4, 4))
	enough := 0
	for range 20_000 {
		alphabet := make([]byte, 1+rnd.IntN(24))
		for i := range alphabet {
			alphabet[i] = byte(rnd.IntN(0x80))
		}
		s := make([]byte, 16+rnd.IntN(50))
		seen := map[byte]bool{}
		for i := range s {
			s[i] = alphabet[rnd.IntN(len(alphabet))]
			seen[s[i]] = true
		}
		if got, want := differ(string(s), 12), len(seen) >= 12; got != want {
			t.Fatalf("%q has %d different bytes: got %v", s, len(seen), got)
		}
		if len(seen) >= 12 {
			enough++
		}
	}
	if enough < 5000 || enough > 15_000 {
		t.Errorf("%d of 20,000 have enough", enough)
	}
	if !differ("0123456789aé", 20) {
		t.Error("bytes from 0x80 on may be anything")
	}
}
