package odf

import (
	"strings"
	"testing"
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

func TestText(t *testing.T) {
	t.Parallel()
	h := read(documenttest.Parts{"mimetype", "x", "content.xml", `<office:body><text:p>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d<text:span>e</text:span></text:p>` +
		`<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="1234.5"><text:p>1.234,50</text:p></table:table-cell>` +
		`<table:table-cell office:value-type="float" office:value="4.1E3"><text:p>4.1E3</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell office:value-type="date" office:date-value="2018-02-28"><text:p>28/02/2018</text:p></table:table-cell><table:table-cell office:value-type="date" office:date-value="2018-02-08T10:30:00"><text:p>8 Feb 18</text:p></table:table-cell></table:table-row></table:table></office:body>`,
		"META-INF/manifest.xml", "<m/>", "META-INF/documentsignatures.xml", "<x/>", "Basic/Standard/Module1.xml", "<script:module>Sub X</script:module>"})
	if d := cmp.Diff([]string{"a   b\tc\nde\nx\t1.234,50 (1234.5)\t4.1E3 (4100)\n28/02/2018\t8 Feb 18 (2018-02-08 10:30:00)", "Sub X"}, h.Shown); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]document.Fact{document.Signed, document.Macros}, h.Facts); d != "" {
		t.Error(d)
	}
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	h := read(documenttest.Parts{"content.xml", "noise", "META-INF/manifest.xml", `<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`})
	if d := cmp.Diff([]document.Fact{document.Encrypted}, h.Facts); d != "" || len(h.Shown)+len(h.Embedded) > 0 {
		t.Errorf("%v %v %v", h.Facts, h.Shown, h.Embedded)
	}
}

func TestMeta(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	h := read(documenttest.Parts{"meta.xml", `<office:document-meta><office:meta><dc:title>T</dc:title><meta:user-defined meta:name="MSIP_Label_` + id + `_Enabled">true</meta:user-defined></office:meta></office:document-meta>`})
	if d := cmp.Diff([]document.Label{{Source: "property", ID: id, Enabled: true}}, h.Labels); d != "" {
		t.Error(d)
	}
	if len(h.Properties) != 2 || h.Properties[0] != (document.Property{Source: "meta", Name: "title", Value: "T"}) {
		t.Errorf("%v", h.Properties)
	}
}

func FuzzODF(f *testing.F) {
	f.Add(false, []byte(`<text:p>a<text:s text:c="99"/></text:p><table:table-cell office:value="1E5"><text:p>x</text:p></table:table-cell>`))
	f.Add(false, []byte(`<text:tracked-changes><text:deletion>x</text:deletion></text:tracked-changes><!-- c --><![CDATA[d]]>`))
	f.Add(true, []byte(`<a><b><meta:user-defined meta:name="x">y</meta:user-defined></b></a>`))
	f.Fuzz(func(t *testing.T, meta bool, b []byte) {
		name := "content.xml"
		if meta {
			name = "meta.xml"
		}
		h := read(documenttest.Parts{name, string(b), "META-INF/manifest.xml", string(b)})
		if h.Bytes > 120*len(b)+4096 {
			t.Fatalf("%d bytes of text from %d", h.Bytes, len(b))
		}
		if !utf8.ValidString(strings.Join(append(h.Shown, h.Hidden...), "")) {
			t.Fatal("not UTF-8")
		}
	})
}
