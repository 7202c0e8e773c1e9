package validate

var mrzTable = []entry{
	{"mrz-td1", "upper two lines of an identity card's machine-readable zone, 60 characters with check digits (ICAO Doc 9303-5)", isTD1},
	{"mrz-td2", "second line of a TD2 document, 36 characters with check digits (ICAO Doc 9303-6)", isTD2},
	{"mrz-td3", "second line of a passport's machine-readable zone, 44 characters with check digits (ICAO Doc 9303-4)", isTD3},
}

// filled copies a machine-readable zone in upper case; letters, digits and
// the filler < are allowed, line ends are skipped.
func filled(buf *field, s string) []byte {
	if len(s) > maxInput {
		return nil
	}
	n := 0
	for i := 0; i < len(s); i++ {
		c := s[i]
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		if c == '\r' || c == '\n' || c == ' ' {
			continue
		}
		if value(c) < 0 && c != '<' || n == len(buf) {
			return nil
		}
		buf[n] = c
		n++
	}
	if n < 2 {
		return nil
	}
	return buf[:n]
}

// icaoDigit compares the check digit, which may be a filler for an empty field.
func icaoDigit(c []byte, check byte) bool {
	if check == '<' {
		for _, x := range c {
			if x != '<' {
				return false
			}
		}
		return true
	}
	return isDigit(check) && icaoSum(c)%10 == int(check-'0')
}

// mrzDate: YYMMDD, of which birth dates may be partly unknown (9303-3 4.8).
func mrzDate(c []byte) bool {
	for i := 0; i < 6; i += 2 {
		if c[i] == '<' && c[i+1] == '<' {
			continue
		}
		v := ascii(c[i : i+2])
		if v < 0 || i == 2 && (v < 1 || v > 12) || i == 4 && (v < 1 || v > 31) {
			return false
		}
	}
	return true
}

// holder checks birth date, sex and expiry with their check digits, which
// stand together: YYMMDD C S YYMMDD C.
func holder(c []byte) bool {
	return mrzDate(c[:6]) && icaoDigit(c[:6], c[6]) &&
		(c[7] == 'M' || c[7] == 'F' || c[7] == '<' || c[7] == 'X') &&
		mrzDate(c[8:14]) && icaoDigit(c[8:14], c[14])
}

func isTD3(s string) bool {
	var b, v field
	c := filled(&b, s)
	if len(c) != 44 || !icaoDigit(c[:9], c[9]) || !holder(c[13:28]) || !icaoDigit(c[28:42], c[42]) {
		return false
	}
	n := copy(v[:], c[:10])
	n += copy(v[n:], c[13:20])
	n += copy(v[n:], c[21:43])
	return icaoDigit(v[:n], c[43])
}

func isTD2(s string) bool {
	var b, v field
	c := filled(&b, s)
	if len(c) != 36 || !icaoDigit(c[:9], c[9]) || !holder(c[13:28]) {
		return false
	}
	n := copy(v[:], c[:10])
	n += copy(v[n:], c[13:20])
	n += copy(v[n:], c[21:35])
	return icaoDigit(v[:n], c[35])
}

func isTD1(s string) bool {
	if len(s) < 60 || len(s) > maxInput {
		return false
	}
	var b1, b2 field
	first, rest := splitZone(s, 30)
	c1, c2 := filled(&b1, first), filled(&b2, rest)
	if len(c1) != 30 || len(c2) != 30 || index("AIC", c1[0]) < 0 || !holder(c2[:15]) {
		return false
	}
	// A document number over nine places continues in the optional data.
	if c1[14] != '<' && !icaoDigit(c1[5:14], c1[14]) {
		return false
	}
	var all [50]byte
	n := copy(all[:], c1[5:30])
	n += copy(all[n:], c2[:7])
	n += copy(all[n:], c2[8:15])
	n += copy(all[n:], c2[18:29])
	return icaoDigit(all[:n], c2[29])
}

// splitZone cuts s after n characters that are not white space.
func splitZone(s string, n int) (line, rest string) {
	for i := 0; i < len(s); i++ {
		if s[i] == '\r' || s[i] == '\n' || s[i] == ' ' {
			continue
		}
		if n--; n == 0 {
			return s[:i+1], s[i+1:]
		}
	}
	return s, ""
}
