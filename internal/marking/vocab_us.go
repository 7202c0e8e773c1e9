package marking

// Controlled Unclassified Information of the United States (32 CFR 2002.20,
// CUI Marking Handbook): "CUI" or "CONTROLLED" on the first line, categories
// and limited dissemination controls after "//", several divided by "/".
// Legacy markings such as U//FOUO are read as the class FOUO. The classes of
// national security information are read only where CUI is the home scheme.

// Classes of the United States.
const (
	usUnclassified = "UNCLASSIFIED"
	usFOUO         = "FOUO"
	usCUI          = "CUI"
	usConfidential = "CONFIDENTIAL"
	usSecret       = "SECRET"
	usTopSecret    = "TOP SECRET"
)

func usClasses() []string {
	return []string{usUnclassified, usFOUO, usCUI, usConfidential, usSecret, usTopSecret}
}

func usScheme() Scheme {
	return Scheme{ID: SchemeUS, Name: "US Controlled Unclassified Information", Home: true, Classes: usClasses()}
}

func usVocabulary(home bool) *vocabulary {
	v := &vocabulary{
		scheme: SchemeUS, home: home, seps: "/",
		classes: []classWord{
			{words: "CUI", name: usCUI, own: true},
			{words: "CONTROLLED", name: usCUI, own: true},
			{words: "UNCLASSIFIED//FOUO", name: usFOUO, own: true},
			{words: "UNCLASSIFIED//FOR OFFICIAL USE ONLY", name: usFOUO, own: true},
			{words: "U//FOUO", name: usFOUO, own: true},
			{words: "U//FOR OFFICIAL USE ONLY", name: usFOUO, own: true},
		},
		after: []itemWord{
			{words: "NOFORN"}, {words: "NF", name: "NOFORN"}, {words: "FED ONLY"}, {words: "FEDCON"}, {words: "NOCON"},
			{words: "DL ONLY"}, {words: "RELIDO"}, {words: "DISPLAY ONLY"}, {words: "ATTORNEY-CLIENT"}, {words: "AC", name: "ATTORNEY-CLIENT"},
			{words: "ATTORNEY-WP"}, {words: "AWP", name: "ATTORNEY-WP"}, {words: "DELIBERATIVE"}, {words: "ORCON"}, {words: "FOUO"},
		},
		item:    usItem,
		phrases: []string{"Contains CUI"},
		portion: "CUI",
	}
	if home {
		v.classes = append(v.classes,
			classWord{words: "FOR OFFICIAL USE ONLY", name: usFOUO}, classWord{words: "FOUO", name: usFOUO},
			classWord{words: "UNCLASSIFIED", name: usUnclassified}, classWord{words: "CONFIDENTIAL", name: usConfidential},
			classWord{words: "TOP SECRET", name: usTopSecret}, classWord{words: "SECRET", name: usSecret})
	}
	return v
}

// usItem reads a release list and, after CUI, a category of the registry:
// capitals and digits, with SP- before those that have rules of their own.
func usItem(s, class string) (name string, imm bool, n int) {
	end := itemEnd(s)
	if word(s, "REL TO", true) > 0 {
		return "REL TO", false, end
	}
	if class != usCUI {
		return "", false, 0
	}
	i := 0
	for i < len(s) && (isUpper(s[i]) || isDigit(s[i]) || s[i] == '-' && i == 2 && s[:2] == "SP") {
		i++
	}
	if i < 2 || i > 12 || i < len(s) && s[i] != '/' {
		return "", false, 0
	}
	return s[:i], true, i
}
