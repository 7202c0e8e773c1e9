package policy

import (
	"fmt"
	"strings"

	"labelmilter/internal/tip"
)

// Template is the text of a notice that a pack defines, in one language.
type Template struct {
	Pack, ID, Language string
	Subject, Text      string
}

// BuiltInTemplates are the notices that need no definition.
var BuiltInTemplates = []string{"incident", "policy-tip", RecipientsRemoved, "scope-warning", "approval"}

// NoticeVariables are the variables of notices beside Variables.
var NoticeVariables = []string{"report", "verdict", "recipients", "subject", "message_id", "hint"}

// Language is the language of texts to the sender: the directory attribute
// "language", else that of the domain, else the organisation's.
func (e *Evaluation) Language() string {
	for _, v := range e.values("sender", e.sender, "language") {
		if l, ok := tip.Language(v); ok {
			return l
		}
	}
	if e.Site == nil {
		return tip.Default
	}
	return e.Site.LanguageOf(e.sender.domain)
}

// LanguageOf is the language of texts to a mail domain.
func (o *Organisation) LanguageOf(domain string) string {
	for _, d := range sortedKeys(o.Languages) {
		if anyDomain([]string{d}, strings.ToLower(domain)) {
			return o.Languages[d]
		}
	}
	if o.Language != "" {
		return o.Language
	}
	return tip.Default
}

func (e *Evaluation) organisation() string {
	if e.Site == nil || e.Site.Name == "" {
		return "the organisation"
	}
	return e.Site.Name
}

// typesOf names the types that the conditions of a rule look for and that were
// found, with the number of distinct values.
func (e *Evaluation) typesOf(c Condition) string {
	var out []string
	seen := map[string]bool{}
	leaves(c, func(c Condition) {
		x, ok := c.(SIT)
		if !ok {
			return
		}
		for _, t := range x.Types {
			name, n := x.of(e, t.ID)
			if n > 0 && !seen[t.ID] {
				seen[t.ID] = true
				out = append(out, fmt.Sprintf("%s (%d)", name, n))
			}
		}
	})
	return strings.Join(out, ", ")
}

// of gives the name of a type and how many distinct values the condition
// counts of it.
func (c SIT) of(e *Evaluation, id string) (name string, n int) {
	values := map[string]bool{}
	for _, i := range e.ofType(id) {
		if f := e.Findings[i]; c.Wants(f) {
			name = f.Name
			for _, v := range distinct(f) {
				values[v] = true
			}
		}
	}
	return name, len(values)
}
