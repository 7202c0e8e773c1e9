package rewrite

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
)

const base64Line = 76 // RFC 2045 6.8

// encodeQP writes quoted-printable (RFC 2045 6.7) with CRLF line ends.
func encodeQP(b []byte) []byte {
	var out bytes.Buffer
	out.Grow(len(b) + len(b)/4)
	w := quotedprintable.NewWriter(&out)
	_, _ = w.Write(b) // a bytes.Buffer takes all
	_ = w.Close()
	return out.Bytes()
}

// decodeQP reads quoted-printable; what is no escape stays as it is, blanks at
// the end of a line go (RFC 2045 6.7, rule 3).
func decodeQP(b []byte) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		c := b[i]
		if c == ' ' || c == '\t' {
			n := len(b[i:]) - len(bytes.TrimLeft(b[i:], " \t"))
			if end := i + n; end < len(b) && b[end] != '\n' && b[end] != '\r' {
				out = append(out, b[i:end]...)
			}
			i += n - 1
			continue
		}
		if c != '=' {
			out = append(out, c)
			continue
		}
		rest := b[i+1:]
		switch {
		case len(rest) >= 1 && rest[0] == '\n':
			i++
		case len(rest) >= 2 && rest[0] == '\r' && rest[1] == '\n':
			i += 2
		case len(rest) >= 2 && hex(rest[0]) >= 0 && hex(rest[1]) >= 0:
			out = append(out, byte(hex(rest[0])<<4|hex(rest[1])))
			i += 2
		default:
			out = append(out, c)
		}
	}
	return out
}

func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}

func encodeBase64(b []byte) []byte {
	text := make([]byte, base64.StdEncoding.EncodedLen(len(b)))
	base64.StdEncoding.Encode(text, b)
	return wrap(text)
}

// wrapBase64 breaks the lines of base64 anew and drops what is none.
func wrapBase64(b []byte) []byte {
	text := make([]byte, 0, len(b))
	for _, c := range b {
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '+' || c == '/' || c == '=' {
			text = append(text, c)
		}
	}
	return wrap(text)
}

func wrap(text []byte) []byte {
	out := make([]byte, 0, len(text)+len(text)/base64Line*2+2)
	for len(text) > 0 {
		n := min(len(text), base64Line)
		out = append(append(out, text[:n]...), '\r', '\n')
		text = text[n:]
	}
	return out
}
