package policy

import (
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
	"labelmilter/internal/marking"
)

// component is what a rule with per: part looks at alone: one attachment with
// all that is in it, or the message without its attachments. It is made once
// for all rules: a message can have thousands.
type component struct {
	part     string // section number of the attachment, "" for the rest
	texts    []extract.Text
	findings []detect.Finding
	types    map[string][]int
	markings []marking.Marking
	skipped  []budget.Skip
	attached []attached
}

// enclosing calls f with a section number and then with those of what holds
// it, until f is true. Members of containers follow a slash, parts of attached
// messages a dot.
func enclosing(part string, f func(string) bool) {
	for part != "" && !f(part) {
		part = part[:max(0, strings.LastIndexAny(part, "/."))]
	}
}

// components gives the components of a message: the rest first.
func (e *Evaluation) components() []component {
	if e.parted != nil {
		return e.parted
	}
	out := []component{{}}
	index := map[string]int{}
	of := func(part string) (k int) {
		enclosing(part, func(p string) (ok bool) { k, ok = index[p]; return ok })
		return k
	}
	for _, a := range e.attachments() { // what holds others stands before them
		if of(a.path) == 0 {
			index[a.path] = len(out)
			out = append(out, component{part: a.path})
		}
		c := &out[of(a.path)]
		c.attached = append(c.attached, a)
	}
	for _, t := range e.Extract.Texts {
		c := &out[of(t.Part)]
		c.texts = append(c.texts, t)
	}
	for _, f := range e.Findings {
		c := &out[of(f.Part)]
		c.findings = append(c.findings, f)
	}
	for _, m := range e.Markings {
		c := &out[of(m.Part)]
		c.markings = append(c.markings, m)
	}
	for _, s := range e.Skipped {
		c := &out[of(s.Part)]
		c.skipped = append(c.skipped, s)
	}
	e.parted = out
	return out
}

// alone evaluates with one component in sight.
func (e *Evaluation) alone(c *component, f func()) {
	in, types, attached := e.Input, e.types, e.attached
	e.Extract.Texts, e.Findings, e.Markings, e.Skipped, e.types, e.attached = c.texts, c.findings, c.markings, c.skipped, c.types, c.attached
	e.inPart = c.part != ""
	f()
	c.types = e.types
	e.Input, e.types, e.attached, e.inPart = in, types, attached, false
}
