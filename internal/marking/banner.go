package marking

import "strings"

// Banner lines: how markings are shown in documents and in the text of mail.
// No standard gives their grammar; the order is that of the PSPF (class,
// caveats, markers) with the separators met in practice:
//
//	line   = [name ":"] class *(sep item)      "Classification: PROTECTED"
//	class  = "UNOFFICIAL" / "OFFICIAL" / "OFFICIAL: Sensitive" / "PROTECTED"
//	       / "SECRET" / "TOP SECRET"
//	sep    = "//" / "/" / "," / ";" / "|" / "-" / blanks
//	item   = caveat / marker [ "(" words ")" ]
//
// Classes are in capitals, except where ": Sensitive" makes them
// unmistakable. "OFFICIAL-SENSITIVE" in capitals with a hyphen is a marking
// of the United Kingdom and is not read. Only after "//" may a caveat be
// unknown; after anything else an unknown word makes the line a sentence.

// maxBanner is the longest line taken for a banner, in octets.
const maxBanner = 200

// banner is a line read as a marking, or as items that belong to one.
type banner struct {
	class      string
	dlm        string
	historical bool
	caveats    []string
	imms       []string
	unknown    bool // a caveat is unknown
	item       bool // stands in a list with bullets
}

func (b *banner) hasClass() bool { return b.class != "" || b.dlm != "" }

// readBanner reads a whole line. ok is false if it is anything else.
func readBanner(line string) (b banner, ok bool) {
	s, item := undecorate(line)
	if s == "" || len(s) > maxBanner || !mayBeBanner(s) {
		return b, false
	}
	b.item = item
	s = cutName(s)
	if n := b.readClassAt(s); n > 0 {
		ok = b.readItems(s[n:], true)
		return b, ok
	}
	if b.readHistorical(s) {
		return b, true
	}
	ok = b.readItems(s, false)
	return b, ok
}

// cutName removes a field name before a marking.
func cutName(s string) string {
	i := strings.IndexByte(s, ':')
	if i < 0 || i > 40 {
		return s
	}
	switch strings.ToLower(trimBlank(s[:i])) {
	case "classification", "security classification", "protective marking", "marking",
		"document classification", "email classification", "sensitivity":
		return strings.TrimLeft(s[i+1:], " \t*_")
	}
	return s
}

// word matches w at the start of s where a word ends; exact wants its case,
// otherwise the first letter decides nothing. Blanks in w stand for one or
// more blanks, hyphens or underscores. It returns the octets matched, 0 if
// none.
func word(s, w string, exact bool) int {
	i := 0
	for j := 0; j < len(w); j++ {
		if w[j] == ' ' {
			k := i
			for k < len(s) && (isBlank(s[k]) || s[k] == '-' || s[k] == '_') {
				k++
			}
			if k == i {
				return 0
			}
			i = k
			continue
		}
		if i == len(s) || s[i] != w[j] && (exact || !isLetter(s[i]) || s[i]|0x20 != w[j]|0x20) {
			return 0
		}
		i++
	}
	if i < len(s) && (isLetter(s[i]) || isDigit(s[i]) || s[i] >= 0x80 || s[i] == '\'' || s[i] == '_') {
		return 0
	}
	return i
}

// readClassAt reads a class at the start of s and returns its length.
func (b *banner) readClassAt(s string) int {
	if s == "" {
		return 0
	}
	switch s[0] {
	case 'O', 'o':
		return b.readOfficial(s)
	case 'U':
		if n := word(s, Unofficial, true); n > 0 {
			b.class = Unofficial
			return n
		}
	case 'P':
		if n := word(s, Protected, true); n > 0 {
			b.class = Protected
			return n
		}
	case 'S':
		if n := word(s, Secret, true); n > 0 {
			b.class = Secret
			return n
		}
	case 'T':
		if n := word(s, "TOP SECRET", true); n > 0 {
			b.class = TopSecret
			return n
		}
	}
	return 0
}

// readOfficial tells OFFICIAL and OFFICIAL: Sensitive apart.
func (b *banner) readOfficial(s string) int {
	n := word(s, Official, false)
	if n == 0 {
		return 0
	}
	capitals := s[:n] == Official
	i, colon, hyphen := n, false, false
	for i < len(s) && (isBlank(s[i]) || s[i] == ':' || s[i] == '-') {
		colon = colon || s[i] == ':'
		hyphen = hyphen || s[i] == '-'
		i++
	}
	if m := word(s[i:], "Sensitive", false); m > 0 && i > n {
		second := s[i : i+m]
		switch {
		case colon:
		case !capitals || second[0] != 'S':
			return 0
		case hyphen && second == "SENSITIVE":
			return 0 // United Kingdom
		}
		b.class = OfficialSensitive
		return i + m
	}
	if !capitals {
		return 0
	}
	b.class = Official
	return n
}

// readHistorical reads a historical word that is all of s, in capitals or
// with a colon that makes it unmistakable.
func (b *banner) readHistorical(s string) bool {
	colon := strings.IndexByte(s, ':') > 0
	if !colon && s != strings.ToUpper(s) && word(s, "For Official Use Only", true) != len(s) {
		return false
	}
	var buf [maxWord]byte
	w := foldWord(&buf, s)
	if w == nil {
		return false
	}
	if h := historicalClass(w); h != "" {
		b.class, b.historical = h, true
		return true
	}
	if d, _ := readDLM(s); d != "" && d != DLMSensitive {
		b.dlm, b.historical = d, true
		return true
	}
	return false
}

// readItems reads caveats and markers to the end of s. With after set s
// follows a class and may be empty, and a separator must come first.
func (b *banner) readItems(s string, after bool) bool {
	for first := !after; ; first = false {
		strict := false
		if !first {
			i := 0
			for i < len(s) && (isBlank(s[i]) || strings.IndexByte("/,;|-", s[i]) >= 0) {
				i++
			}
			sep := s[:i]
			s = s[i:]
			if s == "" {
				return trimBlank(sep) == ""
			}
			if i == 0 {
				return false
			}
			strict = strings.Contains(sep, "//")
		}
		n := b.readItem(s)
		if n == 0 && strict {
			n = strings.Index(s, "//")
			if n < 0 {
				n = len(s)
			}
			if n == 0 || n > maxWord {
				return false
			}
			b.unknown = true
			b.caveats = append(b.caveats, trimBlank(s[:n]))
		}
		if n == 0 {
			return false
		}
		s = s[n:]
	}
}

// readItem reads one caveat or marker and returns its length.
func (b *banner) readItem(s string) int {
	skip := 0
	for _, p := range [...]string{"ACCESS=", "CAVEAT=", "SH:", "RI:"} {
		if strings.HasPrefix(s[skip:], p) {
			skip += len(p)
		}
	}
	t := s[skip:]
	for _, imm := range [...]struct{ words, value string }{
		{"Personal Privacy", PersonalPrivacy}, {"Legal Privilege", LegalPrivilege},
		{"Legislative Secrecy", LegislativeSecrecy},
	} {
		if n := word(t, imm.words, false); n > 0 {
			b.imms = addOnce(b.imms, imm.value)
			return skip + n + parenthesis(t[n:])
		}
	}
	for _, c := range [...]struct{ words, value string }{
		{"NATIONAL CABINET", CaveatNationalCabinet}, {"CABINET", CaveatCabinet},
		{"AUSTEO", CaveatAUSTEO}, {"AUSTRALIAN EYES ONLY", CaveatAUSTEO},
		{"AGAO", CaveatAGAO}, {"AUSTRALIAN GOVERNMENT ACCESS ONLY", CaveatAGAO},
		{"ORCON", CaveatOrcon}, {"DELICATE SOURCE", CaveatDelicateSource},
		{"ACCOUNTABLE MATERIAL", CaveatAccountableMaterial},
	} {
		if n := word(t, c.words, true); n > 0 {
			b.caveats = addOnce(b.caveats, c.value)
			return skip + n
		}
	}
	if n := releaseList(t); n > 0 {
		if c := readCaveat("RI:" + t[:n]); c.known {
			b.caveats = addOnce(b.caveats, c.value)
			return skip + n
		}
	}
	if n := word(t, "EXCLUSIVE FOR", true); n > 0 {
		end := strings.Index(t, "//")
		if end < 0 {
			end = len(t)
		}
		if who := trimBlank(t[n:max(n, end)]); who != "" && len(who) <= maxText {
			b.caveats = addOnce(b.caveats, exclusivePrefix+who)
			return skip + end
		}
	}
	return 0
}

// releaseList is the length of "REL AUS/USA" at the start of s.
func releaseList(s string) int {
	if word(s, "REL", true) == 0 {
		return 0
	}
	i, n := len("REL"), 0
	for {
		if i == len(s) || s[i] != '/' && s[i] != ' ' && s[i] != ':' {
			return n
		}
		j := i + 1
		for j < len(s) && isUpper(s[j]) {
			j++
		}
		if j-i != 4 || j < len(s) && (isLetter(s[j]) || isDigit(s[j])) {
			return n
		}
		i, n = j, j
	}
}

// parenthesis is the length of " (Example Act)" at the start of s, 0 if there
// is none.
func parenthesis(s string) int {
	i := skipBlank(s, 0)
	if i == len(s) || s[i] != '(' {
		return 0
	}
	j := strings.IndexByte(s[i:], ')')
	if j < 0 {
		return 0
	}
	return i + j + 1
}

func addOnce(list []string, v string) []string {
	for _, x := range list {
		if x == v {
			return list
		}
	}
	return append(list, v)
}

// marking makes a marking of a banner. The spelling of banners is not
// governed by the standard, so only what they say is judged.
func (b *banner) marking(raw string) Marking {
	m := newMarking(SourceBody, raw)
	m.Classification, m.DLM = b.class, b.dlm
	if b.caveats != nil {
		m.Caveats = b.caveats
	}
	if b.imms != nil {
		m.IMMs = b.imms
	}
	r := reader{m: &m}
	if b.historical {
		r.add(HistoricalMarking, 0, "words of release 2012.3 or before")
	}
	if b.unknown {
		r.add(UnknownCaveat, 0, "not a caveat of the standard")
	}
	r.permitted()
	return m
}
