package validate

var westEuropeTable = []entry{
	{"be-nn", "Belgian national or BIS number: birth month by kind, mod 97 for births before and since 2000", isBelgianNumber},
	{"be-vat", "Belgian enterprise number: mod 97, 10 digits (KBO)", isBelgianVAT},
	{"nl-bsn", "Dutch BSN: eleven test (Besluit BSN)", isBSN},
	{"nl-vat", "Dutch VAT number: BSN eleven test or MOD 97-10 over NL (Belastingdienst)", isDutchVAT},
	{"lu-matricule", "Luxembourg national identification number: birth date, Luhn and Verhoeff digits (law of 19 June 2013)", isMatricule},
	{"lu-company", "Luxembourg number of legal persons: year and weighted mod 11", isLuxCompany},
	{"pt-nif", "Portuguese NIF: weights 9-2 mod 11", isPortugueseNIF},
	{"pt-cc", "Portuguese citizen card number: Luhn over 12 letters and digits", isCitizenCard},
}

// isBelgianNumber: BIS numbers add 20 or 40 to the month, and a month of 0
// stands for an unknown date.
func isBelgianNumber(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 11, 11)
	if d == nil || allZero(d) {
		return false
	}
	if m := pair(d[2:]); m > 52 || m%20 > 12 {
		return false
	}
	n, check := number(d[:9]), pair(d[9:])
	return 97-n%97 == check || 2000+pair(d) <= lastBirthYear && 97-(2_000_000_000+n)%97 == check
}

func isBelgianVAT(s string) bool {
	if len(s) > maxInput {
		return false
	}
	var b field
	c := afterPrefix(&b, s, groupMarks+"/()", "BE", 9, 10)
	if c == nil || !values(c) || allZero(c) {
		return false
	}
	last := len(c) - 2
	return (number(c[:last])+pair(c[last:]))%97 == 0
}

func isBSN(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 8, 9)
	return d != nil && !allZero(d) && elevenTest(d)
}

// elevenTest weighs 2, 3, … from the right and takes the last digit off.
func elevenTest(d []byte) bool {
	last := len(d) - 1
	return (descending(d[:last], len(d))-int(d[last]))%11 == 0
}

func isDutchVAT(s string) bool {
	var b field
	c := afterPrefix(&b, s, groupMarks, "NL", 12, 12)
	if c == nil || !allDigits(c[:9]) || c[9] != 'B' || !allDigits(c[10:]) {
		return false
	}
	if ascii(c[:9]) == 0 || ascii(c[10:]) == 0 {
		return false
	}
	var v field
	n := copy(v[:], "NL")
	n += copy(v[n:], c)
	if mod97(v[:n]) == 1 {
		return true
	}
	d := v[:copy(v[:], c[:9])]
	return values(d) && elevenTest(d)
}

func isMatricule(s string) bool {
	var b, v field
	d := digits(&b, s, " ", 13, 13)
	if d == nil || !validDate(number(d[:4]), pair(d[4:]), pair(d[6:])) {
		return false
	}
	if luhnSum(d[:12], 10) != 0 {
		return false
	}
	n := copy(v[:], d[:11])
	v[n] = d[12]
	return verhoeff(v[:n+1]) == 0
}

func isLuxCompany(s string) bool {
	var b field
	d := digits(&b, s, " ", 11, 11)
	if d == nil {
		return false
	}
	if y := number(d[:4]); y < 1800 || y > 2199 {
		return false
	}
	return weigh(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

func isPortugueseNIF(s string) bool {
	var b field
	d := prefixedDigits(&b, s, groupMarks, "PT", 9, 9)
	return d != nil && d[0] != 0 && complement11(descending(d[:8], 9)) == int(d[8])
}

// isCitizenCard: eight digits, a check digit, two version characters and a
// check digit over all. The doubled values lose nine, not a digit sum.
func isCitizenCard(s string) bool {
	var b field
	c := chars(&b, s, " ", 12, 12)
	if c == nil || !allDigits(c[:9]) || !isDigit(c[11]) {
		return false
	}
	sum := 0
	for i, x := range c {
		v := value(x)
		if i%2 == 0 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}
