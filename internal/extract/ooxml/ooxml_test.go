package ooxml

import (
	"encoding/binary"
	"math"
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
)

func read(p documenttest.Parts) *documenttest.Sink {
	h := &documenttest.Sink{}
	Read(p, h)
	return h
}

const types = `<Types><Override PartName="/xl/workbook.xml" ContentType="x.sheet.main+xml"/></Types>`

// Rows are lines, cells are divided by tabs, numbers stand as displayed and in
// full.
func TestSheet(t *testing.T) {
	t.Parallel()
	h := read(documenttest.Parts{"[Content_Types].xml", types,
		"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c t="s"><v>0</v></c><c s="1"><v>43159</v></c><c><v>4.111111111111111E+15</v></c></row>` +
			`<row><c s="2"><v>123456782</v></c><c s="3"><v>0.5</v></c><c t="s"><v>9</v></c><c t="b"><v>1</v></c><c t="str"><v> x </v></c></row></sheetData></worksheet>`,
		"xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="000\-000\-000"/></numFmts><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="9"/></cellXfs></styleSheet>`,
		"xl/sharedStrings.xml", `<sst><si><t>TFN</t></si></sst>`,
		"xl/workbook.xml", `<workbook><workbookPr date1904="0"/></workbook>`})
	want := []string{"TFN\t02/28/2018\t4111111111111111\n123-456-782 (123456782)\t50%\tTRUE\t x "}
	if d := cmp.Diff(want, h.Shown); d != "" {
		t.Error(d)
	}
	h = read(documenttest.Parts{"[Content_Types].xml", types, "xl/workbook.xml", `<workbook><workbookPr date1904="1"/></workbook>`,
		"xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="14"/></cellXfs></styleSheet>`,
		"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c><v>41697</v></c></row></sheetData></worksheet>`})
	if d := cmp.Diff([]string{"02/28/2018"}, h.Shown); d != "" {
		t.Error(d)
	}
}

// A small file that refers to one long string over and over.
func TestAmplification(t *testing.T) {
	t.Parallel()
	for _, n := range []int{100, 10_000} {
		h := read(documenttest.Parts{"[Content_Types].xml", types, "xl/workbook.xml", "<workbook/>",
			"xl/sharedStrings.xml", "<sst><si><t>" + strings.Repeat("a", n) + "</t></si></sst>",
			"xl/worksheets/sheet1.xml", "<worksheet><sheetData>" + strings.Repeat(`<row><c t="s"><v>0</v></c></row>`, 200_000) + "</sheetData></worksheet>"})
		if h.Bytes > 12<<20 {
			t.Errorf("%d: %d bytes", n, h.Bytes)
		}
	}
}

func TestLines(t *testing.T) {
	t.Parallel()
	h := read(documenttest.Parts{"[Content_Types].xml", "<Types/>", "word/document.xml",
		`<w:document><w:body><w:p><w:r><w:t xml:space="preserve">a </w:t></w:r><w:r><w:tab/><w:t>b</w:t><w:br/><w:t>c</w:t><w:noBreakHyphen/><w:t>d</w:t><w:sym w:char="F041"/></w:r></w:p>` +
			`<w:p/><w:tbl><w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc><w:tc><w:p><w:r><w:t>y</w:t></w:r></w:p></w:tc></w:tr></w:tbl><w:p><w:r><w:t>z</w:t></w:r></w:p></w:body></w:document>`,
		"word/media/image1.png", "\x89PNG\r\n\x1a\n", "word/vbaProject.bin", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "_xmlsignatures/sig1.xml", "<x/>"})
	if d := cmp.Diff([]string{"a \tb\nc-dA\nx\ty\nz"}, h.Shown); d != "" {
		t.Error(d)
	}
	if e := h.Embedded; len(e) != 2 || e[0].Names[0] != "word/media/image1.png" || !e[0].Decoration || e[1].Names[0] != "word/vbaProject.bin" || e[1].Decoration {
		t.Errorf("%+v", e)
	}
	if d := cmp.Diff([]document.Fact{document.Macros, document.Signed}, h.Facts); d != "" {
		t.Error(d)
	}
}

func TestLabels(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	h := read(documenttest.Parts{"[Content_Types].xml", "<Types/>",
		"docProps/custom.xml", `<Properties><property name="MSIP_Label_` + id + `_Enabled"><vt:lpwstr>true</vt:lpwstr></property><property name="MSIP_Label_` + id + `_Name"><vt:lpwstr>A&amp;B</vt:lpwstr></property></Properties>`,
		"docMetadata/LabelInfo.xml", `<clbl:labelList><clbl:label id="{` + strings.ToUpper(id) + `}" enabled="1" method="Privileged" siteId="{AAAAAAAA-0000-4000-8000-000000000000}" contentBits="2" removed="0"/></clbl:labelList>`})
	want := []document.Label{{Source: "property", ID: id, Name: "A&B", Enabled: true},
		{Source: "labelinfo", ID: id, SiteID: "aaaaaaaa-0000-4000-8000-000000000000", Method: "Privileged", ContentBits: "2", Enabled: true}}
	if d := cmp.Diff(want, h.Labels); d != "" {
		t.Error(d)
	}
}

// rec is one record of a binary workbook.
func rec(typ int, data ...[]byte) string {
	var d []byte
	for _, p := range data {
		d = append(d, p...)
	}
	var b []byte
	if typ < 0x80 {
		b = append(b, byte(typ))
	} else {
		b = append(b, byte(typ)|0x80, byte(typ>>7))
	}
	n := len(d)
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return string(append(append(b, byte(n)), d...))
}

func ws(s string) []byte {
	u := utf16.Encode([]rune(s))
	b := binary.LittleEndian.AppendUint32(nil, uint32(len(u)))
	for _, c := range u {
		b = binary.LittleEndian.AppendUint16(b, c)
	}
	return b
}

func u32(v uint32) []byte { return binary.LittleEndian.AppendUint32(nil, v) }

func TestBinaryWorkbook(t *testing.T) {
	t.Parallel()
	cell := func(style uint32) []byte { return append(u32(0), u32(style)...) }
	num := binary.LittleEndian.AppendUint64(nil, math.Float64bits(4111111111111111))
	h := read(documenttest.Parts{"[Content_Types].xml", `<Types><Override PartName="/xl/workbook.bin" ContentType="application/vnd.ms-excel.sheet.binary.macroEnabled.main"/><Override PartName="/xl/worksheets/sheet1.bin" ContentType="application/vnd.ms-excel.worksheet"/></Types>`,
		"xl/workbook.bin", rec(brtWbProp, []byte{0, 0, 0, 0}) + rec(156, u32(0), u32(1), ws("rId1"), ws("Sheet Secret")),
		"xl/sharedStrings.bin", rec(brtSSTItem, []byte{0}, ws("TFN")),
		"xl/styles.bin", rec(brtFmt, []byte{170, 0}, ws("000-000-000")) + rec(brtBeginXFs) + rec(brtXF, []byte{0, 0, 0, 0}) + rec(brtXF, []byte{0, 0, 170, 0}) + rec(brtXF, []byte{0, 0, 14, 0}) + rec(brtEndXFs),
		"xl/worksheets/sheet1.bin", rec(brtRowHdr, u32(0)) + rec(brtCellIsst, cell(0), u32(0)) + rec(brtCellReal, cell(0), num) + rec(brtCellRk, cell(1), u32(123456782<<2|2)) +
			rec(brtRowHdr, u32(1)) + rec(brtCellSt, cell(0), ws("text")) + rec(brtCellRk, cell(2), u32(43159<<2|2))})
	if d := cmp.Diff([]string{"TFN\t4111111111111111\t123-456-782 (123456782)\ntext\t02/28/2018"}, h.Shown); d != "" {
		t.Error(d)
	}
	if !strings.Contains(strings.Join(h.Hidden, "\n"), "Sheet Secret") {
		t.Errorf("hidden %q", h.Hidden)
	}
}

func FuzzOOXML(f *testing.F) {
	f.Add(0, []byte(`<w:document><w:p><w:r><w:t>a</w:t></w:r><w:del><w:delText>b</w:delText></w:del><mc:Fallback>x</mc:Fallback></w:p></w:document>`))
	f.Add(1, []byte(`<worksheet><sheetData><row><c t="s" s="1"><v>0</v></c><c t="inlineStr"><is><t>x</t></is></c><c><f>1</f><v>2</v></c></row></sheetData></worksheet>`))
	f.Add(2, []byte(`<sst><si><t>a</t><rPh><t>b</t></rPh></si></sst>`))
	f.Add(3, []byte(`<styleSheet><numFmts><numFmt numFmtId="1" formatCode="0"/></numFmts><cellXfs><xf numFmtId="1"/></cellXfs></styleSheet>`))
	f.Add(4, []byte(`<Properties><property name="a"><b>c</b></property></Properties>`))
	f.Add(5, []byte(rec(brtRowHdr, u32(0))+rec(brtCellRk, u32(0), u32(0), u32(6))+rec(brtSSTItem, []byte{0}, ws("x"))))
	f.Add(6, []byte(`<labelList><label id="{x}"/></labelList>`))
	names := []string{"word/document.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "docProps/custom.xml", "xl/sharedStrings.bin", "docMetadata/LabelInfo.xml", "word/_rels/a.rels", "docProps/core.xml", "xl/workbook.xml"}
	f.Fuzz(func(t *testing.T, which int, b []byte) {
		name := names[int(uint(which)%uint(len(names)))]
		h := read(documenttest.Parts{"[Content_Types].xml", types, name, string(b), "xl/worksheets/sheet2.xml", `<worksheet><sheetData><row><c t="s"><v>0</v></c><c s="0"><v>43159.5</v></c></row></sheetData></worksheet>`})
		if h.Bytes > 50*len(b)+4096 {
			t.Fatalf("%d bytes of text from %d", h.Bytes, len(b))
		}
		for _, s := range append(h.Shown, h.Hidden...) {
			if !utf8.ValidString(s) {
				t.Fatal("not UTF-8")
			}
		}
	})
}

// Numbers have the digits that Excel keeps, dates are whole beside their
// display.
func TestNumbers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ code, value, want string }{
		{"General", "0.20769230769230801", "0.207692307692308"},
		{"General", "1.1499999999999999", "1.15"},
		{"General", "41111111111111117", "41111111111111117"},
		{"General", "4.111111111111111E+15", "4111111111111111"},
		{"0.0", "1234.5678", "1234.6 (1234.5678)"},
		{"d-mmm-yy", "40575", "1-Feb-11 (2011-02-01)"},
		{"yyyy\\-mm\\-dd", "40575", "2011-02-01"},
		{"dd/mm/yyyy", "25569", "01/01/1970"},
		{"mmmm yyyy", "40575.5", "February 2011 (2011-02-01 12:00:00)"},
		{"h:mm AM/PM", "0.75", "6:00 PM (18:00:00)"},
		{"[h]:mm", "1.5", "36:00"},
	} {
		h := read(documenttest.Parts{"[Content_Types].xml", types,
			"xl/styles.xml", `<styleSheet><numFmts><numFmt numFmtId="170" formatCode="` + tt.code + `"/></numFmts><cellXfs><xf numFmtId="170"/></cellXfs></styleSheet>`,
			"xl/worksheets/sheet1.xml", `<worksheet><sheetData><row><c s="0"><v>` + tt.value + `</v></c></row></sheetData></worksheet>`})
		if len(h.Shown) != 1 || h.Shown[0] != tt.want {
			t.Errorf("%s as %s: %q, want %q", tt.value, tt.code, h.Shown, tt.want)
		}
	}
}

// Headers and footers lose their codes; what stands left, in the middle and right
// are lines of their own.
func TestHeadersAndFooters(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"&COFFICIAL: Sensitive": "OFFICIAL: Sensitive",
		"&L&1#&\"Calibri\"&10&K000000OFFICIAL: Sensitive&RPage &P of &N": "#\nOFFICIAL: Sensitive\nPage 1 of 1",
		"&C&14&BR&&D&B 100% &K01+000x":                                   "R&D 100% x",
		"plain &":                                                        "plain &",
		"&L&D&C&F&R&A":                                                   "",
	} {
		if got := strings.TrimSpace(string(headerFooter([]byte(in)))); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	h := read(documenttest.Parts{"[Content_Types].xml", types,
		"xl/worksheets/sheet1.xml", `<worksheet><sheetData/><headerFooter><oddHeader>&amp;LPROTECTED&amp;Rx &amp;&amp; y</oddHeader></headerFooter></worksheet>`,
		"word/footer1.xml", `<w:ftr><w:p><w:r><w:t>PROTECTED</w:t><w:tab/><w:t>Page 3</w:t></w:r></w:p></w:ftr>`})
	if d := cmp.Diff([]string{"PROTECTED\nx & y", "PROTECTED\nPage 3"}, h.Shown); d != "" {
		t.Error(d)
	}
}
