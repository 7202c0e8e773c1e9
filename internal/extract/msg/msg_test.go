package msg

import (
	"slices"
	"testing"

	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document/documenttest"
	"labelmilter/internal/extract/testdata/gen/sample"
)

func made(t testing.TB) *cfb.Dir {
	f, err := cfb.Open(sample.Msg().Data)
	if err != nil {
		t.Fatal(err)
	}
	return f.Root
}

// What an attachment is, its properties say: a message in a storage, a file by
// value, or a path to somewhere else.
func TestAttachments(t *testing.T) {
	t.Parallel()
	d := made(t)
	ref := &cfb.Dir{Name: "__attach_version1.0_#00000002"}
	ref.Add("__properties_version1.0", slices.Concat(make([]byte, 8), []byte("\x03\x00\x05\x37\x06\x00\x00\x00\x04\x00\x00\x00\x00\x00\x00\x00")))
	ref.Add("__substg1.0_370D001E", []byte(`\\server\share\plan.doc`))
	d.Dirs = append(d.Dirs, ref)
	var h documenttest.Sink
	Read(d, &h)
	if len(h.Embedded) != 3 || h.Embedded[1].Names[0] != "note one.txt" || h.Embedded[1].Names[1] != "NOTE~1.TXT" {
		t.Fatalf("%d embedded: %+v", len(h.Embedded), h.Embedded)
	}
	if f, err := cfb.Open(h.Embedded[2].Data); err != nil || !Is(f.Root) {
		t.Errorf("the message within is none: %v", err)
	}
	if !slices.Contains(h.Hidden, `\\server\share\plan.doc`) || !slices.Contains(h.Skips, "external-body: attachment by reference") {
		t.Errorf("by reference: %q, %v", h.Hidden, h.Skips)
	}
}

func FuzzMessage(f *testing.F) {
	f.Add(sample.Msg().Data)
	f.Fuzz(func(t *testing.T, b []byte) {
		x, err := cfb.Open(b)
		if err != nil {
			return
		}
		var h documenttest.Sink
		Read(x.Root, &h)
		if err := h.Check(64 << 20); err != nil {
			t.Fatal(err)
		}
	})
}
