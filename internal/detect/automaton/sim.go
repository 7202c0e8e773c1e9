package automaton

import "labelmilter/internal/match/fold"

// Sim simulates programs. It is not safe for concurrent use.
type Sim struct {
	cur, next []int32
	mark      []uint32 // per instruction: generation in which it was added
	gen       uint32
}

// Ends calls f with the end of every match that begins at start and is at
// most maxLen long, shortest first, until f gives false. It gives the number
// of steps taken.
func (m *Sim) Ends(p *Prog, x *fold.Text, start, maxLen int, f func(end int) bool) (steps int) {
	shadow := x.Shadow
	if len(m.mark) < len(p.insts) {
		m.mark = make([]uint32, len(p.insts))
		m.gen = 0
	}
	m.cur = append(m.cur[:0], p.start)
	prev := Before(shadow, start)
	for i := start; ; i++ {
		next := At(shadow, i)
		m.gen++
		if m.gen == 0 { // wrapped
			clear(m.mark)
			m.gen = 1
		}
		m.next = m.next[:0]
		accepted := false
		stack, mark, gen := m.cur, m.mark, m.gen
		for len(stack) > 0 {
			pc := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for pc >= 0 && mark[pc] != gen {
				mark[pc] = gen
				steps++
				in := &p.insts[pc]
				pc = -1
				switch in.op {
				case opMatch:
					accepted = true
				case opSplit:
					stack = append(stack, in.arg)
					pc = in.out
				case opNop:
					pc = in.out
				case opCond:
					if in.cond.holds(prev, next) {
						pc = in.out
					}
				case opClass:
					if i < len(shadow) && p.classes[in.class].has(x, i) {
						m.next = append(m.next, in.out)
					}
				}
			}
		}
		m.cur = stack
		if accepted && !f(i) || len(m.next) == 0 || i-start >= maxLen {
			return steps
		}
		m.cur, m.next = m.next, m.cur
		prev = next
	}
}
