package detect

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

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
	o         Options
	ours      bool // the validators are those of package validate
	errs      []CompileError
	keywords  map[string]*sit.KeywordList
	ids       map[string]int // types
	atomKeys  map[string]int
	checkKeys map[string]int32
	regexes   map[regexKey]int
	lists     map[string]int
	labelled  map[string]int32
	wholes    map[string][]*whole
	besides   map[string]*beside

	inTable int    // of the type in hand, -1 if it has none
	typ     string // where we are
	pattern int
}

type regexKey struct {
	expr string
	free bool
}

func newPlan(types []sit.Type, keywords []sit.KeywordList, o Options) (*plan, []CompileError) {
	ours := o.Validators == nil
	if ours {
		o.Validators = func(name string) (func(string) bool, bool) { f, ok := validate.Lookup(name); return f, ok }
		o.Names = validate.Names
	}
	c := &compiler{
		plan: plan{table: fold.Standard(), allow: o.Allow, tables: o.Tables}, o: o, ours: ours,
		keywords: map[string]*sit.KeywordList{}, ids: map[string]int{}, atomKeys: map[string]int{}, checkKeys: map[string]int32{},
		regexes: map[regexKey]int{}, wholes: map[string][]*whole{}, besides: map[string]*beside{}, lists: map[string]int{}, labelled: map[string]int32{},
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
		c.types = append(c.types, typ{id: t.ID, name: t.Name, kind: kind, bundle: len(t.Members) > 0, fields: t.Exclude.Fields})
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
	c.probesOfPatterns()
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
func (c *compiler) words(in []string, field string) (out []string) {
	var x fold.Text
	for i, w := range in {
		r, reason := match.FoldWord(c.table, &x, w)
		if reason != "" {
			c.fail(field+"["+strconv.Itoa(i)+"]", strings.ToValidUTF8(w, "\ufffd"), reason, "give a word or phrase of at most "+strconv.Itoa(match.MaxWord)+" characters")
			continue
		}
		out = append(out, folded(w, r))
	}
	return out
}

// folded gives the folded form of a word, without memory of its own if it is
// the word.
func folded(w string, r []rune) string {
	if s := string(r); s != w {
		return s
	}
	return w
}

func (c *compiler) patternsOf(ti int, t *sit.Type) {
	if len(t.Patterns) == 0 && len(t.Members) == 0 {
		c.fail("patterns", "", "a type without patterns", "give patterns, or members for a bundle")
	}
	c.inTable = -1
	common := c.exclusion(t.Exclude, c.under("exclude."))
	for i := range t.Patterns {
		c.pattern = i
		s := &t.Patterns[i]
		p := pattern{owner: ti, index: i, confidence: s.Confidence, proximity: s.Proximity, probe: -1}
		if s.Confidence < 1 || s.Confidence > 100 {
			c.fail("confidence", strconv.Itoa(s.Confidence), "not between 1 and 100", "write low (65), medium (75), high (85) or a number")
		}
		switch {
		case s.Proximity == 0:
			p.proximity = sit.DefaultProximity
		case s.Proximity < sit.Unlimited || s.Proximity > maxProximity:
			c.fail("proximity", strconv.Itoa(s.Proximity), "not a distance", "write a number of characters up to "+strconv.Itoa(maxProximity)+", or unlimited")
		}
		if t.Table != "" {
			if len(s.Before)+len(s.After) > 0 {
				c.fail("before", "", "a value of a table has nothing that joins it", "leave before and after out")
			}
			c.exact(t, s, &p)
		} else {
			c.primary(s, &p, common)
		}
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

// leaf numbers needs with atoms.
func (c *compiler) leaf() int32 {
	c.leaves++
	return int32(c.leaves - 1)
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
	if n.Element != nil && n.Element.Column != "" {
		out.column, out.evidence = c.column(n.Element.Column, field), c.label(cmp.Or(n.Element.ID, n.Element.Column))
		return out
	}
	if n.Element == nil {
		if len(n.All)+len(n.Any)+len(n.None) == 0 {
			c.fail(field, "", "nothing asked for", "give keywords, words, regex, all, any or none")
		}
		return out
	}
	atoms := c.element(n.Element, field, nil)
	labels := c.labels(n.Element, field, len(atoms))
	if len(atoms) == 1 {
		out.atom, out.evidence, out.number = atoms[0], labels[0], c.leaf()
		return out
	}
	// Several lists: any of them.
	any := &need{atom: -1, min: 1}
	for i, a := range atoms {
		any.any = append(any.any, &need{atom: a, evidence: labels[i], number: c.leaf()})
	}
	out.all = append(out.all, any)
	return out
}
