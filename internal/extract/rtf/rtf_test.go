package rtf

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
)

func read(s string) *documenttest.Sink {
	var h documenttest.Sink
	Read([]byte(s), &h)
	return &h
}

func TestText(t *testing.T) {
	t.Parallel()
	const fonts = `{\fonttbl{\f0\fnil\fcharset0 A;}{\f1\fnil\fcharset204 B;}{\f2\fcharset128 C;}}`
	for _, c := range []struct{ in, want string }{
		{`{\rtf1 a\par b\line c\tab d\~e\_f\-g\emdash h}`, "a\nb\nc\td\u00a0e-fg\u2014h"},
		{`{\rtf1\ansi\ansicpg1252 caf\'e9}`, "café"},
		{`{\rtf1\ansi\ansicpg1251 \'cf\'f0}`, "Пр"},
		{`{\rtf1` + fonts + `\f1 \'cf\'f0{\f2 \'93\'fa\'95\\}\'cf}`, "Пр日表П"},
		{`{\rtf1\deff1` + fonts + `\'cf}`, "П"},
		{`{\rtf1\u8364?\u-10179 ?\u-8704 ?{\uc0\u66}{\uc2\u67 ab}c}`, "€\U0001f600BCc"},
		{`{\rtf1 4111{\b 1111}\i 1111\i0 1111}`, "4111111111111111"},
		{`{\rtf1 \trowd a\cell b\cell\row c}`, "a\tb\nc"},
		{`{\rtf1 a{\*\fldinst HYPERLINK x}{\fldrslt y}{\*\bkmkstart bm}{\*\unknown z}b}`, "ayb"},
		{`{\rtf1 4111{\footnote note}1111{\header head}}`, "41111111|note\nhead"},
		{`{\rtf1{\shp{\*\shpinst{\sp{\sn a}{\sv b}}{\shptxt box}}}x}`, "x|box"},
		{`{\rtf1 a{\deleted b}\deleted c\deleted0 d}`, "ad"},
		{`{\rtf1 \{\}\\}`, `{}\`},
		{"{\\rtf1 a\\\nb\r\nc}", "a\nbc"},
		{`{\rtf1{\upr{ansi}{\*\ud{uni}}}}`, "uni"},
		{`{\rtf1 a{\pict\bin3 }}}}b}`, "ab"},
		{`{\rtf1 a`, "a"}, {`{\rtf1}}}a}`, "a"},
	} {
		h := read(c.in)
		if got := strings.Join(h.Shown, "|"); got != c.want {
			t.Errorf("%s: got %q, want %q", c.in, got, c.want)
		}
	}
}

func TestHidden(t *testing.T) {
	t.Parallel()
	h := read(`{\rtf1 a{\*\fldinst HYPERLINK x}{\deleted del}{\*\bkmkstart bm}{\*\unknown z}{\sp{\sn n}{\sv v}}{\*\atnauthor me}{\stylesheet{\s0 Normal;}}}`)
	if d := cmp.Diff([]string{"HYPERLINK x\ndel\nbm\nz\nv\nme"}, h.Hidden); d != "" {
		t.Error(d)
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	h := read(`{\rtf1{\info{\title T}{\author A}{\company C}}{\*\userprops{\propname MSIP_Label_` + id + `_Enabled}\proptype30{\staticval true}}x}`)
	want := []document.Property{{Source: "core", Name: "title", Value: "T"}, {Source: "core", Name: "creator", Value: "A"}, {Source: "app", Name: "Company", Value: "C"},
		{Source: "custom", Name: "MSIP_Label_" + id + "_Enabled", Value: "true"}}
	if d := cmp.Diff(want, h.Properties); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]document.Label{{Source: "property", ID: id, Enabled: true}}, h.Labels); d != "" {
		t.Error(d)
	}
}

func TestObjects(t *testing.T) {
	t.Parallel()
	object := "\x01\x05\x00\x00\x02\x00\x00\x00\x08\x00\x00\x00Package\x00\x00\x00\x00\x00\x00\x00\x00\x00\x1f\x00\x00\x00" +
		"\x02\x00a.txt\x00a.txt\x00\x00\x00\x03\x00\x00\x00\x00\x00\x02\x00\x00\x00hi"
	h := read(`{\rtf1{\object\objemb{\*\objdata ` + hex.EncodeToString([]byte(object))[:40] + "\r\n {}\\par " + hex.EncodeToString([]byte(object))[40:] + `}{\result{\pict\pngblip ` + hex.EncodeToString([]byte("\x89PNG")) + `}}}{\*\datastore 3c613e}x}`)
	want := []document.Embedded{{Names: []string{"a.txt"}, Data: []byte("hi")}, {Data: []byte("\x89PNG"), Decoration: true}, {Data: []byte("<a>")}}
	if d := cmp.Diff(want, h.Embedded); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"x"}, h.Shown); d != "" {
		t.Error(d)
	}
}

// HTML in RTF comes out as it went in; what only RTF readers show is hidden
// text. The example follows MS-OXRTFEX 4.1 in kind.
func TestFromHTML(t *testing.T) {
	t.Parallel()
	h := read(`{\rtf1\ANSI\ansicpg1251\fromhtml1 \deff0{\fonttbl{\f0\fmodern Courier New;}}` +
		`{\*\htmltag64 <p class="x">}\htmlrtf \par secret\htmlrtf0 Note: \'cf{\*\htmltag84 <b>}\htmlrtf {\b\htmlrtf0 bold{\*\htmltag92 </b>}\htmlrtf }\htmlrtf0 {\*\htmltag84 &nbsp;}\htmlrtf \'a0\htmlrtf0 {\*\mhtmltag84 x}{\*\htmltag241 </p>}\par}`)
	if len(h.Embedded) != 1 || h.Embedded[0].Type != "text/html" {
		t.Fatalf("%v", h.Embedded)
	}
	if got, want := string(h.Embedded[0].Data), "<p class=\"x\">Note: П<b>bold</b>&nbsp;</p>\r\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if !slices.ContainsFunc(h.Hidden, func(s string) bool { return strings.Contains(s, "secret") }) || len(h.Shown) > 0 {
		t.Errorf("hidden %q, shown %q", h.Hidden, h.Shown)
	}
}

func TestDeep(t *testing.T) {
	t.Parallel()
	h := read(`{\rtf1 ` + strings.Repeat("{", 1<<20) + "x" + strings.Repeat("}", 1<<20) + "y}")
	if d := cmp.Diff([]string{"xy"}, h.Shown); d != "" || len(h.Skips) != 1 {
		t.Error(d, h.Skips)
	}
}

func FuzzRTF(f *testing.F) {
	for _, s := range []string{`{\rtf1\ansi\ansicpg932{\fonttbl{\f0\fcharset128 A;}}\f0 \'93\'fa\u8364?\bin3 abc{\*\objdata 0105}{\pict 89}{\info{\title x}}}`,
		`{\rtf1\fromhtml1 {\*\htmltag64 <p>}\htmlrtf x\htmlrtf0 a}`, `{\rtf1\uc2\u1 \'aa{\*\userprops{\propname a}{\staticval b}}}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		h := read(string(b))
		if err := h.Check(8*len(b) + 1024); err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, e := range h.Embedded {
			n += len(e.Data)
		}
		if n > 4*len(b)+64 {
			t.Fatalf("%d bytes embedded in %d", n, len(b))
		}
	})
}
