package detect

import (
	"strconv"
	"unicode"
	"unsafe"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
	"labelmilter/internal/sit"
)

// exclusion is a compiled sit.Exclude.
type exclusion struct {
	values             map[string]bool // normalised
	starts, ends       []string        // normalised
	prefixes, suffixes affixes
	repeated           bool
	regex              []*whole // one of them
	preceded, followed *beside
}

// whole is an expression that a value must match from end to end.
type whole struct {
	table *automaton.Table
	back  *automaton.Table // of the program reversed, if only that is small
	prog  *automaton.Prog  // if both would be large
}

// wholeStates is the most states of the automaton of an exclusion.
const wholeStates = 500

// backStates is the most states of that of a reversed one.
const backStates = 2_000

// wholesOf gives what excludes what an expression does: it as a whole or, if it
// is large as an automaton, its alternatives, which may be known.
func (c *compiler) wholesOf(expr string) (out []*whole, err error) {
	if w, ok := c.wholes[expr]; ok {
		return w, nil
	}
	parts, same := automaton.Alternatives(expr), expr
	if len(parts) == 1 {
		same = parts[0] // as it is written as an alternative
	}
	if w, ok := c.wholes[same]; ok {
		c.wholes[expr] = w
		return w, nil
	}
	w, err := newWhole(expr, c.table)
	switch {
	case err != nil:
		return nil, err
	case w.table != nil || len(parts) == 1:
		if w.fromTheEnd(); w.table != nil || w.back != nil {
			w.prog = nil
		}
		out = []*whole{w}
	default:
		for _, part := range parts {
			more, err := c.wholesOf(part)
			if err != nil {
				return nil, err
			}
			out = append(out, more...)
		}
	}
	c.wholes[expr], c.wholes[same] = out, out
	return out, nil
}

func newWhole(expr string, table *fold.Table) (*whole, error) {
	p, err := automaton.Compile(expr, false, table)
	if err != nil {
		return nil, err
	}
	w := &whole{prog: p}
	if p.Exact() {
		w.table = automaton.Build([]*automaton.Prog{p}, wholeStates)
	}
	return w, nil
}

// fromTheEnd has an expression that is large as an automaton run backwards, if
// that is small.
func (w *whole) fromTheEnd() {
	if w.table == nil && w.prog.Exact() {
		w.back = automaton.Build([]*automaton.Prog{w.prog.Reversed()}, backStates)
	}
}

// exclusion gives nil if x is empty.
func (c *compiler) exclusion(x sit.Exclude, fail func(field, value, err, fix string)) *exclusion {
	e, table := &exclusion{repeated: x.Repeated}, c.table
	var v view
	normals := func(field string, in []string) (out []string) {
		for i, s := range in {
			v.set(table, s)
			n := string(v.normal(nil, 0, len(v.Shadow)))
			if n == "" {
				fail(field+"["+strconv.Itoa(i)+"]", s, "no letter or digit in it", "write the value that is not to count")
			}
			out = append(out, n)
		}
		return out
	}
	around := func(field string, in []string, edge func(word []rune) rune) (out affixes) {
		for i, s := range in {
			r, reason := match.FoldWord(table, &v.Text, s)
			if reason != "" {
				fail(field+"["+strconv.Itoa(i)+"]", s, reason, "write the text that stands beside the match")
				continue
			}
			for k := range r {
				r[k] = match.Canonical(r[k])
			}
			out.words = append(out.words, r)
			addRune(&out.edge, edge(r))
		}
		return out
	}
	if n := normals("values", x.Values); len(n) > 0 {
		e.values = map[string]bool{}
		for _, s := range n {
			e.values[s] = true
		}
	}
	e.starts, e.ends = normals("starts_with", x.StartsWith), normals("ends_with", x.EndsWith)
	e.prefixes = around("prefixes", x.Prefixes, func(w []rune) rune { return w[len(w)-1] })
	e.suffixes = around("suffixes", x.Suffixes, func(w []rune) rune { return w[0] })
	if x.Regex != "" {
		p, err := match.Parse(x.Regex, match.Options{})
		switch {
		case err != nil:
			reason, fix := explainRegex(err)
			fail("regex", x.Regex, reason, fix)
		case p.Lane != match.Linear:
			fail("regex", x.Regex, "look-around in an exclusion", "write it without")
		default:
			if e.regex, err = c.wholesOf(p.Linear); err != nil {
				fail("regex", x.Regex, "too large", "use smaller repeats")
			}
		}
	}
	e.preceded, e.followed = c.beside(precededBy, x.PrecededBy, fail), c.beside("followed_by", x.FollowedBy, fail)
	if e.values == nil && len(e.starts)+len(e.ends)+len(e.prefixes.words)+len(e.suffixes.words) == 0 && !e.repeated && x.Regex+x.PrecededBy+x.FollowedBy == "" {
		return nil
	}
	return e
}

// checker tests matches against validators and exclusions. It holds scratch
// memory and is not safe for concurrent use.
type checker struct {
	sim  automaton.Sim
	norm []byte
	work *match.Work // is charged for expressions, if not nil
}

// passes reports whether the match of an atom stands.
func (c *checker) passes(a *atom, v *view, o occurrence) bool { return c.refuses(a, v, o) == "" }

// refuses gives what takes a match of an atom out, "" if nothing does:
// "validate: luhn", "exclude: prefixes".
func (c *checker) refuses(a *atom, v *view, o occurrence) string {
	if r := a.invalid(v, o); r != "" {
		return r
	}
	return c.excludes(a, v, o)
}

// invalid gives the validator that refuses a match, "" if none does.
func (a *atom) invalid(v *view, o occurrence) string {
	// The string lives for the calls only; validators keep nothing.
	b := v.Shadow[o.start:o.end]
	s := unsafe.String(unsafe.SliceData(b), len(b))
	for i, f := range a.checks {
		if !f(s) {
			return a.refusals[i]
		}
	}
	return ""
}

// hopes reports whether checks may let a match or a shorter one stand.
func (a *atom) hopes(v *view, o occurrence) bool {
	for _, f := range a.hopeless {
		b := v.Shadow[o.start:o.end]
		if f(unsafe.String(unsafe.SliceData(b), len(b))) {
			return false
		}
	}
	return true
}

// excludes gives the exclusion that takes a match of an atom out, "" if none
// does.
func (c *checker) excludes(a *atom, v *view, o occurrence) string {
	for _, x := range a.exclude {
		if r := c.excluded(x, v, int(o.start), int(o.end)); r != "" {
			return r
		}
	}
	return ""
}

// excluded gives the part of an exclusion that holds, "" if none does.
func (c *checker) excluded(x *exclusion, v *view, start, end int) string {
	if x.repeated && sameDigits(v.Shadow[start:end]) {
		return "exclude: repeated"
	}
	if x.values != nil || len(x.starts)+len(x.ends) > 0 {
		c.norm = v.normal(c.norm[:0], start, end)
		if x.values[string(c.norm)] {
			return "exclude: values"
		}
		for _, p := range x.starts {
			if len(c.norm) >= len(p) && string(c.norm[:len(p)]) == p {
				return "exclude: starts_with"
			}
		}
		for _, p := range x.ends {
			if len(c.norm) >= len(p) && string(c.norm[len(c.norm)-len(p):]) == p {
				return "exclude: ends_with"
			}
		}
	}
	if len(x.prefixes.words) > 0 && v.before(&x.prefixes, start) {
		return "exclude: prefixes"
	}
	if len(x.suffixes.words) > 0 && v.after(&x.suffixes, end) {
		return "exclude: suffixes"
	}
	for _, w := range x.regex {
		if c.wholly(w, v, start, end) {
			return "exclude: regex"
		}
	}
	if x.preceded != nil && c.precedes(x.preceded, v, start) {
		return "exclude: preceded_by"
	}
	if x.followed != nil && c.follows(x.followed, v, end) {
		return "exclude: followed_by"
	}
	return ""
}

// wholly reports whether an expression matches a value from end to end, as if
// the text ended with it.
func (c *checker) wholly(w *whole, v *view, start, end int) (ok bool) {
	steps := end - start
	if steps > MaxExcluded {
		return false
	}
	switch {
	case w.table != nil:
		ok = w.table.Whole(v.Shadow, start, end)
	case w.back != nil:
		ok = w.back.WholeReversed(v.Shadow, start, end)
	default:
		text := v.Shadow
		v.Shadow = text[:end]
		steps = c.sim.Ends(w.prog, &v.Text, start, end-start, func(e int) bool { ok = e == end; return true })
		v.Shadow = text
	}
	c.charge(steps)
	return ok
}

// sameDigits reports whether there are at least two digits, all the same.
func sameDigits(b []byte) bool {
	n, d := 0, byte(0)
	for _, c := range b {
		if c-'0' > 9 {
			continue
		}
		if n > 0 && c != d {
			return false
		}
		n, d = n+1, c
	}
	return n > 1
}

// maxBeside is how many white space characters may stand between a match and
// a prefix or suffix.
const maxBeside = 4

// affixes are texts that may stand right before or behind a match.
type affixes struct {
	words [][]rune      // canonical
	edge  automaton.Set // characters with which they can touch it
}

// before reports whether one of the texts stands right before i, white space
// aside.
func (v *view) before(x *affixes, i int) bool {
	for n := 0; n < maxBeside && i > 0 && fold.Space(v.Shadow[i-1]); n++ {
		i--
	}
	if i == 0 || !x.edge.Has(v.Shadow[i-1]) {
		return false
	}
	for _, w := range x.words {
		if i >= len(w) && v.reads(w, i-len(w)) {
			return true
		}
	}
	return false
}

// after reports whether one of the texts stands right after i, white space
// aside.
func (v *view) after(x *affixes, i int) bool {
	for n := 0; n < maxBeside && i < len(v.Shadow) && fold.Space(v.Shadow[i]); n++ {
		i++
	}
	if i == len(v.Shadow) || !x.edge.Has(v.Shadow[i]) {
		return false
	}
	for _, w := range x.words {
		if len(v.Shadow)-i >= len(w) && v.reads(w, i) {
			return true
		}
	}
	return false
}

// reads reports whether word, canonical, stands at i.
func (v *view) reads(word []rune, i int) bool {
	for k, r := range word {
		if match.Canonical(v.At(i+k)) != r {
			return false
		}
	}
	return true
}

// normal appends the normalised form of a match: digits and letters only, in
// upper case.
func (v *view) normal(dst []byte, start, end int) []byte {
	for i := start; i < end; i++ {
		switch b := v.Shadow[i]; {
		case b >= 'a' && b <= 'z':
			dst = append(dst, b-32)
		case b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
			dst = append(dst, b)
		case b == fold.Letter || b == fold.Ideograph:
			dst = append(dst, string(unicode.ToUpper(v.At(i)))...)
		}
	}
	return dst
}

// Normal is the form in which values are compared and counted: digits and
// letters only, in upper case.
func Normal(s string) string {
	var v view
	v.set(fold.Standard(), s)
	return string(v.normal(nil, 0, len(v.Shadow)))
}
