package validate

// maxInput bounds the text of one number with its delimiters, in bytes. The
// longest fixed-length identifier (IBAN, 34) in groups of one is far below.
const maxInput = 96

// field is room for one identifier without its delimiters; it lives on the
// caller's stack.
type field [48]byte

// digits copies the decimal digits of s into buf as values 0 to 9, skipping
// the bytes in skip. It returns nil if anything else is there or there are
// fewer than lo or more than hi digits.
func digits(buf *field, s, skip string, lo, hi int) []byte {
	if len(s) < lo || len(s) > maxInput {
		return nil
	}
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case '0' <= c && c <= '9':
			if n == hi || n == len(buf) {
				return nil
			}
			buf[n] = c - '0'
			n++
		case !among(c, skip):
			return nil
		}
	}
	if n < lo {
		return nil
	}
	return buf[:n]
}

// among reports whether c is one of a few characters.
func among(c byte, few string) bool {
	for i := range len(few) {
		if few[i] == c {
			return true
		}
	}
	return false
}

// chars copies s into buf in upper case without the bytes in skip. Only ASCII
// letters and digits are allowed. It returns nil outside lo to hi characters.
func chars(buf *field, s, skip string, lo, hi int) []byte {
	if len(s) < lo || len(s) > maxInput {
		return nil
	}
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if ('0' <= c && c <= '9') || ('A' <= c && c <= 'Z') {
			if n == hi || n == len(buf) {
				return nil
			}
			buf[n] = c
			n++
		} else if !among(c, skip) {
			return nil
		}
	}
	if n < lo {
		return nil
	}
	return buf[:n]
}

// afterPrefix is chars without an optional country prefix such as "AT"; lo
// and hi count what follows it.
func afterPrefix(buf *field, s, skip, prefix string, lo, hi int) []byte {
	c := chars(buf, s, skip, lo, hi+len(prefix))
	if len(c) >= len(prefix) && string(c[:len(prefix)]) == prefix {
		c = c[len(prefix):]
	}
	if len(c) < lo || len(c) > hi {
		return nil
	}
	return c
}

// values turns ASCII digits into values 0 to 9 in place; false if a character
// is no digit.
func values(c []byte) bool {
	for _, b := range c {
		if !isDigit(b) {
			return false
		}
	}
	for i := range c {
		c[i] -= '0'
	}
	return true
}

// prefixedDigits is afterPrefix for numbers of digits only, as values.
func prefixedDigits(buf *field, s, skip, prefix string, lo, hi int) []byte {
	c := afterPrefix(buf, s, skip, prefix, lo, hi)
	if c == nil || !values(c) {
		return nil
	}
	return c
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

// allDigits and allUpper test a run of ASCII characters.
func allDigits(c []byte) bool {
	for _, b := range c {
		if !isDigit(b) {
			return false
		}
	}
	return true
}

func allUpper(c []byte) bool {
	for _, b := range c {
		if !isUpper(b) {
			return false
		}
	}
	return true
}

// value is 0 to 9 for digits, 10 to 35 for A to Z, -1 for anything else.
func value(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case isUpper(c):
		return int(c-'A') + 10
	}
	return -1
}

// number reads digit values as an integer; callers pass at most 18.
func number(d []byte) int {
	n := 0
	for _, v := range d {
		n = n*10 + int(v)
	}
	return n
}

// ascii reads up to 18 ASCII digits as an integer, -1 if one is no digit.
func ascii(c []byte) int {
	n := 0
	for _, b := range c {
		if !isDigit(b) {
			return -1
		}
		n = n*10 + int(b-'0')
	}
	return n
}

func allZero(d []byte) bool {
	for _, v := range d {
		if v != 0 {
			return false
		}
	}
	return true
}

// mod is the remainder of the digit values read as one long number.
func mod(d []byte, m int) int {
	r := 0
	for _, v := range d {
		r = (r*10 + int(v)) % m
	}
	return r
}

// weigh sums value times weight over the shorter of the two.
func weigh(d []byte, weights ...int) int {
	sum := 0
	for i := range min(len(d), len(weights)) {
		sum += int(d[i]) * weights[i]
	}
	return sum
}

// weighChars is weigh over ASCII letters and digits with A = 10 to Z = 35.
func weighChars(c []byte, weights ...int) int {
	sum := 0
	for i := range min(len(c), len(weights)) {
		sum += value(c[i]) * weights[i]
	}
	return sum
}

// descending sums value times weight with weights from, from-1, …
func descending(d []byte, from int) int {
	sum := 0
	for i, v := range d {
		sum += (from - i) * int(v)
	}
	return sum
}

// lastBirthYear is the last year a birth is taken to be in where the year of a
// number is ambiguous or the issuer's own check refuses births to come. It is
// the year of the release, a constant, as validators give the same answer for
// ever and a replay the same result. A release of next year raises it; until then
// numbers of that year's newborns are not found.
const lastBirthYear = 2026

// validDate reports whether the day exists in the Gregorian calendar.
func validDate(y, m, d int) bool {
	return y >= 1 && y <= 9999 && m >= 1 && m <= 12 && d >= 1 && d <= daysIn(y, m)
}

func daysIn(y, m int) int {
	switch m {
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// pair reads two digit values.
func pair(d []byte) int { return int(d[0])*10 + int(d[1]) }
