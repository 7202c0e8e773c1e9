package marking

import "strings"

// caveatResult is what a CAVEAT value was read as.
type caveatResult struct {
	value      string // canonical, or as written when unknown
	known      bool
	historical bool
	text       bool // value carries free text
	textLen    int  // octets of free text as written
	dev        deviation
}

// readCaveat reads the value of a CAVEAT element (EPMS 2024 Tables 7 to 12):
// a type, a colon and a value of that type. v has no blanks around it.
func readCaveat(v string) caveatResult {
	switch v {
	case CaveatCabinet, CaveatNationalCabinet, CaveatOrcon, CaveatDelicateSource,
		CaveatAccountableMaterial, CaveatAUSTEO, CaveatAGAO:
		return caveatResult{value: v, known: true}
	}
	typ, rest, dev := cutType(v)
	switch typ {
	case "C", "FG", "SC":
		r := textCaveat(v, typ+":", rest, dev)
		r.historical = typ == "SC" // source codeword, 2012.3 only
		return r
	case "RI", "SH":
		return controlCaveat(v, typ, rest, dev)
	}
	return untypedCaveat(v)
}

// cutType splits the type off. Practice writes a hyphen or a blank for the
// colon after RI and SH, where no value can begin with either.
func cutType(v string) (typ, rest string, dev deviation) {
	i := 0
	for i < len(v) && i < 3 && isLetter(v[i]) {
		i++
	}
	var buf [2]byte
	if i == 0 || i > 2 {
		return "", v, 0
	}
	for j := 0; j < i; j++ {
		buf[j] = v[j] &^ 0x20
	}
	switch string(buf[:i]) {
	case "C":
		typ = "C"
	case "FG":
		typ = "FG"
	case "SC":
		typ = "SC"
	case "RI":
		typ = "RI"
	case "SH":
		typ = "SH"
	default:
		return "", v, 0
	}
	if v[:i] != typ {
		dev |= devCase
	}
	j := i
	for j < len(v) && isBlank(v[j]) {
		j++
	}
	switch {
	case j < len(v) && v[j] == ':':
		j++
	case j < len(v) && v[j] == '-' && (typ == "RI" || typ == "SH"):
		dev |= devVariant
		j++
	case j > i && (typ == "RI" || typ == "SH"):
		dev |= devVariant
	default:
		return "", v, 0
	}
	if j > i+1 && dev&devVariant == 0 {
		dev |= devSpace
	}
	return typ, v[j:], dev
}

// textCaveat reads a codeword or a foreign marking.
func textCaveat(v, prefix, rest string, dev deviation) caveatResult {
	if rest != "" && isBlank(rest[0]) && dev&devVariant == 0 {
		dev |= devSpace
	}
	rest = trimBlank(rest)
	if rest == "" {
		return caveatResult{value: v, dev: dev}
	}
	text, n, odd := decodeText(rest)
	if odd {
		dev |= devVariant
	}
	return caveatResult{value: join(v, prefix, text), known: true, text: true, textLen: n, dev: dev}
}

// join is prefix and text; when v reads so already, v itself.
func join(v, prefix, text string) string {
	if rest, ok := strings.CutPrefix(v, prefix); ok && rest == text {
		return v
	}
	return prefix + text
}

// controlCaveat reads release instructions (RI) and special handling (SH). A
// value that stands under the other type is taken for what it says.
func controlCaveat(v, typ, rest string, dev deviation) caveatResult {
	word := trimBlank(rest)
	if len(word) != len(rest) && dev&devVariant == 0 {
		dev |= devSpace
	}
	if t2, r2, _ := cutType(word); t2 == "SH" || t2 == "RI" { // "RI:SH:DELICATE SOURCE"
		typ, word = t2, trimBlank(r2)
		dev |= devVariant
	}
	if canon, d := fixedCaveat(word); canon != "" {
		if !strings.HasPrefix(canon, typ) {
			d |= devVariant
		}
		return caveatResult{value: canon, known: true, dev: dev | d}
	}
	if text, d, ok := exclusiveFor(word); ok {
		if typ != "SH" {
			d |= devVariant
		}
		return exclusiveCaveat(v, text, dev|d)
	}
	return releaseCaveat(v, word, typ, dev)
}

// exclusiveCaveat reads the person or indicator after EXCLUSIVE-FOR. The
// grammar (EPMS 2024 Table 12) puts nothing between them, so a blank there is
// part of the text and counts; it is not part of the value.
func exclusiveCaveat(v, rest string, dev deviation) caveatResult {
	t := trimBlank(rest)
	if t == "" {
		return caveatResult{value: v, dev: dev}
	}
	text, n, odd := decodeText(t)
	if odd {
		dev |= devVariant
	}
	if isBlank(rest[0]) {
		n++
	}
	return caveatResult{value: join(v, exclusivePrefix, text), known: true, text: true, textLen: n, dev: dev}
}

const exclusivePrefix = "SH:EXCLUSIVE-FOR "

// fixedCaveat reads a caveat without free text, its type already removed. The
// two spellings of DELICATE SOURCE (EPMS 2024 Table 1 and Table 12) are both
// right.
func fixedCaveat(word string) (canon string, dev deviation) {
	if word == "DELICATE SOURCE" {
		return CaveatDelicateSource, 0
	}
	var buf [maxWord]byte
	switch string(foldWord(&buf, word)) {
	case "AUSTEO":
		canon = CaveatAUSTEO
	case "AGAO":
		canon = CaveatAGAO
	case "CABINET":
		canon = CaveatCabinet
	case "NATIONAL-CABINET":
		canon = CaveatNationalCabinet
	case "ORCON":
		canon = CaveatOrcon
	case "DELICATE-SOURCE":
		canon = CaveatDelicateSource
	case "ACCOUNTABLE-MATERIAL":
		canon = CaveatAccountableMaterial
	default:
		return "", 0
	}
	return canon, compareWord(word, canon[len("SH:"):])
}

// exclusiveFor cuts the keyword off; text is what follows, blanks included.
func exclusiveFor(word string) (text string, dev deviation, ok bool) {
	const key = "EXCLUSIVE-FOR"
	if len(word) < len(key) {
		return "", 0, false
	}
	for i := 0; i < len(key); i++ {
		c := word[i]
		switch {
		case c == key[i]:
		case isLetter(c) && c&^0x20 == key[i]:
			dev |= devCase
		case key[i] == '-' && (isBlank(c) || c == '_'):
			dev |= devVariant
		default:
			return "", 0, false
		}
	}
	text = word[len(key):]
	if text != "" && text[0] == ':' {
		text, dev = text[1:], dev|devVariant
	}
	return text, dev, true
}

// releaseCaveat reads RI:REL with its countries, three letters each (EPMS
// 2024 Table 11; ISO 3166-1 alpha-3), and the eyes-only list of 2012.3
// ("AUS/USA EO").
func releaseCaveat(v, word, typ string, dev deviation) caveatResult {
	rest, d := word, deviation(0)
	eyes := false
	switch {
	case len(word) > 4 && strings.EqualFold(word[:3], "REL") && !isLetter(word[3]):
		if word[:3] != "REL" {
			d |= devCase
		}
		if word[3] != '/' && word[3] != ' ' {
			d |= devVariant
		}
		rest = word[4:]
	case len(word) > 6 && strings.EqualFold(word[len(word)-3:], " EO"):
		rest, eyes = word[:len(word)-3], true
	default:
		return caveatResult{value: v, dev: dev}
	}
	codes := make([]byte, 0, len(rest))
	for i := 0; i < len(rest); {
		j := i
		for j < len(rest) && isLetter(rest[j]) {
			j++
		}
		if j-i != 3 {
			return caveatResult{value: v, dev: dev}
		}
		if len(codes) > 0 {
			codes = append(codes, '/')
		}
		for ; i < j; i++ {
			if !isUpper(rest[i]) {
				d |= devCase
			}
			codes = append(codes, rest[i]&^0x20)
		}
		if j == len(rest) {
			break
		}
		for i < len(rest) && !isLetter(rest[i]) {
			if rest[i] != '/' && rest[i] != ' ' && rest[i] != ';' {
				return caveatResult{value: v, dev: dev}
			}
			i++
		}
		if i == len(rest) {
			return caveatResult{value: v, dev: dev}
		}
		if i != j+1 || rest[j] != '/' {
			d |= devVariant
		}
	}
	if typ != "RI" {
		d |= devVariant
	}
	dev |= d
	switch {
	case eyes:
		return caveatResult{value: "RI:" + string(codes) + " EO", known: true, historical: true, dev: dev}
	case dev == 0:
		return caveatResult{value: v, known: true}
	}
	return caveatResult{value: "RI:REL/" + string(codes), known: true, dev: dev}
}

// untypedCaveat reads the forms before 2012 that had no type.
func untypedCaveat(v string) caveatResult {
	if canon, d := fixedCaveat(v); canon != "" {
		return caveatResult{value: canon, known: true, historical: true, dev: d}
	}
	return caveatResult{value: v}
}
