package htmltext

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestVisible(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"plain text", "CANARY", "CANARY"},
		{"empty", "", ""},
		{"inline b", "CAN<b>ARY</b>", "CANARY"},
		{"inline span", "<span>CAN</span><span style='color:red'>ARY</span>", "CANARY"},
		{"inline font, a, i, u", "<font>C</font><a>A</a><i>N</i><u>A</u>RY", "CANARY"},
		{"unknown tag", "CAN<o:p></o:p><x-y>ARY</x-y>", "CANARY"},
		{"wbr", "CAN<wbr>ARY", "CANARY"},
		{"comment inside a word", "CAN<!-- x -->ARY", "CANARY"},
		{"script inside a word", "CAN<script>1</script>ARY", "CANARY"},
		{"img inside a word", "CAN<img src=x>ARY", "CANARY"},
		{"br", "one<br>two<br/>three", "one\ntwo\nthree"},
		{"closing br", "one</br>two", "one\ntwo"},
		{"div", "<div>one</div><div>two</div>three", "one\ntwo\nthree"},
		{"p", "<p>one<p>two", "one\ntwo"},
		{"nested blocks make one line end", "<div><div><p>one</p></div></div><div>two</div>", "one\ntwo"},
		{"list", "<ul><li>one<li>two</ul>three", "one\ntwo\nthree"},
		{"cells", "<table><tr><td>1</td><td>2</td></tr><tr><th>3<th>4</table>", "1\t2\n3\t4"},
		{"inline div", "<div style='display:inline'>CAN</div><div style='display: inline-block'>ARY</div>", "CANARY"},
		{"entities", "&lt;CANARY&gt; &amp; &eacute;&#233;&#xe9;&euro;", "<CANARY> & ééé€"},
		{"entity inside a word", "CAN&#65;RY", "CANARY"},
		{"entity without semicolon", "a &ltb &copy c", "a <b © c"},
		{"broken entity", "a &#xFFFFFFFF; &nosuch; b", "a \uFFFD &nosuch; b"},
		{"nbsp stays", "4111&nbsp;1111", "4111\u00a01111"},
		{"white space collapses", "  one \n\t two\r\n<b> three </b> four ", "one two three four"},
		{"blank between inline tags", "<b>one</b> <b>two</b>", "one two"},
		{"pre", "<pre>a\n  b</pre>c", "a\n  b\nc"},
		{"textarea", "<textarea>CANARY &amp; x</textarea>", "CANARY & x"},
		{"option and button", "<select><option>one<option>two</select><button>three</button>", "one\ntwo\nthree"},
		{"noscript", "<noscript>CAN<b>ARY</b></noscript>", "CANARY"},
		{"noframes", "<noframes>CAN<b>ARY</b></noframes>", "CANARY"},
		{"iframe content", "<iframe>CAN<b>ARY</b></iframe>", "CANARY"},
		{"xmp", "<xmp>CAN<b></xmp>", "CAN<b>"},
		{"plaintext", "<plaintext>CANARY <b>", "CANARY <b>"},
		{"display none stays", "<div style='display:none'>CANARY</div>", "CANARY"},
		{"srcdoc", `<iframe srcdoc="&lt;p&gt;CAN&lt;b&gt;ARY"></iframe>`, "CANARY"},
		{"srcdoc twice", `<iframe srcdoc="&lt;iframe srcdoc='CAN&amp;lt;i>ARY'>"></iframe>`, "CANARY"},
		{"revealed conditional", "<![if !mso]>CANARY<![endif]>", "CANARY"},
		{"upper case tags", "<DIV>CAN<B>ARY</B></DIV>x", "CANARY\nx"},
		{"unclosed tags", "<div><span><b>CANARY", "CANARY"},
		{"stray end tags", "</div></p></table>CANARY", "CANARY"},
		{"wrong nesting", "<b><i>CAN</b>ARY</i>", "CANARY"},
		{"tag with junk", "CAN<b =\"' <>ARY</b>", "CANARY"},
		{"less-than in text", "1 < 2 <3 CANARY", "1 < 2 <3 CANARY"},
		{"NUL in a tag", "<d\x00iv>CANARY", "CANARY"},
		{"body after html", "</body></html>CANARY", "CANARY"},
		{"svg text", "<svg><text>CANARY</text></svg>", "CANARY"},
		{"template", "<template>CANARY</template>", "CANARY"},
		{"title is not shown", "<title>x</title>CANARY", "CANARY"},
		{"Outlook paragraph", "<p class=MsoNormal>CAN<o:p>&nbsp;</o:p></p>", "CAN\u00a0"},
		{"empty end tag", "CAN</>ARY", "CANARY"},
		{"section that is a comment", "<![CDATA[x>CAN<b>ARY]]>", "CANARY]]>"},
		{"comment that ends at once", "<!-->CAN<!--->ARY<!-- -->", "CANARY"},
		{"comment with another end", "<!--x--!>CANARY<!-- -->", "CANARY"},
		{"quoted end in an end tag", "<b>CAN</b title='>'></b x=\">\">ARY", "CANARY"},
		{"slashes between attributes", "CAN<b/title='>'/hidden=>ARY</b/>", "CANARY"},
		{"equals sign as a name", "CAN<b ='>ARY</b>", "CANARY"},
		{"script within a script", "<script><!--<script></script>x</script>CANARY", "CANARY"},
		{"end tag of another name in a script", "<script></script1>x</script>CANARY", "CANARY"},
		{"comment in noscript", "<noscript><!--</noscript>CANARY<!-- -->", "CANARY"},
		{"svg within quotes", "<svg a='\"'><svg/><b>CAN</b>ARY", "CANARY"},
		{"svg that is not closed", "<math><svg><p>CAN<b>ARY", "CANARY"},
		{"xml element", "<xml>CAN<b>ARY</xml>", "CANARY"},
		{"template syntax", "{{CAN<b>ARY}} <% <b>x</b> %>", "{{CANARY}} <% x %>"},
		{"513 open elements", strings.Repeat("<div>", 513) + "CANARY", "CANARY"},
		{"100,000 open elements", strings.Repeat("<div><p>", 50_000) + "CANARY", "CANARY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.TrimRight(Extract(tt.doc, Options{}).Visible, "\n"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestHidden(t *testing.T) {
	tests := []struct{ name, doc, want string }{
		{"script", "<script>var x = 'CANARY' < 1;</script>y", "var x = 'CANARY' < 1;"},
		{"style", "<style>.x:after{content:'CANARY'}</style>", ".x:after{content:'CANARY'}"},
		{"unclosed script", "<script>CANARY", "CANARY"},
		{"title", "<title>CAN&#65;RY</title>", "CANARY"},
		{"comment", "<!-- CANARY -->", "CANARY"},
		{"unclosed comment", "x <!-- CANARY", "CANARY"},
		{"bogus comment", "<?php CANARY ?>", "?php CANARY ?"},
		{"cdata", "<![CDATA[CANARY]]>", "[CDATA[CANARY]]"},
		{"conditional comment", "<!--[if mso]><p>CAN<b>ARY</b></p><![endif]-->", "[if mso]>\nCANARY\n[endif]"},
		{"alt", "<img alt='CANARY'>", "CANARY"},
		{"title attribute", `<a title="CAN&#65;RY">x</a>`, "CANARY"},
		{"value", "<input type=hidden value=CANARY>", "CANARY"},
		{"placeholder", "<input placeholder='CANARY'>", "CANARY"},
		{"meta content", "<meta name=x content='CANARY'>", "x\nCANARY"},
		{"href", "<a href='mailto:a@b.c?body=CAN%41RY'>x</a>", "mailto:a@b.c?body=CAN%41RY\nmailto:a@b.c?body=CANARY"},
		{"data attribute", "<p data-note=CANARY>x", "CANARY"},
		{"aria attribute", "<p aria-label=CANARY>x", "CANARY"},
		{"src", "<img src='https://x/CANARY'>", "https://x/CANARY"},
		{"doctype", "<!DOCTYPE CANARY>", "CANARY"},
		{"unclosed doctype", "<!DOCTYPE CANARY", "CANARY"},
		{"the first of two attributes", "<img alt=CANARY ALT=x>", "CANARY"},
		{"the last of forty attributes", "<img" + numbered(40) + " alt=CANARY>", "CANARY"},
		{"references in attributes", "<img alt='&#67;&#x41=&NewLine;'><img alt='&copy &copy=&copyx&notit;&semi;'>", "CA=\n\u00a9 &copy=&copyx&notit;;"},
		{"end of lines in attributes", "<img alt='CAN\r\nARY\rx'>", "CAN\nARY\nx"},
		{"unclosed tag keeps its case", "<B Title='CANARY", "<B Title='CANARY"},
		{"unclosed tag at the end", "x <b title='CANARY", "<b title='CANARY"},
		{"style, class and width are not text", "<p style='x:y' class=c width=1>x", ""},
		{"template comment in script", "<script><!-- CANARY --></script>", "<!-- CANARY -->"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.TrimSpace(Extract(tt.doc, Options{}).Hidden); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	all := Extract("<v a='CANARY' style='x'>t</v>", Options{AllAttributes: true})
	if all.Hidden != "CANARY\nx\n" {
		t.Errorf("all attributes: got %q", all.Hidden)
	}
}

func TestUnseen(t *testing.T) {
	tests := []struct {
		name, style string
		want        bool
	}{
		{"display none", "style='display:none'", true},
		{"important", "style='DISPLAY : none !important'", true},
		{"visibility", "style='visibility: hidden;'", true},
		{"font-size 0", "style='font-size:0'", true},
		{"font-size 0px", "style='color:red; font-size:0.0px'", true},
		{"font-size 1px", "style='font-size:1px'", true},
		{"font-size 10px", "style='font-size:10px'", false},
		{"white on white", "style='color:#FFF;background-color:white'", true},
		{"white, no background", "style='color:#ffffff'", true},
		{"white on black", "style='color:white;background:#000'", false},
		{"red on red", "style='color:#f00;background:#ff0000'", true},
		{"opacity", "style='opacity:0'", true},
		{"mso-hide", "style='mso-hide:all'", true},
		{"max-height", "style='max-height:0;overflow:hidden'", true},
		{"height 0 clipped", "style='height:0px;overflow:hidden'", true},
		{"height 0 not clipped", "style='height:0px'", false},
		{"off screen", "style='position:absolute;left:-9999px'", true},
		{"small indent", "style='text-indent:-18pt'", false},
		{"hidden attribute", "hidden", true},
		{"line-height normal", "style='line-height:1.0'", false},
		{"nothing", "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			for _, tag := range []string{"div", "span", "x-y"} {
				got := Extract("before <"+tag+" "+tt.style+">CAN<b>A</b><"+tag+">R</"+tag+">Y</"+tag+"> after", Options{})
				var unseen string
				for _, r := range got.Unseen {
					unseen += got.Visible[r.From:r.To]
				}
				if has := strings.ReplaceAll(strings.TrimSpace(unseen), "\n", "") == "CANARY"; has != tt.want || !tt.want && unseen != "" {
					t.Errorf("%s: unseen %q, want %v", tag, unseen, tt.want)
				}
			}
		})
	}
	font := Extract("<table bgcolor=black><td><font color=white>x</font></table>", Options{})
	if len(font.Unseen) != 0 {
		t.Errorf("white on a dark table: %v", font.Unseen)
	}
	font = Extract("<font color='#FFFFFF'>x</font>y<font size=0>z</font>", Options{})
	if diff := cmp.Diff([]Range{{0, 1}, {2, 3}}, font.Unseen); diff != "" {
		t.Error(diff)
	}
}

func TestEmbedded(t *testing.T) {
	doc := `<a href="data:text/html;charset=utf-8;base64,Q0FOQVJZ">x</a><img src="data:,CAN%41RY"><img src="DATA:image/png;base64,AAAA">
<p style="background:url('data:image/gif;base64,R0lG')"><img src="data:text/plain;base64,Q0FOQVJ"><img src="data:,">`
	got := Extract(doc, Options{})
	want := []Embedded{
		{"text/html", "utf-8", []byte("CANARY")},
		{"text/plain", "", []byte("CANARY")},
		{"image/png", "", []byte{0, 0, 0}},
		{"image/gif", "", []byte("GIF")},
		{"text/plain", "", []byte("CANAR")},
	}
	if diff := cmp.Diff(want, got.Embedded); diff != "" {
		t.Error(diff)
	}
	if got := Extract(doc, Options{MaxEmbedded: 2}); len(got.Embedded) != 2 || !got.More {
		t.Errorf("limit: %d, more %v", len(got.Embedded), got.More)
	}
}

// numbered gives so many attributes.
func numbered(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, " a%d=%d", i, i)
	}
	return b.String()
}

// Hostile documents take time in proportion to their size. All take less
// than a second; the bound only catches a reader that hangs.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("long documents")
	}
	for _, tt := range []struct{ name, doc string }{
		{"500,000 attributes", "<p" + numbered(500_000) + ">CANARY"},
		{"5 MB of <", strings.Repeat("<", 5<<20) + " CANARY"},
		{"5 MB of &", strings.Repeat("&", 5<<20) + " CANARY"},
		{"5 MB of &#", strings.Repeat("&#", 5<<19) + " CANARY"},
		{"5 MB of <!--", "CANARY" + strings.Repeat("<!--", 5<<18)},
		{"5 MB of </", strings.Repeat("</", 5<<19) + " >CANARY"},
		{"5 MB of <a", strings.Repeat("<a ", 5<<20/3) + ">CANARY"},
		{"nested hidden", strings.Repeat("<b hidden>", 500_000) + "CANARY"},
		{"nested srcdoc", strings.Repeat("<iframe srcdoc=\"", 100_000) + "CANARY"},
		{"conditional comments", strings.Repeat("<!--[if x]>", 400_000) + "CANARY"},
		{"hidden siblings", strings.Repeat("<b hidden>x</b>", 300_000) + "CANARY"},
		{"16-attribute tags", strings.Repeat("<p"+numbered(16)+">", 50_000) + "CANARY"},
		{"values with &", "<p" + strings.Repeat(" a='&x&y;&#1;'", 20) + strings.Repeat("><a b='&x&y;&#1;&amp;'", 200_000) + ">CANARY"},
		{"svg in svg", strings.Repeat("<svg>", 1<<20) + "CANARY"},
		{"iframes", strings.Repeat("<iframe><svg></iframe>", 200_000) + "CANARY"},
		{"odd at the end", strings.Repeat("<p>x", 1<<20) + "</>CANARY"},
		{"textarea ends", strings.Repeat("<textarea></textare", 200_000) + " CANARY"},
		{"script ends", strings.Repeat("<script><!--<script", 200_000) + " CANARY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t0 := time.Now()
			got := Extract(tt.doc, Options{})
			if d := time.Since(t0); d > time.Minute {
				t.Errorf("took %v", d)
			} else {
				t.Logf("%.1f MB in %v", float64(len(tt.doc))/1e6, d)
			}
			if !strings.Contains(got.Visible+got.Hidden, "CANARY") {
				t.Error("the text is lost")
			}
		})
	}
}

func FuzzExtract(f *testing.F) {
	for _, s := range []string{"<p style='display:none'>x<b>y</b></p>", "<iframe srcdoc='&lt;b>x'>", "<!--[if mso]><b>x<![endif]-->",
		"<a href='data:text/html;base64,PGI+'>", "<pre>\n x</pre><td>", "<plaintext><b", "<svg><title>x</svg>", "<font color=white>x"} {
		f.Add([]byte(s))
	}
	for _, s := range pieces {
		f.Add([]byte(s + "x</p>"))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		wantSame(t, string(doc))
		got := Extract(string(doc), Options{})
		if n := len(got.Visible); n > 6*len(doc)+64 {
			t.Fatalf("%d bytes became %d", len(doc), n)
		}
		end := 0
		for _, r := range got.Unseen {
			if r.From < end || r.To <= r.From || r.To > len(got.Visible) {
				t.Fatalf("bad ranges %v of %d", got.Unseen, len(got.Visible))
			}
			end = r.To
		}
	})
}

func BenchmarkExtract(b *testing.B) {
	para := `<p class="MsoNormal" style="margin:0cm;font-size:11pt"><span lang="EN-AU">The quick &amp; brown <b>fox</b> jumps over ` +
		`the lazy <a href="https://www.example.org/path?x=1&amp;y=2">dog</a> again and again, until the day is done.</span></p>` + "\r\n" +
		`<table border="0"><tr><td style="padding:4px">1234</td><td>5678</td></tr></table>` + "\r\n"
	doc := "<html><head><style>p{color:red}</style></head><body>" + strings.Repeat(para, 10<<20/len(para)) + "</body></html>"
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		Extract(doc, Options{})
	}
}
