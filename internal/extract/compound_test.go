package extract

import (
	"encoding/binary"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
)

// compound is an OLE compound file (MS-CFB) with an empty stream of a name, and
// a stream "LabelInfo" of 4096 bytes.
func compound(stream, labels string) []byte {
	const free, end = 0xffffffff, 0xfffffffe
	le := binary.LittleEndian
	b := make([]byte, 512*11)
	copy(b, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(b[24:], 0x3e)
	le.PutUint16(b[26:], 3)
	le.PutUint16(b[28:], 0xfffe)
	le.PutUint16(b[30:], 9)
	le.PutUint16(b[32:], 6)
	le.PutUint32(b[44:], 1)
	le.PutUint32(b[48:], 1)
	le.PutUint32(b[56:], 4096)
	le.PutUint32(b[60:], end)
	le.PutUint32(b[68:], end)
	for i := 1; i < 109; i++ {
		le.PutUint32(b[76+4*i:], free)
	}
	fat := b[512:1024]
	for i := range 128 {
		le.PutUint32(fat[4*i:], free)
	}
	le.PutUint32(fat, 0xfffffffd)
	le.PutUint32(fat[4:], end)
	for i := 2; i < 9; i++ {
		le.PutUint32(fat[4*i:], uint32(i+1))
	}
	le.PutUint32(fat[36:], end)
	entry := func(i int, name string, typ byte, right, child, start uint32, size uint64) {
		e := b[1024+128*i:]
		u := utf16.Encode([]rune(name))
		for j, c := range u {
			le.PutUint16(e[2*j:], c)
		}
		le.PutUint16(e[64:], uint16(2*len(u)+2))
		e[66], e[67] = typ, 1
		le.PutUint32(e[68:], free)
		le.PutUint32(e[72:], right)
		le.PutUint32(e[76:], child)
		le.PutUint32(e[116:], start)
		le.PutUint64(e[120:], size)
	}
	entry(0, "Root Entry", 5, free, 1, end, 0)
	entry(1, stream, 2, 2, free, end, 0)
	entry(2, "LabelInfo", 2, free, free, 2, 4096)
	copy(b[512*3:], labels+strings.Repeat(" ", 4096-len(labels)))
	return b
}

// An encrypted Office document has labels that are read without the key.
func TestEncryptedDocument(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	labels := `<clbl:labelList xmlns:clbl="http://schemas.microsoft.com/office/2020/mipLabelMetadata"><clbl:label id="{` + id + `}" enabled="1" method="Privileged" siteId="{` + id + `}"/></clbl:labelList>`
	_, r := readString(t, attached("a.docx", octets, compound("EncryptedPackage", labels)), budget.Default())
	if d := cmp.Diff([]budget.Reason{budget.Encrypted}, reasons(r)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]document.Label{{Part: "2", Source: "labelinfo", ID: id, SiteID: id, Method: "Privileged", Enabled: true}}, r.Labels); d != "" {
		t.Error(d)
	}
	_, r = readString(t, attached("a.doc", octets, compound("WordDocument", "x")), budget.Default())
	if d := cmp.Diff([]budget.Reason{budget.Corrupt}, reasons(r)); d != "" {
		t.Error(d)
	}
	_, r = readString(t, attached("a.doc", octets, compound("WordDocument", "x")[:600]), budget.Default())
	if d := cmp.Diff([]budget.Reason{budget.Corrupt}, reasons(r)); d != "" {
		t.Error(d)
	}
}

func FuzzCompound(f *testing.F) {
	f.Add(compound("EncryptedPackage", "<labelList><label id='x'/></labelList>"))
	f.Fuzz(func(t *testing.T, b []byte) {
		x := &extractor{ctx: t.Context(), b: budget.New(budget.Default()), readers: readers(), had: map[string]int64{}}
		it := &item{path: "1", typ: octets, where: InAttachment, data: b}
		x.item(it)
		if len(x.b.Skips()) == 0 {
			t.Fatal("no reason")
		}
	})
}
