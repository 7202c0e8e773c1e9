package charset

import (
	"bytes"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
)

// ascii reports that b has no byte above 0x7f.
func ascii(b []byte) bool {
	for len(b) >= 8 {
		if (b[0]|b[1]|b[2]|b[3]|b[4]|b[5]|b[6]|b[7])&0x80 != 0 {
			return false
		}
		b = b[8:]
	}
	for _, c := range b {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// looksASCII reports that the first 4 KiB of b read as ASCII text: no NUL, and
// at most one byte in seven that is neither printable nor white space. Chinese
// in UTF-16, the hardest case, has more than one in three.
func looksASCII(b []byte) bool {
	b = b[:min(len(b), 4096)]
	odd := 0
	for _, c := range b {
		if c == 0 {
			return false
		}
		if c >= 0x7f || c < 0x20 && c != '\n' && c != '\r' && c != '\t' && c != '\f' {
			odd++
		}
	}
	return len(b) > 0 && odd*7 <= len(b)
}

// replaceInvalid makes b valid UTF-8; each invalid byte is shown as it reads
// in Windows-1252, so that nothing is lost from sight.
func replaceInvalid(b []byte) string {
	out := make([]byte, 0, len(b)+len(b)/8)
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(b[0]))
		} else {
			out = append(out, b[:n]...)
		}
		b = b[n:]
	}
	return string(out)
}

// windows1252 decodes b byte by byte.
func windows1252(b []byte) string {
	out := make([]byte, 0, len(b)+len(b)/8)
	for _, c := range b {
		if c < utf8.RuneSelf {
			out = append(out, c)
			continue
		}
		out = utf8.AppendRune(out, charmap.Windows1252.DecodeByte(c))
	}
	return string(out)
}

// mostlyUTF8 reports that b has more valid sequences above ASCII than invalid
// bytes: UTF-8 with damage, not another charset.
func mostlyUTF8(b []byte) bool {
	good, bad := 0, 0
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 {
			bad++
		} else {
			good++
		}
		b = b[n:]
	}
	return good > 0 && good >= bad
}

// stateful reports that text declared as ASCII, or not at all, holds escape
// sequences of ISO 2022 or shifts of HZ.
func stateful(b []byte, k kind) bool {
	if k == kindUTF8 {
		return false
	}
	return bytes.Contains(b, []byte("\x1b$")) || bytes.Contains(b, []byte("\x1b(")) || bytes.IndexByte(b, 0x0e) >= 0
}
