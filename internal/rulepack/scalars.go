package rulepack

import (
	"strconv"

	"labelmilter/internal/sit"
	"labelmilter/internal/strictyaml"
)

// confidence is high, medium, low or a number from 1 to 100.
type confidence int

func (c *confidence) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	if n.Kind() == strictyaml.Null {
		return
	}
	switch n.Text() {
	case "high":
		*c = sit.High
	case "medium":
		*c = sit.Medium
	case "low":
		*c = sit.Low
	default:
		v, err := strconv.Atoi(n.Text())
		if err != nil || v < 1 || v > 100 {
			d.Problem(n, "use high, medium, low or a number from 1 to 100", "%q is no confidence", n.Text())
			return
		}
		*c = confidence(v)
	}
}

// JSONSchema implements strictyaml.Schemer.
func (*confidence) JSONSchema() map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"enum": []any{"high", "medium", "low"}},
		map[string]any{"type": "integer", "minimum": 1, "maximum": 100}}}
}

// proximity is a number of characters or "unlimited".
type proximity int

func (p *proximity) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	switch {
	case n.Kind() == strictyaml.Null:
	case n.Text() == "unlimited":
		*p = sit.Unlimited
	default:
		v, err := strconv.Atoi(n.Text())
		if err != nil || v < 1 || v > 1_000_000 {
			d.Problem(n, "use a number of characters from 1 to 1000000, or unlimited", "%q is no proximity", n.Text())
			return
		}
		*p = proximity(v)
	}
}

// JSONSchema implements strictyaml.Schemer.
func (*proximity) JSONSchema() map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"const": "unlimited"},
		map[string]any{"type": "integer", "minimum": 1, "maximum": 1000000}}}
}

// values is a list of values or a reference to a named list.
type values struct {
	List   string
	Values []string
	nodes  []*strictyaml.Node
	node   *strictyaml.Node
}

func (v *values) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	v.node = n
	if n.Kind() == strictyaml.Map {
		if !d.Keys(n, "list") {
			return
		}
		v.List = n.Get("list").Text()
		return
	}
	if n.Kind() == strictyaml.Seq {
		v.nodes = n.Items()
	} else if n.Kind() != strictyaml.Null {
		v.nodes = []*strictyaml.Node{n}
	}
	for _, it := range v.nodes {
		if !it.IsScalar() {
			d.Problem(it, "", "want a string, found %s", it.Kind())
			continue
		}
		v.Values = append(v.Values, it.Text())
	}
}

// JSONSchema implements strictyaml.Schemer.
func (*values) JSONSchema() map[string]any {
	return map[string]any{"anyOf": []any{
		map[string]any{"type": "string"},
		map[string]any{"type": "array", "items": map[string]any{"type": "string"}},
		map[string]any{"type": "object", "properties": map[string]any{"list": map[string]any{"type": "string", "description": "id of a named list"}},
			"required": []any{"list"}, "additionalProperties": false}}}
}

// span is {at_least, at_most} or one number.
type span struct {
	AtLeast, AtMost *int64
}

func (s *span) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	read := func(n *strictyaml.Node) *int64 {
		v, err := strictyaml.ParseSize(n.Text())
		if err != nil || !n.IsScalar() {
			d.Problem(n, "use a number, or a size such as 25MB", "want a number, found %s %q", n.Kind(), n.Text())
			return nil
		}
		x := int64(v)
		return &x
	}
	if n.Kind() != strictyaml.Map {
		s.AtLeast = read(n)
		s.AtMost = s.AtLeast
		return
	}
	d.Keys(n, "at_least", "at_most")
	if x := n.Get("at_least"); x != nil {
		s.AtLeast = read(x)
	}
	if x := n.Get("at_most"); x != nil {
		s.AtMost = read(x)
	}
	if s.AtLeast != nil && s.AtMost != nil && *s.AtLeast > *s.AtMost {
		d.Problem(n, "", "at_least %d is above at_most %d: this never holds", *s.AtLeast, *s.AtMost)
	}
}

// JSONSchema implements strictyaml.Schemer.
func (*span) JSONSchema() map[string]any {
	num := map[string]any{"anyOf": []any{map[string]any{"type": "integer"}, map[string]any{"type": "string"}}}
	return map[string]any{"anyOf": []any{num, map[string]any{"type": "object", "additionalProperties": false,
		"properties": map[string]any{"at_least": num, "at_most": num}}}}
}
