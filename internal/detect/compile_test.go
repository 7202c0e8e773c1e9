package detect

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"labelmilter/internal/sit"
)

func itoa(n int) string { return strconv.Itoa(n) }

func TestCompileErrors(t *testing.T) {
	t.Parallel()
	good := sit.Pattern{Confidence: 65, Match: rx(`\d{3}`)}
	one := func(e sit.Element) []sit.Type { return types(sit.Pattern{Confidence: 65, Match: e}) }
	nears := func(n sit.Need) []sit.Type { return types(sit.Pattern{Confidence: 65, Match: rx(`\d`), Near: &n}) }
	steps := func(s ...sit.Step) []sit.Type {
		return types(sit.Pattern{Confidence: 65, Match: rx(`\d`), After: s})
	}
	deep := near(lists("tfn"))
	for range 30 {
		deep = sit.Need{All: []sit.Need{deep}}
	}
	var alternatives strings.Builder
	for i := range 100_000 {
		alternatives.WriteString("|" + strconv.Itoa(i))
	}
	for _, c := range []struct {
		name  string
		types []sit.Type
		lists []sit.KeywordList
		field string
		word  string // in Err or Fix
	}{
		{"bad regex", one(rx(`(a`)), nil, "match.regex", "offset 0"},
		{"misread regex", one(rx(`a\h`)), nil, "match.regex", `\h`},
		{"empty text", one(rx(`a*`)), nil, "match.regex", "empty text"},
		{"huge alternation", one(rx("x" + alternatives.String())), nil, "match.regex", "word list"},
		{"invalid UTF-8", one(rx("a\xff")), nil, "match.regex", "UTF-8"},
		{"nothing to match", one(sit.Element{}), nil, "match", "nothing to match"},
		{"two things", one(sit.Element{Regex: "a", Words: []string{"b"}}), nil, "match", "more than one"},
		{"unknown validator", one(sit.Element{Regex: "a", Validate: []string{"luhm"}}), nil, "match.validate", "luhn"},
		{"unknown boundary", one(sit.Element{Regex: "a", Boundary: "words"}), nil, "match.boundary", "word"},
		{"unknown list", one(*lists("tfm")), nil, "match.keywords[0]", "did you mean tfn"},
		{"empty word", one(sit.Element{Words: []string{"a", " "}}), nil, "match.words[1]", "empty word"},
		{"bad exclusion", one(sit.Element{Regex: "a", Exclude: sit.Exclude{Regex: "(?=a)b"}}), nil, "match.exclude.regex", "look-around"},
		{"exclusion without bound", one(sit.Element{Regex: "a", Exclude: sit.Exclude{PrecededBy: `\d+`}}), nil, "match.exclude.preceded_by", "bound the repeats"},
		{"exclusion that reaches too far", one(sit.Element{Regex: "a", Exclude: sit.Exclude{FollowedBy: `\d{33}`}}), nil, "match.exclude.followed_by", "32"},
		{"exclusion by nothing", one(sit.Element{Regex: "a", Exclude: sit.Exclude{FollowedBy: `\d?`}}), nil, "match.exclude.followed_by", "empty text"},
		{"look-around beside a match", []sit.Type{{ID: "t", Patterns: []sit.Pattern{good}, Exclude: sit.Exclude{PrecededBy: `(?<=a)b`}}}, nil, "exclude.preceded_by", "look-around"},
		{"blank exclusion", one(sit.Element{Regex: "a", Exclude: sit.Exclude{Values: []string{"-"}}}), nil, "match.exclude.values[0]", "no letter"},
		{"confidence", types(sit.Pattern{Match: rx("a")}), nil, "confidence", "1 and 100"},
		{"proximity", types(sit.Pattern{Confidence: 65, Match: rx("a"), Proximity: -2}), nil, "proximity", "distance"},
		{"empty need", nears(sit.Need{}), nil, "near", "nothing asked"},
		{"min", nears(sit.Need{Any: []sit.Need{near(lists("tfn"))}, Min: 2}), nil, "near.min", "at most 1"},
		{"max", nears(sit.Need{Any: []sit.Need{near(lists("tfn")), near(lists("test"))}, Min: 2, Max: 1}), nil, "near.max", "at least 2"},
		{"inner field", nears(sit.Need{All: []sit.Need{{Any: []sit.Need{near(lists("nope"))}}}}), nil, "near.all[0].any[0].keywords[0]", "no such"},
		{"depth", nears(deep), nil, "near.all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0].all[0]", "deeply"},
		{"unknown list of a step", steps(sit.Step{Element: *lists("tfm")}), nil, "after[0].keywords[0]", "did you mean tfn"},
		{"unknown list between", steps(sit.Step{Element: rx("a"), Links: []string{"tfm"}}), nil, "after[0].links[0]", "did you mean tfn"},
		{"step less than min", steps(sit.Step{Element: rx("a"), Min: 3, Max: 2}), nil, "after[0].max", "at least 3"},
		{"step too often", steps(sit.Step{Element: rx("a"), Max: 9}), nil, "after[0].max", "at most 8"},
		{"too many steps", steps(slices.Repeat([]sit.Step{{Element: rx("a")}}, 9)...), nil, "after", "at most 8"},
		{"long text between", steps(sit.Step{Element: rx("a"), Between: []string{" ", strings.Repeat("-", 65)}}), nil, "after[0].between[1]", "at most 64"},
		{"much between", steps(sit.Step{Element: rx("a"), Between: slices.Repeat([]string{"-"}, 401)}), nil, "after[0].links", "at most 400"},
		{"no patterns", []sit.Type{{ID: "t"}}, nil, "patterns", "without patterns"},
		{"no id", []sit.Type{{Patterns: []sit.Pattern{good}}}, nil, "id", "without id"},
		{"same id", []sit.Type{{ID: "t", Patterns: []sit.Pattern{good}}, {ID: "t", Patterns: []sit.Pattern{good}}}, nil, "id", "two types"},
		{"unknown member", []sit.Type{{ID: "t", Patterns: []sit.Pattern{good}}, {ID: "b", Members: []string{"s"}}}, nil, "members", "no such type"},
		{"cycle", []sit.Type{{ID: "a", Members: []string{"b"}}, {ID: "b", Members: []string{"c"}}, {ID: "c", Members: []string{"a"}}}, nil, "members", "itself"},
		{"itself", []sit.Type{{ID: "a", Members: []string{"a"}}}, nil, "members", "itself"},
		{"empty list", nil, []sit.KeywordList{{ID: "x"}}, "words", "empty"},
		{"same list", nil, []sit.KeywordList{{ID: "x", Words: []string{"a"}}, {ID: "x", Words: []string{"a"}}}, "id", "two keyword lists"},
		{"list without id", nil, []sit.KeywordList{{Words: []string{"a"}}}, "id", "without id"},
		{"bad word", nil, []sit.KeywordList{{ID: "x", Words: []string{"a", strings.Repeat("b", 1000)}}}, "words[1]", "too long"},
	} {
		e, errs := Compile(c.types, append(c.lists, testLists...))
		if e != nil || len(errs) == 0 {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		if !strings.Contains(errs[0].Err+" "+errs[0].Fix, c.word) || errs[0].Field != c.field {
			t.Errorf("%s: got %+v, want %s in %s", c.name, errs[0], c.word, c.field)
		}
		if len(errs[0].Value) > 300 {
			t.Errorf("%s: value of %d bytes", c.name, len(errs[0].Value))
		}
		if errs[0].Fix == "" {
			t.Errorf("%s: no fix", c.name)
		}
	}
}
