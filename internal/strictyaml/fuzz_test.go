package strictyaml

import (
	"net/netip"
	"testing"
	"time"
)

// tree is a type that contains itself and decodes itself.
type tree struct {
	Pos
	Op   string
	Kids []tree
}

func (t *tree) DecodeYAML(d *Decoder, n *Node) {
	t.Pos = n.Pos()
	if n.IsScalar() {
		t.Op = n.Text()
		return
	}
	for _, e := range n.Entries() {
		if d.OneOf(e.Key, "condition", e.Key.Text(), []string{"all", "any", "not"}) {
			t.Op = e.Key.Text()
			d.Decode(e.Value, &t.Kids)
		}
	}
}

type everything struct {
	Pos
	ID       string            `yaml:"id,required"`
	Mode     string            `yaml:"mode" enum:"off|simulate|enforce" default:"off"`
	Words    []string          `yaml:"words"`
	Numbers  []int             `yaml:"numbers" max:"5"`
	Count    uint8             `yaml:"count" max:"100"`
	Ratio    float64           `yaml:"ratio" min:"0" max:"1"`
	On       *bool             `yaml:"on"`
	Wait     time.Duration     `yaml:"wait" min:"1s" max:"7d" default:"5s"`
	Until    time.Time         `yaml:"until"`
	Max      Size              `yaml:"max" max:"1GB"`
	Networks []netip.Prefix    `yaml:"networks"`
	Host     netip.Addr        `yaml:"host"`
	Names    map[string]string `yaml:"names"`
	Self     *everything       `yaml:"self"`
	Selves   []everything      `yaml:"selves"`
	Tree     tree              `yaml:"tree"`
	Any      any               `yaml:"any"`
	Raw      *Node             `yaml:"raw"`
}

func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		"", "id: x", "id: [", "a: b: c", "- - -", "id: &a x\nwords: [*a, *a]", "<<: {id: y}", "id: \"\\x41\\u00e9\"",
		"id: |\n  x\n\n y", "id: >-\n  x\n  y\n", "{id: x, numbers: 3, self: {id: y}}", "tree: {all: [a, {not: b}]}",
		"id: x\nmode: enforec\nuntil: 2026-02-30\nmax: 3XB\nnetworks: [10.0.0.1/8]\n\tbad", "--- \nid: !!str 0123\n...\n",
		"id: 'it''s'\r\nany: {a: [1, 2.5, .inf, ~]}", "a:\n- b\n -c\n", "? a\n: b", "%YAML 1.2\n---\nid: x", "id: @x\nwords: `y`",
		"words:\n  - a\n  -\n  - [b]\nraw: *none", "id: \"\\\n x\"", "\ufeffid: x", "id: \x00\xff", "self: {self: {self: {id: 1}}}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var a, b everything
		first := Decode("f", data, &a)
		second := Decode("f", data, &b)
		if first.String() != second.String() {
			t.Errorf("two runs differ:\n%s\n%s", first, second)
		}
		if !first.HasErrors() && a.ID == "" {
			t.Error("a required key is missing, and no error")
		}
		for _, p := range first {
			if p.Line < 1 || p.Col < 1 || p.Message == "" {
				t.Errorf("bad problem %#v", p)
			}
		}
	})
}
