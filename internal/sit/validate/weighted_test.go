package validate

import (
	"math/rand/v2"
	"strings"
	"testing"
)

// descriptions are built-in validators written as a Spec.
var descriptions = []struct {
	name string
	spec Spec
}{
	{"au-tfn", Spec{Weights: []int{1, 4, 3, 7, 5, 8, 6, 9, 10}, Modulus: 11}},
	{"au-acn", Spec{Weights: []int{8, 7, 6, 5, 4, 3, 2, 1, 0}, Modulus: 10, Check: 9, Complement: true}},
	{"luhn", Spec{Weights: []int{1, 2}, Repeat: true, FromRight: true, DigitSum: true, Modulus: 10, Lengths: []int{9}}},
	{"hu-taj", Spec{Weights: []int{3, 7, 3, 7, 3, 7, 3, 7, 0}, Modulus: 10, Check: -1}},
	{"br-rg-sp", Spec{Weights: []int{2, 3, 4, 5, 6, 7, 8, 9, 0}, Modulus: 11, Check: 9, Complement: true, CheckChars: "0123456789X"}},
	{"sg-nric", Spec{Weights: []int{0, 2, 7, 6, 5, 4, 3, 2, 0}, Modulus: 11, Check: 9, CheckChars: "JZIHGFEDCBA", Alphabet: "0123456789S", Prefixes: []string{"S"}}},
	{"au-crn", Spec{Weights: []int{512, 256, 128, 64, 32, 16, 8, 4, 2, 0}, Modulus: 11, Check: 10, CheckChars: "XVTSLKJHCBA"}},
	{"pl-passport", Spec{Weights: []int{7, 3, 9, 1, 7, 3, 1, 7, 3}, Modulus: 10, Alphabet: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ", Prefixes: []string{"EA", "ZS"}}},
}

// TestWeighted: a description and the built-in validator agree on random
// numbers, at least one in a hundred of which is valid.
func TestWeighted(t *testing.T) {
	t.Parallel()
	for _, tt := range descriptions {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			described, err := Weighted(tt.spec)
			if err != nil {
				t.Fatal(err)
			}
			builtin, _ := Lookup(tt.name)
			r := rand.New(rand.NewPCG(1, 2))
			n, check := len(tt.spec.Weights), tt.spec.CheckChars
			if len(tt.spec.Lengths) > 0 {
				n = tt.spec.Lengths[0]
			}
			valid := 0
			for range 20_000 {
				prefix := ""
				if p := tt.spec.Prefixes; len(p) > 0 {
					prefix = p[r.IntN(len(p))]
				}
				b := []byte(prefix)
				for len(b) < n {
					b = append(b, byte('0'+r.IntN(10)))
				}
				if check != "" {
					b[n-1] = check[r.IntN(len(check))]
				}
				s := string(b)
				if strings.Count(s, "0") == n { // not a number to any built-in
					continue
				}
				got, want := described(s), builtin(s)
				if got != want {
					t.Fatalf("described(%q) = %v, built in %v", s, got, want)
				}
				if want {
					valid++
				}
			}
			if valid < 200 {
				t.Errorf("only %d valid", valid)
			}
		})
	}
}

func TestWeightedErrors(t *testing.T) {
	t.Parallel()
	w := []int{1, 2, 3}
	tests := []struct {
		name string
		spec Spec
		want string
	}{
		{"no weights", Spec{Modulus: 10}, "no weights"},
		{"weight", Spec{Weights: []int{1, 1 << 40}, Modulus: 10}, "at place 2"},
		{"modulus", Spec{Weights: w, Modulus: 1}, "modulus 1"},
		{"large modulus", Spec{Weights: w, Modulus: 1001}, "modulus 1001"},
		{"remainder", Spec{Weights: w, Modulus: 10, Remainder: 10}, "remainder 10"},
		{"length", Spec{Weights: w, Modulus: 10, Lengths: []int{49}}, "length 49"},
		{"zero length", Spec{Weights: w, Modulus: 10, Lengths: []int{0}}, "length 0"},
		{"check", Spec{Weights: w, Modulus: 10, Check: 4}, "check place 4"},
		{"negative check", Spec{Weights: w, Modulus: 10, Check: -4}, "check place -4"},
		{"twice", Spec{Weights: w, Modulus: 10, Alphabet: "010"}, "occurs twice"},
		{"lower case", Spec{Weights: w, Modulus: 10, Check: 3, CheckChars: "0123456789x"}, "upper-case"},
		{"delimiter", Spec{Weights: w, Modulus: 10, Delimiters: "0"}, "delimiter '0'"},
	}
	for _, tt := range tests {
		if f, err := Weighted(tt.spec); err == nil || f != nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: error %v, want %q", tt.name, err, tt.want)
		}
	}
}

func TestDatePart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		layout string
		offset int
		s      string
		want   bool
	}{
		{"YYMMDD", 0, "850229-5000", false},
		{"YYMMDD", 0, "840229-5000", true},
		{"DDMMYYYY", 2, "9931122020", true},
		{"DDMMYYYY", 2, "993112202", false},
		{"YYYYDDMM", 0, "20203112", true},
		{"MMDDYY", 1, "1 12/31/99", true},
		{"YYYYMMDD", 0, "0000-01-01", false},
	}
	for _, tt := range tests {
		f, err := DatePart(tt.layout, tt.offset)
		if err != nil {
			t.Fatal(err)
		}
		if got := f(tt.s); got != tt.want {
			t.Errorf("DatePart(%s, %d)(%q) = %v", tt.layout, tt.offset, tt.s, got)
		}
	}
	for _, layout := range []string{"", "YYYY", "ddmmyy"} {
		if _, err := DatePart(layout, 0); err == nil {
			t.Errorf("layout %q accepted", layout)
		}
	}
	for _, offset := range []int{-1, 43} {
		if _, err := DatePart("YYMMDD", offset); err == nil {
			t.Errorf("offset %d accepted", offset)
		}
	}
}
