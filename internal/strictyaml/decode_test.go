package strictyaml

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestDecode(t *testing.T) {
	t.Parallel()
	const text = `id: 0123
words: one
numbers: [1, 0x10, -3]
count: 7
ratio: 1
on: false
wait: 1d12h
until: 2026-12-31
max: 25MB
networks: [10.0.0.0/8, "2001:db8::/32", 192.0.2.1]
host: 192.0.2.7
names: {a: 1.10, no: yes, 5: ~}
self: {id: inner, mode: enforce}
selves:
  - id: first
    words: [no, 2012.3, true]
tree: {all: [a, {not: b}]}
any: [1, 1.5, x, ~, {a: true}]
raw: [x]
`
	var got everything
	if problems := Decode("f", []byte(text), &got); len(problems) > 0 {
		t.Fatalf("problems:\n%s", problems)
	}
	off := false
	raw := got.Raw
	got.Raw = nil
	want := everything{
		Pos: Pos{"f", 1, 1}, ID: "0123", Mode: "off", Words: []string{"one"}, Numbers: []int{1, 16, -3}, Count: 7, Ratio: 1,
		On: &off, Wait: 36 * time.Hour, Until: time.Date(2026, 12, 31, 0, 0, 0, 0, time.UTC), Max: 25e6,
		Networks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("192.0.2.1/32")},
		Host:     netip.MustParseAddr("192.0.2.7"),
		Names:    map[string]string{"a": "1.10", "no": "yes", "5": ""},
		Self:     &everything{Pos: Pos{"f", 13, 7}, ID: "inner", Mode: "enforce", Wait: 5 * time.Second},
		Selves:   []everything{{Pos: Pos{"f", 15, 5}, ID: "first", Mode: "off", Words: []string{"no", "2012.3", "true"}, Wait: 5 * time.Second}},
		Tree: tree{Pos: Pos{"f", 17, 7}, Op: "all", Kids: []tree{{Pos: Pos{"f", 17, 14}, Op: "a"},
			{Pos: Pos{"f", 17, 17}, Op: "not", Kids: []tree{{Pos: Pos{"f", 17, 23}, Op: "b"}}}}},
		Any: []any{int64(1), 1.5, "x", nil, map[string]any{"a": true}},
	}
	if d := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }),
		cmp.Comparer(func(a, b netip.Addr) bool { return a == b }), cmpopts.EquateEmpty()); d != "" {
		t.Error(d)
	}
	if raw == nil || raw.Kind() != Seq || raw.Pos() != (Pos{"f", 19, 6}) {
		t.Errorf("raw node: %+v", raw)
	}
}

func TestManyMistakes(t *testing.T) {
	t.Parallel()
	const text = `ids: x
mode: simulat
words: {a: b}
numbers: [1, two, 3]
count: 300
ratio: 1.5
wait: 90
until: 31/12/2026
networks: 10.0.0.1/8
on: "yes"
self: {id: x, words: [a, [b]]}
id: ok
id: again
max: 2 XB
tree: {al: [a]}
`
	want := strings.TrimPrefix(`
f:1:1: error: unknown key "ids" (did you mean "id"?)
f:2:7: error: unknown value "simulat" for mode (did you mean "simulate"?)
f:3:8: error: words: want a list of strings, found a map
f:4:14: error: numbers: want a whole number, found "two"
f:5:8: error: count: 300 is out of range
f:6:8: error: ratio: 1.5 is more than 1
f:7:7: error: wait: want a duration such as 5s or 7d, found 90 (add a unit: 90s)
f:8:8: error: until: want a date such as 2026-12-31 or a time such as 2026-12-31T09:00:00Z, found "31/12/2026"
f:9:11: error: networks: want a network such as 10.0.0.0/8 or 2001:db8::/32, found "10.0.0.1/8" (did you mean 10.0.0.0/8?)
f:10:5: error: on: want true or false, found "yes" (write true)
f:11:26: error: words: want a string, found a list
f:13:1: error: duplicate key "id", first in line 12 (remove one of the two)
f:14:6: error: max: want a size such as 25MB or 1MiB, found "2 XB"
f:15:8: error: unknown condition "al" (did you mean "all"?)`, "\n")
	var out everything
	problems := Decode("f", []byte(text), &out)
	if d := cmp.Diff(want, problems.String()); d != "" {
		t.Error(d)
	}
	if err := problems.Err(); err == nil || err.Error() != want {
		t.Errorf("error: %v", err)
	}
	if out.ID != "ok" || out.Self == nil || out.Self.ID != "x" {
		t.Errorf("what is sound was not decoded: %+v", out)
	}
}

func TestDecodeProblems(t *testing.T) {
	t.Parallel()
	type inner struct {
		Name string `yaml:"name,required" doc:"what it is called" example:"box"`
	}
	type base struct {
		Pos
		Kind string `yaml:"kind" enum:"red|green"`
	}
	type subject struct {
		base  `yaml:",inline"`
		List  []inner          `yaml:"list" min:"1" max:"2"`
		Map   map[string]inner `yaml:"map"`
		Flag  bool             `yaml:"flag" default:"true"`
		Small int8             `yaml:"small"`
		Un    uint             `yaml:"un"`
		Size  Size             `yaml:"size" min:"1kB" max:"1MB"`
		Enums []string         `yaml:"enums" enum:"alpha|beta"`
		F     float32          `yaml:"f"`
		When  time.Time        `yaml:"when"`
		Func  func()           `yaml:"func"`
	}
	for _, tc := range []struct{ name, text, want string }{
		{"sound", "kind: red\nlist: [{name: a}]\nmap: {x: {name: b}}\nflag: false\n", ""},
		{"scalar at the top", "hello", `f:1:1: error: want a map, found "hello"`},
		{"list at the top", "- a", `f:1:1: error: want a map, found a list`},
		{"missing", "list:\n  - {}\nmap:\n  a: {name: ''}\n  b: {name: }\n", `f:2:5: error: missing key "name" (what it is called, such as box)
f:4:13: error: "name" must not be empty (what it is called, such as box)
f:5:7: error: "name" must not be empty (what it is called, such as box)`},
		{"lengths", "list: []\n", "f:1:7: error: list: want at least 1 element, found 0"},
		{"too long", "list: [{name: a}, {name: b}, {name: c}]\n", "f:1:7: error: list: want at most 2 elements, found 3"},
		{"list of maps", "list: 5\nmap: [a]\n", "f:1:7: error: list: want a list of maps, found 5\nf:2:6: error: map: want a map, found a list"},
		{"one map is no list", "list: {name: a}\n", "f:1:7: error: list: want a list of maps, found a map"},
		{"numbers", "small: 128\nun: -1\nf: x\n", "f:1:8: error: small: 128 is out of range\nf:2:5: error: un: -1 is less than 0\nf:3:4: error: f: want a number, found \"x\""},
		{"more numbers", "small: 010\nun: '5'\nf: '1.5'\n", `f:1:8: error: small: a number with a leading zero, 010, can be read in two ways (remove the zero)
f:2:5: error: un: want a whole number, found "5" (remove the quotes)
f:3:4: error: f: want a number, found "1.5"`},
		{"fraction", "small: 1.5\nun: 99999999999999999999\n", "f:1:8: error: small: want a whole number, found 1.5\nf:2:5: error: un: 99999999999999999999 is out of range"},
		{"flag", "flag: 1\n", "f:1:7: error: flag: want true or false, found 1 (write true)"},
		{"sizes", "size: 10\n", "f:1:7: error: size: 10 is less than 1kB"},
		{"sizes above", "size: 1MiB\n", "f:1:7: error: size: 1MiB is more than 1MB"},
		{"enum", "kind: rde\nenums: [alpha, gamma]\n", `f:1:7: error: unknown value "rde" for kind (did you mean "red"?)
f:2:16: error: unknown value "gamma" for enums (known: alpha, beta)`},
		{"empty item", "enums:\n  - alpha\n  -\n", "f:3:3: error: enums: want a string, found nothing"},
		{"unknown without a near one", "zzz: 1\n", `f:1:1: error: unknown key "zzz" (known: kind, list, map, flag, small, un, size, enums, f, when, func)`},
		{"dates", "when: 2026-02-30\n", `f:1:7: error: when: want a date such as 2026-12-31 or a time such as 2026-12-31T09:00:00Z, found "2026-02-30"`},
		{"no way to decode", "func: x\n", "f:1:7: error: func: cannot decode into func()"},
		{"keys in broken files are not missing", "list:\n  - name: [\n", `f:2:11: error: "[" is not closed`},
		{"null is absent", "kind:\nlist: ~\nflag: null\n", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var out subject
			if d := cmp.Diff(tc.want, Decode("f", []byte(tc.text), &out).String()); d != "" {
				t.Error(d)
			}
			if !strings.Contains(tc.text, "flag: false") && !out.Flag {
				t.Error("the default was lost")
			}
		})
	}
	t.Run("nothing", func(t *testing.T) {
		t.Parallel()
		var out inner
		want := `f:1:1: error: missing key "name" (what it is called, such as box)`
		if d := cmp.Diff(want, Decode("f", nil, &out).String()); d != "" {
			t.Error(d)
		}
	})
}

// colour decodes itself from a word or a map.
type colour struct{ Name string }

func (c *colour) DecodeYAML(d *Decoder, n *Node) {
	if !d.Want(n, String, Map) {
		return
	}
	if n.Kind() == Map {
		if d.Keys(n, "name", "hue") && n.Get("name") != nil {
			d.Decode(n.Get("name"), &c.Name)
		}
		if h := n.Get("hue"); h != nil {
			d.Warn(h, "use name", "hue is old")
		}
		return
	}
	if d.OneOf(n, "colour", n.Text(), []string{"red", "green"}) {
		c.Name = n.Text()
	}
}

func TestDecodeItself(t *testing.T) {
	t.Parallel()
	var out struct {
		One  colour            `yaml:"one"`
		Two  *colour           `yaml:"two"`
		Many []colour          `yaml:"many"`
		Map  map[string]colour `yaml:"map"`
	}
	const text = "one: red\ntwo: {name: x, hue: 1}\nmany: [red, gren, [a]]\nmap: {a: {nam: x}, b: green}\n"
	want := `f:2:21: warning: hue is old (use name)
f:3:13: error: unknown colour "gren" (did you mean "green"?)
f:3:19: error: many: want a string or a map, found a list
f:4:11: error: unknown key "nam" (did you mean "name"?)`
	problems := Decode("f", []byte(text), &out)
	if d := cmp.Diff(want, problems.String()); d != "" {
		t.Error(d)
	}
	if out.One.Name != "red" || out.Two.Name != "x" || len(out.Many) != 3 || out.Map["b"].Name != "green" {
		t.Errorf("got %+v", out)
	}
	if !problems.HasErrors() {
		t.Error("no errors")
	}
	warning := Problems{{Severity: Warning, Message: "x"}}
	if warning.Err() != nil || warning.HasErrors() {
		t.Error("a warning is not an error")
	}
	var none *Problems
	if none != nil || errors.Is(Problems{}.Err(), errUnit) {
		t.Error("no problems are no error")
	}
}

func TestTooManyProblems(t *testing.T) {
	t.Parallel()
	var out struct {
		A []int `yaml:"a"`
	}
	problems := Decode("f", []byte("a:\n"+strings.Repeat("  - x\n", 5000)), &out)
	if len(problems) != maxProblems+1 {
		t.Errorf("%d problems are kept", len(problems))
	}
	if last := problems[maxProblems].Message; !strings.HasPrefix(last, "too many problems") {
		t.Errorf("the last one is %q", last)
	}
}

func TestNearest(t *testing.T) {
	t.Parallel()
	known := []string{"headers", "recipient", "max_connections", "state_dir", "id", "enforce"}
	for _, tc := range []struct{ word, want string }{
		{"header", "headers"}, {"recipeint", "recipient"}, {"maxConnections", "max_connections"}, {"state-dir", "state_dir"},
		{"stat_dri", "state_dir"}, {"ENFORCE", "enforce"}, {"xyz", ""}, {"", ""}, {"ix", ""}, {"ID", "id"},
		{strings.Repeat("x", 1000), ""},
	} {
		got, ok := Nearest(tc.word, known)
		if got != tc.want || ok != (tc.want != "") {
			t.Errorf("Nearest(%.20q) = %q, %v, want %q", tc.word, got, ok, tc.want)
		}
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		text string
		want Size
		out  string
	}{
		{"0", 0, "0B"}, {"1500", 1500, "1500B"}, {"60kB", 60000, "60kB"}, {"1KiB", 1024, "1KiB"}, {"25MB", 25e6, "25MB"},
		{"1 MiB", 1 << 20, "1MiB"}, {"1.5gb", 15e8, "1500MB"}, {"2TiB", 2 << 40, "2TiB"}, {"8388608TiB", -1, ""},
		{"99999999999999999999", -1, ""}, {"1XB", -1, ""}, {"MB", -1, ""}, {"-1", -1, ""}, {"1.5", -1, ""}, {"1e3", -1, ""}, {"", -1, ""}, {"1  MB", -1, ""},
	} {
		got, err := ParseSize(tc.text)
		if (err != nil) != (tc.want < 0) || err == nil && (got != tc.want || got.String() != tc.out) {
			t.Errorf("ParseSize(%q) = %d (%s), %v", tc.text, got, got, err)
		}
	}
	for _, tc := range []struct {
		text string
		want time.Duration
	}{
		{"5s", 5 * time.Second}, {"7d", 168 * time.Hour}, {"1w2d3h4m", 219*time.Hour + 4*time.Minute}, {"-1d", -24 * time.Hour}, {"0", 0},
		{"500ms", 500 * time.Millisecond}, {"5", -1}, {"d", -1}, {"1d-1h", -1}, {"--1d", -1}, {"999999999w", -1}, {"1d1d", -1}, {"", -1}, {"106751d24h", -1},
	} {
		got, err := ParseDuration(tc.text)
		if (err != nil) != (tc.want == -1) || err == nil && got != tc.want {
			t.Errorf("ParseDuration(%q) = %v, %v", tc.text, got, err)
		}
	}
}
