package fold

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func unwrapped(s string) *Text {
	var x Text
	Standard().Fold(&x, s)
	x.Unwrap()
	return &x
}

func TestUnmask(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"t\u0430x f\u0456le numb\u0435r":     "tax file number",
		"\u0421\u0410RD":                     "CAR" + "D",
		"паспорт":                            "\x80\x80\x80\x80\x80\x80\x80",
		"сор 12":                             "\x80\x80\x80 12",
		"\u0391\u0392123":                    "\x80\x80123",
		"X\u0391\u0392123":                   "XAB123",
		"e\u0301t\u0430\u0301t":              "etat",
		"身tа":                                "\x81ta",
		strings.Repeat("о", 40) + "x":        strings.Repeat("\x80", 8) + strings.Repeat("o", 32) + "x",
		"a " + strings.Repeat("о", 3) + " b": "a \x80\x80\x80 b",
	} {
		if got := string(unwrapped(in).Shadow); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
	if n := utf8.RuneCountInString(likeLatin); n != len(latinLike) {
		t.Errorf("%d letters look like %d", n, len(latinLike))
	}
}

func TestUnwrap(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"card 4532 0151\r\n1283 0366 today":    "card 4532 0151 1283 0366 today",
		"> card 4532 0151\r\n> > 1283 0366, x": "> card 4532 0151 1283 0366, x",
		"no 123-456-\n789.":                    "no 123-456-789.",
		"is １２３ \n456 x":                       "is 123 456 x",
		"4532 0151\n1283 0366":                 "4532 0151 1283 0366",
		"1 2 x\n3 4\n5 6 y":                    "1 2 x\n3 4 5 6 y",
		"12 34\n56 78\n90 12":                  "12 34\n56 78\n90 12",
		"12\n34\n56":                           "12\n34\n56",
		"a,12\n34,b":                           "a,12\n34,b",
		"total 12\n\n34 x":                     "total 12\n\n34 x",
		"x 12\nA34":                            "x 12\nA34",
		"x A12\n34":                            "x A12\n34",
		"\n12":                                 "\n12",
		"12\n":                                 "12\n",
		"x 12\r\n\t34 y":                       "x 12 34 y",
	} {
		if got := string(unwrapped(in).Shadow); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

// Every character of the shadow must stand for the one of the original that
// it is folded from.
func FuzzUnwrap(f *testing.F) {
	for _, s := range []string{"a１２\r\n> ３4 é5-\n6 x\n7", "1\n2", "ﬁ12-\n3", "x１\n２", "\u200b1\n\u200b2 t\u0430"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		x := unwrapped(s)
		last := 0
		for i, b := range x.Shadow {
			at := x.Start(i)
			if at < last || at >= len(s) {
				t.Fatalf("%q: character %d begins at %d", s, i, at)
			}
			last = at
			r, _ := utf8.DecodeRuneInString(s[at:])
			have, ok := Standard().Byte(r)
			switch {
			case !ok: // several
			case have == b, like(r) == b:
			case b == ' ' && (r == '\r' || Space(have)):
			default:
				t.Fatalf("%q: %q at %d stands for %q", s, b, i, r)
			}
			x.At(i)
			x.End(i + 1)
			for _, end := range [...]int{i, i + 1, i + 2, i + 9, len(x.Shadow)} {
				if end = min(end, len(x.Shadow)); end < i {
					continue
				}
				from, to := x.Span(i, end)
				if from != x.Start(i) || to != x.End(end) {
					t.Fatalf("%q: %d to %d spans %d to %d, not %d to %d", s, i, end, from, to, x.Start(i), x.End(end))
				}
			}
		}
	})
}
