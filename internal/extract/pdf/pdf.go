// Package pdf reads PDF documents (ISO 32000-2, and what is older or broken).
//
// Read gives the text of all pages in the order in which it is written, with its
// lines, words and table cells found by position; the text of annotations, forms
// and outlines; scripts, links and alternative descriptions as hidden text;
// document properties and XMP with MSIP labels; embedded files and XFA forms as
// parts of their own. Text is text whatever its colour, render mode or place: what
// a viewer hides is given too.
//
// The cross-reference table is not looked at, so that it cannot mislead: objects
// are found by searching the file, which also reads what is left of a damaged one.
// Documents that open without a password are decrypted.
//
// What is no text is said: glyphs of which nothing tells the character
// (pdf-undecodable-text), pages that are pictures (image-only), content that needs
// a key (encrypted). It draws nothing and recognises no letters in pictures.
package pdf

import (
	"bytes"
	"fmt"
	"strings"
	"unicode/utf8"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
)

const (
	maxPages      = 5000
	fewLetters    = 20  // text of a page below which its pictures count
	stampLetters  = 60  // text that a scanner may write on every picture
	manyStrokes   = 400 // path segments of a page that may be letters drawn
	maxImagePages = 20  // told one by one
	maxAside      = 100_000
	minString     = 6 // characters that are taken for text in what cannot be read
)

// reader reads one document.
type reader struct {
	*file
	in     *interpreter
	out    *document.Writer
	hidden *document.Writer
	seen   map[string]bool // texts given once
	labels document.Labels
	done   map[ref]bool // annotations, fields and pages that were read

	pages, imagePages, textPages int
	stamped                      int // pages of a picture with a little text
	letters                      int
	searched                     int
	quality                      quality
	repeated                     map[ref]bool // nodes of the page tree that were met again
	shown                        map[int]dict // content streams that were shown, with their resources
	glyphs, unknown, runs        int
	drawn                        []string
}

// Read reads a document.
func Read(data []byte, s document.Sink) {
	f := open(data, s)
	r := &reader{
		file: f, out: document.NewWriter(s.Room()), hidden: document.NewWriter(s.Room()),
		seen: map[string]bool{}, done: map[ref]bool{}, shown: map[int]dict{}, repeated: map[ref]bool{},
	}
	r.in = &interpreter{
		f: f, page: &page{once: map[*stream]bool{}}, fonts: map[ref]*font{}, forms: map[*stream]bool{}, asides: r.aside,
	}
	root := r.root()
	r.metadata(root)
	r.readPages(root)
	r.form(root)
	r.outline(root)
	r.objects()
	r.revisions()
	if t := r.out.Done(); t != "" {
		s.Text(document.Shown, t)
	}
	if t := r.hidden.Done(); t != "" {
		s.Text(document.Hidden, t)
	}
	r.verdict()
	r.attachments()
}

// root gives the document catalog.
func (r *reader) root() dict {
	if d := r.dict(r.trailer("Root")); d != nil && (d["Pages"] != nil || d["Type"] == name("Catalog")) {
		return d
	}
	var found dict
	r.each(func(n ref, span []byte) {
		if bytes.Contains(span, []byte("Catalog")) {
			if d := r.dict(n); r.name(d["Type"]) == "Catalog" {
				found = d
			}
		}
	})
	return found
}

// each calls do for every object that counts, with the bytes in which its
// dictionary stands.
func (f *file) each(do func(n ref, span []byte)) {
	for i, e := range f.entries {
		if f.at[e.num] == int32(i) && e.pos <= e.end {
			do(ref(e.num), f.source(e)[e.pos:e.end])
		}
	}
}

// inherited are the attributes that a page takes from the nodes above it.
type inherited struct {
	resources object
	box       object
}

// readPages reads all pages: those of the page tree, then those that are in none.
func (r *reader) readPages(root dict) {
	r.tree(root["Pages"], inherited{}, 0)
	r.each(func(n ref, span []byte) {
		if !r.done[n] && !r.in.over && bytes.Contains(span, []byte("/Page")) && r.name(r.dict(n)["Type"]) == "Page" {
			r.done[n] = true
			r.onePage(r.dict(n), inherited{})
		}
	})
	if r.pages == 0 {
		r.loose()
	} else if n := r.integer(r.dict(root["Pages"])["Count"], 0, maxPages, 0); n > r.pages && len(r.repeated) == 0 {
		r.Damaged("page tree") // pages are missing
	}
}

// tree reads a node of the page tree and what is below it.
func (r *reader) tree(o object, up inherited, depth int) {
	n, isRef := o.(ref)
	d := r.dict(o)
	if isRef && r.done[n] {
		r.repeated[n] = true
		return
	}
	if d == nil || depth > maxNest || r.in.over {
		return
	}
	kids, isNode := r.resolve(d["Kids"]).(array)
	if !isNode {
		if isRef {
			r.done[n] = true
		}
		r.onePage(d, up)
		return
	}
	if isRef {
		r.done[n] = true
	}
	up = up.with(d)
	for _, k := range kids {
		r.tree(k, up, depth+1)
	}
}

func (i inherited) with(d dict) inherited {
	if o := d["Resources"]; o != nil {
		i.resources = o
	}
	if o := d["MediaBox"]; o != nil {
		i.box = o
	}
	return i
}

// onePage reads a page and its annotations.
func (r *reader) onePage(d dict, up inherited) {
	if r.pages++; r.pages > maxPages {
		if r.pages == maxPages+1 {
			r.Skip(budget.Parts, "pages")
		}
		return
	}
	if r.out.Over() || r.Ended() {
		return
	}
	up = up.with(d)
	resources := r.dict(up.resources)
	in, p := r.in, r.in.page
	p.reset(r.out.Left())
	in.start()
	in.run(r.contents(d["Contents"], resources), resources)
	r.endPage(d, resources, r.area(up.box))
}

// contents gives the content of a page; the streams of an array are one.
func (r *reader) contents(o object, resources dict) []byte {
	part := func(o object) []byte {
		s := r.stream(o)
		if s != nil {
			r.shown[s.num] = resources
		}
		return r.decode(s)
	}
	switch o := r.resolve(o).(type) {
	case *stream:
		return part(o)
	case array:
		if len(o) == 1 {
			return part(o[0])
		}
		var all []byte
		for _, e := range o {
			b := part(e)
			if int64(len(all)+len(b)) > maxContent {
				r.Skip(budget.ExpandedPart, "page content")
				break
			}
			all = append(append(all, b...), '\n')
		}
		return all
	}
	return nil
}

// maxContent bounds the content of one page out of several streams.
const maxContent = 32 << 20

// area gives the area of a box; that of A4 without one.
func (r *reader) area(o object) float64 {
	a := r.array(o)
	if len(a) == 4 {
		var v [4]float64
		for i := range v {
			v[i], _ = r.number(a[i])
		}
		if s := (v[2] - v[0]) * (v[3] - v[1]); s > 0 {
			return s
		} else if s < 0 {
			return -s
		}
	}
	return 595 * 842
}

// endPage writes the page in hand.
func (r *reader) endPage(d, resources dict, area float64) {
	in, p := r.in, r.in.page
	for len(in.marks) > 0 {
		in.end()
	}
	r.patterns(resources)
	r.appearances(d)
	text := p.finish()
	letters := len(bytes.TrimSpace(text))
	r.out.Line()
	r.out.Write(text)
	r.out.Line()
	r.quality.read(text)
	r.annotations(d, text)
	r.letters += letters
	r.glyphs += p.glyphs
	r.unknown += p.unknown
	r.runs += p.runs
	if letters >= fewLetters && letters < stampLetters && p.imageArea >= area*9/10 {
		r.stamped++
	}
	switch {
	case letters >= fewLetters:
		r.textPages++
	case p.images > 0 && p.imageArea > area/50:
		r.imagePages++
		r.drawn = append(r.drawn, fmt.Sprintf("page %d", r.pages))
	case p.strokes > manyStrokes:
		r.imagePages++
		r.drawn = append(r.drawn, fmt.Sprintf("page %d, drawn", r.pages))
	}
}

// patterns gives the text of tiling patterns, which pages show as a fill.
func (r *reader) patterns(resources dict) {
	ps := r.dict(resources["Pattern"])
	for _, k := range keys(ps) {
		if s := r.stream(ps[k]); s != nil && !r.in.page.once[s] {
			r.in.page.once[s] = true
			r.in.form(s, resources)
		}
	}
}

// verdict says what of the text could not be read.
func (r *reader) verdict() {
	// A word in glyphs that nothing tells, or more of them than stray signs.
	if r.runs > 0 || r.unknown >= 3 && r.unknown*50 > r.glyphs {
		r.Skip(budget.PDFUndecodableText, fmt.Sprintf("%d of %d glyphs", r.unknown, r.glyphs))
	} else if r.quality.bad() {
		r.Skip(budget.PDFUndecodableText, "letters that are no words")
	}
	if r.imagePages == 0 && r.stamped == 0 {
		return
	}
	// Pages of nothing but a picture and a line, throughout, are a scan with a
	// stamp on it; one of them is the cover of a document.
	if scan := r.stamped + r.imagePages; scan == r.pages && r.letters < scan*stampLetters {
		r.Fact(document.ImageOnly)
		return
	}
	for i, w := range r.drawn {
		if i == maxImagePages {
			r.Skip(budget.ImageOnly, "more pages")
			break
		}
		r.Skip(budget.ImageOnly, w)
	}
}

// aside gives a hidden text once.
func (r *reader) aside(s string) {
	s = strings.TrimSpace(s)
	if s == "" || r.seen[s] {
		return
	}
	if len(r.seen) < maxAside {
		r.seen[s] = true
	}
	r.hidden.String(strings.ToValidUTF8(s, "\uFFFD"))
	r.hidden.Line()
}

// show gives a shown text beside the pages, once.
func (r *reader) show(s string) {
	s = strings.TrimSpace(s)
	if s == "" || r.seen[s] {
		return
	}
	if len(r.seen) < maxAside {
		r.seen[s] = true
	}
	r.out.Line()
	r.out.String(strings.ToValidUTF8(s, "\uFFFD"))
	r.out.Line()
}

// loose reads the content of a document without pages: of what is left of a
// damaged file, every stream that shows text, with all fonts there are.
func (r *reader) loose() {
	fonts := dict{}
	r.each(func(n ref, span []byte) {
		if !bytes.Contains(span, []byte("/Font")) {
			return
		}
		d := r.dict(n)
		if rs := r.dict(d["Resources"]); rs != nil {
			d = rs
		}
		list := r.dict(d["Font"])
		for k, o := range list {
			if fonts[k] == nil {
				fonts[k] = o
			}
		}
	})
	resources := dict{"Font": fonts}
	for i, e := range r.entries {
		s := e.stream
		if s == nil || r.at[e.num] != int32(i) || s.dict["Type"] != nil && s.dict["Type"] != name("XObject") || s.dict["Subtype"] != nil && s.dict["Subtype"] != name("Form") || s.dict["Length1"] != nil {
			continue
		}
		if names, _ := r.filters(s.dict); len(names) > 0 && imageFilter(names[len(names)-1]) {
			continue
		}
		b := r.decode(s)
		if !bytes.Contains(b, []byte("BT")) || !bytes.Contains(b, []byte("T")) || r.in.over || r.Ended() {
			continue
		}
		in := r.in
		in.page.reset(r.out.Left())
		in.start()
		own := r.dict(s.dict["Resources"])
		if own == nil {
			own = resources
		}
		in.run(b, own)
		r.pages++
		r.endPage(nil, nil, 595*842)
	}
	if r.pages == 0 && (r.crypt == nil || r.crypt.key != nil) {
		r.Damaged("pages")
		r.strings()
	}
}

// strings gives what in a file without a page reads as text.
func (r *reader) strings() {
	run := 0
	for i := 0; i <= len(r.b); i++ {
		if i < len(r.b) && (r.b[i] >= 0x20 && r.b[i] != 0x7f || r.b[i] == '\t') {
			continue
		}
		if s := r.b[run:i]; len(s) >= minString && utf8.Valid(s) {
			r.hidden.Write(s)
			r.hidden.Line()
		}
		run = i + 1
	}
}
