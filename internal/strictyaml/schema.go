package strictyaml

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// Schemer is a self-decoding type that says what it takes, as JSON Schema.
type Schemer interface {
	JSONSchema() map[string]any
}

// SchemaBuilder is a self-decoding type whose schema refers to other types:
// Ref gives the reference to a Go value's type.
type SchemaBuilder interface {
	BuildSchema(g *SchemaGenerator) map[string]any
}

const draft = "https://json-schema.org/draft/2020-12/schema"

// Schema writes the JSON Schema (draft 2020-12) of the YAML that decodes into
// v's type. Equal types give equal bytes.
func Schema(v any, title string) ([]byte, error) {
	t := reflect.TypeOf(v)
	if t == nil {
		return nil, errors.New("strictyaml: no schema of nil")
	}
	g := &SchemaGenerator{names: map[reflect.Type]string{}, defs: map[string]any{}}
	root := g.schema(deref(t), rules{})
	if g.err != nil {
		return nil, g.err
	}
	root["$schema"] = draft
	if title != "" {
		root["title"] = title
	}
	if len(g.defs) > 0 {
		root["$defs"] = g.defs
	}
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	if err := e.Encode(root); err != nil {
		return nil, fmt.Errorf("strictyaml: schema: %w", err)
	}
	return out.Bytes(), nil
}

// SchemaGenerator collects the definitions of one schema.
type SchemaGenerator struct {
	names map[reflect.Type]string
	defs  map[string]any
	err   error
}

// Ref gives the schema of v's type, as a reference if the type has a name.
func (g *SchemaGenerator) Ref(v any) map[string]any {
	t := reflect.TypeOf(v)
	if t == nil {
		return map[string]any{}
	}
	return g.schema(deref(t), rules{})
}

// ListOf is a list of what item is, or one such value alone.
func ListOf(item map[string]any) map[string]any {
	return map[string]any{"anyOf": []any{item, map[string]any{"type": "array", "items": item}}}
}

func (g *SchemaGenerator) schema(t reflect.Type, r rules) map[string]any {
	switch {
	case t.Kind() == reflect.Pointer:
		return g.schema(t.Elem(), r)
	case t == nodeType:
		return map[string]any{}
	}
	self := reflect.New(t).Interface()
	switch s := self.(type) {
	case SchemaBuilder:
		return g.define(t, func() map[string]any { return s.BuildSchema(g) })
	case Schemer:
		return s.JSONSchema()
	case Unmarshaler:
		return map[string]any{}
	}
	if isScalar(t) {
		return scalarSchema(t, r)
	}
	switch t.Kind() {
	case reflect.Struct:
		if t.Name() == "" {
			return g.structure(t)
		}
		return g.define(t, func() map[string]any { return g.structure(t) })
	case reflect.Slice:
		elem := t.Elem()
		item := g.schema(elem, rules{enum: r.enum})
		list := map[string]any{"type": "array", "items": item}
		bound(list, "minItems", r.min)
		bound(list, "maxItems", r.max)
		if isScalar(deref(elem)) || decodesItself(deref(elem)) {
			return map[string]any{"anyOf": []any{item, list}}
		}
		return list
	case reflect.Map:
		return map[string]any{"type": "object", "additionalProperties": g.schema(t.Elem(), rules{enum: r.enum})}
	case reflect.Interface:
		return map[string]any{}
	}
	g.err = fmt.Errorf("strictyaml: no schema for %s", t)
	return map[string]any{}
}

// define puts a named type into $defs once, so that types may contain
// themselves.
func (g *SchemaGenerator) define(t reflect.Type, build func() map[string]any) map[string]any {
	name, ok := g.names[t]
	if !ok {
		name = t.Name()
		for i := 2; g.defs[name] != nil; i++ {
			name = fmt.Sprintf("%s%d", t.Name(), i)
		}
		g.names[t] = name
		g.defs[name] = map[string]any{}
		g.defs[name] = build()
	}
	return map[string]any{"$ref": "#/$defs/" + name}
}

func (g *SchemaGenerator) structure(t reflect.Type) map[string]any {
	properties := map[string]any{}
	var required []string
	for _, f := range fieldsOf(t) {
		p := g.schema(f.typ, f.rules)
		if f.doc != "" {
			p["description"] = f.doc
		}
		if f.hasDef {
			if n, problems := Parse("default", []byte(f.def)); !problems.HasErrors() {
				p["default"] = n.Plain()
			}
		}
		if f.example != "" {
			if n, problems := Parse("example", []byte(f.example)); !problems.HasErrors() {
				p["examples"] = []any{n.Plain()}
			}
		}
		properties[f.name] = p
		if f.required {
			required = append(required, f.name)
		}
	}
	out := map[string]any{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		out["required"] = required
	}
	return out
}

func scalarSchema(t reflect.Type, r rules) map[string]any {
	out := map[string]any{}
	switch t {
	case durationType:
		out["type"], out["pattern"] = "string", `^-?([0-9]+w)?([0-9]+d)?([0-9.]+(ns|us|µs|ms|s|m|h))*$`
	case timeType:
		out["type"], out["pattern"] = "string", `^[0-9]{4}-[0-9]{2}-[0-9]{2}(T.*)?$`
	case sizeType:
		out["type"], out["pattern"] = []any{"string", "integer"}, `^[0-9.]+ ?([kKmMgGtT]?i?[bB])?$`
	default:
		switch t.Kind() {
		case reflect.Bool:
			out["type"] = "boolean"
		case reflect.Float32, reflect.Float64:
			out["type"] = "number"
			number(out, r)
		case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64,
			reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
			out["type"] = "integer"
			if t.Kind() >= reflect.Uint && t.Kind() <= reflect.Uint64 {
				out["minimum"] = 0
			}
			number(out, r)
		default:
			// Any scalar is a string with its own spelling.
			out["type"] = []any{"string", "number", "boolean"}
			if len(r.enum) > 0 {
				out["type"] = "string"
			}
		}
	}
	if t == durationType || t == sizeType {
		if bounds := strings.Join(nonEmpty(prefixed("at least ", r.min), prefixed("at most ", r.max)), ", "); bounds != "" {
			out["$comment"] = bounds
		}
	}
	if len(r.enum) > 0 {
		out["enum"] = r.enum
	}
	return out
}

func number(out map[string]any, r rules) {
	bound(out, "minimum", r.min)
	bound(out, "maximum", r.max)
}

func bound(out map[string]any, key, text string) {
	if text != "" {
		out[key] = json.Number(text)
	}
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}

func nonEmpty(ss ...string) []string {
	var out []string
	for _, s := range ss {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}
