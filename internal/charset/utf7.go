package charset

import (
	"unicode/utf16"
	"unicode/utf8"
)

// decodeUTF7 reads UTF-7 (RFC 2152). Bytes above ASCII, which it does not
// have, are read as Windows-1252.
func decodeUTF7(b []byte) (string, bool) {
	out := make([]byte, 0, len(b))
	damaged := false
	for i := 0; i < len(b); i++ {
		c := b[i]
		switch {
		case c >= utf8.RuneSelf:
			out = append(out, windows1252(b[i:i+1])...)
			damaged = true
			continue
		case c != '+':
			out = append(out, c)
			continue
		}
		// RFC 2152 rule 2: "+" base64 ["-"], where "+-" is a plus sign.
		j := i + 1
		var acc uint32
		var bits uint
		var units []uint16
		for ; j < len(b); j++ {
			v := base64Value(b[j])
			if v < 0 {
				break
			}
			acc = acc<<6 | uint32(v)
			if bits += 6; bits >= 16 {
				bits -= 16
				units = append(units, uint16(acc>>bits))
				acc &= 1<<bits - 1
			}
		}
		switch {
		case j == i+1 && j < len(b) && b[j] == '-':
			out = append(out, '+')
			i = j
			continue
		case len(units) == 0:
			out = append(out, b[i:j]...)
			damaged = true
			i = j - 1
			continue
		}
		for _, r := range utf16.Decode(units) {
			damaged = damaged || r == utf8.RuneError
			out = utf8.AppendRune(out, r)
		}
		if j < len(b) && b[j] == '-' {
			j++
		}
		i = j - 1
	}
	return string(out), damaged
}

// base64Value is the value of a character of the base64 alphabet, -1 for any
// other.
func base64Value(c byte) int {
	switch {
	case c >= 'A' && c <= 'Z':
		return int(c - 'A')
	case c >= 'a' && c <= 'z':
		return int(c-'a') + 26
	case c >= '0' && c <= '9':
		return int(c-'0') + 52
	case c == '+':
		return 62
	case c == '/':
		return 63
	}
	return -1
}
