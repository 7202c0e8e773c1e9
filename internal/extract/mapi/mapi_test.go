package mapi

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/document/documenttest"
)

func unhex(t testing.TB, s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The examples of MS-OXRTFCP 4.1.
var examples = [][2]string{
	{"2d 00 00 00 2b 00 00 00 4c 5a 46 75 f1 c5 c7 a7 03 00 0a 00 72 63 70 67 31 32 35 42 32 0a f3 20 68 65 6c 09 00 20 62 77 05 b0 6c 64 7d 0a 80 0f a0",
		"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"},
	{"1a 00 00 00 1c 00 00 00 4c 5a 46 75 e2 d4 4b 51 41 00 04 20 57 58 59 5a 0d 6e 7d 01 0e b0", "{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"},
}

func TestRTF(t *testing.T) {
	t.Parallel()
	for _, e := range examples {
		got, err := RTF(unhex(t, e[0]), &documenttest.Sink{})
		if err != nil || string(got) != e[1] {
			t.Errorf("got %q, %v; want %q", got, err, e[1])
		}
	}
	if _, err := RTF(unhex(t, examples[0][0])[:30], &documenttest.Sink{}); err == nil {
		t.Error("cut: no error")
	}
}

func TestGive(t *testing.T) {
	t.Parallel()
	const id = "11111111-2222-4333-8444-555555555555"
	var h documenttest.Sink
	m := Message{Class: "IPM.Note", Headers: "X-Protective-Marking: SEC=OFFICIAL,\r\n ORIGIN=a@b.gov.au\r\nSubject: =?utf-8?q?caf=C3=A9?=\r\nno field\r\nmsip_labels: MSIP_Label_" + id + "_Enabled=True; MSIP_Label_" + id + "_Name=X\r\n",
		Recipients: []Recipient{{2, "B", "b@c.example"}}, Body: "hello world", RTF: unhex(t, examples[0][0])}
	m.Give(&h)
	want := []document.Property{{Source: "mail", Name: "X-Protective-Marking", Value: "SEC=OFFICIAL, ORIGIN=a@b.gov.au"}, {Source: "mail", Name: "Subject", Value: "café"},
		{Source: "mail", Name: "msip_labels", Value: "MSIP_Label_" + id + "_Enabled=True; MSIP_Label_" + id + "_Name=X"}, {Source: "mail", Name: "Cc", Value: "B <b@c.example>"}}
	if d := cmp.Diff(want, h.Properties); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]document.Label{{Source: "property", ID: id, Name: "X", Enabled: true}}, h.Labels); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"hello world"}, h.Shown); d != "" { // RTF says the same
		t.Error(d)
	}
}

func FuzzRTF(f *testing.F) {
	for _, e := range examples {
		f.Add(unhex(f, e[0]))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var h documenttest.Sink
		if out, _ := RTF(b, &h); len(out) > 9*len(b) {
			t.Fatalf("%d bytes from %d", len(out), len(b))
		}
		m := Message{Headers: string(b), RTF: b}
		m.Give(&h)
		if err := h.Check(100*len(b) + 1024); err != nil {
			t.Fatal(err)
		}
	})
}
