package validate

var americasTable = []entry{
	{"us-ssn", "US social security number: area, group and serial that can be issued since 2011 (SSA)", isSSN},
	{"us-ssn-pre2011", "US social security number with an area assigned before randomisation of June 2011 (SSA)", isOldSSN},
	{"us-itin", "US individual taxpayer identification number: 9, then group 50-65, 70-88, 90-92 or 94-99 (IRS Pub. 1915)", isITIN},
	{"us-ein", "US employer identification number with an assigned campus prefix (IRS)", isEIN},
	{"us-dea", "DEA registration number: registrant code and check digit (21 CFR 1301)", isDEA},
	{"npi", "US national provider identifier: Luhn with prefix 80840 (45 CFR 162.406)", isNPI},
	{"us-mbi", "Medicare beneficiary identifier: 11 characters by position (CMS)", isMBI},
	{"ca-sin", "Canadian social insurance number: 9 digits, Luhn (ESDC)", isSIN},
	{"ca-bc-phn", "British Columbia personal health number: 9 and weighted mod 11", isBCPHN},
}

func isSSN(s string) bool {
	var b field
	d := grouped(&b, s, 3, 5)
	return d != nil && validSSN(d)
}

// grouped reads nine digits with at most one delimiter after the first of the
// places and after the second.
func grouped(buf *field, s string, first, second int) []byte {
	d := digits(buf, s, " -", 9, 9)
	n := 0
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			n++
		} else if n != first && n != second || !isDigit(s[i-1]) {
			return nil
		}
	}
	return d
}

func validSSN(d []byte) bool {
	area := number(d[:3])
	if area == 0 || area == 666 || area >= 900 || pair(d[3:]) == 0 || number(d[5:]) == 0 {
		return false
	}
	switch number(d) { // numbers shown in advertisements, void
	case 78051120, 457555462, 219099999:
		return false
	}
	return true
}

func isOldSSN(s string) bool {
	var b field
	d := grouped(&b, s, 3, 5)
	if d == nil || !validSSN(d) {
		return false
	}
	area := number(d[:3])
	return area <= 772 && (area < 734 || area > 749)
}

func isITIN(s string) bool {
	var b field
	d := grouped(&b, s, 3, 5)
	if d == nil || d[0] != 9 {
		return false
	}
	g := pair(d[3:])
	return g >= 50 && g <= 65 || g >= 70 && g <= 99 && g != 89 && g != 93
}

func isEIN(s string) bool {
	// Prefixes no campus or the internet was given.
	const unassigned = "00" + "07" + "08" + "09" + "17" + "18" + "19" + "28" + "29" + "49" + "69" + "70" + "78" + "79" + "89" + "96" + "97"
	var b field
	d := grouped(&b, s, 2, 2)
	return d != nil && !hasPair([]byte{d[0] + '0', d[1] + '0'}, unassigned)
}

func isDEA(s string) bool {
	var b field
	c := chars(&b, s, " -", 9, 9)
	// Registrant types in use; the second character is a letter or 9.
	if c == nil || index("ABCDEFGHJKLMPRSTUX", c[0]) < 0 || !isUpper(c[1]) && c[1] != '9' || !values(c[2:]) {
		return false
	}
	d := c[2:]
	return weigh(d, 1, 2, 1, 2, 1, 2)%10 == int(d[6])
}

func isNPI(s string) bool {
	var b field
	d := digits(&b, s, " -", 10, 10)
	if d == nil || d[0] != 1 && d[0] != 2 {
		return false
	}
	// The Luhn sum of 80840 before ten digits is 24.
	return (luhnSum(d, 10)+24)%10 == 0
}

// isMBI: position types of the CMS format; N digit, C 1-9, A letter, X either.
// S, L, O, I, B and Z are not used.
func isMBI(s string) bool {
	const shape = "CAXNAXNAANN"
	var b field
	c := chars(&b, s, " -", len(shape), len(shape))
	for i, x := range c {
		letter := isUpper(x) && index("SLOIBZ", x) < 0
		ok := false
		switch shape[i] {
		case 'C':
			ok = x >= '1' && x <= '9'
		case 'A':
			ok = letter
		case 'N':
			ok = isDigit(x)
		case 'X':
			ok = letter || isDigit(x)
		}
		if !ok {
			return false
		}
	}
	return c != nil
}

func isSIN(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 9, 9)
	// 0 starts the CRA's individual tax numbers, 8 only business numbers.
	return d != nil && d[0] != 8 && luhnSum(d, 10) == 0
}

func isBCPHN(s string) bool {
	var b field
	d := digits(&b, s, " -", 10, 10)
	return d != nil && d[0] == 9 && weigh(d[1:], 2, 4, 8, 5, 10, 9, 7, 3, 1)%11 == 0
}
