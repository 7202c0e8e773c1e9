package validate

var germanTable = []entry{
	{"de-tin", "German tax ID (IdNr): one digit occurs two or three times in the first ten, MOD 11,10 (§ 139b AO)", isIdNr},
	{"de-vat", "German VAT number: 9 digits, MOD 11,10 (BZSt)", isGermanVAT},
	{"de-id-card", "German identity card serial with check digit, weights 7,3,1 (ICAO Doc 9303-3)", isGermanDocument("LMNPRTVWXY", true)},
	{"de-passport", "German passport serial with check digit, weights 7,3,1 (ICAO Doc 9303-3)", isGermanDocument("CFGHJK", false)},
	{"de-driving-licence", "German driving licence number: check character at place 10, mod 11", isGermanLicence},
	{"at-tin", "Austrian tax number: tax office and Luhn (BMF)", isAustrianTIN},
	{"at-uid", "Austrian VAT number ATU: Luhn with offset (BMF)", isAustrianUID},
	{"at-vnr", "Austrian social security number: check digit at place 4, weighted mod 11 (§ 31 ASVG)", isAustrianVNR},
	{"ch-ahv", "Swiss AHV/AVS number: 756 and the EAN-13 check digit (AHVV Art. 133)", isAHV},
	{"ch-uid", "Swiss enterprise number CHE: weighted mod 11 (UIDV)", isSwissUID},
}

func isIdNr(s string) bool {
	var b field
	d := digits(&b, s, " -./,", 11, 11)
	if d == nil || d[0] == 0 || !mod11_10(d) {
		return false
	}
	var count [10]int
	for _, v := range d[:10] {
		count[v]++
	}
	repeated := 0
	for _, n := range count {
		if n > 3 {
			return false
		}
		if n > 1 {
			repeated++
		}
	}
	return repeated == 1
}

func isGermanVAT(s string) bool {
	var b field
	d := prefixedDigits(&b, s, " -./,", "DE", 9, 9)
	return d != nil && d[0] != 0 && mod11_10(d)
}

// isGermanDocument takes the nine characters of a card or passport serial
// whose first letter is one of first, with the check digit and an optional D
// for the nationality. Cards of 1987 to 2010 were all digits (oldForm).
func isGermanDocument(first string, oldForm bool) Func {
	return func(s string) bool {
		var b field
		c := chars(&b, s, " <-", 10, 11)
		if c == nil || !isDigit(c[9]) || len(c) == 11 && c[10] != 'D' {
			return false
		}
		digitsOnly := allDigits(c[:9])
		if digitsOnly != oldForm && digitsOnly || !digitsOnly && index(first, c[0]) < 0 {
			return false
		}
		for _, x := range c[:9] {
			if isUpper(x) && index("CFGHJKLMNPRTVWXYZ", x) < 0 {
				return false
			}
		}
		return icaoSum(c[:9])%10 == int(c[9]-'0')
	}
}

// icaoSum weighs 7, 3, 1 with A = 10 (ICAO Doc 9303-3 clause 4.9).
func icaoSum(c []byte) int {
	sum := 0
	for i, x := range c {
		v := value(x)
		if x == '<' {
			v = 0
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return sum
}

func isGermanLicence(s string) bool {
	var b field
	c := chars(&b, s, " ", 11, 11)
	if c == nil || !allDigits(c[1:3]) {
		return false
	}
	return "0123456789X"[weighChars(c[:9], 9, 8, 7, 6, 5, 4, 3, 2, 1)%11] == c[9]
}

func isAustrianTIN(s string) bool {
	// Tax office numbers, two digits each, also those of merged offices.
	const offices = "03040607080910121516182223293338414651525354575961" +
		"656768697172818283849091939798"
	var b field
	d := digits(&b, s, " -./,", 9, 9)
	return d != nil && luhnSum(d, 10) == 0 && hasPair([]byte{d[0] + '0', d[1] + '0'}, offices)
}

func isAustrianUID(s string) bool {
	var b, v field
	c := afterPrefix(&b, s, " -./", "AT", 9, 9)
	if c == nil || c[0] != 'U' {
		return false
	}
	d := v[:copy(v[:], c[1:])]
	// The sum is over the seven digits alone, with an offset of four.
	return values(d) && (luhnSum(d[:7], 10)+int(d[7])+4)%10 == 0
}

func isAustrianVNR(s string) bool {
	var b field
	d := digits(&b, s, " -./", 10, 10)
	return d != nil && d[0] != 0 && weigh(d, 3, 7, 9, 0, 5, 8, 4, 2, 1, 6)%11 == int(d[3])
}

func isAHV(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 13, 13)
	return d != nil && number(d[:3]) == 756 && eanSum(d) == 0
}

func isSwissUID(s string) bool {
	var b field
	c := chars(&b, s, groupMarks, 12, 16)
	if c == nil || string(c[:3]) != "CHE" {
		return false
	}
	switch string(c[12:]) {
	case "", "MWST", "TVA", "IVA", "TPV":
	default:
		return false
	}
	d := c[3:12]
	if !values(d) {
		return false
	}
	return weigh(d, 5, 4, 3, 2, 7, 6, 5, 4, 1)%11 == 0
}
