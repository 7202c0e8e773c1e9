package detect

import (
	"math/bits"
	"slices"
	"sort"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/sit"
)

// support runs one expression that is evidence for others. Evidence is looked
// for when a match of a primary element asks, and only around it: most texts
// never ask, and what evidence is made of (dates, years, postcodes) stands in
// all of them.
type support struct {
	table *automaton.Table
	facts automaton.Facts
	modes [3]bool // atWord, atSign, inside
	need  filter
	reach int // longest match, in characters of the folded text
}

// newSupport gives nil for an expression whose matches are not short: it is
// run with the others.
func newSupport(m *matcher, p laneProg, t *automaton.Table) *support {
	if p.prog != m.prog || m.max < 0 || m.max > boundedLen || p.facts.Longest < 0 {
		return nil
	}
	return &support{table: t, facts: p.facts, modes: [...]bool{atWord: p.facts.WordStart, atSign: p.facts.Sign, inside: p.facts.Inside},
		need: filterOf(&p.facts), reach: p.facts.Longest}
}

// supporting lists the atoms of regexes below a tree.
func (e *Engine) supporting(n *need, add func(atom int)) {
	if n == nil {
		return
	}
	if n.atom >= 0 && e.pl.atoms[n.atom].matcher >= 0 {
		add(n.atom)
	}
	for _, subs := range [...][]*need{n.all, n.any, n.none} {
		for _, k := range subs {
			e.supporting(k, add)
		}
	}
}

// supply finds the occurrences of a supporting matcher around o, block by
// block, each at most once in a text.
func (s *scan) supply(m int32, o occurrence, proximity int) {
	first, last := 0, (s.n-1)/blockSize
	if proximity != sit.Unlimited && !s.e.plainly {
		first = max(int(o.start)-proximity-s.e.supports[m].reach, 0) / blockSize
		last = min(int(o.end)+proximity, s.n-1) / blockSize
	}
	done := s.supplied[m]
	if len(done) == 0 {
		done = append(done, make([]uint64, last>>6+1)...)
		s.asked = append(s.asked, m)
	}
	for len(done) <= last>>6 {
		done = append(done, 0)
	}
	s.supplied[m] = done
	for b := first; b <= last; b++ {
		if done[b>>6]>>(b&63)&1 == 0 {
			done[b>>6] |= 1 << (b & 63)
			s.supplyBlock(m, b)
		}
	}
}

// supplyBlock runs a supporting matcher from every place of one block.
func (s *scan) supplyBlock(m int32, block int) {
	p := s.e.supports[m]
	atoms := s.e.supportOf[m]
	s.froms = s.froms[:0]
	for _, a := range atoms {
		s.froms = append(s.froms, len(s.near[a]))
	}
	const words = blockSize / 64
	s.supplying = true
	for w := block * words; w < min((block+1)*words, len(s.alnum)-1); w++ {
		var from uint64
		for m, can := range p.modes {
			if can {
				from |= s.places(mode(m), w)
			}
		}
		if !s.e.plainly {
			from = s.filtered(w, from, &p.need)
		}
		steps := 4
		for ; from != 0; from &= from - 1 {
			i := w<<6 | bits.TrailingZeros64(from)
			if !p.facts.First.Has(s.buf[i]) {
				continue
			}
			var n int
			s.ends, n = p.table.Run(s.buf, i, s.ends[:0])
			steps += n
			if len(s.ends) == 0 {
				continue
			}
			s.gen++
			for k := len(s.ends) - 1; k >= 0 && s.resolved[m] != s.gen; k-- {
				s.tryMatcher(m, int32(i), s.ends[k].Pos)
			}
		}
		s.work.Left -= int64(steps)
	}
	s.supplying = false
	for k, a := range atoms {
		s.settleNear(a, s.froms[k])
	}
}

// settleNear moves the occurrences of a block, appended last, to their place.
func (s *scan) settleNear(a int32, from int) {
	list := s.near[a]
	if from == 0 || from == len(list) || list[from].start > list[from-1].start {
		return
	}
	s.moved = append(s.moved[:0], list[from:]...)
	at := sort.Search(from, func(k int) bool { return list[k].start > s.moved[0].start })
	copy(list[at+len(s.moved):], list[at:from])
	copy(list[at:], s.moved)
	s.work.Left -= int64(from-at) >> 3
}

// forget drops what was supplied for the last text.
func (s *scan) forget() {
	for _, m := range s.asked {
		s.supplied[m] = s.supplied[m][:0]
		for _, a := range s.e.supportOf[m] {
			s.near[a] = s.near[a][:0]
		}
	}
	s.asked = s.asked[:0]
}

// roles finds which atoms are primary elements and which are evidence that is
// looked for when asked.
func (e *Engine) roles() {
	primary, evidence := make([]bool, len(e.pl.atoms)), make([]bool, len(e.pl.atoms))
	for i := range e.pl.patterns {
		for _, a := range e.pl.patterns[i].primaries {
			primary[a] = true
		}
		e.supporting(e.pl.patterns[i].near, func(a int) { evidence[a] = true })
	}
	e.atomsOf = make([][]int32, len(e.pl.matchers))
	e.supportOf = make([][]int32, len(e.pl.matchers))
	for i := range e.pl.atoms {
		m := e.pl.atoms[i].matcher
		if m < 0 {
			continue
		}
		if evidence[i] {
			e.supportOf[m] = append(e.supportOf[m], int32(i))
		}
		if primary[i] || evidence[i] {
			e.atomsOf[m] = append(e.atomsOf[m], int32(i))
		}
	}
	for m, atoms := range e.supportOf {
		if len(atoms) == 0 {
			continue
		}
		if e.supports[m] == nil {
			e.always[m>>6] |= 1 << (m & 63)
			continue
		}
		e.atomsOf[m] = slices.DeleteFunc(e.atomsOf[m], func(a int32) bool { return !primary[a] })
	}
}
