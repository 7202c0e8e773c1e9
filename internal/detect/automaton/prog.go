// Package automaton runs regular expressions over folded text (package fold:
// one byte per character) and gives every end of a match from a given start.
// It has a simulator, which is simple and slow, and deterministic automata
// built ahead of time from many expressions at once.
//
// An expression means the same here as in package match, applied to folded
// text, with these differences: literals and classes are folded as the text
// is, so é in an expression stands for e; \b sees a boundary between a letter
// or digit of any script that puts spaces between words (or _) and anything
// else, so none within "é1" and one between a Han character and a digit.
package automaton

import (
	"errors"
	"regexp/syntax"
	"slices"
	"unicode"
	"unicode/utf8"

	"labelmilter/internal/match/fold"
)

// Kind is what conditions need to know about a neighbouring character.
type Kind uint8

// The kinds of characters.
const (
	Edge       Kind = iota // begin or end of the text
	Newline                // line feed
	Other                  // neither letter nor digit nor _
	Underscore             // _
	Alnum                  // letter or digit
	kinds
)

// KindOf gives the kind of a shadow byte.
func KindOf(b byte) Kind { return kindOf[b] }

var kindOf = func() (t [256]Kind) {
	for b := range t {
		switch {
		case fold.Alnum(byte(b)):
			t[b] = Alnum
		case b == '_':
			t[b] = Underscore
		case b == '\n':
			t[b] = Newline
		default:
			t[b] = Other
		}
	}
	return t
}()

// Before is the kind of the character before position i.
func Before(shadow []byte, i int) Kind {
	if i <= 0 {
		return Edge
	}
	return KindOf(shadow[i-1])
}

// At is the kind of the character at position i.
func At(shadow []byte, i int) Kind {
	if i >= len(shadow) {
		return Edge
	}
	return KindOf(shadow[i])
}

// cond is a set of conditions on the place between two characters.
type cond uint16

const (
	beginText cond = 1 << iota
	endText
	beginLine
	endLine
	wordBoundary
	noWordBoundary
	freeBefore // no letter or digit before
	freeAfter  // no letter or digit after
)

// holds reports whether all of c hold between prev and next.
func (c cond) holds(prev, next Kind) bool {
	return c&^truths[prev][next] == 0
}

// truths lists the conditions that hold between two kinds.
var truths = func() (t [kinds][kinds]cond) {
	for p := range kinds {
		for n := range kinds {
			c := cond(0)
			set := func(ok bool, f cond) {
				if ok {
					c |= f
				}
			}
			set(p == Edge, beginText)
			set(n == Edge, endText)
			set(p == Edge || p == Newline, beginLine)
			set(n == Edge || n == Newline, endLine)
			set((p >= Underscore) != (n >= Underscore), wordBoundary)
			set((p >= Underscore) == (n >= Underscore), noWordBoundary)
			set(p != Alnum, freeBefore)
			set(n != Alnum, freeAfter)
			t[p][n] = c
		}
	}
	return t
}()

type op uint8

const (
	opFail op = iota
	opMatch
	opSplit // out, arg
	opCond  // cond, out
	opClass // class, out
	opNop   // out
)

type inst struct {
	op       op
	cond     cond
	out, arg int32
	class    int32
}

// class is a set of characters.
type class struct {
	set   Set
	runes *syntax.Inst // if not nil, bytes from 0x80 on must also match this
}

// Set is a set of shadow bytes.
type Set [4]uint64

// Has reports whether b is in the set.
func (s *Set) Has(b byte) bool { return s[b>>6]>>(b&63)&1 != 0 }

// Add adds b.
func (s *Set) Add(b byte) { s[b>>6] |= 1 << (b & 63) }

// Or adds all of t.
func (s *Set) Or(t *Set) {
	for i := range s {
		s[i] |= t[i]
	}
}

// Within reports whether s is a subset of t.
func (s *Set) Within(t *Set) bool {
	return s[0]&^t[0]|s[1]&^t[1]|s[2]&^t[2]|s[3]&^t[3] == 0
}

// Prog is a compiled expression. It is immutable.
type Prog struct {
	insts   []inst
	classes []class
	start   int32
	exact   bool // no class looks at the original characters
}

// Exact reports whether the expression depends on shadow bytes alone. If not,
// automata accept a superset and the simulator decides.
func (p *Prog) Exact() bool { return p.exact }

// Size is the number of instructions.
func (p *Prog) Size() int { return len(p.insts) }

// maxInsts bounds a program.
const maxInsts = 60_000

var errTooLarge = errors.New("too large")

// Compile makes a program of an RE2 expression. With free, a match must have
// no letter or digit right before and after it.
func Compile(expr string, free bool, table *fold.Table) (*Prog, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	foldLiterals(re, table)
	sp, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	if len(sp.Inst) > maxInsts {
		return nil, errTooLarge
	}
	return translate(sp, free, table), nil
}

// Alternatives gives expressions that match together what an RE2 expression
// does: its alternatives, if it is nothing else.
func Alternatives(expr string) []string {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return []string{expr}
	}
	if re.Op != syntax.OpAlternate {
		return []string{re.String()}
	}
	var out []string
	for _, sub := range re.Sub {
		out = append(out, sub.String())
	}
	return out
}

// Literal makes a program that matches a folded word or phrase; next gives
// the shadow bytes allowed at each position. A space matches up to maxSpaces
// white space characters.
func Literal(sets []Set, spaces []bool, maxSpaces int, before, after bool) *Prog {
	p := &Prog{exact: true}
	emit := func(in inst) {
		in.out = int32(len(p.insts) + 1)
		p.insts = append(p.insts, in)
	}
	if before {
		emit(inst{op: opCond, cond: freeBefore})
	}
	for i, s := range sets {
		p.classes = append(p.classes, class{set: s})
		c := int32(len(p.classes) - 1)
		emit(inst{op: opClass, class: c})
		if !spaces[i] {
			continue
		}
		end := int32(len(p.insts) + 2*(maxSpaces-1))
		for range maxSpaces - 1 {
			p.insts = append(p.insts, inst{op: opSplit, out: int32(len(p.insts) + 1), arg: end})
			emit(inst{op: opClass, class: c})
		}
	}
	if after {
		emit(inst{op: opCond, cond: freeAfter})
	}
	p.insts = append(p.insts, inst{op: opMatch})
	return p
}

// foldLiterals replaces the characters of literals by their folded form.
func foldLiterals(re *syntax.Regexp, table *fold.Table) {
	for _, sub := range re.Sub {
		foldLiterals(sub, table)
	}
	if re.Op != syntax.OpLiteral {
		return
	}
	var out []rune
	for _, r := range re.Rune {
		if r < utf8.RuneSelf {
			out = append(out, r)
			continue
		}
		if b, ok := table.Byte(r); ok && b >= utf8.RuneSelf {
			out = append(out, r)
			continue
		}
		for _, b := range []byte(table.Expand(r)) {
			out = append(out, rune(b))
		}
	}
	if len(out) == 0 {
		re.Op = syntax.OpEmptyMatch
		re.Rune = nil
		return
	}
	re.Rune = out
}

func translate(sp *syntax.Prog, free bool, table *fold.Table) *Prog {
	p := &Prog{start: int32(sp.Start), exact: true}
	var made []*syntax.Inst // what the classes were made of
	for i := range sp.Inst {
		in := &sp.Inst[i]
		o := inst{out: int32(in.Out), arg: int32(in.Arg)}
		switch in.Op {
		case syntax.InstAlt, syntax.InstAltMatch:
			o.op = opSplit
		case syntax.InstCapture, syntax.InstNop:
			o.op = opNop
		case syntax.InstEmptyWidth:
			o.op = opCond
			e := syntax.EmptyOp(in.Arg)
			for k, c := range map[syntax.EmptyOp]cond{
				syntax.EmptyBeginLine: beginLine, syntax.EmptyEndLine: endLine, syntax.EmptyBeginText: beginText,
				syntax.EmptyEndText: endText, syntax.EmptyWordBoundary: wordBoundary, syntax.EmptyNoWordBoundary: noWordBoundary,
			} {
				if e&k != 0 {
					o.cond |= c
				}
			}
		case syntax.InstMatch:
			o.op = opMatch
			if free {
				// The condition stands before a match of its own.
				o = inst{op: opCond, cond: freeAfter, out: int32(len(sp.Inst))}
			}
		case syntax.InstFail:
			o.op = opFail
		default:
			o.op = opClass
			k := slices.IndexFunc(made, func(m *syntax.Inst) bool {
				return m.Op == in.Op && m.Arg == in.Arg && slices.Equal(m.Rune, in.Rune)
			})
			if k < 0 {
				k = len(made)
				made, p.classes = append(made, in), append(p.classes, classOf(in, table))
			}
			o.class = int32(k)
			p.exact = p.exact && p.classes[k].runes == nil
		}
		p.insts = append(p.insts, o)
	}
	if free {
		p.insts = append(p.insts, inst{op: opMatch}, inst{op: opCond, cond: freeBefore, out: p.start})
		p.start = int32(len(p.insts) - 1)
	}
	p.insts, p.classes = slices.Clone(p.insts), slices.Clone(p.classes)
	return p
}

// classOf folds the characters an instruction matches. A class that reaches
// to the last character of Unicode is taken for a negated one: it matches a
// folded character by its ASCII form alone, so that [^0-9] does not match a
// full-width digit. Any other matches what one of its characters folds to.
func classOf(in *syntax.Inst, table *fold.Table) (c class) {
	for b := rune(0); b < utf8.RuneSelf; b++ {
		if in.MatchRune(b) {
			c.set.Add(byte(b))
		}
	}
	if in.MatchRune(unicode.MaxRune) {
		c.set.Add(fold.Letter)
		c.set.Add(fold.Ideograph)
		c.set.Add(fold.Symbol)
		if in.Op == syntax.InstRune && leavesOut(in.Rune, table) {
			c.runes = in
		}
		return c
	}
	add := func(r rune) {
		if b, ok := table.Byte(r); ok {
			c.set.Add(b)
			if b >= utf8.RuneSelf {
				c.runes = in
			}
		}
	}
	switch {
	case len(in.Rune) == 1 && in.Op != syntax.InstRuneAny && in.Op != syntax.InstRuneAnyNotNL:
		add(in.Rune[0])
		if in.Op == syntax.InstRune && syntax.Flags(in.Arg)&syntax.FoldCase != 0 {
			for r := unicode.SimpleFold(in.Rune[0]); r != in.Rune[0]; r = unicode.SimpleFold(r) {
				add(r)
			}
		}
	default:
		for i := 0; i+1 < len(in.Rune); i += 2 {
			lo, hi := max(in.Rune[i], utf8.RuneSelf), in.Rune[i+1]
			if hi > 0xffff && hi-lo > 4096 {
				// Nothing there folds to ASCII that its neighbours below do not.
				c.set.Add(fold.Letter)
				c.set.Add(fold.Ideograph)
				c.set.Add(fold.Symbol)
				c.runes = in
				hi = 0xffff
			}
			for r := lo; r <= hi; r++ {
				add(r)
			}
		}
	}
	return c
}

// leavesOut reports whether a class, in pairs up to the last character of
// Unicode, leaves out characters that have no ASCII form: if not, the shadow
// tells all.
func leavesOut(pairs []rune, table *fold.Table) bool {
	for i := 1; i+1 < len(pairs); i += 2 {
		lo, hi := max(pairs[i]+1, utf8.RuneSelf), pairs[i+1]-1
		if hi-lo > 256 {
			return true
		}
		for r := lo; r <= hi; r++ {
			if b, ok := table.Byte(r); ok && b >= utf8.RuneSelf {
				return true
			}
		}
	}
	return len(pairs) > 0 && pairs[0] > utf8.RuneSelf
}

// has reports whether the class contains the character at i.
func (c *class) has(x *fold.Text, i int) bool {
	b := x.Shadow[i]
	return c.set.Has(b) && (b < utf8.RuneSelf || c.hasRune(x, i))
}

func (c *class) hasRune(x *fold.Text, i int) bool {
	return c.runes == nil || c.runes.MatchRune(x.At(i))
}
