package detect

import (
	"math"
	"math/bits"
	"sort"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
	"labelmilter/internal/sit"
)

// support is evidence that is looked for when a match of a primary element
// asks, and only around it: an expression, or a keyword list whose words may
// stand inside others. Most texts never ask; what evidence is made of (dates,
// years, postcodes) stands in all of them.
type support struct {
	table   *automaton.Table
	matcher int32 // -1 for a list
	atoms   []int32
	first   automaton.Set
	modes   [3]bool // atWord, atSign, inside
	need    filter
	reach   int // longest match, in characters of the folded text
}

func newSupport(t *automaton.Table, f *automaton.Facts) *support {
	return &support{table: t, matcher: -1, first: f.First, modes: [...]bool{atWord: f.WordStart, atSign: f.Sign, inside: f.Inside},
		need: filterOf(f), reach: f.Longest}
}

// buildSupports finds the evidence that can wait. What is left as evidence is
// always run.
func (e *Engine) buildSupports(progs []laneProg) {
	e.support, e.late = make([]int32, len(e.pl.atoms)), make([]bool, len(e.pl.lists))
	for i := range e.support {
		e.support[i] = -1
	}
	primary, evidence := make([]bool, len(e.pl.atoms)), make([]bool, len(e.pl.atoms))
	hurried := make([]bool, len(e.pl.lists)) // lists that cannot wait
	for i := range e.pl.patterns {
		p := &e.pl.patterns[i]
		rare := true
		for _, a := range p.primaries {
			primary[a] = true
			m := e.pl.atoms[a].matcher
			rare = rare && m >= 0 && progs[m].prog != nil && progs[m].rare()
		}
		p.near.each(func(a int) { evidence[a] = true })
		p.eachJoined(func(a int) { evidence[a] = true })
		if !rare {
			for _, l := range e.required(p.near) {
				hurried[l] = true
			}
		}
	}
	sources := map[[2]int]int32{} // matcher and list
	add := func(a int, make func() *support) {
		key := [2]int{e.pl.atoms[a].matcher, e.pl.atoms[a].list}
		k, ok := sources[key]
		if !ok {
			k = int32(len(e.supports))
			sources[key] = k
			e.supports = append(e.supports, make())
		}
		e.support[a] = k
		e.supports[k].atoms = append(e.supports[k].atoms, int32(a))
	}
	for a := range e.pl.atoms {
		at := &e.pl.atoms[a]
		if at.list >= 0 && primary[a] {
			hurried[at.list] = true
		}
	}
	for a, is := range evidence {
		at := &e.pl.atoms[a]
		switch m, l := at.matcher, at.list; {
		case !is:
		case m >= 0:
			if p := &progs[m]; p.prog == e.pl.matchers[m].prog && p.facts.Longest >= 0 && p.facts.Longest <= boundedLen {
				add(a, func() *support {
					s := newSupport(p.table, &p.facts)
					s.matcher = int32(m)
					return s
				})
			}
		case !hurried[l] && e.pl.lists[l].strings:
			if t := tableOfList(&e.pl.lists[l]); t != nil {
				e.late[l] = true
				f := automaton.FactsOf(t)
				add(a, func() *support { return newSupport(t, &f) })
			}
		}
	}
	e.atomsOf = make([][]int32, len(e.pl.matchers))
	for i := range e.pl.atoms {
		if m := e.pl.atoms[i].matcher; m >= 0 && (primary[i] || evidence[i] && e.support[i] < 0) {
			e.atomsOf[m] = append(e.atomsOf[m], int32(i))
		}
	}
	for a, is := range evidence {
		if m := e.pl.atoms[a].matcher; is && m >= 0 && e.support[a] < 0 {
			e.evident = append(e.evident, int32(m))
		}
	}
}

// rare reports whether matches of an expression begin at few places of any
// text that people write.
func (p *laneProg) rare() bool {
	return p.facts.Solid >= 20 || p.facts.Trigger != 0 || p.facts.Leads != nil
}

// tableOfList makes the automaton of a list of ASCII words that may stand
// inside others, nil if it is too large.
func tableOfList(l *list) *automaton.Table {
	var progs []*automaton.Prog
	for _, w := range l.words {
		if !l.cased {
			w = canonical(w)
		}
		for _, r := range w {
			if r >= fold.Letter {
				return nil
			}
		}
		progs = append(progs, literal(w, l.cased))
		if len(progs) > lateWords {
			return nil
		}
	}
	return automaton.Build(progs, ownStates)
}

// lateWords is the most words of a list that is looked for when asked.
const lateWords = 1000

// literal makes a program of a word that may stand anywhere.
func literal(word string, cased bool) *automaton.Prog {
	sets, spaces := make([]automaton.Set, len(word)), make([]bool, len(word))
	for i := range len(word) {
		c := word[i]
		sets[i].Add(c)
		switch {
		case c == ' ':
			spaces[i] = true
			for _, s := range []byte("\t\n\v\f\r") {
				sets[i].Add(s)
			}
		case !cased && c >= 'a' && c <= 'z':
			sets[i].Add(c - 32)
		}
	}
	return automaton.Literal(sets, spaces, match.MaxSpaces, false, false)
}

// each calls f with every atom of a tree.
func (n *need) each(f func(atom int)) {
	if n == nil {
		return
	}
	if n.atom >= 0 {
		f(n.atom)
	}
	for _, subs := range [...][]*need{n.all, n.any, n.none} {
		for _, k := range subs {
			k.each(f)
		}
	}
}

// supply finds the occurrences of evidence around o, block by block, each at
// most once in a text. It does not for matches that end behind most.
func (s *scan) supply(k int32, o occurrence, proximity int) (most int32) {
	first, last := 0, (s.n-1)/blockSize
	if proximity != sit.Unlimited && !s.e.plainly {
		first = max(int(o.start)-proximity-s.e.supports[k].reach, 0) / blockSize
		last = min(int(o.end)+proximity, s.n-1) / blockSize
	}
	done := s.supplied[k]
	if len(done) == 0 {
		s.asked = append(s.asked, k)
	}
	for len(done) <= last>>6 {
		done = append(done, 0)
	}
	s.supplied[k] = done
	for b := first; b <= last; b++ {
		if done[b>>6]>>(b&63)&1 == 0 {
			done[b>>6] |= 1 << (b & 63)
			s.supplyBlock(s.e.supports[k], b)
		}
	}
	if (last+1)*blockSize >= s.n {
		return math.MaxInt32
	}
	return int32((last+1)*blockSize - proximity - 1)
}

// supplyBlock looks for evidence from every place of one block.
func (s *scan) supplyBlock(p *support, block int) {
	s.froms = s.froms[:0]
	for _, a := range p.atoms {
		s.froms = append(s.froms, len(s.near[a]))
	}
	const words = blockSize / 64
	s.supplying = p
	for w := block * words; w < min((block+1)*words, len(s.maps)-1); w++ {
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
			if !p.first.Has(s.buf[i]) {
				continue
			}
			var n int
			s.ends, n = p.table.Run(s.buf, i, s.ends[:0])
			steps += n
			if len(s.ends) == 0 {
				continue
			}
			s.gen++
			if p.matcher < 0 {
				s.supplyWord(p, int32(i))
				continue
			}
			for k := len(s.ends) - 1; k >= 0 && s.resolved[p.matcher] != s.gen; k-- {
				s.tryMatcher(p.matcher, int32(i), s.ends[k].Pos)
			}
		}
		s.work.Left -= int64(steps)
	}
	s.supplying = nil
	for k, a := range p.atoms {
		s.settleNear(a, s.froms[k])
	}
}

// supplyWord notes the longest word of a list from i that stands.
func (s *scan) supplyWord(p *support, i int32) {
	for _, a := range p.atoms {
		at := &s.e.pl.atoms[a]
		for k := len(s.ends) - 1; k >= 0; k-- {
			o := occurrence{i, s.ends[k].Pos}
			if len(at.checks)+len(at.exclude) > 0 {
				s.work.Left -= stepsPerTry + int64(o.end-o.start)/4
				if !s.chk.passes(at, &s.v, o) {
					continue
				}
			}
			s.add(a, o)
			break
		}
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
	for _, k := range s.asked {
		s.supplied[k] = s.supplied[k][:0]
		for _, a := range s.e.supports[k].atoms {
			s.near[a] = s.near[a][:0]
		}
	}
	s.asked = s.asked[:0]
}
