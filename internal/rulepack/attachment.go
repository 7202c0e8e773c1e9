package rulepack

import (
	"strings"

	"labelmilter/internal/extract/document"
	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
)

// attachmentY is what an attachment is like; the action remove_attachment
// takes the same.
type attachmentY struct {
	strictyaml.Pos
	Name       []string   `yaml:"name" doc:"file names; * as wildcard, any case"`
	Extension  []string   `yaml:"extension" doc:"without dot, any case"`
	Type       []string   `yaml:"type" doc:"media types, declared or by the bytes; * as wildcard"`
	Size       *span      `yaml:"size" doc:"bytes of the file"`
	Encrypted  *bool      `yaml:"encrypted" doc:"it, or something in it, cannot be read without a key"`
	Signed     *bool      `yaml:"signed" doc:"it carries a digital signature; the signature is not checked"`
	Macros     *bool      `yaml:"macros" doc:"it holds code that the document may run"`
	Mismatch   *bool      `yaml:"mismatch" doc:"name or declared type contradict the bytes"`
	ImageOnly  *bool      `yaml:"image_only" doc:"images and next to no text"`
	Executable *bool      `yaml:"executable" doc:"a program, by the bytes"`
	Anomaly    *bool      `yaml:"anomaly" doc:"a container made to be read in two ways"`
	Property   *propertyY `yaml:"property" doc:"a document property"`
	Label      *carriedY  `yaml:"label" doc:"the label it carries: ids, or at_least and at_most"`
	Unlabelled *bool      `yaml:"unlabelled" doc:"a document of a kind that can carry a label, with neither label nor marking"`
}

type propertyY struct {
	strictyaml.Pos
	Name  []string `yaml:"name,required" doc:"property names; * as wildcard, any case"`
	Is    []string `yaml:"is" doc:"one of these values, any case"`
	textY `yaml:",inline"`
}

// carriedY is ids of labels, or a map.
type carriedY struct {
	labelRangeY
	node *strictyaml.Node
}

type labelRangeY struct {
	Is      []string `yaml:"is" doc:"ids of labels"`
	AtLeast string   `yaml:"at_least" doc:"this label or one that ranks higher"`
	AtMost  string   `yaml:"at_most" doc:"this label or one that ranks lower"`
}

func (l *carriedY) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	l.node = n
	if n.Kind() == strictyaml.Map {
		d.Decode(n, &l.labelRangeY)
		return
	}
	d.Decode(n, &l.Is)
}

// BuildSchema implements strictyaml.SchemaBuilder.
func (*carriedY) BuildSchema(g *strictyaml.SchemaGenerator) map[string]any {
	return map[string]any{"anyOf": []any{strictyaml.ListOf(map[string]any{"type": "string"}), g.Ref(labelRangeY{})}}
}

func (c *compiler) attachment(pack string, a *attachmentY) policy.Attachment {
	out := policy.Attachment{Name: lower(a.Name), Extension: lower(a.Extension), Type: lower(a.Type), Unlabelled: a.Unlabelled}
	for i, e := range out.Extension {
		out.Extension[i] = strings.TrimPrefix(e, ".")
	}
	if a.Size != nil {
		r := interval(a.Size)
		out.Size = &r
	}
	for _, f := range []struct {
		is   document.Fact
		want *bool
	}{{document.Encrypted, a.Encrypted}, {document.Signed, a.Signed}, {document.Macros, a.Macros}, {document.Mismatch, a.Mismatch},
		{document.ImageOnly, a.ImageOnly}, {document.Executable, a.Executable}, {document.Anomaly, a.Anomaly}} {
		if f.want != nil {
			out.Facts = append(out.Facts, policy.AttachmentFact{Is: f.is, Want: *f.want})
		}
	}
	if p := a.Property; p != nil {
		out.Property = &policy.Property{Name: lower(p.Name), Values: lower(p.Is), Text: policy.TextMatch{Matchers: c.matchers(pack, &p.textY)}}
	}
	if l := a.Label; l != nil {
		out.Label = c.labelRange(l.node, a.Pos, l.labelRangeY)
	}
	return out
}

// labelRange resolves labels.
func (c *compiler) labelRange(n *strictyaml.Node, pos strictyaml.Pos, y labelRangeY) *policy.LabelIs {
	out := &policy.LabelIs{}
	for _, id := range y.Is {
		if x := c.label(n, pos, id); x != nil {
			out.Is = append(out.Is, x.ID)
		}
	}
	if y.AtLeast != "" {
		out.AtLeast = c.label(n, pos, y.AtLeast)
	}
	if y.AtMost != "" {
		out.AtMost = c.label(n, pos, y.AtMost)
	}
	return out
}
