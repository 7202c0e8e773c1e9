package detect

import (
	"strconv"
	"strings"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
)

// beside is an expression for the characters that touch a match.
type beside struct {
	expr  string
	table *automaton.Table // reversed if it precedes
	prog  *automaton.Prog  // if the table would be large
	most  int              // characters it can match
}

// besideStates is the most states of the automaton of one.
const besideStates = 500

// beside gives nil if there is no expression, or a wrong one. Each is made once.
func (c *compiler) beside(field, expr string, fail func(field, value, err, fix string)) *beside {
	if expr == "" {
		return nil
	}
	if b := c.besides[field+expr]; b != nil {
		return b
	}
	p, err := match.Parse(expr, match.Options{})
	switch {
	case err != nil:
		reason, fix := explainRegex(err)
		fail(field, expr, reason, fix)
		return nil
	case p.Lane != match.Linear:
		fail(field, expr, "look-around in an exclusion", "write it without")
		return nil
	case p.Max < 0 || p.Max > MaxBeside:
		fail(field, expr, "reaches further than "+strconv.Itoa(MaxBeside)+" characters", "bound the repeats: {1,9} for +")
		return nil
	}
	b := &beside{expr: expr, most: p.Max}
	if b.prog, err = automaton.Compile(p.Linear, false, c.table); err != nil {
		fail(field, expr, "too large", "use smaller repeats")
		return nil
	}
	if strings.Contains(expr, `\x`) || strings.ContainsFunc(expr, func(r rune) bool { return r >= 0x80 }) {
		b.most = MaxBeside // folded, a character may be several
	}
	c.besides[field+expr] = b
	if prog := b.prog; prog.Exact() {
		if field == precededBy {
			prog = prog.Reversed()
		}
		if b.table = automaton.Build([]*automaton.Prog{prog}, besideStates); b.table != nil {
			b.prog = nil
		}
	}
	return b
}

// precededBy is the field of what stands before a match.
const precededBy = "preceded_by"

// precedes reports whether b matches text that ends where a match starts.
func (c *checker) precedes(b *beside, v *view, start int) (ok bool) {
	if b.table != nil {
		ok, steps := b.table.Precedes(v.Shadow, start, b.most)
		c.charge(steps)
		return ok
	}
	for n := 1; n <= b.most && n <= start && !ok; n++ {
		c.charge(c.sim.Ends(b.prog, &v.Text, start-n, n, func(e int) bool { ok = e == start; return true }))
	}
	return ok
}

// follows reports whether b matches text that starts where a match ends.
func (c *checker) follows(b *beside, v *view, end int) (ok bool) {
	if b.table != nil {
		ok, steps := b.table.Follows(v.Shadow, end, b.most)
		c.charge(steps)
		return ok
	}
	c.charge(c.sim.Ends(b.prog, &v.Text, end, b.most, func(e int) bool { ok = e > end; return !ok }))
	return ok
}

func (c *checker) charge(steps int) {
	if c.work != nil {
		c.work.Left -= int64(steps)
	}
}
