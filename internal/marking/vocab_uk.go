package marking

// The United Kingdom's Government Security Classifications Policy (2024
// update): three classes, with -SENSITIVE a marking on OFFICIAL, handling
// instructions and descriptors after it, and UK before it where foreign
// governments read it. There is no field for mail; the words stand at the
// start of the subject and on lines of the text.

// Classes of the United Kingdom.
const (
	ukOfficial  = "OFFICIAL"
	ukSensitive = "OFFICIAL-SENSITIVE"
	ukSecret    = "SECRET"
	ukTopSecret = "TOP SECRET"
)

func ukClasses() []string { return []string{ukOfficial, ukSensitive, ukSecret, ukTopSecret} }

func ukScheme() Scheme {
	return Scheme{ID: SchemeUK, Name: "UK Government Security Classifications", Home: true, Classes: ukClasses(),
		Historical: []string{"UNCLASSIFIED", "PROTECT", "RESTRICTED", "CONFIDENTIAL"},
		Caveats: []string{"UK EYES ONLY", "RECIPIENTS ONLY", "FOR PUBLIC RELEASE", "HMG USE ONLY", "ORGANISATION USE ONLY",
			"EMBARGOED", "REL EU"},
		IMMs: []string{"PERSONAL DATA", "LPP", "LEGAL", "MARKET SENSITIVE", "COMMERCIAL", "HR/MANAGEMENT", "PERSONAL", "LOCSEN"}}
}

func ukVocabulary(home bool) *vocabulary {
	return &vocabulary{
		scheme: SchemeUK, home: home, seps: "/,;|-:",
		prefixes: []string{"UK", "UNITED KINGDOM"},
		classes: []classWord{
			{words: "OFFICIAL-SENSITIVE", name: ukSensitive, own: true},
			{words: "OFFICIAL: SENSITIVE", name: ukSensitive, variant: true},
			{words: "OFFICIAL:SENSITIVE", name: ukSensitive, variant: true},
			{words: "OFFICIAL SENSITIVE", name: ukSensitive, variant: true, hyphen: true},
			{words: "OFFICIAL", name: ukOfficial},
			{words: "TOP SECRET", name: ukTopSecret},
			{words: "SECRET", name: ukSecret},
			{words: "UNCLASSIFIED", name: "UNCLASSIFIED", historical: true},
			{words: "PROTECT", name: "PROTECT", historical: true},
			{words: "RESTRICTED", name: "RESTRICTED", historical: true},
			{words: "CONFIDENTIAL", name: "CONFIDENTIAL", historical: true},
		},
		after: []itemWord{
			{words: "UK EYES ONLY", own: true}, {words: "RECIPIENTS ONLY", own: true}, {words: "FOR PUBLIC RELEASE"},
			{words: "HMG USE ONLY", own: true}, {words: "EMBARGOED"}, {words: "REL EU", own: true},
			{words: "PERSONAL DATA", imm: true}, {words: "LPP", imm: true, own: true}, {words: "LEGAL", imm: true},
			{words: "MARKET SENSITIVE", imm: true, own: true}, {words: "COMMERCIAL", imm: true},
			{words: "HR/MANAGEMENT", imm: true, own: true}, {words: "HR MANAGEMENT", name: "HR/MANAGEMENT", imm: true, own: true},
			{words: "LOCSEN", imm: true, own: true}, {words: "PERSONAL", imm: true},
		},
		item: ukItem,
	}
}

// ukItem reads "[organisation] USE ONLY", the one handling instruction with
// words of its own, and an embargo with its end.
func ukItem(s, _ string) (name string, imm bool, n int) {
	end := itemEnd(s)
	if useOnly(s[:end]) {
		return "ORGANISATION USE ONLY", false, end
	}
	return "", false, 0
}
