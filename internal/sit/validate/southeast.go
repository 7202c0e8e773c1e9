package validate

var southEastTable = []entry{
	{"bg-egn", "Bulgarian EGN: birth date with century in the month, weighted mod 11", isEGN},
	{"cy-tin", "Cypriot tax number: 8 digits and a check letter mod 26", isCypriotTIN},
	{"gr-amka", "Greek AMKA: birth date DDMMYY and Luhn", isAMKA},
	{"gr-afm", "Greek AFM: powers of two mod 11 (AADE)", isAFM},
	{"hr-oib", "Croatian OIB: MOD 11,10 (OIB Act)", isOIB},
	{"ro-cnp", "Romanian CNP: sex and century digit, birth date, county, weighted mod 11", isCNP},
	{"si-tin", "Slovenian tax number: weights 8-2 mod 11 (FURS)", isDavcna},
	{"si-emso", "Slovenian EMŠO and other JMBG: birth date, weighted mod 11", isEMSO},
	{"tr-tckn", "Turkish T.C. Kimlik number: two check digits mod 10", isTCKN},
	{"ru-inn", "Russian INN of 10 or 12 digits: weighted mod 11 (FNS)", isINN},
	{"ru-snils", "Russian SNILS: descending weights mod 101", isSNILS},
}

func isEGN(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 10, 10)
	if d == nil || weigh(d, 2, 4, 8, 5, 10, 9, 7, 3, 6)%11%10 != int(d[9]) {
		return false
	}
	year, month := 1900+pair(d), pair(d[2:])
	switch {
	case month > 40:
		year, month = year+100, month-40
	case month > 20:
		year, month = year-100, month-20
	}
	return validDate(year, month, pair(d[4:]))
}

func isCypriotTIN(s string) bool {
	const odd = "\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15"
	var b field
	c := afterPrefix(&b, s, " -", "CY", 9, 9)
	if c == nil || !allDigits(c[:8]) || c[0] == '1' && c[1] == '2' {
		return false
	}
	sum := 0
	for i, x := range c[:8] {
		if i%2 == 0 {
			sum += int(odd[x-'0'])
		} else {
			sum += int(x - '0')
		}
	}
	return byte('A'+sum%26) == c[8]
}

func isAMKA(s string) bool {
	var b field
	d := digits(&b, s, " -", 11, 11)
	// The century is not written; 2000 was a leap year, 1900 was not.
	return d != nil && luhnSum(d, 10) == 0 && validDate(2000+pair(d[4:]), pair(d[2:]), pair(d))
}

func isAFM(s string) bool {
	var b, v field
	c := chars(&b, s, " -./:", 8, 11)
	if len(c) > 2 && (string(c[:2]) == "EL" || string(c[:2]) == "GR") {
		c = c[2:]
	}
	if len(c) != 8 && len(c) != 9 || !values(c) {
		return false
	}
	d := v[:9]
	copy(d[9-len(c):], c)
	return weigh(d, 256, 128, 64, 32, 16, 8, 4, 2)%11%10 == int(d[8])
}

func isOIB(s string) bool {
	var b field
	d := prefixedDigits(&b, s, " -", "HR", 11, 11)
	return d != nil && mod11_10(d)
}

func isCNP(s string) bool {
	var b field
	d := digits(&b, s, " -", 13, 13)
	if d == nil || d[0] == 0 {
		return false
	}
	r := weigh(d, 2, 7, 9, 1, 4, 6, 3, 5, 8, 2, 7, 9) % 11
	if r == 10 {
		r = 1
	}
	switch county := pair(d[7:]); {
	case county >= 1 && county <= 48, county == 51, county == 52:
	case county == 70, county >= 80 && county <= 83, county == 99: // not by place
	default:
		return false
	}
	// 1-6 give the century; residents (7, 8) and foreigners (9) do not.
	century := [10]int{0, 1900, 1900, 1800, 1800, 2000, 2000, 1900, 1900, 1900}[d[0]]
	return r == int(d[12]) && validDate(century+pair(d[1:]), pair(d[3:]), pair(d[5:]))
}

func isDavcna(s string) bool {
	var b field
	d := prefixedDigits(&b, s, " -", "SI", 8, 8)
	if d == nil || d[0] == 0 {
		return false
	}
	check := 11 - descending(d[:7], 8)%11
	if check == 10 {
		check = 0
	}
	return check == int(d[7])
}

func isEMSO(s string) bool {
	var b field
	d := digits(&b, s, " ", 13, 13)
	if d == nil || complement11(weigh(d[:12], 7, 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) != int(d[12]) {
		return false
	}
	year := 1000 + number(d[4:7])
	if year < 1800 {
		year += 1000
	}
	return validDate(year, pair(d[2:]), pair(d))
}

func isTCKN(s string) bool {
	var b field
	d := digits(&b, s, " ", 11, 11)
	if d == nil || d[0] == 0 {
		return false
	}
	if weigh(d[:10], 3, 1, 3, 1, 3, 1, 3, 1, 3, 1)%10 != 0 {
		return false
	}
	return weigh(d[:10], 1, 1, 1, 1, 1, 1, 1, 1, 1, 1)%10 == int(d[10])
}

func isINN(s string) bool {
	var b field
	d := digits(&b, s, " ", 10, 12)
	switch len(d) {
	case 10:
		return weigh(d, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(d[9])
	case 12:
		return weigh(d, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(d[10]) &&
			weigh(d, 3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)%11%10 == int(d[11])
	}
	return false
}

func isSNILS(s string) bool {
	var b field
	d := digits(&b, s, " -", 11, 11)
	// Numbers up to 001-001-998 have no check digits.
	return d != nil && number(d[:9]) > 1001998 && descending(d[:9], 9)%101%100 == pair(d[9:])
}
