// Package doc reads the binary documents of Word (MS-DOC): those of Word 97 and
// later, and those of Word 2, 6 and 95. The text is that of the piece table, with
// footnotes, headers, comments, endnotes and text boxes, and the AutoText of
// templates. Field codes, deleted text, names and texts of drawings come as
// hidden text. An encrypted document is a fact, as Word has no default password;
// properties, macros and embedded objects are the caller's.
package doc

import (
	"encoding/binary"
	"sort"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/officeart"
)

// Is reports a storage that holds a document.
func Is(d *cfb.Dir) bool { return d.Stream("WordDocument") != nil }

// reader is the state of one document.
type reader struct {
	document.Sink
	main, table []byte
	steps       int64 // characters that may still be looked at
	shown       *document.Writer
	hidden      *document.Writer
	fields      []bool // open fields; true while in the instructions of one
	cell        bool   // the character before ended a table cell
	page        charset.Page
	packed      bool   // characters of 16 bits hold one or two bytes of the page
	spans       []span // in order
}

// span is a range of file positions whose text is deleted, or in a code page that
// its font tells.
type span struct {
	from, to int64
	deleted  bool
	page     *charset.Page
}

// Read reads the document in a storage.
func Read(d *cfb.Dir, s document.Sink) {
	read(d, d.Stream("WordDocument").Paid(s, "WordDocument"), s)
	officeart.Pictures(d.Stream("Data").Paid(s, "Data"), s)
}

// ReadFile reads a document of Word 2, which is a file without streams.
func ReadFile(b []byte, s document.Sink) { read(&cfb.Dir{}, b, s) }

func read(d *cfb.Dir, main []byte, s document.Sink) {
	r := &reader{Sink: s, main: main}
	r.shown, r.hidden = document.NewWriter(s.Room()), document.NewWriter(s.Room())
	r.steps = 8*int64(len(r.main)) + 1<<20
	r.open(d)
	if t := r.shown.Done(); t != "" {
		s.Text(document.Shown, t)
	}
	if t := r.hidden.Done(); t != "" {
		s.Text(document.Hidden, t)
	}
}

// Identifiers of the file information block (MS-DOC 2.5.2; Word 6 and 95).
const (
	identWord97 = 0xa5ec
	identWord6  = 0xa5dc
	identWord2  = 0xa5db
)

func (r *reader) open(d *cfb.Dir) {
	le := binary.LittleEndian
	if len(r.main) < 0x44 {
		r.Damaged("file information block")
		return
	}
	flags := le.Uint16(r.main[10:])
	version := le.Uint16(r.main[2:])
	old := version < 0x69 && version > 0 || le.Uint16(r.main) == identWord6 && version < 0xc0
	switch id := le.Uint16(r.main); {
	case id != identWord97 && id != identWord6 && id != identWord2 && id != 0xa697 && id != 0xa698 && id != 0xa699:
		r.Damaged("file information block")
		return
	}
	if !old {
		name := "0Table"
		if flags&0x200 != 0 {
			name = "1Table"
		}
		t := d.Stream(name)
		if t == nil { // the flag may be wrong
			if t = d.Stream("0Table"); t == nil {
				t = d.Stream("1Table")
			}
		}
		if t == nil {
			r.Damaged("table stream")
		}
		r.table = t.Paid(r.Sink, "table stream")
	} else {
		r.table = r.main
	}
	if flags&0x100 != 0 {
		r.Fact(document.Encrypted)
		return
	}
	for i, at := 0, 0; i < 2; i++ { // the document, and the AutoText of a template
		if at+0x44 > len(r.main) {
			break
		}
		if old {
			r.word6(r.main[at:])
		} else {
			r.word97(r.main[at:])
		}
		next := int(le.Uint16(r.main[at+8:])) * 512
		if next <= at {
			break
		}
		at = next
		if at+2 > len(r.main) || le.Uint16(r.main[at:]) != le.Uint16(r.main) {
			break
		}
	}
}

// u32 is the number at an offset, 0 outside.
func u32(b []byte, at int) int64 {
	if at < 0 || at+4 > len(b) {
		return 0
	}
	return int64(binary.LittleEndian.Uint32(b[at:]))
}

// piece is a run of characters (MS-DOC 2.8.35): positions in the document, and
// where in the stream they are.
type piece struct {
	from, to int64 // character positions
	at       int64 // in the stream
	wide     bool  // two bytes a character
}

// Numbers of tables in FibRgFcLcb97 (MS-DOC 2.5.6).
const (
	tabChpx    = 12
	tabBkmk    = 21
	tabAssoc   = 32
	tabClx     = 33
	tabOwners  = 36
	tabDrawing = 50
	tabRMark   = 51
	tabVars    = 60
	tabRoute   = 70
	tabSaved   = 71
)

func (r *reader) word97(fib []byte) {
	csw := int(u32(fib, 0x20) & 0xffff)
	lw := 0x22 + 2*csw
	n := int(u32(fib, lw) & 0xffff)
	rg := lw + 2 + 4*n + 2 // FibRgFcLcb
	lw += 2
	tab := func(i int) []byte {
		at, size := u32(fib, rg+8*i), u32(fib, rg+8*i+4)
		if size == 0 || at >= int64(len(r.table)) {
			return nil
		}
		return r.table[at:min(at+size, int64(len(r.table)))]
	}
	var counts []int64
	for i := 3; i <= 10; i++ {
		counts = append(counts, u32(fib, lw+4*i))
	}
	r.page, _ = charset.CodePage(1252)
	pieces, ok := pieces(tab(tabClx), false)
	if !ok {
		r.Damaged("piece table")
	}
	if len(pieces) == 0 { // no piece table: the text as one
		from, to := u32(fib, 0x18), u32(fib, 0x1c)
		pieces = []piece{{to: max(to-from, 0), at: from}}
		var all int64
		for _, c := range counts {
			all += c
		}
		if to-from >= 2*all && all > 0 {
			pieces[0].to, pieces[0].wide = all, true
		}
	}
	r.spans = r.deletions(tab(tabChpx))
	r.parts(pieces, counts)
	for _, i := range []int{tabBkmk, tabAssoc, tabRMark, tabSaved} {
		for _, s := range sttb(tab(i)) {
			r.hide(s)
		}
	}
	for _, i := range []int{tabOwners, tabVars, tabRoute} {
		for _, s := range officeart.Wide(tab(i), 3) {
			r.hide(s)
		}
	}
	officeart.Texts(tab(tabDrawing), func(art bool, s string) {
		if art {
			r.shown.Line()
			r.shown.String(s)
			r.shown.Line()
		} else {
			r.hide(s)
		}
	})
}

func (r *reader) hide(s string) {
	r.hidden.Line()
	r.hidden.String(s)
	r.hidden.Line()
}

// word6 reads a document of Word 6 or 95, whose tables are in the main stream.
func (r *reader) word6(fib []byte) {
	var counts []int64
	for i := range 8 {
		counts = append(counts, u32(fib, 0x34+4*i))
	}
	r.page = language(int(u32(fib, 6) & 0xffff))
	var ps []piece
	flags := u32(fib, 10)
	wide := flags&0x1000 != 0 // the Far East editions: characters of 16 bits
	if flags&4 != 0 {
		var ok bool
		if ps, ok = pieces(r.table6(fib, 0x160), true); !ok {
			r.Damaged("piece table")
		}
	}
	if len(ps) == 0 {
		from, to := u32(fib, 0x18), u32(fib, 0x1c)
		ps = []piece{{to: max(to-from, 0), at: from}}
		if wide {
			ps[0].to /= 2
		}
	}
	if wide {
		r.farEast(ps)
		r.parts(ps, counts)
		return
	}
	lid := int(u32(fib, 6) & 0xffff)
	pages := fontPages(r.table6(fib, 0xd0))
	if len(pages) > 0 && pages[0] != nil && western(lid) {
		r.page = *pages[0] // what styles begin with
	}
	r.spans = r.fontSpans(r.table6(fib, 0xb8), pages)
	var sample []byte
	look := int64(1 << 18)
	for _, p := range ps {
		if p.at < int64(len(r.main)) && look > 0 {
			end := min(p.at+p.to-p.from, int64(len(r.main)))
			look -= end - p.at + 1
			r.divide(p.at, end, func(b []byte, s span) {
				if s.page == nil {
					sample = append(sample, b...)
				}
			})
		}
	}
	sure := true
	switch {
	case u32(fib, 0x14)&0xffff == 256 || u32(fib, 0x12)&0xff == 1: // written on a Macintosh
		mac, _ := charset.CodePage(10000)
		r.page, sure = charset.Alphabet(sample, mac)
	case western(lid):
		r.page, sure = charset.Alphabet(sample, r.page)
	}
	if !sure {
		r.Skip(budget.UnknownCharset, "text")
	}
	r.parts(ps, counts)
}

// pieces reads a Clx (MS-DOC 2.9.38): property modifiers, then the piece table.
func pieces(b []byte, old bool) (out []piece, ok bool) {
	le := binary.LittleEndian
	for len(b) > 0 && b[0] == 1 {
		if len(b) < 3 {
			return nil, false
		}
		b = b[min(3+int(le.Uint16(b[1:])), len(b)):]
	}
	if len(b) == 0 {
		return nil, true
	}
	if b[0] != 2 || len(b) < 5 {
		return nil, false
	}
	size := u32(b, 1)
	ok = size <= int64(len(b)-5)
	b = b[5:]
	b = b[:min(size, int64(len(b)))]
	n := (len(b) - 4) / 12
	for i := range n {
		p := piece{from: u32(b, 4*i), to: u32(b, 4*i+4)}
		p.at = u32(b, 4*(n+1)+8*i+2)
		switch {
		case old:
		case p.at&0x40000000 != 0:
			p.at = p.at &^ 0xc0000000 / 2
		default:
			p.wide = true
		}
		if p.to < p.from {
			ok = false
			continue
		}
		out = append(out, p)
	}
	return out, ok
}

// parts writes the parts of the document in order: main text, footnotes,
// headers, macros, comments, endnotes, text boxes, text boxes of headers; and
// what the counts leave out.
func (r *reader) parts(ps []piece, counts []int64) {
	var at int64
	for _, c := range counts {
		if c <= 0 || c > 1<<31 {
			continue
		}
		r.write(ps, at, at+c)
		at += c
	}
	r.write(ps, at, 1<<62)
}

// write gives the characters in a range of positions.
func (r *reader) write(ps []piece, from, to int64) {
	r.fields = r.fields[:0]
	r.shown.Line()
	for _, p := range ps {
		a, b := max(p.from, from), min(p.to, to)
		if a >= b {
			continue
		}
		size := int64(1)
		if p.wide {
			size = 2
		}
		at := p.at + (a-p.from)*size
		end := at + (b-a)*size
		if at < 0 || at >= int64(len(r.main)) {
			r.Damaged("text")
			continue
		}
		if end > int64(len(r.main)) {
			if end > int64(len(r.main))+size {
				r.Damaged("text")
			}
			end = int64(len(r.main))
		}
		if r.steps -= end - at; r.steps < 0 || r.shown.Over() && r.hidden.Over() {
			r.Skip(budget.TextLimit, "pieces")
			return
		}
		r.runs(at, end, p.wide)
	}
	r.shown.Line()
	r.hidden.Line()
}

// runs gives a stretch of the stream.
func (r *reader) runs(at, end int64, wide bool) {
	page := r.page
	r.divide(at, end, func(b []byte, s span) {
		if s.page != nil {
			r.page = *s.page
		}
		if s.deleted {
			r.hidden.Line()
		}
		r.chars(b, wide, s.deleted)
		if s.deleted {
			r.hidden.Line()
		}
		r.page = page
	})
}

// divide gives a stretch of the stream, divided where spans begin and end.
func (r *reader) divide(at, end int64, give func([]byte, span)) {
	first := sort.Search(len(r.spans), func(i int) bool { return r.spans[i].to > at })
	for _, s := range r.spans[first:] {
		if s.from >= end {
			break
		}
		if s.from > at {
			give(r.main[at:s.from], span{})
		}
		from, to := max(s.from, at), min(s.to, end)
		give(r.main[from:to], s)
		at = to
	}
	if at < end {
		give(r.main[at:end], span{})
	}
}
