package pdf

import (
	"fmt"
	"strings"
	"testing"

	"labelmilter/internal/extract/testdata/gen/sample"
)

// hebrew is a font with Hebrew letters from 0x20 on: code 0x20+n is the n-th.
const hebrew = "<</Type /Font /Subtype /Type0 /Encoding /Identity-H /DescendantFonts [<</Subtype /CIDFontType2 /DW 500>>] /ToUnicode 7 0 R>>"

// content is a document of one page in Helvetica (F1), with Hebrew as F2.
func content(c string) []byte {
	return sample.PDF("", catalog, pages, strings.Replace(page3, "/F1 4 0 R", "/F1 4 0 R /F2 6 0 R", 1), font4, sample.Stream("", c), hebrew,
		sample.Stream("", "1 beginbfrange <0041> <005b> <05d0> endbfrange 2 beginbfchar <0020> <0020> <0031> <0031> endbfchar"))
}

func TestLayout(t *testing.T) {
	t.Parallel()
	one := func(x, y int, s string) string { return fmt.Sprintf("BT /F1 10 Tf %d %d Td (%s) Tj ET ", x, y, s) }
	scattered := ""
	for i, at := range []int{5, 2, 7, 0, 3, 6, 1, 4} { // letters of two lines, in no order
		scattered += one(50+at*6, 700, string("SECRETLY"[at])) + one(50+((i*3)%8)*6, 680, string("41111111"[(i*3)%8]))
	}
	for _, c := range []struct{ name, content, shown, hidden string }{
		{"gap in an array is a space", "BT /F1 10 Tf 50 700 Td [(4111) -250 (1111) 20 (11)] TJ ET", "4111 111111", ""},
		{"move behind the last glyph is none", "BT /F1 10 Tf 50 700 Td (4111) Tj 22.24 0 Td (1111) Tj ET", "41111111", ""},
		{"wide move is a cell", one(50, 700, "TFN") + one(200, 700, "123456782"), "TFN\t123456782", ""},
		{"cells from right to left", one(200, 700, "123456782") + one(50, 700, "TFN"), "TFN\t123456782", ""},
		{"new line", "BT /F1 10 Tf 12 TL 50 700 Td (a) Tj T* (b) Tj (c) ' 1 2 (d) \" ET", "a\nb\nc\nd", ""},
		{"word over two lines", one(50, 700, "confi-") + one(50, 688, "dential"), "confidential", ""},
		{"hyphen of a name", one(50, 700, "Smith-") + one(50, 688, "Jones"), "Smith-\nJones", ""},
		{"drawn twice to look bold", one(50, 700, "4111") + "BT /F1 10 Tf 50.3 700 Td (4111) Tj ET", "4111", ""},
		{"every letter drawn twice", "BT /F1 10 Tf 50 700 Td (4) Tj 0.3 0 Td (4) Tj 5.3 0 Td (1) Tj 0.3 0 Td (1) Tj ET", "41", ""},
		{"set wide", "BT /F1 10 Tf 6 Tc 50 700 Td (SECRET) Tj ET", "SECRET", ""},
		{"set wide, two words", "BT /F1 10 Tf 4 Tc 50 700 Td (TOP SECRET) Tj ET", "TOP SECRET", ""},
		{"text upon text", one(50, 700, "A long line of words") + one(60, 700, "4111111111111111"), "A long line of words 4111111111111111", ""},
		{"accent set over a letter", "BT /F1 10 Tf 50 700 Td (M) Tj 9.4 0 Td (\\310) Tj -1.1 0 Td (uller) Tj ET", "Müller", ""},
		{"letters in no order", scattered, "SECRETLY\n41111111", ""},
		{"from bottom to top", "BT /F1 10 Tf 0 1 -1 0 300 40 Tm (4111 1111) Tj ET", "4111 1111", ""},
		{"upside down", "BT /F1 10 Tf -1 0 0 -1 300 40 Tm (4111) Tj 24 0 Td (1111) Tj ET", "4111 1111", ""},
		{"mirrored by a scale", "BT /F1 10 Tf -100 Tz 300 40 Td (4111) Tj ET", "4111", ""},
		{"Hebrew as it stands", "BT /F2 10 Tf 50 700 Td <00430042004100200031> Tj ET", "1 אבג", ""},
		{"Hebrew letter by letter from the right", "BT /F2 10 Tf 80 700 Td <0041> Tj -5 0 Td <0042> Tj -5 0 Td <0043> Tj ET", "אבג", ""},
		{"replacement text of what cannot be read", "BT /F3 10 Tf 50 700 Td /Span <</ActualText (4111)>> BDC <ff> Tj EMC ET", "4111", ""},
		{"replacement text that says something else", "BT /F1 10 Tf 50 700 Td /Span <</ActualText (other)>> BDC (4111) Tj EMC ET", "4111", "other"},
		{"replacement text without glyphs", "/Span <</ActualText (4111)>> BDC EMC", "", "4111"},
		{"a font that is not there", "BT /None 10 Tf 50 700 Td (4111) Tj ET", "4111", ""},
		{"size 0", "BT /F1 0 Tf 50 700 Td (4111) Tj ET", "4111", ""},
		{"operators in an array", "BT /F1 10 Tf 50 700 Td [(4111) 0 Tc -300 (1111)] TJ ET", "4111 1111", ""},
		{"image in the content", "q 1 0 0 1 0 0 cm BI /W 2 /H 1 /BPC 8 /CS /G ID \xff\xfe EI Q " + one(50, 700, "4111"), "4111", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := read(content(c.content))
			if got := strings.Join(s.Shown, "|"); got != c.shown {
				t.Errorf("shown %q, want %q", got, c.shown)
			}
			if got := strings.Join(s.Hidden, "|"); got != c.hidden {
				t.Errorf("hidden %q, want %q", got, c.hidden)
			}
		})
	}
}

// TestRevisions: what was taken out of a document by a later version is still in it.
func TestRevisions(t *testing.T) {
	t.Parallel()
	first := withContent(sample.Stream("", hello+"BT /F1 9 Tf 50 500 Td (stays) Tj ET"))
	later := "5 0 obj\n" + sample.Stream("", "BT /F1 9 Tf 50 500 Td (stays) Tj ET") + "\nendobj\n"
	s := read(append(first, later...))
	if got := strings.Join(s.Shown, "|"); got != "stays" {
		t.Errorf("shown %q", got)
	}
	if got := strings.Join(s.Hidden, "|"); got != "before 4111111111111111 after" {
		t.Errorf("hidden %q", got)
	}
}

// TestVerdict: what is no text is said.
func TestVerdict(t *testing.T) {
	t.Parallel()
	image := "q 500 0 0 700 0 0 cm /X Do Q"
	picture := sample.Stream("/Subtype /Image /Width 1 /Height 1 /Filter /DCTDecode", "x")
	two := func(second string) []byte {
		return sample.PDF("", catalog, "<</Type /Pages /Kids [3 0 R 7 0 R]>>", page3, font4, sample.Stream("", hello), picture,
			strings.Replace(page3, "5 0 R", "8 0 R", 1), sample.Stream("", second))
	}
	words := "BT /F1 9 Tf 12 TL 50 700 Td " + strings.Repeat("(Xlm zhkf pbma xqtfiex wkpgn bgcrt) ' ", 20) + "ET"
	for _, c := range []struct {
		name  string
		data  []byte
		skips string
		facts string
	}{
		{"picture", sample.PDFScan(), "", "[image-only]"},
		{"picture with a stamp", withContent(sample.Stream("", "BT /F1 9 Tf 9 9 Td (Scanned with the scanner) Tj ET q 595 0 0 842 0 0 cm /X Do Q"), picture), "", "[image-only]"},
		{"a page of text and one of a picture", two(image), "image-only: page 2", "[]"},
		{"a small picture on an empty page", two("q 10 0 0 10 0 0 cm /X Do Q"), "", "[]"},
		{"letters drawn as lines", two(strings.Repeat("1 1 m 2 2 l 3 3 4 4 5 5 c h f ", 300)), "image-only: page 2, drawn", "[]"},
		{"no glyph names", sample.PDFUnknown(), "pdf-undecodable-text: 16 of 49 glyphs", "[]"},
		{"letters for others", content(words), "pdf-undecodable-text: letters that are no words", "[]"},
		{"empty page", two(""), "", "[]"},
		{"rights management", sample.PDF("", catalog, pages, page3, font4, sample.Stream("", hello), "<</AFRelationship /EncryptedPayload /F (MicrosoftIRMServices Protected PDF.pdf) /EF <</F 7 0 R>>>>", sample.Stream("", "x")), "", "[encrypted encrypted]"},
		{"unknown filter", withContent(sample.Stream("/Filter /Own", "x")), "unsupported-method: filter", "[]"},
		{"no page", []byte("%PDF-1.4\nnothing here"), "corrupt: pages", "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := read(c.data)
			if got := strings.Join(s.Skips, "; "); got != c.skips {
				t.Errorf("skips %q, want %q", got, c.skips)
			}
			if got := fmt.Sprint(s.Facts); got != c.facts {
				t.Errorf("facts %s, want %s", got, c.facts)
			}
		})
	}
}
