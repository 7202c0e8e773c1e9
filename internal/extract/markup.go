package extract

import (
	"bytes"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/htmltext"
)

func isHTML(it *item) bool {
	switch it.typ {
	case "text/html", "application/xhtml+xml", "text/x-amp-html":
		return true
	}
	return !declaredText(it.typ) && starts(it.data, "<!doctype html", "<html", "<head", "<body")
}

func readHTML(x *extractor, it *item) { x.markup(it, htmltext.Options{}) }

func isXML(it *item) bool {
	if it.typ == "text/xml" || it.typ == "application/xml" || strings.HasSuffix(it.typ, "+xml") {
		return !binaryMagic(it.data)
	}
	return !declaredText(it.typ) && starts(it.data, "<?xml", "<svg")
}

func readXML(x *extractor, it *item) { x.markup(it, htmltext.Options{AllAttributes: true}) }

// markup gives what a document shows and what it hides; data: URIs are
// members.
func (x *extractor) markup(it *item, o htmltext.Options) {
	label := it.charset
	if label == "" {
		label = documentCharset(it.data)
	}
	o.MaxEmbedded = maxInline
	for _, s := range x.decode(it, label) {
		if strings.IndexByte(s, 0) >= 0 {
			s = strings.ReplaceAll(s, "\x00", "")
		}
		t := htmltext.Extract(s, o)
		// The tokenizer may cut at bytes that are no characters.
		if !utf8.ValidString(t.Visible) {
			t.Visible, t.Unseen = strings.ToValidUTF8(t.Visible, "\uFFFD"), nil
		}
		x.emit(Text{Part: it.path, Where: it.where, Body: t.Visible, Unseen: t.Unseen})
		x.emit(Text{Part: it.path, Where: InHidden, Body: strings.ToValidUTF8(t.Hidden, "\uFFFD")})
		for _, e := range t.Embedded {
			x.member(it, e.Type, e.Charset, "", e.Data)
		}
		if t.More {
			x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Parts, Limit: maxInline, Detail: "data URIs"})
		}
	}
}

// documentCharset finds the charset that a document declares in its first
// 1024 bytes: <meta charset=…>, http-equiv, or <?xml encoding=…?>.
func documentCharset(b []byte) string {
	head := bytes.ToLower(b[:min(len(b), 1024)])
	for _, key := range []string{"charset", "encoding"} {
		for rest := head; ; {
			i := bytes.Index(rest, []byte(key))
			if i < 0 {
				break
			}
			rest = rest[i+len(key):]
			v := bytes.TrimLeft(rest, " \t\r\n")
			if len(v) == 0 || v[0] != '=' {
				continue
			}
			v = bytes.TrimLeft(v[1:], " \t\r\n\"'")
			n := bytes.IndexAny(v, " \t\r\n\"';>?/")
			if n < 0 {
				n = len(v)
			}
			if l := string(v[:n]); l != "" && !strings.HasPrefix(l, "utf-16") && !strings.HasPrefix(l, "utf-32") {
				// A document whose tag can be read as ASCII is not UTF-16.
				return l
			}
		}
	}
	return ""
}

func isJSON(it *item) bool {
	return it.typ == "application/json" || it.typ == "text/json" || strings.HasSuffix(it.typ, "+json")
}

// readJSON gives the text with escapes of characters undone (RFC 8259 7); the
// structure stays, as a detector needs order, not fields.
func readJSON(x *extractor, it *item) {
	if !textual(it.data) {
		skipOther(x, it)
		return
	}
	for _, s := range x.decode(it, it.charset) {
		x.emit(Text{Part: it.path, Where: it.where, Body: unescapeJSON(s)})
	}
}

func unescapeJSON(s string) string {
	if strings.IndexByte(s, '\\') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for {
		i := strings.IndexByte(s, '\\')
		if i < 0 || i+1 >= len(s) {
			b.WriteString(s)
			return b.String()
		}
		b.WriteString(s[:i])
		c := s[i+1]
		s = s[i+2:]
		switch c {
		case 'n', 'r', 't', 'b', 'f':
			b.WriteByte("\n\r\t  "[strings.IndexByte("nrtbf", c)])
		case 'u':
			r, ok := hex4(s)
			if !ok {
				b.WriteString(`\u`)
				continue
			}
			s = s[4:]
			if utf16.IsSurrogate(r) && strings.HasPrefix(s, `\u`) {
				if r2, ok := hex4(s[2:]); ok && utf16.DecodeRune(r, r2) != utf8.RuneError {
					r, s = utf16.DecodeRune(r, r2), s[6:]
				}
			}
			b.WriteRune(r)
		default: // also quote, slash and backslash
			b.WriteByte(c)
		}
	}
}

func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	v, err := strconv.ParseUint(s[:4], 16, 16)
	return rune(v), err == nil
}
