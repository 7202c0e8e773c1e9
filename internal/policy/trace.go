package policy

import "fmt"

// Trace is one node of an explanation: a condition, whether it held, and what
// was seen. It never holds mail content.
type Trace struct {
	Condition  string  `json:"condition"`
	Holds      bool    `json:"holds"`                // for at least one recipient
	Recipients int     `json:"recipients,omitempty"` // for how many, when not for all
	Saw        string  `json:"saw,omitempty"`
	Children   []Trace `json:"children,omitempty"`
}

type traceBuilder struct {
	stack []Trace
	root  *Trace
}

func (t *traceBuilder) open(c Condition) {
	name := c.String()
	switch c := c.(type) {
	case All:
		name = "all"
	case Any:
		name = "any"
	case Not:
		name = "not"
	case NOf:
		name = fmt.Sprintf("at least %d of", c.N)
	}
	t.stack = append(t.stack, Trace{Condition: name})
}

func (t *traceBuilder) close(s set, n int) {
	top := len(t.stack) - 1
	cur := t.stack[top]
	t.stack = t.stack[:top]
	k := s.count()
	cur.Holds = k > 0
	if k > 0 && k < n {
		cur.Recipients = k
	}
	if top == 0 {
		t.root = &cur
		return
	}
	t.stack[top-1].Children = append(t.stack[top-1].Children, cur)
}

func (t *traceBuilder) saw(format string, args ...any) {
	if top := len(t.stack) - 1; top >= 0 {
		t.stack[top].Saw = fmt.Sprintf(format, args...)
	}
}

// Explain evaluates a condition and gives the trace with the result.
func (e *Evaluation) Explain(c Condition) (bool, *Trace) {
	e.trace = &traceBuilder{}
	s := e.run(c)
	root := e.trace.root
	e.trace = nil
	return !s.empty(), root
}
