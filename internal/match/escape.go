package match

import (
	"strconv"
	"strings"
)

const (
	wordClass  = `[0-9A-Za-z_]`
	boundary   = `(?:(?<=` + wordClass + `)(?!` + wordClass + `)|(?<!` + wordClass + `)(?=` + wordClass + `))`
	noBoundary = `(?:(?<=` + wordClass + `)(?=` + wordClass + `)|(?<!` + wordClass + `)(?!` + wordClass + `))`
)

// classes gives \d and its like in regexp2's syntax, outside brackets.
var classes = map[byte]string{
	'd': `[0-9]`, 'D': `[^0-9]`, 'w': wordClass, 'W': `[^0-9A-Za-z_]`, 's': `[\t\n\f\r ]`, 'S': `[^\t\n\f\r ]`,
}

// misread lists escapes that other engines know and RE2 does not, or that an
// engine would take for a plain letter.
var misread = map[byte][2]string{
	'h': {`\h is no class in RE2`, `write [ \t]`},
	'H': {`\H is no class in RE2`, `write [^ \t]`},
	'K': {`\K is not supported`, `use the whole match, or a look-behind (?<=...)`},
	'R': {`\R is not supported`, `write \r?\n`},
	'X': {`\X is not supported`, `write .`},
	'N': {`\N is not supported`, `write [^\n]`},
	'V': {`\V is not supported`, `write [^\n\v\f\r]`},
	'l': {`\l is not supported`, `write [a-z]`},
	'L': {`\L is not supported`, `write [^a-z]`},
	'U': {`\U is not supported`, `write [^A-Z]`},
	'G': {`\G has no meaning here`, `leave it out`},
	'y': {`\y is not supported`, `write \b`},
	'Y': {`\Y is not supported`, `write \B`},
	'm': {`\m is not supported`, `write \b`},
	'M': {`\M is not supported`, `write \b`},
	'<': {`\< is a plain < in RE2 and the begin of a word elsewhere`, `write < or \b`},
	'>': {`\> is a plain > in RE2 and the end of a word elsewhere`, `write > or \b`},
	'C': {`\C (one byte) is not supported`, `write .`},
	'g': {`\g is not supported`, `write \1 or \k<name>`},
	'E': {`\E without \Q`, `leave it out`},
}

// escape reads a backslash sequence outside brackets.
func (s *scanner) escape() *Error {
	at := s.pos
	if at+1 >= len(s.in) {
		return s.refuse(at, "backslash at the end", `write \\ for a backslash`)
	}
	c := s.in[at+1]
	if m, ok := misread[c]; ok {
		return s.refuse(at, m[0], m[1])
	}
	s.pos += 2
	defer s.atom(at)
	switch c {
	case 'd', 'D', 'w', 'W', 's', 'S':
		s.emit(s.in[at:s.pos], classes[c])
		return nil
	case 'b':
		s.emit(`\b`, boundary)
		return nil
	case 'B':
		s.emit(`\B`, noBoundary)
		return nil
	case 'A', 'z':
		s.emit(s.in[at:s.pos], s.in[at:s.pos])
		return nil
	case 'Z':
		s.lane = true
		s.emit(`(?:)`, `(?=\n?\z)`)
		return nil
	case 'Q':
		end := strings.Index(s.in[s.pos:], `\E`)
		text := s.in[s.pos:]
		s.pos = len(s.in)
		if end >= 0 {
			text = text[:end]
			s.pos = at + 2 + end + 2
		}
		for _, r := range text {
			s.emit(literal(r), literal(r))
		}
		return nil
	case 'k':
		end := strings.IndexByte(s.in[at:], '>')
		if s.pos >= len(s.in) || s.in[s.pos] != '<' || end < 0 {
			return s.refuse(at, `\k needs a name`, `write \k<name>`)
		}
		name := s.in[s.pos+1 : at+end]
		n, ok := s.names[name]
		if !ok {
			return s.refuse(at, "backreference to a group that is not there", `name the group with (?P<name>...) before it`)
		}
		s.pos = at + end + 1
		return s.backreference(at, n)
	}
	if c >= '1' && c <= '9' {
		if s.pos < len(s.in) && s.in[s.pos] >= '0' && s.in[s.pos] <= '9' {
			return s.refuse(at, "octal escape or backreference", `write \x{..} for a character, \k<name> for a backreference`)
		}
		return s.backreference(at, int(c-'0'))
	}
	if c == 'p' || c == 'P' {
		n := 1
		if s.pos < len(s.in) && s.in[s.pos] == '{' {
			n = strings.IndexByte(s.in[s.pos:], '}') + 1
		}
		if n < 1 || s.pos+n > len(s.in) {
			return s.refuse(at, "unfinished property", `write \p{L}`)
		}
		s.pos += n
		s.emit(s.in[at:s.pos], s.in[at:s.pos])
		return nil
	}
	r, n, err := s.char(at)
	if err != nil {
		return err
	}
	s.pos = at + n
	s.emit(literal(r), literal(r))
	return nil
}

// backreference reads \n: the superset repeats the group.
func (s *scanner) backreference(at, n int) *Error {
	if n > len(s.captures) || s.captures[n-1].end == 0 {
		return s.refuse(at, "backreference to a group that is not closed before it", "put the group before it")
	}
	s.lane = true
	c := s.captures[n-1]
	s.emit("(?:"+s.linear.String()[c.start:c.end]+")", `(?:\`+itoa(n)+`)`)
	return nil
}

// classEscape reads a backslash sequence in brackets and gives it in both
// dialects with its length.
func (s *scanner) classEscape(at int) (linear, look string, n int, err *Error) {
	if at+1 >= len(s.in) {
		return "", "", 0, s.refuse(at, "backslash at the end", `write \\ for a backslash`)
	}
	c := s.in[at+1]
	two := s.in[at : at+2]
	switch c {
	case 'd', 'w', 's':
		k := classes[c]
		return two, k[1 : len(k)-1], 2, nil
	case 'D', 'W', 'S':
		return two, two, 2, nil
	case 'p', 'P':
		n = 3
		if at+2 < len(s.in) && s.in[at+2] == '{' {
			n = strings.IndexByte(s.in[at:], '}') + 1
		}
		if n < 1 || at+n > len(s.in) {
			return "", "", 0, s.refuse(at, "unfinished property", `write \p{L}`)
		}
		return s.in[at : at+n], s.in[at : at+n], n, nil
	case 'b':
		return "", "", 0, s.refuse(at, `\b in a class is a backspace elsewhere`, `write \x08`)
	}
	if m, ok := misread[c]; ok && c != '<' && c != '>' {
		return "", "", 0, s.refuse(at, m[0], m[1])
	}
	if c >= '1' && c <= '9' {
		return "", "", 0, s.refuse(at, "octal escape", `write \x{..}`)
	}
	r, n, err := s.char(at)
	return literal(r), literal(r), n, err
}

// char reads an escape that stands for one character and gives its length
// with the backslash.
func (s *scanner) char(at int) (rune, int, *Error) {
	rest := s.in[at+2:]
	hex := func(text string, skip int) (rune, int, *Error) {
		v, err := strconv.ParseUint(text, 16, 32)
		if err != nil || v > 0x10ffff || v >= 0xd800 && v < 0xe000 {
			return 0, 0, s.refuse(at, "not a character code", `write \x{10FFFF} at most`)
		}
		return rune(v), skip, nil
	}
	switch c := s.in[at+1]; c {
	case 'a':
		return '\a', 2, nil
	case 'e':
		return 0x1b, 2, nil
	case 'f':
		return '\f', 2, nil
	case 'n':
		return '\n', 2, nil
	case 'r':
		return '\r', 2, nil
	case 't':
		return '\t', 2, nil
	case 'v':
		return '\v', 2, nil
	case '0':
		n := 0
		for n < 2 && n < len(rest) && rest[n] >= '0' && rest[n] <= '7' {
			n++
		}
		v, _ := strconv.ParseUint("0"+rest[:n], 8, 32)
		return rune(v), 2 + n, nil
	case 'c':
		if rest == "" || rest[0] < '@' || rest[0] > 'z' || rest[0] == '`' {
			return 0, 0, s.refuse(at, "unknown control character", `write \x{..}`)
		}
		return rune(rest[0] & 0x1f), 3, nil
	case 'u':
		if len(rest) < 4 {
			return 0, 0, s.refuse(at, `\u needs four digits`, `write \x{..}`)
		}
		return hex(rest[:4], 6)
	case 'x':
		if strings.HasPrefix(rest, "{") {
			end := strings.IndexByte(rest, '}')
			if end < 0 {
				return 0, 0, s.refuse(at, "unfinished character code", `write \x{..}`)
			}
			return hex(rest[1:end], 2+end+1)
		}
		if len(rest) < 2 {
			return 0, 0, s.refuse(at, `\x needs two digits`, `write \x{..}`)
		}
		return hex(rest[:2], 4)
	default:
		if c < 0x80 && (c < '0' || c > '9') && (c|0x20 < 'a' || c|0x20 > 'z') {
			return rune(c), 2, nil
		}
		return 0, 0, s.refuse(at, "unknown escape", `leave the backslash out`)
	}
}

// literal writes one character so that both engines take it as it is, in and
// outside brackets.
func literal(r rune) string {
	if r >= '0' && r <= '9' || r|0x20 >= 'a' && r|0x20 <= 'z' && r < 0x80 {
		return string(r)
	}
	return `\x{` + strconv.FormatInt(int64(r), 16) + `}`
}
