package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
)

// Unmarshaler is a type that decodes itself. It is called for every value that
// is written, null included, with a pointer receiver to a zero or default
// value; what is wrong it reports to the decoder and goes on.
type Unmarshaler interface {
	DecodeYAML(d *Decoder, n *Node)
}

// Decoder fills Go values from nodes and collects what is wrong. It is not
// safe for concurrent use.
//
// Struct fields with a tag `yaml:"name"` are decoded, others are left alone.
// After the name, ",required" asks for the key and a value that is not empty;
// ",inline", on a struct, means that its keys stand in the same map. Further
// tags: enum:"a|b|c" (also for each element of a list), min:"0" and max:"10"
// (numbers, sizes, durations; the length of lists), default:"5s" (YAML; stands
// when the key is absent or has no value), doc:"what it is" and
// example:"10.0.0.0/8" (YAML, for the manual).
//
// Where a list of scalars is wanted, one scalar is a list of one. Strings take
// any scalar with its spelling in the file. A key without a value is as good
// as absent. Whole numbers, time.Duration ("5s", "7d"), time.Time (YYYY-MM-DD
// in UTC, RFC 3339), Size, netip.Prefix (an address is a network of one),
// encoding.TextUnmarshaler, pointers, slices, maps with string keys, any and
// *Node (the node itself) are known.
type Decoder struct {
	problems Problems
	fields   map[reflect.Type][]field
	depth    int
}

// NewDecoder gives a decoder without problems.
func NewDecoder() *Decoder { return &Decoder{fields: map[reflect.Type][]field{}} }

// Decode reads one YAML document into what out points to. Out is filled as far
// as possible whatever the problems.
func Decode(file string, data []byte, out any) Problems {
	root, problems := Parse(file, data)
	d := NewDecoder()
	for _, p := range problems {
		d.problems.add(p)
	}
	d.Decode(root, out)
	return d.Problems()
}

// Problems is everything reported so far, in order of place.
func (d *Decoder) Problems() Problems {
	ps := slices.Clone(d.problems)
	ps.Sort()
	return ps
}

// Add reports a problem found elsewhere, for callers that read several files
// with one decoder.
func (d *Decoder) Add(p Problem) { d.problems.add(p) }

// Problem reports an error at a node. Fix is what to do, "" if unknown.
func (d *Decoder) Problem(n *Node, fix, format string, args ...any) {
	d.report(n, Error, fix, format, args)
}

// Warn reports a warning at a node.
func (d *Decoder) Warn(n *Node, fix, format string, args ...any) {
	d.report(n, Warning, fix, format, args)
}

func (d *Decoder) report(n *Node, s Severity, fix, format string, args []any) {
	p := Problem{Severity: s, Message: fmt.Sprintf(format, args...), Fix: fix}
	if n != nil {
		p.Pos = n.pos
	}
	d.problems.add(p)
}

// OneOf reports whether value is one of known; if not, "unknown what" is a
// problem at n, with the nearest known value.
func (d *Decoder) OneOf(n *Node, what, value string, known []string) bool {
	if slices.Contains(known, value) {
		return true
	}
	d.Problem(n, suggest(value, known), "unknown %s %q", what, shorten(value))
	return false
}

// Keys reports every key of the map n that is not known; false if there was
// one or n is no map.
func (d *Decoder) Keys(n *Node, known ...string) bool {
	if !d.Want(n, Map) {
		return false
	}
	ok := true
	for _, e := range n.entries {
		ok = d.OneOf(e.Key, "key", e.Key.text, known) && ok
	}
	return ok
}

// Want reports whether n is of one of the kinds; if not, that is a problem.
func (d *Decoder) Want(n *Node, kinds ...Kind) bool {
	if slices.Contains(kinds, n.kind) {
		return true
	}
	want := ""
	for i, k := range kinds {
		switch {
		case i == 0:
		case i == len(kinds)-1:
			want += " or "
		default:
			want += ", "
		}
		want += k.String()
	}
	d.mismatch(n, want)
	return false
}

func (d *Decoder) mismatch(n *Node, want string) {
	d.Problem(n, "", "%swant %s, found %s", n.label(), want, n.found())
}

// label is the name of a node as the beginning of a message.
func (n *Node) label() string {
	if n.name == "" {
		return ""
	}
	return shorten(n.name) + ": "
}

// found says what a node is.
func (n *Node) found() string {
	switch n.kind {
	case Bool, Int, Float:
		return shorten(n.text)
	case String:
		return fmt.Sprintf("%q", shorten(n.text))
	}
	return n.kind.String()
}

// shorten keeps messages readable.
func shorten(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}

// Decode fills what out, a pointer that is not nil, points to. It reports
// whether no error was found in n.
func (d *Decoder) Decode(n *Node, out any) bool {
	before := len(d.problems)
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.IsNil() {
		d.Problem(n, "", "cannot decode into %T", out)
		return false
	}
	d.applyDefaults(v.Elem())
	if t := v.Elem().Type(); n.kind == Null && t.Kind() == reflect.Struct && !isScalar(t) && !decodesItself(t) {
		// Nothing at all is a map that lacks the required keys.
		empty := *n
		empty.kind = Map
		n = &empty
	}
	d.value(n, v.Elem(), rules{})
	return !d.problems[before:].HasErrors()
}
