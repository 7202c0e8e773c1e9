package match

import (
	"strconv"
	"strings"
)

// scanner reads an expression token by token, class- and escape-aware. It
// refuses what engines understand differently and writes two forms: linear
// (RE2; look-around left out, so a superset) and look (regexp2).
type scanner struct {
	in   string
	pos  int
	lane bool // the look-around lane is needed

	linear, look strings.Builder

	groups    []group
	captures  []span // in linear, by number - 1
	names     map[string]int
	multiline []bool // (?m) by group depth, [0] for the top

	lookDepth int  // inside how many look-arounds
	lookWidth int  // how far a look-around may look, roughly
	wide      bool // further than context

	unbounded bool // the last item contains an unbounded repeat
	last      int  // offset of the last item
	nested    int  // offset of the first unbounded repeat of an unbounded repeat, -1
	noLook    *Error
}

type group struct {
	start     int // offset in the expression
	outer     int // length of linear before the group
	capture   int // number, 0 if none
	look      bool
	unbounded bool // contains an unbounded repeat
}

type span struct{ start, end int }

// context is the number of characters a look-around may look at beyond the
// match in bounded mode.
const context = 256

// maxLinear bounds the superset, which copies groups for backreferences.
const maxLinear = 4 * MaxExpr

func (s *scanner) run() *Error {
	s.nested = -1
	s.names = map[string]int{}
	for s.pos < len(s.in) {
		if err := s.item(); err != nil {
			return err
		}
		if s.linear.Len() > maxLinear {
			return s.refuse(s.pos, "backreferences make it too large", "write it without backreferences")
		}
	}
	if len(s.groups) > 0 {
		return s.refuse(s.groups[len(s.groups)-1].start, "missing closing )", "close the group, or write \\( for a parenthesis")
	}
	return nil
}

func (s *scanner) refuse(at int, reason, fix string) *Error { return &Error{at, reason, fix} }

// emit writes a token to both forms; inside look-around only to look.
func (s *scanner) emit(linear, look string) {
	if s.lookDepth == 0 {
		s.linear.WriteString(linear)
	} else {
		s.lookWidth++
		s.wide = s.wide || s.lookWidth > context
	}
	s.look.WriteString(look)
}

// atom notes that an item without repeats was read.
func (s *scanner) atom(at int) { s.unbounded, s.last = false, at }

func (s *scanner) item() *Error {
	at := s.pos
	switch c := s.in[at]; c {
	case '\\':
		return s.escape()
	case '[':
		return s.class()
	case '(':
		return s.open()
	case ')':
		if len(s.groups) == 0 {
			return s.refuse(at, "unexpected )", "write \\) for a parenthesis")
		}
		g := s.groups[len(s.groups)-1]
		s.groups = s.groups[:len(s.groups)-1]
		s.multiline = s.multiline[:len(s.multiline)-1]
		s.pos++
		if g.look {
			s.look.WriteByte(')')
			s.lookDepth--
			if s.lookDepth == 0 {
				s.linear.WriteString("(?:)")
			}
			s.atom(at)
			return nil
		}
		s.emit(")", ")")
		if g.capture > 0 && s.lookDepth == 0 {
			s.captures[g.capture-1] = span{g.outer, s.linear.Len()}
		}
		s.unbounded, s.last = g.unbounded, g.start
		s.note(g.unbounded)
		return nil
	case '*', '+', '?':
		return s.quantifier(at, string(c), c != '?', 1)
	case '{':
		lo, hi, n, ok := braces(s.in[at:])
		if !ok {
			if strings.HasPrefix(s.in[at:], "{,") && strings.IndexByte(s.in[at:], '}') > 0 {
				return s.refuse(at, "{,n} is plain text in RE2 and a repeat elsewhere", "write {0,n} for a repeat or \\{ for a brace")
			}
			s.pos++
			s.emit(`\{`, `\{`)
			s.atom(at)
			return nil
		}
		if hi > 1000 || lo > 1000 {
			return s.refuse(at, "repeat count above 1000", "use a smaller count, or an open repeat {n,}")
		}
		return s.quantifier(at, s.in[at:at+n], hi < 0, max(lo, hi))
	case '$':
		s.pos++
		if s.multiline[len(s.multiline)-1] {
			s.emit("$", "$")
		} else {
			s.emit("$", `\z`)
		}
		s.atom(at)
		return nil
	}
	// One character, copied as it stands.
	n := 1
	for at+n < len(s.in) && s.in[at+n]&0xc0 == 0x80 {
		n++
	}
	s.pos += n
	s.emit(s.in[at:s.pos], s.in[at:s.pos])
	s.atom(at)
	return nil
}

// note marks all open groups as containing an unbounded repeat.
func (s *scanner) note(unbounded bool) {
	if unbounded && len(s.groups) > 0 {
		s.groups[len(s.groups)-1].unbounded = true
	}
}

func (s *scanner) quantifier(at int, text string, unbounded bool, times int) *Error {
	s.pos += len(text)
	linear := text
	switch {
	case strings.HasPrefix(s.in[s.pos:], "?"):
		s.pos++
		linear += "?"
		text = linear
	case strings.HasPrefix(s.in[s.pos:], "+"):
		// Possessive: RE2 has none; what it matches is a subset.
		s.pos++
		text += "+"
		s.lane = true
	}
	if s.lookDepth > 0 {
		s.lookWidth *= max(times, 1)
		s.wide = s.wide || unbounded || s.lookWidth > context
	}
	if s.unbounded && (unbounded || times > 10) && s.nested < 0 {
		s.nested = at
	}
	s.emit(linear, text)
	s.unbounded = s.unbounded || unbounded
	s.note(unbounded)
	return nil
}

// braces reads {n}, {n,} or {n,m} (hi -1 if open).
func braces(in string) (lo, hi, n int, ok bool) {
	end := strings.IndexByte(in, '}')
	if end < 2 || end > 16 {
		return 0, 0, 0, false
	}
	a, b, comma := strings.Cut(in[1:end], ",")
	lo, err := strconv.Atoi(a)
	if err != nil || a[0] == '+' || a[0] == '-' {
		return 0, 0, 0, false
	}
	hi = lo
	if comma {
		hi = -1
		if b != "" {
			if hi, err = strconv.Atoi(b); err != nil || hi < 0 || b[0] == '+' {
				return 0, 0, 0, false
			}
		}
	}
	return lo, hi, end + 1, true
}

// posix lists the ASCII classes as ranges in regexp2's syntax.
var posix = map[string]string{
	"alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": `\x00-\x7f`, "blank": `\t `, "cntrl": `\x00-\x1f\x7f`,
	"digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": "!-/:-@\\[-`{-~",
	"space": `\t\n\v\f\r `, "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}

// class reads a bracket expression.
func (s *scanner) class() *Error {
	at := s.pos
	var lin, look strings.Builder
	i := at + 1
	lin.WriteByte('[')
	look.WriteByte('[')
	if i < len(s.in) && s.in[i] == '^' {
		lin.WriteByte('^')
		look.WriteByte('^')
		i++
	}
	for first := true; ; first = false {
		if i >= len(s.in) {
			return s.refuse(at, "missing closing ]", "close the class, or write \\[ for a bracket")
		}
		c := s.in[i]
		switch {
		case c == ']' && !first:
			lin.WriteByte(']')
			look.WriteByte(']')
			s.pos = i + 1
			s.emit(lin.String(), look.String())
			s.atom(at)
			return nil
		case strings.HasPrefix(s.in[i:], "[:"):
			end := strings.Index(s.in[i:], ":]")
			if end < 0 {
				return s.refuse(i, "unclosed POSIX class", "write [[:name:]], or \\[ for a bracket")
			}
			name := s.in[i+2 : i+end]
			ranges, ok := posix[strings.TrimPrefix(name, "^")]
			if !ok {
				return s.refuse(i, "unknown POSIX class", "one of alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit")
			}
			if name[0] == '^' {
				s.needLinear(i, "a negated POSIX class")
			}
			lin.WriteString(s.in[i : i+end+2])
			look.WriteString(ranges)
			i += end + 2
		case strings.HasPrefix(s.in[i:], "[=") || strings.HasPrefix(s.in[i:], "[."):
			return s.refuse(i, "collating elements are not supported", "list the characters")
		case strings.HasPrefix(s.in[i:], "-[") && !first:
			return s.refuse(i, "class subtraction is plain text in RE2", "list the characters that are left, or write \\[ for a bracket")
		case strings.HasPrefix(s.in[i:], "&&"):
			return s.refuse(i, "class intersection is plain text in RE2", "list the characters, or write \\&")
		case c == '\\':
			l, k, n, err := s.classEscape(i)
			if err != nil {
				return err
			}
			lin.WriteString(l)
			look.WriteString(k)
			i += n
		case c == '[' || c == ']':
			lin.WriteString(`\` + string(c))
			look.WriteString(`\` + string(c))
			i++
		default:
			lin.WriteByte(c)
			look.WriteByte(c)
			i++
		}
	}
}

// needLinear notes a construct that the look-around lane cannot give the same
// meaning.
func (s *scanner) needLinear(at int, what string) {
	if s.noLook == nil {
		s.noLook = s.refuse(at, what+" cannot stand together with look-around", "write it without, or do without look-around")
	}
}
