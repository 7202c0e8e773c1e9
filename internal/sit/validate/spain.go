package validate

var spainTable = []entry{
	{"es-dni", "Spanish DNI: 8 digits and the letter mod 23 (Ministerio del Interior)", isDNI},
	{"es-nie", "Spanish NIE: X, Y or Z, 7 digits and the letter mod 23 (Ministerio del Interior)", isNIE},
	{"es-dni-nie", "Spanish DNI or NIE", Any(isDNI, isNIE)},
	{"es-cif", "Spanish CIF of entities: Luhn digit or its letter (AEAT)", isCIF},
	{"es-nif", "Spanish NIF: DNI, NIE, K, L, M or CIF (AEAT)", isSpanishNIF},
	{"es-ssn", "Spanish social security number: province and number mod 97 (TGSS)", isSpanishSSN},
}

// dniLetter is the control letter of a number.
func dniLetter(n int) byte { return "TRWAGMYFPDXBNJZSQVHLCKE"[n%23] }

func isDNI(s string) bool {
	var b field
	c := chars(&b, s, " -", 9, 9)
	return c != nil && validDNI(c)
}

func validDNI(c []byte) bool {
	return allDigits(c[:8]) && dniLetter(ascii(c[:8])) == c[8]
}

func isNIE(s string) bool {
	var b field
	c := chars(&b, s, " -", 9, 9)
	return c != nil && validNIE(c)
}

func validNIE(c []byte) bool {
	at := index("XYZ", c[0])
	return at >= 0 && allDigits(c[1:8]) && dniLetter(at*10_000_000+ascii(c[1:8])) == c[8]
}

func isCIF(s string) bool {
	var b field
	c := chars(&b, s, " -", 9, 9)
	return c != nil && validCIF(c)
}

func validCIF(c []byte) bool {
	if index("ABCDEFGHJNPQRSUVW", c[0]) < 0 || !allDigits(c[1:8]) {
		return false
	}
	var v field
	d := v[:copy(v[:], c[1:8])+1]
	values(d[:7])
	check := (10 - luhnSum(d, 10)) % 10
	return c[8] == byte('0'+check) || c[8] == "JABCDEFGHI"[check]
}

func isSpanishNIF(s string) bool {
	var b field
	c := afterPrefix(&b, s, " -", "ES", 9, 9)
	if c == nil {
		return false
	}
	switch {
	case index("KLM", c[0]) >= 0:
		return allDigits(c[1:8]) && dniLetter(ascii(c[1:8])) == c[8]
	case isDigit(c[0]):
		return validDNI(c)
	case index("XYZ", c[0]) >= 0:
		return validNIE(c)
	}
	return validCIF(c)
}

// isSpanishSSN: numbers below ten million are added to the province times ten
// million, larger ones appended to it.
func isSpanishSSN(s string) bool {
	var b field
	d := digits(&b, s, " -/", 11, 12)
	if d == nil {
		return false
	}
	last := len(d) - 2
	province, n := pair(d), number(d[2:last])
	if province == 0 || n == 0 {
		return false
	}
	operand := province*100_000_000 + n
	if n < 10_000_000 {
		operand = province*10_000_000 + n
	}
	return operand%97 == pair(d[last:])
}
