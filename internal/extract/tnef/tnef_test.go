package tnef

import (
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/extract/document/documenttest"
	"labelmilter/internal/extract/testdata/gen/sample"
)

func read(b []byte) *documenttest.Sink {
	var h documenttest.Sink
	Read(b, &h)
	return &h
}

func TestRead(t *testing.T) {
	t.Parallel()
	h := read(sample.TNEF().Data)
	if len(h.Embedded) != 3 || h.Embedded[0].Type != "text/html" || h.Embedded[1].Names[0] != "note one.txt" || !strings.HasPrefix(string(h.Embedded[2].Data), "\x78\x9f\x3e\x22") {
		t.Errorf("%+v", h.Embedded)
	}
	if len(h.Labels) != 1 || !h.Labels[0].Enabled || len(h.Skips) > 0 {
		t.Errorf("%+v %v", h.Labels, h.Skips)
	}
	// What is behind the damage is lost, what is before it is not.
	b := slices.Clone(sample.TNEF().Data)
	if h := read(append(b, "garbage at the end"...)); len(h.Embedded) != 3 || len(h.Skips) == 0 {
		t.Errorf("garbage: %d embedded, %v", len(h.Embedded), h.Skips)
	}
	if h := read(b[:len(b)/2]); len(h.Properties) == 0 || len(h.Skips) == 0 {
		t.Errorf("cut: %v", h.Skips)
	}
}

func FuzzTNEF(f *testing.F) {
	f.Add(sample.TNEF().Data)
	f.Fuzz(func(t *testing.T, b []byte) {
		h := read(b)
		if err := h.Check(100*len(b) + 1024); err != nil {
			t.Fatal(err)
		}
	})
}
