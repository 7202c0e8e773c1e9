package odf

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/document"
)

type parts []string

func (p parts) Len() int          { return len(p) / 2 }
func (p parts) Name(i int) string { return p[2*i] }
func (p parts) Read(i int) []byte { return []byte(p[2*i+1]) }

type heard struct {
	shown, hidden []string
	props         []document.Property
	labels        []document.Label
	facts         []document.Fact
	embedded      []string
	bytes         int
}

func (h *heard) Text(p document.Place, s string) {
	h.bytes += len(s)
	if p == document.Hidden {
		h.hidden = append(h.hidden, s)
	} else {
		h.shown = append(h.shown, s)
	}
}
func (h *heard) Property(p document.Property)     { h.props = append(h.props, p) }
func (h *heard) Label(l document.Label)           { h.labels = append(h.labels, l) }
func (h *heard) Embed(n string, _ []byte, d bool) { h.embedded = append(h.embedded, n) }
func (h *heard) Fact(f document.Fact)             { h.facts = append(h.facts, f) }
func (h *heard) Damaged(string)                   {}
func (h *heard) Room() int                        { return 1 << 20 }

func read(p parts) *heard {
	h := &heard{}
	Read(p, h)
	return h
}

func TestText(t *testing.T) {
	t.Parallel()
	h := read(parts{"mimetype", "x", "content.xml", `<office:body><text:p>a<text:s text:c="3"/>b<text:tab/>c<text:line-break/>d<text:span>e</text:span></text:p>` +
		`<table:table><table:table-row><table:table-cell><text:p>x</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="1234.5"><text:p>1.234,50</text:p></table:table-cell>` +
		`<table:table-cell office:value-type="float" office:value="4.1E3"><text:p>4.1E3</text:p></table:table-cell></table:table-row><table:table-row><table:table-cell office:value-type="date" office:date-value="2018-02-28"><text:p>28/02/2018</text:p></table:table-cell></table:table-row></table:table></office:body>`,
		"META-INF/manifest.xml", "<m/>", "META-INF/documentsignatures.xml", "<x/>", "Basic/Standard/Module1.xml", "<script:module>Sub X</script:module>"})
	if d := cmp.Diff([]string{"a   b\tc\nde\nx\t1.234,50 (1234.5)\t4.1E3 (4100)\n28/02/2018", "Sub X"}, h.shown); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]document.Fact{document.Signed, document.Macros}, h.facts); d != "" {
		t.Error(d)
	}
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	h := read(parts{"content.xml", "noise", "META-INF/manifest.xml", `<manifest:manifest><manifest:file-entry><manifest:encryption-data/></manifest:file-entry></manifest:manifest>`})
	if d := cmp.Diff([]document.Fact{document.Encrypted}, h.facts); d != "" || len(h.shown)+len(h.embedded) > 0 {
		t.Errorf("%v %v %v", h.facts, h.shown, h.embedded)
	}
}

func TestMeta(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	h := read(parts{"meta.xml", `<office:document-meta><office:meta><dc:title>T</dc:title><meta:user-defined meta:name="MSIP_Label_` + id + `_Enabled">true</meta:user-defined></office:meta></office:document-meta>`})
	if d := cmp.Diff([]document.Label{{Source: "property", ID: id, Enabled: true}}, h.labels); d != "" {
		t.Error(d)
	}
	if len(h.props) != 2 || h.props[0] != (document.Property{Source: "meta", Name: "title", Value: "T"}) {
		t.Errorf("%v", h.props)
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
		h := read(parts{name, string(b), "META-INF/manifest.xml", string(b)})
		if h.bytes > 120*len(b)+4096 {
			t.Fatalf("%d bytes of text from %d", h.bytes, len(b))
		}
		if !utf8.ValidString(strings.Join(append(h.shown, h.hidden...), "")) {
			t.Fatal("not UTF-8")
		}
	})
}
