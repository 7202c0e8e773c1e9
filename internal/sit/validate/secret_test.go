package validate

import (
	"encoding/base64"
	"math/rand/v2"
	"slices"
	"strings"
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

// Words must be found wherever they stand, in any case.
func TestContained(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(4, 5))
	for _, words := range [][]string{strings.Fields(placeholderWords), {"abab", "bab_", "ba", "aab1b"}, {"b1b1a", "1b"}} {
		c := newContained(words)
		var alphabet []string
		for _, w := range words {
			for range 3 {
				k := rnd.IntN(len(w))
				alphabet = append(alphabet, w[:k], w[k:], w[k:k+1])
			}
		}
		alphabet = append(alphabet, "é", "\xff", " ", "A", "B")
		found := 0
		for range 5000 {
			s := ""
			for range rnd.IntN(8) {
				s += alphabet[rnd.IntN(len(alphabet))]
			}
			if rnd.IntN(2) == 0 {
				s = strings.ToUpper(s)
			}
			want := slices.ContainsFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(s), w) })
			if got := c.in(s); got != want {
				t.Fatalf("%q: got %v, want %v", s, got, want)
			}
			if want {
				found++
			}
		}
		if found < 100 || found > 4900 {
			t.Errorf("found in %d of 5,000", found)
		}
	}
}

func TestAtMostTwo(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{"a": true, "aA": true, "ab": true, "abaAB": true, "abc": false, "aabbc": false, "aaac": true, "acab": false} {
		if got := atMostTwo(s); got != want {
			t.Errorf("%s: got %v", s, got)
		}
	}
}

// Of text that is hopeless no part may pass, least of all a beginning.
func TestHopeless(t *testing.T) {
	t.Parallel()
	pass, _ := Lookup("high-entropy")
	hopeless := Hopeless("high-entropy")
	rnd := rand.New(rand.NewPCG(3, 5))
	found, not := 0, 0
	for range 2000 {
		kinds := 2 + rnd.IntN(14)
		b := make([]byte, 16+rnd.IntN(40))
		for i := range b {
			b[i] = byte('A' + rnd.IntN(kinds))
		}
		s := string(b)
		if !hopeless(s) {
			not++
			continue
		}
		found++
		for i := range s {
			for k := i; k <= len(s); k++ {
				if pass(s[i:k]) {
					t.Fatalf("%q passes, a part of %q", s[i:k], s)
				}
			}
		}
	}
	if found == 0 || not == 0 {
		t.Errorf("%d hopeless, %d not", found, not)
	}
}

// Of text that cannot be a token no beginning is one.
func TestNoJWT(t *testing.T) {
	t.Parallel()
	encode := base64.RawURLEncoding.EncodeToString
	rnd := rand.New(rand.NewPCG(3, 6))
	one := func(of ...string) string { return of[rnd.IntN(len(of))] }
	found, tokens := 0, 0
	for range 3000 {
		b := []byte(encode([]byte(one(`{"alg":"HS256"}`, `{"alg":"none"}`, `{"typ":"JWT"}`, `{"alg":"dir","enc":"A128GCM"}`, "{}"))) + "." +
			one(encode([]byte(one(`{"sub":"1"}`, `{"sub":1`, "[]"))), "", "a") + one(".", ".", "") + one("c2ln", "", "c2ln.c2ln", "a.b.c", "a.b.c.d"))
		for range rnd.IntN(2) {
			b[rnd.IntN(len(b))] = "eyJ.A0_-!"[rnd.IntN(9)]
		}
		none, some := noJWT(string(b)), false
		for k := range b {
			some = some || isJWT(string(b[:k+1]))
		}
		switch {
		case none && some:
			t.Fatalf("%q has a beginning that is a token", b)
		case none:
			found++
		case some:
			tokens++
		}
	}
	if found < 100 || tokens < 100 {
		t.Errorf("%d hopeless, %d tokens", found, tokens)
	}
}
