package marking

import "strings"

// Free text of C, FG and EXCLUSIVE-FOR caveats, EXPIRES events and NOTE
// (EPMS 2024 Table 4): 1 to 128 octets as written of printable ASCII, where a
// comma and a backslash are written with a backslash before them.
//
// The standard's rule for pairs of characters cannot derive every such text
// (two escapes around one letter, 64 escapes in a row); the stated length is
// taken as the rule.

// maxText is the longest free text, in octets as written.
const maxText = 128

// decodeText removes escapes and folds. length is the number of octets as
// written, folds not counted; odd reports a backslash before anything but a
// comma or a backslash. Before punctuation it is removed (EPMS 2024 Table 1
// lets it stand before any character), before a letter or digit it is kept.
func decodeText(v string) (text string, length int, odd bool) {
	if strings.IndexByte(v, '\\') < 0 && !strings.ContainsAny(v, "\t\r\n") {
		return v, len(v), false
	}
	var b strings.Builder
	b.Grow(len(v))
	for i := 0; i < len(v); i++ {
		c := v[i]
		if c == '\r' || c == '\n' {
			// A line end with a blank after it goes, without one it is the blank.
			for i+1 < len(v) && (v[i+1] == '\r' || v[i+1] == '\n') {
				i++
			}
			if i+1 >= len(v) || !isBlank(v[i+1]) {
				b.WriteByte(' ')
				length++
			}
			continue
		}
		length++
		switch {
		case c == '\t':
			b.WriteByte(' ')
		case c != '\\':
			b.WriteByte(c)
		case i+1 < len(v) && (v[i+1] == ',' || v[i+1] == '\\'):
			i++
			length++
			b.WriteByte(v[i])
		case i+1 < len(v) && v[i+1] > ' ' && v[i+1] < 0x7f && !isLetter(v[i+1]) && !isDigit(v[i+1]):
			odd = true
			i++
			length++
			b.WriteByte(v[i])
		default:
			odd = true
			b.WriteByte('\\')
		}
	}
	return b.String(), length, odd
}

// encodeText writes the escapes decodeText removes.
func encodeText(b *strings.Builder, text string) {
	for i := 0; i < len(text); i++ {
		if text[i] == ',' || text[i] == '\\' {
			b.WriteByte('\\')
		}
		b.WriteByte(text[i])
	}
}
