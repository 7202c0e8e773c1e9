package htmltext

import (
	"bytes"
	"strings"

	"github.com/tdewolff/parse/v2"
	lexer "github.com/tdewolff/parse/v2/html"
	"golang.org/x/net/html"
)

// tokens gives the tokens of golang.org/x/net/html, which reads as browsers
// do. The common forms come from a faster lexer. It knows fewer of the rules
// for broken markup: at the first token that it may read differently, odd
// below, the rest of the document goes to x/net/html, from the beginning of
// that token. So a document is read once by each at most.
type tokens struct {
	doc   string
	in    *parse.Input // a copy of doc: the lexer writes into it
	lex   *lexer.Lexer
	start int // of the token
	tag   int // of the last start tag

	lib *html.Tokenizer // reads the rest, nil before an odd token

	data  []byte // name of a tag or text, as written
	plain bool   // the text has no character references
	attrs []attr
	given int    // of attrs
	raw   string // the element whose raw text comes next
	buf   []byte // text or values with the references undone
}

// attr is an attribute; the value as a browser reads it.
type attr struct{ key, value []byte }

// maxAttrs bounds the attributes of a tag that are compared with each other.
const maxAttrs = 32

func newTokens(doc string) *tokens {
	t := &tokens{doc: doc}
	if strings.IndexByte(doc, 0) >= 0 { // which the lexer does not replace
		t.handOver(0)
		return t
	}
	t.in = parse.NewInputBytes([]byte(doc))
	t.lex = lexer.NewLexer(t.in)
	return t
}

// handOver has x/net/html read the document from here.
func (t *tokens) handOver(at int) {
	t.lib = html.NewTokenizer(strings.NewReader(t.doc[at:]))
}

// next goes on to the next token.
func (t *tokens) next() html.TokenType {
	if t.lib != nil {
		return t.lib.Next()
	}
	raw := t.raw
	if kind, ok := t.lexed(); ok {
		return kind
	}
	if raw == "" {
		t.handOver(t.start)
	} else { // the tag puts x/net/html into the state for raw text
		t.handOver(t.tag)
		t.lib.Next()
	}
	return t.lib.Next()
}

// lexed reads a token with the lexer; false if it is odd.
func (t *tokens) lexed() (html.TokenType, bool) {
	t.start, t.data, t.plain = t.in.Offset(), nil, false
	if t.raw == "" && t.textToTag() {
		return html.TextToken, true
	}
	kind, data := t.lex.Next()
	if raw := t.raw; raw != "" {
		t.raw = ""
		n := 0
		if kind == lexer.TextToken {
			n = len(data)
		}
		if !endsRaw(t.doc[t.start+n:], raw) || raw == "script" && bytes.Contains(data, []byte("<!--")) {
			return 0, false
		}
		if n > 0 {
			t.data, t.plain = data, raw != "textarea" && raw != "title"
			return html.TextToken, true
		}
	}
	switch kind {
	case lexer.TextToken:
		t.data = data
		return html.TextToken, !oddText(data)
	case lexer.StartTagToken:
		return html.StartTagToken, t.startTag()
	case lexer.EndTagToken:
		return html.EndTagToken, t.endTag(data)
	case lexer.CommentToken:
		return html.CommentToken, t.comment(data)
	case lexer.DoctypeToken:
		t.data = t.lex.Text()
		return html.DoctypeToken, true
	case lexer.ErrorToken:
		return html.ErrorToken, t.start == len(t.doc)
	}
	return 0, false // svg, math and xml elements come whole
}

// textToTag reads text up to the next "<", which the lexer would look at byte
// by byte.
func (t *tokens) textToTag() bool {
	rest := t.doc[t.start:]
	n := strings.IndexByte(rest, '<')
	if n < 0 {
		n = len(rest)
	}
	if n == 0 {
		return false
	}
	t.in.Move(n)
	t.data = t.in.Shift()
	return true
}

// endsRaw reports that raw text of an element ends before rest: the lexer
// takes the name alone for an end tag.
func endsRaw(rest, name string) bool {
	if rest == "" {
		return true
	}
	n := len("</") + len(name)
	return n < len(rest) && strings.EqualFold(rest[2:n], name) && endsName(rest[n])
}

// endsName reports what stands behind the name of a tag.
func endsName(c byte) bool { return isSpace(c) || c == '/' || c == '>' }

// oddText reports text with markup that is none for the lexer, "</>", and the
// section that is none for browsers, "<![CDATA[".
func oddText(b []byte) bool {
	return bytes.HasPrefix(b, []byte("<!")) || bytes.Contains(b, []byte("</>"))
}

// startTag reads a tag whose name has been read.
func (t *tokens) startTag() bool {
	t.tag, t.data = t.start, t.lex.Text()
	t.attrs, t.given, t.buf = t.attrs[:0], 0, t.buf[:0]
	if bytes.IndexByte(t.data, '/') >= 0 {
		return false
	}
	for {
		switch kind, _ := t.lex.Next(); kind {
		case lexer.AttributeToken:
			if !t.attribute(t.lex.AttrKey(), t.lex.AttrVal()) {
				return false
			}
		case lexer.StartTagCloseToken, lexer.StartTagVoidToken:
			switch string(t.data) {
			case "noembed", "noframes", "noscript": // markup for the lexer
				return false
			}
			t.raw = rawElement(t.data)
			return true
		default: // the document ends within the tag
			return false
		}
	}
}

// rawElement gives the name of an element whose content is text for the
// lexer, "" for others.
func rawElement(name []byte) string {
	for _, s := range [...]string{"style", "title", "script", "iframe", "plaintext", "textarea", "xmp"} {
		if string(name) == s {
			return s
		}
	}
	return ""
}

// attribute adds one to those of the tag; of two with one name the first
// counts.
func (t *tokens) attribute(key, value []byte) bool {
	if len(key) == 0 || bytes.IndexByte(key, '/') >= 0 || len(t.attrs) == maxAttrs {
		return false
	}
	for i := range t.attrs {
		if bytes.Equal(t.attrs[i].key, key) {
			return true
		}
	}
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') {
		value = value[1 : n-1]
	}
	value = newlines(value)
	if bytes.IndexByte(value, '&') >= 0 {
		from, ok := len(t.buf), false
		if t.buf, ok = appendValue(t.buf, value); !ok {
			return false
		}
		value = t.buf[from:]
	}
	t.attrs = append(t.attrs, attr{key, value})
	return true
}

// endTag reads a tag, which for the lexer goes to the first ">". Attributes
// may hide that one.
func (t *tokens) endTag(data []byte) bool {
	n := len("</")
	for n < len(data) && !endsName(data[n]) {
		n++
	}
	t.data = data[len("</"):n]
	return data[len(data)-1] == '>' && (n == len(data)-1 || bytes.IndexByte(data, '"') < 0 && bytes.IndexByte(data, '\'') < 0)
}

// comment reads one of the forms that are a comment for browsers.
func (t *tokens) comment(data []byte) bool {
	switch {
	case bytes.HasPrefix(data, []byte("<!--")):
		t.data = t.lex.Text()
		if bytes.HasPrefix(t.data, []byte(">")) || bytes.HasPrefix(t.data, []byte("->")) {
			return false // the end, for browsers
		}
		return len(t.data)+len("<!--") < len(data)
	case data[1] == '?':
		t.data = data[1 : len(data)-1]
	default:
		t.data = t.lex.Text()
	}
	return data[len(data)-1] == '>'
}

// tagName is the name of a tag in lower case, valid until the next token.
func (t *tokens) tagName() []byte {
	if t.lib != nil {
		name, _ := t.lib.TagName()
		return name
	}
	return t.data
}

// tagAttr gives the next attribute of a start tag, its key in lower case; both
// are valid until the next token.
func (t *tokens) tagAttr() (k, v []byte, ok bool) {
	if t.lib != nil {
		k, v, _ = t.lib.TagAttr()
		return k, v, k != nil
	}
	if t.given == len(t.attrs) {
		return nil, nil, false
	}
	a := t.attrs[t.given]
	t.given++
	return a.key, a.value, true
}

// text is the text of a text, comment or doctype token with LF for line ends
// and characters for references, valid until the next token.
func (t *tokens) text() []byte {
	if t.lib != nil {
		return t.lib.Text()
	}
	t.data = newlines(t.data)
	return t.words()
}

// words is text where the kind of white space does not matter.
func (t *tokens) words() []byte {
	if t.lib != nil {
		return t.lib.Text()
	}
	if t.plain || bytes.IndexByte(t.data, '&') < 0 {
		return t.data
	}
	t.buf = appendUnescaped(t.buf[:0], t.data)
	return t.buf
}

// rawText is a text token as written; of the last token, what is left of the
// document, a tag that is not closed.
func (t *tokens) rawText() []byte {
	if t.lib != nil {
		return t.lib.Raw()
	}
	return t.data
}
