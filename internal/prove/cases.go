package prove

import (
	"slices"
	"strings"

	"labelmilter/internal/marking"
)

// spelling is a class as written and what it means.
type spelling struct {
	written, class string
	past           bool
}

// cases enumerates the cases of the rule set.
func (w *world) cases() []Case {
	var out []Case
	if w.scheme.ID == marking.SchemeAU {
		out = append(out, australian()...)
		if w.rs.Markings == nil {
			// Rules over header and subject do not claim to read text.
			out = slices.DeleteFunc(out, func(c Case) bool { return c.Form == InBody })
		}
	} else {
		out = append(out, wordCases(w.scheme, w.scheme.ID)...)
	}
	for _, id := range w.others {
		if s, ok := marking.FindScheme(id); ok {
			out = append(out, otherCases(s)...)
		}
	}
	return out
}

func auClasses() []spelling {
	var out []spelling
	for _, c := range marking.Classes() {
		out = append(out, spelling{c, c, false})
	}
	// Spellings met in practice, which mean a class of the standard.
	for _, s := range [][2]string{{"OFFICIAL: Sensitive", marking.OfficialSensitive}, {"OFFICIAL:SENSITIVE", marking.OfficialSensitive},
		{"OFFICIAL-Sensitive", marking.OfficialSensitive}, {"OFFICIAL Sensitive", marking.OfficialSensitive}, {"Protected", marking.Protected},
		{"unofficial", marking.Unofficial}, {"TOP SECRET", marking.TopSecret}} {
		out = append(out, spelling{s[0], s[1], false})
	}
	for _, c := range []string{marking.Unclassified, marking.Confidential, marking.Restricted, marking.HighlyProtected, marking.InConfidence,
		"STAFF-IN-CONFIDENCE", "IN-CONFIDENCE:PRIVACY"} {
		out = append(out, spelling{c, c, true})
	}
	for _, c := range []string{"", "NOVELTY", "PROTECTEDX", "XPROTECTED", "SECRET2", "OFFICIAL:Sensitive:Novelty", "PROTECTED SECRET", "0"} {
		out = append(out, spelling{c, "", false})
	}
	return out
}

// auCaveats are one of each kind the grammar has, and one it has not.
func auCaveats() []string {
	return []string{marking.CaveatCabinet, marking.CaveatNationalCabinet, marking.CaveatOrcon, marking.CaveatDelicateSource,
		marking.CaveatAccountableMaterial, "SH:EXCLUSIVE-FOR person", marking.CaveatAUSTEO, marking.CaveatAGAO, "RI:REL/AUS/USA",
		"C:WORD", "FG:words", novelCaveat}
}

const (
	novelCaveat = "SH:NOVELTY"
	novelIMM    = "Novelty"
)

// sequences gives all sequences of up to n different words, shortest first.
func sequences(words []string, n int) [][]string {
	out := [][]string{nil}
	last := out
	for range n {
		var next [][]string
		for _, s := range last {
			for _, x := range words {
				if !slices.Contains(s, x) {
					next = append(next, append(slices.Clone(s), x))
				}
			}
		}
		out = append(out, next...)
		last = next
	}
	return out
}

// australian enumerates every class with every sequence of up to two caveats
// and up to three markers, in the field and in the subject; the same with up to
// one caveat for other spellings, historical classes and what is no class, and
// in every way of writing; the limiting markers of 2012; and banner lines.
func australian() []Case {
	var out []Case
	imms := sequences(marking.IMMs(), 3)
	imms = append(imms, []string{novelIMM}, []string{marking.PersonalPrivacy, novelIMM}, []string{marking.LegalPrivilege, marking.LegalPrivilege})
	caveats := sequences(auCaveats(), 2)
	for i, s := range auClasses() {
		for _, cs := range caveats {
			if i >= len(marking.Classes()) && len(cs) > 1 {
				break // one is enough with other spellings of a class, and with none
			}
			for _, is := range imms {
				for _, f := range []Form{InHeader, InSubject} {
					out = append(out, auCase(s, cs, is, "", f, ""))
				}
			}
		}
	}
	present := auClasses()[:len(marking.Classes())]
	few := sequences(auCaveats()[:len(auCaveats())-1], 1)
	for _, s := range present {
		for _, cs := range few {
			for _, is := range sequences(marking.IMMs(), 3) {
				for _, v := range variants {
					for _, f := range []Form{InHeader, InSubject} {
						if v == "note" && f == InSubject {
							continue
						}
						out = append(out, auCase(s, cs, is, "", f, v))
					}
				}
				if banner(cs) {
					out = append(out, auCase(s, cs, is, "", InBody, ""))
				}
			}
		}
	}
	for _, dlm := range []string{marking.DLMOfficialUseOnly, marking.DLMSensitive, marking.DLMSensitivePersonal, marking.DLMSensitiveLegal,
		marking.DLMSensitiveCabinet} {
		for _, s := range append(slices.Clone(present), spelling{}) {
			for _, cs := range few {
				for _, f := range []Form{InHeader, InSubject} {
					c := auCase(s, cs, nil, dlm, f, "")
					if s.written == "" {
						c.malformed = c.malformed && len(cs) > 0
						if len(cs) > 0 {
							continue // 2012 has no caveat without a class
						}
					}
					out = append(out, c)
				}
			}
		}
	}
	return out
}

// banner reports whether the caveats can stand in a banner line.
func banner(cs []string) bool {
	return !slices.ContainsFunc(cs, func(c string) bool { return strings.HasPrefix(c, "C:") || strings.HasPrefix(c, "FG:") })
}

// variants are the ways of writing that mean the same.
var variants = []string{"folded", "no-space", "two-spaces", "tab", "markers-first", "expiry-last", "expiry-first", "lower-case-names", "note", "wide-list"}

// auCase makes the message of one case.
func auCase(s spelling, caveats, imms []string, dlm string, f Form, variant string) Case {
	c := Case{Form: f, Variant: variant, Scheme: marking.SchemeAU, Class: s.class, Written: s.written, Caveats: caveats, IMMs: imms, DLM: dlm, past: s.past}
	c.malformed = !s.past && (s.class == "" && dlm == "" || slices.Contains(caveats, novelCaveat) || slices.Contains(imms, novelIMM) ||
		!permitted(s.class, caveats, imms))
	if f == InBody {
		c.Text = bannerLine(s.written, caveats, imms)
		c.mail = mail("", "Figures", c.Text)
		return c
	}
	c.Text = elements(s.written, caveats, imms, dlm, f, variant)
	if f == InHeader {
		c.mail = mail(c.Text, "Figures", "")
	} else {
		c.Text = "[" + c.Text + "]"
		c.mail = mail("", "Figures "+c.Text, "")
	}
	return c
}

// permitted is EPMS 2024 Tables 7 and 8: markers need OFFICIAL:Sensitive,
// NATIONAL-CABINET too, other caveats PROTECTED.
func permitted(class string, caveats, imms []string) bool {
	r, ok := marking.Rank(class)
	if !ok {
		return true
	}
	os, _ := marking.Rank(marking.OfficialSensitive)
	p, _ := marking.Rank(marking.Protected)
	if len(imms) > 0 && r < os {
		return false
	}
	for _, c := range caveats {
		if r < os || r < p && c != marking.CaveatNationalCabinet {
			return false
		}
	}
	return true
}

func elements(class string, caveats, imms []string, dlm string, f Form, variant string) string {
	var e []string
	if f == InHeader {
		ver := "VER=2024.1"
		if dlm != "" {
			ver = "VER=2012.3"
		}
		e = append(e, ver, "NS=gov.au")
	}
	if class != "" || dlm == "" {
		e = append(e, "SEC="+class)
	}
	if dlm != "" {
		e = append(e, "DLM="+dlm)
	}
	var cs, is []string
	for _, c := range caveats {
		if variant == "wide-list" {
			c = strings.ReplaceAll(c, "REL/", "REL ")
		}
		cs = append(cs, "CAVEAT="+c)
	}
	for _, i := range imms {
		is = append(is, "ACCESS="+i)
	}
	expiry := []string{"EXPIRES=2030-01-01", "DOWNTO=UNOFFICIAL"}
	if class == marking.Unofficial {
		expiry = nil
	}
	switch variant {
	case "markers-first":
		e = append(append(e, is...), cs...)
	case "expiry-last":
		e = slices.Concat(e, cs, is, expiry)
	case "expiry-first":
		e = slices.Concat(e, cs, expiry, is)
	default:
		e = slices.Concat(e, cs, is)
	}
	if f == InHeader {
		if variant == "note" {
			e = append(e, `NOTE=quoting SEC=OFFICIAL\, SEC=UNOFFICIAL`)
		}
		e = append(e, "ORIGIN=a@agency.gov.au")
	}
	if variant == "lower-case-names" {
		for i := range e {
			k, v, _ := strings.Cut(e[i], "=")
			e[i] = strings.ToLower(k) + "=" + v
		}
	}
	sep := ", "
	switch variant {
	case "folded":
		sep = ",\n         "
	case "no-space":
		sep = ","
	case "two-spaces":
		sep = ",  "
	case "tab":
		sep = ",\t"
	}
	return strings.Join(e, sep)
}

func bannerLine(class string, caveats, imms []string) string {
	parts := []string{strings.ReplaceAll(strings.ReplaceAll(class, ":Sensitive", ": Sensitive"), "TOP-", "TOP ")}
	for _, c := range caveats {
		c = strings.TrimPrefix(strings.TrimPrefix(c, "SH:"), "RI:")
		if !strings.HasPrefix(c, "REL") {
			c = strings.ReplaceAll(c, "-", " ")
		}
		parts = append(parts, c)
	}
	for _, i := range imms {
		parts = append(parts, strings.ReplaceAll(i, "-", " "))
	}
	return strings.Join(parts, "//")
}

// mail is a message with a field, a subject and a first line of text.
func mail(field, subject, line string) string {
	var b strings.Builder
	b.WriteString("From: a@agency.gov.au\nTo: b@partner.gov.au\nSubject: " + subject + "\n")
	if field != "" {
		b.WriteString("X-Protective-Marking: " + field + "\n")
	}
	b.WriteString("\n")
	if line != "" {
		b.WriteString(line + "\n\n")
	}
	b.WriteString("Figures attached.\n")
	return b.String()
}
