// Package rtf reads Rich Text Format (Microsoft, RTF Specification 1.9.1) and
// HTML or plain text that is encapsulated in it (MS-OXRTFEX). Text of every
// destination is given: what a reader shows in order, with headers, footnotes,
// comments and text boxes where they stand; field codes, deleted text, bookmarks
// and whatever destination it does not know as hidden text. Properties and MSIP
// labels are typed; objects, custom XML and pictures go to the caller.
package rtf

import (
	"strconv"
	"unicode/utf16"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/oleobject"
)

// destination is where text goes.
type destination uint8

const (
	shown destination = iota
	aside             // notes, headers, comments, text boxes: shown, and no part of the text around
	hidden
	skipped
	fontTable
	value  // of a property or name, given to the reader's field when the group ends
	object // hex of an OLE 1.0 object
	data   // hex of a file
	picture
	tag // HTML, see MS-OXRTFEX 2.1.3.1
)

// group is the state that braces save and restore.
type group struct {
	dest    destination
	name    string // of the value in hand
	font    int
	uc      int
	deleted bool
	rtfOnly bool        // \htmlrtf: not part of the encapsulated text
	ignore  bool        // \* was just read
	outer   destination // of what surrounds \upr
}

// maxDepth bounds groups within groups; deeper ones share the state of the last.
const maxDepth = 2048

// reader is the state of one document.
type reader struct {
	document.Sink
	b      []byte
	at     int
	g      group
	stack  []group
	deeper int // groups opened beyond maxDepth

	ansi   int // code page of the document
	page   charset.Page
	pages  map[int]charset.Page // by number
	fonts  map[int]int          // code page by font
	inFont int

	pending []byte   // characters of the code page
	units   []uint16 // characters of \u
	skip    int      // characters to be left out after \u

	deff int // default font

	shown, aside, hidden *document.Writer
	field                []byte // value in hand
	raw                  []byte // binary in hand
	odd                  int    // a hex digit without its second half, or -1
	property             string // name of a user property
	labels               document.Labels

	html   []byte // encapsulated
	wraps  bool   // \fromhtml or \fromtext
	isHTML bool
}

// Read reads a document.
func Read(b []byte, s document.Sink) {
	r := &reader{Sink: s, b: b, g: group{uc: 1, font: -1}, ansi: 1252, fonts: map[int]int{}, pages: map[int]charset.Page{}, odd: -1, inFont: -1}
	r.page = r.codePage(1252)
	r.shown, r.aside, r.hidden = document.NewWriter(s.Room()), document.NewWriter(s.Room()), document.NewWriter(s.Room())
	for r.at < len(r.b) {
		if r.step(); r.shown.Over() && r.hidden.Over() {
			break
		}
	}
	r.flush()
	for r.deeper = 0; len(r.stack) > 0; {
		r.close()
	}
	if t := r.shown.Done(); t != "" {
		s.Text(document.Shown, t)
	}
	if t := r.aside.Done(); t != "" {
		s.Text(document.Shown, t)
	}
	if t := r.hidden.Done(); t != "" {
		s.Text(document.Hidden, t)
	}
	if len(r.html) > 0 {
		s.Embed(document.Embedded{Type: "text/html", Charset: "utf-8", Data: r.html})
	}
	for _, l := range r.labels.List() {
		s.Label(l)
	}
}

// step reads one token.
func (r *reader) step() {
	c := r.b[r.at]
	r.at++
	switch c {
	case '{':
		r.flush()
		r.skip = 0
		r.open()
	case '}':
		r.flush()
		r.skip = 0
		r.close()
	case '\\':
		r.control()
	case '\r', '\n', 0:
	default:
		r.char(c)
	}
}

func (r *reader) open() {
	if len(r.stack) >= maxDepth {
		if r.deeper == 0 {
			r.Skip(budget.Depth, "groups")
		}
		r.deeper++
		return
	}
	r.stack = append(r.stack, r.g)
	r.g.ignore = false
}

func (r *reader) close() {
	if r.deeper > 0 {
		r.deeper--
		return
	}
	if len(r.stack) == 0 {
		return
	}
	was := r.g
	r.g = r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	r.setFont()
	if was.dest != r.g.dest || was.name != r.g.name {
		r.end(was)
	}
}

// end is called where a destination ends.
func (r *reader) end(was group) {
	switch was.dest {
	case value:
		r.value(was.name)
	case object:
		o := oleobject.Old(r.raw)
		r.hide(o.Link)
		if len(o.Data) > 0 {
			r.Embed(document.Embedded{Names: o.Names, Data: o.Data})
		}
		r.raw, r.odd = nil, -1
	case data:
		if len(r.raw) > 0 {
			r.Embed(document.Embedded{Data: r.raw})
		}
		r.raw, r.odd = nil, -1
	case picture:
		if len(r.raw) > 0 {
			r.Embed(document.Embedded{Data: r.raw, Decoration: true})
		}
		r.raw, r.odd = nil, -1
	case hidden:
		r.hidden.Line()
	case aside:
		r.aside.Line()
	}
}

// char takes one character of text.
func (r *reader) char(c byte) {
	if r.skip > 0 {
		r.skip--
		return
	}
	switch r.g.dest {
	case skipped:
		return
	case object, data, picture:
		r.hex(c)
		return
	case fontTable:
		return
	}
	if len(r.units) > 0 {
		r.flush()
	}
	r.pending = append(r.pending, c)
}

// hex takes one digit of binary content; anything else between is no digit.
func (r *reader) hex(c byte) {
	v := unhex(c)
	switch {
	case v < 0:
	case r.odd < 0:
		r.odd = v
	default:
		r.raw = append(r.raw, byte(r.odd<<4|v))
		r.odd = -1
	}
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// flush writes the characters in hand.
func (r *reader) flush() {
	if len(r.pending) > 0 {
		r.write(r.page.Decode(r.pending))
		r.pending = r.pending[:0]
	}
	if len(r.units) > 0 {
		r.write(string(utf16.Decode(r.units)))
		r.units = r.units[:0]
	}
}

// write gives text to where it belongs.
func (r *reader) write(s string) {
	switch r.g.dest {
	case value:
		r.field = append(r.field, s[:min(len(s), max(0, 1<<20-len(r.field)))]...)
		return
	case tag:
		r.html = append(r.html, s...)
		return
	case skipped, fontTable, object, data, picture:
		return
	}
	if r.wraps && r.isHTML && r.g.dest == shown {
		if !r.g.rtfOnly {
			r.html = append(r.html, s...)
		} else if s != " " {
			r.hidden.String(s)
		}
		return
	}
	r.out().String(s)
}

func (r *reader) out() *document.Writer {
	if r.g.dest == hidden || r.g.deleted {
		return r.hidden
	}
	if r.g.dest == aside {
		return r.aside
	}
	return r.shown
}

func (r *reader) hide(s string) {
	if s != "" {
		r.hidden.Line()
		r.hidden.String(s)
		r.hidden.Line()
	}
}

// value gives a value whose group has ended.
func (r *reader) value(name string) {
	v := string(r.field)
	r.field = r.field[:0]
	if v == "" {
		return
	}
	switch {
	case name == "propname":
		r.property = v
	case name == "staticval":
		r.Property(document.Property{Source: "custom", Name: r.property, Value: v})
		r.labels.Take(r.property, v)
	case name == "":
		r.hide(v)
	default:
		source := "core"
		if name == "Company" || name == "Manager" || name == "HyperlinkBase" {
			source = "app"
		}
		r.Property(document.Property{Source: source, Name: name, Value: v})
	}
}

// codePage is a code page by its number.
func (r *reader) codePage(n int) charset.Page {
	p, known := r.pages[n]
	if !known {
		ok := false
		if p, ok = charset.CodePage(n); !ok && n > 3 {
			r.Skip(budget.UnknownCharset, "code page "+strconv.Itoa(n))
		}
		if len(r.pages) < 256 {
			r.pages[n] = p
		}
	}
	return p
}

// setFont chooses the code page of the font in hand.
func (r *reader) setFont() {
	n, known := r.fonts[r.g.font]
	if !known || n == 0 {
		n = r.ansi
	}
	r.page = r.codePage(n)
}
