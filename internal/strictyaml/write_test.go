package strictyaml

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestMarshal(t *testing.T) {
	t.Parallel()
	off := false
	in := sample{
		ID: "0123", Mode: "off", Words: []string{"no", "a b", "x: y", "#", "- a", "it's", "\"q\"", "", "ä\n\t\x01", "a,b", "[x]", "inet:127.0.0.1:80", "é"},
		Count: 3, Wait: 36 * time.Minute, Size: 1536, Names: map[string]string{"b": "true", "a": "1.10", "x y": "~"},
		Inner:  sampleInner{Ratio: 0.25, Next: &sampleInner{Ratio: 1}},
		Inners: []sampleInner{{Ratio: 1e-9}, {}},
		Named: map[string]struct {
			On *bool `yaml:"on"`
		}{"n": {On: &off}},
	}
	text, err := Marshal(&in)
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "sample.yaml", text)
	var out sample
	if ps := Decode("f", text, &out); len(ps) > 0 {
		t.Error(ps)
	}
	if d := cmp.Diff(in, out, cmpopts.IgnoreUnexported(sampleTree{})); d != "" {
		t.Errorf("not the same: %s\n%s", d, text)
	}
	if _, err := Marshal(5); err == nil {
		t.Error("no error for a number")
	}
	if _, err := Marshal(struct {
		C chan int `yaml:"c"`
	}{make(chan int)}); err == nil {
		t.Error("no error for a channel")
	}
}

func FuzzQuote(f *testing.F) {
	for _, s := range []string{"", "a", "a b", "a: b", "no", "0x", "\\", "\u2028", "é\x00", "- ", "a:", ":a", "a #b", "*a", "a::b", " a", "a  b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		s = strings.ToValidUTF8(s, "")
		type word struct {
			W []string `yaml:"w"`
			X string   `yaml:"x"`
		}
		text, err := Marshal(word{[]string{s, "end"}, s})
		if err != nil {
			t.Fatal(err)
		}
		var out word
		if ps := Decode("f", text, &out); len(ps) > 0 || out.X != s || len(out.W) != 2 || out.W[0] != s {
			t.Errorf("%q as %s gives %q %q %v", s, text, out.X, out.W, ps)
		}
	})
}
