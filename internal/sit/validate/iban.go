package validate

// minIBAN and maxIBAN bound the length without spaces: Norway has 15
// characters, the standard allows 34 (ISO 13616-1 clause 5).
const (
	minIBAN = 15
	maxIBAN = 34
)

func isIBAN(s string) bool {
	var b, v field
	c := chars(&b, s, groupMarks, minIBAN, maxIBAN)
	if c == nil || !allUpper(c[:2]) || !allDigits(c[2:4]) {
		return false
	}
	n := copy(v[:], c[4:])
	n += copy(v[n:], c[:4])
	return mod97(v[:n]) == 1 && fitsBBAN(c[0], c[1], c[4:]) && nationalIBAN(c)
}

// fitsBBAN compares the BBAN with the structure its country registered.
func fitsBBAN(c0, c1 byte, bban []byte) bool {
	lo, hi := 0, len(bbanStructures)
	for lo < hi {
		mid := (lo + hi) / 2
		if r := bbanStructures[mid]; r[0] < c0 || r[0] == c0 && r[1] < c1 {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	if lo == len(bbanStructures) || bbanStructures[lo][0] != c0 || bbanStructures[lo][1] != c1 {
		return false
	}
	structure := bbanStructures[lo][2:]
	run := 0
	for i := 0; i < len(structure); i++ {
		k := structure[i]
		if isDigit(k) {
			run = run*10 + int(k-'0')
			continue
		}
		if len(bban) < run {
			return false
		}
		if k == 'n' && !allDigits(bban[:run]) || k == 'a' && !allUpper(bban[:run]) {
			return false
		}
		bban, run = bban[run:], 0
	}
	return len(bban) == 0
}

// nationalIBAN tests the national check digits within the BBAN where they are
// simple and always present.
func nationalIBAN(c []byte) bool {
	var b field
	d := b[:copy(b[:], c[4:])]
	switch string(c[:2]) {
	case "BE": // 10 digits modulo 97, 0 written as 97
		return values(d) && (mod(d[:10], 97)+96)%97+1 == pair(d[10:])
	case "ME":
		return mod97(d) == 1
	case "ES":
		return values(d) && validCCC(d)
	case "NO":
		return values(d) && validNorwegianAccount(d)
	}
	return true
}
