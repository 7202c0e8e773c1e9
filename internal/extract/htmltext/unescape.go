package htmltext

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// appendLF appends s with LF for each CR and CRLF.
func appendLF(out, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, '\r')
		if i < 0 {
			return append(out, s...)
		}
		out = append(append(out, s[:i]...), '\n')
		if s = s[i+1:]; len(s) > 0 && s[0] == '\n' {
			s = s[1:]
		}
	}
}

// appendUnescaped appends s with LF for line ends and characters for
// references. In an attribute a name without a semicolon is a reference only
// as a whole, and not before "=": most are part of a query.
func appendUnescaped(out, s []byte, attribute bool) []byte {
	for {
		i := bytes.IndexByte(s, '&')
		if i < 0 {
			return appendLF(out, s)
		}
		out = appendLF(out, s[:i])
		s = s[i:]
		n := referenceLen(s)
		out = appendReference(out, s[:n], attribute, n < len(s) && s[n] == '=')
		s = s[n:]
	}
}

// referenceLen is the length of what may be a reference at the beginning of s.
func referenceLen(s []byte) int {
	i := 1
	if i < len(s) && s[i] == '#' {
		i++
	}
	for i < len(s) && (isLetter(s[i]) || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i < len(s) && s[i] == ';' {
		i++
	}
	return i
}

// appendReference appends what ref, from referenceLen, stands for. equals
// tells that "=" follows.
func appendReference(out, ref []byte, attribute, equals bool) []byte {
	switch string(ref) {
	case "&nbsp;":
		return append(out, "\u00a0"...)
	case "&amp;":
		return append(out, '&')
	case "&lt;":
		return append(out, '<')
	case "&gt;":
		return append(out, '>')
	case "&quot;":
		return append(out, '"')
	case "&":
		return append(out, '&')
	}
	s := html.UnescapeString(string(ref))
	if !attribute || len(ref) > 1 && ref[1] == '#' {
		return append(out, s...)
	}
	if last := ref[len(ref)-1]; last != ';' && equals || !wholly(s, last) && string(ref) != "&semi;" {
		return append(out, ref...)
	}
	return append(out, s...)
}

// wholly reports that nothing of a name was left over as text: no reference
// but &semi; stands for something that ends like a name.
func wholly(s string, last byte) bool { return !strings.HasSuffix(s, string(rune(last))) }
