package strictyaml

import "reflect"

// SetDefaults fills what out, a pointer to a struct, points to with the
// default tags of its fields and of the structs in it. Fields that have a value
// already keep it.
func SetDefaults(out any) Problems {
	d := NewDecoder()
	v := reflect.ValueOf(out)
	if v.Kind() == reflect.Pointer && !v.IsNil() {
		d.applyDefaults(v.Elem())
	}
	return d.Problems()
}

// applyDefaults does what SetDefaults does. It does not follow pointers, lists
// and maps: what is not there has no defaults.
func (d *Decoder) applyDefaults(v reflect.Value) {
	t := v.Type()
	if t.Kind() != reflect.Struct || isScalar(t) || t == posType {
		return
	}
	for _, f := range d.fieldsOf(t) {
		w := v.FieldByIndex(f.index)
		if !f.hasDef {
			d.applyDefaults(w)
			continue
		}
		if !w.IsZero() {
			continue
		}
		n, problems := Parse("default of "+f.name, []byte(f.def))
		for _, p := range problems {
			d.problems.add(p)
		}
		d.value(n, w, f.rules)
	}
}
