package detect

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
	"labelmilter/internal/sit"
	"labelmilter/internal/sit/validate"
)

// element gives the atoms an element stands for: one, or one per keyword
// list. common is added to its exclusions.
func (c *compiler) element(e *sit.Element, field string, common *exclusion) (atoms []int) {
	kinds := 0
	for _, set := range [...]bool{e.Regex != "", len(e.Keywords) > 0, len(e.Words) > 0} {
		if set {
			kinds++
		}
	}
	if kinds != 1 {
		what, fix := "nothing to match", "give one of regex, keywords, words"
		if kinds > 1 {
			what = "more than one of regex, keywords, words"
		}
		c.fail(field, "", what, fix)
		return nil
	}
	switch e.Boundary {
	case "", sit.BoundaryWord, sit.BoundaryRegex, sit.BoundaryNothing:
	default:
		c.fail(field+".boundary", string(e.Boundary), "unknown boundary", "write word, regex or nothing")
	}
	a := atom{matcher: -1, list: -1}
	for _, name := range e.Validate {
		f, ok := c.o.Validators(name)
		if !ok {
			c.fail(field+".validate", name, "unknown validator", c.nearest(name, c.o.Names()))
			continue
		}
		if h := validate.Hopeless(name); h != nil && c.ours {
			a.hopeless = append(a.hopeless, h)
		}
		a.checks, a.refusals = append(a.checks, f), append(a.refusals, "validate: "+name)
	}
	if len(a.checks) > 0 {
		key := fmt.Sprintf("%q", a.refusals)
		if c.checkKeys[key] == 0 {
			c.checkKeys[key] = int32(len(c.checkKeys)) + 1
		}
		a.checked = c.checkKeys[key]
	}
	own := c.exclusion(e.Exclude, c.under(field+".exclude."))
	for _, x := range [...]*exclusion{own, common} {
		if x != nil {
			a.exclude = append(a.exclude, x)
		}
	}
	// Atoms with the same checks are one; an exclusion of the type is known
	// by its address, one of the element by its content.
	checks := fmt.Sprintf("%q %+v %p", e.Validate, e.Exclude, common)
	put := func(key string) {
		id, ok := c.atomKeys[key+checks]
		if !ok {
			id = len(c.atoms)
			c.atoms = append(c.atoms, a)
			c.atomKeys[key+checks] = id
		}
		atoms = append(atoms, id)
	}
	if e.Regex != "" {
		if a.matcher = c.regex(e.Regex, e.Boundary == sit.BoundaryWord, field+".regex"); a.matcher >= 0 {
			put(fmt.Sprintf("r%d", a.matcher))
		}
		return atoms
	}
	for i, id := range e.Keywords {
		k := c.keywords[id]
		if k == nil {
			c.fail(field+".keywords["+strconv.Itoa(i)+"]", id, "no such keyword list", c.nearest(id, c.listIDs()))
			continue
		}
		a.list = c.list(id, k.Words, k.String || e.Boundary == sit.BoundaryNothing, k.CaseSensitive || e.CaseSensitive, "")
		put(fmt.Sprintf("l%d", a.list))
	}
	if len(e.Words) > 0 {
		a.list = c.list("", e.Words, e.Boundary == sit.BoundaryNothing, e.CaseSensitive, field+".words")
		put(fmt.Sprintf("l%d", a.list))
	}
	return atoms
}

// list gives the number of a keyword list in one of its variants; field is
// set for words given in place.
func (c *compiler) list(id string, words []string, strings, cased bool, field string) int {
	key := fmt.Sprintf("%s %t %t", id, strings, cased)
	if field != "" {
		key += fmt.Sprintf(" %q", words)
	}
	n, ok := c.lists[key]
	if ok {
		return n
	}
	var x fold.Text
	var all []string
	if field != "" {
		all = c.words(words, field)
	} else { // reported where the list stands
		for _, w := range words {
			if r, bad := match.FoldWord(c.table, &x, w); bad == "" {
				all = append(all, folded(w, r))
			}
		}
	}
	if !cased {
		all = c.otherCase(words, all)
	}
	if slices.Equal(all, words) {
		all = words // one list less to keep
	} else {
		all = slices.Clone(all) // without room for more
	}
	n = len(c.plan.lists)
	c.plan.lists = append(c.plan.lists, list{id: id, words: all, strings: strings, cased: cased})
	c.lists[key] = n
	return n
}

// otherCase adds what words of letters of ASCII and others fold to in small
// and in capital letters, where that is more than case: Т looks like a letter
// of ASCII, т does not.
func (c *compiler) otherCase(words, folds []string) []string {
	var x fold.Text
	for _, w := range words {
		if !strings.ContainsFunc(w, asciiLetter) || !strings.ContainsFunc(w, func(r rune) bool { return unicode.In(r, unicode.Greek, unicode.Cyrillic, unicode.Armenian) }) {
			continue
		}
		for _, v := range [...]string{strings.ToLower(w), strings.ToUpper(w)} {
			r, bad := match.FoldWord(c.table, &x, v)
			if f := string(r); bad == "" && !slices.ContainsFunc(folds, func(o string) bool { return canonical(o) == canonical(f) }) {
				folds = append(folds, f)
			}
		}
	}
	return folds
}

func asciiLetter(r rune) bool { return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' }

// regex gives the number of a matcher, -1 if it is wrong.
func (c *compiler) regex(expr string, free bool, field string) int {
	key := regexKey{expr, free}
	if n, ok := c.regexes[key]; ok {
		return n
	}
	p, err := match.Parse(expr, match.Options{})
	if err != nil {
		reason, fix := explainRegex(err)
		c.fail(field, strings.ToValidUTF8(expr, "\ufffd"), reason, fix)
		return -1
	}
	m := matcher{expr: expr, free: free, lane: p.Lane, min: p.Min, max: p.Max, size: p.Size}
	if p.Lane == match.LookAround {
		// The expression is run on folded text, so it is folded as well.
		if p, err = match.Parse(foldExpr(expr, c.table), match.Options{}); err == nil {
			m.verify, err = p.Verifier()
		}
		if err != nil {
			c.fail(field, expr, "the look-around engine refuses it", "check groups, quantifiers and accents")
			return -1
		}
	}
	if m.prog, err = automaton.Compile(p.Linear, free && p.Lane == match.Linear, c.table); err != nil {
		c.fail(field, expr, "too large", "use smaller repeats, or a keyword list for long alternatives")
		return -1
	}
	m.linear = p.Linear
	n := len(c.matchers)
	c.matchers = append(c.matchers, m)
	c.regexes[key] = n
	return n
}

// foldExpr replaces the characters of an expression that fold to ASCII.
func foldExpr(expr string, table *fold.Table) string {
	var b strings.Builder
	for _, r := range expr {
		s := table.Expand(r)
		if r < 0x80 || s == "" || s[0] >= 0x80 {
			b.WriteRune(r)
			continue
		}
		b.WriteString(s)
	}
	return b.String()
}

func explainRegex(err error) (reason, fix string) {
	var e *match.Error
	if errors.As(err, &e) {
		return fmt.Sprintf("at offset %d: %s", e.Offset, e.Reason), e.Fix
	}
	return err.Error(), ""
}

func (c *compiler) listIDs() (ids []string) {
	for id := range c.keywords {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}

// nearest suggests the known name closest to name.
func (c *compiler) nearest(name string, known []string) string {
	best, least := "", len(name)/2+2
	for _, k := range known {
		if d := distance(name, k, least); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return "see the list of known names"
	}
	return "did you mean " + best + "?"
}

// distance is the edit distance of a and b, or limit if it is not smaller.
func distance(a, b string, limit int) int {
	if len(a) > 100 || len(b) > 100 || max(len(a), len(b))-min(len(a), len(b)) >= limit {
		return limit
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diag
			if a[i] != b[j] {
				cost = min(diag, row[j], row[j+1]) + 1
			}
			diag, row[j+1] = row[j+1], cost
		}
	}
	return row[len(b)]
}
