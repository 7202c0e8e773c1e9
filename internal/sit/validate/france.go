package validate

var franceTable = []entry{
	{"fr-nir", "French social security number (INSEE): mod 97 key, departments 2A and 2B", isNIR},
	{"fr-nif", "French tax number (SPI): first digit 0-3, last three digits mod 511 (DGFiP)", isFrenchNIF},
	{"fr-siren", "French SIREN: 9 digits, Luhn (INSEE)", isSIREN},
	{"fr-siret", "French SIRET: SIREN and Luhn, La Poste by digit sum (INSEE)", isSIRET},
	{"fr-vat", "French VAT number: SIREN and key, numeric mod 97 or alphanumeric mod 11 (DGFiP)", isFrenchVAT},
}

func isNIR(s string) bool {
	var b field
	c := chars(&b, s, groupMarks, 15, 15)
	if c == nil {
		return false
	}
	// Corsica: 2A counts as 19, 2B as 18.
	if c[5] == '2' && (c[6] == 'A' || c[6] == 'B') {
		c[5], c[6] = '1', '9'-(c[6]-'A')
	}
	return values(c) && 97-number(c[:13])%97 == pair(c[13:])
}

func isFrenchNIF(s string) bool {
	var b field
	d := digits(&b, s, " ", 13, 13)
	return d != nil && d[0] <= 3 && number(d[:10])%511 == number(d[10:])
}

func isSIREN(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 9, 9)
	return d != nil && luhnSum(d, 10) == 0
}

func isSIRET(s string) bool {
	var b field
	d := digits(&b, s, groupMarks, 14, 14)
	if d == nil || luhnSum(d[:9], 10) != 0 {
		return false
	}
	laPoste := number(d[:9]) == 356000000
	if luhnSum(d, 10) == 0 && !laPoste || laPoste && number(d[9:]) == 48 {
		return true
	}
	sum := 0
	for _, v := range d {
		sum += int(v)
	}
	return laPoste && sum%5 == 0
}

func isFrenchVAT(s string) bool {
	const letters = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ" // no I, no O
	var b, v field
	c := afterPrefix(&b, s, groupMarks+",", "FR", 11, 11)
	if c == nil {
		return false
	}
	k0, k1 := index(letters, c[0]), index(letters, c[1])
	d := v[:copy(v[:], c[2:])]
	if k0 < 0 || k1 < 0 || !values(d) {
		return false
	}
	// Monaco's numbers start with 000 and are no SIREN.
	if number(d[:3]) != 0 && luhnSum(d, 10) != 0 {
		return false
	}
	n := number(d)
	if k0 < 10 && k1 < 10 {
		return k0*10+k1 == (n*100+12)%97
	}
	key := k0*34 + k1 - 100
	if k0 < 10 {
		key = k0*24 + k1 - 10
	}
	return (n+1+key/11)%11 == key%11
}
