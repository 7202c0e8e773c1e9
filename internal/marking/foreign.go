package marking

import "strings"

// Lines of schemes whose marking is words and no tagged form:
//
//	line = [name ":"] [prefix] *(endorsement) class *(sep item)
//
// The words of the schemes overlap: SECRET is a class of five of them. A
// vocabulary that is not at home therefore takes a line only if something on
// it belongs to this scheme alone: its class ("OFFICIAL-SENSITIVE", "CUI"),
// its prefix ("UK"), an endorsement before the class, a handling instruction.
// Words alone are left to the home scheme.

// vocabulary is one scheme's words.
type vocabulary struct {
	scheme   string
	home     bool
	seps     string // octets that may stand between class and items, blanks aside
	prefixes []string
	classes  []classWord // longer spellings first
	before   []itemWord  // endorsements before the class
	after    []itemWord
	// item reads what lists cannot hold: the canonical name, whether it
	// takes the place of an IMM, and the octets read, 0 for none.
	item    func(s, class string) (name string, imm bool, n int)
	tags    []tagWord
	phrases []string // words that in a subject mean the first class
	portion string   // class that paragraphs are marked with in parentheses
}

// classWord is one spelling of a class. A blank in it stands for blanks,
// hyphens and underscores, everything else for itself.
type classWord struct {
	words, name string
	own         bool // no other scheme writes it
	endorsable  bool // own with an endorsement before it
	hyphen      bool // own if a hyphen stands in it
	variant     bool // not the canonical spelling
	historical  bool
}

type itemWord struct {
	words string
	name  string // canonical, words if empty
	imm   bool   // a descriptor, not a handling instruction
	own   bool   // no other scheme has it
}

func (w itemWord) canonical() string {
	if w.name != "" {
		return w.name
	}
	return w.words
}

// tagWord is a word that means something in brackets.
type tagWord struct{ word, class, caveat string }

// words is a line as read.
type words struct {
	class         string
	caveats, imms []string
	own           bool
	unknown       bool // an item is not of the scheme
	variant       bool
	historical    bool
	item          bool // stands in a list with bullets
}

// begins tells whether a marking of the vocabulary can begin with c.
func (v *vocabulary) begins(c byte) bool {
	if !isUpper(c) {
		return false
	}
	for _, p := range v.prefixes {
		if p[0] == c {
			return true
		}
	}
	for i := range v.before {
		if v.before[i].words[0] == c {
			return true
		}
	}
	for i := range v.classes {
		if v.classes[i].words[0] == c {
			return true
		}
	}
	return false
}

// bareLine takes frames, bullets and a field name off a line; ok is false for
// a line that is too long or too short for a marking.
func bareLine(line string) (s string, item, ok bool) {
	s, item = undecorate(line)
	if len(s) < 2 || len(s) > maxBanner {
		return "", false, false
	}
	s = cutName(s)
	return s, item, len(s) > 1
}

// readBare reads a marking that is all of s.
func (v *vocabulary) readBare(s string) (w words, ok bool) {
	if s == "" || !v.begins(s[0]) {
		return w, false
	}
	for _, p := range v.prefixes {
		if n := word(s, p, true); n > 0 && n < len(s) {
			w.own = true
			s = trimBlank(s[n:])
			break
		}
	}
	endorsed := false
	for range maxItems {
		it, n := findItem(v.before, s)
		if n == 0 || n == len(s) || !isBlank(s[n]) {
			break
		}
		w.caveats = addOnce(w.caveats, it.canonical())
		s = trimBlank(s[n:])
		endorsed = true
	}
	c, n := v.classAt(s)
	if n == 0 {
		return w, false
	}
	w.class, w.variant, w.historical = c.name, c.variant, c.historical
	w.own = w.own || c.own || endorsed && c.endorsable || c.hyphen && strings.IndexByte(s[:n], '-') >= 0
	if !v.items(&w, s[n:]) {
		return w, false
	}
	return w, w.own || v.home
}

func (v *vocabulary) classAt(s string) (classWord, int) {
	for _, c := range v.classes {
		if n := word(s, c.words, true); n > 0 {
			return c, n
		}
	}
	return classWord{}, 0
}

func findItem(list []itemWord, s string) (itemWord, int) {
	for _, it := range list {
		if n := word(s, it.words, true); n > 0 {
			return it, n
		}
	}
	return itemWord{}, 0
}

// maxItems bounds the items of one line.
const maxItems = 32

// items reads items to the end of s. Only after "//" may one be unknown;
// elsewhere an unknown word makes the line a sentence.
func (v *vocabulary) items(w *words, s string) bool {
	for range maxItems {
		i := 0
		for i < len(s) && (isBlank(s[i]) && v.seps != "/" || strings.IndexByte(v.seps, s[i]) >= 0) {
			i++
		}
		sep := s[:i]
		s = s[i:]
		switch {
		case s == "":
			return trimBlank(sep) == ""
		case i == 0:
			return false
		}
		if it, n := findItem(v.after, s); n > 0 {
			w.own = w.own || it.own
			w.take(it.canonical(), it.imm)
			s = s[n:]
			continue
		}
		if v.item != nil {
			if name, imm, n := v.item(s, w.class); n > 0 {
				w.take(name, imm)
				s = s[n:]
				continue
			}
		}
		if !strings.Contains(sep, "//") {
			return false
		}
		n := itemEnd(s)
		if n == 0 || n > maxWord {
			return false
		}
		w.unknown = true
		w.caveats = addOnce(w.caveats, trimBlank(s[:n]))
		s = s[n:]
	}
	return false
}

func (w *words) take(name string, imm bool) {
	if imm {
		w.imms = addOnce(w.imms, name)
	} else {
		w.caveats = addOnce(w.caveats, name)
	}
}

// itemEnd is where an item of free words ends: before "//" or at the end.
func itemEnd(s string) int {
	if i := strings.Index(s, "//"); i >= 0 {
		return i
	}
	return len(s)
}

// useOnly reports "[organisation] USE ONLY" in capitals.
func useOnly(s string) bool {
	f := strings.Fields(strings.TrimRight(s, " \t]"))
	n := len(f)
	return n > 2 && f[n-2] == "USE" && f[n-1] == "ONLY" && s == strings.ToUpper(s)
}

// marking makes a marking of the words.
func (v *vocabulary) marking(w words, src Source, raw string) Marking {
	m := newMarking(src, raw)
	m.Scheme, m.Classification = v.scheme, w.class
	if w.caveats != nil {
		m.Caveats = w.caveats
	}
	if w.imms != nil {
		m.IMMs = w.imms
	}
	r := reader{m: &m}
	if w.variant {
		r.add(ValueVariant, 0, "not the spelling of the scheme")
	}
	if w.historical {
		r.add(HistoricalMarking, 0, "words that the scheme no longer uses")
	}
	if w.unknown {
		r.add(UnknownCaveat, 0, "not an item of the scheme")
	}
	return m
}

// tag reads the content of brackets that is one of the scheme's tags.
func (v *vocabulary) tag(s string) (words, bool) {
	s = trimBlank(s)
	for _, t := range v.tags {
		if s == t.word || t.class == "" && strings.EqualFold(s, t.word) {
			w := words{class: t.class, own: true}
			if t.caveat != "" {
				w.caveats = []string{t.caveat}
			}
			return w, true
		}
	}
	return words{}, false
}
