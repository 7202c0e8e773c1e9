package ooxml

import (
	"bytes"
	"strconv"
	"strings"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/xmlscan"
)

// cell is a cell in hand (ISO/IEC 29500-1 18.3.1.4).
type cell struct {
	typ    string
	style  int
	value  []byte
	inline []byte
	where  byte // element in hand: 'v' value, 't' inline text, 0 none
}

// sheet gives a sheet's rows as lines and its cells divided by tabs; formulas,
// links, validations and comments as hidden text; header and footer as lines.
func (r *reader) sheet(b []byte) {
	x := xmlscan.New(b)
	w := document.NewWriter(r.Room())
	rest := flow{shown: document.NewWriter(r.Room()), hidden: document.NewWriter(r.Room()), mode: someAttributes}
	var c cell
	in, rows, formula := false, false, false
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		switch {
		case k == xmlscan.Start && !in:
			switch string(x.Local()) {
			case "sheetData":
				rows = !x.Empty()
			case "row":
			case "c":
				if !rows {
					break
				}
				in, formula = !x.Empty(), false
				c.open(x)
			default:
				if !rows {
					rest.token(x, k)
				}
			}
		case k == xmlscan.Start:
			switch string(x.Local()) {
			case "v":
				c.where = 'v'
			case "t":
				c.where = 't'
			case "f":
				formula, c.where = true, 0
			case "rPh":
				c.inline = append(c.inline, ' ')
			}
		case k == xmlscan.End && in:
			switch string(x.Local()) {
			case "v", "t":
				c.where = 0
			case "f":
				formula = false
				rest.hidden.Line()
			case "c":
				in = false
				r.cell(w, &c)
			}
		case k == xmlscan.End:
			switch string(x.Local()) {
			case "row":
				w.Line()
			case "sheetData":
				rows = false
			default:
				if !rows {
					rest.token(x, k)
				}
			}
		case in && (k == xmlscan.Text || k == xmlscan.CData):
			raw := x.Bytes()
			switch {
			case formula:
				rest.buf = xmlscan.Append(rest.buf[:0], raw)
				rest.hidden.Write(rest.buf)
			case c.where == 'v':
				c.value = xmlscan.Append(c.value, raw)
			case c.where == 't':
				c.inline = xmlscan.Append(c.inline, raw)
			}
		default:
			rest.token(x, k)
		}
	}
	if x.Damaged {
		r.Damaged("sheet")
	}
	r.text(document.Shown, w)
	r.text(document.Shown, rest.shown)
	r.text(document.Hidden, rest.hidden)
}

func (c *cell) open(x *xmlscan.Scanner) {
	*c = cell{value: c.value[:0], inline: c.inline[:0]}
	for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
		switch string(n) {
		case "t":
			c.typ = string(v)
		case "s":
			c.style, _ = strconv.Atoi(string(v)) // 0 is the default style
		}
	}
}

// cell writes one cell.
func (r *reader) cell(w *document.Writer, c *cell) {
	switch c.typ {
	case "s":
		w.Write(r.book.shared(strings.TrimSpace(string(c.value))))
	case "b":
		w.String(boolean(string(c.value)))
	case "str", "e", "inlineStr", "d":
		w.Write(c.value)
	default:
		r.number(w, c.style, string(bytes.TrimSpace(c.value)))
	}
	if len(c.inline) > 0 {
		w.Write(c.inline)
	}
	w.Tab()
}

// boolean is a truth value as displayed.
func boolean(v string) string {
	switch strings.TrimSpace(v) {
	case "0", "false":
		return "FALSE"
	case "1", "true":
		return "TRUE"
	}
	return ""
}

// number writes a number as displayed, and in full where that differs: all its
// digits, or date and time of day in the form of ISO 8601. The serial number of
// a date is not text.
func (r *reader) number(w *document.Writer, style int, raw string) {
	if raw == "" {
		return
	}
	v, err := strconv.ParseFloat(raw, 64)
	if err != nil {
		w.String(raw)
		return
	}
	w.String(r.book.format(style).Cell(raw, v, r.book.date1904))
}
