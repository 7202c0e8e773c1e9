package marking

import "strings"

// orderCheck follows the order of elements. It only remembers where the first
// offence was; whether the order of 2018.1 is one shows when the version is
// known.
type orderCheck struct {
	last       kind
	any        bool
	access     bool // an ACCESS was seen
	expires    bool // an EXPIRES was seen
	accessEnds bool // ACCESS, then EXPIRES: no ACCESS may follow
	bad        bool
	badAt      int
	old        bool // CAVEAT after ACCESS: right in 2018.1 and 2018.2
	oldAt      int
}

func (o *orderCheck) see(k kind, at int) {
	wrong := false
	if o.any {
		switch k {
		case kCAVEAT:
			if o.last == kACCESS {
				if !o.old {
					o.old, o.oldAt = true, at
				}
			} else {
				wrong = o.last > kCAVEAT
			}
		case kACCESS:
			wrong = o.last == kEXPIRES || o.last > kDOWNTO || o.last == kDOWNTO && o.accessEnds
		case kEXPIRES:
			o.accessEnds, o.expires = o.access, true
			wrong = o.last > kACCESS
		case kDOWNTO:
			wrong = o.expires && o.last != kEXPIRES || o.last > kDOWNTO
		case kVER:
			wrong = true
		default:
			wrong = o.last > k
		}
	}
	if wrong && !o.bad {
		o.bad, o.badAt = true, at
	}
	o.access = o.access || k == kACCESS
	o.any, o.last = true, k
}

// finish checks what concerns the marking as a whole.
func (r *reader) finish() {
	m := r.m
	if r.theirs && !r.ours {
		r.foreign()
		return
	}
	if r.theirs {
		m.Namespace = "gov.au" // one of several named it; the repetition is reported
	}
	field := r.close == 0
	if field {
		if !r.seen[kVER] {
			r.add(MissingVer, r.origin, "VER is mandatory")
		}
		if !r.seen[kNS] {
			r.add(MissingNS, r.origin, "NS is mandatory")
		}
		if !r.seen[kORIGIN] {
			r.add(MissingOrigin, r.origin, "ORIGIN is mandatory")
		}
	}
	if !r.seen[kSEC] && !(r.seen[kDLM] && beforeSecOnly(m.Version)) {
		r.add(MissingSec, r.origin, "SEC is mandatory")
	}
	switch {
	case r.order.bad:
		r.add(ElementOrder, r.order.badAt, "element out of order")
	case r.order.old && m.Version != "2018.1" && m.Version != "2018.2":
		r.add(ElementOrder, r.order.oldAt, "CAVEAT after ACCESS")
	case !field && (r.seen[kVER] || r.seen[kNS] || r.seen[kNOTE] || r.seen[kORIGIN]):
		r.add(ElementOrder, r.origin, "element of the field form in a tag")
	}
	r.expiry()
	r.permitted()
}

// beforeSecOnly tells whether DLM alone makes a marking: in releases before
// 2018 and in tags, which do not say.
func beforeSecOnly(version string) bool { return version < "2018" }

// expiry checks the pair of EPMS 2024 Table 14.
func (r *reader) expiry() {
	m := r.m
	if r.seen[kEXPIRES] != r.seen[kDOWNTO] || r.seen[kEXPIRES] && m.Expires == "" {
		r.add(ExpiresDowntoPair, r.origin, "EXPIRES and DOWNTO go together")
	}
	to, ok := Rank(m.Downto)
	if from, known := Rank(m.Classification); ok && known && to >= from {
		r.add(DowntoNotLower, r.origin, "DOWNTO is not lower than SEC")
	}
}

// permitted checks which classes may carry caveats and markers (EPMS 2024
// Tables 1, 6 and 13): caveats from PROTECTED, NATIONAL-CABINET and all
// markers from OFFICIAL:Sensitive.
func (r *reader) permitted() {
	m := r.m
	rank, ok := Rank(m.Classification)
	if !ok {
		return
	}
	sensitive, _ := Rank(OfficialSensitive)
	protected, _ := Rank(Protected)
	if rank < sensitive && len(m.IMMs) > 0 {
		r.add(IMMNotPermitted, r.origin, "ACCESS needs OFFICIAL:Sensitive or higher")
	}
	for _, c := range m.Caveats {
		need := protected
		if c == CaveatNationalCabinet {
			need = sensitive
		}
		if rank < need {
			r.add(CaveatNotPermitted, r.origin, "the class is too low for the caveat")
			return
		}
	}
}

// foreign empties a marking of another namespace. What the standard says
// about values does not hold for it.
func (r *reader) foreign() {
	m := r.m
	m.Scheme = SchemeForeign
	m.Classification, m.DLM, m.Expires, m.Downto, m.Note = "", "", "", "", ""
	m.Caveats, m.IMMs = []string{}, []string{}
	kept := m.Diagnostics[:0]
	for _, d := range m.Diagnostics {
		if d.Code == UnknownNamespace {
			kept = append(kept, d)
		}
	}
	m.Diagnostics = kept
}

// cutElement takes the last element of a tag that is never closed. Only what
// reads as a known value without doubt is taken. It returns where the tag is
// taken to end.
func (r *reader) cutElement(at int, k key, end int) int {
	v := r.s[k.value:end]
	switch k.kind {
	case kSEC:
		name, n := classPrefix(v)
		if name != "" {
			r.value(at, k, v[:n], false)
			return k.value + n
		}
		r.n++
		r.seen[kSEC] = true
	case kACCESS:
		if imm, _ := readIMM(firstWord(v)); imm != "" {
			r.value(at, k, firstWord(v), false)
		}
	case kCAVEAT:
		if c := readCaveat(firstWord(v)); c.known && !c.text {
			r.value(at, k, firstWord(v), false)
		}
	case kDLM:
		if d, _ := readDLM(firstWord(v)); d != "" {
			r.value(at, k, firstWord(v), false)
		}
	}
	return k.value + len(firstWord(v))
}

func firstWord(v string) string {
	if i := strings.IndexAny(v, " \t\r\n"); i >= 0 {
		return v[:i]
	}
	return v
}

// classPrefix finds the longest run of up to three words at the start of v
// that reads as a class, and where it ends. "OFFICIAL" before what may be the
// rest of OFFICIAL:Sensitive is no class.
func classPrefix(v string) (name string, n int) {
	i := 0
	for words := 0; words < 3; words++ {
		i = skipBlank(v, i)
		for i < len(v) && !isBlank(v[i]) {
			i++
		}
		if i > maxWord {
			break
		}
		if c := readClass(v[:i]); c.name != "" {
			name, n = c.name, i
		}
		if i == len(v) {
			break
		}
	}
	if name == Official {
		rest := strings.TrimLeft(v[n:], " \t\r\n:-")
		if rest != "" && len(rest) < len(v[n:]) && (rest[0] == 'S' || rest[0] == 's') {
			return "", 0
		}
	}
	return name, n
}
