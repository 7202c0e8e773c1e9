package marking

import "slices"

// Schemes beside the Australian one. A marking of one of them keeps the words
// of its scheme; what they come to in another is a table of the rule pack.
const (
	SchemeUK          = "uk-gsc"       // Government Security Classifications Policy
	SchemeNZ          = "nz-psr"       // Protective Security Requirements, SEEMail tags
	SchemeUS          = "us-cui"       // Controlled Unclassified Information, 32 CFR 2002
	SchemeNATO        = "nato"         // words of NATO security policy
	SchemeSIO         = "sio-label"    // SIO-Label field, RFC 7444
	SchemeESS         = "ess"          // security label in S/MIME, RFC 2634 3
	SchemeTitus       = "titus"        // x-titus-metadata-40, x-…classification
	SchemeBoldonJames = "boldon-james" // x-bjprotectivemarking and its like
	SchemeJanusseal   = "janusseal"    // X-Protective-Marking with another namespace
	SchemeExchange    = "exchange"     // X-Microsoft-Classification
	SchemeRSA         = "rsa-dlp"      // X-RSA-Classifications
	SchemeTrellix     = "trellix-dlp"  // dlp-reaction
)

// Scheme describes one marking scheme.
type Scheme struct {
	ID   string
	Name string
	// Home schemes can be the scheme of a label catalogue: their words are
	// read even where other schemes have the same.
	Home bool
	// Classes of the scheme, lowest first; nil where every customer has
	// words of their own.
	Classes []string
	// Historical classes are read but have no place in the order.
	Historical []string
	// Caveats and IMMs are the closed lists, for checks of rule packs; nil
	// where anything can stand.
	Caveats, IMMs []string
}

// Schemes lists all schemes that can be read, home schemes first.
func Schemes() []Scheme {
	return []Scheme{
		{ID: SchemeAU, Name: "Australian Email Protective Marking Standard", Home: true, Classes: Classes(),
			Historical: []string{Unclassified, Confidential, Restricted, HighlyProtected, InConfidence},
			Caveats: []string{CaveatCabinet, CaveatNationalCabinet, CaveatOrcon, CaveatDelicateSource,
				CaveatAccountableMaterial, CaveatAUSTEO, CaveatAGAO},
			IMMs: IMMs()},
		ukScheme(), nzScheme(), usScheme(), natoScheme(),
		{ID: SchemeSIO, Name: "SIO-Label field (RFC 7444)"},
		{ID: SchemeESS, Name: "S/MIME security label (RFC 2634)", Classes: essClasses()},
		{ID: SchemeTitus, Name: "Titus metadata"},
		{ID: SchemeBoldonJames, Name: "Boldon James label"},
		{ID: SchemeJanusseal, Name: "X-Protective-Marking of another namespace"},
		{ID: SchemeExchange, Name: "Exchange message classification"},
		{ID: SchemeRSA, Name: "RSA DLP classification"},
		{ID: SchemeTrellix, Name: "Trellix DLP reaction"},
	}
}

// SchemeIDs lists the ids of all schemes; with home only those that can be
// the scheme of a catalogue.
func SchemeIDs(home bool) []string {
	var out []string
	for _, s := range Schemes() {
		if s.Home || !home {
			out = append(out, s.ID)
		}
	}
	return out
}

// FindScheme gives a scheme by id.
func FindScheme(id string) (Scheme, bool) {
	for _, s := range Schemes() {
		if s.ID == id {
			return s, true
		}
	}
	return Scheme{}, false
}

// ClassRank orders the classes of one scheme, 1 is the lowest; ok is false
// for a class that is not in its order.
func ClassRank(scheme, class string) (rank int, ok bool) {
	if scheme == SchemeAU {
		return Rank(class)
	}
	var classes []string
	switch scheme {
	case SchemeUK:
		classes = ukClasses()
	case SchemeNZ:
		classes = nzClasses()
	case SchemeUS:
		classes = usClasses()
	case SchemeNATO:
		classes = natoClasses()
	case SchemeESS:
		classes = essClasses()
	}
	i := slices.Index(classes, class)
	return i + 1, i >= 0
}
