package bodyedit

import (
	"bytes"
	"encoding/base64"
	"mime/quotedprintable"
	"strings"

	"labelmilter/internal/charset"
	"labelmilter/internal/message"
)

// maxLine is the longest line without encoding (RFC 5322 2.1.1).
const maxLine = 998

// text is the text of a part, before and after editing.
type text struct {
	was, now string
	html     bool
	flowed   bool
}

func (t text) changed() bool { return t.was != t.now }

// decode reads a text part; false with a reason if not all of it can be read.
func (w *writer) decode(p *message.Part) (text, error) {
	before := len(w.budget.Skips())
	raw := p.Decoded(w.budget)
	if len(w.budget.Skips()) > before {
		return text{}, ErrLimit
	}
	t := charset.Decode(raw, p.Charset)
	if t.Unknown || t.Other != "" {
		return text{}, ErrAmbiguous
	}
	return text{was: t.UTF8, now: t.UTF8, html: p.Type == "text/html",
		flowed: p.Type == "text/plain" && strings.EqualFold(p.Params["format"], "flowed")}, nil
}

// encode gives the content of a part for its new text, and the fields that
// change with it. The transfer encoding stays where it can.
func encode(p *message.Part, s string) (content []byte, fields []setting) {
	enc := p.Encoding
	plain := ascii(s)
	switch p.Charset {
	case "utf-8", "utf8":
	case "", "us-ascii", "ascii":
		if plain {
			break
		}
		fallthrough
	default:
		value := "text/plain"
		if f := p.Header.All("Content-Type"); len(f) > 0 {
			value = f[0].Value()
		}
		fields = append(fields, setting{"Content-Type", withCharset(value, "utf-8")})
	}
	switch enc {
	case "base64":
		return encodeBase64(s), fields
	case "quoted-printable":
		return encodeQP(s), fields
	}
	if longest(s) <= maxLine && (plain || enc == "8bit" || enc == "binary") {
		return []byte(crlf(strings.ReplaceAll(s, "\r\n", "\n"))), fields
	}
	return encodeQP(s), append(fields, setting{"Content-Transfer-Encoding", "quoted-printable"})
}

func encodeQP(s string) []byte {
	var b bytes.Buffer
	q := quotedprintable.NewWriter(&b)
	q.Write([]byte(crlf(s))) // a buffer does not fail
	q.Close()
	return b.Bytes()
}

func encodeBase64(s string) []byte {
	raw := base64.StdEncoding.EncodeToString([]byte(s))
	var b bytes.Buffer
	for len(raw) > 76 {
		b.WriteString(raw[:76] + "\r\n")
		raw = raw[76:]
	}
	b.WriteString(raw + "\r\n")
	return b.Bytes()
}

// longest is the length of the longest line.
func longest(s string) int {
	n, at := 0, 0
	for i := range len(s) {
		if s[i] == '\n' {
			n, at = max(n, i-at), i+1
		}
	}
	return max(n, len(s)-at)
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// withCharset sets the charset parameter of a Content-Type value and leaves
// the rest of it alone.
func withCharset(value, name string) string {
	var out []string
	for _, seg := range segments(value) {
		key, _, _ := strings.Cut(seg, "=")
		key, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(key)), "*")
		if len(out) > 0 && (key == "charset" || key == "") {
			continue
		}
		out = append(out, strings.TrimSpace(seg))
	}
	return strings.Join(append(out, "charset="+name), "; ")
}

// segments cuts a field value at the semicolons that stand neither in quotes
// nor in comments (RFC 2045 5.1).
func segments(v string) []string {
	var out []string
	start, depth, quoted := 0, 0, false
	for i := 0; i < len(v); i++ {
		switch c := v[i]; {
		case c == '\\' && (quoted || depth > 0):
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case c == '(' && !quoted:
			depth++
		case c == ')' && !quoted && depth > 0:
			depth--
		case c == ';' && !quoted && depth == 0:
			out = append(out, v[start:i])
			start = i + 1
		}
	}
	return append(out, v[start:])
}
