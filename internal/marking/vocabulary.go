package marking

import "strings"

// The classes of EPMS 2024 (Table 5), lowest first.
const (
	Unofficial        = "UNOFFICIAL"
	Official          = "OFFICIAL"
	OfficialSensitive = "OFFICIAL:Sensitive"
	Protected         = "PROTECTED"
	Secret            = "SECRET"
	TopSecret         = "TOP-SECRET"
)

// The information management markers of the ACCESS element.
const (
	PersonalPrivacy    = "Personal-Privacy"
	LegalPrivilege     = "Legal-Privilege"
	LegislativeSecrecy = "Legislative-Secrecy"
)

// The caveats with a fixed spelling.
const (
	CaveatCabinet             = "SH:CABINET"
	CaveatNationalCabinet     = "SH:NATIONAL-CABINET"
	CaveatOrcon               = "SH:ORCON"
	CaveatDelicateSource      = "SH:DELICATE-SOURCE"
	CaveatAccountableMaterial = "SH:ACCOUNTABLE-MATERIAL"
	CaveatAUSTEO              = "RI:AUSTEO"
	CaveatAGAO                = "RI:AGAO"
)

// The dissemination limiting markers of EPMS 2012.3.
const (
	DLMOfficialUseOnly   = "For-Official-Use-Only"
	DLMSensitive         = "Sensitive"
	DLMSensitivePersonal = "Sensitive:Personal"
	DLMSensitiveLegal    = "Sensitive:Legal"
	DLMSensitiveCabinet  = "Sensitive:Cabinet"
)

// The classes of 2012.3 and before that have no place in the present order.
const (
	Unclassified    = "UNCLASSIFIED"
	Confidential    = "CONFIDENTIAL"
	Restricted      = "RESTRICTED"
	HighlyProtected = "HIGHLY-PROTECTED"
	InConfidence    = "IN-CONFIDENCE"
)

// Classes lists the present classes, lowest first.
func Classes() []string {
	return []string{Unofficial, Official, OfficialSensitive, Protected, Secret, TopSecret}
}

// IMMs lists the information management markers.
func IMMs() []string { return []string{PersonalPrivacy, LegalPrivilege, LegislativeSecrecy} }

// Rank orders the present classes: 1 UNOFFICIAL to 6 TOP-SECRET. Anything
// else, historical classes too, has no rank and is not ok.
func Rank(class string) (rank int, ok bool) {
	switch class {
	case Unofficial:
		return 1, true
	case Official:
		return 2, true
	case OfficialSensitive:
		return 3, true
	case Protected:
		return 4, true
	case Secret:
		return 5, true
	case TopSecret:
		return 6, true
	}
	return 0, false
}

// Lower reports whether class a ranks below class b; false if either has no
// rank.
func Lower(a, b string) bool {
	ra, oka := Rank(a)
	rb, okb := Rank(b)
	return oka && okb && ra < rb
}

// Highest is the index of the marking with the highest present class, the
// first among equals; -1 if none has one.
func Highest(ms []Marking) int {
	best, at := 0, -1
	for i := range ms {
		if r, ok := Rank(ms[i].Classification); ok && r > best {
			best, at = r, i
		}
	}
	return at
}

// IsHistorical reports whether a canonical class belongs to 2012.3 or before.
func IsHistorical(class string) bool {
	switch class {
	case Unclassified, Confidential, Restricted, HighlyProtected, InConfidence:
		return true
	}
	return strings.HasPrefix(class, InConfidence+":") || strings.HasSuffix(class, "-"+InConfidence)
}

// HistoricalKeys lists the keys under which a mapping table should look up a
// historical class, most specific first: "STAFF-IN-CONFIDENCE", then
// "IN-CONFIDENCE". It is nil for anything else.
func HistoricalKeys(class string) []string {
	switch {
	case !IsHistorical(class):
		return nil
	case class != InConfidence && strings.Contains(class, InConfidence):
		return []string{class, InConfidence}
	}
	return []string{class}
}

// CaveatKey gives the spelling under which caveats are compared: the release
// list of EPMS 2024 Table 1 ("RI:REL AUS/USA") and that of Table 11
// ("RI:REL/AUS/USA") mean the same and share the latter.
func CaveatKey(caveat string) string {
	if rest, ok := strings.CutPrefix(caveat, "RI:REL "); ok {
		return "RI:REL/" + rest
	}
	return caveat
}
