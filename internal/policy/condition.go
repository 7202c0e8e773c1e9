// Package policy decides: it evaluates the conditions of policies and label
// rules against one message and says which rules matched, for which
// recipients, which of them take effect, and why.
//
// A condition is evaluated per recipient: conditions on the message have one
// value for all recipients, conditions on a recipient have one each. A rule
// matches when its condition holds, and its exception does not, for at least
// one recipient; those are the recipients it matched. A message without
// recipients is judged as if it had one that no recipient condition fits.
package policy

import (
	"fmt"
	"math/bits"
	"strings"
)

// Condition is one node of a condition tree. Conditions are immutable.
type Condition interface {
	// eval gives the recipients for which the condition holds.
	eval(e *Evaluation) set
	// String names the condition as written in YAML, on one line.
	String() string
}

// All holds when every child holds; an empty All holds.
type All []Condition

// Any holds when at least one child holds.
type Any []Condition

// Not holds when its child does not.
type Not struct{ C Condition }

// NOf holds when at least N children hold.
type NOf struct {
	N  int
	Of []Condition
}

func (c All) eval(e *Evaluation) set {
	out := e.all()
	for _, k := range c {
		s := e.run(k)
		out = out.and(s)
		if out.empty() && !e.tracing() {
			return out
		}
	}
	return out
}

func (c Any) eval(e *Evaluation) set {
	out := e.none()
	for _, k := range c {
		out = out.or(e.run(k))
		if out.full(e.n) && !e.tracing() {
			return out
		}
	}
	return out
}

func (c Not) eval(e *Evaluation) set { return e.run(c.C).not(e.n) }

func (c NOf) eval(e *Evaluation) set {
	count := make([]int, e.n)
	for _, k := range c.Of {
		s := e.run(k)
		for i := range count {
			if s.has(i) {
				count[i]++
			}
		}
	}
	return e.each(func(i int) bool { return count[i] >= c.N })
}

func (c All) String() string { return "all: " + list(c) }
func (c Any) String() string { return "any: " + list(c) }
func (c Not) String() string { return "not: {" + c.C.String() + "}" }
func (c NOf) String() string { return fmt.Sprintf("n_of: {n: %d, of: %s}", c.N, list(c.Of)) }

func list[T ~[]Condition](cs T) string {
	var out []string
	for _, c := range cs {
		out = append(out, "{"+c.String()+"}")
	}
	return "[" + strings.Join(out, ", ") + "]"
}

// set is a set of recipients by index.
type set []uint64

func newSet(n int) set { return make(set, (n+63)/64) }

func (s set) has(i int) bool { return s[i/64]&(1<<(i%64)) != 0 }
func (s set) add(i int)      { s[i/64] |= 1 << (i % 64) }

func (s set) and(t set) set {
	if s.within(t) {
		return s
	}
	if t.within(s) {
		return t
	}
	out := make(set, len(s))
	for i := range s {
		out[i] = s[i] & t[i]
	}
	return out
}

// within reports whether t has all that s has. Sets are not changed once they
// are given away, so one that is the answer already is given again.
func (s set) within(t set) bool {
	for i := range s {
		if s[i]&^t[i] != 0 {
			return false
		}
	}
	return true
}

func (s set) or(t set) set {
	if s.within(t) {
		return t
	}
	if t.within(s) {
		return s
	}
	out := make(set, len(s))
	for i := range s {
		out[i] = s[i] | t[i]
	}
	return out
}

func (s set) not(n int) set {
	out := make(set, len(s))
	for i := range s {
		out[i] = ^s[i]
	}
	if r := n % 64; r != 0 {
		out[len(out)-1] &= 1<<r - 1
	}
	return out
}

func (s set) empty() bool {
	for _, w := range s {
		if w != 0 {
			return false
		}
	}
	return true
}

func (s set) count() int {
	n := 0
	for _, w := range s {
		n += bits.OnesCount64(w)
	}
	return n
}

func (s set) full(n int) bool { return s.count() == n }
