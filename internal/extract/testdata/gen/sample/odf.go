package sample

// odf packs an OpenDocument file; the media type stands first.
func (b *builder) odf(name, typ string) Document {
	parts := append([][2]string{{"mimetype", typ}}, b.list()...)
	parts = append(parts, [2]string{"META-INF/manifest.xml", head + `<manifest:manifest><manifest:file-entry manifest:full-path="/"/></manifest:manifest>`})
	return Document{Name: name, Type: typ, Data: Zip(parts...), Places: b.places}
}

func (b *builder) meta() {
	b.add("meta.xml", head+`<office:document-meta><office:meta><dc:title>`+b.mark("title")+`</dc:title><dc:creator>`+b.mark("creator")+`</dc:creator><meta:keyword>`+b.mark("keyword")+
		`</meta:keyword><meta:user-defined meta:name="n `+b.mark("user-defined field: name")+`">`+b.mark("user-defined field: value")+`</meta:user-defined>`+
		`<meta:user-defined meta:name="MSIP_Label_11111111-2222-4333-8444-555555555555_Enabled">true</meta:user-defined></office:meta></office:document-meta>`)
}

// Odt is an OpenDocument text with a marker in every place.
func Odt() Document {
	b := &builder{base: 4000000}
	p := func(s string) string { return `<text:p text:style-name="P1">` + s + `</text:p>` }
	split1, split2 := halves(b.mark("text in spans"))
	b.add("content.xml", head+`<office:document-content><office:body><office:text>`+
		`<text:tracked-changes><text:changed-region><text:deletion><office:change-info><dc:creator>`+b.mark("author of a change")+`</dc:creator></office:change-info>`+p(b.mark("deleted text"))+`</text:deletion></text:changed-region></text:tracked-changes>`+
		`<text:h>`+b.mark("heading")+`</text:h>`+p(b.mark("paragraph"))+p(split1+`<text:span text:style-name="T1">`+split2+`</text:span>`)+
		p(`x<office:annotation office:name="a"><dc:creator>`+b.mark("comment author")+`</dc:creator>`+p(b.mark("comment"))+`</office:annotation>y`)+
		p(`<text:note><text:note-citation>1</text:note-citation><text:note-body>`+p(b.mark("footnote"))+`</text:note-body></text:note>`)+
		p(`<draw:frame><draw:text-box>`+p(b.mark("text box"))+`</draw:text-box><svg:title>`+b.mark("frame title")+`</svg:title><svg:desc>`+b.mark("frame description")+`</svg:desc></draw:frame>`)+
		p(`<text:a xlink:href="http://x/`+b.mark("link target")+`">`+b.mark("link text")+`</text:a>`)+
		`<table:table><table:table-row><table:table-cell>`+p("TFN")+`</table:table-cell><table:table-cell>`+p(b.mark("table cell"))+`</table:table-cell></table:table-row></table:table>`+
		`<text:section text:display="none">`+p(b.mark("hidden section"))+`</text:section><text:user-field-decls><text:user-field-decl office:value-type="string" office:string-value="`+b.mark("user field")+`" text:name="f"/></text:user-field-decls>`+
		`</office:text></office:body></office:document-content>`)
	b.add("styles.xml", head+`<office:document-styles><office:master-styles><style:master-page><style:header>`+p(b.mark("page header"))+`</style:header><style:footer>`+p(b.mark("page footer"))+`</style:footer></style:master-page></office:master-styles></office:document-styles>`)
	b.add("Object 1/content.xml", head+`<office:document-content><office:body><office:spreadsheet><table:table><table:table-row><table:table-cell>`+p(b.mark("embedded object"))+`</table:table-cell></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>`)
	b.add("ObjectReplacements/Object 1", "\x89PNG\r\n\x1a\n")
	b.meta()
	return b.odf("places.odt", "application/vnd.oasis.opendocument.text")
}

// Ods is an OpenDocument spreadsheet with a marker in every place.
func Ods() Document {
	b := &builder{base: 5000000}
	cell := func(attrs, s string) string {
		return `<table:table-cell ` + attrs + `><text:p>` + s + `</text:p></table:table-cell>`
	}
	b.add("content.xml", head+`<office:document-content><office:body><office:spreadsheet><table:table table:name="`+b.mark("sheet name")+`"><table:table-row>`+
		cell(`office:value-type="string"`, b.mark("string"))+cell(`office:value-type="float" office:value="`+b.mark("number shown in short")+`"`, "4.11E+15")+
		cell(`office:value-type="date" office:date-value="2018-02-28"`, "28.02.18")+cell(`table:formula="of:=&quot;`+b.mark("formula")+`&quot;" office:value-type="string"`, b.mark("formula result"))+
		`</table:table-row></table:table><table:named-expressions><table:named-expression table:name="n" table:expression="x"/></table:named-expressions></office:spreadsheet></office:body></office:document-content>`)
	b.meta()
	return b.odf("places.ods", "application/vnd.oasis.opendocument.spreadsheet")
}

// Odp is an OpenDocument presentation with a marker in every place.
func Odp() Document {
	b := &builder{base: 6000000}
	b.add("content.xml", head+`<office:document-content><office:body><office:presentation><draw:page draw:name="`+b.mark("slide name")+`"><draw:frame><draw:text-box><text:p>`+b.mark("slide text")+`</text:p></draw:text-box></draw:frame>`+
		`<presentation:notes><draw:frame><draw:text-box><text:p>`+b.mark("notes")+`</text:p></draw:text-box></draw:frame></presentation:notes></draw:page></office:presentation></office:body></office:document-content>`)
	b.add("styles.xml", head+`<office:document-styles><office:master-styles><style:master-page><draw:frame><draw:text-box><text:p>`+b.mark("master")+`</text:p></draw:text-box></draw:frame></style:master-page></office:master-styles></office:document-styles>`)
	b.meta()
	return b.odf("places.odp", "application/vnd.oasis.opendocument.presentation")
}

// All gives every made document.
func All() []Document {
	return []Document{Docx(), Xlsx(), Pptx(), Odt(), Ods(), Odp(), Doc(), Xls(), Ppt(), RTF(), Msg(), TNEF(), Pdf(), Eml(), Mbox(), P7m()}
}
