package policy

import (
	"fmt"
	"strings"

	"labelmilter/internal/extract"
	"labelmilter/internal/message"
)

// TextMatch tests a text: one of the matchers must match.
type TextMatch struct {
	Matchers []Matcher // words and regular expressions, alternatives
}

func (t TextMatch) any(e *Evaluation, text string) bool {
	for _, m := range t.Matchers {
		if e.matches(m, text) {
			return true
		}
	}
	return false
}

// String writes the matchers.
func (t TextMatch) String() string {
	var out []string
	for _, m := range t.Matchers {
		out = append(out, m.String())
	}
	return strings.Join(out, " | ")
}

// DirectionIs is `direction:`.
type DirectionIs struct{ Of []message.Direction }

func (c DirectionIs) eval(e *Evaluation) set {
	e.saw("%s", e.Direction)
	for _, d := range c.Of {
		if d == e.Direction {
			return e.all()
		}
	}
	return e.none()
}

// HeaderField is `header:` on all fields of a name, unfolded and decoded.
type HeaderField struct {
	Name   string // lower case
	Exists *bool
	Text   TextMatch // none: only Exists counts
}

func (c HeaderField) eval(e *Evaluation) set {
	values := e.header(c.Name)
	e.saw("%d fields", len(values))
	if c.Exists != nil && *c.Exists != (len(values) > 0) {
		return e.none()
	}
	if len(c.Text.Matchers) == 0 {
		return e.whole(c.Exists != nil || len(values) > 0)
	}
	for _, v := range values {
		if c.Text.any(e, v) {
			return e.all()
		}
	}
	return e.none()
}

// TextIn is `subject:`, `body:` and `text:`: the texts of some places.
type TextIn struct {
	Key   string // "subject", "body" or "text"
	Where []extract.Where
	Text  TextMatch
	// Chosen says that Where is not what the key stands for.
	Chosen bool
}

func (c TextIn) eval(e *Evaluation) set {
	n := 0
	for _, t := range e.Extract.Texts {
		if !c.covers(t.Where) {
			continue
		}
		n++
		if c.Text.any(e, t.Body) {
			e.saw("matched in part %q", t.Part)
			return e.all()
		}
	}
	e.saw("%d texts, none matched", n)
	return e.none()
}

func (c TextIn) covers(w extract.Where) bool {
	for _, x := range c.Where {
		if x == w {
			return true
		}
	}
	return false
}

func (c DirectionIs) String() string {
	var out []string
	for _, d := range c.Of {
		out = append(out, string(d))
	}
	return "direction: [" + strings.Join(out, ", ") + "]"
}

func (c HeaderField) String() string {
	s := "header: {name: " + c.Name
	if c.Exists != nil {
		s += fmt.Sprintf(", exists: %v", *c.Exists)
	}
	if len(c.Text.Matchers) > 0 {
		s += ", " + c.Text.String()
	}
	return s + "}"
}

func (c TextIn) String() string {
	if c.Chosen {
		return fmt.Sprintf("%s: {%s, where: %v}", c.Key, c.Text, c.Where)
	}
	return c.Key + ": {" + c.Text.String() + "}"
}
