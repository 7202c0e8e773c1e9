package detect

import (
	"math/bits"
	"slices"

	"labelmilter/internal/detect/automaton"
)

// Long matches of many starts share their tails: an automaton that is in the
// same state at the same place goes on the same way. At every stride-th
// character the state is looked up in a memory, and only what was not there
// is run. So text made to keep automata alive costs a pass per state, not one
// per start.
const stride = 32

// alone is how far each start runs at least before its state is looked up:
// most of them die before.
const alone = 12

// memory is what one automaton has run over one text.
type memory struct {
	gen     uint32
	strides []memoStride
	nodes   []memoNode
	ends    []automaton.End
	chain   []int32
	runs    automaton.Runs // of nodes
	starts  [automaton.Abreast]memoStart
}

// memoStride lists the nodes at one place.
type memoStride struct {
	gen  uint32    // of the memory, else it has none
	head int32     // number of the first, -1 if none
	seen [4]uint64 // states that there are, mixed
}

// memoNode is the run of one stride from a place and state.
type memoNode struct {
	state    uint16
	explored bool
	sibling  int32 // next node at the same place, -1 if none
	next     int32 // node where it goes on, -1 if dead
	from, to int32 // into ends
}

// memoStart is a start that is run side by side with others.
type memoStart struct {
	at      int32
	goal    int32 // place of its first node
	node    int32 // number of that, -1 if it died before
	here    int32 // node that is being run, -1 if none
	steps   int
	worth   []uint64
	pending uint64 // programs that can match
}

// begin forgets what was run.
func (m *memory) begin(n int) {
	if k := n/stride + 3; k > len(m.strides) {
		m.strides = slices.Grow(m.strides, k-len(m.strides))[:k]
	}
	if m.gen++; m.gen == 0 { // wrapped
		clear(m.strides)
		m.gen = 1
	}
	m.nodes, m.ends = m.nodes[:0], m.ends[:0]
}

// node finds or makes the node for a state at a place.
func (m *memory) node(at int32, state uint16) int32 {
	p := &m.strides[at/stride]
	if p.gen != m.gen {
		*p = memoStride{gen: m.gen, head: -1}
	}
	mixed := state * 0x9e37 // numbers of states are multiples
	word, bit := &p.seen[mixed>>14], uint64(1)<<(mixed>>8&63)
	if *word&bit != 0 {
		for id := p.head; id >= 0; id = m.nodes[id].sibling {
			if m.nodes[id].state == state {
				return id
			}
		}
	}
	*word |= bit
	id := int32(len(m.nodes))
	m.nodes = append(m.nodes, memoNode{state: state, sibling: p.head, next: -1})
	p.head = id
	return id
}

// runMemo runs an automaton with memory from all starts.
func (s *scan) runMemo(l *lane, t *tableGroup, starts []int32) bool {
	m := &s.memo
	worth, block := s.all, int32(-1)
	wanted := t.wanted(worth)
	if wanted == 0 {
		return true
	}
	m.begin(s.n)
	n := 0
	for _, start := range starts {
		if l.needy && start/blockSize != block {
			block = start / blockSize
			worth = s.vicinityOf(l, int(start))
			wanted = t.wanted(worth)
		}
		if wanted == 0 || l.hope != nil && s.hopeless(l, start) {
			continue
		}
		kind := automaton.Before(s.buf, int(start))
		pending := t.reach[kind] & wanted
		if pending == 0 {
			continue
		}
		b := &m.starts[n] // by fields: a copy would wait for what was just stored
		b.at, b.goal, b.node, b.here, b.steps, b.worth, b.pending = start, 0, -1, -1, 0, worth, pending
		s.runs.Begin(n, start, start, t.Start[kind])
		if n++; n == automaton.Abreast {
			if !s.runMemoAbreast(t, n) {
				return false
			}
			n = 0
		}
	}
	return n == 0 || s.runMemoAbreast(t, n)
}

// runMemoAbreast runs an automaton from n starts side by side and tries what
// it gives in the order of starts.
func (s *scan) runMemoAbreast(t *tableGroup, n int) bool {
	m, r := &s.memo, &s.runs
	for k := n; k < automaton.Abreast; k++ {
		r.State[k] = 0
	}
	t.Advance(s.buf, r, alone)
	if r.Alive() {
		s.runOn(t, n)
	}
	for k := range n {
		b := &m.starts[k]
		b.steps += r.Steps[k]
		if b.node < 0 && len(r.Ends[k]) == 0 {
			s.work.Left -= int64(b.steps)
			continue
		}
		s.walk(t, b)
		s.gen++
		// Longest ends first, until every program has had its chance.
		pending := b.pending
		for c := len(m.chain) - 1; c >= 0 && pending != 0; c-- {
			x := &m.nodes[m.chain[c]]
			pending = s.tryAll(t, m.ends[x.from:x.to], b.at, b.worth, pending)
		}
		s.tryAll(t, r.Ends[k], b.at, b.worth, pending)
		if !s.take(b.steps) {
			return false
		}
	}
	return true
}

// runOn runs n starts to their first nodes, and then the nodes where none was
// before.
func (s *scan) runOn(t *tableGroup, n int) {
	m, r := &s.memo, &s.runs
	for k := range n {
		m.starts[k].goal = (m.starts[k].at + alone + stride - 1) / stride * stride
	}
	x := &m.runs
	x.State = [automaton.Abreast]uint16{}
	for most := int32(1); most > 0; {
		most = 0
		for k := range n {
			b := &m.starts[k]
			switch left := b.goal - r.At[k]; {
			case r.State[k] == 0:
			case left == 0:
				b.node = m.node(b.goal, r.State[k])
				m.enter(k, b.node, b.goal)
				r.State[k] = 0
			case most == 0 || left < most:
				most = left
			}
		}
		t.Advance(s.buf, r, int(most))
	}
	for x.Alive() {
		t.Advance(s.buf, x, stride)
		for k := range n {
			if here := m.starts[k].here; here >= 0 {
				m.starts[k].steps += stride
				next := m.leave(here, k)
				m.enter(k, next, x.At[k])
			}
		}
	}
}

// enter has run k go on from a node if nobody did.
func (m *memory) enter(k int, id, at int32) {
	b := &m.starts[k]
	m.runs.State[k], b.here = 0, -1
	if id < 0 || m.nodes[id].explored || at > b.at+MaxMatch {
		return
	}
	m.nodes[id].explored, b.here = true, id
	m.runs.Begin(k, at, -1, m.nodes[id].state)
}

// leave keeps what run k has given from a node on and gives the next node, -1
// if it died.
func (m *memory) leave(id int32, k int) (next int32) {
	r := &m.runs
	next = -1
	if r.State[k] != 0 {
		next = m.node(r.At[k], r.State[k])
	}
	x := &m.nodes[id]
	x.next, x.from = next, int32(len(m.ends))
	m.ends = append(m.ends, r.Ends[k]...)
	x.to = int32(len(m.ends))
	return next
}

// walk lists the nodes of a run. Those that no other went to, as they are too
// far from its start, are run now.
func (s *scan) walk(t *tableGroup, b *memoStart) {
	m := &s.memo
	m.chain = m.chain[:0]
	at := b.goal
	for id := b.node; id >= 0; id = m.nodes[id].next {
		m.chain = append(m.chain, id)
		if at > b.at+MaxMatch {
			return
		}
		if !m.nodes[id].explored {
			m.runs.State = [automaton.Abreast]uint16{}
			m.nodes[id].explored = true
			m.runs.Begin(0, at, -1, m.nodes[id].state)
			t.Advance(s.buf, &m.runs, stride)
			m.leave(id, 0)
			b.steps += stride
		}
		at += stride
		b.steps++
	}
}

// tryAll tries ends, last first, and gives the programs still pending.
func (s *scan) tryAll(t *tableGroup, ends []automaton.End, start int32, worth []uint64, pending uint64) uint64 {
	for k := len(ends) - 1; k >= 0 && pending != 0; k-- {
		mask := t.masks[ends[k].Set] & pending
		if mask == 0 || ends[k].Pos > start+MaxMatch {
			continue
		}
		for ; mask != 0; mask &= mask - 1 {
			p := bits.TrailingZeros64(mask)
			id := t.progs[p]
			if s.resolved[id] != s.gen {
				s.tryMatcher(id, start, ends[k].Pos)
			}
			if s.resolved[id] == s.gen {
				pending &^= 1 << p
			}
		}
	}
	return pending
}

// wanted gives the programs whose matchers are worth running.
func (t *tableGroup) wanted(worth []uint64) (m uint64) {
	for p, id := range t.progs {
		m |= (worth[id>>6] >> (id & 63) & 1) << p
	}
	return m
}
