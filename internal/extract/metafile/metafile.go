// Package metafile reads the text that is drawn in pictures of Windows: enhanced
// metafiles (MS-EMF, MS-EMFPLUS) and those before (MS-WMF). Pieces of a line
// that follow one another are joined by where they are drawn.
package metafile

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
)

var le = binary.LittleEndian

// reader is the state of one metafile.
type reader struct {
	b            []byte
	steps        int64 // that may still be taken
	out          *document.Writer
	plus         *document.Writer // what EMF+ draws, which mostly is the same again
	fonts        map[uint32]int   // charsets by object
	used         []bool           // slots of objects of a WMF
	page         charset.Page
	follow       bool // text is drawn at the position and moves it
	x, y         int64
	endX, endY   int64 // where the last text ended
	drawn, fresh bool  // there was text; the coordinates are no longer those of it
	glyphs       bool  // there is text that only the font can tell
}

// Read reads the text of a metafile as a picture of its own.
func Read(b []byte, s document.Sink) {
	text, left := Text(b, s.Room())
	if text != "" {
		s.Text(document.Shown, text)
	} else {
		s.Fact(document.ImageOnly)
	}
	if left != "" {
		s.Skip(left, Drawn)
	}
}

// Drawn is the detail of the reason why not all text was read.
const Drawn = "drawn text"

// Text gives the text that is drawn, to a limit in bytes and one more, and the
// reason why not all was read: unsupported for text that is there as glyphs of a
// font only, work-budget for records that lead to too much work.
func Text(b []byte, limit int) (text string, left budget.Reason) {
	r := &reader{b: b, out: document.NewWriter(limit), plus: document.NewWriter(limit), fonts: map[uint32]int{}, steps: 16*int64(len(b)) + 1<<16}
	r.font(0)
	if len(b) >= 44 && string(b[40:44]) == " EMF" {
		r.enhanced()
	} else {
		r.windows()
	}
	text = r.out.Done()
	if plus := r.plus.Done(); plus != "" && dense(plus) != dense(text) {
		text = strings.TrimPrefix(text+"\n"+plus, "\n")
	}
	switch {
	case r.steps < 0:
		left = budget.WorkBudget
	case r.glyphs:
		left = budget.Unsupported
	}
	return text, left
}

// dense is a text without white space.
func dense(s string) string { return strings.Join(strings.Fields(s), "") }

// font chooses the code page of 8-bit text by the charset of a font.
func (r *reader) font(set int) {
	n := charset.FontPage(set)
	if n == 0 {
		n = 1252
	}
	r.page, _ = charset.CodePage(n)
}

// draw adds text at a place. Advance is its width in the same units, and 0 if that
// is not known.
func (r *reader) draw(s string, x, y, advance int64) {
	s = strings.TrimRight(strings.ReplaceAll(s, "\x00", ""), "\r\n")
	if s == "" {
		return
	}
	if r.follow {
		x, y = r.x, r.y
	}
	gap := x - r.endX
	part := advance / int64(4*max(len([]rune(s)), 1)) // of a character
	switch {
	case !r.drawn:
	case r.fresh || y != r.endY:
		r.out.Line()
	case advance == 0 && !r.follow, gap > part, gap < -part:
		r.out.String(" ")
	}
	r.out.String(s)
	r.drawn, r.fresh = true, false
	r.endX, r.endY = x+advance, y
	if r.follow {
		r.x = r.endX
	}
}

// wide reads n characters of UTF-16 at an offset.
func wide(b []byte, at, n int64) string {
	if at < 0 || at > int64(len(b)) {
		return ""
	}
	b = b[at:]
	u := make([]uint16, min(n, int64(len(b)/2)))
	for i := range u {
		u[i] = le.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// narrow reads n characters of the code page of the font at an offset.
func (r *reader) narrow(b []byte, at, n int64) string {
	if at < 0 || at > int64(len(b)) {
		return ""
	}
	return r.page.Decode(b[at:min(at+n, int64(len(b)))])
}
