package validate

var financeTable = []entry{
	{"iban", "IBAN: country structure and MOD 97-10 (ISO 13616-1, SWIFT IBAN registry), national check digits of BE, ES, ME and NO", isIBAN},
	{"bic", "BIC: 8 or 11 characters with an ISO 3166-1 country (ISO 9362)", isBIC},
	{"isin", "ISIN: country prefix and check digit (ISO 6166)", isISIN},
	{"cusip", "CUSIP check digit (ANSI X9.6)", isCUSIP},
	{"sedol", "SEDOL: 7 characters without vowels, weighted mod 10 (London Stock Exchange)", isSEDOL},
	{"lei", "legal entity identifier: 20 characters, MOD 97-10 (ISO 17442-1)", isLEI},
	{"creditor-reference", "structured creditor reference RF, MOD 97-10 (ISO 11649)", isCreditorReference},
	{"us-rtn", "ABA routing number: weights 3,7,1 mod 10 and an assigned Federal Reserve prefix (ANSI X9.100-122)", isRoutingNumber},
	{"es-ccc", "Spanish bank account (CCC): two check digits mod 11", isCCC},
	{"no-account", "Norwegian bank account: 11 digits, weighted mod 11", isNorwegianAccount},
}

// countries are the ISO 3166-1 alpha-2 codes and XK, which SWIFT uses for
// Kosovo, in order.
const countries = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZ" +
	"CACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFR" +
	"GAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP" +
	"KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMT" +
	"MUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURW" +
	"SASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZ" +
	"UAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW"

// hasPair reports whether the two characters are one of the codes, which
// stand one after another.
func hasPair(c []byte, codes string) bool {
	for i := 0; i+1 < len(codes); i += 2 {
		if codes[i] == c[0] && codes[i+1] == c[1] {
			return true
		}
	}
	return false
}

func isBIC(s string) bool {
	var b field
	c := chars(&b, s, " -", 8, 11)
	return (len(c) == 8 || len(c) == 11) && allUpper(c[:6]) && hasPair(c[4:6], countries)
}

func isISIN(s string) bool {
	// ISO 6166: besides countries, substitute agencies' prefixes and codes
	// that once were countries.
	const others = "ANCSEUQSQTXAXBXCXDXFXS"
	var b, v field
	c := chars(&b, s, " ", 12, 12)
	if c == nil || !isDigit(c[11]) || !hasPair(c[:2], countries) && !hasPair(c[:2], others) {
		return false
	}
	n := 0
	for _, x := range c {
		w := value(x)
		if w >= 10 {
			v[n] = byte(w / 10)
			n++
		}
		v[n] = byte(w % 10)
		n++
	}
	return luhnSum(v[:n], 10) == 0
}

func isCUSIP(s string) bool {
	if len(s) < 9 || len(s) > maxInput {
		return false
	}
	sum, n := 0, 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		v := value(c)
		switch c {
		case ' ':
			continue
		case '*':
			v = 36
		case '@':
			v = 37
		case '#':
			v = 38
		}
		if v < 0 || n == 9 || n == 8 && v > 9 {
			return false
		}
		if n%2 == 1 {
			v *= 2
		}
		sum += v/10 + v%10
		n++
	}
	return n == 9 && sum%10 == 0
}

func isSEDOL(s string) bool {
	var b field
	c := chars(&b, s, " ", 7, 7)
	if c == nil || !isDigit(c[6]) {
		return false
	}
	letters := 0
	for _, x := range c[:6] {
		switch x {
		case 'A', 'E', 'I', 'O', 'U':
			return false
		}
		if isUpper(x) {
			letters++
		}
	}
	// Older numbers are all digits; newer ones start with a letter.
	if letters > 0 && isDigit(c[0]) {
		return false
	}
	return weighChars(c, 1, 3, 1, 7, 3, 9, 1)%10 == 0
}

func isLEI(s string) bool {
	var b field
	c := chars(&b, s, " -", 20, 20)
	return c != nil && isDigit(c[18]) && isDigit(c[19]) && mod97(c) == 1
}

func isCreditorReference(s string) bool {
	var b, v field
	c := chars(&b, s, " -.,/:", 5, 25)
	if c == nil || c[0] != 'R' || c[1] != 'F' || !allDigits(c[2:4]) {
		return false
	}
	n := copy(v[:], c[4:])
	n += copy(v[n:], c[:4])
	return mod97(v[:n]) == 1
}

func isRoutingNumber(s string) bool {
	var b field
	d := digits(&b, s, " -", 9, 9)
	if d == nil || allZero(d) {
		return false
	}
	switch p := pair(d); {
	case p <= 12, p >= 21 && p <= 32, p >= 61 && p <= 72, p == 80:
		return weigh(d, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
	}
	return false
}

func isCCC(s string) bool {
	var b field
	d := digits(&b, s, " -", 20, 20)
	return d != nil && validCCC(d)
}

// validCCC: bank and branch, then the account, each with a digit modulo 11
// over weights that are powers of two.
func validCCC(d []byte) bool {
	check := func(sum int) byte {
		r := sum % 11
		if r > 1 {
			r = 11 - r
		}
		return byte(r)
	}
	return check(weigh(d[:8], 4, 8, 5, 10, 9, 7, 3, 6)) == d[8] &&
		check(weigh(d[10:], 1, 2, 4, 8, 5, 10, 9, 7, 3, 6)) == d[9]
}

func isNorwegianAccount(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 11, 11)
	return d != nil && validNorwegianAccount(d)
}

func validNorwegianAccount(d []byte) bool {
	return weigh(d, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1)%11 == 0
}
