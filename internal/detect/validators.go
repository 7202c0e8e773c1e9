package detect

// builtinValidators gives the validators used when none are passed in.
func builtinValidators() (lookup func(string) (func(string) bool, bool), names func() []string) {
	return func(name string) (func(string) bool, bool) { return luhn, name == "luhn" },
		func() []string { return []string{"luhn"} }
}

// luhn tests the check digit of ISO/IEC 7812-1 annex B, over the digits of s.
func luhn(s string) bool {
	sum, n := 0, 0
	for i := len(s) - 1; i >= 0; i-- {
		d := int(s[i] - '0')
		if d > 9 {
			continue
		}
		if n%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
		n++
	}
	return n > 1 && sum%10 == 0
}
