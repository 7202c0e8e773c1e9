package detect

import (
	"fmt"
	"math/rand/v2"
	"strings"

	"labelmilter/internal/sit"
)

// Shapes of published identifiers, written for these tests: % stands for
// nothing, \b is added at both ends unless the shape begins with !.
var shapes = []string{
	// Australia, New Zealand
	`\d{3}[ -]?\d{3}[ -]?\d{2,3}`, `\d{2}[ -]?\d{3}[ -]?\d{3}[ -]?\d{3}`, `[2-6]\d{3}[ -]?\d{5}[ -]?\d(?:[ /-]?\d)?`, `\d{3}-\d{3}`, `\d{6,10}`,
	`(?i:[a-z]{1,2})\d{7}`, `[A-Z]{3}\d{4}`, `\d{2}[ -]?\d{4}[ -]?\d{7}[ -]?\d{2,3}`, `[A-Z]{2}\d{6}`, `\d{8,9}`,
	// cards and banking
	`(?:4\d{3}|5[1-5]\d{2}|6011|3[47]\d{2})(?:[ -]?\d){8,15}`, `\d(?:[ -]?\d){12,18}`, `[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?`,
	`[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3})?`, `[01236-8]\d{3}-?\d{4}-?\d`, `\d{2}-\d{2}-\d{2}`, `\d{5}-\d{3}`, `\d{4}[ -]\d{3}[ -]\d{7}`,
	// United States, Canada, United Kingdom
	`\d{3}-\d{2}-\d{4}`, `\d{3} \d{2} \d{4}`, `9\d{2}[- ]?[5-9]\d[- ]?\d{4}`, `\d{2}-\d{7}`, `[ABCDEFGHJKLMPRSTUX][A-Z9]\d{7}`, `[1-9][AC-HJ-NP-RT-Y][AC-HJ-NP-RT-Y0-9]\d-?[AC-HJ-NP-RT-Y][AC-HJ-NP-RT-Y0-9]\d-?[AC-HJ-NP-RT-Y]{2}\d{2}`,
	`\d{3}[ -]\d{3}[ -]\d{3}`, `[A-Z]{2} ?\d{2} ?\d{2} ?\d{2} ?[A-D]`, `\d{3} ?\d{3} ?\d{4}`, `[A-Z9]{5}\d{6}[A-Z9]{2}\d[A-Z]{2}`, `[A-Z]{2,3} ?\d{1,4}`, `\d{10}`,
	// driver licences of the United States
	`\d{7}`, `[A-Z]\d{8}`, `[A-Z]\d{7}`, `[A-Z]\d{12}`, `[A-Z]\d{13}`, `[A-Z]\d{3}-?\d{3}-?\d{2}-?\d{3}-?\d`, `H\d{8}`, `[A-Z]{2}\d{6}[A-Z]`, `[A-Z]\d{3}-\d{4}-\d{4}`, `\d{4}-\d{2}-\d{4}`,
	`[A-Z]{1}\d{2}-\d{2}-\d{4}`, `K\d{2}-\d{2}-\d{4}`, `\d{3}[A-Z]{2}\d{4}`, `\d{2}[A-Z]{3}\d{5}`, `\d{9}[A-Z]`, `[A-Z]{1,7}\d{3}[A-Z0-9*]{2}`, `\d{12}`, `\d{3}-\d{2}-\d{3}-\d{3}`, `V\d{8}`, `[A-Z]{5}\d{3}[A-Z]\d{2}[A-Z]{2}`,
	// Europe
	`\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[- ]?\d{4}`, `\d{2}\.\d{2}\.\d{2}-\d{3}\.\d{2}`, `\d{11}`, `\d{6}[-+A]\d{3}[0-9A-FHJ-NPR-Y]`, `[12]\d{2}(?:0[1-9]|1[0-2])\d{2}\d{3}\d{3}(?: ?\d{2})?`, `[A-Z]{6}\d{2}[A-EHLMPRST]\d{2}[A-Z]\d{3}[A-Z]`,
	`\d{8}[- ]?[A-Z]`, `[XYZ]\d{7}[- ]?[A-Z]`, `[ABCDEFGHJNPQRSUVW]\d{7}[0-9A-J]`, `ATU\d{8}`, `BE0?\d{9}`, `DE\d{9}`, `FR[A-Z0-9]{2}\d{9}`, `GB\d{9}(?:\d{3})?`, `IE\d{7}[A-W][A-I]?`, `IT\d{11}`, `NL\d{9}B\d{2}`, `PL\d{10}`, `ES[A-Z0-9]\d{7}[A-Z0-9]`, `CY\d{8}[A-Z]`,
	`SE\d{12}`, `HU\d{8}`, `RO\d{2,10}`, `BG\d{9,10}`, `CZ\d{8,10}`, `SK\d{10}`, `SI\d{8}`, `HR\d{11}`, `LT\d{9}(?:\d{3})?`, `LV\d{11}`, `EE\d{9}`, `EL\d{9}`, `PT\d{9}`, `LU\d{8}`, `MT\d{8}`, `FI\d{8}`, `DK(?: ?\d{2}){4}`,
	`[CFGHJKLMNPRTVWXYZ0-9]{9}\d`, `[CFGHJKLMNPRTVWXYZ]{1}[CFGHJKLMNPRTVWXYZ0-9]{8}`, `\d{3}[/ ]?\d{3}[/ ]?\d{4}`, `\d{6}/\d{3,4}`, `[A-Z]{3} ?\d{6}`, `[A-Z]{2}\d{7}`, `[A-Z]\d{8}`, `\d{3}\.\d{4}\.\d{4}\.\d{2}`, `756\.?\d{4}\.?\d{4}\.?\d{2}`, `\d{2} \d{2} \d{2} \d{5}`,
	// Asia, Latin America, Africa
	`\d{4}[ -]?\d{4}[ -]?\d{4}`, `[A-Z]{5}\d{4}[A-Z]`, `\d{2}[A-Z]{5}\d{4}[A-Z]\d[A-Z\d]{2}`, `[A-Z]{3}/?\d{7}`, `\d{6}(?:19|20)\d{2}(?:0[1-9]|1[0-2])\d{2}\d{3}[0-9Xx]`, `[A-Z]{1,2}\d{6}\(?[0-9A]\)?`, `[A-Z][12]\d{8}`, `[STFGM]\d{7}[A-Z]`, `\d{6}-\d{2}-\d{4}`, `\d{6}-[1-4]\d{6}`,
	`\d{2}\.?\d{3}\.?\d{3}`, `\d{2}-\d{8}-\d`, `\d{3}\.\d{3}\.\d{3}-\d{2}`, `\d{2}\.\d{3}\.\d{3}/\d{4}-\d{2}`, `\d{1,2}\.?\d{3}\.?\d{3}-[0-9Kk]`, `[A-Z]{4}\d{6}[HM][A-Z]{5}[A-Z0-9]\d`, `\d{13}`, `784-?\d{4}-?\d{7}-?\d`, `[12]\d{9}`, `\d-\d{4}-\d{5}-\d{2}-\d`,
	`\d{2}-\d{7}-\d`, `CRN ?\d{4}-?\d{7}-?\d`, `[A-Z]{2}\d{2} ?\d{11}`, `\d{15,16}`, `EB\d{7}`, `\d{3}-?\d{3}-?\d{3}-?\d{3}`, `(?:19|20)\d{6}-?\d{4}`,
	// network and dates
	`(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}`, `(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}`, `[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}`, `\d{1,2}/\d{1,2}/(?:19|20)?\d{2}`, `(?i:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6} \d{1,2},? \d{4}`, `[A-Z]\d{2}(?:\.\d{1,4})?`, `\d{3}\.\d{1,2}`,
	// secrets
	`AKIA[0-9A-Z]{16}`, `AIza[0-9A-Za-z_-]{35}`, `gh[pousr]_[0-9A-Za-z]{36}`, `xox[abpr]-[0-9A-Za-z-]{10,72}`, `eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}`, `[0-9a-f]{32}`, `[0-9a-f]{40}`, `[0-9a-f]{64}`,
	`![A-Za-z0-9+/]{86}==`, `![A-Za-z0-9+/]{43}=`, `!-----BEGIN (?:RSA |EC |OPENSSH )?PRIVATE KEY-----`, `!(?i)\b[a-z]{3,10}://[^\s:@/]{1,64}:[^\s@/]{1,64}@`, `[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,5}`, `(?i:password|pwd) ?[=:] ?\S{6,40}`,
	`(?i:sig)=[A-Za-z0-9%]{43,53}`, `(?i:accountkey)=[A-Za-z0-9+/]{86}==`,
}

// countries give variants of shapes that many of them share.
var countries = strings.Fields("australian austrian belgian brazilian bulgarian canadian chilean chinese croatian cypriot czech danish dutch estonian finnish french german greek hungarian indian indonesian irish israeli italian japanese latvian lithuanian maltese mexican norwegian polish portuguese romanian slovak slovenian spanish swedish swiss turkish british")

// documents and suffixes give the words of keyword lists.
var (
	documents = []string{"tax", "tax file", "passport", "driver licence", "drivers license", "national id", "identity card", "social security", "social insurance", "health care", "medicare", "bank account", "credit card", "vat", "national insurance", "resident", "personal identification", "citizen service"}
	suffixes  = []string{"number", "no", "no.", "#", "code", "card", "id", "card number"}
	bare      = []string{"tfn", "abn", "acn", "ssn", "itin", "nino", "nhs", "bsn", "dni", "nif", "cpf", "cnpj", "pesel", "nip", "regon", "egn", "cnp", "oib", "emso", "iban", "swift", "bic", "dea", "npi", "mbi", "ahv", "avs", "hkid", "nric", "mykad", "aadhaar", "pan", "gstin", "ktp", "nik", "rrn", "curp", "rfc", "cuit", "rut", "account", "license", "licence", "passport", "expiry", "expiration", "visa", "amex", "mastercard", "führerschein", "ausweis", "steuernummer", "паспорт", "身份证", "運転免許", "여권", "numéro fiscal", "código fiscal", "número de identidad"}
)

// realisticPack has as many regexes and words as the identifiers that are
// published for about forty countries need.
func realisticPack() ([]sit.Type, []sit.KeywordList) {
	rnd := rand.New(rand.NewPCG(42, 1))
	var types []sit.Type
	var lists []sit.KeywordList
	checks := []string{"", "", "", "luhn", ""}
	n := 0
	add := func(shape string, country int) {
		id := fmt.Sprintf("t%03d", n)
		var words []string
		for range 11 {
			d := documents[rnd.IntN(len(documents))]
			switch rnd.IntN(4) {
			case 0:
				words = append(words, countries[country]+" "+d+" "+suffixes[rnd.IntN(len(suffixes))])
			case 1:
				words = append(words, d+" "+suffixes[rnd.IntN(len(suffixes))]+" "+countries[country])
			case 2:
				words = append(words, countries[country]+" "+d)
			default:
				words = append(words, strings.ReplaceAll(d, " ", "")+suffixes[rnd.IntN(len(suffixes))], countries[country][:4]+bare[rnd.IntN(40)])
			}
		}
		for range 4 {
			words = append(words, bare[rnd.IntN(len(bare))])
		}
		lists = append(lists, sit.KeywordList{ID: "k" + id, Words: words})
		e := sit.Element{Regex: `\b` + shape + `\b`}
		if strings.HasPrefix(shape, "!") {
			e.Regex = shape[1:]
		}
		if c := checks[n%len(checks)]; c != "" && strings.HasPrefix(shape, `\d`) {
			e.Validate = []string{c}
		}
		t := sit.Type{ID: id, Name: id, Patterns: []sit.Pattern{{Confidence: 85, Match: e, Near: &sit.Need{Element: &sit.Element{Keywords: []string{"k" + id}}}}}}
		if n%8 == 0 {
			t.Patterns = append(t.Patterns, sit.Pattern{Confidence: 65, Match: sit.Element{Regex: e.Regex, Validate: []string{"luhn"}}})
		}
		types = append(types, t)
		n++
	}
	for i, s := range shapes {
		add(s, i%len(countries))
	}
	// National variants: other fixed parts and lengths, as countries have.
	for i := 0; n < 360; i++ {
		c := i % len(countries)
		k := i / len(countries)
		p := strings.ToUpper(countries[c][:2])
		add([]string{
			fmt.Sprintf(`%s\d{%d}`, p, 5+c%7), fmt.Sprintf(`[%s]\d{%d}[A-Z]?`, p, 6+c%5), fmt.Sprintf(`%d\d{%d}[ -]?\d{%d}`, 1+c%9, 2+c%3, 4+c%4),
			fmt.Sprintf(`\d{%d}[A-Z]{%d}\d{%d}`, 1+c%4, 1+c%3, 3+c%5), fmt.Sprintf(`\d{%d}[.-]\d{%d}[.-]\d{%d}`, 2+c%3, 3+c%2, 2+c%4), fmt.Sprintf(`%s[- ]?[A-Z0-9]{%d}`, p, 6+c%6),
		}[k%6], c)
	}
	return types, lists
}
