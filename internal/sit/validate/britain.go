package validate

var britainTable = []entry{
	{"nhs", "NHS number of England, Wales and the Isle of Man: weighted mod 11 (NHS Data Dictionary)", isNHS},
	{"gb-chi", "Scottish CHI number: birth date DDMMYY and the NHS check digit", isCHI},
	{"gb-utr", "UK unique taxpayer reference: check digit first, weighted mod 11 (HMRC)", isUTR},
	{"gb-nino", "UK national insurance number: allocated prefix letters, suffix A-D (HMRC NIM39110)", isNINO},
	{"gb-vat", "UK VAT number: mod 97, or government and health authority form (HMRC)", isBritishVAT},
	{"gb-driving-licence", "UK driver number: surname, birth date and initials by position (DVLA)", isDriverNumber},
	{"ie-pps", "Irish PPS number: weighted mod 23 check letter (Revenue)", isPPS},
}

func isNHS(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 10, 10)
	return d != nil && descending(d, 10)%11 == 0
}

func isCHI(s string) bool {
	var b field
	d := digits(&b, s, " -", 10, 10)
	return d != nil && descending(d, 10)%11 == 0 && validDate(2000+pair(d[4:]), pair(d[2:]), pair(d))
}

func isUTR(s string) bool {
	for len(s) > 0 && (s[0] == 'k' || s[0] == 'K' || s[0] == ' ') {
		s = s[1:]
	}
	if len(s) > 0 && (s[len(s)-1] == 'k' || s[len(s)-1] == 'K') {
		s = s[:len(s)-1]
	}
	var b field
	d := digits(&b, s, " ", 10, 10)
	return d != nil && "21987654321"[weigh(d[1:], 6, 7, 8, 9, 10, 5, 4, 3, 2)%11]-'0' == d[0]
}

func isNINO(s string) bool {
	const never = "BGGBNKKNNTTNZZ"
	var b field
	c := chars(&b, s, groupMarks, 8, 9)
	if c == nil || !allUpper(c[:2]) || !allDigits(c[2:8]) {
		return false
	}
	if index("DFIQUV", c[0]) >= 0 || index("DFIOQUV", c[1]) >= 0 || hasPair(c[:2], never) {
		return false
	}
	return len(c) == 8 || c[8] >= 'A' && c[8] <= 'D'
}

func isBritishVAT(s string) bool {
	var b field
	c := chars(&b, s, groupMarks, 5, 14)
	if len(c) > 2 && (string(c[:2]) == "GB" || string(c[:2]) == "XI") {
		c = c[2:]
	}
	switch len(c) {
	case 5:
		return authority(c[:2], ascii(c[2:]))
	case 11:
		n := ascii(c[6:9])
		return (string(c[:6]) == "GD8888" || string(c[:6]) == "HA8888") && authority(c[:2], n) && n%97 == ascii(c[9:])
	case 9, 12:
		if !values(c) {
			return false
		}
		r := weigh(c, 8, 7, 6, 5, 4, 3, 2, 10, 1) % 97
		// Numbers from 100 up may also use the 55 scheme of 2009.
		return r == 0 || number(c[:3]) >= 100 && (r == 42 || r == 55)
	}
	return false
}

// authority: government departments are below 500, health authorities above.
func authority(kind []byte, n int) bool {
	return string(kind) == "GD" && n >= 0 && n < 500 || string(kind) == "HA" && n >= 500
}

// isDriverNumber: five characters of the surname filled with 9, decade,
// month (plus 50 for women), day, year, initials, two more and the issue
// number in the 18-character form. The check characters are not published.
func isDriverNumber(s string) bool {
	var b field
	c := chars(&b, s, " ", 16, 18)
	if c == nil || len(c) == 17 || !isUpper(c[0]) || !allDigits(c[5:11]) {
		return false
	}
	filled := false
	for _, x := range c[:5] {
		filled = filled || x == '9'
		if x != '9' && !isUpper(x) || filled && x != '9' {
			return false
		}
	}
	month, day := ascii(c[6:8]), ascii(c[8:10])
	if month > 50 {
		month -= 50
	}
	// The century is not written: any year with these two digits will do.
	year := int(c[5]-'0')*10 + int(c[10]-'0')
	if !validDate(1900+year, month, day) && !validDate(2000+year, month, day) {
		return false
	}
	if !isUpper(c[11]) && c[11] != '9' || !isUpper(c[12]) && c[12] != '9' || c[11] == '9' && c[12] != '9' {
		return false
	}
	return isDigit(c[13]) || isUpper(c[13])
}

func isPPS(s string) bool {
	var b field
	c := chars(&b, s, " -", 8, 9)
	if c == nil || !allDigits(c[:7]) {
		return false
	}
	sum := weighChars(c[:7], 8, 7, 6, 5, 4, 3, 2)
	if len(c) == 9 {
		switch c[8] {
		case 'A', 'B', 'H': // numbers since 2013 count the second letter
			sum += 9 * (value(c[8]) - 9)
		case 'W', 'T', 'X':
		default:
			return false
		}
	}
	return "WABCDEFGHIJKLMNOPQRSTUV"[sum%23] == c[7]
}
