package htmltext

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// wantSameTokens compares with the library's tokenizer.
func wantSameTokens(t *testing.T, doc []byte) {
	t.Helper()
	before := bytes.Clone(doc)
	got, want := newTokens(doc), html.NewTokenizer(bytes.NewReader(before))
	for n := 0; ; n++ {
		w := want.Next()
		if w == html.SelfClosingTagToken {
			w = html.StartTagToken
		}
		g := got.next()
		if g == html.SelfClosingTagToken {
			g = html.StartTagToken
		}
		if g != w || string(got.rawBytes()) != string(want.Raw()) {
			t.Fatalf("%q: token %d is %v %q, want %v %q", doc, n, g, got.rawBytes(), w, want.Raw())
		}
		switch w {
		case html.ErrorToken:
			if !bytes.Equal(doc, before) {
				t.Fatalf("%q became %q", before, doc)
			}
			return
		case html.StartTagToken, html.EndTagToken:
			name, more := want.TagName()
			if s := string(got.tagName()); s != string(name) {
				t.Fatalf("%q: token %d has the name %q, want %q", doc, n, s, name)
			}
			for more && w == html.StartTagToken {
				var k, v []byte
				k, v, more = want.TagAttr()
				gk, gv, ok := got.tagAttr()
				if !ok || string(gk) != string(k) || string(gv) != string(v) {
					t.Fatalf("%q: token %d has %q=%q, %v, want %q=%q", doc, n, gk, gv, ok, k, v)
				}
			}
			if k, v, ok := got.tagAttr(); ok && w == html.StartTagToken {
				t.Fatalf("%q: token %d has %q=%q too", doc, n, k, v)
			}
		default:
			words := strings.Join(strings.FieldsFunc(string(got.words()), isSpaceRune), " ")
			text := want.Text()
			if w := strings.Join(strings.FieldsFunc(string(text), isSpaceRune), " "); words != w {
				t.Fatalf("%q: token %d is the words %q, want %q", doc, n, words, w)
			}
			if got.lib == nil && string(got.text()) != string(text) {
				t.Fatalf("%q: token %d is the text %q, want %q", doc, n, got.text(), text)
			}
		}
	}
}

func isSpaceRune(r rune) bool { return r < 0x80 && isSpace(byte(r)) }

// pieces of documents, common and odd.
var pieces = []string{"<", ">", "/", "!", "?", "-", "--", "=", "\"", "'", " ", "\n", "\r\n", "\r", "\t", "\f", ";", "&", "#", "x", "a", "B", "1", "é", "\xff",
	"<p>", "</p>", "<P CLASS=x>", "<a href=\"?a=1&amp;b=2&copy=3&notit;\">", "<br/>", "<img src='x' SRC=y alt=\"a\r\nb\">", "<x a b = c d='e' f=\"g\"h>", "<p a=/>",
	"<p / =a>", "<p a='>'>", "</p a='>'>", "</>", "</ x>", "<?xml version='1.0'?>", "<!DOCTYPE html>", "<!doctype", "<!ELEMENT x>", "<![if !mso]>", "<![endif]-->",
	"<!-- a -->", "<!-->", "<!--->", "<!---->", "<!--a--!>", "<!--a--!-->", "<!--[if mso]>", "<!", "<!-", "<!--",
	"<script>", "</script>", "</SCRIPT ", "<!--<script>", "<style>", "</style>", "<title>", "</title>", "<textarea>", "</textarea>", "<xmp>", "</xmp/",
	"<iframe>", "</iframe>", "<noscript>", "</noscript>", "<noembed>", "<noframes>", "<plaintext>", "<STYLE a>", "</sty",
	"&amp;", "&lt", "&nbsp;", "&nbspx", "&copy", "&copy=", "&semi;", "&#65;", "&#x41", "&#x;", "&#", "&#150;", "&#13;", "&notin;", "&notit;", "&NotEqualTilde;", "&zzz;", "&AMP;", "&amp&lt;",
	"<table border=0 cellpadding=0 a1 a2 a3 a4 a5 a6 a7 a8 a9 b1 b2 b3 b4 b5 b6 b7>", "text of a sentence, ", "\x00"}

func TestTokensLikeLibrary(t *testing.T) {
	t.Parallel()
	rnd := rand.New(rand.NewPCG(3, 4))
	var b []byte
	for range 300_000 {
		b = b[:0]
		for range 1 + rnd.IntN(12) {
			p := pieces[rnd.IntN(len(pieces))]
			if rnd.IntN(40) > 0 && p == "\x00" {
				continue
			}
			b = append(b, p...)
		}
		wantSameTokens(t, b)
	}
	for _, p := range pieces {
		for _, q := range pieces {
			wantSameTokens(t, []byte(p+q))
			wantSameTokens(t, []byte("x"+p+"y"+q+"z>"))
		}
		wantSameTokens(t, bytes.Repeat([]byte(p), 3*maxSlow))
	}
}

// The library is asked for so many tokens of any document, and then for the
// rest.
func TestTokensByLibrary(t *testing.T) {
	t.Parallel()
	for _, p := range pieces {
		doc := bytes.Repeat([]byte(p), 1<<20/len(p))
		z := newTokens(doc)
		for z.next() != html.ErrorToken {
		}
		if z.slow > maxSlow {
			t.Errorf("%q: the library was asked %d times", p, z.slow)
		}
	}
}

func BenchmarkTokens(b *testing.B) {
	for _, size := range []int{1 << 10, 50 << 10} {
		doc := bytes.Repeat([]byte("<p class=\"MsoNormal\" style=\"margin:0cm\">The quick &amp; brown <b>fox</b> jumps.</p>\r\n"), size/90)
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			b.SetBytes(int64(len(doc)))
			b.ReportAllocs()
			for b.Loop() {
				z := newTokens(doc)
				for z.next() != html.ErrorToken {
				}
			}
		})
	}
}
