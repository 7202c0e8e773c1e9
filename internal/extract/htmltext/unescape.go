package htmltext

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
)

// newlines gives b, which it changes, with LF for each CR and CRLF.
func newlines(b []byte) []byte {
	i := bytes.IndexByte(b, '\r')
	if i < 0 {
		return b
	}
	out, rest := b[:i], b[i:]
	for {
		out, rest = append(out, '\n'), rest[1:]
		if len(rest) > 0 && rest[0] == '\n' {
			rest = rest[1:]
		}
		n := bytes.IndexByte(rest, '\r')
		if n < 0 {
			return append(out, rest...)
		}
		out, rest = append(out, rest[:n]...), rest[n:]
	}
}

// appendUnescaped appends s with characters for references.
func appendUnescaped(out, s []byte) []byte {
	for {
		i := bytes.IndexByte(s, '&')
		if i < 0 {
			return append(out, s...)
		}
		out, s = append(out, s[:i]...), s[i:]
		n := referenceLen(s)
		out, s = append(out, reference(s[:n])...), s[n:]
	}
}

// referenceLen is the length of what may be a reference at the beginning of
// s, which is "&".
func referenceLen(s []byte) int {
	i := 1
	if i < len(s) && s[i] == '#' {
		i++
	}
	for i < len(s) && (s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z' || s[i] >= '0' && s[i] <= '9') {
		i++
	}
	if i < len(s) && s[i] == ';' {
		i++
	}
	return i
}

// reference is what one stands for in text.
func reference(r []byte) string {
	switch string(r) {
	case "&nbsp;":
		return "\u00a0"
	case "&amp;":
		return "&"
	case "&lt;":
		return "<"
	case "&gt;":
		return ">"
	case "&quot;":
		return `"`
	}
	return html.UnescapeString(string(r))
}

// appendValue appends the value of an attribute with characters for
// references. There, most names without a semicolon are no references, as
// they are parts of a query; false if it is not plain what one is.
func appendValue(out, v []byte) ([]byte, bool) {
	for {
		i := bytes.IndexByte(v, '&')
		if i < 0 {
			return append(out, v...), true
		}
		out, v = append(out, v[:i]...), v[i:]
		n := referenceLen(v)
		r := v[:n]
		v = v[n:]
		complete := r[n-1] == ';'
		if n > 1 && r[1] != '#' && !complete && len(v) > 0 && v[0] == '=' {
			out = append(out, r...)
			continue
		}
		s := reference(r)
		if n > 1 && r[1] == '#' || s == string(r) || complete && !strings.HasSuffix(s, ";") {
			// As in text: a number, nothing known, or the whole of a name.
			out = append(out, s...)
			continue
		}
		return out, false
	}
}
