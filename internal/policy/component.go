package policy

// Component is what a rule with per: part looks at alone: one attachment with
// all that is in it, or the message without its attachments.
type Component struct {
	Part string   // section number of the attachment, "" for the rest
	not  []string // for the rest: the attachments
}

// Components gives the components of a message: the rest first.
func (e *Evaluation) components() []Component {
	rest := Component{}
	var out []Component
	for _, a := range e.attachments() {
		inside := false
		for _, c := range out {
			inside = inside || within(a.path, c.Part)
		}
		if !inside {
			out = append(out, Component{Part: a.path})
			rest.not = append(rest.not, a.path)
		}
	}
	return append([]Component{rest}, out...)
}

// sees reports whether what stands in a part is looked at.
func (e *Evaluation) sees(part string) bool {
	c := e.component
	switch {
	case c == nil:
		return true
	case c.Part != "":
		return within(part, c.Part)
	}
	for _, p := range c.not {
		if within(part, p) {
			return false
		}
	}
	return true
}
