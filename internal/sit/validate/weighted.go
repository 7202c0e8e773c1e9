package validate

import (
	"errors"
	"fmt"
)

// Spec describes a weighted check sum of rule authors. The sum is of value
// times weight over the characters that are no delimiters; the check
// character is what the sum modulo Modulus stands for.
type Spec struct {
	// Weights by place. With Repeat they are used again from the start when
	// there are more characters; otherwise further characters weigh 0. Give
	// the check character the weight 0 when it is not part of the sum.
	Weights []int
	Repeat  bool
	// FromRight applies the weights from the last character on.
	FromRight bool
	// Modulus is 2 to 1000.
	Modulus int
	// Check is the place of the check character, 1-based, from the end when
	// negative. 0: there is none, and the sum must leave Remainder.
	Check     int
	Remainder int
	// Complement compares with (Modulus - sum) modulo Modulus.
	Complement bool
	// CheckChars[i] is the check character of value i; default "0123456789".
	// A value without a character is never valid.
	CheckChars string
	// Alphabet lists the characters in order of value from 0, upper case;
	// default "0123456789". Lower-case letters count as upper case.
	Alphabet string
	// DigitSum adds the digits of each product before summing.
	DigitSum bool
	// Lengths allowed without delimiters; empty: the number of weights.
	Lengths []int
	// Delimiters are skipped; default " -.".
	Delimiters string
	// Prefixes, if any, are the beginnings allowed, without delimiters.
	Prefixes []string
}

// maxModulus and maxWeight keep every sum far inside an int.
const (
	maxModulus = 1000
	maxWeight  = 100_000
)

// Weighted makes a validator of the description. The errors name the field
// that cannot be used.
func Weighted(spec Spec) (Func, error) {
	w, err := compileWeighted(spec)
	if err != nil {
		return nil, fmt.Errorf("validate: weighted: %w", err)
	}
	return w.valid, nil
}

// weighted is a Spec checked and with its defaults.
type weighted struct {
	spec       Spec
	values     [256]int16 // value of a byte, -1 not in the alphabet, skipByte
	checks     [256]int16 // value of a check character, -1 if it is none
	minN, maxN int
}

const skipByte = -2

func compileWeighted(spec Spec) (*weighted, error) {
	if len(spec.Weights) == 0 {
		return nil, errors.New("no weights")
	}
	for i, v := range spec.Weights {
		if v < -maxWeight || v > maxWeight {
			return nil, fmt.Errorf("weight %d at place %d is outside ±%d", v, i+1, maxWeight)
		}
	}
	if spec.Modulus < 2 || spec.Modulus > maxModulus {
		return nil, fmt.Errorf("modulus %d is not in 2 to %d", spec.Modulus, maxModulus)
	}
	if spec.Remainder < 0 || spec.Remainder >= spec.Modulus {
		return nil, fmt.Errorf("remainder %d is not below the modulus %d", spec.Remainder, spec.Modulus)
	}
	w := &weighted{spec: spec}
	w.spec.Weights = append([]int(nil), spec.Weights...)
	w.spec.Prefixes = append([]string(nil), spec.Prefixes...)
	w.spec.Lengths = append([]int(nil), spec.Lengths...)
	if len(w.spec.Lengths) == 0 {
		w.spec.Lengths = []int{len(spec.Weights)}
	}
	w.minN, w.maxN = len(field{})+1, 0
	for _, n := range w.spec.Lengths {
		if n < 1 || n > len(field{}) {
			return nil, fmt.Errorf("length %d is not in 1 to %d", n, len(field{}))
		}
		if spec.Check > n || -spec.Check > n {
			return nil, fmt.Errorf("check place %d is outside length %d", spec.Check, n)
		}
		w.minN, w.maxN = min(w.minN, n), max(w.maxN, n)
	}
	if err := w.alphabets(); err != nil {
		return nil, err
	}
	return w, nil
}

// alphabets fills the tables of values.
func (w *weighted) alphabets() error {
	setDefault(&w.spec.Alphabet, "0123456789")
	setDefault(&w.spec.CheckChars, "0123456789")
	setDefault(&w.spec.Delimiters, groupMarks)
	if err := fill(&w.values, w.spec.Alphabet); err != nil {
		return fmt.Errorf("alphabet: %w", err)
	}
	if err := fill(&w.checks, w.spec.CheckChars); err != nil {
		return fmt.Errorf("check characters: %w", err)
	}
	if w.spec.Check == 0 {
		_ = fill(&w.checks, "") // none: every character must have a value
	}
	for _, c := range []byte(w.spec.Delimiters) {
		if w.values[c] >= 0 || w.checks[c] >= 0 {
			return fmt.Errorf("delimiter %q is also in an alphabet", c)
		}
		w.values[c] = skipByte
	}
	return nil
}

func setDefault(s *string, d string) {
	if *s == "" {
		*s = d
	}
}

// fill numbers the characters of alphabet, letters in both cases.
func fill(table *[256]int16, alphabet string) error {
	for i := range table {
		table[i] = -1
	}
	for i := 0; i < len(alphabet); i++ {
		c := alphabet[i]
		if c < 0x21 || c > 0x7e || 'a' <= c && c <= 'z' {
			return fmt.Errorf("character %d is not a printable, upper-case ASCII character", i+1)
		}
		if table[c] >= 0 {
			return fmt.Errorf("character %q occurs twice", c)
		}
		table[c] = int16(i)
		table[toLower(c)] = int16(i)
	}
	return nil
}

// valid is the validator.
func (w *weighted) valid(s string) bool {
	if len(s) < w.minN || len(s) > maxInput {
		return false
	}
	var b field
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if w.values[c] == skipByte {
			continue
		}
		if n == w.maxN || w.values[c] < 0 && w.checks[c] < 0 {
			return false
		}
		b[n] = c
		n++
	}
	return w.fits(b[:n]) && w.sums(b[:n])
}

// fits tests length and prefix.
func (w *weighted) fits(c []byte) bool {
	known := false
	for _, n := range w.spec.Lengths {
		known = known || n == len(c)
	}
	if !known || len(w.spec.Prefixes) == 0 {
		return known
	}
	for _, p := range w.spec.Prefixes {
		if len(p) <= len(c) && equalFold(c[:len(p)], p) {
			return true
		}
	}
	return false
}

func equalFold(c []byte, s string) bool {
	for i := range c {
		if toLower(c[i]) != toLower(s[i]) {
			return false
		}
	}
	return true
}

func (w *weighted) sums(c []byte) bool {
	at := w.spec.Check - 1
	if w.spec.Check < 0 {
		at = len(c) + w.spec.Check
	}
	sum := 0
	for i, x := range c {
		place := i
		if w.spec.FromRight {
			place = len(c) - 1 - i
		}
		weight := 0
		switch k := len(w.spec.Weights); {
		case place < k:
			weight = w.spec.Weights[place]
		case w.spec.Repeat:
			weight = w.spec.Weights[place%k]
		}
		v := int(w.values[x])
		if v < 0 && i == at {
			v = int(w.checks[x])
		}
		if v < 0 {
			return false
		}
		product := v * weight
		if w.spec.DigitSum {
			product = digitSum(product)
		}
		sum += product
	}
	m := w.spec.Modulus
	r := (sum%m + m) % m
	if w.spec.Complement {
		r = (m - r) % m
	}
	if w.spec.Check == 0 {
		return r == w.spec.Remainder
	}
	return int(w.checks[c[at]]) == r
}

// digitSum adds the decimal digits of n once; the sign stays.
func digitSum(n int) int {
	sum := 0
	for ; n != 0; n /= 10 {
		sum += n % 10
	}
	return sum
}
