package automaton

import "labelmilter/internal/match/fold"

// Sim simulates programs. It is not safe for concurrent use.
type Sim struct {
	cur, next []int32
	mark      []uint32 // per instruction: generation in which it was added
	gen       uint32
	stack     []int32
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
		m.stack = append(m.stack[:0], m.cur...)
		for len(m.stack) > 0 {
			pc := m.stack[len(m.stack)-1]
			m.stack = m.stack[:len(m.stack)-1]
			if m.mark[pc] == m.gen {
				continue
			}
			m.mark[pc] = m.gen
			steps++
			switch in := &p.insts[pc]; in.op {
			case opMatch:
				accepted = true
			case opSplit:
				m.stack = append(m.stack, in.out, in.arg)
			case opNop:
				m.stack = append(m.stack, in.out)
			case opCond:
				if in.cond.holds(prev, next) {
					m.stack = append(m.stack, in.out)
				}
			case opClass:
				if i < len(shadow) && p.classes[in.class].has(x, i) {
					m.next = append(m.next, in.out)
				}
			}
		}
		if accepted && !f(i) || len(m.next) == 0 || i-start >= maxLen {
			return steps
		}
		m.cur, m.next = m.next, m.cur
		prev = next
	}
}
