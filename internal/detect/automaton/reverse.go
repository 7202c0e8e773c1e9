package automaton

// Reversed makes the program that matches the same text read backwards. What
// begins with anything and is large as an automaton for that is often small
// from the other end.
func (p *Prog) Reversed() *Prog {
	r := &Prog{insts: make([]inst, len(p.insts)), classes: p.classes, exact: p.exact}
	// ways are the steps into each instruction, backwards; whoever is there
	// has matched all that comes behind it.
	ways := make([][]inst, len(p.insts))
	into := func(to int32, in inst) { ways[to] = append(ways[to], in) }
	for k, in := range p.insts {
		from := int32(k)
		switch in.op {
		case opMatch:
			r.start = from
		case opSplit:
			into(in.out, inst{op: opNop, out: from})
			into(in.arg, inst{op: opNop, out: from})
		case opNop:
			into(in.out, inst{op: opNop, out: from})
		case opCond:
			into(in.out, inst{op: opCond, cond: in.cond.mirrored(), out: from})
		case opClass:
			into(in.out, inst{op: opClass, class: in.class, out: from})
		}
	}
	into(p.start, inst{op: opMatch})
	for k, w := range ways {
		at := int32(k)
		for len(w) > 1 {
			n := int32(len(r.insts))
			r.insts = append(r.insts, w[0], inst{})
			r.insts[at] = inst{op: opSplit, out: n, arg: n + 1}
			at, w = n+1, w[1:]
		}
		if len(w) > 0 {
			r.insts[at] = w[0]
		}
	}
	return r
}

// mirrored gives the conditions as they look from the other side.
func (c cond) mirrored() cond {
	out := c & (wordBoundary | noWordBoundary)
	for _, p := range [...][2]cond{{beginText, endText}, {beginLine, endLine}, {freeBefore, freeAfter}} {
		if c&p[0] != 0 {
			out |= p[1]
		}
		if c&p[1] != 0 {
			out |= p[0]
		}
	}
	return out
}

// WholeReversed reports for the automaton of a reversed program whether the
// program matches from start to end, as if the text ended there.
func (t *Table) WholeReversed(shadow []byte, start, end int) bool {
	s := t.Start[Edge]
	for i := end - 1; i >= start; i-- {
		if s = t.Step(s, shadow[i]); s == 0 {
			return false
		}
	}
	before := byte(EOT)
	if start > 0 {
		before = shadow[start-1]
	}
	return t.Accepts(t.Step(s, before)) >= 0
}

// Precedes reports for the automaton of a reversed program whether the program
// matches up to a place, from at most so many characters before. It gives the
// number of steps.
func (t *Table) Precedes(shadow []byte, at, most int) (ok bool, steps int) {
	return t.away(shadow, t.Start[At(shadow, at)], at-1, -1, most)
}

// Follows reports whether some program matches from a place on, at most so many
// characters. It gives the number of steps.
func (t *Table) Follows(shadow []byte, at, most int) (ok bool, steps int) {
	return t.away(shadow, t.Start[Before(shadow, at)], at, 1, most)
}

// away runs from a state over the characters from i on, in one of the two
// directions, until some program has matched.
func (t *Table) away(shadow []byte, s uint16, i, direction, most int) (ok bool, steps int) {
	for n := 0; n <= most && s != 0; n++ {
		b := byte(EOT)
		if i >= 0 && i < len(shadow) {
			b = shadow[i]
		}
		s = t.Step(s, b)
		if n > 0 && t.Accepts(s) >= 0 {
			return true, n + 1
		}
		if b == EOT {
			return false, n + 1
		}
		steps++
		i += direction
	}
	return false, steps
}
