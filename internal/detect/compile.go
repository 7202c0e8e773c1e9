package detect

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
	"labelmilter/internal/sit"
	"labelmilter/internal/sit/validate"
)

// Bounds of definitions.
const (
	maxDepth     = 20 // of a tree of supporting elements
	maxProximity = 1 << 20
)

// compiler turns definitions into a plan and collects what is wrong.
type compiler struct {
	plan
	o        Options
	errs     []CompileError
	keywords map[string]*sit.KeywordList
	ids      map[string]int // types
	atomKeys map[string]int
	regexes  map[regexKey]int
	lists    map[string]int
	refused  map[regexKey]bool

	typ     string // where we are
	pattern int
}

type regexKey struct {
	expr string
	free bool
}

func newPlan(types []sit.Type, keywords []sit.KeywordList, o Options) (*plan, []CompileError) {
	if o.Validators == nil {
		o.Validators = func(name string) (func(string) bool, bool) { f, ok := validate.Lookup(name); return f, ok }
		o.Names = validate.Names
	}
	c := &compiler{
		plan: plan{table: fold.Standard(), allow: o.Allow}, o: o,
		keywords: map[string]*sit.KeywordList{}, ids: map[string]int{}, atomKeys: map[string]int{},
		regexes: map[regexKey]int{}, refused: map[regexKey]bool{}, lists: map[string]int{},
	}
	for i := range keywords {
		c.keywordList(&keywords[i])
	}
	for i := range types {
		t := &types[i]
		c.typ, c.pattern = t.ID, -1
		switch {
		case t.ID == "":
			c.fail("id", "", "a type without id", "give it a short name of letters, digits and -")
		case c.has(t.ID):
			c.fail("id", t.ID, "two types with this id", "rename or remove one")
		}
		c.ids[t.ID] = i
		kind := t.Kind
		if kind == "" {
			kind = "sit"
		}
		c.types = append(c.types, typ{id: t.ID, name: t.Name, kind: kind, bundle: len(t.Members) > 0})
	}
	for i := range types {
		c.typ, c.pattern = types[i].ID, -1
		c.patternsOf(i, &types[i])
	}
	for i := range types {
		if len(types[i].Members) > 0 {
			c.typ, c.pattern = types[i].ID, -1
			c.bundle(types, i)
		}
	}
	for _, e := range c.errs {
		if !e.Warning {
			return nil, c.errs
		}
	}
	for t := range c.types {
		for i, p := range c.types[t].patterns {
			c.patterns[p].owners = append(c.patterns[p].owners, ref{t, i})
		}
	}
	return &c.plan, c.errs
}

func (c *compiler) has(id string) bool { _, ok := c.ids[id]; return ok }

func (c *compiler) fail(field, value, err, fix string) {
	if len(value) > 200 {
		value = strings.ToValidUTF8(value[:200], "") + "…"
	}
	c.errs = append(c.errs, CompileError{Type: c.typ, Pattern: c.pattern, Field: field, Value: value, Err: err, Fix: fix})
}

func (c *compiler) keywordList(k *sit.KeywordList) {
	c.typ, c.pattern = k.ID, -1
	switch {
	case k.ID == "":
		c.fail("id", "", "a keyword list without id", "give it a short name of letters, digits and -")
	case c.keywords[k.ID] != nil:
		c.fail("id", k.ID, "two keyword lists with this id", "rename or remove one")
	case len(k.Words) == 0:
		c.fail("words", "", "an empty keyword list", "give at least one word")
	}
	c.keywords[k.ID] = k
	c.words(k.Words, "words")
}

// words folds a list and reports each word that is wrong.
func (c *compiler) words(in []string, field string) (out [][]rune) {
	var x fold.Text
	for i, w := range in {
		r, reason := match.FoldWord(c.table, &x, w)
		if reason != "" {
			c.fail(field+"["+strconv.Itoa(i)+"]", strings.ToValidUTF8(w, "\ufffd"), reason, "give a word or phrase of at most "+strconv.Itoa(match.MaxWord)+" characters")
			continue
		}
		out = append(out, r)
	}
	return out
}

func (c *compiler) patternsOf(ti int, t *sit.Type) {
	if len(t.Patterns) == 0 && len(t.Members) == 0 {
		c.fail("patterns", "", "a type without patterns", "give patterns, or members for a bundle")
	}
	common := compileExclude(t.Exclude, c.table, c.under("exclude."))
	for i := range t.Patterns {
		c.pattern = i
		s := &t.Patterns[i]
		p := pattern{owner: ti, index: i, confidence: s.Confidence, proximity: s.Proximity}
		if s.Confidence < 1 || s.Confidence > 100 {
			c.fail("confidence", strconv.Itoa(s.Confidence), "not between 1 and 100", "write low (65), medium (75), high (85) or a number")
		}
		switch {
		case s.Proximity == 0:
			p.proximity = sit.DefaultProximity
		case s.Proximity < sit.Unlimited || s.Proximity > maxProximity:
			c.fail("proximity", strconv.Itoa(s.Proximity), "not a distance", "write a number of characters up to "+strconv.Itoa(maxProximity)+", or unlimited")
		}
		p.primaries = c.element(&s.Match, "match", common)
		if s.Near != nil {
			p.near = c.need(s.Near, "near", 0)
		}
		c.types[ti].patterns = append(c.types[ti].patterns, len(c.plan.patterns))
		c.plan.patterns = append(c.plan.patterns, p)
	}
}

func (c *compiler) under(prefix string) func(field, value, err, fix string) {
	return func(field, value, err, fix string) { c.fail(prefix+field, value, err, fix) }
}

// bundle adds the patterns of all members, each once, in order.
func (c *compiler) bundle(types []sit.Type, ti int) {
	seen := map[int]bool{}
	var out []int
	var visit func(i int, path []int)
	visit = func(i int, path []int) {
		if slices.Contains(path, i) {
			return
		}
		if seen[i] {
			return
		}
		seen[i] = true
		for _, p := range c.own(i) {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
		for _, m := range types[i].Members {
			j, ok := c.ids[m]
			if !ok {
				if i == ti {
					c.fail("members", m, "no such type", c.nearest(m, idsOf(types)))
				}
				continue
			}
			if j == ti {
				c.fail("members", m, "the bundle contains itself", "remove the member that leads back")
				continue
			}
			visit(j, append(path, i))
		}
	}
	visit(ti, nil)
	c.types[ti].patterns = out
}

// own gives the patterns that a type defines itself.
func (c *compiler) own(ti int) (out []int) {
	for i := range c.plan.patterns {
		if c.plan.patterns[i].owner == ti {
			out = append(out, i)
		}
	}
	return out
}

func idsOf(types []sit.Type) (ids []string) {
	for i := range types {
		ids = append(ids, types[i].ID)
	}
	return ids
}

func (c *compiler) need(n *sit.Need, field string, depth int) *need {
	out := &need{atom: -1, min: n.Min, max: n.Max}
	if depth > maxDepth {
		c.fail(field, "", "nested too deeply", "use fewer levels")
		return out
	}
	subs := func(name string, in []sit.Need) (list []*need) {
		for i := range in {
			list = append(list, c.need(&in[i], fmt.Sprintf("%s.%s[%d]", field, name, i), depth+1))
		}
		return list
	}
	out.all, out.any, out.none = subs("all", n.All), subs("any", n.Any), subs("none", n.None)
	switch {
	case len(n.Any) == 0 && (n.Min != 0 || n.Max != 0):
		c.fail(field+".min", "", "min or max without any", "list the elements under any")
	case n.Min < 0 || n.Min > len(n.Any):
		c.fail(field+".min", strconv.Itoa(n.Min), "more than there are elements", "at most "+strconv.Itoa(len(n.Any)))
	case n.Max < 0 || n.Max > 0 && n.Max < n.Min:
		c.fail(field+".max", strconv.Itoa(n.Max), "less than min", "at least "+strconv.Itoa(n.Min))
	}
	if len(n.Any) > 0 && n.Min == 0 {
		out.min = 1
	}
	if n.Element == nil {
		if len(n.All)+len(n.Any)+len(n.None) == 0 {
			c.fail(field, "", "nothing asked for", "give keywords, words, regex, all, any or none")
		}
		return out
	}
	atoms := c.element(n.Element, field, nil)
	labels := n.Element.Keywords
	if len(labels) != len(atoms) {
		labels = make([]string, len(atoms))
		for i := range labels {
			labels[i] = fmt.Sprintf("patterns[%d].%s", c.pattern, field)
		}
	}
	if len(atoms) == 1 {
		out.atom, out.evidence = atoms[0], labels[0]
		return out
	}
	// Several lists: any of them.
	any := &need{atom: -1, min: 1}
	for i, a := range atoms {
		any.any = append(any.any, &need{atom: a, evidence: labels[i]})
	}
	out.all = append(out.all, any)
	return out
}

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
		a.checks, a.refusals = append(a.checks, f), append(a.refusals, "validate: "+name)
	}
	own := compileExclude(e.Exclude, c.table, c.under(field+".exclude."))
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
	var folded [][]rune
	if field != "" {
		folded = c.words(words, field)
	} else { // reported where the list stands
		for _, w := range words {
			if r, bad := match.FoldWord(c.table, &x, w); bad == "" {
				folded = append(folded, r)
			}
		}
	}
	n = len(c.plan.lists)
	c.plan.lists = append(c.plan.lists, list{id: id, words: folded, strings: strings, cased: cased})
	c.lists[key] = n
	return n
}

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
