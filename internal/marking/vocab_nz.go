package marking

// New Zealand's Protective Security Requirements, Classification Handbook
// (2025): seven classes, endorsements that stand before or after the class,
// and the trigger words of SEEMail in brackets anywhere in subject or text.

// Classes of New Zealand.
const (
	nzUnclassified = "UNCLASSIFIED"
	nzInConfidence = "IN-CONFIDENCE"
	nzSensitive    = "SENSITIVE"
	nzRestricted   = "RESTRICTED"
	nzConfidential = "CONFIDENTIAL"
	nzSecret       = "SECRET"
	nzTopSecret    = "TOP SECRET"
)

func nzClasses() []string {
	return []string{nzUnclassified, nzInConfidence, nzSensitive, nzRestricted, nzConfidential, nzSecret, nzTopSecret}
}

func nzScheme() Scheme {
	var caveats []string
	for _, e := range nzEndorsements() {
		caveats = append(caveats, e.name)
	}
	caveats = append(caveats, "NZEO", "ACCOUNTABLE MATERIAL", "DEPARTMENT USE ONLY", nzSeemail, nzTrusted)
	return Scheme{ID: SchemeNZ, Name: "New Zealand Protective Security Requirements", Home: true, Classes: nzClasses(), Caveats: caveats}
}

// Trigger words of SEEMail that name no class: who may receive the mail.
const (
	nzSeemail = "SEEMAIL"
	nzTrusted = "TRUSTED"
)

func nzEndorsements() []itemWord {
	var out []itemWord
	for _, w := range []string{"APPOINTMENTS", "BUDGET", "CABINET", "COMMERCIAL", "EMBARGOED FOR RELEASE", "EMBARGOED",
		"EVALUATIVE", "HONOURS", "LEGAL PRIVILEGE", "MEDICAL", "POLICY", "STAFF"} {
		out = append(out, itemWord{words: w, name: w})
	}
	return out
}

func nzVocabulary(home bool) *vocabulary {
	after := append(nzEndorsements(),
		itemWord{words: "NZEO", own: true}, itemWord{words: "NEW ZEALAND EYES ONLY", name: "NZEO", own: true},
		itemWord{words: "ACCOUNTABLE MATERIAL"})
	return &vocabulary{
		scheme: SchemeNZ, home: home, seps: "/,;|-:",
		prefixes: []string{"NZ", "NEW ZEALAND"},
		before:   nzEndorsements(),
		classes: []classWord{
			{words: "UNCLASSIFIED", name: nzUnclassified},
			{words: "IN-CONFIDENCE", name: nzInConfidence, endorsable: true},
			{words: "IN CONFIDENCE", name: nzInConfidence, variant: true},
			{words: "SENSITIVE", name: nzSensitive, endorsable: true},
			{words: "RESTRICTED", name: nzRestricted, endorsable: true},
			{words: "CONFIDENTIAL", name: nzConfidential},
			{words: "TOP SECRET", name: nzTopSecret},
			{words: "SECRET", name: nzSecret},
		},
		after: after,
		item:  nzItem,
		tags: []tagWord{{"SEEMAIL", "", nzSeemail}, {"TRUSTED", "", nzTrusted}, {"IN-CONFIDENCE", nzInConfidence, ""},
			{"SENSITIVE", nzSensitive, ""}, {"RESTRICTED", nzRestricted, ""}},
	}
}

// nzItem reads "[department] USE ONLY".
func nzItem(s, _ string) (name string, imm bool, n int) {
	end := itemEnd(s)
	if useOnly(s[:end]) {
		return "DEPARTMENT USE ONLY", false, end
	}
	return "", false, 0
}
