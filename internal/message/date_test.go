package message

import (
	"math/rand/v2"
	"net/mail"
	"strings"
	"testing"
)

// TestParseDate compares with net/mail, which decides.
func TestParseDate(t *testing.T) {
	t.Parallel()
	pick := func(r *rand.Rand, of ...string) string { return of[r.IntN(len(of))] }
	r := rand.New(rand.NewPCG(7, 8))
	read := 0
	for range 50_000 {
		s := pick(r, "Mon, ", "Mon, ", "", "Tue,", "mon, ", "Monday, ", " Mon, ") + pick(r, "2", "02", " 2", "31", "32", "0") + " " + pick(r, "Nov", "nov", "November", "Feb", "Xyz") + " " +
			pick(r, "2026", "26", "02026", "-026") + " " + pick(r, "10:11", "10:11:12", "1:2:3", "10:11:12.5", "24:00:00", "10:11:60") + " " +
			pick(r, "+1100", "-0000", "+0000", "-2500", "GMT", "EST", "+11", "+110") + pick(r, "", "", " (AEDT)", " x", " ", "(", "+0000")
		if r.IntN(10) == 0 {
			i := r.IntN(len(s))
			s = s[:i] + pick(r, " ", "-", "+", "T", "\r\n ", "\x00") + s[i:]
		}
		got, err := parseDate(s)
		want, wantErr := mail.ParseDate(s)
		if !got.Equal(want) || (err == nil) != (wantErr == nil) {
			t.Fatalf("%q: got %v, %v, want %v, %v", s, got, err, want, wantErr)
		}
		if err == nil {
			read++
		}
	}
	if read < 1000 {
		t.Errorf("only %d dates are read", read)
	}
}

func TestUnfold(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(9, 10))
	old := strings.NewReplacer("\r\n", "", "\n", "", "\r", "")
	for range 20_000 {
		b := make([]byte, r.IntN(12))
		for i := range b {
			b[i] = "ab \t\r\n\r\n\x00\xc3"[r.IntN(10)]
		}
		if s := string(b); Unfold(s) != old.Replace(s) {
			t.Fatalf("%q: got %q", s, Unfold(s))
		}
	}
}
