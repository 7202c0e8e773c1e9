package bench

import (
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/goccy/go-yaml"

	regexp2v1 "github.com/dlclark/regexp2"
	regexp2v2 "github.com/dlclark/regexp2/v2"

	"labelmilter/internal/assemble"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/sit"
	packs "labelmilter/rules"
)

// shipped is the rule set of all shipped packs that are on by default.
var shipped = sync.OnceValues(func() (*rulepack.Ruleset, error) {
	rs, ps := assemble.Rules(assemble.Options{})
	if rs == nil {
		return nil, fmt.Errorf("shipped packs: %s", ps)
	}
	return rs, nil
})

func rules(tb testing.TB) *rulepack.Ruleset {
	tb.Helper()
	rs, err := shipped()
	if err != nil {
		tb.Fatal(err)
	}
	return rs
}

// expressions gives what is to be found one by one: each expression of the
// types once, and each keyword list, as an alternation of whole words.
func expressions(tb testing.TB, rs *rulepack.Ruleset) []string {
	tb.Helper()
	var out []string
	var element func(e *sit.Element)
	element = func(e *sit.Element) {
		if e.Regex != "" {
			flags := "(?i)"
			if e.CaseSensitive || strings.HasPrefix(e.Regex, "(?i)") {
				flags = ""
			}
			out = append(out, flags+e.Regex)
		}
		if len(e.Words) > 0 {
			out = append(out, alternation(e.Words, e.CaseSensitive, e.Boundary != sit.BoundaryNothing))
		}
	}
	var need func(n *sit.Need)
	need = func(n *sit.Need) {
		if n == nil {
			return
		}
		if n.Element != nil {
			element(n.Element)
		}
		for _, subs := range [][]sit.Need{n.All, n.Any, n.None} {
			for i := range subs {
				need(&subs[i])
			}
		}
	}
	for _, t := range rs.Types {
		for i := range t.Patterns {
			element(&t.Patterns[i].Match)
			need(t.Patterns[i].Near)
		}
	}
	lists, err := keywordLists()
	if err != nil {
		tb.Fatal(err)
	}
	for _, k := range lists {
		out = append(out, alternation(k.Words, k.Case == "sensitive", k.Match != "string"))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// keywordList is a list of words as packs write it.
type keywordList struct {
	ID, Match, Case string
	Words           []string
}

// keywordLists reads the lists of the packs of types.
func keywordLists() ([]keywordList, error) {
	var out []keywordList
	err := fs.WalkDir(packs.FS, "sit", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".yaml") || strings.HasSuffix(path, "_test.yaml") {
			return err
		}
		data, err := packs.FS.ReadFile(path)
		if err != nil {
			return err
		}
		var file struct{ Keywords []keywordList }
		if err := yaml.Unmarshal(data, &file); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		out = append(out, file.Keywords...)
		return nil
	})
	return out, err
}

func alternation(words []string, cased, whole bool) string {
	quoted := make([]string, len(words))
	for i, w := range words {
		quoted[i] = regexp.QuoteMeta(w)
	}
	expr := "(?:" + strings.Join(quoted, "|") + ")"
	if whole {
		expr = `\b` + expr + `\b`
	}
	if !cased {
		expr = "(?i)" + expr
	}
	return expr
}

// finder finds all matches of all expressions in a text and gives their number.
type finder func(text string) int

// finders makes the three. skipped counts the expressions an engine does not
// take, which makes it faster than it should be.
func finders(exprs []string) (v1, v2, std finder, skipped [3]int) {
	var a []*regexp2v1.Regexp
	var b []*regexp2v2.Regexp
	var c []*regexp.Regexp
	for _, x := range exprs {
		if re, err := regexp2v1.Compile(x, regexp2v1.RE2); err == nil {
			a = append(a, re)
		} else {
			skipped[0]++
		}
		if re, err := regexp2v2.Compile(x, regexp2v2.RE2); err == nil {
			b = append(b, re)
		} else {
			skipped[1]++
		}
		if re, err := regexp.Compile(x); err == nil {
			c = append(c, re)
		} else {
			skipped[2]++
		}
	}
	v1 = func(text string) (n int) {
		runes := []rune(text)
		for _, re := range a {
			m, err := re.FindRunesMatch(runes)
			for m != nil && err == nil {
				n++
				m, err = re.FindNextMatch(m)
			}
		}
		return n
	}
	v2 = func(text string) (n int) {
		runes := []rune(text)
		for _, re := range b {
			_ = re.FindRunesMatches(runes, 0, func(regexp2v2.MatchView) bool { n++; return true })
		}
		return n
	}
	std = func(text string) (n int) {
		for _, re := range c {
			n += len(re.FindAllStringIndex(text, -1))
		}
		return n
	}
	return v1, v2, std, skipped
}
