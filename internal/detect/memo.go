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

// memory is what one automaton has run over one text.
type memory struct {
	heads []int32  // per stride: number of the first node from 1 on, 0 if none
	seen  []uint64 // per stride: states that there are, by their last bits
	nodes []memoNode
	ends  []automaton.End
	chain []int32
	first []automaton.End
}

// memoNode is the run of one stride from a place and state.
type memoNode struct {
	state    uint16
	explored bool
	sibling  int32 // next node at the same place, -1 if none
	next     int32 // node where it goes on, -1 if dead
	from, to int32 // into ends
}

func (m *memory) reset(n int) {
	heads := n/stride + 2
	m.heads = slices.Grow(m.heads[:0], heads)[:heads]
	m.seen = slices.Grow(m.seen[:0], heads)[:heads]
	clear(m.heads)
	clear(m.seen)
	m.nodes, m.ends = m.nodes[:0], m.ends[:0]
}

// node finds or makes the node for a state at stride number k.
func (m *memory) node(k int, state uint16) int32 {
	bit := uint64(1) << (state & 63)
	if m.seen[k]&bit != 0 {
		for id := m.heads[k] - 1; id >= 0; id = m.nodes[id].sibling {
			if m.nodes[id].state == state {
				return id
			}
		}
	}
	m.seen[k] |= bit
	id := int32(len(m.nodes))
	m.nodes = append(m.nodes, memoNode{state: state, sibling: m.heads[k] - 1, next: -1})
	m.heads[k] = id + 1
	return id
}

// advance runs t from state at i up to the next stride and appends ends that
// are behind start.
func advance(t *automaton.Table, buf []byte, i, start int, state uint16, dst []automaton.End) ([]automaton.End, int, uint16) {
	for {
		state = t.Step(state, buf[i])
		if a := t.Accepts(state); a >= 0 && i > start {
			dst = append(dst, automaton.End{Pos: int32(i), Set: a})
		}
		i++
		if state == 0 || i%stride == 0 {
			return dst, i, state
		}
	}
}

// runMemo runs an automaton with memory from all starts.
func (s *scan) runMemo(l *lane, t *tableGroup, starts []int32) bool {
	m := &s.memo
	clean := false
	worth := s.all
	wanted, block := t.wanted(worth), int32(-1)
	if wanted == 0 {
		return true
	}
	for _, start := range starts {
		if l.needy && start/blockSize != block {
			block = start / blockSize
			worth = s.vicinityOf(l, int(start))
			wanted = t.wanted(worth)
		}
		if wanted == 0 {
			continue
		}
		m.chain, m.first = m.chain[:0], m.first[:0]
		state := t.Start[automaton.Before(s.v.Shadow, int(start))]
		if state == 0 {
			continue
		}
		pending := t.reach[state] & wanted
		if pending == 0 {
			continue
		}
		var i int
		m.first, i, state = advance(t.Table, s.buf, int(start), int(start), state, m.first)
		steps := i - int(start)
		if state == 0 && len(m.first) == 0 {
			s.work.Left -= int64(steps)
			continue
		}
		if !clean {
			m.reset(s.n + 2)
			clean = true
		}
		if state != 0 {
			for id := m.node(i/stride, state); id >= 0; {
				m.chain = append(m.chain, id)
				if i > int(start)+MaxMatch {
					break
				}
				if !m.nodes[id].explored {
					from := len(m.ends)
					var q uint16
					m.ends, _, q = advance(t.Table, s.buf, i, -1, m.nodes[id].state, m.ends)
					steps += stride
					next := int32(-1)
					if q != 0 {
						next = m.node(i/stride+1, q)
					}
					n := &m.nodes[id]
					n.explored, n.next, n.from, n.to = true, next, int32(from), int32(len(m.ends))
				}
				id = m.nodes[id].next
				i += stride
				steps++
			}
		}
		s.gen++
		// Longest ends first, until every program has had its chance.
		for k := len(m.chain) - 1; k >= 0 && pending != 0; k-- {
			n := &m.nodes[m.chain[k]]
			pending = s.tryAll(t, m.ends[n.from:n.to], start, worth, pending)
		}
		s.tryAll(t, m.first, start, worth, pending)
		if !s.take(steps) {
			return false
		}
	}
	return true
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
