package validate

var italyTable = []entry{
	{"it-cf", "Italian codice fiscale: shape, birth date, check letter; or the 11-digit form (DM 23 December 1976)", isCodiceFiscale},
	{"it-vat", "Italian partita IVA: province office and Luhn (Agenzia delle Entrate)", isPartitaIVA},
}

// omocodia are the letters that replace the digits 0 to 9 when two people
// would have the same code.
const omocodia = "LMNPQRSTUV"

func isCodiceFiscale(s string) bool {
	var b field
	c := chars(&b, s, " -:", 11, 16)
	if len(c) == 11 && values(c) {
		return validPartitaIVA(c)
	}
	if len(c) != 16 || !allUpper(c[:6]) || !isUpper(c[11]) || !isUpper(c[15]) {
		return false
	}
	// The letter is over the characters as written, omocodia included.
	const odd = "\x01\x00\x05\x07\x09\x0d\x0f\x11\x13\x15\x02\x04\x12\x14\x0b\x03\x06\x08\x0c\x0e\x10\x0a\x16\x19\x18\x17"
	sum := 0
	for i, x := range c[:15] {
		v := value(x)
		if v >= 10 {
			v -= 10
		}
		if i%2 == 0 {
			v = int(odd[v])
		}
		sum += v
	}
	if byte('A'+sum%26) != c[15] {
		return false
	}
	var at = [...]int{6, 7, 9, 10, 12, 13, 14}
	var d [len(at)]int
	for i, p := range at {
		d[i] = index("0123456789", c[p])
		if d[i] < 0 {
			d[i] = index(omocodia, c[p])
		}
		if d[i] < 0 {
			return false
		}
	}
	// Women add 40 to the day. The century is not written; 1900 was no leap
	// year, so only 2000 can be meant by a 29 February of year 00.
	month := index("ABCDEHLMPRST", c[8]) + 1
	return validDate(2000+d[0]*10+d[1], month, (d[2]*10+d[3])%40)
}

func isPartitaIVA(s string) bool {
	var b field
	d := prefixedDigits(&b, s, groupMarks+":,", "IT", 11, 11)
	return d != nil && validPartitaIVA(d)
}

func validPartitaIVA(d []byte) bool {
	office := number(d[7:10])
	switch {
	case office >= 1 && office <= 100, office == 120, office == 121, office == 888, office == 999:
		return !allZero(d[:7]) && luhnSum(d, 10) == 0
	}
	return false
}
