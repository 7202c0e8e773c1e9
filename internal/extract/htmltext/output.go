package htmltext

import (
	"bytes"
	"strings"
)

// write appends text to the visible stream; white space collapses to one
// blank, except in pre.
func (x *extractor) write(t []byte) {
	if x.pre > 0 {
		if len(t) > 0 {
			x.pending()
			x.visible.Write(t)
			x.last = t[len(t)-1]
		}
		return
	}
	for len(t) > 0 {
		n := 0
		for n < len(t) && isSpace(t[n]) {
			n++
		}
		if n > 0 {
			x.space = true
			t = t[n:]
			continue
		}
		// A run of words with single blanks is copied whole.
		for n < len(t) {
			if isSpace(t[n]) && (t[n] != ' ' || n+1 == len(t) || isSpace(t[n+1])) {
				break
			}
			n++
		}
		x.pending()
		x.visible.Write(t[:n])
		x.last = t[n-1]
		t = t[n:]
	}
}

// pending writes the blank that stands for white space seen, unless a line or
// cell has just begun.
func (x *extractor) pending() {
	if x.space && x.last != 0 && x.last != '\n' && x.last != '\t' {
		x.visible.WriteByte(' ')
	}
	x.space = false
}

func isSpace(c byte) bool {
	return c <= ' ' && (c == ' ' || c == '\n' || c == '\r' || c == '\t' || c == '\f')
}

// line begins a line, unless one has just begun.
func (x *extractor) line() {
	if x.last != 0 && x.last != '\n' {
		x.newline()
	}
	x.space = false
}

// newline ends the line.
func (x *extractor) newline() {
	x.visible.WriteByte('\n')
	x.last = '\n'
	x.space = false
}

// cell begins a table cell.
func (x *extractor) cell() {
	if x.last != 0 && x.last != '\n' {
		x.visible.WriteByte('\t')
		x.last = '\t'
	}
	x.space = false
}

// hide appends a line to the hidden stream.
func (x *extractor) hide(t []byte) {
	if t = bytes.TrimSpace(t); len(t) > 0 {
		x.hidden.Write(t)
		x.hidden.WriteByte('\n')
	}
}

func (x *extractor) addEmbedded(e []Embedded, more bool) {
	room := max(x.o.MaxEmbedded-len(x.embedded), 0)
	x.more = x.more || more || len(e) > room
	x.embedded = append(x.embedded, e[:min(len(e), room)]...)
}

// beginUnseen notes that the text from here on is hidden by style.
func (x *extractor) beginUnseen() {
	if len(x.unseen) < maxUnseen {
		x.unseen = append(x.unseen, Range{x.visible.Len(), -1})
	}
}

// endUnseen closes an open range, and drops it if it is empty.
func (x *extractor) endUnseen() {
	n := len(x.unseen)
	if n == 0 || x.unseen[n-1].To >= 0 {
		return
	}
	r := &x.unseen[n-1]
	if r.To = x.visible.Len(); strings.TrimSpace(x.visible.String()[r.From:r.To]) == "" {
		x.unseen = x.unseen[:n-1]
	}
}
