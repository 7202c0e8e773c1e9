package rulepack

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
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
	for i, k := range byConfidence(t.Patterns) {
		p, head, which := t.Patterns[k], "Found", ""
		if i > 0 {
			head = "Else found"
		}
		if len(t.Patterns) > 1 {
			which = fmt.Sprintf(", pattern %d,", k+1) // as check --explain numbers them
		}
		line(1, "%s with %s confidence (%d)%s where the text has", head, sit.Level(p.Confidence), p.Confidence, which)
		rs.explainElement(line, 2, p.Match)
		rs.explainSteps(line, "before", p.Before)
		rs.explainSteps(line, "behind", p.After)
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
	least := cmp.Or(t.Recommended, sit.Medium)
	line(1, "A rule that names no confidence asks for at least %d (%s).", least, sit.Level(least))
	if t.Tests.Match+t.Tests.NoMatch > 0 {
		line(1, "Tested with %d examples and %d near misses (labelmilter rules test %s).", t.Tests.Match, t.Tests.NoMatch, t.Pack)
	}
	return b.String()
}

// byConfidence numbers patterns in the order in which they count.
func byConfidence(patterns []sit.Pattern) []int {
	order := make([]int, len(patterns))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return patterns[b].Confidence - patterns[a].Confidence })
	return order
}

func orDefault(p int) int {
	if p == 0 {
		return sit.DefaultProximity
	}
	return p
}

// explainSteps says what joins a primary element on one side.
func (rs *Ruleset) explainSteps(line func(int, string, ...any), where string, steps []sit.Step) {
	for i, s := range steps {
		if i == 0 {
			line(2, "and right %s it, as part of the match, one behind the other as seen from it:", where)
		}
		between := s.Between
		if between == nil {
			between = []string{" "}
		}
		var texts []string
		for _, b := range between {
			texts = append(texts, betweenWording(b))
		}
		for _, id := range s.Links {
			texts = append(texts, fmt.Sprintf("one of the %d words of %s", len(rs.keywords[id].Words), shortID(id)))
		}
		line(3, "- %s%s, with %s between", times(s), rs.stepWording(s.Element), strings.Join(texts, " or "))
		if s.Element.Regex != "" && wording(s.Element.Regex) != "" {
			line(4, "as a regular expression: %s", s.Element.Regex)
		}
		if x := exclusions(s.Element.Exclude); x != "" {
			line(4, "but not %s", x)
		}
	}
}

// times says how often a step is taken.
func times(s sit.Step) string {
	most := max(s.Max, s.Min, 1)
	switch {
	case s.Min == 0 && most == 1:
		return "if there: "
	case s.Min == 0:
		return fmt.Sprintf("if there, up to %d times: ", most)
	case most == 1:
		return ""
	case s.Min == most:
		return fmt.Sprintf("%d times: ", most)
	}
	return fmt.Sprintf("%d to %d times: ", s.Min, most)
}

// stepWording says what an element is, in short.
func (rs *Ruleset) stepWording(e sit.Element) string {
	switch {
	case e.Regex != "":
		if w := wording(e.Regex); w != "" {
			return "text of the form: " + w
		}
		return "text that matches the regular expression " + e.Regex
	case len(e.Words) > 0:
		return oneOf(e.Words)
	}
	var lists []string
	for _, id := range e.Keywords {
		lists = append(lists, fmt.Sprintf("one of the %d words of %s", len(rs.keywords[id].Words), shortID(id)))
	}
	return strings.Join(lists, " or ")
}

// shortID is the id of a list without its pack.
func shortID(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }

func betweenWording(b string) string {
	switch b {
	case "":
		return "nothing"
	case " ":
		return "white space"
	case "\n":
		return "a line break"
	}
	return strconv.Quote(b)
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
	head := "- "
	if e.ID != "" {
		head += e.ID + ": "
	}
	switch {
	case e.Regex != "":
		if w := wording(e.Regex); w != "" {
			line(indent, head+"text of the form: %s", w)
			line(indent+1, "as a regular expression: %s", e.Regex)
		} else {
			line(indent, head+"text that matches the regular expression %s", e.Regex)
		}
	case e.Column != "" && e.Source != "":
		line(indent, head+"a value of the column %s, found by %s", e.Column, e.Source)
	case e.Column != "":
		line(indent, head+"the row's value of the column %s", e.Column)
	case len(e.Words) > 0:
		how := "whole words, any case"
		if e.Boundary == sit.BoundaryNothing {
			how = "also inside words"
		}
		if e.CaseSensitive {
			how = strings.Replace(how, ", any case", "", 1) + ", case as written"
		}
		if len(e.Words) == 1 {
			how = strings.Replace(how, "whole words", "whole word", 1)
		}
		line(indent, head+"%s (%s)", oneOf(e.Words), how)
	}
	if len(e.Keywords) > 1 {
		line(indent, "%sany of:", head)
		head = "- "
		indent++
	}
	for _, id := range e.Keywords {
		k := rs.keywords[id]
		how := "whole words, any case"
		if k.String {
			how = "also inside words"
		}
		if k.CaseSensitive || e.CaseSensitive {
			how = strings.Replace(how, ", any case", "", 1) + ", case as written"
		}
		line(indent, head+"one of the %d words of %s (%s): %s", len(k.Words), shortID(id), how, words(k.Words))
	}
	for _, v := range e.Validate {
		line(indent+1, "that passes %s: %s", v, validate.Doc(v))
	}
	if x := exclusions(e.Exclude); x != "" {
		line(indent+1, "but not %s", x)
	}
}

// oneOf names words of which one is there.
func oneOf(ws []string) string {
	if len(ws) == 1 {
		return "the word " + words(ws)
	}
	return "one of the words " + words(ws)
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
