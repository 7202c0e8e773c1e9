package rulepack

import (
	"labelmilter/internal/marking"
	"labelmilter/internal/strictyaml"
)

// markingsY says how protective markings become labels.
type markingsY struct {
	strictyaml.Pos
	Scheme     string            `yaml:"scheme" enum:"au-epms|uk-gsc|nz-psr|us-cui" doc:"the marking scheme of the pack's labels: its words are read even where other schemes have the same"`
	Schemes    []schemeY         `yaml:"schemes" doc:"further schemes to read, by what only they write; a pack without labels adds to those of the catalogue's pack"`
	Ceiling    string            `yaml:"ceiling" doc:"highest class that may pass; anything above it is blocked; default PROTECTED, OFFICIAL-SENSITIVE, RESTRICTED or CUI"`
	IMMs       string            `yaml:"imms" enum:"first|all|highest" default:"first" doc:"several information management markers: the label of the first; a label that names all, else hold; or the highest label"`
	Historical map[string]string `yaml:"historical" doc:"label for each historical class or dissemination limiting marker; one without a row is held"`
	Types      string            `yaml:"types" doc:"prefix of types, one for each label with a marking, that stand for that marking in subject, text and attachments: <types>-<label id>" example:"au-marking"`
	Silent     string            `yaml:"silent" doc:"id of a list of sender domains whose mail, if its DKIM signature was verified, sets no label by markings in its text"`
}

// schemeY is a scheme's id, or {id, as}.
type schemeY struct {
	ID   string
	As   string
	node *strictyaml.Node
}

// How a further scheme is read.
const (
	asRead  = "read"  // it decides, through equivalence rows
	asClaim = "claim" // it is noted, conditions can test it, it decides nothing
)

// DecodeYAML implements strictyaml.Unmarshaler.
func (s *schemeY) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	s.node, s.As = n, asRead
	switch {
	case n.Kind() == strictyaml.Map:
		if !d.Keys(n, "id", "as") {
			return
		}
		if x := n.Get("id"); x != nil {
			s.ID = x.Text()
		}
		if x := n.Get("as"); x != nil {
			s.As = x.Text()
			d.OneOf(x, "way to read a scheme", s.As, []string{asRead, asClaim})
		}
	case n.IsScalar():
		s.ID = n.Text()
	default:
		d.Want(n, strictyaml.String, strictyaml.Map)
		return
	}
	d.OneOf(n, "marking scheme", s.ID, marking.SchemeIDs(false))
}

// JSONSchema implements strictyaml.Schemer.
func (*schemeY) JSONSchema() map[string]any {
	var ids []any
	for _, id := range marking.SchemeIDs(false) {
		ids = append(ids, id)
	}
	id := map[string]any{"enum": ids}
	return map[string]any{"anyOf": []any{id, map[string]any{"type": "object", "additionalProperties": false,
		"properties": map[string]any{"id": id, "as": map[string]any{"enum": []any{asRead, asClaim},
			"description": "read: it decides, through equivalence rows; claim: it is noted and decides nothing"}},
		"required": []any{"id"}}}}
}

// equivalenceY is one row of the table of equivalence.
type equivalenceY struct {
	strictyaml.Pos
	Scheme         string `yaml:"scheme,required" doc:"scheme of the marking"`
	Namespace      string `yaml:"namespace" doc:"its vocabulary: namespace, policy or class GUID; default any"`
	Classification string `yaml:"classification,required" doc:"its class, or a handling marker that names no class"`
	Label          string `yaml:"label" doc:"id of the label that stands for it"`
	Class          string `yaml:"class" doc:"instead of label: class of the catalogue's own scheme, which counts against the ceiling"`
	Confirmed      bool   `yaml:"confirmed" doc:"false: the message is held for review with the label as floor; true: the label is given"`
	Source         string `yaml:"source,required" doc:"where the equivalence comes from"`
}
