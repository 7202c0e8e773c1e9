package document

import (
	"strings"
	"unicode/utf8"
)

// Writer gathers a text with its line structure: separators are written only
// between texts, the strongest of those that were asked for.
type Writer struct {
	b    []byte
	due  byte // separator due before the next text: 0, ' ', '\t' or '\n'
	max  int
	over bool
}

// NewWriter keeps at most max bytes.
func NewWriter(limit int) *Writer { return &Writer{max: limit} }

// Write adds text.
func (w *Writer) Write(b []byte) {
	if len(b) == 0 || w.over {
		return
	}
	if w.due != 0 && len(w.b) > 0 {
		w.b = append(w.b, w.due)
	}
	w.due = 0
	w.b = append(w.b, b...)
	// One byte more than fits, so that the budget sees and records it.
	if len(w.b) > w.max {
		w.b, w.over = w.b[:w.max+1], true
	}
}

// String adds text.
func (w *Writer) String(s string) { w.Write([]byte(s)) }

// Tab, Line and Space ask for a separator; a line is stronger than a tab, and a
// tab than a space.
func (w *Writer) Tab()   { w.sep('\t') }
func (w *Writer) Line()  { w.sep('\n') }
func (w *Writer) Space() { w.sep(' ') }

// Cell turns a due line into a tab: the paragraph that ended is a table cell's
// last.
func (w *Writer) Cell() {
	if len(w.b) > 0 {
		w.due = '\t'
	}
}

func (w *Writer) sep(c byte) {
	if rank(c) > rank(w.due) {
		w.due = c
	}
}

func rank(c byte) int { return strings.IndexByte("\x00 \t\n", c) }

// Over reports that the limit is met; more is not kept.
func (w *Writer) Over() bool { return w.over }

// Len is how much was written.
func (w *Writer) Len() int { return len(w.b) }

// Done gives the text as valid UTF-8 and starts anew.
func (w *Writer) Done() string {
	b := w.b
	w.b, w.due = nil, 0
	if utf8.Valid(b) {
		return string(b)
	}
	return strings.ToValidUTF8(string(b), "\uFFFD")
}

// From gives what was written since the length was n.
func (w *Writer) From(n int) string { return string(w.b[min(n, len(w.b)):]) }

// EndsWith reports that the text so far ends with s.
func (w *Writer) EndsWith(s string) bool {
	return strings.HasSuffix(string(w.b[max(0, len(w.b)-len(s)):]), s)
}

// Join takes back a due line for a space, to write behind the last text.
func (w *Writer) Join() {
	if len(w.b) > 0 {
		w.due = ' '
	}
}

// Bytes is the text so far; not to be changed.
func (w *Writer) Bytes() []byte { return w.b }

// Left is how much can still be written.
func (w *Writer) Left() int { return max(w.max-len(w.b), 0) }
