package sample

// halves splits a marker.
func halves(m string) (string, string) { return m[:8], m[8:] }

// Docx is a WordprocessingML document with a marker in every place.
func Docx() Document {
	b := &builder{base: 1000000}
	w := func(inner string) string {
		return head + `<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006" ` + drawing + `>` + inner + `</w:document>`
	}
	t := func(s string) string { return `<w:r><w:t>` + s + `</w:t></w:r>` }
	p := func(inner string) string {
		return `<w:p><w:pPr><w:tabs><w:tab w:val="left" w:pos="720"/></w:tabs></w:pPr>` + inner + `</w:p>`
	}
	b.add("[Content_Types].xml", contentTypes("word/document.xml", "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
		"docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml"))
	split1, split2 := halves(b.mark("text in runs split by formatting"))
	tracked1, tracked2 := halves(b.mark("text around a deletion"))
	body := p(t("OFFICIAL: Sensitive//Legal Privilege")) +
		p(t(b.mark("paragraph"))) +
		p(`<w:r><w:t>`+split1+`</w:t></w:r><w:proofErr w:type="spellStart"/><w:bookmarkStart w:id="1" w:name="b"></w:bookmarkStart><w:r><w:rPr><w:b/><w:color w:val="FF0000"/></w:rPr><w:t>`+split2+`</w:t></w:r>`) +
		p(t(tracked1)+`<w:del w:author="x"><w:r><w:delText>99</w:delText></w:r></w:del>`+t(tracked2)) +
		p(`<w:del w:author="`+b.mark("author of a deletion")+`"><w:r><w:delText>`+b.mark("deleted text")+`</w:delText></w:r></w:del>`) +
		p(`<w:ins w:author="a"><w:r><w:t>`+b.mark("inserted text")+`</w:t></w:r></w:ins>`) +
		p(`<w:moveFrom w:id="3"><w:r><w:t>`+b.mark("moved text")+`</w:t></w:r></w:moveFrom>`) +
		p(`<w:r><w:rPr><w:vanish/></w:rPr><w:t>`+b.mark("hidden text")+`</w:t></w:r>`) +
		p(`<w:r><w:instrText> HYPERLINK "http://x/`+b.mark("field code")+`" </w:instrText></w:r>`) +
		p(`<w:fldSimple w:instr=" DOCPROPERTY x`+b.mark("simple field code")+`"><w:r><w:t>1</w:t></w:r></w:fldSimple>`) +
		p(`<w:r><w:drawing><wp:inline><wp:docPr id="1" name="x" descr="`+b.mark("alternative text")+`" title="`+b.mark("picture title")+`"/></wp:inline></w:drawing></w:r>`) +
		p(`<mc:AlternateContent><mc:Choice Requires="wps"><w:r><wps:txbx><w:txbxContent>`+p(t(b.mark("text box")))+`</w:txbxContent></wps:txbx></w:r></mc:Choice><mc:Fallback><w:pict><v:textbox><w:txbxContent>`+p(t(b.mark("text box fallback")))+`</w:txbxContent></v:textbox></w:pict></mc:Fallback></mc:AlternateContent>`) +
		`<w:sdt><w:sdtPr><w:alias w:val="` + b.mark("content control title") + `"/><w:tag w:val="` + b.mark("content control tag") + `"/></w:sdtPr><w:sdtContent>` + p(t(b.mark("content control"))) + `</w:sdtContent></w:sdt>` +
		`<w:tbl><w:tr><w:tc>` + p(t("TFN")) + `</w:tc><w:tc>` + p(t(b.mark("table cell"))) + `</w:tc></w:tr></w:tbl>` +
		p(`<m:oMath><m:f><m:num><m:r><m:t>`+b.mark("equation")+`</m:t></m:r></m:num><m:den/></m:f></m:oMath>`) +
		p(`<w:hyperlink r:id="rId9" w:tooltip="`+b.mark("link tooltip")+`">`+t(b.mark("link text"))+`</w:hyperlink>`) +
		p(t(b.mark("character references, first half")[:0]+"&#52;111111&#x31;"+"00000000"))
	b.add("word/document.xml", w("<w:body>"+body+"</w:body>"))
	b.places[len(b.places)-1].Marker = "4111111100000000"
	b.add("word/_rels/document.xml.rels", head+`<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId9" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/hyperlink" Target="http://x/`+b.mark("link target")+`" TargetMode="External"/></Relationships>`)
	for _, x := range []string{"header1", "footer1", "footnotes", "endnotes"} {
		b.add("word/"+x+".xml", w(p(t(b.mark(x)))))
	}
	b.add("word/comments.xml", w(`<w:comment w:author="`+b.mark("comment author")+`">`+p(t(b.mark("comment")))+`</w:comment>`))
	b.add("word/glossary/document.xml", w(p(t(b.mark("building block")))))
	b.add("word/settings.xml", head+`<w:settings><w:docVars><w:docVar w:name="x" w:val="`+b.mark("document variable")+`"/></w:docVars></w:settings>`)
	b.add("word/charts/chart1.xml", head+`<c:chartSpace `+drawing+`><c:title><c:tx><c:rich><a:p><a:r><a:t>`+b.mark("chart title")+`</a:t></a:r></a:p></c:rich></c:tx></c:title><c:ser><c:cat><c:strRef><c:f>Sheet1!A1</c:f><c:strCache><c:pt idx="0"><c:v>`+
		b.mark("chart category")+`</c:v></c:pt><c:pt idx="1"><c:v>`+b.mark("chart value")+`</c:v></c:pt></c:strCache></c:strRef></c:cat></c:ser></c:chartSpace>`)
	b.add("word/diagrams/data1.xml", head+`<dgm:dataModel `+drawing+`><dgm:pt><dgm:t><a:p><a:r><a:t>`+b.mark("diagram")+`</a:t></a:r></a:p></dgm:t></dgm:pt></dgm:dataModel>`)
	b.add("word/afchunk1.htm", "<html><body><p>"+b.mark("alternative format chunk")+"</p></body></html>")
	b.add("word/orphan.xml", w(p(t(b.mark("part without a relationship")))))
	b.add("word/utf16.xml", utf16(`<?xml version="1.0" encoding="UTF-16"?><w:document>`+p(t(b.mark("part in UTF-16")))+`</w:document>`))
	b.properties()
	inner := &builder{base: 1900000}
	inner.add("[Content_Types].xml", contentTypes())
	inner.add("word/document.xml", w("<w:body>"+p(t(b.mark("embedded document")))+"</w:body>"))
	b.add("word/embeddings/Microsoft_Word_Document.docx", string(Zip(inner.list()...)))
	return b.document("places.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document")
}

func utf16(s string) string {
	out := []byte{0xff, 0xfe}
	for _, c := range []byte(s) {
		out = append(out, c, 0)
	}
	return string(out)
}

// Pptx is a PresentationML document with a marker in every place.
func Pptx() Document {
	b := &builder{base: 3000000}
	sp := func(s string) string {
		return `<p:sp><p:nvSpPr><p:cNvPr id="1" name="x"/></p:nvSpPr><p:txBody><a:p><a:r><a:t>` + s + `</a:t></a:r></a:p></p:txBody></p:sp>`
	}
	slide := func(root, inner string) string {
		return head + `<p:` + root + ` xmlns:p="x" ` + drawing + `><p:cSld><p:spTree>` + inner + `</p:spTree></p:cSld></p:` + root + `>`
	}
	b.add("[Content_Types].xml", contentTypes("ppt/presentation.xml", "application/vnd.openxmlformats-officedocument.presentationml.presentation.main+xml", "docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml"))
	b.add("ppt/presentation.xml", head+`<p:presentation xmlns:p="x"/>`)
	split1, split2 := halves(b.mark("text in split runs"))
	b.add("ppt/slides/slide1.xml", slide("sld", sp(b.mark("slide text"))+
		`<p:sp><p:txBody><a:p><a:r><a:rPr lang="en"/><a:t>`+split1+`</a:t></a:r><a:r><a:rPr b="1"/><a:t>`+split2+`</a:t></a:r></a:p></p:txBody></p:sp>`+
		`<p:pic><p:nvPicPr><p:cNvPr id="2" name="y" descr="`+b.mark("alternative text")+`"/></p:nvPicPr></p:pic>`+
		`<a:tbl><a:tr><a:tc><a:txBody><a:p><a:r><a:t>TFN</a:t></a:r></a:p></a:txBody></a:tc><a:tc><a:txBody><a:p><a:r><a:t>`+b.mark("table cell")+`</a:t></a:r></a:p></a:txBody></a:tc></a:tr></a:tbl>`))
	b.add("ppt/slides/slide2.xml", head+`<p:sld xmlns:p="x" show="0" `+drawing+`>`+sp(b.mark("hidden slide"))+`</p:sld>`)
	b.add("ppt/notesSlides/notesSlide1.xml", slide("notes", sp(b.mark("notes"))))
	b.add("ppt/slideMasters/slideMaster1.xml", slide("sldMaster", sp(b.mark("master"))))
	b.add("ppt/slideLayouts/slideLayout1.xml", slide("sldLayout", sp(b.mark("layout"))))
	b.add("ppt/comments/comment1.xml", head+`<p:cmLst xmlns:p="x"><p:cm authorId="0"><p:text>`+b.mark("comment")+`</p:text></p:cm></p:cmLst>`)
	b.add("ppt/commentAuthors.xml", head+`<p:cmAuthorLst xmlns:p="x"><p:cmAuthor id="0" name="`+b.mark("comment author")+`"/></p:cmAuthorLst>`)
	b.add("ppt/tags/tag1.xml", head+`<p:tagLst xmlns:p="x"><p:tag name="A" val="`+b.mark("tag")+`"/></p:tagLst>`)
	b.properties()
	return b.document("places.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation")
}
