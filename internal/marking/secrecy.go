package marking

import (
	"slices"
	"strings"
)

// A Legislative-Secrecy marker must come with a warning notice that names the
// provision (PSPF, information management markers). What counts as a name
// here is deliberately simple: an Act, Regulation, Rule, Code or Ordinance
// with a capitalised word before it on the same line, "Census and Statistics
// Act 1905", "(Example Act)". "The Act" names nothing.

// maxSecrecyText bounds the text searched for a notice, in octets.
const maxSecrecyText = 1 << 20

// NamesProvision reports whether a text names an Act or other instrument.
func NamesProvision(text string) bool {
	text = text[:min(len(text), maxSecrecyText)]
	for _, w := range [...]string{"Act", "Regulation", "Regulations", "Rules", "Code", "Ordinance"} {
		for from := 0; ; {
			i := strings.Index(text[from:], w)
			if i < 0 {
				break
			}
			i += from
			from = i + len(w)
			if from < len(text) && (isLetter(text[from]) || isDigit(text[from])) || i == 0 || !isBlank(text[i-1]) {
				continue
			}
			if nameBefore(text[:i]) {
				return true
			}
		}
	}
	return false
}

// nameBefore reports a capitalised word that says something at the end of s,
// in the same paragraph line or the wrapped one before it.
func nameBefore(s string) bool {
	s = strings.TrimRight(s, " \t\r\n")
	if strings.HasSuffix(s, ")") { // "Privacy (Market and Social Research) Act"
		i := strings.LastIndexByte(s[max(0, len(s)-maxText):], '(')
		if i < 0 {
			return false
		}
		s = trimBlank(s[:max(0, len(s)-maxText)+i])
	}
	i := len(s)
	for i > 0 && (isLetter(s[i-1]) || s[i-1] == '-' || s[i-1] == '\'' || s[i-1] >= 0x80) {
		i--
	}
	w := s[i:]
	if len(w) < 2 || !isUpper(w[0]) {
		return false
	}
	switch strings.ToLower(w) {
	case "the", "this", "that", "an", "any", "each", "no", "such", "please", "to", "under", "of", "our", "your":
		return false
	}
	return true
}

// WithoutProvision adds the remark that a Legislative-Secrecy marker stands in
// a message that names no provision; other markings are returned unchanged.
func (m Marking) WithoutProvision() Marking {
	if m.Scheme != SchemeAU || m.Use != Own || !slices.Contains(m.IMMs, LegislativeSecrecy) || NamesProvision(m.Note) || NamesProvision(m.Raw) {
		return m
	}
	ds := make([]Diagnostic, 0, len(m.Diagnostics)+1)
	ds = append(ds, m.Diagnostics...)
	m.Diagnostics = append(ds, diagnostic(SecrecyUnnamed, 0, "no provision is named in the message"))
	return m
}
