package oleps

import (
	"encoding/binary"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
)

var le = binary.LittleEndian

// stream is a property set stream with one set.
func stream(id string, props map[uint32][]byte, order ...uint32) []byte {
	b := make([]byte, 28)
	le.PutUint16(b, 0xfffe)
	le.PutUint32(b[24:], 1)
	b = append(b, id...)
	b = le.AppendUint32(b, 48)
	var head, body []byte
	for _, pid := range order {
		head = le.AppendUint32(head, pid)
		head = le.AppendUint32(head, uint32(8+8*len(order)+len(body)))
		body = append(body, props[pid]...)
		for len(body)%4 != 0 {
			body = append(body, 0)
		}
	}
	b = le.AppendUint32(b, uint32(8+len(head)+len(body)))
	b = le.AppendUint32(b, uint32(len(order)))
	return append(append(b, head...), body...)
}

func typed(t uint16, v ...byte) []byte { return append([]byte{byte(t), byte(t >> 8), 0, 0}, v...) }

func lpstr(s string) []byte {
	return typed(vtLPSTR, append(le.AppendUint32(nil, uint32(len(s)+1)), s+"\x00"...)...)
}

func page(n uint16) []byte { return typed(vtI2, byte(n), byte(n>>8)) }

func TestRead(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	dict := le.AppendUint32(nil, 3)
	for i, n := range []string{"MSIP_Label_" + id + "_Enabled", "MSIP_Label_" + id + "_Name", "Count"} {
		dict = le.AppendUint32(dict, uint32(i+2))
		dict = le.AppendUint32(dict, uint32(len(n)+1))
		dict = append(dict, n+"\x00"...)
	}
	vector := typed(vtVector|vtLPSTR, 2, 0, 0, 0, 2, 0, 0, 0, 'a', 0, 3, 0, 0, 0, 'b', 'c', 0)
	var h documenttest.Sink
	r := Reader{Sink: &h}
	r.Read(stream(summary, map[uint32][]byte{1: page(1251), 2: lpstr("\xcf\xf0"), 8: lpstr("x"), 12: typed(vtFileTime, 0, 0x80, 0x3e, 0xd5, 0xde, 0xb1, 0x9d, 0x01)}, 2, 1, 8, 12))
	r.Read(stream(documentSummary, map[uint32][]byte{1: page(1252), 13: vector, 15: lpstr("Firm")}, 1, 13, 15))
	r.Read(stream(userDefined, map[uint32][]byte{0: dict, 1: page(1252), 2: lpstr("true"), 3: lpstr("OFFICIAL"), 4: typed(vtI4, 7, 0, 0, 0)}, 0, 1, 2, 3, 4))
	r.Done()
	want := []document.Property{
		{Source: "core", Name: "title", Value: "Пр"}, {Source: "core", Name: "lastModifiedBy", Value: "x"}, {Source: "core", Name: "created", Value: "1970-01-01T00:00:00Z"},
		{Source: "app", Name: "TitlesOfParts", Value: "a\nbc"}, {Source: "app", Name: "Company", Value: "Firm"},
		{Source: "custom", Name: "MSIP_Label_" + id + "_Enabled", Value: "true"}, {Source: "custom", Name: "MSIP_Label_" + id + "_Name", Value: "OFFICIAL"}, {Source: "custom", Name: "Count", Value: "7"},
	}
	if d := cmp.Diff(want, h.Properties); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]document.Label{{Source: "property", ID: id, Name: "OFFICIAL", Enabled: true}}, h.Labels); d != "" {
		t.Error(d)
	}
	if len(h.Skips) > 0 {
		t.Error(h.Skips)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(stream(summary, map[uint32][]byte{1: page(1252), 2: lpstr("x")}, 1, 2))
	f.Add(stream(userDefined, map[uint32][]byte{0: {1, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 'n', 0}, 1: page(1200), 2: typed(vtVector|vtVariant, 1, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0)}, 0, 1, 2))
	f.Fuzz(func(t *testing.T, b []byte) {
		var h documenttest.Sink
		r := Reader{Sink: &h}
		r.Read(b)
		r.Done()
		// All properties may share one value.
		if err := h.Check(maxSets*maxText*3 + len(b) + 1<<20); err != nil {
			t.Fatal(err)
		}
	})
}
