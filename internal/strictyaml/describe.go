package strictyaml

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// Describe lists every field of v's type as commented YAML: what it is, what
// it takes, and its default as the value. Fields without a default are
// commented out with their example. The result decodes into the same type.
func Describe(v any) string {
	t := reflect.TypeOf(v)
	if t == nil {
		return ""
	}
	var out strings.Builder
	w := describer{out: &out}
	w.fields(deref(t), "", false, nil)
	return out.String()
}

type describer struct{ out *strings.Builder }

// fields writes a struct below indent, which holds a "# " when the struct is
// commented out as a whole.
func (w describer) fields(t reflect.Type, indent string, commented bool, above []reflect.Type) {
	if slices.Contains(above, t) {
		return
	}
	above = append(above[:len(above):len(above)], t)
	for _, f := range fieldsOf(t) {
		w.comment(indent, f)
		elem, list, named := inner(f.typ)
		if elem.Kind() != reflect.Struct || isScalar(elem) || decodesItself(elem) || f.hasDef || slices.Contains(above, elem) {
			value, mark := f.def, ""
			if !f.hasDef {
				value = f.example
				if !commented {
					mark = "# "
				}
			}
			fmt.Fprintln(w.out, strings.TrimRight(indent+mark+f.name+": "+value, " "))
			continue
		}
		deeper, hidden := indent, commented
		if !hidden && (list || named || f.typ.Kind() == reflect.Pointer) {
			deeper, hidden = indent+"# ", true
		}
		fmt.Fprintf(w.out, "%s%s:\n", deeper, f.name)
		switch {
		case list:
			fmt.Fprintf(w.out, "%s  -\n", deeper)
			deeper += "  "
		case named:
			fmt.Fprintf(w.out, "%s  NAME:\n", deeper)
			deeper += "  "
		}
		w.fields(elem, deeper+"  ", hidden, above)
	}
}

func (w describer) comment(indent string, f field) {
	about := f.doc
	kind, _, _ := strings.Cut(wanted(f.typ), " such as ")
	if t := deref(f.typ); decodesItself(t) || t.Kind() == reflect.Struct && !isScalar(t) {
		kind = ""
	}
	if len(f.rules.enum) > 0 {
		kind = "one of " + strings.Join(f.rules.enum, ", ")
		if f.typ.Kind() == reflect.Slice {
			kind = "a list out of " + strings.Join(f.rules.enum, ", ")
		}
	}
	bounds := nonEmpty(kind, prefixed("at least ", f.rules.min), prefixed("at most ", f.rules.max))
	if f.required {
		bounds = append(bounds, "required")
	}
	details := strings.Join(bounds, ", ")
	switch {
	case about == "":
		about = details
	case details != "":
		about += " (" + details + ")"
	}
	if about == "" {
		return
	}
	for _, line := range wrap(about, 90) {
		fmt.Fprintf(w.out, "%s# %s\n", indent, line)
	}
}

// inner gives what a list, map or pointer is of.
func inner(t reflect.Type) (elem reflect.Type, list, named bool) {
	t = deref(t)
	if decodesItself(t) || isScalar(t) {
		return t, false, false
	}
	switch t.Kind() {
	case reflect.Slice:
		return deref(t.Elem()), true, false
	case reflect.Map:
		return deref(t.Elem()), false, true
	}
	return t, false, false
}

// wrap breaks text into lines of about width bytes.
func wrap(s string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(s) {
		if line != "" && len(line)+1+len(word) > width {
			lines = append(lines, line)
			line = ""
		}
		if line != "" {
			line += " "
		}
		line += word
	}
	return append(lines, line)
}
