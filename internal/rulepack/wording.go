package rulepack

import (
	"fmt"
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
)

// maxWording is the longest form that is told in words.
const maxWording = 400

// wording tells a regular expression in words: "4 digits, optionally a space or
// hyphen, 6 digits". It is "" if that would be no easier to read.
func wording(expr string) string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return "" // look-around, which other engines run
	}
	w, ok := words1(re)
	if !ok || len(w) > maxWording {
		return ""
	}
	return w
}

// Other cases of s and k that come with expressions for any case.
const longS, kelvin = '\u017F', '\u212A'

// words1 tells one node; false if it has no short wording.
func words1(re *syntax.Regexp) (string, bool) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpWordBoundary, syntax.OpNoWordBoundary, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine:
		return "", true
	case syntax.OpLiteral:
		return `"` + string(re.Rune) + `"`, true
	case syntax.OpCharClass:
		name, ok := class(re.Rune)
		return article(name), ok
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return "any character", true
	case syntax.OpCapture:
		return words1(re.Sub[0])
	case syntax.OpQuest:
		w, ok := words1(re.Sub[0])
		return "optionally " + group(w), ok
	case syntax.OpStar, syntax.OpPlus, syntax.OpRepeat:
		return repeated(re)
	case syntax.OpConcat:
		return joined(re.Sub, ", ")
	case syntax.OpAlternate:
		for _, s := range re.Sub {
			if s.Op == syntax.OpConcat && slices.ContainsFunc(s.Sub, func(x *syntax.Regexp) bool { return x.Op == syntax.OpAlternate }) {
				return "", false // alternatives within alternatives
			}
		}
		w, ok := joined(re.Sub, " or ")
		return "(" + w + ")", ok
	}
	return "", false
}

func joined(subs []*syntax.Regexp, with string) (string, bool) {
	var parts []string
	for i := 0; i < len(subs); i++ {
		if all := spelled(subs[i:]); all != "" {
			parts = append(parts, all)
			i++
			continue
		}
		w, ok := words1(subs[i])
		if !ok {
			return "", false
		}
		if w != "" {
			parts = append(parts, w)
		}
	}
	return strings.Join(parts, with), true
}

// spelled joins a literal with the alternatives after it, which parsing took
// apart: A(BN|CN) is "ABN" or "ACN".
func spelled(subs []*syntax.Regexp) string {
	if len(subs) < 2 || subs[0].Op != syntax.OpLiteral || subs[1].Op != syntax.OpAlternate {
		return ""
	}
	var out []string
	for _, s := range subs[1].Sub {
		if s.Op != syntax.OpLiteral {
			return ""
		}
		out = append(out, `"`+string(subs[0].Rune)+string(s.Rune)+`"`)
	}
	return "(" + strings.Join(out, " or ") + ")"
}

// group puts a sequence in brackets.
func group(w string) string {
	if strings.Contains(w, ", ") && !strings.HasPrefix(w, "(") {
		return "(" + w + ")"
	}
	return w
}

func repeated(re *syntax.Regexp) (string, bool) {
	least, most := re.Min, re.Max
	switch re.Op {
	case syntax.OpStar:
		least, most = 0, -1
	case syntax.OpPlus:
		least, most = 1, -1
	}
	times := fmt.Sprint(least)
	switch {
	case most == least:
	case most < 0:
		times += " or more"
	default:
		times += fmt.Sprintf(" to %d", most)
	}
	sub := re.Sub[0]
	if sub.Op == syntax.OpCharClass {
		name, ok := class(sub.Rune)
		if least != 1 || most != 1 {
			name = plural(name)
		}
		return times + " " + name, ok
	}
	w, ok := words1(sub)
	return times + " times " + group(w), ok
}

// marks are characters with a name.
var marks = map[rune]string{' ': "space", '-': "hyphen", '.': "dot", '/': "slash", ',': "comma", '_': "underscore", '\'': "apostrophe", '"': "quotation mark",
	'+': "plus sign", ':': "colon", '=': "equals sign", '#': "number sign", '\\': "backslash"}

// class names a set of characters given as ranges.
func class(ranges []rune) (string, bool) {
	in := func(lo, hi rune) bool {
		for r := lo; r <= hi; r++ {
			if !inRanges(ranges, r) {
				return false
			}
		}
		return true
	}
	var names, single []string
	taken := func(r rune) bool { return false }
	add := func(name string, is func(rune) bool) {
		names = append(names, name)
		before := taken
		taken = func(r rune) bool { return before(r) || is(r) }
	}
	upper, lower := in('A', 'Z'), in('a', 'z')
	switch {
	case upper && lower:
		add("letter", func(r rune) bool { return r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' || r == longS || r == kelvin })
	case upper:
		add("capital letter", func(r rune) bool { return r >= 'A' && r <= 'Z' })
	case lower:
		add("small letter", func(r rune) bool { return r >= 'a' && r <= 'z' })
	}
	if in('0', '9') {
		add("digit", func(r rune) bool { return r >= '0' && r <= '9' })
	}
	count := 0
	for i := 0; i < len(ranges); i += 2 {
		for r := ranges[i]; r <= ranges[i+1]; r++ {
			if count++; count > 120 {
				return "", false // an excluded set or a script
			}
			switch {
			case taken(r) || r == longS || r == kelvin:
			case marks[r] != "":
				names = append(names, marks[r])
			case unicode.IsLower(r) && inRanges(ranges, unicode.ToUpper(r)): // any case: told once
			case unicode.IsPrint(r):
				single = append(single, string(r))
			default:
				return "", false
			}
		}
	}
	if len(single) > 0 {
		names = append(names, "one of "+strings.Join(runs(single), " "))
	}
	return strings.Join(names, " or "), len(names) > 0
}

// runs shortens A B C D to A-D.
func runs(single []string) (out []string) {
	slices.Sort(single)
	for i := 0; i < len(single); {
		j := i
		for j+1 < len(single) && []rune(single[j+1])[0] == []rune(single[j])[0]+1 {
			j++
		}
		if j-i >= 3 {
			out = append(out, single[i]+"-"+single[j])
		} else {
			out = append(out, single[i:j+1]...)
		}
		i = j + 1
	}
	return out
}

func inRanges(ranges []rune, r rune) bool {
	for i := 0; i < len(ranges); i += 2 {
		if ranges[i] <= r && r <= ranges[i+1] {
			return true
		}
	}
	return false
}

func article(name string) string {
	switch {
	case strings.HasPrefix(name, "one of "):
		return name
	case strings.ContainsRune("aeu", rune(name[0])):
		return "an " + name
	}
	return "a " + name
}

// plural of "letter or digit", "one of A B".
func plural(name string) string {
	parts := strings.Split(name, " or ")
	for i, p := range parts {
		switch rest, list := strings.CutPrefix(p, "one of "); {
		case list:
			parts[i] = "characters of " + rest
		case strings.HasSuffix(p, "sh"):
			parts[i] = p + "es"
		default:
			parts[i] = p + "s"
		}
	}
	return strings.Join(parts, " or ")
}
