package htmltext

import (
	"bytes"
	"io"
	"strings"

	"golang.org/x/net/html"
)

// tokens gives the tokens that html.Tokenizer gives. It reads the common forms
// itself, over the whole document in memory, in a third of the time: text, tags,
// comments and raw text. Every other form it has the library read, and after
// some of those the rest of the document, so that time stays linear.
type tokens struct {
	doc   []byte
	start int // of the token
	pos   int // behind it
	kind  html.TokenType

	data  []byte // name or text, as written
	plain bool   // the text has no character references
	attrs []attr
	given int    // of attrs
	raw   string // the element whose raw text comes next

	lib   *html.Tokenizer // has the token
	rest  bool            // and all that follow
	slow  int             // tokens that the library read
	name  [64]byte        // of a tag in lower case
	key   [64]byte        // of an attribute
	value []byte          // text or attribute without references
}

type attr struct{ key, value []byte }

// Bounds of what tokens reads itself.
const (
	maxSlow  = 16 // tokens that the library reads one by one
	maxAttrs = 16
)

func newTokens(doc []byte) *tokens {
	t := &tokens{doc: doc}
	if bytes.IndexByte(doc, 0) >= 0 { // which the library replaces
		t.library(0, "")
		t.rest = true
	}
	return t
}

// next goes on to the next token.
func (t *tokens) next() html.TokenType {
	if t.rest {
		t.kind = t.lib.Next()
		return t.kind
	}
	t.lib, t.attrs, t.given, t.plain, t.data = nil, t.attrs[:0], 0, false, nil
	t.start = t.pos
	if t.raw != "" && t.rawText() {
		return t.kind
	}
	if t.pos == len(t.doc) {
		t.kind = html.ErrorToken
		return t.kind
	}
	if n := textLen(t.doc[t.pos:]); n > 0 {
		t.kind, t.data = html.TextToken, t.doc[t.pos:t.pos+n]
		t.pos += n
		return t.kind
	}
	ok := false
	switch c := t.doc[t.pos+1]; {
	case c == '!':
		ok = t.declaration()
	case c == '?':
		ok = t.bogus(t.pos + 1)
	case c != '/':
		ok = t.tag(html.StartTagToken, t.pos+1)
	case t.pos+2 < len(t.doc) && isLetter(t.doc[t.pos+2]):
		ok = t.tag(html.EndTagToken, t.pos+2)
	case t.pos+2 < len(t.doc) && t.doc[t.pos+2] != '>':
		ok = t.bogus(t.pos + 2)
	}
	if !ok {
		t.one("")
	}
	return t.kind
}

// one has the library read one token, behind what stands before it.
func (t *tokens) one(before string) {
	t.library(t.start, before)
	t.kind = t.lib.Next()
	if before != "" {
		t.kind = t.lib.Next()
	}
	t.pos = t.start + len(t.lib.Raw())
	if t.kind == html.ErrorToken {
		t.pos = len(t.doc)
	}
	t.slow++
	t.rest = t.slow >= maxSlow || t.kind == html.ErrorToken
}

func (t *tokens) library(at int, before string) {
	var r io.Reader = bytes.NewReader(t.doc[at:])
	if before != "" {
		r = io.MultiReader(strings.NewReader(before), r)
	}
	t.lib = html.NewTokenizer(r)
}

// textLen is how much text stands before the next tag or comment.
func textLen(b []byte) int {
	for i := 0; ; i++ {
		n := bytes.IndexByte(b[i:], '<')
		if n < 0 || i+n+1 == len(b) {
			return len(b)
		}
		i += n
		if c := b[i+1]; isLetter(c) || c == '/' || c == '!' || c == '?' {
			return i
		}
	}
}

func isLetter(c byte) bool { c |= 0x20; return c >= 'a' && c <= 'z' }

// tag reads a tag whose name begins at i.
func (t *tokens) tag(kind html.TokenType, i int) bool {
	d := t.doc
	from := i
	for i < len(d) && !endsName(d[i]) {
		i++
	}
	t.data = d[from:i]
	for {
		for i < len(d) && isSpace(d[i]) {
			i++
		}
		if i == len(d) {
			return false
		}
		if d[i] == '>' {
			break
		}
		var a attr
		if i = readAttr(d, i, &a); i < 0 {
			return false
		}
		if kind != html.StartTagToken || len(a.key) == 0 || t.has(a.key) {
			continue
		}
		if len(t.attrs) == maxAttrs {
			return false
		}
		t.attrs = append(t.attrs, a)
	}
	t.kind, t.pos = kind, i+1
	if kind == html.StartTagToken {
		t.raw = rawElement(t.data)
	}
	return true
}

func endsName(c byte) bool { return isSpace(c) || c == '/' || c == '>' }

// has reports that the tag has an attribute already; the first counts.
func (t *tokens) has(key []byte) bool {
	for i := range t.attrs {
		if k := t.attrs[i].key; len(k) == len(key) && equalASCII(k, key) {
			return true
		}
	}
	return false
}

// equalASCII compares two strings of the same length without regard to the
// case of ASCII letters.
func equalASCII(a, b []byte) bool {
	for i := range a {
		if a[i] != b[i] && lowerOf(a[i]) != lowerOf(b[i]) {
			return false
		}
	}
	return true
}

func lowerOf(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// readAttr reads what stands at d[i:] in a tag, an attribute or a slash, and
// gives the place behind it, -1 if the document ends before.
func readAttr(d []byte, i int, a *attr) int {
	from := i
	for i < len(d) && !endsName(d[i]) && (d[i] != '=' || i == from) {
		i++
	}
	a.key = d[from:i]
	for i < len(d) && isSpace(d[i]) {
		i++
	}
	if i == len(d) {
		return -1
	}
	switch d[i] {
	case '/':
		return i + 1
	case '=':
		i++
	default:
		return i
	}
	for i < len(d) && isSpace(d[i]) {
		i++
	}
	if i == len(d) {
		return -1
	}
	switch q := d[i]; q {
	case '>':
		return i
	case '"', '\'':
		n := bytes.IndexByte(d[i+1:], q)
		if n < 0 {
			return -1
		}
		a.value = d[i+1 : i+1+n]
		return i + n + 2
	}
	from = i
	for i++; i < len(d) && !isSpace(d[i]) && d[i] != '>'; i++ {
	}
	a.value = d[from:i]
	return i
}

// declaration reads what begins with "<!".
func (t *tokens) declaration() bool {
	d := t.doc[t.pos+2:]
	if len(d) < 3 || d[0]|0x20 == 'd' {
		return false
	}
	if d[0] != '-' || d[1] != '-' {
		return t.bogus(t.pos + 2)
	}
	const open = 2
	if d[open] == '>' || d[open] == '-' && len(d) > open+1 && d[open+1] == '>' {
		return false
	}
	for i := open; ; i++ {
		n := bytes.IndexByte(d[i:], '>')
		if n < 0 {
			return false
		}
		i += n
		end := i
		switch {
		case bytes.HasSuffix(d[open:i], []byte("--")):
			end -= 2
		case bytes.HasSuffix(d[open:i], []byte("--!")):
			end -= 3
		default:
			continue
		}
		t.kind, t.data = html.CommentToken, d[open:end]
		t.pos += 2 + i + 1
		return true
	}
}

// bogus reads what is taken for a comment, to the next ">".
func (t *tokens) bogus(from int) bool {
	n := bytes.IndexByte(t.doc[from:], '>')
	if n < 0 {
		return false
	}
	t.kind, t.data, t.pos = html.CommentToken, t.doc[from:from+n], from+n+1
	return true
}

// rawElement gives the name of an element whose content is no markup, ""
// for others.
func rawElement(name []byte) string {
	if len(name) < len("xmp") || len(name) > len("plaintext") {
		return ""
	}
	for _, s := range [...]string{"style", "title", "script", "iframe", "noembed", "noframes", "noscript", "plaintext", "textarea", "xmp"} {
		if len(s) == len(name) && equalASCII(name, []byte(s)) {
			return s
		}
	}
	return ""
}

// rawText reads the text of a raw element; false if there is none.
func (t *tokens) rawText() bool {
	el := t.raw
	t.raw = ""
	d := t.doc[t.pos:]
	n := len(d)
	if el != "plaintext" {
		n = rawEnd(d, el)
	}
	if n == 0 {
		return false
	}
	if el == "script" && bytes.Contains(d[:n], []byte("<!")) {
		t.one("<script>") // where "</script>" may not be the end
		return true
	}
	t.kind, t.data, t.plain = html.TextToken, d[:n], el != "textarea" && el != "title"
	t.pos += n
	return true
}

// rawEnd is where the end tag of an element begins, the length of d if there
// is none.
func rawEnd(d []byte, el string) int {
	for i := 0; ; i++ {
		n := bytes.Index(d[i:], []byte("</"))
		if n < 0 {
			return len(d)
		}
		i += n
		if e := i + 2 + len(el); e < len(d) && endsName(d[e]) && equalASCII(d[i+2:e], []byte(el)) {
			return i
		}
	}
}

// rawBytes is the token as written.
func (t *tokens) rawBytes() []byte {
	if t.lib != nil {
		return t.lib.Raw()
	}
	return t.doc[t.start:t.pos]
}

// tagName is the name of a tag in lower case, valid until the next token.
func (t *tokens) tagName() []byte {
	if t.lib != nil {
		name, _ := t.lib.TagName()
		return name
	}
	return lowered(t.data, t.name[:0])
}

// lowered gives a name in lower case, itself if it is.
func lowered(name, buf []byte) []byte {
	for i := range name {
		if c := name[i]; c >= 'A' && c <= 'Z' {
			for _, c := range name {
				buf = append(buf, lowerOf(c))
			}
			return buf
		}
	}
	return name
}

// tagAttr gives the next attribute of a start tag, valid until the one after
// it.
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
	k, v = lowered(a.key, t.key[:0]), a.value
	if bytes.IndexByte(v, '\r') >= 0 || bytes.IndexByte(v, '&') >= 0 {
		t.value = appendUnescaped(t.value[:0], v, true)
		v = t.value
	}
	return k, v, true
}

// text is the text of a text, comment or doctype token with LF for line ends
// and characters for references, valid until the next token.
func (t *tokens) text() []byte {
	if t.lib != nil {
		return t.lib.Text()
	}
	refs := !t.plain && bytes.IndexByte(t.data, '&') >= 0
	if !refs && bytes.IndexByte(t.data, '\r') < 0 {
		return t.data
	}
	if !refs {
		t.value = appendLF(t.value[:0], t.data)
		return t.value
	}
	t.value = appendUnescaped(t.value[:0], t.data, false)
	return t.value
}

// words is text where the kind of white space does not matter.
func (t *tokens) words() []byte {
	if t.lib == nil && (t.plain || bytes.IndexByte(t.data, '&') < 0) {
		return t.data
	}
	return t.text()
}
