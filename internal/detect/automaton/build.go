package automaton

import (
	"encoding/binary"
	"slices"

	"labelmilter/internal/match/fold"
)

// builder determinises programs by the subset construction.
type builder struct {
	progs   []*Prog
	insts   []inst // of all programs
	owner   []int32
	within  [][4]uint64 // per class instruction: the byte classes it accepts
	closed  [][]int32   // per instruction: what it leads to without reading
	rep     []byte      // one byte of each class
	class   [256]uint8
	states  []nfaSet
	ids     map[string]int32
	setIDs  map[string]int32
	sets    [][]int32
	key     []byte
	mark    []uint32 // for sets, by gen
	gen     uint32
	visited []uint32 // for closure, by visit
	visit   uint32
	next    []int32
	limit   int
	scratch []int32
	stack   []int32
	matched []int32
	reads   [kinds]reads
	seen    []uint32 // class instructions, by gen
	pcs     []int32
}

// nfaSet is a state under construction.
type nfaSet struct {
	pcs    []int32 // class, condition and match instructions, sorted
	prev   Kind    // Edge unless a condition is among them
	accept int32   // set, -1 if none
}

// Build makes a table of all programs, or gives nil if it needs more than
// limit states (at most 65,000).
func Build(progs []*Prog, limit int) *Table {
	b := &builder{progs: progs, limit: min(limit, 65_000), ids: map[string]int32{}, setIDs: map[string]int32{}}
	b.collect()
	b.classes()
	b.mark = make([]uint32, len(b.insts))
	b.visited = make([]uint32, len(b.insts))
	b.seen = make([]uint32, len(b.within))
	b.closed = make([][]int32, len(b.insts))
	b.states = append(b.states, nfaSet{accept: -1})
	n := len(b.rep)
	b.next = make([]int32, n, 64*n)
	var start [kinds]int32
	var roots []int32
	off := int32(0)
	for _, p := range progs {
		roots = append(roots, off+p.start)
		off += int32(len(p.insts))
	}
	for k := range kinds {
		start[k] = b.state(b.closure(roots), k, -1)
	}
	for s := 1; s < len(b.states); s++ {
		if len(b.states) > b.limit {
			return nil
		}
		b.next = slices.Grow(b.next, n)[:len(b.next)+n]
		b.expand(s)
	}
	return b.minimize(start)
}

func (b *builder) collect() {
	for k, p := range b.progs {
		base, classes := int32(len(b.insts)), int32(0)
		for _, q := range b.progs[:k] {
			classes += int32(len(q.classes))
		}
		for _, in := range p.insts {
			in.out += base
			in.arg += base
			in.class += classes
			b.insts = append(b.insts, in)
			b.owner = append(b.owner, int32(k))
		}
	}
}

// classes finds the bytes that no program and no condition tells apart.
func (b *builder) classes() {
	split := func(has func(c byte) bool) {
		var ids [512]uint16 // by old class and whether it has the byte: new class + 1
		n := uint16(0)
		for c := range 256 {
			p := int(b.class[c]) << 1
			if has(byte(c)) {
				p++
			}
			if ids[p] == 0 {
				n++
				ids[p] = n
			}
			b.class[c] = uint8(ids[p] - 1)
		}
	}
	split(func(c byte) bool { return c == EOT })
	split(func(c byte) bool { return fold.Alnum(c) })
	split(func(c byte) bool { return c == '_' })
	split(func(c byte) bool { return c == '\n' })
	seen := map[Set]bool{}
	for _, p := range b.progs {
		for i := range p.classes {
			s := &p.classes[i].set
			if !seen[*s] {
				seen[*s] = true
				split(s.Has)
			}
		}
	}
	// Frequent characters of what identifiers are made of come first, so that
	// their transitions share a cache line.
	var order [256]uint8
	for i := range order {
		order[i] = EOT
	}
	n := 0
	number := func(c byte) {
		if old := b.class[c]; order[old] == EOT {
			order[old] = uint8(n)
			n++
		}
	}
	for _, c := range []byte("0123456789 -./,:\r\netaoinsrhldcuTAISEPNC") {
		number(c)
	}
	for c := range 256 {
		number(byte(c))
	}
	for c, old := range b.class {
		b.class[c] = order[old]
	}
	b.rep = make([]byte, n)
	for c := range 256 {
		b.rep[b.class[c]] = byte(c)
	}
	for _, p := range b.progs {
		for i := range p.classes {
			var w [4]uint64
			for k, c := range b.rep {
				if p.classes[i].set.Has(c) {
					w[k>>6] |= 1 << (k & 63)
				}
			}
			b.within = append(b.within, w)
		}
	}
}

// closure gives what is reached from roots without reading or testing.
func (b *builder) closure(roots []int32) []int32 {
	b.visit++
	var out []int32
	stack := append(b.scratch[:0], roots...)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b.visited[pc] == b.visit {
			continue
		}
		b.visited[pc] = b.visit
		switch in := &b.insts[pc]; in.op {
		case opSplit:
			stack = append(stack, in.out, in.arg)
		case opNop:
			stack = append(stack, in.out)
		case opClass, opCond, opMatch:
			out = append(out, pc)
		}
	}
	b.scratch = stack
	return out
}

// state gives the number of a state, making it if it is new. pcs is kept.
func (b *builder) state(pcs []int32, prev Kind, accept int32) int32 {
	if len(pcs) == 0 && accept < 0 {
		return 0
	}
	slices.Sort(pcs)
	tests := false
	for _, pc := range pcs {
		tests = tests || b.insts[pc].op == opCond
	}
	if !tests {
		prev = Edge
	}
	b.key = append(b.key[:0], byte(prev))
	b.key = binary.LittleEndian.AppendUint32(b.key, uint32(accept))
	for _, pc := range pcs {
		b.key = binary.LittleEndian.AppendUint32(b.key, uint32(pc))
	}
	id, ok := b.ids[string(b.key)]
	if !ok {
		id = int32(len(b.states))
		b.ids[string(b.key)] = id
		b.states = append(b.states, nfaSet{slices.Clone(pcs), prev, accept})
	}
	return id
}

// expand fills in the transitions of one state.
func (b *builder) expand(s int) {
	st := b.states[s]
	row := b.next[s*len(b.rep) : (s+1)*len(b.rep)]
	var done [kinds]bool
	for c, r := range b.rep {
		k := KindOf(r)
		if r == EOT {
			k = Edge
		}
		x := &b.reads[k]
		if !done[k] {
			done[k] = true
			x.pcs, x.accept = b.resolve(st, k, x.pcs[:0])
			b.sort(x)
		}
		row[c] = b.step(x, k, c)
	}
}

// reads is what a state reads next if that is of one kind.
type reads struct {
	pcs    []int32 // class instructions
	accept int32
	sets   []int32 // different classes among them
	known  []known
}

// known is where characters lead that are in the same of the sets.
type known struct {
	in uint64
	to int32
}

// sort finds the different classes that are read.
func (b *builder) sort(x *reads) {
	x.sets, x.known = x.sets[:0], x.known[:0]
	b.gen++
	for _, pc := range x.pcs {
		if c := b.insts[pc].class; b.seen[c] != b.gen {
			b.seen[c] = b.gen
			x.sets = append(x.sets, c)
		}
	}
}

// step gives the state that follows behind a class of bytes.
func (b *builder) step(x *reads, k Kind, c int) int32 {
	in := uint64(0)
	few := len(x.sets) <= 64
	if few {
		for i, set := range x.sets {
			in |= b.within[set][c>>6] >> (c & 63) & 1 << i
		}
		for i := range x.known {
			if x.known[i].in == in {
				return x.known[i].to
			}
		}
	}
	b.gen++
	pcs := b.pcs[:0]
	for _, pc := range x.pcs {
		in := &b.insts[pc]
		if b.within[in.class][c>>6]>>(c&63)&1 == 0 {
			continue
		}
		for _, q := range b.after(in.out) {
			if b.mark[q] != b.gen {
				b.mark[q] = b.gen
				pcs = append(pcs, q)
			}
		}
	}
	b.pcs = pcs
	to := b.state(pcs, k, x.accept)
	if few {
		x.known = append(x.known, known{in, to})
	}
	return to
}

// after is the closure of one instruction, kept.
func (b *builder) after(pc int32) []int32 {
	if b.closed[pc] == nil {
		b.closed[pc] = append([]int32{}, b.closure([]int32{pc})...)
	}
	return b.closed[pc]
}

// resolve follows the conditions that hold before a character of kind next.
func (b *builder) resolve(st nfaSet, next Kind, dst []int32) (reads []int32, accept int32) {
	reads = dst
	b.gen++
	matched := b.matched[:0]
	stack := append(b.stack[:0], st.pcs...)
	for len(stack) > 0 {
		pc := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if b.mark[pc] == b.gen {
			continue
		}
		b.mark[pc] = b.gen
		switch in := &b.insts[pc]; in.op {
		case opClass:
			reads = append(reads, pc)
		case opMatch:
			matched = append(matched, b.owner[pc])
		case opCond:
			if in.cond.holds(st.prev, next) {
				stack = append(stack, b.after(in.out)...)
			}
		}
	}
	b.stack, b.matched = stack, matched
	if len(matched) == 0 {
		return reads, -1
	}
	slices.Sort(matched)
	matched = slices.Compact(matched)
	key := b.key[:0]
	for _, m := range matched {
		key = binary.LittleEndian.AppendUint32(key, uint32(m))
	}
	id, ok := b.setIDs[string(key)]
	if !ok {
		id = int32(len(b.sets))
		b.setIDs[string(key)] = id
		b.sets = append(b.sets, slices.Clone(matched))
	}
	b.key = key
	return reads, id
}
