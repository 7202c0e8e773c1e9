package document

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLabels(t *testing.T) {
	t.Parallel()
	const id = "0E0B4B3A-1111-4222-8333-444455556666"
	var l Labels
	for _, p := range [][2]string{
		{"MSIP_Label_" + id + "_Enabled", "true"},
		{"msip_label_" + id + "_SiteId", "{AAAAAAAA-0000-0000-0000-000000000000}"},
		{"MSIP_Label_" + id + "_Name", " OFFICIAL Sensitive "},
		{"MSIP_Label_" + id + "_Method", "Privileged"},
		{"MSIP_Label_" + id + "_ContentBits", "3"},
		{"MSIP_Label_" + id + "_SetDate", "2026-01-02T03:04:05Z"},
	} {
		if !l.Take(p[0], p[1]) {
			t.Errorf("%s: not taken", p[0])
		}
	}
	for _, n := range []string{"", "MSIP_Label_", "MSIP_Label_" + id, "MSIP_Label_" + id + "x", "Title", "MSIP_Label_zz0b4b3a-1111-4222-8333-444455556666_Name"} {
		if l.Take(n, "x") {
			t.Errorf("%q: taken", n)
		}
	}
	want := []Label{{Source: "property", ID: "0e0b4b3a-1111-4222-8333-444455556666", SiteID: "aaaaaaaa-0000-0000-0000-000000000000",
		Name: "OFFICIAL Sensitive", Method: "Privileged", SetDate: "2026-01-02T03:04:05Z", ContentBits: "3", Enabled: true}}
	if d := cmp.Diff(want, l.List()); d != "" {
		t.Error(d)
	}
}

func TestWriter(t *testing.T) {
	t.Parallel()
	w := NewWriter(100)
	w.Line()
	w.String("a")
	w.Tab()
	w.Line()
	w.Tab()
	w.String("b")
	w.Line()
	w.Cell()
	w.Space()
	w.String("c\xff")
	if got, want := w.Done(), "a\nb\tc\uFFFD"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	w = NewWriter(3)
	w.String("abcdef")
	w.String("x")
	if got := w.Done(); got != "abcd" || !w.Over() {
		t.Errorf("got %q", got)
	}
}
