package pdf

import "bytes"

// token is the kind of a lexical token (ISO 32000-2 7.2).
type token uint8

// The tokens.
const (
	tokEOF token = iota
	tokNumber
	tokName
	tokString
	tokOpen      // [
	tokClose     // ]
	tokDictOpen  // <<
	tokDictClose // >>
	tokWord      // any other run of regular characters: operators, true, null, obj
)

// lexer gives the tokens of a slice. val of a token stays valid until release.
type lexer struct {
	b    []byte
	pos  int
	num  float64
	int  bool   // the number was written without a point
	val  []byte // of names (without the slash, undone), strings and words
	buf  []byte // holds what had to be decoded
	open bool   // a string had no end

	noImageEnd bool // no image ends from here on
}

// release allows the memory of earlier tokens to be used again.
func (l *lexer) release() { l.buf = l.buf[:0] }

// The classes of characters (ISO 32000-2 tables 1 and 2).
const (
	regular = iota
	white
	delimiter
)

var class = func() (c [256]uint8) {
	for _, b := range []byte("\x00\t\n\f\r ") {
		c[b] = white
	}
	for _, b := range []byte("()<>[]{}/%") {
		c[b] = delimiter
	}
	return c
}()

// space moves over white space and comments.
func (l *lexer) space() {
	for l.pos < len(l.b) {
		c := l.b[l.pos]
		switch {
		case class[c] == white:
			l.pos++
		case c == '%':
			n := bytes.IndexAny(l.b[l.pos:], "\r\n")
			if n < 0 {
				l.pos = len(l.b)
				return
			}
			l.pos += n
		default:
			return
		}
	}
}

// next moves to the next token.
func (l *lexer) next() token {
	l.space()
	if l.pos >= len(l.b) {
		return tokEOF
	}
	c := l.b[l.pos]
	switch c {
	case '/':
		l.pos++
		l.name()
		return tokName
	case '(':
		l.pos++
		l.literal()
		return tokString
	case '<':
		if l.pos+1 < len(l.b) && l.b[l.pos+1] == '<' {
			l.pos += 2
			return tokDictOpen
		}
		l.pos++
		l.hex()
		return tokString
	case '>':
		if l.pos+1 < len(l.b) && l.b[l.pos+1] == '>' {
			l.pos += 2
			return tokDictClose
		}
		l.pos++
		return l.next1()
	case '[':
		l.pos++
		return tokOpen
	case ']':
		l.pos++
		return tokClose
	case ')', '{', '}':
		l.pos++
		return l.next1()
	}
	if c >= '0' && c <= '9' || c == '-' || c == '+' || c == '.' {
		if l.number() {
			return tokNumber
		}
	}
	start := l.pos
	for l.pos < len(l.b) && class[l.b[l.pos]] == regular {
		l.pos++
	}
	l.val = l.b[start:l.pos]
	return tokWord
}

// next1 gives a delimiter that means nothing here as a word of its own, so that
// no run of them nests calls.
func (l *lexer) next1() token {
	l.val = l.b[l.pos-1 : l.pos]
	return tokWord
}

// number reads a number; it reports false where there is none, and stays.
func (l *lexer) number() bool {
	i, neg, digits, point := l.pos, false, 0, false
	for i < len(l.b) && (l.b[i] == '-' || l.b[i] == '+') {
		neg = l.b[i] == '-' // "--5" is written by some producers for -5
		i++
	}
	v, scale := 0.0, 1.0
loop:
	for ; i < len(l.b); i++ {
		switch c := l.b[i]; {
		case c >= '0' && c <= '9':
			digits++
			if point {
				scale /= 10
				v += float64(c-'0') * scale
			} else {
				v = v*10 + float64(c-'0')
			}
		case c == '.' && !point:
			point = true
		case c == '-' && digits > 0: // "12-34": what follows is not read by any viewer
			for i++; i < len(l.b) && (l.b[i] >= '0' && l.b[i] <= '9' || l.b[i] == '.' || l.b[i] == '-'); i++ {
				continue
			}
			break loop
		default:
			break loop
		}
	}
	if digits == 0 && !point {
		return false
	}
	if i < len(l.b) && class[l.b[i]] == regular && digits > 0 && !point && !('A' <= l.b[i] && l.b[i] <= 'Z' || 'a' <= l.b[i] && l.b[i] <= 'z' || l.b[i] == '\'' || l.b[i] == '"') {
		return false
	}
	if neg {
		v = -v
	}
	l.pos, l.num, l.int = i, v, !point
	return true
}

func (l *lexer) name() {
	start, escaped := l.pos, false
	for l.pos < len(l.b) && class[l.b[l.pos]] == regular {
		if l.b[l.pos] == '#' {
			escaped = true
		}
		l.pos++
	}
	l.val = l.b[start:l.pos]
	if !escaped {
		return
	}
	at := len(l.buf)
	for i := 0; i < len(l.val); i++ {
		c := l.val[i]
		if c == '#' && i+2 < len(l.val) && hexDigit(l.val[i+1]) >= 0 && hexDigit(l.val[i+2]) >= 0 {
			c = byte(hexDigit(l.val[i+1])<<4 | hexDigit(l.val[i+2]))
			i += 2
		}
		l.buf = append(l.buf, c)
	}
	l.val = l.buf[at:len(l.buf):len(l.buf)]
}

// literal reads a string in parentheses (ISO 32000-2 7.3.4.2).
func (l *lexer) literal() {
	start := l.pos
	for l.pos < len(l.b) { // without escapes it is a slice of the input
		c := l.b[l.pos]
		if c == ')' {
			l.val = l.b[start:l.pos:l.pos]
			l.pos++
			return
		}
		if c == '\\' || c == '(' || c == '\r' {
			break
		}
		l.pos++
	}
	at, depth := len(l.buf), 1
	l.buf = append(l.buf, l.b[start:l.pos]...)
	for l.pos < len(l.b) {
		c := l.b[l.pos]
		l.pos++
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				l.val = l.buf[at:len(l.buf):len(l.buf)]
				return
			}
		case '\r':
			if l.pos < len(l.b) && l.b[l.pos] == '\n' {
				l.pos++
			}
			c = '\n'
		case '\\':
			var ok bool
			if c, ok = l.escape(); !ok {
				continue
			}
		}
		l.buf = append(l.buf, c)
	}
	l.open = true
	l.val = l.buf[at:len(l.buf):len(l.buf)]
}

// escape reads what follows a backslash; a line that goes on gives nothing.
func (l *lexer) escape() (byte, bool) {
	if l.pos >= len(l.b) {
		return 0, false
	}
	c := l.b[l.pos]
	l.pos++
	switch c {
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case '\n':
		return 0, false
	case '\r':
		if l.pos < len(l.b) && l.b[l.pos] == '\n' {
			l.pos++
		}
		return 0, false
	}
	if c < '0' || c > '7' {
		return c, true
	}
	v := int(c - '0')
	for range 2 {
		if l.pos >= len(l.b) || l.b[l.pos] < '0' || l.b[l.pos] > '7' {
			break
		}
		v = v<<3 | int(l.b[l.pos]-'0')
		l.pos++
	}
	return byte(v), true
}

func (l *lexer) hex() {
	at, high := len(l.buf), -1
	for l.pos < len(l.b) {
		c := l.b[l.pos]
		l.pos++
		if c == '>' {
			break
		}
		d := hexDigit(c)
		switch {
		case d < 0:
		case high < 0:
			high = d
		default:
			l.buf = append(l.buf, byte(high<<4|d))
			high = -1
		}
		if l.pos == len(l.b) {
			l.open = true
		}
	}
	if high >= 0 {
		l.buf = append(l.buf, byte(high<<4))
	}
	l.val = l.buf[at:len(l.buf):len(l.buf)]
}

func hexDigit(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
