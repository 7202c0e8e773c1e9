// Package odf reads OpenDocument files (ISO/IEC 26300, OASIS ODF 1.3): text,
// spreadsheet, presentation, drawing and their templates. Every XML part is
// read, also those of objects within the document. Shown text keeps its lines
// and table cells; a number in a cell is given as displayed and in full.
// Deleted text, formulas, links and names come as hidden text. Metadata is
// typed, with MSIP labels among the user-defined fields.
package odf

import (
	"bytes"
	"path"
	"strconv"
	"strings"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/sniff"
	"labelmilter/internal/extract/xmlscan"
)

// Is reports the parts of an OpenDocument package: a manifest, and content or
// the media type of one.
func Is(s document.Source) bool {
	manifest, content := false, false
	for i := range s.Len() {
		switch s.Name(i) {
		case "META-INF/manifest.xml":
			manifest = true
		case "content.xml", "mimetype":
			content = true
		}
	}
	return manifest && content
}

type reader struct {
	document.Sink
}

// Read reads the whole package.
func Read(s document.Source, sink document.Sink) {
	r := &reader{Sink: sink}
	for i := range s.Len() {
		if s.Name(i) == "META-INF/manifest.xml" && r.encrypted(s.Read(i)) {
			r.Fact(document.Encrypted)
			return
		}
	}
	for i := range s.Len() {
		r.part(s, i)
	}
}

// encrypted reports a manifest with encryption data (ODF 1.3-2 3.4); the macros
// that it lists are a fact.
func (r *reader) encrypted(b []byte) bool {
	x := xmlscan.New(xmlscan.UTF8(b))
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		if k == xmlscan.Start && string(x.Local()) == "encryption-data" {
			return true
		}
	}
	return false
}

func (r *reader) part(s document.Source, i int) {
	name := s.Name(i)
	base := path.Base(name)
	switch {
	case strings.HasSuffix(name, "/"), name == "mimetype", name == "META-INF/manifest.xml", base == "layout-cache", strings.HasPrefix(name, "Configurations2/"):
		return
	case name == "META-INF/documentsignatures.xml", name == "META-INF/macrosignatures.xml":
		r.Fact(document.Signed)
		return
	case strings.HasPrefix(name, "Basic/") || strings.HasPrefix(name, "Scripts/"):
		r.Fact(document.Macros)
	}
	b := s.Read(i)
	x := xmlscan.UTF8(b)
	t := bytes.TrimLeft(x[:min(len(x), 256)], " \t\r\n")
	switch {
	case len(b) == 0:
	case len(t) == 0 || t[0] != '<':
		r.Embed(document.Embedded{Names: []string{name}, Data: b, Decoration: decoration(name, b)})
	case base == "meta.xml":
		r.meta(x)
	default:
		r.flow(x)
	}
}

// decoration reports an image that belongs to the document's looks, also that
// of an embedded object.
func decoration(name string, b []byte) bool {
	k := sniff.Of(b)
	switch {
	case strings.HasPrefix(name, "Thumbnails/"):
		return true
	case strings.HasPrefix(name, "ObjectReplacements/"):
		return k != sniff.Unknown
	}
	return k == sniff.Image || k == sniff.Metafile
}

// meta reads meta.xml (ODF 1.3-3 4.3).
func (r *reader) meta(b []byte) {
	x := xmlscan.New(b)
	var name string
	var value []byte
	var labels document.Labels
	depth := 0
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		switch k {
		case xmlscan.Start:
			if depth++; depth != 3 {
				continue
			}
			name, value = string(x.Local()), value[:0]
			for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
				switch {
				case name == "user-defined" && string(n) == "name":
					name = valid(xmlscan.Append(nil, v))
				case string(n) == "href":
					value = append(xmlscan.Append(value, v), ' ')
				}
			}
		case xmlscan.End:
			if depth--; depth == 2 && len(bytes.TrimSpace(value)) > 0 {
				v := strings.TrimSpace(valid(value))
				r.Property(document.Property{Source: "meta", Name: name, Value: v})
				labels.Take(name, v)
			}
		case xmlscan.Text:
			if depth >= 3 {
				value = xmlscan.Append(value, x.Bytes())
			}
		case xmlscan.CData:
			value = append(value, x.Bytes()...)
		}
	}
	for _, l := range labels.List() {
		r.Label(l)
	}
	if x.Damaged {
		r.Damaged("metadata")
	}
}

func valid(b []byte) string { return strings.ToValidUTF8(string(b), "\uFFFD") }

// flow is the state of one part.
type flow struct {
	shown, hidden *document.Writer
	aside         int // depth in deleted text
	margin        int // depth in headers and footers
	text          int // depth in paragraphs
	cell          string
	date          bool // the cell is a date
	cellAt        int  // length of the shown text when the cell began
	seen          map[string]bool
	buf           []byte
}

func (f *flow) out() *document.Writer {
	if f.aside > 0 {
		return f.hidden
	}
	return f.shown
}

// flow gives the text of content, styles, settings and any other part.
func (r *reader) flow(b []byte) {
	x := xmlscan.New(b)
	f := flow{shown: document.NewWriter(r.Room()), hidden: document.NewWriter(r.Room())}
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		switch k {
		case xmlscan.Start:
			f.start(x)
		case xmlscan.End:
			f.end(string(x.Local()))
		case xmlscan.Text:
			f.chars(x.Bytes())
		case xmlscan.CData:
			f.out().Write(x.Bytes())
		case xmlscan.Comment:
			if t := bytes.TrimSpace(x.Bytes()); len(t) > 0 && !bytes.HasPrefix(t, []byte("xml ")) {
				f.hidden.Line()
				f.hidden.Write(t)
				f.hidden.Line()
			}
		}
	}
	if x.Damaged {
		r.Damaged("xml")
	}
	for _, p := range []struct {
		place document.Place
		w     *document.Writer
	}{{document.Shown, f.shown}, {document.Hidden, f.hidden}} {
		if s := p.w.Done(); s != "" {
			r.Text(p.place, s)
		}
	}
}

func (f *flow) chars(raw []byte) {
	if f.text == 0 && len(bytes.TrimSpace(raw)) == 0 {
		return
	}
	f.buf = xmlscan.Append(f.buf[:0], raw)
	f.out().Write(f.buf)
}

func (f *flow) start(x *xmlscan.Scanner) {
	name := string(x.Local())
	switch name {
	case "p", "h":
		if f.text > 0 {
			f.out().Line()
		}
		f.text++
	case "tab":
		if f.margin > 0 { // left, middle and right of a header or footer
			f.out().Line()
		} else {
			f.out().Write([]byte{'\t'})
		}
	case "header", "footer", "header-left", "footer-left", "header-first", "footer-first":
		f.margin++
	case "line-break":
		f.out().Line()
	case "tracked-changes", "deletion":
		f.aside++
		f.hidden.Line()
	case "table-cell", "covered-table-cell":
		f.cell, f.cellAt = "", f.shown.Len()
	case "annotation", "note", "frame", "text-box", "custom-shape":
		if f.text > 0 && name != "frame" {
			f.out().Line()
		}
	}
	spaces := 1
	kind := ""
	for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
		switch string(n) {
		case "c":
			if name == "s" {
				spaces, _ = strconv.Atoi(string(v)) // no number counts as none
			}
		case "value-type":
			kind = string(v)
		case "value", "date-value", "time-value", "string-value", "boolean-value":
			if name == "table-cell" {
				f.cell = valid(xmlscan.Append(nil, v))
			} else {
				f.attribute(v)
			}
		case "formula", "href", "title", "name", "author", "condition", "description", "desc", "help", "script-data", "connection-resource", "source-name", "table-name":
			if string(n) != "name" || name == "user-field-decl" || name == "variable-decl" || name == "bookmark" || name == "section" || name == "table" || name == "config-item" || name == "page" {
				f.attribute(v)
			}
		}
	}
	if name == "s" {
		for range min(max(spaces, 0), 100) {
			f.out().Write([]byte{' '})
		}
	}
	// A currency, number or date in full beside its display.
	if kind == "time" || kind == "boolean" {
		f.cell = ""
	}
	if name == "table-cell" {
		f.date = kind == "date"
	}
}

func (f *flow) end(name string) {
	switch name {
	case "p", "h":
		f.text = max(f.text-1, 0)
		f.out().Line()
	case "header", "footer", "header-left", "footer-left", "header-first", "footer-first":
		f.margin = max(f.margin-1, 0)
		f.out().Line()
	case "tracked-changes", "deletion":
		f.aside = max(f.aside-1, 0)
		f.hidden.Line()
	case "table-cell", "covered-table-cell":
		f.endCell()
	case "table-row":
		f.out().Line()
	case "title", "desc", "annotation", "note", "config-item", "creator", "date", "script", "binary-data":
		f.out().Line()
	}
}

// endCell adds the full value where the displayed text differs.
func (f *flow) endCell() {
	v := f.cell
	if f.date && v != "" && f.shown.Len() > f.cellAt {
		v = whole(v, f.shown.From(f.cellAt))
		f.date = false
	}
	if v != "" {
		if n, err := strconv.ParseFloat(v, 64); err == nil && strings.ContainsAny(v, "eE") && n < 1e30 && n > -1e30 {
			v = strconv.FormatFloat(n, 'f', -1, 64)
		}
		if f.shown.Len() == f.cellAt {
			f.shown.String(v)
		} else if !f.shown.EndsWith(v) {
			f.shown.Join()
			f.shown.String("(" + v + ")")
		}
	}
	f.cell = ""
	f.out().Cell()
}

// whole is an ISO 8601 date as far as the displayed form does not show it.
func whole(date, shown string) string {
	day, clock, _ := strings.Cut(date, "T")
	missing := false
	for _, part := range strings.Split(day, "-") {
		missing = missing || !strings.Contains(shown, part)
	}
	clock, _, _ = strings.Cut(clock, ".")
	switch {
	case strings.Trim(clock, "0:") == "" || strings.Contains(shown, clock):
		clock = ""
	case missing:
		return day + " " + clock
	}
	if missing {
		return day
	}
	return clock
}

// attribute gives a value once per part.
func (f *flow) attribute(v []byte) {
	if len(v) < 3 {
		return
	}
	f.buf = xmlscan.Append(f.buf[:0], v)
	if f.seen[string(f.buf)] {
		return
	}
	if len(f.seen) < 4096 {
		if f.seen == nil {
			f.seen = map[string]bool{}
		}
		f.seen[string(f.buf)] = true
	}
	f.hidden.Line()
	f.hidden.Write(f.buf)
	f.hidden.Line()
}
