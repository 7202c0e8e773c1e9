package output

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/extract/document"
)

func TestPartsTree(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	p := NewPrinter(&b, false)
	p.parts([]extract.PartInfo{
		{Part: "1.1", Type: "text/plain", Bytes: 5, Text: 5, TrueType: "text/plain"},
		{Part: "1.2", Type: "text/html", Bytes: 9, Text: 4},
		{Part: "2", Type: "application/octet-stream", Name: "a.zip", Bytes: 100, TrueType: "application/zip"},
		{Part: "2/1", Type: "application/octet-stream", Name: "m.eml", Bytes: 50, Text: 1},
		{Part: "2/1/1", Type: "text/plain", Bytes: 3, Text: 3},
		{Part: "2/1/2.1", Type: "image/png", Name: "x\x1b.png", Bytes: 3},
		{Part: "2/2", Type: "application/octet-stream", Name: "k.docx", Facts: []document.Fact{document.Encrypted, document.Macros}},
	}, []budget.Skip{{Part: "2/2", Reason: budget.Encrypted}, {Part: "2/2", Reason: budget.Encrypted, Detail: "twice"}, {Part: "2/3", Reason: budget.Parts}})
	want := `  part       1.1 text/plain, 5 bytes, 5 of text
  part       1.2 text/html, 9 bytes, 4 of text
  part       2 application/zip "a.zip", 100 bytes, 0 of text
             ├ 2/1 application/octet-stream "m.eml", 50 bytes, 1 of text
             │ ├ 2/1/1 text/plain, 3 bytes, 3 of text
             │ └ 2/1/2.1 image/png "x\x1b.png", 3 bytes, 0 of text
             └ 2/2 application/octet-stream "k.docx", 0 bytes, 0 of text, encrypted, macros; not fully inspected: encrypted
  part       2/3 not opened: parts
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}
