package validate

var balticTable = []entry{
	{"ee-ik", "Estonian personal code: century digit, birth date, two-stage mod 11 (EVS 585)", isIsikukood},
	{"lt-asmens", "Lithuanian personal code: century digit and birth date or 9, two-stage mod 11", isAsmensKodas},
	{"lv-pk", "Latvian personal code: birth date or 32, weighted mod 11 (PMLP)", isPersonasKods},
	{"lv-vat", "Latvian registration number of legal persons: weighted mod 11 (VID)", isLatvianVAT},
}

// twoStage is the check digit of both codes: weights 1-9,1 and, if that gives
// 10, 3-9,1,2,3.
func twoStage(d []byte) bool {
	r := weigh(d[:10], 1, 2, 3, 4, 5, 6, 7, 8, 9, 1) % 11
	if r == 10 {
		r = weigh(d[:10], 3, 4, 5, 6, 7, 8, 9, 1, 2, 3) % 11 % 10
	}
	return r == int(d[10])
}

// centuryDate: the first digit gives sex and century, then YYMMDD.
func centuryDate(d []byte) bool {
	if d[0] < 1 || d[0] > 8 {
		return false
	}
	century := 1800 + int(d[0]-1)/2*100
	return validDate(century+pair(d[1:]), pair(d[3:]), pair(d[5:]))
}

func isIsikukood(s string) bool {
	var b field
	d := digits(&b, s, " ", 11, 11)
	return d != nil && centuryDate(d) && twoStage(d)
}

func isAsmensKodas(s string) bool {
	var b field
	d := digits(&b, s, " ", 11, 11)
	// 9: people whose birth date is not known in full.
	return d != nil && (d[0] == 9 || centuryDate(d)) && twoStage(d)
}

func isPersonasKods(s string) bool {
	var b field
	d := prefixedDigits(&b, s, " -", "LV", 11, 11)
	if d == nil || d[0] > 3 {
		return false
	}
	check := (1 + weigh(d, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9)) % 11 % 10
	if check != int(d[10]) {
		return false
	}
	// Codes since July 2017 start with 32 and carry no date.
	return pair(d) == 32 || validDate(1800+int(d[6])*100+pair(d[4:]), pair(d[2:]), pair(d))
}

func isLatvianVAT(s string) bool {
	var b field
	d := prefixedDigits(&b, s, " -", "LV", 11, 11)
	return d != nil && d[0] > 3 && weigh(d, 9, 1, 4, 8, 3, 10, 2, 5, 7, 6, 1)%11 == 3
}
