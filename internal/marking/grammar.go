package marking

import "strings"

// The grammar (EPMS 2024 §7.2, Tables 3 to 16; RFC 5234, names and values
// case-sensitive as in RFC 7405), restated:
//
//	field   = VER sep NS sep medium [sep NOTE] sep ORIGIN     header, Table 3
//	tag     = "[" medium "]"                                  subject, Table 2
//	medium  = SEC *(sep CAVEAT) *(sep ACCESS) [sep expiry]    Table 16
//	        / SEC *(sep CAVEAT) [sep expiry] *(sep ACCESS)    §7.1, Table 1
//	expiry  = EXPIRES sep DOWNTO
//	sep     = "," FWS                  at least one blank, folds allowed
//
//	VER     = "VER=" 4DIGIT "." 1*DIGIT
//	NS      = "NS=" "gov.au"           the one value without case
//	SEC     = "SEC=" class             Table 5; DOWNTO likewise
//	CAVEAT  = "CAVEAT=" type ":" …     Tables 7 to 12, see caveat.go
//	ACCESS  = "ACCESS=" marker
//	EXPIRES = "EXPIRES=" (full-date ["T" full-time] / text)   RFC 3339
//	NOTE    = "NOTE=" text
//	ORIGIN  = "ORIGIN=" dot-atom-text "@" dot-atom-text       RFC 5322 3.2.3
//	text    = 1..128 octets as written, see freetext.go
//
// Where the standard's two definitions disagree both readings are right: the
// place of ACCESS, "REL/" and "REL ", DELICATE-SOURCE with hyphen or blank.
// Releases 2018.1 and 2018.2 put ACCESS before CAVEAT. Release 2012.3 has
// DLM after or instead of SEC.
//
// Tolerated and reported: elements in any order, names and values in any
// case, ":" for "=", blanks around either, ";" or a blank or nothing but the
// comma between elements, empty elements.
//
// Free text may hold "]", "=" and whole look-alikes of elements. A tag
// therefore ends at the first "]" that ends it by the grammar: one in free
// text is passed over when a well-formed element follows behind it.

// Limits of the standard and of this reader, in octets.
const (
	maxMarking = 998 // EPMS 2024 §6, the unfolded value
	// maxTag bounds the search for the end of a tag: four times the limit, so
	// that one too long is still read and reported as that.
	maxTag = 4 * maxMarking
	// maxTagText bounds one free text inside a tag.
	maxTagText = 4 * maxText
)

// stop says what ended a value.
type stop uint8

const (
	atEnd   stop = iota // end of input
	atComma             // a separator
	atKey               // another element, without a comma before it
	atClose             // the bracket of a tag
	atCut               // something that cannot be inside a tag
)

// reader reads the elements of one marking into m.
type reader struct {
	m      *Marking
	s      string
	origin int  // octet of s at which Raw starts
	close  byte // closing bracket of a tag, 0 in a field

	seen     [kUnknown + 1]bool
	keys     map[string]struct{} // caveats seen, once there are many
	n        int                 // elements seen
	order    orderCheck
	ours     bool // an NS element named gov.au
	theirs   bool // an NS element named something else
	warnings int
	errors   int
}

func (r *reader) add(c Code, at int, msg string) {
	n := &r.warnings
	if c.Severity() == Error {
		n = &r.errors
	}
	if *n++; *n <= maxDiagnostics {
		if cap(r.m.Diagnostics) == 0 {
			r.m.Diagnostics = make([]Diagnostic, 0, 4)
		}
		r.m.Diagnostics = append(r.m.Diagnostics, diagnostic(c, max(0, at-r.origin), msg))
	}
}

// elements reads from s[i:] to the end of the marking. It returns where the
// marking ended (after the bracket of a tag) and whether a tag was closed.
func (r *reader) elements(i int) (end int, closed bool) {
	for comma := false; ; {
		at := i
		i = skipBlank(r.s, i)
		if i == len(r.s) {
			if comma && r.close == 0 {
				r.add(MissingSpace, i, "comma without an element after it")
			}
			return at, false
		}
		if r.close != 0 && r.s[i] == r.close {
			if comma {
				r.add(MissingSpace, i, "comma without an element after it")
			}
			return i + 1, true
		}
		if r.s[i] == ',' || r.s[i] == ';' {
			r.add(MissingSpace, i, "empty element between separators")
			i++
			comma = true
			continue
		}
		if comma && i == at {
			r.add(MissingSpace, i, "no blank after the comma")
		}
		var how stop
		i, how = r.element(i)
		switch how {
		case atComma:
			i++
			comma = true
		case atKey:
			r.add(MissingSpace, i, "no comma between elements")
			comma = false
		case atClose:
			return i + 1, true
		default:
			return i, false
		}
	}
}

// element reads one element at s[i:] and returns the octet that ended it.
func (r *reader) element(i int) (end int, how stop) {
	k := readKey(r.s, i)
	if !k.present || k.kind == kUnknown {
		r.n++
		end, how = r.closedEnd(i)
		if how != atCut && how != atEnd || r.close == 0 {
			r.add(UnknownElement, i, "not an element of the standard")
		}
		return max(end, i), how
	}
	free := k.kind == kNOTE || k.kind == kCAVEAT && isTextCaveat(r.s[k.value:]) ||
		k.kind == kEXPIRES && !startsWithDate(r.s[k.value:])
	if free {
		end, how = r.textEnd(k.value)
	} else {
		end, how = r.closedEnd(k.value)
	}
	if r.close != 0 && (how == atEnd || how == atCut) {
		return r.cutElement(i, k, end), how
	}
	v := r.s[k.value:end]
	t := trimBlank(v)
	if !free && len(t) != len(v) && how != atEnd && how != atKey {
		k.blanks = true
	}
	if how == atKey {
		t = trimBlank(strings.TrimRight(t, "; \t\r\n"))
	}
	r.value(i, k, t, free)
	return end, how
}

// closedEnd finds the end of a value that is no free text.
func (r *reader) closedEnd(i int) (int, stop) {
	start := i
	for ; i < len(r.s); i++ {
		switch c := r.s[i]; c {
		case ',':
			return i, atComma
		case '\\':
			if i+1 < len(r.s) && r.s[i+1] == ',' {
				i++
			}
		case '=':
			if k := keyBefore(r.s, start, i); k > start {
				return k, atKey
			}
		case '[':
			if r.close != 0 {
				return i, atCut
			}
		default:
			if c == r.close && c != 0 {
				return i, atClose
			}
		}
		if r.close != 0 && i-r.origin > maxTag {
			return i, atCut
		}
	}
	return len(r.s), atEnd
}

// keyBefore finds a known element name with a blank or semicolon before it
// that ends at the equals sign s[eq]; -1 if there is none.
func keyBefore(s string, from, eq int) int {
	k := eq
	for k > from && eq-k < maxKey && isLetter(s[k-1]) {
		k--
	}
	if k <= from || !isBlank(s[k-1]) && s[k-1] != ';' {
		return -1
	}
	if kd, _ := lookupKey(s[k:eq]); kd == kUnknown {
		return -1
	}
	return k
}

// textEnd finds the end of free text.
func (r *reader) textEnd(i int) (int, stop) {
	start := i
	for ; i < len(r.s); i++ {
		switch c := r.s[i]; {
		case c == ',':
			return i, atComma
		case c == '\\' && i+1 < len(r.s) && (r.s[i+1] == ',' || r.s[i+1] == '\\'):
			i++
		case c == r.close && c != 0 && !r.goesOn(i+1):
			return i, atClose
		}
		if r.close != 0 && (i-start > maxTagText || i-r.origin > maxTag) {
			return i, atCut
		}
	}
	return len(r.s), atEnd
}

// goesOn tells whether the bracket before s[i] belongs to free text: within
// the length a text can have, a comma, blanks and the strict beginning of
// another element follow, and a bracket closes the tag behind it.
func (r *reader) goesOn(i int) bool {
	for end := min(len(r.s), i+maxText); i < end; i++ {
		switch r.s[i] {
		case '[':
			return false
		case '\\':
			i++
		case ',':
			j := skipBlank(r.s, i+1)
			if j == i+1 || !startsElement(r.s[j:]) {
				return false
			}
			return strings.IndexByte(r.s[j:min(len(r.s), j+maxTagText)], r.close) >= 0
		}
	}
	return false
}

func startsElement(s string) bool {
	for _, p := range [...]string{
		"CAVEAT=C:", "CAVEAT=FG:", "CAVEAT=RI:", "CAVEAT=SH:", "ACCESS=Personal-Privacy",
		"ACCESS=Legal-Privilege", "ACCESS=Legislative-Secrecy", "EXPIRES=", "DOWNTO=",
	} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

// isTextCaveat tells whether a caveat value has free text.
func isTextCaveat(s string) bool {
	typ, rest, _ := cutType(s[:min(len(s), maxWord)])
	switch typ {
	case "C", "FG", "SC":
		return true
	case "SH", "RI":
		_, _, ok := exclusiveFor(rest[skipBlank(rest, 0):])
		return ok
	}
	return false
}

// startsWithDate tells whether an EXPIRES value begins like a date that is
// all of the value.
func startsWithDate(s string) bool {
	if len(s) < 10 {
		return false
	}
	for i := 0; i < 10; i++ {
		if i == 4 || i == 7 {
			if s[i] != '-' {
				return false
			}
		} else if !isDigit(s[i]) {
			return false
		}
	}
	if len(s) == 10 || s[10] == 'T' || s[10] == ']' || s[10] == ',' {
		return true
	}
	// "EXPIRES=2027-01-01 DOWNTO=…": a name after the blank, not more text.
	j := skipBlank(s, 10)
	return j > 10 && (j == len(s) || s[j] == ',' || readKey(s, j).present)
}
