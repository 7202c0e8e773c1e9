package validate

var asiaTable = []entry{
	{"ae-id", "Emirates ID: 784, year and Luhn over 15 digits (ICP)", isEmiratesID},
	{"hk-id", "Hong Kong identity card: weighted mod 11 with letters (Immigration Department)", isHKID},
	{"id-nik", "Indonesian NIK, which has no check digit: region code and birth date, day plus 40 for women", isNIK},
	{"il-id", "Israeli identity number: Luhn over 9 digits", isIsraeliID},
	{"jp-my-number", "Japanese individual number: weighted mod 11 (MIC Ordinance 85/2014 Art. 5)", isMyNumber},
	{"jp-corporate", "Japanese corporate number: first digit, weights 1,2 mod 9 (MoF Ordinance 70/2014 Art. 2)", isCorporateNumber},
	{"kr-rrn", "South Korean resident registration number: birth date, place, weighted mod 11", isRRN},
	{"kr-rrn-date", "South Korean resident registration number by birth date only: numbers since October 2020 have no check digit", isRRNDate},
	{"my-nric", "Malaysian MyKad number: birth date and place of birth (JPN)", isMyKad},
	{"sg-nric", "Singapore NRIC and FIN: weighted mod 11 check letter (ICA)", isNRIC},
	{"th-pin", "Thai identification number: weights 13-2 mod 11 (DOPA)", isThaiPIN},
	{"tw-id", "Taiwan identity card number: letter and digits, weighted mod 10", isTaiwanID("12")},
	{"tw-arc", "Taiwan resident certificate number since 2021: second digit 8 or 9, weighted mod 10", isTaiwanID("89")},
}

func isEmiratesID(s string) bool {
	var b field
	d := digits(&b, s, " -", 15, 15)
	return d != nil && number(d[:3]) == 784 && luhnSum(d, 10) == 0
}

func isHKID(s string) bool {
	var b field
	c := chars(&b, s, " ()", 8, 9)
	if c == nil {
		return false
	}
	n := len(c)
	letters := n - 7
	if !allUpper(c[:letters]) || !allDigits(c[letters:n-1]) {
		return false
	}
	sum := weighChars(c[letters:n-1], 7, 6, 5, 4, 3, 2)
	if letters == 1 { // a missing first letter counts 36
		sum += 36*9 + value(c[0])*8
	} else {
		sum += weighChars(c, 9, 8)
	}
	check := value(c[n-1])
	return check <= 10 && (sum+check)%11 == 0
}

func isNIK(s string) bool {
	// Ministry of Home Affairs region codes, Papua as split since 2022.
	const provinces = "11121314151617181921313233343536515253" +
		"61626364657172737475768182919293949596"
	var b field
	d := digits(&b, s, groupMarks, 16, 16)
	if d == nil {
		return false
	}
	if !hasPair([]byte{d[0] + '0', d[1] + '0'}, provinces) {
		return false
	}
	day := pair(d[6:])
	if day > 40 {
		day -= 40
	}
	return validDate(2000+pair(d[10:]), pair(d[8:]), day)
}

func isIsraeliID(s string) bool {
	var b field
	d := digits(&b, s, " -", 8, 9)
	return d != nil && !allZero(d) && luhnSum(d, 10) == 0
}

func isMyNumber(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 12, 12)
	return d != nil && complement11(weigh(d[:11], 6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)) == int(d[11])
}

func isCorporateNumber(s string) bool {
	var b field
	d := digits(&b, s, " -", 13, 13)
	return d != nil && 9-weigh(d[1:], 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1)%9 == int(d[0])
}

func isRRN(s string) bool {
	var b field
	d := digits(&b, s, " -", 13, 13)
	return d != nil && koreanDate(d) && pair(d[7:]) <= 96 &&
		(11-weigh(d[:12], 2, 3, 4, 5, 6, 7, 8, 9, 2, 3, 4, 5)%11)%10 == int(d[12])
}

func isRRNDate(s string) bool {
	var b field
	d := digits(&b, s, " -", 13, 13)
	return d != nil && koreanDate(d)
}

// koreanDate: the seventh digit gives sex, century and citizenship.
func koreanDate(d []byte) bool {
	century := [10]int{1800, 1900, 1900, 2000, 2000, 1900, 1900, 2000, 2000, 1800}[d[6]]
	return validDate(century+pair(d), pair(d[2:]), pair(d[4:]))
}

func isMyKad(s string) bool {
	var b field
	d := digits(&b, s, " -*", 12, 12)
	if d == nil || !validDate(2000+pair(d), pair(d[2:]), pair(d[4:])) {
		return false
	}
	switch p := pair(d[6:]); {
	case p == 0, p >= 17 && p <= 20, p == 69, p == 70, p == 73, p == 80, p == 81, p >= 94 && p <= 97:
		return false // not assigned
	}
	return true
}

func isNRIC(s string) bool {
	var b field
	c := chars(&b, s, " -", 9, 9)
	if c == nil || !allDigits(c[1:8]) {
		return false
	}
	sum := weighChars(c[1:8], 2, 7, 6, 5, 4, 3, 2)
	switch c[0] {
	case 'S':
		return "JZIHGFEDCBA"[sum%11] == c[8]
	case 'T':
		return "JZIHGFEDCBA"[(sum+4)%11] == c[8]
	case 'F':
		return "XWUTRQPNMLK"[sum%11] == c[8]
	case 'G':
		return "XWUTRQPNMLK"[(sum+4)%11] == c[8]
	case 'M': // FIN since 2022
		return "XWUTRQPNJLK"[(sum+3)%11] == c[8]
	}
	return false
}

func isThaiPIN(s string) bool {
	var b field
	d := digits(&b, s, " -", 13, 13)
	return d != nil && d[0] != 0 && d[0] != 9 && (11-descending(d[:12], 13)%11)%10 == int(d[12])
}

// isTaiwanID takes one letter, a digit of second and eight digits.
func isTaiwanID(second string) Func {
	// The letters in order of their two-digit codes from 10.
	const codes = "ABCDEFGHJKLMNPQRSTUVXYWZIO"
	return func(s string) bool {
		var b field
		c := chars(&b, s, " ", 10, 10)
		if c == nil || !isUpper(c[0]) || index(second, c[1]) < 0 || !values(c[1:]) {
			return false
		}
		code := index(codes, c[0]) + 10
		return (code/10+code%10*9+weigh(c[1:], 8, 7, 6, 5, 4, 3, 2, 1, 1))%10 == 0
	}
}
