package validate

import "strings"

var nordicTable = []entry{
	{"se-personnummer", "Swedish personal identity number: birth date and Luhn (Folkbokföringslag 18 §)", isPersonnummer},
	{"se-samordningsnummer", "Swedish coordination number: day plus 60 and Luhn", isSamordningsnummer},
	{"no-fnr", "Norwegian identity or D number: birth date by individual number, two check digits mod 11", isFodselsnummer},
	{"dk-cpr", "Danish CPR number: birth date by the seventh digit (the check digit was given up in 2007)", isCPR},
	{"dk-cpr-mod11", "Danish CPR number that also has the mod 11 check digit of numbers before 2007", isCPRMod11},
	{"fi-hetu", "Finnish personal identity code: birth date, century sign, individual number 002-899, mod 31 (DVV)", isHetu},
}

func isPersonnummer(s string) bool      { return swedish(s, 0) }
func isSamordningsnummer(s string) bool { return swedish(s, 60) }

// swedish takes YYMMDD-NNNC or YYYYMMDD-NNNC; a plus instead of the hyphen
// means a birth more than a hundred years ago.
func swedish(s string, offset int) bool {
	var b field
	d := digits(&b, s, " :-+", 10, 12)
	if len(d) == 11 || d == nil {
		return false
	}
	old := false
	if sign := strings.IndexAny(s, "-+"); sign >= 0 {
		rest := 0
		for i := sign + 1; i < len(s); i++ {
			switch c := s[i]; {
			case isDigit(c):
				rest++
			case c == '-' || c == '+':
				return false
			}
		}
		if rest != 4 {
			return false
		}
		old = s[sign] == '+'
	}
	var year int
	if len(d) == 12 {
		year, d = number(d[:4]), d[2:]
	} else if year = 2000 + pair(d); old {
		year -= 100 // 1900 was no leap year, and 2000 was
	}
	return validDate(year, pair(d[2:]), pair(d[4:])-offset) && luhnSum(d, 10) == 0
}

func isFodselsnummer(s string) bool {
	var b field
	d := digits(&b, s, " -:.", 11, 11)
	if d == nil || weigh(d, 3, 7, 6, 1, 8, 9, 4, 5, 2, 1)%11 != 0 ||
		weigh(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 != 0 {
		return false
	}
	day, month, year, individual := pair(d), pair(d[2:]), pair(d[4:]), number(d[6:9])
	if day >= 80 { // FH numbers carry no date
		return false
	}
	if day > 40 { // D numbers of people without residence
		day -= 40
	}
	if month > 40 { // hospitals' help numbers
		month -= 40
	}
	switch {
	case individual < 500:
		year += 1900
	case individual < 750 && year >= 54:
		year += 1800
	case year < 40:
		year += 2000
	case individual >= 900:
		year += 1900
	default:
		return false
	}
	return validDate(year, month, day)
}

func isCPR(s string) bool {
	var b field
	d := digits(&b, s, " -", 10, 10)
	return d != nil && validCPR(d)
}

func isCPRMod11(s string) bool {
	var b field
	d := digits(&b, s, " -", 10, 10)
	return d != nil && validCPR(d) && weigh(d, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}

// validCPR derives the century from the seventh digit and the year.
func validCPR(d []byte) bool {
	year, century := pair(d[4:]), d[6]
	switch {
	case century >= 5 && century <= 8 && year >= 58:
		year += 1800
	case century <= 3, (century == 4 || century == 9) && year >= 37:
		year += 1900
	default:
		year += 2000
	}
	return year <= lastBirthYear && validDate(year, pair(d[2:]), pair(d))
}

func isHetu(s string) bool {
	s = strings.Trim(s, " ")
	if len(s) != 11 {
		return false
	}
	century := 0
	switch s[6] {
	case '+':
		century = 1800
	case '-', 'Y', 'X', 'W', 'V', 'U', 'y', 'x', 'w', 'v', 'u':
		century = 1900
	case 'A', 'B', 'C', 'D', 'E', 'F', 'a', 'b', 'c', 'd', 'e', 'f':
		century = 2000
	default:
		return false
	}
	var b, v field
	d := digits(&b, s[:6], "", 6, 6)
	c := chars(&v, s[7:], "", 4, 4)
	if d == nil || c == nil || !allDigits(c[:3]) {
		return false
	}
	individual := ascii(c[:3])
	if individual < 2 || individual >= 900 || !validDate(century+pair(d[4:]), pair(d[2:]), pair(d)) {
		return false
	}
	return "0123456789ABCDEFHJKLMNPRSTUVWXY"[(number(d)*1000+individual)%31] == c[3]
}
