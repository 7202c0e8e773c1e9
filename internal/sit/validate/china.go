package validate

var chinaTable = []entry{
	{"cn-ric", "Chinese resident identity number: province, birth date, MOD 11-2 (GB 11643)", isRIC},
	{"cn-uscc", "Chinese unified social credit code: mod 31 check character (GB 32100)", isUSCC},
}

func isRIC(s string) bool {
	// GB/T 2260 province codes, with Hong Kong, Macao and Taiwan as issued
	// to their residents (81, 82, 83).
	const provinces = "1112131415212223313233343536374142434445465051525354" +
		"616263646571818283"
	var b field
	c := chars(&b, s, " ", 18, 18)
	return c != nil && allDigits(c[:17]) && hasPair(c[:2], provinces) &&
		validDate(ascii(c[6:10]), ascii(c[10:12]), ascii(c[12:14])) && mod11_2(c)
}

func isUSCC(s string) bool {
	const alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
	weights := [...]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28}
	var b field
	c := chars(&b, s, " -", 18, 18)
	if c == nil || !allDigits(c[2:8]) {
		return false
	}
	sum := 0
	for i, w := range weights {
		v := index(alphabet, c[i])
		if v < 0 {
			return false
		}
		sum += v * w
	}
	return alphabet[(31-sum%31)%31] == c[17]
}
