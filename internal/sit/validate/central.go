package validate

var centralTable = []entry{
	{"cz-rc", "Czech birth number: date with month offsets; 10 digits divisible by 11, exceptions until 1985 (Act 133/2000)", isRodneCislo},
	{"sk-rc", "Slovak birth number, as the Czech one (Act 301/1995)", isRodneCislo},
	{"hu-id", "Hungarian personal number: sex and century digit, birth date, mod 11 (Act XX of 1996)", isHungarianID},
	{"hu-taj", "Hungarian social security number TAJ: weights 3,7 mod 10", isTAJ},
	{"hu-tin", "Hungarian tax number of natural persons: 8 and weights 1-9 mod 11", isHungarianTIN},
	{"hu-vat", "Hungarian VAT number: weights 9,7,3,1 mod 10 (NAV)", isHungarianVAT},
}

func isRodneCislo(s string) bool {
	var b field
	d := digits(&b, s, " /\\", 9, 10)
	if d == nil {
		return false
	}
	// Women add 50 to the month; 20 more when a day's numbers ran out.
	year, month, day := 1900+pair(d), pair(d[2:])%50%20, pair(d[4:])
	if len(d) == 9 { // until 1953, without check digit
		if year >= 1980 {
			year -= 100
		}
		return year <= 1953 && validDate(year, month, day)
	}
	if year < 1954 {
		year += 100
	}
	return validDate(year, month, day) && number(d[:9])%11%10 == int(d[9])
}

// isHungarianID: the check digit weighs 1 to 10 for births before 1997 and 10
// to 1 since. 3 and 4 stand for births since 2000, and of old registers before
// 1900; the year tells which.
func isHungarianID(s string) bool {
	var b field
	d := digits(&b, s, " -", 11, 11)
	if d == nil || d[0] == 0 || d[0] > 8 {
		return false
	}
	year := pair(d[1:])
	switch d[0] {
	case 3, 4:
		year += 2000
		if year > lastBirthYear {
			year -= 200
		}
	case 7, 8: // foreign citizens born before 1900
		year += 1800
	default:
		year += 1900
	}
	sum := weigh(d[:10], 1, 2, 3, 4, 5, 6, 7, 8, 9, 10)
	if year >= 1997 {
		sum = descending(d[:10], 10)
	}
	return validDate(year, pair(d[3:]), pair(d[5:])) && sum%11 == int(d[10])
}

func isTAJ(s string) bool {
	var b field
	d := digits(&b, s, " -", 9, 9)
	return d != nil && !allZero(d) && weigh(d, 3, 7, 3, 7, 3, 7, 3, 7)%10 == int(d[8])
}

func isHungarianTIN(s string) bool {
	var b field
	d := digits(&b, s, " -", 10, 10)
	return d != nil && d[0] == 8 && weigh(d, 1, 2, 3, 4, 5, 6, 7, 8, 9)%11 == int(d[9])
}

func isHungarianVAT(s string) bool {
	var b field
	d := prefixedDigits(&b, s, " -", "HU", 8, 8)
	return d != nil && weigh(d, 9, 7, 3, 1, 9, 7, 3, 1)%10 == 0
}
