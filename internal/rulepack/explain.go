package rulepack

import (
	"fmt"
	"strings"

	"labelmilter/internal/sit"
	"labelmilter/internal/sit/validate"
)

// Explain says in plain words what a sensitive information type detects, with
// which evidence and at which confidence; ok is false if there is none of that
// id.
func (rs *Ruleset) Explain(id string) (text string, ok bool) {
	for _, t := range rs.Types {
		if t.ID == id {
			return rs.explain(t), true
		}
	}
	return "", false
}

func (rs *Ruleset) explain(t TypeInfo) string {
	var b strings.Builder
	line := func(indent int, format string, args ...any) {
		b.WriteString(strings.Repeat("  ", indent) + fmt.Sprintf(format, args...) + "\n")
	}
	line(0, "%s (%s)", t.Name, t.ID)
	about := "pack " + t.Pack
	if t.Category != "" {
		about += ", " + t.Category
	}
	if t.Country != "" {
		about += ", country " + t.Country
	}
	if t.PurviewID != "" {
		about += ", Purview id " + t.PurviewID
	}
	line(1, "%s", about)
	if t.Description != "" {
		line(1, "What it is: %s", t.Description)
	}
	if t.Status == "partial" {
		line(1, "partial: %s", t.StatusWhy)
	}
	if len(t.Members) > 0 {
		line(1, "A bundle: found wherever one of these is: %s", strings.Join(t.Members, ", "))
	}
	if t.Table != "" {
		line(1, "Exact data match: looked up in the table %s.", t.Table)
	}
	for i, p := range t.Patterns {
		head := "Found"
		if i > 0 {
			head = "Else found"
		}
		line(1, "%s with %s confidence (%d) where the text has", head, sit.Level(p.Confidence), p.Confidence)
		rs.explainElement(line, 2, p.Match)
		if p.Near != nil {
			dist := fmt.Sprintf("within %d characters", orDefault(p.Proximity))
			if p.Proximity == sit.Unlimited {
				dist = "anywhere in the same text"
			}
			line(2, "and, %s,", dist)
			rs.explainNeed(line, 3, *p.Near)
		}
	}
	if x := exclusions(t.Exclude); x != "" {
		line(1, "Never counted: %s", x)
	}
	if t.Recommended > 0 {
		line(1, "A rule that names no confidence asks for at least %d (%s).", t.Recommended, sit.Level(t.Recommended))
	}
	if t.Tests.Match+t.Tests.NoMatch > 0 {
		line(1, "Tested with %d examples and %d near misses (labelmilter rules test %s).", t.Tests.Match, t.Tests.NoMatch, t.Pack)
	}
	return b.String()
}

func orDefault(p int) int {
	if p == 0 {
		return sit.DefaultProximity
	}
	return p
}

func (rs *Ruleset) explainNeed(line func(int, string, ...any), indent int, n sit.Need) {
	switch {
	case n.Element != nil:
		rs.explainElement(line, indent, *n.Element)
	case len(n.All) > 0:
		line(indent, "all of:")
		for _, k := range n.All {
			rs.explainNeed(line, indent+1, k)
		}
	case len(n.Any) > 0:
		least, most := max(n.Min, 1), ""
		if n.Max > 0 {
			most = fmt.Sprintf(" and at most %d", n.Max)
		}
		line(indent, "at least %d%s of:", least, most)
		for _, k := range n.Any {
			rs.explainNeed(line, indent+1, k)
		}
	}
	if len(n.None) > 0 {
		line(indent, "none of:")
		for _, k := range n.None {
			rs.explainNeed(line, indent+1, k)
		}
	}
}

// shownWords is how many words of a list are shown.
const shownWords = 8

func (rs *Ruleset) explainElement(line func(int, string, ...any), indent int, e sit.Element) {
	switch {
	case e.Regex != "":
		if w := wording(e.Regex); w != "" {
			line(indent, "- text of the form: %s", w)
			line(indent+1, "as a regular expression: %s", e.Regex)
		} else {
			line(indent, "- text that matches the regular expression %s", e.Regex)
		}
	case e.Column != "" && e.Source != "":
		line(indent, "- a value of the column %s, found by %s", e.Column, e.Source)
	case e.Column != "":
		line(indent, "- the row's value of the column %s", e.Column)
	case len(e.Words) > 0:
		line(indent, "- one of the words %s", words(e.Words))
	}
	for _, id := range e.Keywords {
		k := rs.keywords[id]
		how := "whole words, any case"
		if k.String {
			how = "also inside words"
		}
		if k.CaseSensitive {
			how += ", case as written"
		}
		line(indent, "- one of the %d words of %s (%s): %s", len(k.Words), strings.TrimPrefix(id[strings.LastIndexByte(id, '/'):], "/"), how, words(k.Words))
	}
	for _, v := range e.Validate {
		line(indent+1, "that passes %s: %s", v, validate.Doc(v))
	}
	if x := exclusions(e.Exclude); x != "" {
		line(indent+1, "but not %s", x)
	}
}

func words(ws []string) string {
	shown, more := ws, ""
	if len(ws) > shownWords {
		shown, more = ws[:shownWords], fmt.Sprintf(" and %d more", len(ws)-shownWords)
	}
	return `"` + strings.Join(shown, `", "`) + `"` + more
}

func exclusions(x sit.Exclude) string {
	var out []string
	add := func(what string, vs []string) {
		if len(vs) > 0 {
			out = append(out, what+" "+words(vs))
		}
	}
	add("the values", x.Values)
	add("after", x.Prefixes)
	add("before", x.Suffixes)
	add("values that start with", x.StartsWith)
	add("values that end with", x.EndsWith)
	add("what stands in the header fields", x.Fields)
	if x.Repeated {
		out = append(out, "one digit repeated")
	}
	if x.Regex != "" {
		out = append(out, "values that match "+x.Regex)
	}
	if x.PrecededBy != "" {
		out = append(out, "directly behind text that matches "+x.PrecededBy)
	}
	if x.FollowedBy != "" {
		out = append(out, "directly before text that matches "+x.FollowedBy)
	}
	return strings.Join(out, "; ")
}
