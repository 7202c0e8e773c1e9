package extract

import (
	"fmt"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/testdata/gen/sample"
)

func bigSheet(rows int) []byte {
	var b strings.Builder
	b.WriteString("<worksheet><sheetData>")
	for i := range rows {
		fmt.Fprintf(&b, `<row r="%d"><c r="A%d" s="1"><v>%d</v></c><c r="B%d" t="s"><v>%d</v></c><c r="C%d" s="2"><v>%d.5</v></c><c r="D%d" t="inlineStr"><is><t>some words %d</t></is></c></row>`, i, i, 40000+i%9000, i, i%2, i, i*7919, i, i)
	}
	b.WriteString("</sheetData></worksheet>")
	return sample.Zip([2]string{"[Content_Types].xml", `<Types><Override PartName="/xl/workbook.xml" ContentType="x.sheet.main+xml"/></Types>`},
		[2]string{"xl/styles.xml", `<styleSheet><cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="4"/></cellXfs></styleSheet>`},
		[2]string{"xl/sharedStrings.xml", `<sst><si><t>one</t></si><si><t>two</t></si></sst>`}, [2]string{"xl/worksheets/sheet1.xml", b.String()})
}

func bigDocument(n int) []byte {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `Some words of paragraph %d that goes on.</w:t></w:r><w:r><w:rPr><w:b/><w:sz w:val="20"/></w:rPr><w:t>And more &amp; %d more</w:t></w:r></w:p><w:p w:rsidR="00%06x"><w:r><w:t>`, i, i*7919, i)
	}
	return docx(b.String())
}

// bench reads one attachment; MB/s are of the unpacked document.
func bench(b *testing.B, data []byte, unpacked int) {
	b.SetBytes(int64(unpacked))
	b.ReportAllocs()
	for range b.N {
		x := newExtractor(b.Context(), budget.New(budget.Default()), nil)
		x.item(&item{path: "1", typ: octets, where: InAttachment, data: data})
		if len(x.b.Skips()) > 0 {
			b.Fatal(x.b.Skips())
		}
	}
}

func BenchmarkSheet(b *testing.B)    { d := bigSheet(100_000); bench(b, d, 17<<20) }
func BenchmarkDocument(b *testing.B) { d := bigDocument(100_000); bench(b, d, 17<<20) }

// BenchmarkFifty is a message of 25 MB with 50 attachments.
func BenchmarkFifty(b *testing.B) {
	var parts [][2]string
	for i := range 50 {
		d := sample.Xlsx().Data
		if i%2 == 0 {
			d = sample.Docx().Data
		}
		parts = append(parts, [2]string{fmt.Sprint(i, ".zip"), string(d) + strings.Repeat("\x00", 300_000)}, [2]string{fmt.Sprint(i, ".txt"), strings.Repeat("some text of a file\n", 10_000)})
	}
	data := sample.Zip(parts...)
	b.ResetTimer()
	for range b.N {
		x := newExtractor(b.Context(), budget.New(budget.Default()), nil)
		x.item(&item{path: "1", typ: octets, where: InAttachment, data: data})
	}
}
