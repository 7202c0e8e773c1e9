// Package htmltext turns HTML into the text a reader sees and the text he does
// not: scripts, styles, comments and attribute values. It works on the tokens
// that golang.org/x/net/html gives, see tokens, and builds no tree, so that
// broken or hostile nesting costs nothing and hides nothing; time and memory
// are linear.
//
// Inline tags separate nothing ("CAN<b>ARY" is one word), block tags and br
// begin a line, table cells a tab. Text hidden by a style attribute stays in
// the visible stream, with its place noted. Style sheets are not applied.
package htmltext

import (
	"bytes"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// Options steer the reading. The zero value is the usual one.
type Options struct {
	AllAttributes bool // every attribute value is hidden text, as in XML
	MaxEmbedded   int  // data: URIs given, 0 = 100
}

// Range is a half-open range of bytes.
type Range struct{ From, To int }

// Embedded is the content of a data: URI (RFC 2397).
type Embedded struct {
	Type    string // lower case, "text/plain" by default
	Charset string
	Data    []byte
}

// Text is what an HTML document says.
type Text struct {
	Visible string  // text in document order, hidden by style or not
	Unseen  []Range // of Visible, hidden by style; in order, not overlapping
	Hidden  string  // scripts, styles, comments, attribute values
	// Embedded are the data: URIs with content, in order; More tells that
	// there were others, beyond Options.MaxEmbedded.
	Embedded []Embedded
	More     bool
}

// maxNesting bounds documents within documents: srcdoc, conditional comments
// and elements whose content tokenises as raw text.
const maxNesting = 5

// maxUnseen bounds the ranges noted; further ones are not.
const maxUnseen = 10_000

// Extract reads a document, which is UTF-8; invalid bytes pass through.
func Extract(doc string, o Options) Text {
	if o.MaxEmbedded == 0 {
		o.MaxEmbedded = 100
	}
	x := extractor{o: o}
	x.visible.Grow(len(doc) / 2)
	x.hidden.Grow(len(doc) / 8)
	x.document(doc, 0)
	x.endUnseen()
	return Text{Visible: x.visible.String(), Unseen: x.unseen, Hidden: x.hidden.String(), Embedded: x.embedded, More: x.more}
}

// extractor is the state of one document and those within it.
type extractor struct {
	o        Options
	visible  strings.Builder
	hidden   strings.Builder
	embedded []Embedded
	more     bool

	last  byte // last byte of visible, 0 at the start
	space bool // white space is pending
	pre   int  // open pre and textarea elements

	blocks []bool // open block elements, true for those shown inline
	style  styleState
	unseen []Range
	lower  []byte // a style attribute
}

// document reads one document into the streams.
func (x *extractor) document(doc string, nesting int) {
	z := newTokens(doc)
	raw := atom.Atom(0) // element whose raw text comes next
	for {
		switch z.next() {
		case html.ErrorToken:
			// The end: the reader has no other error, and no limit is set.
			// What is left is a tag that is not closed.
			x.hide(z.rawText())
			return
		case html.TextToken:
			x.content(z, raw, nesting)
		case html.StartTagToken, html.SelfClosingTagToken:
			raw = x.startTag(z, nesting)
			continue
		case html.EndTagToken:
			x.endTag(z.tagName())
		case html.CommentToken:
			x.comment(z.text(), nesting)
		case html.DoctypeToken:
			x.hide(z.text())
		}
		raw = 0
	}
}

// content writes a text token to the stream of its element.
func (x *extractor) content(z *tokens, raw atom.Atom, nesting int) {
	switch raw {
	case atom.Script, atom.Style, atom.Title:
		x.hide(z.text())
	case atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript:
		// The tokenizer takes these as text; a mail client without scripts
		// and frames shows the elements in them.
		t := string(z.rawText())
		if nesting < maxNesting && strings.IndexByte(t, '<') >= 0 {
			x.document(t, nesting+1)
			return
		}
		x.write([]byte(html.UnescapeString(t)))
	default:
		if x.pre > 0 {
			x.write(z.text())
		} else {
			x.write(z.words())
		}
	}
}

// comment writes a comment to the hidden stream. A conditional one is HTML for
// some clients.
func (x *extractor) comment(t []byte, nesting int) {
	if c := bytes.TrimSpace(t); nesting < maxNesting && bytes.HasPrefix(c, []byte("[if")) {
		inner := extractor{o: x.o}
		inner.document(string(c), nesting+1)
		x.hide([]byte(inner.visible.String()))
		x.hide([]byte(inner.hidden.String()))
		x.addEmbedded(inner.embedded, inner.more)
		return
	}
	x.hide(t)
}

// startTag writes what a tag separates and what its attributes say. It gives
// the element if its content comes as one raw text token.
func (x *extractor) startTag(z *tokens, nesting int) atom.Atom {
	name := z.tagName()
	tag := atom.Lookup(name)
	void := isVoid(tag)
	custom := ""
	if tag == 0 {
		custom = string(name[:min(len(name), 64)])
	}
	var look look
	for {
		k, v, ok := z.tagAttr()
		if !ok {
			break
		}
		x.attribute(tag, k, v, &look, nesting)
	}
	unseen := look.unseen(x.style.dark)
	if look.background != "" && look.background != "white" {
		x.style.dark = true
	}
	switch {
	case tag == atom.Br:
		x.newline()
	case tag == atom.Td || tag == atom.Th:
		x.cell()
	case tag == atom.Hr || isBlock(tag):
		if !void && len(x.blocks) < maxBlocks {
			x.blocks = append(x.blocks, look.inline)
		}
		if !look.inline {
			x.line()
		}
	}
	if tag == atom.Pre || tag == atom.Textarea || tag == atom.Xmp || tag == atom.Plaintext || tag == atom.Listing {
		x.pre++
	}
	if !void {
		x.style.open(x, tag, custom, unseen)
	}
	switch tag {
	case atom.Script, atom.Style, atom.Title, atom.Iframe, atom.Noembed, atom.Noframes, atom.Noscript:
		return tag
	}
	return 0
}

// maxBlocks bounds the open elements remembered; elements beyond are blocks.
const maxBlocks = 4096

func (x *extractor) endTag(name []byte) {
	tag := atom.Lookup(name)
	custom := ""
	if tag == 0 {
		custom = string(name[:min(len(name), 64)])
	}
	x.style.close(x, tag, custom)
	switch tag {
	case atom.Pre, atom.Textarea, atom.Xmp, atom.Listing:
		x.pre = max(x.pre-1, 0)
	case atom.Br: // browsers take </br> as <br>
		x.newline()
		return
	}
	if !isBlock(tag) {
		return
	}
	inline := false
	if n := len(x.blocks); n > 0 {
		inline = x.blocks[n-1]
		x.blocks = x.blocks[:n-1]
	}
	if !inline {
		x.line()
	}
}

// isVoid reports an element without content.
func isVoid(a atom.Atom) bool {
	switch a {
	case atom.Area, atom.Base, atom.Br, atom.Col, atom.Embed, atom.Hr, atom.Img, atom.Input, atom.Link,
		atom.Meta, atom.Param, atom.Source, atom.Track, atom.Wbr, atom.Keygen, atom.Frame:
		return true
	}
	return false
}

// isBlock reports an element that begins and ends a line.
func isBlock(a atom.Atom) bool {
	switch a {
	case atom.Address, atom.Article, atom.Aside, atom.Blockquote, atom.Body, atom.Button, atom.Caption, atom.Center, atom.Dd,
		atom.Details, atom.Dialog, atom.Dir, atom.Div, atom.Dl, atom.Dt, atom.Fieldset, atom.Figcaption, atom.Figure,
		atom.Footer, atom.Form, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Head, atom.Header, atom.Hgroup,
		atom.Hr, atom.Html, atom.Iframe, atom.Legend, atom.Li, atom.Listing, atom.Main, atom.Menu, atom.Nav, atom.Noscript, atom.Ol,
		atom.Optgroup, atom.Option, atom.P, atom.Plaintext, atom.Pre, atom.Section, atom.Select, atom.Summary, atom.Table, atom.Tbody,
		atom.Textarea, atom.Tfoot, atom.Thead, atom.Title, atom.Tr, atom.Ul, atom.Xmp:
		return true
	}
	return false
}
