package marking

import "strings"

// Reading the closed vocabularies. A value is compared octet by octet first;
// only when that fails is it brought into a form in which the spellings met
// in practice agree, and the way it differed is reported.

// deviation is how a value differed from its canonical spelling.
type deviation uint8

const (
	devCase    deviation = 1 << iota // letters of another case
	devSpace                         // blanks that do not belong
	devVariant                       // other separators, quotes, an older form
)

// maxWord bounds a value of a closed vocabulary, in octets.
const maxWord = 64

// foldWord writes v into buf in upper case with each run of blanks, colons,
// underscores and hyphens as one hyphen, quotes and blanks around it removed.
// It returns nil when v is longer than any known value or not plain ASCII.
func foldWord(buf *[maxWord]byte, v string) []byte {
	v = unquote(v)
	if len(v) == 0 || len(v) > maxWord {
		return nil
	}
	n, sep := 0, false
	for i := 0; i < len(v); i++ {
		c := v[i]
		switch {
		case c >= 'a' && c <= 'z':
			c -= 'a' - 'A'
		case isBlank(c) || c == ':' || c == '_' || c == '-':
			if sep {
				continue
			}
			sep = true
			buf[n] = '-'
			n++
			continue
		case c >= 0x80 || c < ' ':
			return nil
		}
		sep = false
		buf[n] = c
		n++
	}
	return buf[:n]
}

func unquote(v string) string {
	if len(v) > 2 && (v[0] == '"' || v[0] == '\'') && v[len(v)-1] == v[0] {
		return trimBlank(v[1 : len(v)-1])
	}
	return v
}

// compareWord tells how v, known to mean canon, differs from it.
func compareWord(v, canon string) deviation {
	if v == canon {
		return 0
	}
	var dev deviation
	i, blanks := 0, false
	for j := 0; j < len(v); j++ {
		c := v[j]
		if isBlank(c) {
			blanks = true
			continue
		}
		if i < len(canon) && c == canon[i] {
			i++
			continue
		}
		if i < len(canon) && c|0x20 == canon[i]|0x20 && isLetter(c) {
			dev |= devCase
			i++
			continue
		}
		return devVariant | caseDeviation(v, canon)
	}
	if i != len(canon) {
		return devVariant | caseDeviation(v, canon)
	}
	if blanks {
		dev |= devSpace
	}
	return dev
}

// caseDeviation compares the letters of v and canon only.
func caseDeviation(v, canon string) deviation {
	i := 0
	for j := 0; j < len(v); j++ {
		if !isLetter(v[j]) {
			continue
		}
		for i < len(canon) && !isLetter(canon[i]) {
			i++
		}
		if i == len(canon) {
			return 0
		}
		if v[j] != canon[i] && v[j]|0x20 == canon[i]|0x20 {
			return devCase
		}
		i++
	}
	return 0
}

// class is what a SEC or DOWNTO value was read as.
type class struct {
	name       string // canonical, "" if unknown
	dlm        string // a DLM value that stood in place of a class
	historical bool
	dev        deviation
}

func readClass(v string) class {
	switch v { // the wire spellings of EPMS 2024 Table 5
	case Unofficial, Official, OfficialSensitive, Protected, Secret, TopSecret:
		return class{name: v}
	}
	var buf [maxWord]byte
	w := foldWord(&buf, v)
	canon := ""
	switch string(w) {
	case "UNOFFICIAL":
		canon = Unofficial
	case "OFFICIAL":
		canon = Official
	case "OFFICIAL-SENSITIVE":
		canon = OfficialSensitive
	case "PROTECTED":
		canon = Protected
	case "SECRET":
		canon = Secret
	case "TOP-SECRET", "TOPSECRET":
		canon = TopSecret
	}
	if canon != "" {
		return class{name: canon, dev: compareWord(v, canon)}
	}
	if h := historicalClass(w); h != "" {
		return class{name: h, historical: true, dev: compareWord(v, h)}
	}
	if d, _ := readDLM(v); d != "" {
		return class{dlm: d, historical: true, dev: devVariant}
	}
	return class{}
}

// historicalClass reads a folded word of 2012.3 or before: one of the five
// words, or an audience with IN-CONFIDENCE on either side of it
// ("STAFF-IN-CONFIDENCE", "IN-CONFIDENCE:PRIVACY").
func historicalClass(w []byte) string {
	switch string(w) {
	case Unclassified:
		return Unclassified
	case Confidential:
		return Confidential
	case Restricted:
		return Restricted
	case "HIGHLY-PROTECTED":
		return HighlyProtected
	case InConfidence:
		return InConfidence
	}
	s := string(w)
	if who, ok := strings.CutPrefix(s, InConfidence+"-"); ok && isAudience(who) {
		return InConfidence + ":" + who
	}
	if who, ok := strings.CutSuffix(s, "-"+InConfidence); ok && isAudience(who) {
		return s
	}
	return ""
}

func isAudience(s string) bool {
	switch s {
	case "AUDIT", "CABINET", "CLIENT", "COMMERCIAL", "HONOURS", "INTELLIGENCE",
		"LEGAL", "MEDICAL", "PERSONNEL", "PRIVACY", "PSYCHOLOGY", "SECURITY", "STAFF":
		return true
	}
	return false
}

func readDLM(v string) (string, deviation) {
	switch v {
	case DLMOfficialUseOnly, DLMSensitive, DLMSensitivePersonal, DLMSensitiveLegal, DLMSensitiveCabinet:
		return v, 0
	}
	var buf [maxWord]byte
	canon := ""
	switch string(foldWord(&buf, v)) {
	case "FOR-OFFICIAL-USE-ONLY", "FOUO":
		canon = DLMOfficialUseOnly
	case "SENSITIVE":
		canon = DLMSensitive
	case "SENSITIVE-PERSONAL":
		canon = DLMSensitivePersonal
	case "SENSITIVE-LEGAL":
		canon = DLMSensitiveLegal
	case "SENSITIVE-CABINET":
		canon = DLMSensitiveCabinet
	default:
		return "", 0
	}
	return canon, compareWord(v, canon)
}

func dlmStrength(d string) int {
	switch d {
	case DLMSensitiveCabinet:
		return 4
	case DLMSensitiveLegal, DLMSensitivePersonal:
		return 3
	case DLMSensitive:
		return 2
	case DLMOfficialUseOnly:
		return 1
	}
	return 0
}

func readIMM(v string) (string, deviation) {
	switch v {
	case PersonalPrivacy, LegalPrivilege, LegislativeSecrecy:
		return v, 0
	}
	var buf [maxWord]byte
	canon := ""
	switch string(foldWord(&buf, v)) {
	case "PERSONAL-PRIVACY":
		canon = PersonalPrivacy
	case "LEGAL-PRIVILEGE":
		canon = LegalPrivilege
	case "LEGISLATIVE-SECRECY":
		canon = LegislativeSecrecy
	default:
		return "", 0
	}
	return canon, compareWord(v, canon)
}

func isBlank(c byte) bool  { return c == ' ' || c == '\t' || c == '\r' || c == '\n' }
func isLetter(c byte) bool { c |= 0x20; return c >= 'a' && c <= 'z' }
func isDigit(c byte) bool  { return c >= '0' && c <= '9' }
func isUpper(c byte) bool  { return c >= 'A' && c <= 'Z' }

func trimBlank(s string) string {
	for len(s) > 0 && isBlank(s[0]) {
		s = s[1:]
	}
	for len(s) > 0 && isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s
}
