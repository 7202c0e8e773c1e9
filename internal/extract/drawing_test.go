package extract

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"slices"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/testdata/gen/sample"
)

// drawn is an enhanced metafile that draws ASCII text in 8 bits.
func drawn(text string) []byte {
	le := binary.LittleEndian
	b := make([]byte, 88+36+(len(text)+3)&^3)
	le.PutUint32(b, 1)
	le.PutUint32(b[4:], 88)
	copy(b[40:], " EMF")
	r := b[88:]
	le.PutUint32(r, 108) // EMR_SMALLTEXTOUT
	le.PutUint32(r[4:], uint32(len(r)))
	le.PutUint32(r[16:], uint32(len(text)))
	le.PutUint32(r[20:], 0x300)
	copy(r[36:], text)
	return b
}

// Text that a picture draws is text, in a file, and deflated in a document or a
// presentation.
func TestDrawing(t *testing.T) {
	t.Parallel()
	le := binary.LittleEndian
	record := func(typ uint16, parts ...[]byte) []byte {
		body := slices.Concat(parts...)
		b := le.AppendUint16(le.AppendUint16(nil, 0x3d4<<4), typ)
		return append(le.AppendUint32(b, uint32(len(body))), body...)
	}
	show := func(picture []byte) []byte {
		d := &cfb.Dir{}
		d.Add("PowerPoint Document", record(0x0fa0, []byte("a\x00")))
		d.Add("Current User", make([]byte, 20))
		d.Add("Pictures", record(0xf01a, make([]byte, 50), picture))
		return cfb.Write(d)
	}
	write := func(picture []byte) []byte {
		f, err := cfb.Open(sample.Doc().Data)
		if err != nil {
			t.Fatal(err)
		}
		d := &cfb.Dir{}
		for _, name := range []string{"WordDocument", "1Table"} {
			d.Add(name, f.Root.Stream(name).Bytes())
		}
		d.Add("Data", append(make([]byte, 68), record(0xf01a, make([]byte, 50), picture)...))
		return cfb.Write(d)
	}
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write(drawn("text of a chart")) // to memory
	_ = w.Close()
	for _, c := range []struct {
		name    string
		data    []byte
		part    string
		corrupt bool
	}{
		{"a.emf", drawn("text of a chart"), "2", false},
		{"a.ppt", show(z.Bytes()), "2/1", false},
		{"a.doc", write(z.Bytes()), "2/1", false},
		{"b.ppt", show(z.Bytes()[:len(z.Bytes())-4]), "2/1", true},
	} {
		_, r := readString(t, attached(c.name, octets, c.data), budget.Default())
		if !slices.ContainsFunc(r.Texts, func(x Text) bool {
			return x.Part == c.part && x.Where == InAttachment && x.Body == "text of a chart"
		}) {
			t.Errorf("%s: no text in %v", c.name, r.Texts)
		}
		if damaged := slices.ContainsFunc(r.Skipped, func(s budget.Skip) bool { return s.Reason == budget.Corrupt && s.Detail == "picture" }); damaged != c.corrupt {
			t.Errorf("%s: %v", c.name, r.Skipped)
		}
	}
}
