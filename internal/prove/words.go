package prove

import (
	"slices"
	"strings"

	"labelmilter/internal/marking"
)

// Cases of schemes whose marking is words: lines of text and subjects.

// items gives the caveats and descriptors that cases are made of.
func items(s marking.Scheme) (caveats, imms []string) {
	if s.ID == marking.SchemeUS {
		return []string{"NOFORN", "FED ONLY", "NOCON"}, []string{"SP-PRVCY", "PRVCY", "SP-CTI"}
	}
	for _, c := range s.Caveats {
		if c != "SEEMAIL" && c != "TRUSTED" && c != "REL" {
			caveats = append(caveats, c)
		}
	}
	return caveats, s.IMMs
}

// wordCases enumerates every class with every sequence of up to two caveats
// and two descriptors, three items together, and with one item that is not of
// the scheme.
func wordCases(s marking.Scheme, home string) []Case {
	var out []Case
	caveats, imms := items(s)
	var classes []spelling
	for _, c := range s.Classes {
		classes = append(classes, spelling{c, c, false})
	}
	for _, c := range s.Historical {
		classes = append(classes, spelling{c, c, true})
	}
	for _, cl := range classes {
		for _, cs := range append(sequences(caveats, 2), []string{"NOVELTY"}) {
			for _, is := range sequences(imms, 2) {
				if len(cs)+len(is) > 3 || cl.past && len(cs)+len(is) > 1 {
					continue
				}
				if s.ID == marking.SchemeUS && len(is) > 0 && cl.class != "CUI" {
					continue // categories are CUI's
				}
				for _, f := range []Form{InBody, InSubject} {
					out = append(out, wordCase(s, cl, cs, is, f))
				}
			}
		}
	}
	return out
}

func wordCase(s marking.Scheme, cl spelling, caveats, imms []string, f Form) Case {
	c := Case{Form: f, Scheme: s.ID, Class: cl.class, Written: cl.written, Caveats: caveats, IMMs: imms, past: cl.past}
	c.malformed = slices.Contains(caveats, "NOVELTY")
	if s.ID == marking.SchemeUS && c.malformed && cl.class == "CUI" {
		c.malformed = false // a category: its registry is open
		c.Caveats, c.IMMs = nil, append([]string{"NOVELTY"}, imms...)
	}
	parts := []string{cl.written}
	for _, x := range slices.Concat(imms, caveats) {
		switch x {
		case "ORGANISATION USE ONLY", "DEPARTMENT USE ONLY":
			x = "MINISTRY USE ONLY"
		case "CATEGORIES":
			continue
		}
		parts = append(parts, x)
	}
	if s.ID == marking.SchemeUS && slices.Contains(caveats, "NOVELTY") && cl.class == "CUI" {
		parts = append([]string{cl.written, "NOVELTY"}, imms...)
	}
	c.Text = strings.Join(parts, "//")
	if f == InSubject {
		c.Text = "[" + c.Text + "]"
		c.mail = mail("", c.Text+" Figures", "")
	} else {
		c.mail = mail("", "Figures", c.Text)
	}
	return c
}

// otherCases are the classes of a scheme that is read beside the catalogue's,
// written so that no other scheme could be meant.
func otherCases(s marking.Scheme) []Case {
	prefix := ""
	switch s.ID {
	case marking.SchemeUK:
		prefix = "UK "
	case marking.SchemeNZ:
		prefix = "NZ "
	case marking.SchemeUS, marking.SchemeNATO:
	default:
		return nil // fields of products: their words are the customer's
	}
	var out []Case
	add := func(class, written string, past bool) {
		for _, f := range []Form{InBody, InSubject} {
			c := wordCase(s, spelling{written, class, past}, nil, nil, f)
			out = append(out, c)
		}
	}
	for _, c := range s.Classes {
		written := prefix + c
		switch {
		case s.ID == marking.SchemeUS && c == "FOUO":
			written = "U//FOUO"
		case s.ID == marking.SchemeUS && c != "CUI":
			continue // the words are the home scheme's
		}
		add(c, written, false)
	}
	for _, c := range s.Historical {
		add(c, prefix+c, true)
	}
	return out
}
