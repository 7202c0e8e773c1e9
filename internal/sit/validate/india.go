package validate

var indiaTable = []entry{
	{"in-aadhaar", "Indian Aadhaar number: first digit 2-9, no palindrome, Verhoeff (UIDAI)", isAadhaar},
	{"in-pan", "Indian PAN: holder type at place 4, digits not 0000 (Income Tax Department)", isPAN},
	{"in-gstin", "Indian GST number: state, PAN, Luhn mod 36 (GSTN)", isGSTIN},
	{"in-epic", "Indian voter card number: 3 letters, 7 digits with Luhn (ECI)", isEPIC},
}

func isAadhaar(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 12, 12)
	if d == nil || d[0] < 2 {
		return false
	}
	palindrome := true
	for i := range 6 {
		palindrome = palindrome && d[i] == d[11-i]
	}
	return !palindrome && verhoeff(d) == 0
}

func isPAN(s string) bool {
	var b field
	c := chars(&b, s, " -", 10, 10)
	return c != nil && validPAN(c)
}

func validPAN(c []byte) bool {
	return allUpper(c[:5]) && allDigits(c[5:9]) && isUpper(c[9]) &&
		index("ABCFGHLJPTK", c[3]) >= 0 && ascii(c[5:9]) != 0
}

func isGSTIN(s string) bool {
	var b field
	c := chars(&b, s, " -", 15, 15)
	if c == nil || !allDigits(c[:2]) || !validPAN(c[2:12]) || c[12] == '0' || c[13] != 'Z' {
		return false
	}
	state := ascii(c[:2])
	return state >= 1 && state <= 38 && luhn36(c)
}

func isEPIC(s string) bool {
	var b field
	c := chars(&b, s, " -", 10, 10)
	return c != nil && allUpper(c[:3]) && values(c[3:]) && luhnSum(c[3:], 10) == 0
}
