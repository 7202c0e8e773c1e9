package validate

import "strings"

var newZealandTable = []entry{
	{"nz-ird", "New Zealand IRD number: two sets of weights mod 11 (Inland Revenue, resident withholding tax specification)", isIRD},
	{"nz-nhi", "New Zealand national health index number, old AAANNNN and new AAANNAA form (HISO 10046)", isNHI},
	{"nz-bank-account", "New Zealand bank account: branch range and bank-specific check digit (Inland Revenue, RWT specification)", isNZAccount},
}

func isIRD(s string) bool {
	var b, v field
	d := prefixedDigits(&b, s, " -.", "NZ", 8, 9)
	if d == nil {
		return false
	}
	if n := number(d); n <= 10_000_000 || n >= 150_000_000 {
		return false
	}
	nine := v[:9]
	copy(nine[9-len(d):], d)
	check := (11 - weigh(nine, 3, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if check == 10 {
		check = (11 - weigh(nine, 7, 4, 3, 2, 5, 2, 7, 6)%11) % 11
	}
	return check == int(nine[8])
}

// nhiLetters gives letters their value by place, from 1; I and O are not used.
const nhiLetters = "ABCDEFGHJKLMNPQRSTUVWXYZ"

func isNHI(s string) bool {
	var b field
	c := chars(&b, s, " ", 7, 7)
	if c == nil || !allDigits(c[3:5]) {
		return false
	}
	sum := 0
	for i, x := range c[:6] {
		v := index(nhiLetters, x) + 1
		if isDigit(x) {
			v = int(x - '0')
		}
		if i < 3 && !isUpper(x) || v == 0 && !isDigit(x) {
			return false
		}
		sum += v * (7 - i)
	}
	if isDigit(c[5]) {
		// Old form: remainder 0 is never issued, 10 is written as 0.
		return isDigit(c[6]) && sum%11 != 0 && (11-sum%11)%10 == int(c[6]-'0')
	}
	// New form: the check letter has its value modulo 24 in HISO 10046:2019
	// and modulo 23 in the revision; either is accepted.
	at := index(nhiLetters, c[6]) + 1
	return at > 0 && (24-sum%24 == at || 23-sum%23 == at)
}

func isNZAccount(s string) bool {
	var b field
	d := nzAccount(&b, s)
	if d == nil {
		return false
	}
	bank, branch := pair(d), number(d[2:6])
	for i := range nzBanks {
		if r := &nzBanks[i]; r.bank == bank {
			return nzChecksum(d, r.algorithm) && inRanges(r.branches, branch)
		}
	}
	return false
}

// inRanges reports whether n is in list, numbers and ranges in order: "1 4-9 12".
func inRanges(list string, n int) bool {
	for r := range strings.SplitSeq(list, " ") {
		from, to, ok := strings.Cut(r, "-")
		if !ok {
			to = from
		}
		if decimal(to) >= n {
			return decimal(from) <= n
		}
	}
	return false
}

// decimal reads the digits of a constant.
func decimal(s string) int {
	n := 0
	for i := range len(s) {
		n = 10*n + int(s[i]-'0')
	}
	return n
}

// nzAccount brings the account to bank 2, branch 4, base 7, suffix 3 digits.
// Written in four groups, each group is filled up with zeros; otherwise only
// the suffix is.
func nzAccount(buf *field, s string) []byte {
	if len(s) > maxInput {
		return nil
	}
	var raw field
	d := digits(&raw, s, " -", 11, 16)
	if d == nil {
		return nil
	}
	widths := [4]int{2, 4, 7, 3}
	var groups [4]int
	g := 0
	for i := 0; i < len(s); i++ {
		if isDigit(s[i]) {
			groups[g]++
			continue
		}
		if g++; g == len(groups) {
			return nil
		}
	}
	if g != 3 {
		if len(d) < 14 {
			return nil
		}
		groups = [4]int{2, 4, 7, len(d) - 13}
	}
	out := buf[:0]
	for i, n := range groups {
		if n < 1 || n > widths[i] {
			return nil
		}
		for range widths[i] - n {
			out = append(out, 0)
		}
		out = append(out, d[:n]...)
		d = d[n:]
	}
	return out
}

func nzChecksum(d []byte, algorithm byte) bool {
	if algorithm == '*' {
		algorithm = 'A'
		if number(d[6:13]) >= 990000 {
			algorithm = 'B'
		}
	}
	switch algorithm {
	case 'A':
		return weigh(d, 0, 0, 6, 3, 7, 9, 0, 10, 5, 8, 4, 2, 1)%11 == 0
	case 'B':
		return weigh(d[7:], 10, 5, 8, 4, 2, 1)%11 == 0
	case 'D':
		return weigh(d[6:], 7, 6, 5, 4, 3, 2, 1)%11 == 0
	case 'E':
		return digitSums(d[9:], 5, 4, 3, 2, 0, 0, 1)%11 == 0
	case 'F':
		return weigh(d[6:], 1, 7, 3, 1, 7, 3, 1)%10 == 0
	case 'G':
		return digitSums(d[6:], 1, 3, 7, 1, 3, 7, 1, 3, 7, 1)%10 == 0
	}
	return true // X: no check digit known
}

// digitSums is weigh with the digits of each product added until one is left.
func digitSums(d []byte, weights ...int) int {
	sum := 0
	for i, w := range weights {
		p := int(d[i]) * w
		for p > 9 {
			p = p/10 + p%10
		}
		sum += p
	}
	return sum
}
