package match

import (
	"regexp/syntax"
	"strconv"
	"unicode/utf8"
)

// Parsed is an expression that was checked and brought into the two dialects.
type Parsed struct {
	Lane Lane
	// Linear is RE2 syntax: the expression itself, or for the look-around
	// lane one that matches wherever the expression matches, and more.
	Linear string
	Min    int // least number of characters of a match of Linear
	Max    int // greatest, -1 if unbounded
	Size   int // number of nodes of Linear, repeats multiplied out

	look string // the expression in regexp2's dialect
	wide bool   // a look-around may look further than context characters
}

// maxSize bounds the multiplied-out size of an expression; RE2 programs and
// automata grow with it.
const maxSize = 20_000

// Parse checks expr and chooses its lane. Errors are of type *Error.
func Parse(expr string, o Options) (*Parsed, error) {
	switch {
	case expr == "":
		return nil, &Error{0, "empty expression", "leave the condition out, or say what to match"}
	case len(expr) > MaxExpr:
		return nil, &Error{MaxExpr, "longer than " + strconv.Itoa(MaxExpr) + " bytes", "use a word list for long alternatives"}
	}
	for i, r := range expr {
		if r == utf8.RuneError {
			if _, n := utf8.DecodeRuneInString(expr[i:]); n == 1 {
				return nil, &Error{i, "not valid UTF-8", "save the file as UTF-8"}
			}
		}
	}
	s := &scanner{in: expr, multiline: []bool{false}}
	if err := s.run(); err != nil {
		return nil, err
	}
	p := &Parsed{Lane: Linear, Linear: s.linear.String(), look: s.look.String(), wide: s.wide}
	if s.lane {
		p.Lane = LookAround
	}
	if o.CaseInsensitive {
		p.Linear, p.look = "(?i:"+p.Linear+")", "(?i:"+p.look+")"
	}
	if p.Lane == LookAround && s.nested >= 0 {
		return nil, &Error{s.nested, "a repeat inside a repeat takes exponential time together with look-around", "repeat only once, or do without look-around"}
	}
	if p.Lane == LookAround && s.noLook != nil {
		return nil, s.noLook
	}
	re, err := syntax.Parse(p.Linear, syntax.Perl)
	if err != nil {
		return nil, &Error{syntaxOffset(expr, err), syntaxReason(err), ""}
	}
	p.Min, p.Max, p.Size = measure(re, 0)
	if p.Size > maxSize {
		return nil, &Error{0, "too large when repeats are multiplied out", "use smaller repeats"}
	}
	if p.Min == 0 && !o.AllowEmptyMatch {
		return nil, &Error{0, "matches the empty text, so it would be found everywhere", "ask for at least one character"}
	}
	return p, nil
}

// measure gives the least and greatest number of characters a tree matches
// (-1: unbounded) and its size with repeats multiplied out. The depth is
// bounded by the parser (1,000).
func measure(re *syntax.Regexp, depth int) (lo, hi, size int) {
	const huge = 1 << 30
	clamp := func(n int) int { return min(n, huge) }
	size = 1
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune), len(re.Rune), 1 + len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1, 1, 1
	case syntax.OpCapture:
		return measure(re.Sub[0], depth+1)
	case syntax.OpStar, syntax.OpPlus, syntax.OpQuest:
		a, b, n := measure(re.Sub[0], depth+1)
		switch re.Op {
		case syntax.OpQuest:
			return 0, b, n + 1
		case syntax.OpStar:
			a = 0
		}
		if b != 0 {
			b = -1
		}
		return a, b, n + 1
	case syntax.OpRepeat:
		a, b, n := measure(re.Sub[0], depth+1)
		times := max(re.Max, re.Min, 1)
		lo, size = clamp(a*re.Min), clamp(n*times)
		switch {
		case re.Max < 0 && b != 0, b < 0 && re.Max != 0:
			hi = -1
		default:
			hi = clamp(b * max(re.Max, 0))
		}
		return lo, hi, size
	case syntax.OpConcat:
		for _, sub := range re.Sub {
			a, b, n := measure(sub, depth+1)
			lo, size = clamp(lo+a), clamp(size+n)
			if b < 0 || hi < 0 {
				hi = -1
			} else {
				hi = clamp(hi + b)
			}
		}
		return lo, hi, size
	case syntax.OpAlternate:
		lo = huge
		for _, sub := range re.Sub {
			a, b, n := measure(sub, depth+1)
			lo, size = min(lo, a), clamp(size+n)
			if b < 0 || hi < 0 {
				hi = -1
			} else {
				hi = max(hi, b)
			}
		}
		return lo, hi, size
	}
	return 0, 0, 1
}

func itoa(n int) string { return strconv.Itoa(n) }
