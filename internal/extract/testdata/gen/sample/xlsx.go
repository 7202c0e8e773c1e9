package sample

// Xlsx is a SpreadsheetML document with a marker in every place.
func Xlsx() Document {
	b := &builder{base: 2000000}
	const main = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	b.add("[Content_Types].xml", contentTypes("xl/workbook.xml", main+"sheet.main+xml", "xl/worksheets/sheet1.xml", main+"worksheet+xml", "xl/worksheets/sheet2.xml", main+"worksheet+xml",
		"xl/sharedStrings.xml", main+"sharedStrings+xml", "xl/styles.xml", main+"styles+xml", "docProps/custom.xml", "application/vnd.openxmlformats-officedocument.custom-properties+xml"))
	rich1, rich2 := halves(b.mark("rich shared string"))
	shared := b.mark("shared string")
	general, fixed := b.mark("number"), b.mark("number with decimals")
	b.add("xl/worksheets/sheet1.xml", head+`<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>`+
		`<row r="1"><c r="A1" t="s"><v>0</v></c><c r="B1" t="s"><v>1</v></c><c r="C1"><v>`+general+`</v></c><c r="D1" s="2"><v>`+fixed+`</v></c></row>`+
		`<row r="2"><c r="A2"><v>`+exponent(b.mark("number stored with an exponent"))+`</v></c><c r="B2" t="inlineStr"><is><t>`+b.mark("inline string")+`</t></is></c><c r="C2" t="str"><f>"a"&amp;"`+b.mark("formula")+`"</f><v>`+b.mark("formula result")+`</v></c></row>`+
		`<row r="3"><c r="A3" s="1"><v>43159</v></c><c r="B3" s="3"><v>123456789</v></c><c r="C3" s="4"><v>43159.75</v></c></row></sheetData>`+
		`<dataValidations><dataValidation prompt="`+b.mark("validation prompt")+`"><formula1>"`+b.mark("validation list")+`"</formula1></dataValidation></dataValidations>`+
		`<hyperlinks><hyperlink ref="A1" location="x" display="`+b.mark("link display")+`" tooltip="`+b.mark("link tooltip")+`"/></hyperlinks>`+
		`<headerFooter><oddHeader>&amp;C`+b.mark("page header")+`</oddHeader><oddFooter>&amp;C`+b.mark("page footer")+`</oddFooter></headerFooter></worksheet>`)
	b.add("xl/worksheets/sheet2.xml", head+`<x:worksheet xmlns:x="http://purl.oclc.org/ooxml/spreadsheetml/main"><x:sheetData><x:row><x:c t="inlineStr"><x:is><x:t>`+b.mark("very hidden sheet, strict")+`</x:t></x:is></x:c></x:row></x:sheetData></x:worksheet>`)
	b.add("xl/workbook.xml", head+`<workbook><sheets><sheet name="S `+b.mark("sheet name")+`" sheetId="1"/><sheet name="v" state="veryHidden" sheetId="2"/></sheets><definedNames><definedName name="n" comment="`+
		b.mark("defined name comment")+`">"`+b.mark("defined name")+`"</definedName></definedNames></workbook>`)
	b.add("xl/sharedStrings.xml", head+`<sst><si><t>`+shared+`</t></si><si><r><rPr><b/></rPr><t>`+rich1+`</t></r><r><t>`+rich2+`</t></r></si><si><t>`+b.mark("orphan shared string")+`</t></si></sst>`)
	b.add("xl/styles.xml", head+`<styleSheet><numFmts count="2"><numFmt numFmtId="164" formatCode="000\-00\-0000"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm"/></numFmts><cellStyleXfs><xf numFmtId="9"/></cellStyleXfs><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="2"/><xf numFmtId="164"/><xf numFmtId="165"/></cellXfs></styleSheet>`)
	b.add("xl/comments1.xml", head+`<comments><authors><author>`+b.mark("comment author")+`</author></authors><commentList><comment ref="A1"><text><r><t>`+b.mark("comment")+`</t></r></text></comment></commentList></comments>`)
	b.add("xl/threadedComments/threadedComment1.xml", head+`<ThreadedComments><threadedComment ref="A1"><text>`+b.mark("threaded comment")+`</text></threadedComment></ThreadedComments>`)
	b.add("xl/drawings/drawing1.xml", head+`<xdr:wsDr `+drawing+`><xdr:sp><xdr:txBody><a:p><a:r><a:t>`+b.mark("text box")+`</a:t></a:r></a:p></xdr:txBody></xdr:sp></xdr:wsDr>`)
	b.add("xl/tables/table1.xml", head+`<table displayName="t"><tableColumns><tableColumn id="1" name="`+b.mark("table column")+`"/></tableColumns></table>`)
	b.add("xl/pivotCache/pivotCacheRecords1.xml", head+`<pivotCacheRecords><r><s v="`+b.mark("pivot cache text")+`"/><n v="`+b.mark("pivot cache number")+`"/></r></pivotCacheRecords>`)
	b.add("xl/externalLinks/externalLink1.xml", head+`<externalLink><externalBook><sheetDataSet><sheetData><row><cell r="A1" t="str"><v>`+b.mark("external cache")+`</v></cell></row></sheetData></sheetDataSet></externalBook></externalLink>`)
	b.add("xl/connections.xml", head+`<connections><connection id="1"><dbPr connection="Provider=x;Password=`+b.mark("connection string")+`" command="select `+b.mark("query")+`"/></connection></connections>`)
	b.add("xl/queryTables/m.xml", head+`<x><![CDATA[`+b.mark("CDATA")+`]]><!-- `+b.mark("comment in the markup")+` --></x>`)
	b.properties()
	return b.document("places.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
}

// exponent is a whole number in scientific notation.
func exponent(m string) string { return m[:1] + "." + m[1:] + "E15" }
