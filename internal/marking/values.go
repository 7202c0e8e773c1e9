package marking

import "strings"

// value takes one complete element. at is where its name stands, v the value
// without blanks around it.
func (r *reader) value(at int, k key, v string, free bool) {
	r.n++
	r.order.see(k.kind, at)
	if !k.exact {
		r.add(ElementCase, at, "element name not in upper case")
	}
	if k.colon {
		r.add(ValueVariant, at, "colon in place of the equals sign")
	}
	if k.blanks && !free {
		r.add(SpaceInValue, at, "blanks around the equals sign or the value")
	}
	again := r.seen[k.kind]
	r.seen[k.kind] = true
	if again && k.kind != kCAVEAT && k.kind != kACCESS {
		r.add(DuplicateElement, at, "element may stand only once")
	}
	off := k.value
	switch k.kind {
	case kVER:
		r.version(v, off, again)
	case kNS:
		r.namespace(v, off, again)
	case kSEC:
		r.classification(v, off, again)
	case kDLM:
		r.dlm(v, off)
	case kCAVEAT:
		r.caveat(v, off)
	case kACCESS:
		r.access(v, off)
	case kEXPIRES:
		text := r.text(v, off)
		if !again {
			r.m.Expires = text
		}
	case kDOWNTO:
		r.downto(v, off)
	case kNOTE:
		text := r.text(v, off)
		if !again {
			r.m.Note = text
		}
	case kORIGIN:
		if v == "" {
			r.seen[kORIGIN] = again // as if it were absent
		} else if !isPlainAddress(v) {
			r.add(MissingOrigin, off, "ORIGIN is not a plain address")
		}
		if !again {
			r.m.Origin = v
		}
	}
}

func (r *reader) deviate(dev deviation, off int) {
	if dev&devCase != 0 {
		r.add(ValueCase, off, "value in another case")
	}
	if dev&devVariant != 0 {
		r.add(ValueVariant, off, "value in another spelling")
	}
	if dev&devSpace != 0 {
		r.add(SpaceInValue, off, "blanks inside the value")
	}
}

func (r *reader) version(v string, off int, again bool) {
	if v = unquote(v); !IsVersion(v) {
		if v == "" {
			r.seen[kVER] = again
		} else {
			r.add(MissingVer, off, "VER is not of the form YYYY.N")
		}
		return
	}
	if r.m.Version == "" {
		r.m.Version = v
	}
}

// IsVersion reports the form of a VER value: a year and a number, YYYY.N.
func IsVersion(v string) bool {
	if len(v) < len("2024.1") || len(v) > len("2024.1")+6 || v[4] != '.' {
		return false
	}
	for i := 0; i < len(v); i++ {
		if i != 4 && !isDigit(v[i]) {
			return false
		}
	}
	return true
}

func (r *reader) namespace(v string, off int, again bool) {
	switch v = unquote(v); {
	case v == "":
		r.seen[kNS] = again
	case strings.EqualFold(v, "gov.au"):
		r.ours = true
		r.m.Namespace = "gov.au"
	default:
		if !r.theirs {
			r.add(UnknownNamespace, off, "the namespace is not gov.au")
		}
		r.theirs = true
		if r.m.Namespace == "" {
			r.m.Namespace = v
		}
	}
}

// classification keeps the highest class of a repeated SEC.
func (r *reader) classification(v string, off int, again bool) {
	c := readClass(v)
	r.deviate(c.dev, off)
	if c.historical {
		r.add(HistoricalMarking, off, "class of release 2012.3 or before")
	}
	if c.name == "" || c.historical {
		r.add(UnknownClassification, off, "not a class of the standard")
	}
	if c.dlm != "" && r.m.DLM == "" {
		r.m.DLM = c.dlm
	}
	old, _ := Rank(r.m.Classification)
	now, _ := Rank(c.name)
	if !again || now > old || r.m.Classification == "" {
		r.m.Classification = c.name
	}
}

func (r *reader) dlm(v string, off int) {
	d, dev := readDLM(v)
	r.deviate(dev, off)
	r.add(HistoricalMarking, off, "DLM was an element of release 2012.3")
	if d == "" {
		r.add(UnknownClassification, off, "not a DLM of release 2012.3")
		return
	}
	if dlmStrength(d) > dlmStrength(r.m.DLM) {
		r.m.DLM = d
	}
}

func (r *reader) caveat(v string, off int) {
	c := readCaveat(v)
	r.deviate(c.dev, off)
	if c.historical {
		r.add(HistoricalMarking, off, "caveat form of release 2012.3 or before")
	}
	if !c.known {
		r.add(UnknownCaveat, off, "not a caveat of the standard")
	}
	if c.textLen > maxText {
		r.add(TextTooLong, off, "text longer than 128 octets")
	}
	if c.value == "" {
		return
	}
	if r.repeated(c.value) {
		r.add(DuplicateCaveat, off, "the same caveat again")
		return
	}
	r.m.Caveats = append(r.m.Caveats, c.value)
}

// fewCaveats is up to how many caveats are compared one by one.
const fewCaveats = 16

func (r *reader) repeated(value string) bool {
	value = CaveatKey(value)
	if r.keys == nil {
		for _, c := range r.m.Caveats {
			if CaveatKey(c) == value {
				return true
			}
		}
		if len(r.m.Caveats) < fewCaveats {
			return false
		}
		r.keys = make(map[string]struct{}, 4*fewCaveats)
		for _, c := range r.m.Caveats {
			r.keys[CaveatKey(c)] = struct{}{}
		}
	}
	if _, ok := r.keys[value]; ok {
		return true
	}
	r.keys[value] = struct{}{}
	return false
}

// maxIMMs bounds the unknown ACCESS values kept; the known are three.
const maxIMMs = 32

func (r *reader) access(v string, off int) {
	imm, dev := readIMM(v)
	r.deviate(dev, off)
	if imm == "" {
		r.add(UnknownIMM, off, "not an information management marker of the standard")
		imm = v
	}
	if imm == "" {
		return
	}
	for _, have := range r.m.IMMs {
		if have == imm {
			r.add(DuplicateIMM, off, "the same marker again")
			return
		}
	}
	if len(r.m.IMMs) < maxIMMs {
		r.m.IMMs = append(r.m.IMMs, imm)
	}
}

// downto keeps the highest class of a repeated DOWNTO.
func (r *reader) downto(v string, off int) {
	c := readClass(v)
	r.deviate(c.dev, off)
	switch {
	case c.name == "":
		r.add(UnknownClassification, off, "DOWNTO is not a class of the standard")
		return
	case c.historical:
		r.add(HistoricalMarking, off, "class of release 2012.3 or before")
	}
	if r.m.Downto == "" || Lower(r.m.Downto, c.name) {
		r.m.Downto = c.name
	}
}

func (r *reader) text(v string, off int) string {
	text, n, odd := decodeText(v)
	if odd {
		r.add(ValueVariant, off, "backslash before a character that needs none")
	}
	switch {
	case n > maxText:
		r.add(TextTooLong, off, "text longer than 128 octets")
	case n == 0:
		r.add(ValueVariant, off, "element without a value")
	}
	return text
}

// isPlainAddress tells whether s is dot-atom-text "@" dot-atom-text
// (RFC 5322 3.2.3).
func isPlainAddress(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	return ok && isDotAtom(local) && isDotAtom(domain)
}

func isDotAtom(s string) bool {
	dot := true // as if one stood before
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c == '.' {
			if dot {
				return false
			}
			dot = true
			continue
		}
		if !isLetter(c) && !isDigit(c) && strings.IndexByte("!#$%&'*+-/=?^_`{|}~", c) < 0 {
			return false
		}
		dot = false
	}
	return !dot
}
