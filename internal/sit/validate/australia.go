package validate

var australiaTable = []entry{
	{"au-tfn", "Australian tax file number: 8 or 9 digits, weighted mod 11 (ATO)", isTFN},
	{"au-abn", "Australian business number: 11 digits, weighted mod 89 (ABR)", isABN},
	{"au-acn", "Australian company number: 9 digits, weighted mod 10 (ASIC)", isACN},
	{"au-medicare", "Medicare card number: check digit, issue number, optional reference number (Services Australia)", isMedicare},
	{"au-medicare-provider", "Medicare provider number: 6 digits, location, check letter mod 11 (Services Australia)", isMedicareProvider},
	{"au-crn", "Centrelink customer reference number: 9 digits and a check letter mod 11 (Services Australia)", isCRN},
	{"au-dva", "Veterans' Affairs file number: state, war code, digits, optional dependant letter (METeOR 339130)", isDVA},
	{"au-ihi", "individual healthcare identifier: 800360 and Luhn (AS 5017)", healthcareIdentifier(800360)},
	{"au-hpi-i", "healthcare provider identifier, individual: 800361 and Luhn (AS 4846)", healthcareIdentifier(800361)},
	{"au-hpi-o", "healthcare provider identifier, organisation: 800362 and Luhn (AS 4846)", healthcareIdentifier(800362)},
}

func isTFN(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 8, 9)
	switch len(d) {
	case 8: // numbers issued before the ninth digit
		return weigh(d, 10, 7, 8, 4, 6, 3, 5, 1)%11 == 0
	case 9:
		return weigh(d, 1, 4, 3, 7, 5, 8, 6, 9, 10)%11 == 0
	}
	return false
}

func isABN(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 11, 11)
	// The two leading check digits are 11 to 99 by construction.
	if d == nil || pair(d) < 11 {
		return false
	}
	return (weigh(d, 10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19)-10)%89 == 0
}

func isACN(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 9, 9)
	return d != nil && weigh(d, 8, 7, 6, 5, 4, 3, 2, 1, 1)%10 == 0
}

func isMedicare(s string) bool {
	var b field
	d := digits(&b, s, groupMarks+"/", 10, 11)
	if d == nil || d[0] < 2 || d[0] > 6 || d[9] == 0 {
		return false
	}
	if len(d) == 11 && d[10] == 0 {
		return false
	}
	return weigh(d, 1, 3, 7, 9, 1, 3, 7, 9)%10 == int(d[8])
}

func isMedicareProvider(s string) bool {
	const locations = "0123456789ABCDEFGHJKLMNPQRTUVWXY"
	var b field
	c := chars(&b, s, " -", 8, 8)
	if c == nil || !allDigits(c[:6]) {
		return false
	}
	at := index(locations, c[6])
	if at < 0 {
		return false
	}
	return "YXWTLKJHFBA"[(weighChars(c[:6], 3, 5, 8, 4, 2, 1)+6*at)%11] == c[7]
}

func isCRN(s string) bool {
	var b field
	c := chars(&b, s, " -", 10, 10)
	if c == nil || !allDigits(c[:9]) {
		return false
	}
	sum := weighChars(c[:9], 512, 256, 128, 64, 32, 16, 8, 4, 2)
	return "XVTSLKJHCBA"[sum%11] == c[9]
}

// isDVA: the state letter (N with the ACT, S with the NT), a war code of up to
// three letters, digits that fill up to seven places with it (six without a
// war code; leading zeros are often left out), and a letter for a dependant.
func isDVA(s string) bool {
	var b field
	c := chars(&b, s, " ", 3, 9)
	if c == nil || index("NVQWST", c[0]) < 0 {
		return false
	}
	c = c[1:]
	war := 0
	for war < len(c) && isUpper(c[war]) {
		war++
	}
	c = c[war:]
	n := 0
	for n < len(c) && isDigit(c[n]) {
		n++
	}
	if war > 3 || n < 2 || n > min(6, 7-war) {
		return false
	}
	rest := c[n:]
	return len(rest) == 0 || len(rest) == 1 && isUpper(rest[0])
}

// healthcareIdentifier: 16 digits with the issuer prefix of the HI Service.
func healthcareIdentifier(prefix int) Func {
	return func(s string) bool {
		var b field
		d := digits(&b, s, groupMarks, 16, 16)
		return d != nil && number(d[:6]) == prefix && luhnSum(d, 10) == 0
	}
}

// index is the place of c in s, -1 if it is not there.
func index(s string, c byte) int {
	for i := 0; i < len(s); i++ {
		if s[i] == c {
			return i
		}
	}
	return -1
}
