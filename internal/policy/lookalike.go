package policy

import (
	"strings"

	"golang.org/x/net/idna"
)

// MaxLookalike is how many domains are compared with; each costs a comparison
// for each mailbox.
const MaxLookalike = 10_000

// Lookalike tests for a domain that a person takes for another one.
type Lookalike struct {
	Domains []string // whose; lower case, subdomain forms without their dot
}

// fits reports whether a domain looks like one of the list and is neither it
// nor a subdomain of it.
func (l Lookalike) fits(domain string) bool {
	if domain == "" || len(domain) > 253 {
		return false
	}
	for _, d := range l.Domains {
		if domain == d || strings.HasSuffix(domain, "."+d) {
			return false
		}
	}
	shape := skeleton(domain)
	for _, d := range l.Domains {
		want := skeleton(d)
		if shape == want || strings.HasSuffix(shape, "."+want) || len(want) >= 8 && near(shape, want) ||
			strings.HasPrefix(shape, want+".") || strings.HasPrefix(domain, d+"-") {
			return true
		}
	}
	return false
}

// alike maps characters to the one they are taken for (after Unicode TS 39,
// the part that fits into domain names).
var alike = strings.NewReplacer("0", "o", "1", "l", "i", "l", "rn", "m", "vv", "w", "cl", "d", "5", "s",
	"а", "a", "е", "e", "о", "o", "р", "p", "с", "c", "у", "y", "х", "x", "ѕ", "s", "і", "l", "ј", "j", "ԁ", "d", "ɡ", "g", "ո", "n", "υ", "u",
	"ν", "v", "ο", "o", "α", "a", "ρ", "p", "ı", "l", "ł", "l", "à", "a", "á", "a", "â", "a", "ä", "a", "ã", "a", "å", "a", "ç", "c", "è", "e", "é", "e",
	"ê", "e", "ë", "e", "ì", "l", "í", "l", "î", "l", "ï", "l", "ñ", "n", "ò", "o", "ó", "o", "ô", "o", "ö", "o", "õ", "o", "ø", "o", "ù", "u", "ú", "u",
	"û", "u", "ü", "u", "ý", "y", "ÿ", "y", "ß", "b", "ѵ", "v", "һ", "h", "к", "k", "т", "t", "м", "m", "н", "h", "в", "b")

// skeleton is how a domain looks, hyphens left out.
func skeleton(domain string) string {
	if strings.Contains(domain, "xn--") {
		if u, err := idna.Punycode.ToUnicode(domain); err == nil {
			domain = u
		}
	}
	return alike.Replace(strings.ReplaceAll(strings.ToLower(domain), "-", ""))
}

// near reports a distance of one edit: a character put in, left out, replaced,
// or exchanged with its neighbour.
func near(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	if len(b)-len(a) > 1 {
		return false
	}
	i := 0
	for i < len(a) && a[i] == b[i] {
		i++
	}
	if len(a) < len(b) {
		return a[i:] == b[i+1:]
	}
	if i == len(a) || a[i+1:] == b[i+1:] {
		return true
	}
	return i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}
