package corpus

import (
	"fmt"
	"strconv"
	"strings"
)

// Names of what is planted.
const (
	TFN     = "australia-tax-file-number"
	Card    = "credit-card-number"
	IBAN    = "international-banking-account-number"
	Marking = "marking"
)

// identifier gives a sentence with an identifier in it; ok says whether its
// check digit is correct, and then it is counted.
func (g *gen) identifier(ok bool) string {
	kind, text := "", ""
	switch g.IntN(3) {
	case 0:
		kind = TFN
		n := g.tfn(ok)
		text = "The tax" + unbroken + "file" + unbroken + "number is " + grouped(n, 3) + "."
	case 1:
		kind = Card
		n := g.card(ok)
		text = "Please charge the credit" + unbroken + "card" + unbroken + "number " + grouped(n, 4) + ", expires 08/29."
	default:
		kind = IBAN
		text = "Pay to IBAN " + grouped(g.iban(ok), 4) + " by Friday."
	}
	if ok {
		g.planted[kind]++
	}
	return text
}

// tfn gives nine digits with the check of Australian tax file numbers: the
// weighted sum is a multiple of eleven.
func (g *gen) tfn(ok bool) string {
	weights := [9]int{1, 4, 3, 7, 5, 8, 6, 9, 10}
	for {
		d := strconv.Itoa(1+g.IntN(9)) + g.digits(8)
		sum := 0
		for i, w := range weights {
			sum += w * int(d[i]-'0')
		}
		if (sum%11 == 0) == ok && !monotone(d) {
			return d
		}
	}
}

// monotone holds for digits that are all the same or count up, which
// validators may take for a placeholder.
func monotone(d string) bool {
	same, up := true, true
	for i := 1; i < len(d); i++ {
		same = same && d[i] == d[0]
		up = up && d[i] == d[i-1]+1
	}
	return same || up
}

// card gives sixteen digits of a Visa number with the check of ISO/IEC 7812-1
// annex B (Luhn).
func (g *gen) card(ok bool) string {
	d := "4" + g.digits(14)
	check := luhn(d)
	if !ok {
		check = (check + 1 + g.IntN(9)) % 10
	}
	return d + strconv.Itoa(check)
}

// luhn is the check digit for d.
func luhn(d string) int {
	sum := 0
	for i := range len(d) {
		n := int(d[len(d)-1-i] - '0')
		if i%2 == 0 {
			if n *= 2; n > 9 {
				n -= 9
			}
		}
		sum += n
	}
	return (10 - sum%10) % 10
}

// iban gives a German IBAN with the check of ISO 13616 (modulo 97).
func (g *gen) iban(ok bool) string {
	bban := strconv.Itoa(1+g.IntN(8)) + g.digits(17)
	rest := 0
	for _, c := range bban + "131400" { // D is 13, E is 14
		rest = (rest*10 + int(c-'0')) % 97
	}
	check := 98 - rest
	if !ok {
		check = 2 + (check-2+1+g.IntN(90))%97
	}
	return fmt.Sprintf("DE%02d%s", check, bban)
}

// grouped puts blanks between groups of n characters.
func grouped(s string, n int) string {
	var b strings.Builder
	for i := 0; i < len(s); i += n {
		if i > 0 {
			b.WriteString(unbroken)
		}
		b.WriteString(s[i:min(i+n, len(s))])
	}
	return b.String()
}
