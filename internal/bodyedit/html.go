package bodyedit

import (
	"html"
	"strings"
	"unicode/utf8"
)

// The kinds of token that edits tell apart.
type tokenKind int

const (
	textToken tokenKind = iota
	tagToken            // start or end tag
	rawToken            // comment, declaration, inside of script and style
)

// token is a piece of an HTML document.
type token struct {
	kind     tokenKind
	from, to int
	name     string // of a tag, lower case
	end      bool   // an end tag
}

// rawText are the elements whose inside is no markup.
var rawText = []string{"script", "style", "xmp", "iframe", "noembed", "noframes", "textarea", "title", "plaintext"}

// tokens cuts a document into text, tags and the rest (HTML Living Standard
// 13.2.5, as far as edits need it). It is linear.
func tokens(s string, f func(token)) {
	text := func(from, to int) {
		if to > from {
			f(token{kind: textToken, from: from, to: to})
		}
	}
	start, i := 0, 0
	for i < len(s) {
		j := strings.IndexByte(s[i:], '<')
		if j < 0 {
			break
		}
		at := i + j
		t, ok := markup(s, at)
		if !ok {
			i = at + 1
			continue
		}
		text(start, at)
		f(t)
		start, i = t.to, t.to
		if t.kind == tagToken && !t.end && isRaw(t.name) {
			to := rawEnd(s, t.to, t.name)
			if to > t.to {
				f(token{kind: rawToken, from: t.to, to: to})
			}
			start, i = to, to
		}
	}
	text(start, len(s))
}

func isRaw(name string) bool {
	for _, n := range rawText {
		if n == name {
			return true
		}
	}
	return false
}

// markup reads the token that begins with "<" at i.
func markup(s string, i int) (token, bool) {
	rest := s[i+1:]
	switch {
	case strings.HasPrefix(rest, "!--"):
		if strings.HasPrefix(rest[3:], ">") || strings.HasPrefix(rest[3:], "->") { // empty comments of HTML
			return token{kind: rawToken, from: i, to: i + 1 + 3 + strings.IndexByte(rest[3:], '>') + 1}, true
		}
		to := len(s)
		if e := strings.Index(rest[3:], "-->"); e >= 0 {
			to = i + 4 + e + 3
		}
		return token{kind: rawToken, from: i, to: to}, true
	case strings.HasPrefix(rest, "!"), strings.HasPrefix(rest, "?"):
		to := len(s)
		if e := strings.IndexByte(rest, '>'); e >= 0 {
			to = i + 1 + e + 1
		}
		return token{kind: rawToken, from: i, to: to}, true
	}
	t := token{kind: tagToken, from: i}
	if strings.HasPrefix(rest, "/") {
		t.end = true
		rest = rest[1:]
	}
	if rest == "" || !letter(rest[0]) {
		return token{}, false
	}
	n := 0
	for n < len(rest) && !strings.ContainsRune(" \t\r\n\f/>", rune(rest[n])) {
		n++
	}
	if n > 32 {
		t.name = "unknown"
	} else {
		t.name = strings.ToLower(rest[:n])
	}
	at := len(s) - len(rest) + n
	t.to = tagEnd(s, at)
	return t, true
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

// tagEnd gives the place behind the ">" of a tag. Quotes count only as the
// value of an attribute.
func tagEnd(s string, i int) int {
	var before byte
	for i < len(s) {
		switch c := s[i]; {
		case c == '>':
			return i + 1
		case (c == '"' || c == '\'') && before == '=':
			e := strings.IndexByte(s[i+1:], c)
			if e < 0 {
				return len(s)
			}
			i += e + 2
			before = 0
			continue
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f':
		default:
			before = c
		}
		i++
	}
	return len(s)
}

// rawEnd gives where the inside of a raw text element ends.
func rawEnd(s string, i int, name string) int {
	if name == "plaintext" {
		return len(s)
	}
	for {
		j := strings.Index(s[i:], "</")
		if j < 0 {
			return len(s)
		}
		i += j
		if len(s)-i >= 2+len(name) && strings.EqualFold(s[i+2:i+2+len(name)], name) {
			return i
		}
		i += 2
	}
}

// attributes gives the ranges of the quoted attribute values of a tag.
func attributes(s string, from, to int) []glyph {
	var out []glyph
	for i := from; i < to; i++ {
		c := s[i]
		if c != '"' && c != '\'' {
			continue
		}
		e := strings.IndexByte(s[i+1:to], c)
		if e < 0 {
			break
		}
		out = append(out, glyph{i + 1, i + 1 + e})
		i += e + 1
	}
	return out
}

// maxReference is the longest character reference that is read.
const maxReference = 32

// project adds the characters of a range, character references resolved.
func project(p *projection, s string, from, to int) {
	for i := from; i < to; {
		if s[i] == '&' {
			if e := strings.IndexByte(s[i:min(to, i+maxReference)], ';'); e > 1 {
				if dec := html.UnescapeString(s[i : i+e+1]); dec != s[i:i+e+1] {
					for _, r := range dec {
						p.add(r, i, i+e+1)
					}
					i += e + 1
					continue
				}
			}
		}
		r, n := utf8.DecodeRuneInString(s[i:to])
		p.add(r, i, i+n)
		i += n
	}
}
