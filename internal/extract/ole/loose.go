package ole

import (
	"strings"
	"unicode/utf8"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/officeart"
)

// Lengths from which a run of characters counts as text.
const (
	minNarrow = 6
	minWide   = 5
)

// loose gives the runs of text in bytes of no known format, of ASCII and of
// UTF-16, as hidden text.
func loose(b []byte, s document.Sink) {
	w := document.NewWriter(s.Room())
	from := -1
	for i := 0; i <= len(b); i++ {
		if i < len(b) && (b[i] >= 0x20 && b[i] < 0x7f || b[i] == '\t') {
			if from < 0 {
				from = i
			}
			continue
		}
		if from >= 0 && i-from >= minNarrow {
			w.Line()
			w.Write(b[from:i])
		}
		from = -1
	}
	for _, t := range officeart.Wide(b, minWide) {
		// ASCII read as UTF-16 looks like Chinese: only alphabets count.
		for _, run := range strings.FieldsFunc(t, func(c rune) bool { return c >= 0x600 }) {
			if utf8.RuneCountInString(run) >= minWide {
				w.Line()
				w.String(run)
			}
		}
	}
	if t := w.Done(); t != "" {
		s.Text(document.Hidden, t)
	}
}
