package marking

// The words of NATO: each class names the alliance, so that none can be taken
// for another scheme's. The short forms (CTS, NS, NC, NR, NU) mean too much
// else to be read: NS alone is an element of the Australian field.

func natoClasses() []string {
	return []string{"NATO UNCLASSIFIED", "NATO RESTRICTED", "NATO CONFIDENTIAL", "NATO SECRET", "COSMIC TOP SECRET"}
}

func natoScheme() Scheme {
	return Scheme{ID: SchemeNATO, Name: "NATO", Classes: natoClasses(), Caveats: []string{"ATOMAL", "BOHEMIA", "CRYPTO", "SIOP", "REL"}}
}

func natoVocabulary() *vocabulary {
	v := &vocabulary{scheme: SchemeNATO, seps: "/,;|-:",
		after: []itemWord{{words: "ATOMAL"}, {words: "BOHEMIA"}, {words: "CRYPTO"}, {words: "SIOP"}},
		item: func(s, _ string) (string, bool, int) {
			if word(s, "REL TO", true) > 0 || word(s, "RELEASABLE TO", true) > 0 {
				return "REL", false, itemEnd(s)
			}
			return "", false, 0
		}}
	for _, c := range natoClasses() {
		v.classes = append(v.classes, classWord{words: c, name: c, own: true})
	}
	v.classes = append(v.classes, classWord{words: "FOCAL TOP SECRET", name: "COSMIC TOP SECRET", own: true, variant: true})
	return v
}
