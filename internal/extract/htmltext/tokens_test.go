package htmltext

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"
)

// library gives x/net/html the methods of tokens.
type library struct{ *html.Tokenizer }

func (z library) next() html.TokenType { return z.Next() }
func (z library) rawText() []byte      { return z.Raw() }
func (z library) text() []byte         { return z.Text() }

func (z library) tagName() []byte {
	name, _ := z.TagName()
	return name
}

func (z library) tagAttr() (k, v []byte, ok bool) {
	k, v, _ = z.TagAttr()
	return k, v, k != nil
}

// list writes down the tokens of a document. Text may come in pieces, comments
// without content not at all.
func list(z interface {
	next() html.TokenType
	rawText() []byte
	text() []byte
	tagName() []byte
	tagAttr() (k, v []byte, ok bool)
}) string {
	var b strings.Builder
	text, raw := "", false
	for {
		kind := z.next()
		if kind == html.TextToken && !raw {
			text += string(z.text())
			continue
		}
		if text != "" {
			fmt.Fprintf(&b, "text %q\n", text)
		}
		text, raw = "", false
		switch kind {
		case html.ErrorToken:
			fmt.Fprintf(&b, "left %q\n", z.rawText())
			return b.String()
		case html.TextToken:
			fmt.Fprintf(&b, "raw text %q", z.rawText())
			fmt.Fprintf(&b, " is %q\n", z.text())
		case html.StartTagToken, html.SelfClosingTagToken:
			name := string(z.tagName())
			switch name {
			case "iframe", "noembed", "noframes", "noscript", "plaintext", "script", "style", "textarea", "title", "xmp":
				raw = true
			}
			fmt.Fprintf(&b, "tag %q", name)
			for k, v, ok := z.tagAttr(); ok; k, v, ok = z.tagAttr() {
				fmt.Fprintf(&b, " %q=%q", k, v)
			}
			b.WriteByte('\n')
		case html.EndTagToken:
			fmt.Fprintf(&b, "end tag %q\n", z.tagName())
		default:
			if s := strings.TrimSpace(string(z.text())); s != "" {
				fmt.Fprintf(&b, "%v %q\n", kind, s)
			}
		}
	}
}

// wantSame compares with x/net/html: the tokens, and what comes of them.
func wantSame(t *testing.T, doc string) {
	t.Helper()
	z := library{html.NewTokenizer(strings.NewReader(doc))}
	if want, got := list(z), list(newTokens(doc)); got != want {
		t.Fatalf("%q: %s", doc, cmp.Diff(want, got))
	}
	const odd = "</>" // nothing, and x/net/html reads all behind it
	if diff := cmp.Diff(Extract(odd+doc, Options{}), Extract(doc, Options{})); diff != "" {
		t.Fatalf("%q: %s", doc, diff)
	}
}

// pieces of documents, common and odd.
var pieces = []string{"<", ">", "/", "!", "?", "-", "--", "=", "\"", "'", " ", "\n", "\r\n", "\r", "\t", "\f", "\v", "\u00a0", ";", "&", "#", "x", "a", "B", "1", "é", "\xff",
	"<p>", "</p>", "<P CLASS=x>", "<a href=\"?a=1&amp;b=2&copy=3&notit;\">", "<br/>", "<img src='x' SRC=y alt=\"a\r\nb\">", "<x a b = c d='e' f=\"g\"h>", "<p a=/>",
	"<p / =a>", "<p a='>'>", "<p/>", "<p/a=1/b>", "<p a= >", "<p a='' a>", "<p a=b\"c'd>", "</p a='>'>", "</p a=\">\">", "</p/a>", "</P \f>", "</>", "</ x>", "</?>",
	"<?xml version='1.0'?>", "<?>", "<!DOCTYPE html>", "<!doctype", "<!doctype\t&lt;x >", "<!ELEMENT x>", "<![if !mso]>", "<![endif]-->", "<![CDATA[x]]>", "<![CDATA[", "]]>", "<![cdata[",
	"<!-- a -->", "<!-->", "<!--->", "<!---->", "<!--a--!>", "<!--a--!-->", "<!--[if mso]>", "<!--&amp;\r\n-->", "<!", "<!>", "<!->", "<!-", "<!--", "-->", "--!>",
	"<script>", "</script>", "</SCRIPT ", "<script/>", "</script1>", "<!--<script>", "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<xmp>", "</xmp/",
	"<iframe>", "</iframe>", "<noscript>", "</noscript>", "<noembed>", "<noframes>", "<plaintext>", "<STYLE a>", "</sty", "<pre>", "</pre>",
	"<svg>", "</svg>", "<svg/>", "<math a='<svg>'>", "<xml>", "<svg:a>", "{{", "}}", "<%", "%>",
	"&amp;", "&lt", "&nbsp;", "&nbspx", "&copy", "&copy=", "&semi;", "&#65;", "&#65=", "&#x41", "&#x;", "&#", "&#0;", "&#xD800;", "&#150;", "&#13;",
	"&notin;", "&notit;", "&NotEqualTilde;", "&zzz;", "&AMP;", "&amp&lt;", "&amp;lt;",
	"<table" + strings.Repeat(" x1 x2 a", maxAttrs) + ">", "<p a0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b0 b1 b2 b3 b4 b5 b6 b7 b8 b9 c0 c1 c2 c3 c4 c5 c6 c7 c8 c9 d0 d1 d2 d3 d0=x>",
	"text of a sentence, ", "\x00"}

func TestLikeLibrary(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	var b strings.Builder
	for range 300_000 {
		b.Reset()
		for range 1 + rnd.IntN(12) {
			p := pieces[rnd.IntN(len(pieces))]
			if p == "\x00" && rnd.IntN(40) > 0 { // x/net/html reads all of such a document
				continue
			}
			b.WriteString(p)
		}
		wantSame(t, b.String())
	}
	for _, p := range pieces {
		for _, q := range pieces {
			wantSame(t, p+q)
			wantSame(t, "x"+p+"y"+q+"z>")
			wantSame(t, "<a "+p+"b="+q+" c='"+p+q+"'>")
		}
	}
}
