package htmltext

import (
	"bytes"
	"encoding/base64"
	"net/url"
	"strings"

	"golang.org/x/net/html/atom"
)

// attribute writes one attribute to the streams and to the look of its
// element. k is lower case; k and v are valid until the next token only.
func (x *extractor) attribute(tag atom.Atom, k, v []byte, l *look, nesting int) {
	switch string(k) {
	case "style":
		x.lower = appendLower(x.lower[:0], v[:min(len(v), maxStyle)])
		l.style(x.lower)
		if i := bytes.Index(v, []byte("data:")); i >= 0 {
			x.styleURIs(v[i:])
		}
		if !x.o.AllAttributes {
			return
		}
	case "hidden":
		l.hidden = true
	case "color":
		l.legacy("color", v)
	case "bgcolor":
		l.legacy("bgcolor", v)
	case "size":
		if tag == atom.Font && string(v) == "0" {
			l.hidden = true
		}
	case "srcdoc":
		x.srcdoc(v, nesting)
		return
	}
	if len(v) == 0 || !x.o.AllAttributes && !isText(k) {
		return
	}
	if x.dataURI(v) {
		return
	}
	x.hide(v)
	if bytes.IndexByte(v, '%') >= 0 {
		if u, err := url.PathUnescape(string(v)); err == nil && u != string(v) {
			x.hide([]byte(u))
		}
	}
}

// isText reports an attribute whose value is text for somebody.
func isText(k []byte) bool {
	switch string(k) {
	case "alt", "title", "value", "placeholder", "content", "href", "src", "label", "summary", "action", "download",
		"srcset", "cite", "formaction", "poster", "background", "data", "datetime", "abbr", "name", "xlink:href", "longdesc", "standby", "onclick":
		return true
	}
	return bytes.HasPrefix(k, []byte("data-")) || bytes.HasPrefix(k, []byte("aria-"))
}

// srcdoc reads the document in an attribute; it is shown in place.
func (x *extractor) srcdoc(v []byte, nesting int) {
	if nesting >= maxNesting {
		x.hide(v)
		return
	}
	x.line()
	pre := x.pre
	x.pre = 0
	x.document(string(v), nesting+1)
	x.pre = pre
	x.line()
}

// dataURI gives the content of a data: URI (RFC 2397) to the caller; false if
// v is none.
func (x *extractor) dataURI(v []byte) bool {
	v = bytes.TrimSpace(v)
	if len(v) < 6 || !strings.EqualFold(string(v[:5]), "data:") {
		return false
	}
	head, body, ok := bytes.Cut(v[5:], []byte(","))
	if !ok || len(head) > 1024 {
		return false
	}
	if len(body) == 0 {
		return true
	}
	if len(x.embedded) >= x.o.MaxEmbedded {
		x.more = true
		return true
	}
	e := Embedded{Type: "text/plain"}
	b64 := false
	for i, p := range strings.Split(strings.ToLower(string(head)), ";") {
		p = strings.TrimSpace(p)
		switch {
		case i == 0 && p != "":
			e.Type = p
		case p == "base64":
			b64 = true
		case strings.HasPrefix(p, "charset="):
			e.Charset = strings.TrimPrefix(p, "charset=")
		}
	}
	e.Data = unescape(body)
	if b64 {
		e.Data = decodeBase64(e.Data)
	}
	x.embedded = append(x.embedded, e)
	return true
}

// unescape undoes %XX, keeping what is not valid.
func unescape(b []byte) []byte {
	if bytes.IndexByte(b, '%') < 0 {
		return bytes.Clone(b)
	}
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		if b[i] == '%' && i+2 < len(b) {
			if h, l := hex(b[i+1]), hex(b[i+2]); h >= 0 && l >= 0 {
				out = append(out, byte(h<<4|l))
				i += 2
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

// hex is the value of a hexadecimal digit, -1 for any other character.
func hex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// decodeBase64 decodes either alphabet (RFC 4648 4 and 5) and passes over
// anything else; what follows an error in the count is dropped.
func decodeBase64(b []byte) []byte {
	in := b[:0]
	for _, c := range b {
		switch {
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		}
		if c == '+' || c == '/' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z' {
			in = append(in, c)
		}
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(in)))
	n, _ := base64.RawStdEncoding.Decode(out, in) // what decodes before an error is kept
	return out[:n]
}

// styleURIs finds data: URIs in url() of a style attribute.
func (x *extractor) styleURIs(v []byte) {
	for len(v) > 0 {
		end := bytes.IndexAny(v, ")\"'")
		if end < 0 {
			end = len(v)
		}
		x.dataURI(v[:end])
		i := bytes.Index(v[end:], []byte("data:"))
		if i < 0 {
			return
		}
		v = v[end+i:]
	}
}
