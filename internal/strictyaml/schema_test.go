package strictyaml

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

var update = flag.Bool("update", false, "rewrite golden files")

// sample has one field of each sort.
type sample struct {
	ID     string            `yaml:"id,required" doc:"the name" example:"box"`
	Mode   string            `yaml:"mode" enum:"off|simulate|enforce" default:"off" doc:"how far a rule goes"`
	Words  []string          `yaml:"words" min:"1" doc:"words that are looked for"`
	Count  int               `yaml:"count" min:"0" max:"100" default:"10"`
	Wait   time.Duration     `yaml:"wait" default:"5s" max:"1h" doc:"how long"`
	Size   Size              `yaml:"size" default:"25MB"`
	Names  map[string]string `yaml:"names"`
	Inner  sampleInner       `yaml:"inner" doc:"a part"`
	Inners []sampleInner     `yaml:"inners" doc:"parts"`
	Named  map[string]struct {
		On *bool `yaml:"on"`
	} `yaml:"named"`
	Tree sampleTree `yaml:"tree"`
}

type sampleInner struct {
	Ratio float64      `yaml:"ratio" min:"0" max:"1" default:"0.5" doc:"a part of one"`
	Next  *sampleInner `yaml:"next"`
}

type sampleTree struct{ tree }

func (*sampleTree) BuildSchema(g *SchemaGenerator) map[string]any {
	self := g.Ref(&sampleTree{})
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "string"},
		map[string]any{"type": "object", "additionalProperties": ListOf(self), "maxProperties": 1},
	}}
}

func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), string(got)); d != "" {
		t.Errorf("%s: %s", path, d)
	}
}

func TestSchema(t *testing.T) {
	t.Parallel()
	got, err := Schema(sample{}, "a sample")
	if err != nil {
		t.Fatal(err)
	}
	again, _ := Schema(&sample{}, "a sample")
	if !bytes.Equal(got, again) {
		t.Error("two runs differ")
	}
	golden(t, "sample.schema.json", got)
	if _, err := Schema(struct {
		C chan int `yaml:"c"`
	}{}, ""); err == nil {
		t.Error("no error for a channel")
	}

	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("sample.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("sample.json")
	if err != nil {
		t.Fatal(err)
	}
	// The schema and the decoder agree.
	for _, tc := range []struct {
		text string
		ok   bool
	}{
		{"id: x", true},
		{"id: x\nwords: one\nwait: 30m\nsize: 1MiB\nnames: {a: 5}\ninner: {ratio: 0.1, next: {ratio: 0}}\nnamed: {x: {on: true}}", true},
		{"id: x\nwords: [a, b]\nsize: 500\ntree: {all: [a, {not: b}]}", true},
		{"mode: off", false},
		{"id: x\nmode: on", false},
		{"id: x\ncount: 101", false},
		{"id: x\ncount: -1", false},
		{"id: x\nwords: []", false},
		{"id: x\nwait: 5 parsecs", false},
		{"id: x\nzzz: 1", false},
		{"id: x\ninners: [{ratio: 2}]", false},
		{"id: x\nnamed: {x: {on: 1}}", false},
		{"id: [x]", false},
	} {
		var out sample
		problems := Decode("f", []byte(tc.text), &out)
		if problems.HasErrors() == tc.ok {
			t.Errorf("%q: decoder: %v", tc.text, problems)
		}
		n, _ := Parse("f", []byte(tc.text))
		if err := schema.Validate(n.Plain()); (err == nil) != tc.ok {
			t.Errorf("%q: schema: %v", tc.text, err)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	got := Describe(sample{})
	golden(t, "sample.describe.yaml", []byte(got))
	var out sample
	problems := Decode("f", []byte("id: x\n"+got), &out)
	if len(problems) > 0 {
		t.Errorf("the description does not decode:\n%s", problems)
	}
	want := sample{ID: "x"}
	if ps := SetDefaults(&want); len(ps) > 0 {
		t.Error(ps)
	}
	if d := cmp.Diff(want, out, cmpopts.IgnoreUnexported(sampleTree{})); d != "" {
		t.Errorf("the description is not the defaults: %s", d)
	}
}
