package ooxml

import (
	"strconv"
	"strings"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/numfmt"
	"labelmilter/internal/extract/xmlscan"
)

// Limits of a workbook's tables. What is beyond has its number format
// unresolved; text is never lost by them.
const (
	maxStyles  = 70_000 // twice Excel's own limit of cell formats, near enough
	maxStrings = 4_000_000
	// A shared string longer than this is written at its first use only, and
	// all uses together write at most this much again: a small file can refer
	// to one string a million times.
	longString = 256
	maxReuse   = 8 << 20
)

// book is what the sheets of a workbook share.
type book struct {
	date1904 bool
	formats  []*numfmt.Format // by cell style
	data     []byte           // shared strings, one after the other
	ends     []int            // end of each in data
	used     []bool
	reused   int
	parts    map[int]bool // indexes of the parts that were read for this
}

// owns reports a part that was read into the book.
func (b *book) owns(i int) bool { return b != nil && b.parts[i] }

// openBook reads the shared parts of a workbook first, as they may be stored
// behind the sheets that need them.
func (r *reader) openBook(s document.Source, names []string) {
	sheets := false
	for _, n := range names {
		sheets = sheets || strings.HasPrefix(n, "xl/")
	}
	for _, t := range r.types {
		sheets = sheets || strings.Contains(t, "sheet.main") || strings.Contains(t, "worksheet+xml")
	}
	if !sheets {
		return
	}
	r.book = &book{parts: map[int]bool{}}
	for i, n := range names {
		t := r.types[n]
		if !strings.Contains(t, "sharedstrings") && !strings.Contains(t, "styles+xml") && !strings.Contains(t, "sheet.main") && !strings.Contains(t, "main+xml") &&
			!strings.HasSuffix(n, "/sharedstrings.xml") && n != "xl/styles.xml" && n != "xl/workbook.xml" &&
			!strings.HasSuffix(n, "/sharedstrings.bin") && n != "xl/styles.bin" && n != "xl/workbook.bin" {
			continue
		}
		b := xmlscan.UTF8(s.Read(i))
		if !isXML(b) {
			if strings.HasSuffix(n, ".bin") && len(b) > 0 {
				r.book.parts[i] = true
				r.binary(b)
			}
			continue
		}
		r.book.parts[i] = true
		switch rootName(b) {
		case "sst":
			r.book.strings(b)
			r.flowTail(b)
		case "styleSheet":
			r.book.styles(b)
			r.flow(b, noAttributes)
		default:
			r.book.workbook(b)
			r.flow(b, someAttributes)
		}
	}
}

// flowTail reports damage of a table of strings.
func (r *reader) flowTail(b []byte) {
	x := xmlscan.New(b)
	for x.Next() != xmlscan.EOF {
	}
	if x.Damaged {
		r.Damaged("shared strings")
	}
}

// workbook reads the date system (ISO/IEC 29500-1 18.2.28).
func (b *book) workbook(doc []byte) {
	x := xmlscan.New(doc)
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		if k != xmlscan.Start || string(x.Local()) != "workbookPr" {
			continue
		}
		for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
			if string(n) == "date1904" {
				b.date1904 = document.Bool(string(v))
			}
		}
		return
	}
}

// strings reads the shared string table (18.4.9). Phonetic runs follow their
// text, divided by a blank.
func (b *book) strings(doc []byte) {
	x := xmlscan.New(doc)
	in, phonetic := false, false
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		switch k {
		case xmlscan.Start:
			switch string(x.Local()) {
			case "t":
				if in = true; phonetic {
					b.data = append(b.data, ' ')
				}
			case "rPh":
				phonetic = true
			}
		case xmlscan.End:
			switch string(x.Local()) {
			case "t":
				in = false
			case "rPh":
				phonetic = false
			case "si":
				if len(b.ends) < maxStrings {
					b.ends = append(b.ends, len(b.data))
				}
				phonetic = false
			}
		case xmlscan.Text:
			if in {
				b.data = xmlscan.Append(b.data, x.Bytes())
			}
		case xmlscan.CData:
			b.data = append(b.data, x.Bytes()...)
		}
	}
	if n := len(b.ends); n < maxStrings && (n == 0 || b.ends[n-1] < len(b.data)) && len(b.data) > 0 {
		b.ends = append(b.ends, len(b.data)) // the last one is not closed
	}
	b.used = make([]bool, len(b.ends))
}

// shared gives the shared string of an index, nil if there is none or if
// amplification makes it silent.
func (b *book) shared(index string) []byte {
	i, err := strconv.Atoi(index)
	if err != nil {
		return nil
	}
	return b.share(i)
}

func (b *book) share(i int) []byte {
	if b == nil || i < 0 || i >= len(b.used) {
		return nil
	}
	s := b.at(i)
	if b.used[i] {
		if len(s) > longString || b.reused > maxReuse {
			return nil
		}
		b.reused += len(s)
	}
	b.used[i] = true
	return s
}

func (b *book) at(i int) []byte {
	from := 0
	if i > 0 {
		from = b.ends[i-1]
	}
	return b.data[from:b.ends[i]]
}

// orphans gives the shared strings that no cell refers to.
func (r *reader) orphans() {
	if r.book == nil {
		return
	}
	w := document.NewWriter(r.Room())
	for i, u := range r.book.used {
		if !u {
			w.Write(r.book.at(i))
			w.Line()
		}
	}
	r.text(document.Shown, w)
}

// styles reads the number formats and which style uses which (18.8.30, 18.8.45).
func (b *book) styles(doc []byte) {
	x := xmlscan.New(doc)
	codes := map[int]string{}
	parsed := map[int]*numfmt.Format{}
	in := false
	for k := x.Next(); k != xmlscan.EOF; k = x.Next() {
		name := string(x.Local())
		if k == xmlscan.End && name == "cellXfs" {
			in = false
		}
		if k != xmlscan.Start {
			continue
		}
		switch name {
		case "cellXfs":
			in = !x.Empty()
		case "numFmt", "xf":
			if name == "xf" && !in {
				continue
			}
			id, code := 0, ""
			for n, v, ok := x.Attr(); ok; n, v, ok = x.Attr() {
				switch string(n) {
				case "numFmtId":
					id, _ = strconv.Atoi(string(v)) // 0 is General
				case "formatCode":
					code = string(xmlscan.Append(nil, v))
				}
			}
			if name == "numFmt" {
				if len(codes) < maxStyles {
					codes[id] = code
				}
				continue
			}
			if len(b.formats) >= maxStyles {
				return
			}
			f, known := parsed[id]
			if !known {
				c, own := codes[id]
				if !own {
					c = numfmt.Builtin(id)
				}
				f = numfmt.Parse(c)
				parsed[id] = f
			}
			b.formats = append(b.formats, f)
		}
	}
}

// format is the number format of a style, nil if there is none.
func (b *book) format(style int) *numfmt.Format {
	if style < 0 || style >= len(b.formats) {
		return nil
	}
	return b.formats[style]
}
