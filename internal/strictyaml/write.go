package strictyaml

import (
	"bytes"
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Marshal writes v, a struct or a pointer to one, as YAML that Decode reads
// into the same value: all keys in the order of the fields, the keys of maps
// sorted. Zero values of fields without a default are left out. Types with
// MarshalText are written as that.
func Marshal(v any) ([]byte, error) {
	var w writer
	r := reflect.ValueOf(v)
	for r.Kind() == reflect.Pointer && !r.IsNil() {
		r = r.Elem()
	}
	if r.Kind() != reflect.Struct {
		return nil, fmt.Errorf("strictyaml: cannot write %T", v)
	}
	w.structure(r, 0)
	return w.out.Bytes(), w.err
}

type writer struct {
	out bytes.Buffer
	err error
}

func (w *writer) line(indent int, s string) {
	w.out.WriteString(strings.Repeat("  ", indent))
	w.out.WriteString(s)
	w.out.WriteByte('\n')
}

func (w *writer) structure(v reflect.Value, indent int) {
	for _, f := range fieldsOf(v.Type()) {
		if value := v.FieldByIndex(f.index); f.hasDef || !value.IsZero() {
			w.entry(f.name, value, indent)
		}
	}
}

// entry writes one key with its value.
func (w *writer) entry(key string, v reflect.Value, indent int) {
	if indent > maxDepth {
		w.err = fmt.Errorf("strictyaml: %s", tooDeep)
		return
	}
	for v.Kind() == reflect.Pointer || v.Kind() == reflect.Interface {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	if text, ok := w.scalar(v); ok {
		w.line(indent, quote(key)+": "+text)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		before := w.out.Len()
		w.line(indent, quote(key)+":")
		empty := w.out.Len()
		if w.structure(v, indent+1); w.out.Len() == empty {
			w.out.Truncate(before)
		}
	case reflect.Map:
		if v.IsNil() {
			return
		}
		if v.Len() == 0 {
			w.line(indent, quote(key)+": {}")
			return
		}
		w.line(indent, quote(key)+":")
		keys := v.MapKeys()
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, k := range keys {
			w.entry(k.String(), v.MapIndex(k), indent+1)
		}
	case reflect.Slice:
		w.list(key, v, indent)
	default:
		w.err = fmt.Errorf("strictyaml: %s: cannot write %s", key, v.Type())
	}
}

func (w *writer) list(key string, v reflect.Value, indent int) {
	if v.IsNil() {
		return
	}
	items := make([]string, v.Len())
	plain := true
	for i := range items {
		var ok bool
		items[i], ok = w.scalar(v.Index(i))
		plain = plain && ok
	}
	if plain {
		w.line(indent, quote(key)+": ["+strings.Join(items, ", ")+"]")
		return
	}
	w.line(indent, quote(key)+":")
	for i := range v.Len() {
		item := reflect.Indirect(v.Index(i))
		if item.Kind() != reflect.Struct {
			w.err = fmt.Errorf("strictyaml: %s: cannot write a list of %s", key, item.Type())
			return
		}
		before := w.out.Len()
		w.structure(item, indent+2)
		first := strings.TrimLeft(string(w.out.Bytes()[before:]), " ")
		w.out.Truncate(before)
		if first == "" {
			first = "{}\n"
		}
		w.out.WriteString(strings.Repeat("  ", indent+1) + "- " + first)
	}
}

// scalar gives the spelling of a scalar; false if v is none.
func (w *writer) scalar(v reflect.Value) (string, bool) {
	switch x := v.Interface().(type) {
	case time.Duration:
		return formatDuration(x), true
	case Size:
		return x.String(), true
	case time.Time:
		if x.Equal(x.Truncate(24*time.Hour)) && x.Location() == time.UTC {
			return x.Format(time.DateOnly), true
		}
		return x.Format(time.RFC3339Nano), true
	case encoding.TextMarshaler:
		text, err := x.MarshalText()
		if err != nil {
			w.err = fmt.Errorf("strictyaml: %w", err)
		}
		return quote(string(text)), true
	}
	switch v.Kind() {
	case reflect.String:
		return quote(v.String()), true
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()), true
	case reflect.Float32, reflect.Float64:
		if x := v.Float(); math.IsInf(x, 0) || math.IsNaN(x) {
			return map[bool]string{true: "-.inf", false: ".inf"}[x < 0], !math.IsNaN(x)
		}
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), true
	}
	switch {
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true
	}
	return "", false
}

// formatDuration is the shortest spelling that ParseDuration reads.
func formatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d != 0 && d%day == 0 {
		return strconv.FormatInt(int64(d/day), 10) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// quote writes a string plain when that reads back as the same string in lists
// too, else in double quotes.
func quote(s string) string {
	if resolve(s) == String && plainWord(s) {
		return s
	}
	var out strings.Builder
	out.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			out.WriteByte('\\')
			out.WriteRune(r)
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case r < ' ' || r >= 0x7f && r <= 0xa0:
			fmt.Fprintf(&out, `\x%02x`, r)
		case r == 0x2028 || r == 0x2029 || r == 0xfeff:
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
	return out.String()
}

// plainWord knows a safe part of what needs no quotes.
func plainWord(s string) bool {
	for i := range len(s) {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || isDigit(c) || c == '/' || c == '_' || c == '.':
		case i > 0 && strings.IndexByte("-@+=*", c) >= 0:
		case i > 0 && i+1 < len(s) && (c == ':' && s[i+1] != ':' || c == ' ' && s[i-1] != ' ' && s[i-1] != ':'):
		default:
			return false
		}
	}
	return true
}
