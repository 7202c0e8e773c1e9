package ooxml

import "bytes"

// headerFooter gives the text of a header or footer of a sheet without its codes
// (ISO/IEC 29500-1 18.3.1.46): the left, middle and right section are lines of
// their own. Text of size 1 is not for people: Office keeps signs in it by which
// it finds its own content markings; it is a line of its own too.
func headerFooter(b []byte) []byte {
	out := make([]byte, 0, len(b))
	line := func() {
		if n := len(out); n > 0 && out[n-1] != '\n' {
			out = append(out, '\n')
		}
	}
	small := false
	for len(b) > 0 {
		if b[0] != '&' || len(b) == 1 {
			out = append(out, b[0])
			b = b[1:]
			continue
		}
		c := b[1]
		b = b[2:]
		switch {
		case c == '&':
			out = append(out, '&')
		case c == 'L' || c == 'C' || c == 'R':
			line()
		case c == '"': // font name and style
			if i := bytes.IndexByte(b, '"'); i >= 0 {
				b = b[i+1:]
			}
		case c == 'K': // colour: six hex digits, or a theme colour with a tint
			b = b[min(6, len(b)):]
		case c >= '0' && c <= '9': // font size
			n := 0
			for n < 2 && n < len(b) && b[n] >= '0' && b[n] <= '9' {
				n++
			}
			if now := n == 0 && c == '1'; now != small {
				small = now
				line()
			}
			b = b[n:]
		case c == 'P' || c == 'N': // page number: a digit that may be followed by +N
			out = append(out, '1')
		case bytes.IndexByte([]byte("DTFAZGBIUEXYSOH"), c) >= 0: // date, file, sheet, picture, styles
		default: // no code
			out = append(out, '&', c)
		}
	}
	return out
}
