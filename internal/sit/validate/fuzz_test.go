package validate

import (
	"strings"
	"testing"
)

// FuzzValidators runs every validator on the same bytes: none may panic, and
// the answer must not depend on the case of letters where both are taken.
func FuzzValidators(f *testing.F) {
	for _, s := range []string{"", "0", "123 456 782", "GB82 WEST 1234 5698 7654 32", "01-0902-0068389-00", "X1234567L", "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln", "github_pat_a_b", "2 Dec 2016", "19900101-1234", "G123456(A)", "\xff\xfe", "１２３",
		strings.Repeat("9", 200), strings.Repeat("- ", 60), "L898902C36UTO7408122F1204159ZE184226B<<<<<10", "12ABC34501DE35"} {
		f.Add(s)
	}
	names := Names()
	funcs := make([]Func, len(names))
	for i, n := range names {
		funcs[i], _ = Lookup(n)
	}
	// These are about bytes, where case matters.
	exact := " base58check base64-16 base64-24 base64-32 base64-64 bech32 btc btc-wif eth github-token high-entropy jwt npm-token "
	f.Fuzz(func(t *testing.T, s string) {
		upper := asciiUpper(s)
		for i, fn := range funcs {
			got := fn(s)
			if got != fn(s) {
				t.Errorf("%s is not deterministic", names[i])
			}
			if !strings.Contains(exact, " "+names[i]+" ") && got != fn(upper) {
				t.Errorf("%s depends on case", names[i])
			}
		}
	})
}

// asciiUpper leaves every byte but a to z as it is.
func asciiUpper(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 'a' + 'A'
		}
	}
	return string(b)
}

// FuzzWeighted: no Spec and no text makes a panic.
func FuzzWeighted(f *testing.F) {
	f.Add("123456782", "0123456789", "0123456789X", 11, 9, 0, 9, false)
	f.Add("a1b2", "0123456789AB", "", 10, -1, 3, 4, true)
	f.Fuzz(func(t *testing.T, s, alphabet, checks string, modulus, check, weight, length int, flag bool) {
		fn, err := Weighted(Spec{Weights: []int{weight, 7, -3}, Repeat: flag, FromRight: !flag, Modulus: modulus, Check: check,
			Complement: flag, DigitSum: flag, CheckChars: checks, Alphabet: alphabet, Lengths: []int{length}})
		if err == nil {
			fn(s)
		}
	})
}

// FuzzDatePart: no layout, offset and text makes a panic.
func FuzzDatePart(f *testing.F) {
	f.Add("DDMMYYYY", 3, "123-31/12/2020")
	f.Fuzz(func(t *testing.T, layout string, offset int, s string) {
		if fn, err := DatePart(layout, offset); err == nil {
			fn(s)
		}
	})
}
