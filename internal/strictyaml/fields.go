package strictyaml

import (
	"reflect"
	"strings"
)

// rules are the tags of a field that bound its values.
type rules struct {
	enum     []string
	min, max string
}

// field is one key of a struct.
type field struct {
	name     string
	index    []int
	typ      reflect.Type
	required bool
	rules    rules
	doc      string
	def      string
	hasDef   bool
	example  string
}

var (
	posType         = reflect.TypeFor[Pos]()
	nodeType        = reflect.TypeFor[Node]()
	unmarshalerType = reflect.TypeFor[Unmarshaler]()
)

// fieldsOf lists the keys of a struct type in order, those of inlined structs
// in their place.
func fieldsOf(t reflect.Type) []field {
	var out []field
	for i := range t.NumField() {
		f := t.Field(i)
		tag, tagged := f.Tag.Lookup("yaml")
		name, options, _ := strings.Cut(tag, ",")
		inline := hasOption(options, "inline") || f.Anonymous && !tagged
		if inline && f.Type.Kind() == reflect.Struct && f.Type != posType {
			for _, g := range fieldsOf(f.Type) {
				g.index = append([]int{i}, g.index...)
				out = append(out, g)
			}
			continue
		}
		if !tagged || name == "-" || name == "" || !f.IsExported() {
			continue
		}
		g := field{name: name, index: []int{i}, typ: f.Type, required: hasOption(options, "required"),
			doc: f.Tag.Get("doc"), example: f.Tag.Get("example"),
			rules: rules{min: f.Tag.Get("min"), max: f.Tag.Get("max")}}
		g.def, g.hasDef = f.Tag.Lookup("default")
		if e := f.Tag.Get("enum"); e != "" {
			g.rules.enum = strings.Split(e, "|")
		}
		out = append(out, g)
	}
	return out
}

func hasOption(options, want string) bool {
	for o := range strings.SplitSeq(options, ",") {
		if o == want {
			return true
		}
	}
	return false
}

// setPos puts the place of a map into the fields of type Pos, also those of
// inlined structs.
func setPos(v reflect.Value, pos Pos) {
	t := v.Type()
	for i := range t.NumField() {
		f := t.Field(i)
		if !f.IsExported() && !f.Anonymous {
			continue
		}
		tag := f.Tag.Get("yaml")
		switch {
		case f.Type == posType && (f.Anonymous || tag == "-"):
			if v.Field(i).CanSet() {
				v.Field(i).Set(reflect.ValueOf(pos))
			}
		case f.Type.Kind() == reflect.Struct && (f.Anonymous && tag == "" || strings.HasSuffix(tag, ",inline")):
			setPos(v.Field(i), pos)
		}
	}
}

func keyNames(fields []field) []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

func (d *Decoder) fieldsOf(t reflect.Type) []field {
	fs, ok := d.fields[t]
	if !ok {
		fs = fieldsOf(t)
		d.fields[t] = fs
	}
	return fs
}

// decodesItself reports whether *t is an Unmarshaler.
func decodesItself(t reflect.Type) bool { return reflect.PointerTo(t).Implements(unmarshalerType) }
