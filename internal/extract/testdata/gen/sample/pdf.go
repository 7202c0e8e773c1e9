package sample

import (
	"bytes"
	"compress/zlib"
	"fmt"
	"strings"
)

// PDF is a document of the given objects: the first is the catalog, number 1.
// Its cross-reference table is left out; more goes into the trailer.
func PDF(more string, objects ...string) []byte {
	var b strings.Builder
	b.WriteString("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
	for i, o := range objects {
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	fmt.Fprintf(&b, "trailer\n<</Root 1 0 R /Size %d %s>>\nstartxref\n0\n%%%%EOF\n", len(objects)+1, more)
	return []byte(b.String())
}

// Stream is a stream object with more in its dictionary.
func Stream(more, data string) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", more, len(data), data)
}

// PDFText is a document of one page with the lines in Helvetica.
func PDFText(lines ...string) []byte {
	var c strings.Builder
	c.WriteString("BT /F1 11 Tf 14 TL 72 770 Td\n")
	for _, l := range lines {
		fmt.Fprintf(&c, "(%s) Tj T*\n", strings.NewReplacer(`\`, `\\`, "(", `\(`, ")", `\)`).Replace(l))
	}
	c.WriteString("ET")
	return PDF("", "<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R] /Count 1>>",
		"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <</Font <</F1 4 0 R>>>> /Contents 5 0 R>>",
		"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>", Stream("", c.String()))
}

// onePage is a document of one page with the content, its resources and further
// objects, which are from 5 on.
func onePage(trailer, resources, content string, more ...string) []byte {
	return PDF(trailer, append([]string{"<</Type /Catalog /Pages 2 0 R>>", "<</Type /Pages /Kids [3 0 R] /Count 1>>",
		"<</Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources <<" + resources + ">> /Contents 4 0 R>>", Stream("", content)}, more...)...)
}

// PDFScan is a document as scanners make it: a page that is a picture.
func PDFScan() []byte {
	rows := strings.Repeat(strings.Repeat("\xff", 106)+strings.Repeat("\xf0\x3c\xff", 35)+"\xff", 50)
	return onePage("/Info <</Producer (Office scanner)>>", "/XObject <</Im 5 0 R>>", "q 595 0 0 842 0 0 cm /Im Do Q",
		Deflated("/Type /XObject /Subtype /Image /Width 848 /Height 100 /BitsPerComponent 1 /ColorSpace /DeviceGray", rows))
}

// PDFUnknown is a document of a line that can be read and one in a font of which
// nothing tells what its glyphs are.
func PDFUnknown() []byte {
	return onePage("", "/Font <</F1 5 0 R /F2 6 0 R>>", "BT /F1 12 Tf 72 700 Td (The list of card numbers follows.) Tj 0 -20 Td /F2 12 Tf <0102030405060708090A0B0C0D0E0F10> Tj ET",
		"<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>",
		"<</Type /Font /Subtype /Type1 /BaseFont /AAAAAA+Own /FirstChar 1 /LastChar 16 /Widths ["+strings.Repeat("500 ", 16)+"] /Encoding <</Differences [1 "+strings.Repeat("/q1 /q2 /q3 /q4 ", 4)+"]>>>>")
}

// PDFLabelled is a document with a sensitivity label in its information dictionary.
func PDFLabelled() []byte {
	const label = "/MSIP_Label_11111111-2222-4333-8444-555555555555_"
	return onePage("/Info <</Title (Plan) "+label+"Enabled (true) "+label+"SiteId (aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee) "+label+"Method (Privileged) "+label+"Name (protected)>>",
		"/Font <</F1 5 0 R>>", "BT /F1 12 Tf 72 700 Td (The plan for next year.) Tj ET", "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica>>")
}

// Deflated is a stream object with Flate.
func Deflated(more, data string) string {
	var b bytes.Buffer
	w := zlib.NewWriter(&b)
	if _, err := w.Write([]byte(data)); err != nil {
		panic(err) // to a buffer: cannot be
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return Stream(more+" /Filter /FlateDecode", b.String())
}

// utf16Hex is a text string in UTF-16 (ISO 32000-2 7.9.2.2), in hexadecimal;
// s is ASCII.
func utf16Hex(s string) string {
	var b strings.Builder
	b.WriteString("<FEFF")
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%04X", c)
	}
	return b.String() + ">"
}

// shifted is a string in a font whose codes are 1 above ASCII, of two bytes, in
// hexadecimal; only ToUnicode tells.
func shifted(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%04X", int(c)+1)
	}
	return "<" + b.String() + ">"
}

// Pdf is a PDF with a marker in every place.
func Pdf() Document {
	b := &builder{base: 7000000}
	var objects []string
	add := func(o string) int { objects = append(objects, o); return len(objects) }
	at := func(i int, o string) { objects[i-1] = o }
	ref := func(i int) string { return fmt.Sprintf("%d 0 R", i) }
	catalog, tree, page, annots := add(""), add(""), add(""), ""
	annot := func(s string) { annots += ref(add("<</Type /Annot /Rect [0 0 9 9] "+s+">>")) + " " }

	helv := add("<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>")
	var differences strings.Builder // codes 1 to 10 are the digits, by name
	for _, n := range strings.Fields("zero one two three four five six seven eight nine") {
		differences.WriteString(" /" + n)
	}
	byName := add("<</Type /Font /Subtype /Type1 /BaseFont /ABCDEF+Own /FirstChar 1 /LastChar 10 /Widths [556 556 556 556 556 556 556 556 556 556] /Encoding <</Differences [1" + differences.String() + "]>>>>")
	names := func(s string) string {
		var h strings.Builder
		for _, c := range []byte(s) {
			fmt.Fprintf(&h, "%02X", c-'0'+1)
		}
		return "<" + h.String() + ">"
	}
	cidFont := add("<</Type /Font /Subtype /CIDFontType2 /BaseFont /Own /CIDSystemInfo <</Registry (Adobe) /Ordering (Identity) /Supplement 0>> /DW 556>>")
	toUnicode := add(Deflated("", "begincmap 1 begincodespacerange <0000> <FFFF> endcodespacerange 1 beginbfrange <0031> <003A> <0030> endbfrange endcmap"))
	composite := add("<</Type /Font /Subtype /Type0 /BaseFont /Own /Encoding /Identity-H /DescendantFonts [" + ref(cidFont) + "] /ToUnicode " + ref(toUnicode) + ">>")
	glyphs := add(Stream("/Resources <</Font <</F1 "+ref(helv)+">>>>", "1000 0 d0 BT /F1 1 Tf ("+b.mark("glyph of a Type 3 font")+") Tj ET"))
	type3 := add("<</Type /Font /Subtype /Type3 /FontMatrix [1 0 0 1 0 0] /FirstChar 97 /LastChar 97 /Widths [1] /CharProcs <</own " + ref(glyphs) + ">> /Encoding <</Differences [97 /own]>> /Resources <</Font <</F1 " + ref(helv) + ">>>>>>")

	show := func(s string) string { return "BT /F1 9 Tf ET BT 40 700 Td (" + s + ") Tj ET" }
	fonts := "/Font <</F1 " + ref(helv) + " /F2 " + ref(byName) + " /F3 " + ref(composite) + " /F4 " + ref(type3) + ">>"
	form := add(Deflated("/Type /XObject /Subtype /Form /BBox [0 0 9 9] /Resources <<"+fonts+">>", show(b.mark("form XObject"))))
	pattern := add(Stream("/Type /Pattern /PatternType 1 /Resources <<"+fonts+">>", show(b.mark("tiling pattern"))))
	mask := add(Stream("/Type /XObject /Subtype /Form /Resources <<"+fonts+">>", show(b.mark("soft mask"))))
	split1, split2 := halves(b.mark("text in pieces"))
	moved1, moved2 := halves(b.mark("text in two operators"))
	line := 800
	text := func(s string) string { line -= 12; return fmt.Sprintf("BT /F1 9 Tf 40 %d Td %s ET\n", line, s) }
	content := text("("+b.mark("text")+") Tj") +
		text("[("+split1+") -20 ("+split2+")] TJ") +
		text("("+moved1+") Tj "+fmt.Sprintf("%g", float64(len(moved1))*0.556*9)+" 0 Td ("+moved2+") Tj") +
		text("<"+fmt.Sprintf("%X", b.mark("hexadecimal string"))+"> Tj") +
		text("3 Tr ("+b.mark("invisible text")+") Tj 0 Tr") +
		text("1 g ("+b.mark("white text")+") Tj 0 g") +
		text("-9000 9000 Td ("+b.mark("text off the page")+") Tj") +
		text("0.01 0 0 0.01 40 40 Tm ("+b.mark("tiny text")+") Tj") +
		text("0 1 -1 0 300 40 Tm ("+b.mark("text from bottom to top")+") Tj") +
		text("/F2 9 Tf "+names(b.mark("font encoded by glyph names"))+" Tj") +
		text("/F3 9 Tf "+shifted(b.mark("font known by ToUnicode"))+" Tj") +
		text("/F4 9 Tf (a) Tj") +
		text("/Span <</ActualText "+utf16Hex(b.mark("replacement text"))+">> BDC (other) Tj EMC") +
		text("/OC /Layer BDC ("+b.mark("layer that is off")+") Tj EMC") +
		"/X Do /GS gs /Pattern cs /P scn\n"
	first, second := content[:len(content)/2], content[len(content)/2:]
	body1, body2 := add(Deflated("", first[:strings.LastIndexByte(first, '\n')])), add(Stream("", first[strings.LastIndexByte(first, '\n'):]+second))
	layer := add("<</Type /OCG /Name (" + b.mark("name of a layer") + ")>>")

	looks := add(Stream("/Subtype /Form /Resources <<"+fonts+">>", show(b.mark("appearance of an annotation"))))
	annot("/Subtype /Text /T (" + b.mark("author of a comment") + ") /Subj (" + b.mark("subject of a comment") + ") /Contents (" + b.mark("comment") + ") /RC (<body><p>" + b.mark("rich text of a comment") + "</p></body>)")
	annot("/Subtype /FreeText /AP <</N " + ref(looks) + ">>")
	annot("/Subtype /Link /A <</S /URI /URI (http://example.com/" + b.mark("link target") + ")>>")
	annot("/Subtype /Link /A <</S /GoToR /F (" + b.mark("file of a link") + ")>>")
	field := add("<</FT /Tx /T (" + b.mark("field name") + ") /TU (" + b.mark("field description") + ") /V (" + b.mark("field value") + ") /DV " + utf16Hex(b.mark("default value of a field")) + ">>")
	choice := add("<</FT /Ch /T (list) /Opt [(" + b.mark("choice of a list") + ") [(x) (" + b.mark("named choice of a list") + ")]]>>")
	xfa := add(Deflated("", `<xdp:xdp xmlns:xdp="x"><xfa:datasets xmlns:xfa="y"><xfa:data><tfn>`+b.mark("XFA data")+`</tfn></xfa:data></xfa:datasets>`))
	xfaEnd := add(Stream("", "</xdp:xdp>"))
	outline := add("<</First " + ref(len(objects)+2) + ">>")
	add("<</Title " + utf16Hex(b.mark("bookmark")) + " /Parent " + ref(outline) + ">>")
	structure := add("<</Type /StructElem /S /Figure /Alt (" + b.mark("alternative description") + ") /E (" + b.mark("expansion of an abbreviation") + ")>>")
	script := add(Deflated("", "app.alert('"+b.mark("script in a stream")+"')"))
	inner := Zip([2]string{"[Content_Types].xml", "<Types/>"}, [2]string{"word/document.xml", "<w:document><w:body><w:p><w:r><w:t>" + b.mark("document in an embedded file") + "</w:t></w:r></w:p></w:body></w:document>"})
	file := add(Deflated("/Type /EmbeddedFile /Subtype /application#2Foctet-stream", string(inner)))
	spec := add("<</Type /Filespec /F (a.docx) /UF " + utf16Hex("a.docx") + " /Desc (" + b.mark("description of an embedded file") + ") /EF <</F " + ref(file) + ">>>>")
	note := add(Stream("/Type /EmbeddedFile", b.mark("file attached to an annotation")))
	annot("/Subtype /FileAttachment /FS <</F (note.txt) /EF <</F " + ref(note) + ">>>>")
	const label = "MSIP_Label_11111111-2222-4333-8444-555555555555_"
	xmp := add(Stream("/Type /Metadata /Subtype /XML", `<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:pdfx="http://ns.adobe.com/pdfx/1.3/" pdfx:Case="`+
		b.mark("XMP attribute")+`"><dc:title><rdf:Alt><rdf:li xml:lang="x-default">`+b.mark("XMP title")+`</rdf:li></rdf:Alt></dc:title><pdfx:`+label+`Name>`+b.mark("MSIP label in XMP")+`</pdfx:`+label+`Name></rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>`))
	info := add("<</Title (" + b.mark("title") + ") /Author " + utf16Hex(b.mark("author")) + " /Keywords (" + b.mark("keywords") + ") /Case#20number (" + b.mark("custom property") + ") /" + label + "Enabled (true) /" + label + "SiteId (aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee) /" + label + "Method (Privileged)>>")
	orphan := b.mark("page that no page tree has")
	orphanBody := add(Stream("", show(orphan)))
	packedPage := fmt.Sprintf("<</Type /Page /Resources <<%s>> /Contents %s>>", fonts, ref(orphanBody))
	add(Deflated(fmt.Sprintf("/Type /ObjStm /N 1 /First %d", len("9000 0 ")), "9000 0 "+packedPage))

	at(catalog, "<</Type /Catalog /Pages "+ref(tree)+" /Outlines "+ref(outline)+" /Metadata "+ref(xmp)+" /StructTreeRoot <</K "+ref(structure)+">> /AcroForm <</Fields ["+ref(field)+" "+ref(choice)+"] /XFA [(datasets) "+ref(xfa)+" (end) "+ref(xfaEnd)+"]>> /Names <</EmbeddedFiles <</Names [(a.docx) "+ref(spec)+"]>>>>"+
		" /OpenAction <</S /JavaScript /JS ("+b.mark("script")+")>> /AA <</WC <</S /JavaScript /JS "+ref(script)+">>>> /OCProperties <</OCGs ["+ref(layer)+"] /D <</OFF ["+ref(layer)+"]>>>>>>")
	at(tree, "<</Type /Pages /Kids ["+ref(page)+"] /Count 1 /MediaBox [0 0 595 842] /Resources <<"+fonts+" /XObject <</X "+ref(form)+">> /Pattern <</P "+ref(pattern)+">> /ExtGState <</GS <</SMask <</S /Luminosity /G "+ref(mask)+">>>>>> /Properties <</Layer "+ref(layer)+">>>>>>")
	at(page, "<</Type /Page /Parent "+ref(tree)+" /Annots ["+annots+"] /Contents ["+ref(body1)+" "+ref(body2)+"]>>")
	return Document{Name: "places.pdf", Type: "application/pdf", Data: PDF("/Info "+ref(info), objects...), Places: b.places, Facts: "macros"}
}
