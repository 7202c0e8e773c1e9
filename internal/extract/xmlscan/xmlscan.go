// Package xmlscan reads XML 1.0 as a flat run of tokens over one slice, without
// allocation. It is made for hostile documents: it keeps no stack of elements
// and expands no entities but the predefined ones and character references
// (XML 1.0 4.1, 4.6), so that nesting, entity bombs and external entities do
// nothing. It does not check well-formedness; what it cannot make sense of is
// given as text, and Damaged says so.
package xmlscan

import (
	"bytes"
	"unicode/utf8"

	"labelmilter/internal/charset"
)

// Kind is the kind of a token.
type Kind uint8

// The kinds. A tag of an empty element ("<a/>") gives Start and End.
const (
	EOF     Kind = iota
	Start        // start tag: Name, Local, Attr
	End          // end tag: Name, Local
	Text         // character data, raw: see Append
	CData        // a CDATA section, verbatim
	Comment      // comment, processing instruction or document type declaration
)

// Scanner gives the tokens of a document. The zero value is an empty document.
type Scanner struct {
	// Damaged is set when something was met that is no XML: an open tag or
	// comment at the end, a stray "<".
	Damaged bool

	b     []byte
	pos   int
	name  []byte
	text  []byte
	attrs []byte // what is left of the attributes of the tag in hand
	empty bool   // an End is due for the tag in hand
	plain bool   // an open tag was met: the rest is text
	flat  bool   // no document type has an internal subset any more
}

// New starts at the beginning of a document in UTF-8; see UTF8.
func New(b []byte) *Scanner { return &Scanner{b: b} }

// UTF8 gives a document in UTF-8 whatever its encoding (XML 1.0 appendix F):
// byte order mark, declaration, or UTF-16 without either. A document that is in
// UTF-8 already is returned as it is, without a mark.
func UTF8(b []byte) []byte {
	head := b[:min(len(b), 256)]
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return b[3:]
	case bytes.HasPrefix(b, []byte("\xff\xfe")), bytes.HasPrefix(b, []byte("\xfe\xff")), bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return []byte(charset.Decode(b, "").UTF8)
	case bytes.HasPrefix(b, []byte("<\x00")):
		return []byte(charset.Decode(b, "utf-16le").UTF8)
	case bytes.HasPrefix(b, []byte("\x00<")):
		return []byte(charset.Decode(b, "utf-16be").UTF8)
	}
	if !bytes.HasPrefix(b, []byte("<?xml")) {
		return b
	}
	end := bytes.Index(head, []byte("?>"))
	at := bytes.Index(head, []byte("encoding"))
	if end < 0 || at < 0 || at > end {
		return b
	}
	v := bytes.TrimLeft(head[at+len("encoding"):end], " \t\r\n=\"'")
	n := bytes.IndexAny(v, " \t\r\n\"'")
	if n < 0 {
		return b
	}
	label := bytes.ToLower(v[:n])
	if l := string(label); l == "utf-8" || l == "utf8" || bytes.HasPrefix(label, []byte("utf-16")) || bytes.HasPrefix(label, []byte("utf-32")) {
		return b // a declaration that can be read as ASCII is not UTF-16
	}
	return []byte(charset.Decode(b, string(label)).UTF8)
}

// Name is the name of the tag in hand, with its prefix.
func (s *Scanner) Name() []byte { return s.name }

// Local is the name without its prefix.
func (s *Scanner) Local() []byte { return local(s.name) }

// Empty reports that the start tag in hand is that of an empty element
// ("<a/>"); its End comes next.
func (s *Scanner) Empty() bool { return s.empty }

// Bytes is the content of Text (raw), CData or Comment.
func (s *Scanner) Bytes() []byte { return s.text }

// Pos is the offset after the token in hand.
func (s *Scanner) Pos() int { return s.pos }

func local(name []byte) []byte {
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		return name[i+1:]
	}
	return name
}

// Next moves to the next token.
func (s *Scanner) Next() Kind {
	if s.empty {
		s.empty, s.attrs = false, nil
		return End
	}
	if s.pos >= len(s.b) {
		return EOF
	}
	if s.b[s.pos] != '<' {
		n := bytes.IndexByte(s.b[s.pos:], '<')
		if n < 0 {
			n = len(s.b) - s.pos
		}
		s.text = s.b[s.pos : s.pos+n]
		s.pos += n
		return Text
	}
	if !s.plain {
		if k, ok := s.tag(); ok {
			return k
		}
	}
	// A stray "<": text up to the next; an open tag: text to the end, as
	// looking for its end again and again would be quadratic.
	s.Damaged = true
	n := -1
	if !s.plain {
		n = bytes.IndexByte(s.b[s.pos+1:], '<')
	}
	if n < 0 {
		n = len(s.b) - s.pos - 1
	}
	s.text = s.b[s.pos : s.pos+1+n]
	s.pos += 1 + n
	return Text
}

// tag reads what begins with "<"; false if it is nothing.
func (s *Scanner) tag() (Kind, bool) {
	b := s.b[s.pos:]
	if len(b) < 2 {
		return EOF, false
	}
	switch c := b[1]; {
	case c == '!':
		return s.declaration(b)
	case c == '?':
		return s.until(b, 2, "?>", Comment), true
	case c == '/':
		end := bytes.IndexByte(b, '>')
		if end < 0 {
			s.plain = true
			return EOF, false
		}
		s.name = nameOf(b[2:end])
		s.pos += end + 1
		return End, true
	case c == '_' || c == ':' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80:
		end := tagEnd(b)
		if end < 0 {
			s.plain = true
			return EOF, false
		}
		s.pos += end + 1
		body := b[1:end]
		s.empty = body[len(body)-1] == '/'
		if s.empty {
			body = body[:len(body)-1]
		}
		s.name = nameOf(body)
		s.attrs = body[len(s.name):]
		return Start, true
	}
	return EOF, false
}

// declaration reads "<!…": a comment, a CDATA section or a document type.
func (s *Scanner) declaration(b []byte) (Kind, bool) {
	switch {
	case bytes.HasPrefix(b, []byte("<!--")):
		return s.until(b, 4, "-->", Comment), true
	case bytes.HasPrefix(b, []byte("<![CDATA[")):
		return s.until(b, 9, "]]>", CData), true
	}
	// A document type; its internal subset stands in brackets.
	end := bytes.IndexByte(b, '>')
	if end >= 0 && !s.flat && bytes.IndexByte(b[:end], '[') >= 0 {
		if n := bytes.Index(b, []byte("]>")); n >= 0 {
			end = n + 1
		} else {
			s.flat = true
		}
	}
	if end < 0 {
		s.plain = true
		return EOF, false
	}
	s.text = b[2:end]
	s.pos += end + 1
	return Comment, true
}

// until takes everything up to an end mark; without one, the rest.
func (s *Scanner) until(b []byte, from int, mark string, k Kind) Kind {
	n := bytes.Index(b[from:], []byte(mark))
	if n < 0 {
		s.Damaged = true
		s.text = b[from:]
		s.pos = len(s.b)
		return k
	}
	s.text = b[from : from+n]
	s.pos += from + n + len(mark)
	return k
}

// tagEnd finds the ">" that ends a tag: not one within quotes.
func tagEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '>':
			return i
		case '"', '\'':
			n := bytes.IndexByte(b[i+1:], b[i])
			if n < 0 {
				return -1
			}
			i += n + 1
		}
	}
	return -1
}

func space(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }

func nameOf(b []byte) []byte {
	for i, c := range b {
		if c == ' ' || c == '/' || c == '\n' || c == '\t' || c == '\r' {
			return b[:i]
		}
	}
	return b
}

// Attr gives the next attribute of the start tag in hand: local name and raw
// value (see Append). Attributes without value or quotes end the list.
func (s *Scanner) Attr() (name, value []byte, ok bool) {
	b := s.attrs
	i := 0
	for i < len(b) && space(b[i]) {
		i++
	}
	b = b[i:]
	eq := bytes.IndexByte(b, '=')
	if eq < 0 {
		s.attrs = nil
		return nil, nil, false
	}
	end := eq
	for end > 0 && space(b[end-1]) {
		end--
	}
	name = local(b[:end])
	for i = eq + 1; i < len(b) && space(b[i]); {
		i++
	}
	b = b[i:]
	if len(b) == 0 || b[0] != '"' && b[0] != '\'' {
		s.attrs = nil
		s.Damaged = true
		return nil, nil, false
	}
	n := bytes.IndexByte(b[1:], b[0])
	if n < 0 {
		s.attrs = nil
		return nil, nil, false
	}
	s.attrs = b[n+2:]
	return name, b[1 : n+1], true
}

// Append adds raw character data or an attribute value to dst with its
// references undone; what is no reference stays. NUL is left out.
func Append(dst, raw []byte) []byte {
	for {
		i := bytes.IndexByte(raw, '&')
		if i < 0 {
			return append(dst, raw...)
		}
		dst = append(dst, raw[:i]...)
		raw = raw[i:]
		n := bytes.IndexByte(raw[:min(len(raw), 12)], ';')
		if n < 0 {
			dst, raw = append(dst, '&'), raw[1:]
			continue
		}
		r, ok := reference(raw[1:n])
		switch {
		case !ok:
			dst, raw = append(dst, '&'), raw[1:]
			continue
		case r != 0:
			dst = utf8.AppendRune(dst, r)
		}
		raw = raw[n+1:]
	}
}

// reference gives the character of what stands between "&" and ";".
func reference(b []byte) (rune, bool) {
	switch string(b) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(b) < 2 || b[0] != '#' {
		return 0, false
	}
	base, digits := rune(10), b[1:]
	if digits[0] == 'x' || digits[0] == 'X' {
		base, digits = 16, digits[1:]
	}
	var v rune
	for _, c := range digits {
		d := rune(99)
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case c >= 'a' && c <= 'f':
			d = rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = rune(c-'A') + 10
		}
		if d >= base {
			return 0, false
		}
		if v = v*base + d; v > utf8.MaxRune {
			return 0, false
		}
	}
	return v, len(digits) > 0
}
