// Package xls reads the binary workbooks of Excel (MS-XLS): BIFF8 of Excel 97
// and later, BIFF5 and 7 of Excel 5 and 95, and the single sheets of BIFF2 to 4.
// Rows stay lines and cells are divided by tabs; numbers and dates are given as
// the sheet displays them and numbers in full besides. Names, formulas, external
// references and caches come as hidden text; Excel 4 macro sheets are macros.
package xls

import (
	"encoding/binary"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/numfmt"
	"labelmilter/internal/extract/officeart"
)

// Is reports a storage that holds a workbook.
func Is(d *cfb.Dir) bool { return d.Stream("Workbook") != nil || d.Stream("Book") != nil }

// Read reads the workbook in a storage: that of Excel 97 and that of Excel 5,
// where a file holds both.
func Read(d *cfb.Dir, s document.Sink) {
	for _, n := range []string{"Workbook", "Book"} {
		if st := d.Stream(n); st != nil {
			ReadStream(st.Paid(s, n), s)
		}
	}
	// Caches of pivot tables are streams of the same records.
	if c := d.Dir("_SX_DB_CUR"); c != nil {
		for _, st := range c.Streams {
			ReadStream(st.Paid(s, "pivot cache"), s)
		}
	}
}

// Limits of a workbook's tables. What is beyond has its number format
// unresolved; text is never lost by them.
const (
	maxStyles  = 70_000
	maxStrings = 4_000_000
	// A shared string longer than this is written at its first use only, and
	// all uses together write at most this much again.
	longString = 256
	maxReuse   = 8 << 20
)

// book is the state of one workbook.
type book struct {
	document.Sink
	biff     int // 2, 3, 4, 5 or 8
	page     charset.Page
	date1904 bool

	codes   map[int]string // number formats by number
	serial  int            // of formats without a number, BIFF2 and 3
	xfs     []int          // number format by cell style
	parsed  map[int]*numfmt.Format
	strings []string
	used    []bool
	reused  int
	macros  bool

	row    int
	cells  *document.Writer
	rest   *document.Writer // notes, text boxes, headers
	hidden *document.Writer
	art    []byte // drawing in hand
	chart  bool   // in a chart
	open   bool   // what was encrypted is not any more
	stop   bool
}

// ReadStream reads a stream of records.
func ReadStream(b []byte, s document.Sink) {
	k := &book{Sink: s, biff: 8, codes: map[int]string{}, parsed: map[int]*numfmt.Format{}, row: -1}
	k.page, _ = charset.CodePage(1252)
	k.cells, k.rest, k.hidden = document.NewWriter(s.Room()), document.NewWriter(s.Room()), document.NewWriter(s.Room())
	k.records(k.decrypt(b))
	k.drawing()
	k.orphans()
	k.flush()
}

// flush gives what was gathered.
func (k *book) flush() {
	for _, w := range []struct {
		p document.Place
		w *document.Writer
	}{{document.Shown, k.cells}, {document.Shown, k.rest}, {document.Hidden, k.hidden}} {
		if t := w.w.Done(); t != "" {
			k.Text(w.p, t)
		}
	}
}

// record is one record with what continues it.
type record struct {
	typ  uint16
	data []byte
	more [][]byte // of CONTINUE
}

// records reads all records in order.
func (k *book) records(b []byte) {
	le := binary.LittleEndian
	for len(b) >= 4 && !k.stop {
		typ, n := le.Uint16(b), int(le.Uint16(b[2:]))
		if typ == 0 && n == 0 {
			// Padding at the end, or a hole: look on.
			b = b[4:]
			continue
		}
		if n > len(b)-4 {
			if typ != 0 {
				k.Damaged("records")
			}
			n = len(b) - 4
		}
		r := record{typ: typ, data: b[4 : 4+n]}
		b = b[4+n:]
		for len(b) >= 4 && le.Uint16(b) == recContinue && typ != recContinue {
			n := min(int(le.Uint16(b[2:])), len(b)-4)
			r.more = append(r.more, b[4:4+n])
			b = b[4+n:]
		}
		k.record(r)
		if k.cells.Over() && k.rest.Over() {
			break
		}
	}
}

// Types of records (MS-XLS 2.3; those below 0x200 without a number of the
// version are the same in all).
const (
	recInteger2    = 0x02
	recNumber2     = 0x03
	recLabel2      = 0x04
	recFormula     = 0x06
	recString2     = 0x07
	recBOF         = 0x09
	recEOF         = 0x0a
	recHeader      = 0x14
	recFooter      = 0x15
	recExternSheet = 0x17
	recName        = 0x18
	recNote        = 0x1c
	recFormat2     = 0x1e
	recDateMode    = 0x22
	recExternName  = 0x23
	recFilePass    = 0x2f
	recContinue    = 0x3c
	recCodePage    = 0x42
	recXF2         = 0x43
	recWriteAccess = 0x5c
	recCRN         = 0x5a
	recBoundSheet  = 0x85
	recMulRK       = 0xbd
	recSXString    = 0xcd
	recRString     = 0xd6
	recXF          = 0xe0
	recDrawing     = 0xec
	recDrawingAll  = 0xeb
	recSST         = 0xfc
	recLabelSST    = 0xfd
	recTXO         = 0x1b6
	recSupBook     = 0x1ae
	recLink        = 0x1b8
	recDV          = 0x1be
	recNumber      = 0x203
	recLabel       = 0x204
	recString      = 0x207
	recXF3         = 0x243
	recRK          = 0x27e
	recFormat      = 0x41e
	recXF4         = 0x443
	recTip         = 0x800
	recHeaders     = 0x89c
	recChartText   = 0x100d
)

func (k *book) record(r record) {
	le := binary.LittleEndian
	d := r.data
	switch r.typ {
	case recBOF, 0x209, 0x409, 0x809:
		k.begin(r)
	case recFilePass:
		if !k.open {
			k.Fact(document.Encrypted)
			k.stop = true
		}
	case recCodePage:
		if len(d) >= 2 && k.biff < 8 {
			k.page, _ = charset.CodePage(codePage(int(le.Uint16(d))))
		}
	case recDateMode:
		k.date1904 = len(d) >= 2 && le.Uint16(d) == 1
	case recBoundSheet:
		k.boundSheet(d)
	case recFormat, recFormat2:
		k.format(r)
	case recXF, recXF2, recXF3, recXF4:
		k.xf(r)
	case recSST:
		k.sst(r)
	case recLabelSST, recLabel, recLabel2, recRString, recNumber, recNumber2, recInteger2, recRK, recMulRK, recFormula, 0x206, 0x406, recString, recString2:
		k.cellRecord(r)
	case recNote:
		k.note(d)
	case recTXO:
		k.textBox(r)
	case recHeader, recFooter:
		if len(d) > 0 {
			k.put(k.rest, headerText(k.short(r, d, k.biff == 8)))
		}
	case recHeaders:
		k.headers(d)
	case recDrawing, recDrawingAll:
		if r.typ == recDrawingAll {
			k.drawing()
		}
		k.art = append(k.art, d...)
		for _, m := range r.more {
			k.art = append(k.art, m...)
		}
	case recEOF:
		k.drawing()
		k.chart = false
	case recChartText:
		if len(d) > 3 {
			k.put(k.rest, k.unicode(d[3:], int(d[2])))
		}
	case recSXString:
		if len(d) > 3 {
			k.put(k.hidden, k.unicode(d[2:], int(le.Uint16(d))))
		}
	case recName, 0x218, recSupBook, recExternName, recExternSheet, recLink, recTip, recDV, recCRN, recWriteAccess:
		k.loose(r)
	}
}

// begin starts a stream of records of one sheet.
func (k *book) begin(r record) {
	le := binary.LittleEndian
	k.row = -1
	k.cells.Line()
	k.rest.Line()
	switch r.typ {
	case recBOF:
		k.biff = 2
	case 0x209:
		k.biff = 3
	case 0x409:
		k.biff = 4
	default:
		k.biff = 8
		if len(r.data) >= 2 && le.Uint16(r.data) < 0x600 && r.data[1] != 0 {
			k.biff = 5
		}
	}
	if len(r.data) >= 4 {
		switch le.Uint16(r.data[2:]) {
		case 0x20:
			k.chart = true
		case 0x40:
			k.macro()
		}
	}
}

func (k *book) macro() {
	if !k.macros {
		k.macros = true
		k.Fact(document.Macros)
	}
}

// put writes one text as a line.
func (k *book) put(w *document.Writer, s string) {
	if s = strings.TrimSpace(s); s == "" {
		return
	}
	w.Line()
	w.String(s)
	w.Line()
}

// drawing gives the texts of the shapes of a sheet, whose drawing is divided
// among records.
func (k *book) drawing() {
	officeart.Texts(k.art, func(art bool, s string) {
		if art {
			k.put(k.rest, s)
		} else {
			k.put(k.hidden, s)
		}
	})
	k.art = k.art[:0]
}

// boundSheet reads the name of a sheet and what it is (MS-XLS 2.4.28).
func (k *book) boundSheet(d []byte) {
	if len(d) < 8 {
		return
	}
	if d[5] == 1 {
		k.macro()
	}
	name := ""
	if k.biff == 8 {
		name = k.unicode(d[7:], int(d[6]))
	} else {
		name = k.page.Decode(d[7:min(7+int(d[6]), len(d))])
	}
	k.put(k.cells, name)
}

// codePage is the number of a code page as Excel writes it.
func codePage(n int) int {
	switch n {
	case 0x8000:
		return 10000
	case 0x8001, 1200: // that strings are UTF-16 is for the flags of BIFF8 to say
		return 1252
	}
	return n
}

// format reads a number format (MS-XLS 2.4.126).
func (k *book) format(r record) {
	if len(k.codes) >= maxStyles {
		return
	}
	d := r.data
	id := k.serial
	k.serial++
	if k.biff >= 5 {
		if len(d) < 2 {
			return
		}
		id = int(binary.LittleEndian.Uint16(d))
	}
	if k.biff >= 4 {
		d = d[min(2, len(d)):]
	}
	if k.biff == 8 {
		k.codes[id] = k.long(r, d)
	} else if len(d) > 0 {
		k.codes[id] = k.page.Decode(d[1:min(1+int(d[0]), len(d))])
	}
}

// xf reads which number format a cell style has (MS-XLS 2.4.353).
func (k *book) xf(r record) {
	d := r.data
	if len(k.xfs) >= maxStyles || len(d) < 4 {
		return
	}
	id := 0
	switch r.typ {
	case recXF:
		id = int(binary.LittleEndian.Uint16(d[2:]))
	case recXF2:
		id = int(d[2] & 0x3f)
	default:
		id = int(d[1])
	}
	k.xfs = append(k.xfs, id)
}

// style is the number format of a cell style, nil if there is none.
func (k *book) style(xf int) *numfmt.Format {
	if xf < 0 || xf >= len(k.xfs) {
		return nil
	}
	id := k.xfs[xf]
	f, known := k.parsed[id]
	if !known {
		code, own := k.codes[id]
		if !own {
			if k.biff < 5 {
				return nil // by number of the record only
			}
			code = numfmt.Builtin(id)
		}
		f = numfmt.Parse(code)
		k.parsed[id] = f
	}
	return f
}

// orphans gives shared strings that no cell refers to.
func (k *book) orphans() {
	for i, u := range k.used {
		if !u {
			k.put(k.cells, k.strings[i])
		}
	}
	if len(k.strings) >= maxStrings {
		k.Skip(budget.TextLimit, "shared strings")
	}
}
