package ppt

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
	"labelmilter/internal/extract/testdata/gen/sample"
)

func record(verInst, typ uint16, parts ...[]byte) []byte {
	body := slices.Concat(parts...)
	b := binary.LittleEndian.AppendUint16(nil, verInst)
	b = binary.LittleEndian.AppendUint16(b, typ)
	return append(binary.LittleEndian.AppendUint32(b, uint32(len(body))), body...)
}

func read(stream, user []byte) *documenttest.Sink {
	d := &cfb.Dir{}
	d.Add("PowerPoint Document", stream)
	d.Add("Current User", user)
	var h documenttest.Sink
	Read(d, &h)
	return &h
}

func TestRecords(t *testing.T) {
	t.Parallel()
	var z bytes.Buffer
	w := zlib.NewWriter(&z)
	_, _ = w.Write([]byte("an object")) // to memory
	_ = w.Close()
	h := read(slices.Concat(
		record(15, recDocument, record(0, recTextChars, []byte("a\x00\r\x00b\x00")), record(0, recTextBytes, []byte("c\xe9")), record(15, recLink, record(0x10, recString, []byte("u\x00")))),
		record(0x10, recOleObject, []byte{9, 0, 0, 0}, z.Bytes()), record(0x10, recOleObject, []byte{9, 0, 0, 0}, z.Bytes()[:12]),
		record(0, recVBAInfo, []byte{1, 0, 0, 0, 1, 0, 0, 0})), nil)
	if d := cmp.Diff([]string{"a\nb\ncé"}, h.Shown); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"u"}, h.Hidden); d != "" {
		t.Error(d)
	}
	if len(h.Embedded) == 0 || string(h.Embedded[0].Data) != "an object" {
		t.Errorf("%v", h.Embedded)
	}
	if d := cmp.Diff([]string{"corrupt: embedded object"}, h.Skips); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]document.Fact{document.Macros}, h.Facts); d != "" {
		t.Error(d)
	}
}

func streams(t testing.TB) (stream, user []byte) {
	f, err := cfb.Open(sample.Ppt().Data)
	if err != nil {
		t.Fatal(err)
	}
	return f.Root.Stream("PowerPoint Document").Bytes(), f.Root.Stream("Current User").Bytes()
}

func TestEncrypted(t *testing.T) {
	t.Parallel()
	stream, user := streams(t)
	user = slices.Clone(user)
	copy(user[12:], "\xdf\xc4\xd1\xf3")
	if h := read(stream, user); !slices.Contains(h.Facts, document.Encrypted) || len(h.Shown) > 0 {
		t.Errorf("%v %v", h.Facts, h.Shown)
	}
}

func FuzzPresentation(f *testing.F) {
	stream, user := streams(f)
	f.Add(stream, user)
	f.Fuzz(func(t *testing.T, stream, user []byte) {
		h := read(stream, user)
		if err := h.Check(20*len(stream) + 1024); err != nil {
			t.Fatal(err)
		}
	})
}
