package ooxml

import (
	"bytes"
	"strconv"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/xmlscan"
)

// attributes says which attribute values of a part are text.
type attributes uint8

const (
	noAttributes   attributes = iota
	someAttributes            // those that people write
	allAttributes             // and all that carry data, as pivot caches do
)

// flow gives the text of WordprocessingML, DrawingML and any other XML: runs are
// joined, other elements end lines.
func (r *reader) flow(b []byte, mode attributes) {
	x := xmlscan.New(b)
	f := flow{shown: document.NewWriter(r.Room()), hidden: document.NewWriter(r.Room()), mode: mode}
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		f.token(x, k)
	}
	if x.Damaged {
		r.Damaged("xml")
	}
	r.text(document.Shown, f.shown)
	r.text(document.Hidden, f.hidden)
}

// flow is the state of one part.
type flow struct {
	shown, hidden *document.Writer
	mode          attributes
	seen          map[string]bool // attribute values given
	verbatim      int             // depth in elements whose blanks count
	aside         int             // depth in elements whose text is hidden
	props         int             // depth in formatting properties
	codes         bool            // in a header or footer of a sheet, with its codes
	margin        bool            // the part is a header or footer: tabs divide lines
	buf           []byte
}

func (f *flow) out() *document.Writer {
	if f.aside > 0 {
		return f.hidden
	}
	return f.shown
}

func (f *flow) token(x *xmlscan.Scanner, k xmlscan.Kind) {
	switch k {
	case xmlscan.Start:
		f.start(x)
	case xmlscan.End:
		f.end(x)
	case xmlscan.Text:
		if f.verbatim == 0 && len(bytes.TrimSpace(x.Bytes())) == 0 {
			return
		}
		f.buf = xmlscan.Append(f.buf[:0], x.Bytes())
		if f.codes {
			f.buf = append(f.buf[:0], headerFooter(f.buf)...)
		}
		f.out().Write(f.buf)
	case xmlscan.CData:
		f.out().Write(x.Bytes())
	case xmlscan.Comment:
		if t := bytes.TrimSpace(x.Bytes()); !bytes.HasPrefix(t, []byte("xml ")) && len(t) > 0 {
			f.hidden.Line()
			f.hidden.Write(t)
			f.hidden.Line()
		}
	}
}

func (f *flow) start(x *xmlscan.Scanner) {
	name := string(x.Local())
	empty := x.Empty()
	switch name {
	case "tab", "ptab":
		switch {
		case f.props > 0:
		case f.margin: // left, middle and right
			f.out().Line()
		default:
			f.out().Write([]byte{'\t'})
		}
	case "br", "cr":
		if f.props == 0 {
			f.out().Line()
		}
	case "noBreakHyphen":
		f.out().Write([]byte{'-'})
	case "sym":
		f.symbol(x)
		return
	}
	if f.mode != noAttributes {
		f.attributes(x, name)
	}
	if empty {
		// Its End follows and must not count.
		x.Next()
		if name == "p" {
			f.out().Line()
		}
		return
	}
	switch {
	case isMargin(name):
		f.codes = true
	case name == "hdr" || name == "ftr":
		f.margin = true
	case isProps(name):
		f.props++
	case isVerbatim(name):
		f.verbatim++
	}
	if isAside(x) {
		f.hidden.Line()
		f.aside++
	} else if name == "txbxContent" {
		f.out().Line()
	}
}

func (f *flow) end(x *xmlscan.Scanner) {
	name := string(x.Local())
	switch {
	case isMargin(name):
		f.codes = false
	case isProps(name):
		f.props = max(f.props-1, 0)
		return
	case isVerbatim(name):
		f.verbatim = max(f.verbatim-1, 0)
	}
	if isAside(x) {
		f.hidden.Line()
		f.aside = max(f.aside-1, 0)
		return
	}
	if f.props > 0 {
		return
	}
	switch {
	case name == "tc":
		f.out().Cell()
	case !isInline(name):
		f.out().Line()
	}
}

// symbol gives a character of a symbol font (ISO/IEC 29500-1 17.3.3.30).
func (f *flow) symbol(x *xmlscan.Scanner) {
	for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
		if string(n) != "char" {
			continue
		}
		if c, err := strconv.ParseUint(string(v), 16, 16); err == nil && c != 0 {
			if c >= 0xf000 && c <= 0xf0ff {
				c -= 0xf000
			}
			f.out().String(string(rune(c)))
		}
	}
}

// isProps reports elements that hold formatting: rPr, pPr, sectPr and all
// others of that form.
func isProps(name string) bool {
	return len(name) > 2 && name[len(name)-2:] == "Pr" || name == "tabs" || name == "tblGrid"
}

// isMargin reports the headers and footers of a sheet.
func isMargin(name string) bool {
	switch name {
	case "oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter":
		return true
	}
	return false
}

// isVerbatim reports elements whose blanks count.
func isVerbatim(name string) bool {
	switch name {
	case "t", "delText", "instrText", "delInstrText":
		return true
	}
	return false
}

// isAside reports elements whose text no one reads on the page.
func isAside(x *xmlscan.Scanner) bool {
	switch string(x.Local()) {
	case "f":
		return string(x.Name()) != "m:f" // a formula, not a fraction
	case "delText", "instrText", "delInstrText", "moveFrom", "Fallback", "formula1", "formula2", "xpath", "script":
		return true
	}
	return false
}

// isInline reports elements that do not end a line.
func isInline(name string) bool {
	switch name {
	case "r", "t", "hyperlink", "ins", "del", "moveTo", "smartTag", "sdt", "sdtContent", "customXml", "fldSimple", "fld", "fldChar",
		"proofErr", "bookmarkStart", "bookmarkEnd", "commentRangeStart", "commentRangeEnd", "commentReference", "footnoteReference",
		"endnoteReference", "lastRenderedPageBreak", "permStart", "permEnd", "softHyphen", "ruby", "rubyBase", "bdo", "dir",
		"AlternateContent", "Choice", "noBreakHyphen", "tab", "sym", "annotationRef", "footnoteRef", "endnoteRef", "subDoc",
		"oMath", "oMathPara", "e", "num", "den", "sub", "sup", "b", "i", "u", "a", "span", "font", "drawing", "pict", "object":
		return true
	}
	return false
}
