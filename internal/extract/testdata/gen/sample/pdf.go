package sample

import (
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
