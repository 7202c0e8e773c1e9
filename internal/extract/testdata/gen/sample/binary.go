package sample

import (
	"encoding/binary"
	"math"
	u16 "unicode/utf16"

	"labelmilter/internal/extract/cfb"
)

var le = binary.LittleEndian

// wideBytes is a text in UTF-16.
func wideBytes(s string) (b []byte) {
	for _, c := range u16.Encode([]rune(s)) {
		b = le.AppendUint16(b, c)
	}
	return b
}

// words are numbers of two bytes.
func words16(ns ...int) (b []byte) {
	for _, n := range ns {
		b = le.AppendUint16(b, uint16(n))
	}
	return b
}

// words32 are numbers of four bytes.
func words32(ns ...int) (b []byte) {
	for _, n := range ns {
		b = le.AppendUint32(b, uint32(n))
	}
	return b
}

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

// propertySets adds the two streams of properties that all binary documents of
// Office share (MS-OLEPS), with an MSIP label.
func (b *builder) propertySets(d *cfb.Dir) {
	const label = "MSIP_Label_11111111-2222-4333-8444-555555555555_"
	d.Add("\x05SummaryInformation", propertyStream(propertySet{"\xe0\x85\x9f\xf2\xf9\x4f\x68\x10\xab\x91\x08\x00\x2b\x27\xb3\xd9", [][2]any{
		{2, b.mark("summary: title")}, {3, b.mark("summary: subject")}, {4, b.mark("summary: author")}, {5, b.mark("summary: keywords")}, {6, b.mark("summary: comments")}}, nil}))
	names := []string{"Case " + b.mark("custom property: name"), label + "Enabled", label + "SiteId", label + "Name", label + "Method"}
	values := []string{b.mark("custom property: value"), "true", "aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee", b.mark("MSIP label property"), "Privileged"}
	var custom [][2]any
	for i, v := range values {
		custom = append(custom, [2]any{i + 2, v})
	}
	d.Add("\x05DocumentSummaryInformation", propertyStream(
		propertySet{"\x02\xd5\xcd\xd5\x9c\x2e\x1b\x10\x93\x97\x08\x00\x2b\x2c\xf9\xae", [][2]any{{2, b.mark("document summary: category")}, {14, b.mark("document summary: manager")}, {15, b.mark("document summary: company")}}, nil},
		propertySet{"\x05\xd5\xcd\xd5\x9c\x2e\x1b\x10\x93\x97\x08\x00\x2b\x2c\xf9\xae", custom, names}))
}

type propertySet struct {
	id    string
	props [][2]any // number, text
	names []string // of the properties from 2 on
}

// propertyStream is a stream of property sets in code page 1252.
func propertyStream(sets ...propertySet) []byte {
	head := join(words16(0xfffe, 0), words32(0x20006), make([]byte, 16), words32(len(sets)))
	at := 28 + 20*len(sets)
	var body []byte
	for _, s := range sets {
		head = append(append(head, s.id...), words32(at+len(body))...)
		var index, values []byte
		n := len(s.props) + 1
		if s.names != nil {
			n++
		}
		add := func(id int, v []byte) {
			index = append(index, words32(id, 8+8*n+len(values))...)
			values = append(values, v...)
			for len(values)%4 != 0 {
				values = append(values, 0)
			}
		}
		if s.names != nil {
			dict := words32(len(s.names))
			for i, name := range s.names {
				dict = join(dict, words32(i+2, len(name)+1), []byte(name+"\x00"))
			}
			add(0, dict)
		}
		add(1, words32(2, 1252))
		for _, p := range s.props {
			v := p[1].(string)
			add(p[0].(int), join(words32(30, len(v)+1), []byte(v+"\x00")))
		}
		body = join(body, words32(8+len(index)+len(values), n), index, values)
	}
	return append(head, body...)
}

// art is a drawing with WordArt, a picture description and a link
// (MS-ODRAW).
func (b *builder) art() []byte {
	var index, data []byte
	for _, p := range []struct {
		id   int
		text string
	}{{0xc0c0, b.mark("WordArt")}, {0xc380, b.mark("name of a shape")}, {0xc381, b.mark("alternative text")}} {
		t := wideBytes(p.text + "\x00")
		index = join(index, words16(p.id), words32(len(t)))
		data = append(data, t...)
	}
	fopt := record16(3<<4|3, 0xf00b, join(index, data))
	return record16(15, 0xf002, record16(15, 0xf003, record16(15, 0xf004, fopt)))
}

// record16 is a record of drawings and presentations.
func record16(verInst, typ int, body []byte) []byte {
	return join(words16(verInst, typ), words32(len(body)), body)
}

// native is an embedded file as the packager keeps it (MS-OLEDS 2.3.6).
func native(name, text string) []byte {
	b := join(words16(2), []byte(name+"\x00C:\\"+name+"\x00"), words16(0, 3), words32(len(name)+1), []byte(name+"\x00"), words32(len(text)), []byte(text))
	return join(words32(len(b)), b)
}

// objects adds embedded files in each of the ways that documents have.
func (b *builder) objects(d *cfb.Dir, inner []byte) {
	pool := &cfb.Dir{Name: "ObjectPool"}
	d.Dirs = append(d.Dirs, pool)
	one := &cfb.Dir{Name: "_1000000001"}
	one.Add("\x01Ole10Native", native("note.txt", "in the packager: "+b.mark("embedded file of the packager")))
	two := &cfb.Dir{Name: "_1000000002"}
	two.Add("Package", inner)
	pool.Dirs = append(pool.Dirs, one, two)
	store := &cfb.Dir{Name: "MsoDataStore"}
	item := &cfb.Dir{Name: "ITEM1"}
	item.Add("Item", []byte("<data><field>"+b.mark("custom XML")+"</field></data>"))
	store.Dirs = append(store.Dirs, item)
	d.Dirs = append(d.Dirs, store)
}

// Doc is a document of Word 97 with a marker in every place.
func Doc() Document {
	b := &builder{base: 7000000}
	split1, split2 := halves(b.mark("text in two pieces"))
	narrow := "OFFICIAL: Sensitive//Legal Privilege\r" + b.mark("paragraph in 8 bits") + "\r" + split1
	wide := split2 + "\r" + b.mark("paragraph in UTF-16") + " \u65e5\u672c\r" +
		"TFN\x07" + b.mark("table cell") + "\x07\x07" +
		"\x13 HYPERLINK \"http://x/" + b.mark("field code") + "\" \x14" + b.mark("field result") + "\x15\r"
	deletedAt := len(narrow) + len([]rune(wide))
	deleted := b.mark("deleted text")
	wide += deleted + "\r"
	parts := []string{"\x02 " + b.mark("footnote") + "\r", b.mark("header") + "\r", "", "\x05" + b.mark("comment") + "\r", b.mark("endnote") + "\r", b.mark("text box") + "\r", b.mark("text box of a header") + "\r"}
	counts := []int{len(narrow) + len([]rune(wide))}
	for _, p := range parts {
		wide += p
		counts = append(counts, len(p))
	}
	main := make([]byte, 1024)
	copy(main, words16(0xa5ec, 0xc1))
	copy(main[10:], words16(0x1200))
	copy(main[0x20:], words16(14))
	copy(main[0x3e:], words16(22))
	copy(main[0x4c:], words32(counts...))
	copy(main[0x98:], words16(0x5d))
	wideAt := len(main) + len(narrow) + len(narrow)%2
	main = append(main, narrow...)
	main = append(main, make([]byte, wideAt-len(main))...)
	main = append(main, wideBytes(wide)...)
	for len(main)%512 != 0 {
		main = append(main, 0)
	}
	// A page of character properties: the deleted text, and what is around it.
	fcDel := wideAt + 2*(deletedAt-len(narrow))
	page := make([]byte, 512)
	copy(page, words32(1024, fcDel, fcDel+2*len(deleted), fcDel+2*len(deleted)+2))
	copy(page[16:], []byte{0, 200, 0})
	copy(page[400:], []byte{3, 0x00, 0x08, 1})
	page[511] = 3
	pageNumber := len(main) / 512
	main = append(main, page...)
	var table []byte
	set := func(i int, data []byte) {
		copy(main[0x9a+8*i:], words32(len(table), len(data)))
		table = append(table, data...)
	}
	all := len(narrow) + len([]rune(wide))
	pieces := join(words32(0, len(narrow), all), words16(0), words32(0x40000000|1024*2), words16(0), words16(0), words32(wideAt), words16(0))
	set(33, join([]byte{2}, words32(len(pieces)), pieces))
	set(12, words32(1024, len(main), pageNumber))
	strs := func(ss ...string) []byte {
		out := words16(0xffff, len(ss), 0)
		for _, s := range ss {
			out = join(out, words16(len(s)), wideBytes(s))
		}
		return out
	}
	set(21, strs(b.mark("bookmark")))
	set(51, strs("Unknown", b.mark("author of a deletion")))
	author := b.mark("author of a comment")
	set(36, join(words16(len(author)), wideBytes(author)))
	set(50, b.art())
	d := &cfb.Dir{}
	d.Add("WordDocument", main)
	d.Add("1Table", table)
	b.propertySets(d)
	b.objects(d, Zip([2]string{"[Content_Types].xml", contentTypes()}, [2]string{"word/document.xml", "<w:document><w:p><w:t>" + b.mark("embedded docx") + "</w:t></w:p></w:document>"}))
	return Document{Name: "places.doc", Type: "application/msword", Data: cfb.Write(d), Places: b.places}
}

// biff is one record of a workbook.
func biff(typ int, parts ...[]byte) []byte {
	body := join(parts...)
	return join(words16(typ, len(body)), body)
}

// xlString is a string of BIFF8 with a count of two bytes.
func xlString(s string) []byte { return join(words16(len(s)), []byte{0}, []byte(s)) }

// Xls is a workbook of Excel 97 with a marker in every place.
func Xls() Document {
	b := &builder{base: 8000000}
	cell := func(typ, row, col int, parts ...[]byte) []byte {
		return biff(typ, words16(row, col, 0), join(parts...))
	}
	number := func(m string) []byte {
		var v float64
		for _, c := range m {
			v = v*10 + float64(c-'0')
		}
		return float64Bytes(v)
	}
	cut1, cut2 := halves(b.mark("shared string cut by a record"))
	shared := b.mark("shared string")
	sst := join(biff(0xfc, words32(3, 3), xlString(shared), xlString(b.mark("orphan shared string")), words16(16), []byte{0}, []byte(cut1)), biff(0x3c, []byte{1}, wideBytes(cut2)))
	book := join(biff(0x809, words16(0x600, 5, 0, 0), words32(0, 6)),
		biff(0x5c, xlString(b.mark("user name"))),
		biff(0x41e, words16(164), xlString(`000\-00\-0000`)),
		biff(0xe0, words16(0, 0), make([]byte, 16)), biff(0xe0, words16(0, 164), make([]byte, 16)), biff(0xe0, words16(0, 14), make([]byte, 16)),
		biff(0x85, words32(0), []byte{0, 0}, []byte{16, 0}, []byte(b.mark("sheet name"))),
		biff(0x85, words32(0), []byte{2, 0}, []byte{1, 0}, []byte("v")),
		biff(0x18, words16(0), []byte{0, 1}, words16(19, 0, 0), []byte{0, 0, 0, 0}, []byte{0, 'n'}, []byte{0x17, 16, 0}, []byte(b.mark("defined name"))),
		biff(0x1ae, words16(1), xlString("\x01"+b.mark("external workbook"))),
		sst, biff(0x0a))
	sheet := join(biff(0x809, words16(0x600, 0x10, 0, 0), words32(0, 6)),
		biff(0x14, xlString("&L"+b.mark("page header")+"&R&P")), biff(0x15, xlString("&C"+b.mark("page footer"))),
		cell(0xfd, 0, 0, words32(0)), cell(0xfd, 0, 1, words32(2)),
		cell(0x204, 1, 0, xlString(b.mark("label"))),
		cell(0x203, 1, 1, number(b.mark("number"))),
		cell(0x06, 2, 0, []byte{0, 0, 0, 0, 0, 0, 0xff, 0xff}, words16(0), words32(0), words16(19), []byte{0x17, 16, 0}, []byte(b.mark("text in a formula"))),
		biff(0x207, xlString(b.mark("result of a formula"))),
		biff(0x203, words16(3, 0, 1), float64Bytes(123456789)), biff(0x203, words16(3, 1, 2), float64Bytes(43159)),
		biff(0xec, b.art()),
		biff(0x1b6, words16(0, 0, 0, 0, 0, 16, 16), words32(0)), biff(0x3c, []byte{0}, []byte(b.mark("text box"))), biff(0x3c, make([]byte, 16)),
		biff(0x1c, words16(0, 0, 0, 1), xlString(b.mark("author of a comment")), []byte{0}),
		biff(0x1b8, words16(0, 0, 0, 0), make([]byte, 16), words32(2, 0x17), wideBytes("http://x/"+b.mark("link")+"\x00")),
		biff(0x0a))
	hidden := join(biff(0x809, words16(0x600, 0x10, 0, 0), words32(0, 6)), biff(0x204, words16(0, 0, 0), xlString(b.mark("very hidden sheet"))), biff(0x0a))
	cache := &cfb.Dir{Name: "_SX_DB_CUR"}
	cache.Add("0001", biff(0xcd, xlString(b.mark("pivot cache"))))
	d := &cfb.Dir{}
	d.Add("Workbook", join(book, sheet, hidden))
	b.propertySets(d)
	d.Dirs = append(d.Dirs, cache)
	inner := &cfb.Dir{Name: "MBD0001"}
	inner.Add("Workbook", join(biff(0x809, words16(0x600, 0x10, 0, 0), words32(0, 6)), biff(0x204, words16(0, 0, 0), xlString(b.mark("embedded workbook"))), biff(0x0a)))
	d.Dirs = append(d.Dirs, inner)
	return Document{Name: "places.xls", Type: "application/vnd.ms-excel", Data: cfb.Write(d), Places: b.places}
}

// XlsLocked is a workbook under a password that nobody knows.
func XlsLocked() []byte {
	d := &cfb.Dir{}
	d.Add("Workbook", join(biff(0x809, words16(0x600, 5, 0, 0), words32(0, 6)), biff(0x2f, words16(1, 1, 1), make([]byte, 48)), biff(0x85, words32(0), make([]byte, 12)), biff(0x0a)))
	return cfb.Write(d)
}

// Ppt is a presentation of PowerPoint 97 with a marker in every place.
func Ppt() Document {
	b := &builder{base: 9000000}
	chars := func(s string) []byte { return record16(0, 0x0fa0, wideBytes(s)) }
	str := func(inst int, s string) []byte { return record16(inst<<4, 0x0fba, wideBytes(s)) }
	box := func(parts ...[]byte) []byte { return record16(15, 0xf00d, join(parts...)) }
	drawing := func(parts ...[]byte) []byte {
		return record16(15, 0x040c, record16(15, 0xf002, record16(15, 0xf003, record16(15, 0xf004, join(parts...)))))
	}
	document := record16(15, 0x03e8, join(
		record16(15, 0x0ff0, join(record16(0, 0x03f3, make([]byte, 20)), chars("OFFICIAL: Sensitive\rTax file number 123 456 782\r"+b.mark("slide title")+"\v"), record16(0, 0x0fa8, []byte(b.mark("outline in 8 bits"))))),
		record16(15, 0x0fd9, join(str(1, b.mark("header")), str(2, b.mark("footer")))),
		record16(15, 0x0409, record16(15, 0x0fd7, join(str(0, "shown"), str(1, "http://x/"+b.mark("link"))))),
	))
	tags := record16(15, 0x1388, join(
		record16(15, 0x138a, join(str(0, "___PPT10"), record16(0, 0x138b, record16(15, 0x2ee0, join(str(0, b.mark("comment author")), str(1, b.mark("comment"))))))),
		record16(15, 0x1389, join(str(0, "A"), str(1, b.mark("tag"))))))
	slide := record16(15, 0x03ee, join(drawing(box(chars(b.mark("text box")))), drawing(b.art()[8:]), tags))
	old := record16(15, 0x03ee, drawing(box(chars(b.mark("slide of an earlier save")))))
	notes := record16(15, 0x03f0, drawing(box(chars(b.mark("notes")))))
	master := record16(15, 0x03f8, drawing(box(chars(b.mark("master")))))
	inner := &cfb.Dir{}
	inner.Add("\x01Ole10Native", native("note.txt", b.mark("embedded file")))
	object := record16(0, 0x1011, cfb.Write(inner))
	var stream, offsets []byte
	for _, r := range [][]byte{document, master, slide, notes, object} {
		offsets = append(offsets, words32(len(stream))...)
		stream = append(stream, r...)
	}
	stream = append(stream, old...)
	directory := len(stream)
	stream = append(stream, record16(0, 0x1772, join(words32(5<<20|1), offsets))...)
	edit := len(stream)
	stream = append(stream, record16(0, 0x0ff5, join(words32(0x100, 0x03000000, 0, directory, 1, 6, 1)))...)
	d := &cfb.Dir{}
	d.Add("PowerPoint Document", stream)
	d.Add("Current User", join(words16(0, 0x0ff6), words32(32, 20, -0x1c6e3fa1, edit), make([]byte, 16)))
	b.propertySets(d)
	return Document{Name: "places.ppt", Type: "application/vnd.ms-powerpoint", Data: cfb.Write(d), Places: b.places}
}

func float64Bytes(v float64) []byte { return le.AppendUint64(nil, math.Float64bits(v)) }
