package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// value decodes n into v, which can be set.
func (d *Decoder) value(n *Node, v reflect.Value, r rules) {
	if d.depth++; d.depth > 2*maxDepth {
		d.Problem(n, "", tooDeep)
		d.depth--
		return
	}
	defer func() { d.depth-- }()
	t := v.Type()
	switch {
	case t == reflect.PointerTo(nodeType):
		v.Set(reflect.ValueOf(n))
		return
	case decodesItself(t):
		v.Addr().Interface().(Unmarshaler).DecodeYAML(d, n)
		d.bounds(n, v, r)
		return
	case n.kind == Null:
		return // as good as absent
	case t.Kind() == reflect.Pointer:
		p := reflect.New(t.Elem())
		d.applyDefaults(p.Elem())
		d.value(n, p.Elem(), r)
		v.Set(p)
		return
	case isScalar(t):
		d.scalar(n, v, r)
		return
	}
	switch t.Kind() {
	case reflect.Struct:
		d.structure(n, v)
	case reflect.Slice:
		d.list(n, v, r)
	case reflect.Map:
		d.mapping(n, v, r)
	case reflect.Interface:
		if t.NumMethod() == 0 {
			v.Set(reflect.ValueOf(n.Plain()))
			return
		}
		fallthrough
	default:
		d.Problem(n, "", "%scannot decode into %s", n.label(), t)
	}
}

func (d *Decoder) structure(n *Node, v reflect.Value) {
	if n.kind != Map {
		d.mismatch(n, wanted(v.Type()))
		return
	}
	fields := d.fieldsOf(v.Type())
	setPos(v, n.pos)
	for _, e := range n.entries {
		i := slices.IndexFunc(fields, func(f field) bool { return f.name == e.Key.text })
		if i < 0 {
			d.Problem(e.Key, suggest(e.Key.text, keyNames(fields)), "unknown key %q", shorten(e.Key.text))
			continue
		}
		d.value(e.Value, v.FieldByIndex(fields[i].index), fields[i].rules)
	}
	if n.doc.broken {
		return // the key may be in what could not be read
	}
	for _, f := range fields {
		if !f.required {
			continue
		}
		switch given := n.Get(f.name); {
		case given == nil:
			d.Problem(n, f.fix(), "missing key %q", f.name)
		case given.kind == Null || given.text == "" && given.kind == String ||
			given.kind == Seq && len(given.items) == 0 || given.kind == Map && len(given.entries) == 0:
			d.Problem(given, f.fix(), "%q must not be empty", f.name)
		}
	}
}

// fix says what a required key is for.
func (f field) fix() string {
	switch {
	case f.doc != "" && f.example != "":
		return f.doc + ", such as " + f.example
	case f.example != "":
		return "such as " + f.example
	case len(f.rules.enum) > 0:
		return "one of " + strings.Join(f.rules.enum, ", ")
	}
	return f.doc
}

func (d *Decoder) list(n *Node, v reflect.Value, r rules) {
	elem := v.Type().Elem()
	items := n.items
	if n.kind != Seq {
		if !n.IsScalar() && !decodesItself(elem) || n.IsScalar() && !isScalar(deref(elem)) && !decodesItself(elem) {
			d.mismatch(n, wanted(v.Type()))
			return
		}
		items = []*Node{n}
	}
	if n.kind == Seq && !d.length(n, len(items), r) {
		return
	}
	out := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if item.kind == Null && elem.Kind() != reflect.Interface && elem.Kind() != reflect.Pointer && !decodesItself(elem) {
			d.Problem(item, "", "%swant %s, found nothing", item.label(), wanted(elem))
			continue
		}
		d.applyDefaults(out.Index(i))
		d.value(item, out.Index(i), rules{enum: r.enum})
	}
	v.Set(out)
}

// length checks the bounds of a list or map.
func (d *Decoder) length(n *Node, got int, r rules) bool {
	if low, err := parseInt(r.min); r.min != "" && err == nil && int64(got) < low {
		d.Problem(n, "", "%swant at least %s, found %d", n.label(), count(int(low), "element"), got)
		return false
	}
	if high, err := parseInt(r.max); r.max != "" && err == nil && int64(got) > high {
		d.Problem(n, "", "%swant at most %s, found %d", n.label(), count(int(high), "element"), got)
		return false
	}
	return true
}

func (d *Decoder) mapping(n *Node, v reflect.Value, r rules) {
	t := v.Type()
	if t.Key().Kind() != reflect.String {
		d.Problem(n, "", "%scannot decode into %s", n.label(), t)
		return
	}
	if n.kind != Map {
		d.mismatch(n, wanted(t))
		return
	}
	if !d.length(n, len(n.entries), r) {
		return
	}
	out := reflect.MakeMapWithSize(t, len(n.entries))
	for _, e := range n.entries {
		item := reflect.New(t.Elem()).Elem()
		d.applyDefaults(item)
		d.value(e.Value, item, rules{enum: r.enum})
		out.SetMapIndex(reflect.ValueOf(e.Key.text).Convert(t.Key()), item)
	}
	v.Set(out)
}

// Plain gives the node as nil, bool, int64, float64, string, []any or
// map[string]any. A number out of range or with a leading zero is a string.
func (n *Node) Plain() any {
	switch n.kind {
	case Bool:
		return strings.EqualFold(n.text, "true")
	case Int:
		if i, err := parseInt(n.text); err == nil {
			return i
		}
		return n.text
	case Float:
		if f, err := parseFloat(n.text); err == nil {
			return f
		}
		return n.text
	case String:
		return n.text
	case Seq:
		out := make([]any, len(n.items))
		for i, item := range n.items {
			out[i] = item.Plain()
		}
		return out
	case Map:
		out := make(map[string]any, len(n.entries))
		for _, e := range n.entries {
			out[e.Key.text] = e.Value.Plain()
		}
		return out
	}
	return nil
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}

// wanted says what a type wants to find.
func wanted(t reflect.Type) string {
	if s, ok := scalarName(t); ok {
		return s.one
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Slice:
		if s, ok := scalarName(deref(t.Elem())); ok {
			return "a list of " + s.many
		}
		switch deref(t.Elem()).Kind() {
		case reflect.Struct, reflect.Map:
			if !decodesItself(deref(t.Elem())) {
				return "a list of maps"
			}
		case reflect.Slice:
			return "a list of lists"
		}
		return "a list"
	case reflect.Map, reflect.Struct:
		return "a map"
	}
	return fmt.Sprint(t)
}
