package policy

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
)

// Attachment is `attachment:`: one attachment fits all that is set. What
// archives, documents and attached messages hold counts as attachments of its
// own, and facts about it as facts about what holds it.
type Attachment struct {
	Name       []string // globs on any spelling of the name, lower case
	Extension  []string // without dot, lower case
	Type       []string // media type, declared or by the bytes; globs
	Size       *Range   // bytes, decoded
	Facts      []AttachmentFact
	Property   *Property
	Label      *LabelIs // of the attachment
	Unlabelled *bool    // a document that carries neither label nor marking
}

// AttachmentFact is something about an attachment that is to hold, or not to.
type AttachmentFact struct {
	Is   document.Fact
	Want bool
}

// Property tests a document property.
type Property struct {
	Name   []string // globs, lower case
	Values []string // lower case; none: any
	Text   TextMatch
}

// attached is one attachment, or something in one.
type attached struct {
	path     string   // section number
	names    []string // lower case
	declared string
	actual   string // media type by the bytes
	size     int64
	facts    []document.Fact // also of what is in it
}

// attachments lists what a message carries beside its text.
func (e *Evaluation) attachments() []attached {
	if e.listed {
		return e.attached
	}
	e.listed = true
	lines := map[string]int{} // part → index into Extract.Parts
	for i, p := range e.Extract.Parts {
		if _, ok := lines[p.Part]; !ok {
			lines[p.Part] = i
		}
	}
	from := map[string]bool{} // leaves of the message that are attachments
	body := map[string]bool{}
	var walk func(p *message.Part)
	walk = func(p *message.Part) {
		if p == nil {
			return
		}
		container := strings.HasPrefix(p.Type, "multipart/") && len(p.Children) > 0
		text := (p.Type == "text/plain" || p.Type == "text/html") && p.Disp != "attachment" && len(p.Names) == 0
		switch {
		case container:
		case text:
			body[p.Path] = true
		default:
			a := attached{path: p.Path, names: lowered(p.Names), declared: p.Type, size: int64(len(p.Raw))}
			if i, ok := lines[p.Path]; ok && p.IsLeaf() {
				a.actual, a.size = e.Extract.Parts[i].TrueType, e.Extract.Parts[i].Bytes
			}
			from[p.Path] = true
			e.attached = append(e.attached, a)
		}
		for _, k := range p.Children {
			walk(k)
		}
	}
	walk(e.Message.Root)
	for _, p := range e.Extract.Parts {
		if !from[p.Part] && !body[p.Part] {
			e.attached = append(e.attached, attached{path: p.Part, names: lowered(append([]string{p.Name}, p.OtherNames...)), declared: p.Type, actual: p.TrueType, size: p.Bytes})
		}
	}
	e.addFacts()
	return e.attached
}

// within reports whether a part is another one, or in it. Members of
// containers follow a slash, parts of attached messages a dot.
func within(part, of string) bool {
	rest, ok := strings.CutPrefix(part, of)
	return ok && (rest == "" || rest[0] == '/' || rest[0] == '.')
}

// addFacts notes what is known of each part at all that hold it.
func (e *Evaluation) addFacts() {
	at := make(map[string]int, len(e.attached))
	for i, a := range e.attached {
		at[a.path] = i
	}
	add := func(part string, f document.Fact) {
		enclosing(part, func(p string) bool {
			if i, ok := at[p]; ok && !slices.Contains(e.attached[i].facts, f) {
				e.attached[i].facts = append(e.attached[i].facts, f)
			}
			return false
		})
	}
	for _, p := range e.Extract.Parts {
		for _, f := range p.Facts {
			add(p.Part, f)
		}
	}
	for _, s := range e.Skipped {
		if f, ok := factOf[s.Reason]; ok {
			add(s.Part, f)
		}
	}
}

// factOf are the reasons that are facts about an attachment.
var factOf = map[budget.Reason]document.Fact{
	budget.Encrypted: document.Encrypted, budget.TypeMismatch: document.Mismatch, budget.ImageOnly: document.ImageOnly, budget.ZipAnomaly: document.Anomaly,
}

func (c Attachment) eval(e *Evaluation) set {
	n := 0
	for _, a := range e.attachments() {
		n++
		if c.fits(e, a) {
			e.saw("fits part %s", a.path)
			return e.all()
		}
	}
	e.saw("%d attachments, none fits", n)
	return e.none()
}

func (c Attachment) fits(e *Evaluation, a attached) bool {
	extension := func(n string) bool { return slices.Contains(c.Extension, strings.TrimPrefix(path.Ext(n), ".")) }
	switch {
	case len(c.Name) > 0 && !slices.ContainsFunc(a.names, func(n string) bool { return anyGlob(c.Name, n) }),
		len(c.Extension) > 0 && !slices.ContainsFunc(a.names, extension),
		len(c.Type) > 0 && !anyGlob(c.Type, a.declared) && (a.actual == "" || !anyGlob(c.Type, a.actual)),
		c.Size != nil && !c.Size.Has(a.size),
		slices.ContainsFunc(c.Facts, func(f AttachmentFact) bool { return slices.Contains(a.facts, f.Is) != f.Want }),
		c.Property != nil && !c.Property.fits(e, a.path):
		return false
	}
	if c.Label == nil && c.Unlabelled == nil {
		return true
	}
	carried := e.carried(a.path)
	if c.Label != nil && !slices.ContainsFunc(carried, func(a label.Assignment) bool {
		return (a.Label != nil || a.Outcome != label.Labelled) && c.Label.fits(a)
	}) {
		return false
	}
	return c.Unlabelled == nil || (carriesLabels(a) && len(carried) == 0) == *c.Unlabelled
}

// carried gives the labels of a part.
func (e *Evaluation) carried(part string) []label.Assignment {
	var out []label.Assignment
	for _, x := range e.Carried {
		if x.Part == part {
			out = append(out, x.Label)
		}
	}
	return out
}

// carriesLabels reports a type in which sensitivity labels are kept: Office
// documents of both generations, OpenDocument, PDF.
func carriesLabels(a attached) bool {
	for _, t := range []string{a.declared, a.actual} {
		switch {
		case t == "application/pdf", t == "application/msword", t == "application/x-ole-storage",
			strings.HasPrefix(t, "application/vnd.ms-excel"), strings.HasPrefix(t, "application/vnd.ms-powerpoint"),
			strings.HasPrefix(t, "application/vnd.ms-word"), strings.HasPrefix(t, "application/vnd.openxmlformats-officedocument."),
			strings.HasPrefix(t, "application/vnd.oasis.opendocument."):
			return true
		}
	}
	return false
}

func (p Property) fits(e *Evaluation, part string) bool {
	for _, x := range e.Extract.Properties {
		if !within(x.Part, part) || len(p.Name) > 0 && !anyGlob(p.Name, strings.ToLower(x.Name)) {
			continue
		}
		switch {
		case len(p.Values) == 0 && len(p.Text.Matchers) == 0,
			slices.Contains(p.Values, strings.ToLower(strings.TrimSpace(x.Value))),
			len(p.Text.Matchers) > 0 && p.Text.any(e, x.Value):
			return true
		}
	}
	return false
}

func lowered(in []string) []string {
	var out []string
	for _, s := range in {
		if s != "" {
			out = append(out, strings.ToLower(s))
		}
	}
	return out
}

func (c Attachment) String() string {
	var out []string
	add := func(key, format string, args ...any) { out = append(out, key+": "+fmt.Sprintf(format, args...)) }
	for _, kv := range []struct {
		k string
		v []string
	}{{"name", c.Name}, {"extension", c.Extension}, {"type", c.Type}} {
		if len(kv.v) > 0 {
			add(kv.k, "[%s]", strings.Join(kv.v, ", "))
		}
	}
	if c.Size != nil {
		add("size", "%s", c.Size)
	}
	for _, f := range c.Facts {
		add(string(f.Is), "%v", f.Want)
	}
	if p := c.Property; p != nil {
		s := "{name: [" + strings.Join(p.Name, ", ") + "]"
		if len(p.Values) > 0 {
			s += ", is: [" + strings.Join(p.Values, ", ") + "]"
		}
		if len(p.Text.Matchers) > 0 {
			s += ", " + p.Text.String()
		}
		add("property", "%s", s+"}")
	}
	if c.Label != nil {
		out = append(out, c.Label.String())
	}
	if c.Unlabelled != nil {
		add("unlabelled", "%v", *c.Unlabelled)
	}
	return "attachment: {" + strings.Join(out, ", ") + "}"
}
