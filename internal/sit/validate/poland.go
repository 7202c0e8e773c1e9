package validate

var polandTable = []entry{
	{"pl-pesel", "Polish PESEL: birth date with century in the month, weights 1,3,7,9 mod 10 (Act on population register Art. 15)", isPESEL},
	{"pl-nip", "Polish NIP: weights 6,5,7,2,3,4,5,6,7 mod 11", isNIP},
	{"pl-tin", "Polish tax number: PESEL or NIP", Any(isPESEL, isNIP)},
	{"pl-regon", "Polish REGON of 9 or 14 digits: weighted mod 11 (GUS)", isREGON},
	{"pl-id-card", "Polish identity card: 3 letters and 6 digits, weights 7,3,1 mod 10", isPolishCard},
	{"pl-passport", "Polish passport: 2 letters and 7 digits, weights 7,3,1 mod 10", isPolishPassport},
}

func isPESEL(s string) bool {
	var b field
	d := digits(&b, s, " -", 11, 11)
	if d == nil || weigh(d, 1, 3, 7, 9, 1, 3, 7, 9, 1, 3, 1)%10 != 0 {
		return false
	}
	century := [5]int{1900, 2000, 2100, 2200, 1800}[pair(d[2:])/20]
	return validDate(century+pair(d), pair(d[2:])%20, pair(d[4:]))
}

func isNIP(s string) bool {
	var b field
	d := prefixedDigits(&b, s, " -", "PL", 10, 10)
	return d != nil && weigh(d, 6, 5, 7, 2, 3, 4, 5, 6, 7)%11 == int(d[9])
}

func isREGON(s string) bool {
	var b field
	d := digits(&b, s, " -", 9, 14)
	if len(d) != 9 && len(d) != 14 || weigh(d, 8, 9, 2, 3, 4, 5, 6, 7)%11%10 != int(d[8]) {
		return false
	}
	return len(d) == 9 || weigh(d, 2, 4, 8, 5, 0, 9, 7, 3, 6, 1, 2, 4, 8)%11%10 == int(d[13])
}

func isPolishCard(s string) bool {
	var b field
	c := chars(&b, s, " -", 9, 9)
	return c != nil && allUpper(c[:3]) && allDigits(c[3:]) &&
		weighChars(c, 7, 3, 1, 9, 7, 3, 1, 7, 3)%10 == 0
}

func isPolishPassport(s string) bool {
	var b field
	c := chars(&b, s, " -", 9, 9)
	return c != nil && allUpper(c[:2]) && allDigits(c[2:]) &&
		weighChars(c, 7, 3, 9, 1, 7, 3, 1, 7, 3)%10 == 0
}
