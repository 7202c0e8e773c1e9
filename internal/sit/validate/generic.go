package validate

var genericTable = []entry{
	{"luhn", "Luhn mod 10 over 2 or more digits (ISO/IEC 7812-1 annex B)", isLuhn},
	{"luhn-alnum", "Luhn mod 36 over letters and digits 0-9A-Z", isLuhn36},
	{"verhoeff", "Verhoeff check digit over 2 or more digits (J. Verhoeff, 1969)", isVerhoeff},
	{"damm", "Damm check digit over 2 or more digits (H. M. Damm, 2004)", isDamm},
	{"iso7064-mod-11-2", "ISO/IEC 7064 MOD 11-2, check character 0-9 or X", isMod11_2},
	{"iso7064-mod-11-10", "ISO/IEC 7064 MOD 11,10 over digits", isMod11_10},
	{"iso7064-mod-37-2", "ISO/IEC 7064 MOD 37-2, check character 0-9, A-Z or *", isMod37_2},
	{"iso7064-mod-37-36", "ISO/IEC 7064 MOD 37,36 over letters and digits", isMod37_36},
	{"iso7064-mod-97-10", "ISO/IEC 7064 MOD 97-10 over letters and digits", isMod97_10},
	{"ean", "EAN-8, UPC-A, EAN-13 or GTIN-14 check digit (GS1 General Specifications 7.9)", isEAN},
	{"not-repeated", "the letters and digits are not all the same character", notRepeated},
	{"not-sequential", "the digits do not run up or down by one throughout", notSequential},
}

// common delimiters of numbers written in groups.
const groupMarks = " -."

func isLuhn(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 2, len(b))
	return d != nil && luhnSum(d, 10) == 0
}

func isLuhn36(s string) bool {
	var b field
	c := chars(&b, s, " -", 2, len(b))
	return c != nil && luhn36(c)
}

func luhn36(c []byte) bool {
	var v field
	for i, x := range c {
		v[i] = byte(value(x))
	}
	return luhnSum(v[:len(c)], 36) == 0
}

// luhnSum is the Luhn sum modulo base, 0 for a valid number: from the right,
// each second value is doubled and its two places in the base are added.
func luhnSum(d []byte, base int) int {
	sum := 0
	double := false
	for i := len(d) - 1; i >= 0; i-- {
		v := int(d[i])
		if double {
			v *= 2
			if v >= base {
				v -= base - 1
			}
		}
		sum += v
		double = !double
	}
	return sum % base
}

func isVerhoeff(s string) bool {
	var b field
	d := digits(&b, s, " -", 2, len(b))
	return d != nil && verhoeff(d) == 0
}

// verhoeff is the check value of the digits, 0 for a valid number. The group
// operation is that of the dihedral group of order ten: 0-4 are rotations, 5-9
// reflections.
func verhoeff(d []byte) int {
	const perm = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09" +
		"\x01\x05\x07\x06\x02\x08\x03\x00\x09\x04" +
		"\x05\x08\x00\x03\x07\x09\x06\x01\x04\x02" +
		"\x08\x09\x01\x06\x00\x04\x03\x05\x02\x07" +
		"\x09\x04\x05\x03\x01\x02\x06\x08\x07\x00" +
		"\x04\x02\x08\x06\x05\x07\x03\x09\x00\x01" +
		"\x02\x07\x09\x03\x08\x00\x06\x04\x01\x05" +
		"\x07\x00\x04\x06\x09\x01\x03\x02\x05\x08"
	c := uint8(0)
	for i := range d {
		c = products[c&15][perm[(i%8)*10+int(d[len(d)-1-i])]&15]
	}
	return int(c)
}

// products is dihedral for all pairs, in rows of a power of two.
var products = func() (out [16][16]uint8) {
	for a := range 10 {
		for b := range 10 {
			out[a][b] = uint8(dihedral(a, b))
		}
	}
	return out
}()

func dihedral(a, b int) int {
	switch {
	case a < 5 && b < 5:
		return (a + b) % 5
	case a < 5:
		return 5 + (a+b-5)%5
	case b < 5:
		return 5 + (a-5-b+5)%5
	}
	return (a - b + 5) % 5
}

func isDamm(s string) bool {
	const table = "0317598642" + "7092154863" + "4206871359" + "1750983426" + "6123045978" +
		"3674209581" + "5869720134" + "8945362017" + "9438617205" + "2581436790"
	var b field
	d := digits(&b, s, " -", 2, len(b))
	if d == nil {
		return false
	}
	c := 0
	for _, v := range d {
		c = int(table[c*10+int(v)] - '0')
	}
	return c == 0
}

func isMod11_2(s string) bool {
	var b field
	c := chars(&b, s, " -", 2, len(b))
	return c != nil && mod11_2(c)
}

// mod11_2 checks ISO/IEC 7064 MOD 11-2 over ASCII digits with a last
// character 0-9 or X.
func mod11_2(c []byte) bool {
	r := 0
	for i, x := range c {
		v := value(x)
		if x == 'X' && i == len(c)-1 {
			v = 10
		}
		if v > 10 || v == 10 && x != 'X' {
			return false
		}
		r = (2*r + v) % 11
	}
	return r == 1
}

func isMod11_10(s string) bool {
	var b field
	d := digits(&b, s, " -", 2, len(b))
	return d != nil && mod11_10(d)
}

// mod11_10 checks ISO/IEC 7064 MOD 11,10 over digit values.
func mod11_10(d []byte) bool { return hybrid(d, 10) }

// hybrid is the hybrid system MOD m+1,m of ISO/IEC 7064 clause 9.
func hybrid(d []byte, m int) bool {
	p := m
	for i, v := range d {
		sum := (p + int(v)) % m
		if i == len(d)-1 {
			return sum == 1
		}
		if sum == 0 {
			sum = m
		}
		p = sum * 2 % (m + 1)
	}
	return false
}

func isMod37_36(s string) bool {
	var b, v field
	c := chars(&b, s, " -", 2, len(b))
	if c == nil {
		return false
	}
	for i, x := range c {
		v[i] = byte(value(x))
	}
	return hybrid(v[:len(c)], 36)
}

func isMod37_2(s string) bool {
	star := len(s) > 0 && s[len(s)-1] == '*'
	if star {
		s = s[:len(s)-1]
	}
	var b field
	c := chars(&b, s, " -", 1, len(b)-1)
	if c == nil || len(c) < 2 && !star {
		return false
	}
	r := 0
	for _, x := range c {
		r = (2*r + value(x)) % 37
	}
	if star {
		r = (2*r + 36) % 37
	}
	return r == 1
}

func isMod97_10(s string) bool {
	var b field
	c := chars(&b, s, " -", 3, len(b))
	return c != nil && mod97(c) == 1
}

// mod97 is the remainder modulo 97 of the characters read as one number, a
// letter standing for two digits, A = 10 to Z = 35 (ISO/IEC 7064, ISO 13616-1).
func mod97(c []byte) int {
	r := 0
	for _, x := range c {
		v := value(x)
		if v >= 10 {
			r = (r*100 + v) % 97
		} else {
			r = (r*10 + v) % 97
		}
	}
	return r
}

func isEAN(s string) bool {
	var b field
	d := digits(&b, s, " -", 8, 14)
	switch len(d) {
	case 8, 12, 13, 14:
		return eanSum(d) == 0
	}
	return false
}

// eanSum weighs 1 and 3 alternating from the right, modulo 10.
func eanSum(d []byte) int {
	sum := 0
	for i := range d {
		v := int(d[len(d)-1-i])
		if i%2 == 1 {
			v *= 3
		}
		sum += v
	}
	return sum % 10
}

func notRepeated(s string) bool {
	var b field
	c := chars(&b, s, groupMarks+"/", 1, len(b))
	for i := range c {
		if c[i] != c[0] {
			return true
		}
	}
	return false
}

func notSequential(s string) bool {
	var b field
	d := digits(&b, s, groupMarks+"/", 2, len(b))
	if d == nil {
		return false
	}
	up, down := true, true
	for i := 1; i < len(d); i++ {
		up = up && (d[i-1]+1)%10 == d[i]
		down = down && (d[i]+1)%10 == d[i-1]
	}
	return !up && !down
}
