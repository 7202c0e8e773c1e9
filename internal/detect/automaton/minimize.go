package automaton

import "slices"

// minimizer makes the table of a builder small: states that lead to no match
// are dropped, states that behave the same become one, and so do classes.
//
// States are taken in the order in which a walk leaves them, so that all that
// one leads to are known: of an automaton without loops none is left that is
// the same as another (Revuz 1992). A state in a loop is told apart from the
// same state of another loop, which is right, only not always smallest.
type minimizer struct {
	b      *builder
	n      int     // classes
	useful []bool  // leads to a match
	same   []int32 // the state that stands for it; -1 before it is known
	kept   []int32 // those that stand for themselves
	byHash []int32 // kept states by the hash of their rows, 0: free
}

// minimize gives the table; start are the states it can begin in.
func (b *builder) minimize(start [kinds]int32) *Table {
	m := &minimizer{b: b, n: len(b.rep), useful: make([]bool, len(b.states)), same: make([]int32, len(b.states))}
	m.findUseful()
	for i := range m.same {
		m.same[i] = -1
	}
	m.same[0] = 0
	for size := 4; ; size *= 2 {
		if size > 2*len(b.states) {
			m.byHash = make([]int32, size)
			break
		}
	}
	for _, s := range start {
		m.walk(s)
	}
	for _, s := range m.kept {
		for c, q := range m.row(s) {
			m.row(s)[c] = m.same[q]
		}
	}
	return m.table(start)
}

func (m *minimizer) row(s int32) []int32 { return m.b.next[int(s)*m.n : (int(s)+1)*m.n] }

func (m *minimizer) findUseful() {
	for changed := true; changed; {
		changed = false
		for s := len(m.useful) - 1; s > 0; s-- {
			if m.useful[s] {
				continue
			}
			leads := func(q int32) bool { return m.useful[q] }
			if m.b.states[s].accept >= 0 || slices.ContainsFunc(m.row(int32(s)), leads) {
				m.useful[s], changed = true, true
			}
		}
	}
}

// walk visits what is reached from a state and has not been visited.
func (m *minimizer) walk(from int32) {
	const open = -2
	type place struct {
		s int32
		c int
	}
	var stack []place
	enter := func(s int32) {
		if m.same[s] != -1 {
			return
		}
		if !m.useful[s] {
			m.same[s] = 0
			return
		}
		m.same[s] = open
		stack = append(stack, place{s, 0})
	}
	enter(from)
	for len(stack) > 0 {
		at := &stack[len(stack)-1]
		if at.c < m.n {
			at.c++
			enter(m.row(at.s)[at.c-1])
			continue
		}
		s := at.s
		stack = stack[:len(stack)-1]
		m.leave(s)
	}
}

// leave finds the state that stands for s.
func (m *minimizer) leave(s int32) {
	row, accept := m.row(s), m.b.states[s].accept
	h := uint64(accept+1) * 0x9e3779b97f4a7c15
	for c, q := range row {
		if x := m.same[q]; x >= 0 {
			row[c], q = x, x
		}
		h = (h ^ uint64(q)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	for i := int(h) & (len(m.byHash) - 1); ; i = (i + 1) & (len(m.byHash) - 1) {
		o := m.byHash[i]
		if o == 0 {
			m.byHash[i], m.same[s] = s, s
			m.kept = append(m.kept, s)
			return
		}
		if m.b.states[o].accept == accept && slices.Equal(m.row(o), row) {
			m.same[s] = o
			return
		}
	}
}

// classes gives the number of each class of the builder among those that are
// left, and their number. Letters and digits, _, line feeds, EOT and the rest
// stay apart.
func (m *minimizer) classes() (number []uint8, n int) {
	hash := make([]uint64, m.n)
	for c, b := range m.b.rep {
		hash[c] = uint64(KindOf(b))
		if b == EOT {
			hash[c] = uint64(Edge)
		}
	}
	for _, s := range m.kept {
		for c, q := range m.row(s) {
			h := (hash[c] ^ uint64(q)) * 0x9e3779b97f4a7c15
			hash[c] = h ^ h>>29
		}
	}
	number = make([]uint8, m.n)
	var of []int // class of the builder for each number
	for c := range m.n {
		k := slices.IndexFunc(of, func(o int) bool { return hash[o] == hash[c] && m.alike(o, c) })
		if k < 0 {
			k = len(of)
			of = append(of, c)
		}
		number[c] = uint8(k)
	}
	return number, len(of)
}

func (m *minimizer) alike(a, b int) bool {
	x, y := m.b.rep[a], m.b.rep[b]
	if KindOf(x) != KindOf(y) || x == EOT || y == EOT {
		return false
	}
	return !slices.ContainsFunc(m.kept, func(s int32) bool { return m.row(s)[a] != m.row(s)[b] })
}

// table numbers the states, accepting ones last.
func (m *minimizer) table(start [kinds]int32) *Table {
	class, n := m.classes()
	t := &Table{Sets: m.b.sets}
	for c, old := range m.b.class {
		t.class[c] = class[old]
	}
	t.reps = t.findReps()
	t.size(n, len(m.kept)+1)
	number := make([]uint16, len(m.b.states))
	next := uint16(t.stride >> t.unit)
	slices.Sort(m.kept)
	for _, accepting := range [...]bool{false, true} {
		if accepting {
			t.first = next
		}
		for _, s := range m.kept {
			if a := m.b.states[s].accept; a >= 0 == accepting {
				number[s] = next
				next += uint16(t.stride >> t.unit)
				if accepting {
					t.set = append(t.set, a)
				}
			}
		}
	}
	for _, s := range m.kept {
		to := t.next[int(number[s])<<t.unit:]
		for c, q := range m.row(s) {
			to[class[c]] = number[q]
		}
	}
	for k := range kinds {
		t.Start[k] = number[m.same[start[k]]]
	}
	return t
}
