package marking

// kind is one element of the grammar.
type kind uint8

const (
	kVER kind = iota
	kNS
	kSEC
	kDLM
	kCAVEAT
	kACCESS
	kEXPIRES
	kDOWNTO
	kNOTE
	kORIGIN
	kUnknown
)

// maxKey is the longest element name.
const maxKey = len("EXPIRES")

// lookupKey finds an element by name in any case; exact reports upper case.
func lookupKey(s string) (k kind, exact bool) {
	if len(s) < 2 || len(s) > maxKey {
		return kUnknown, false
	}
	if k := upperKey(s); k != kUnknown {
		return k, true
	}
	var buf [maxKey]byte
	for i := 0; i < len(s); i++ {
		if !isLetter(s[i]) {
			return kUnknown, false
		}
		buf[i] = s[i] &^ 0x20
	}
	return upperKey(string(buf[:len(s)])), false
}

func upperKey(s string) kind {
	switch s {
	case "VER":
		return kVER
	case "NS":
		return kNS
	case "SEC":
		return kSEC
	case "DLM":
		return kDLM
	case "CAVEAT":
		return kCAVEAT
	case "ACCESS":
		return kACCESS
	case "EXPIRES":
		return kEXPIRES
	case "DOWNTO":
		return kDOWNTO
	case "NOTE":
		return kNOTE
	case "ORIGIN":
		return kORIGIN
	}
	return kUnknown
}

// key is the head of an element.
type key struct {
	kind    kind
	exact   bool // in upper case
	colon   bool // ":" where "=" belongs
	blanks  bool // blanks around the "="
	value   int  // where the value starts
	present bool // there was a name and a "=" at all
}

// readKey reads a name and its equals sign at s[i:]. Of names it does not
// know it accepts letters, digits, "-" and "_".
func readKey(s string, i int) key {
	j := i
	for j < len(s) && (isLetter(s[j]) || isDigit(s[j]) || s[j] == '-' || s[j] == '_') {
		j++
		if j-i > maxWord {
			return key{}
		}
	}
	if j == i {
		return key{}
	}
	var k key
	k.kind, k.exact = lookupKey(s[i:j])
	e := skipBlank(s, j)
	if e == len(s) || s[e] != '=' && (s[e] != ':' || k.kind == kUnknown) {
		return key{}
	}
	k.present = true
	k.colon = s[e] == ':'
	k.value = skipBlank(s, e+1)
	k.blanks = e != j || k.value != e+1
	return k
}

func skipBlank(s string, i int) int {
	for i < len(s) && isBlank(s[i]) {
		i++
	}
	return i
}
