package detect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
	"labelmilter/internal/match/fold"
)

// Costs in steps of the work budget.
const (
	stepsPerByte = 2 // folding, masks, gates
	stepsPerTry  = 8 // validators and exclusions of one end
	stepsPerNear = 8 // one node of a tree of supporting elements
)

// blockSize is the number of characters for which nearby keywords are noted
// together.
const blockSize = 256

// scan is the memory of one run over one text after another.
type scan struct {
	e    *Engine
	work match.Work
	// whole takes every match, also of types without keywords nearby.
	whole bool
	v     view
	buf   []byte // the shadow with EOT behind
	n     int    // characters

	alnum  []uint64 // bit per character: letter or digit
	heads  []head   // words that a term may begin with
	words  []int32  // words that a regex may begin at
	starts [][]int32
	lits   [][]int32
	ends   []automaton.End
	hits   []hit
	listed []uint64 // bit per list: has a hit
	marked []uint64 // per block: matchers enabled by hits in it
	all    []uint64 // matchers enabled by any hit
	open   []uint64 // per block: matchers worth running
	known  []bool   // per block: open was computed

	occ    [][]occurrence // per atom
	longer []int32        // per atom: longest occurrence
	dirty  []int32        // atoms with occurrences
	joined bool

	scanned int // hits looked at one by one
	longHit int // length of the longest hit

	gen      uint32
	resolved []uint32 // per matcher: generation in which it needs no more ends
	tried    []uint32
	tries    []uint8
	found    []uint32 // per atom
	memo     memory
	chk      checker
	sim      automaton.Sim
	look     looker
	list     []int32

	cands []candidate
	arena []string
}

type head struct{ at, n int32 }

func newScan(e *Engine) *scan {
	m, a := len(e.pl.matchers), len(e.pl.atoms)
	return &scan{
		e: e, starts: make([][]int32, len(e.lanes)), lits: make([][]int32, len(e.literals)),
		listed: make([]uint64, (len(e.pl.lists)+63)/64), all: make([]uint64, e.words),
		occ: make([][]occurrence, a), longer: make([]int32, a), found: make([]uint32, a),
		resolved: make([]uint32, m), tried: make([]uint32, m), tries: make([]uint8, m),
	}
}

// take uses steps and reports whether the budget still allows them.
func (s *scan) take(n int) bool { return s.work.Take(int64(n)) }

// run finds the candidates of one text. If the budget ends, it gives what it
// has so far.
func (s *scan) run(text string) {
	s.reset()
	if !s.take(stepsPerByte * len(text)) {
		return
	}
	s.v.set(s.e.pl.table, text)
	s.n = len(s.v.Shadow)
	s.buf = s.v.Shadow
	for range 72 {
		s.buf = append(s.buf, automaton.EOT)
	}
	s.v.Shadow = s.buf[:s.n]
	if s.n == 0 {
		return
	}
	s.masks()
	s.wordStarts()
	s.otherStarts(s.e.lanes, s.starts)
	s.otherStarts(s.e.literals, s.lits)
	if !s.findHits() {
		return
	}
	s.markBlocks()
	for i := range s.e.lanes {
		starts := s.starts[i]
		if s.e.lanes[i].mode == atWord {
			starts = s.words
		}
		if !s.runLane(&s.e.lanes[i], starts) {
			break
		}
	}
	for _, m := range s.e.slow {
		for i := range s.n {
			if s.work.Left <= 0 {
				break
			}
			s.gen++
			s.simulate(m, int32(i), -1)
		}
	}
	s.join()
}

func (s *scan) reset() {
	for i := range s.starts {
		s.starts[i] = s.starts[i][:0]
	}
	for i := range s.lits {
		s.lits[i] = s.lits[i][:0]
	}
	for _, a := range s.dirty {
		s.occ[a] = s.occ[a][:0]
		s.longer[a] = 0
	}
	s.dirty, s.hits, s.heads, s.words = s.dirty[:0], s.hits[:0], s.heads[:0], s.words[:0]
	s.cands, s.arena = s.cands[:0], s.arena[:0]
	s.look.failed = nil
	s.joined, s.scanned, s.longHit = false, 0, 0
	clear(s.listed)
	clear(s.all)
}

// masks finds letters and digits, eight characters at a time: in each byte
// the top bit tells, then a multiplication gathers the top bits.
func (s *scan) masks() {
	const (
		top  = 0x8080808080808080
		ones = 0x0101010101010101
	)
	words := (s.n + 63) / 64
	if cap(s.alnum) < words+1 {
		s.alnum = make([]uint64, words+1, words+words/4+2)
	}
	s.alnum = s.alnum[:words+1]
	s.alnum[words] = 0
	for w := range words {
		var m uint64
		chunk := s.buf[w*64 : w*64+64 : w*64+64]
		for k := range 8 {
			x := binary.LittleEndian.Uint64(chunk[k*8:])
			hi, low := x&top, x&^top
			y := low | lower8
			letter := (y + (0x80-'a')*ones) &^ (y + (0x7f-'z')*ones)
			digit := (low + (0x80-'0')*ones) &^ (low + (0x7f-'9')*ones)
			other := ^(low + 0x7f*ones) & hi // fold.Letter
			a := (((letter | digit) &^ hi) & top) | other&top
			m |= (a >> 7) * 0x0102040810204080 >> 56 << (8 * k)
		}
		s.alnum[w] = m
	}
}

// wordStarts visits the begins of words: gates of lanes, and the filter of
// the word index.
func (s *scan) wordStarts() {
	e, buf, index := s.e, s.buf, s.e.index
	g := e.wordGate
	if g == nil {
		g = &gate{}
	}
	rare := len(e.long)+len(e.litWords) > 0
	carry := uint64(0)
	for w := range len(s.alnum) - 1 {
		a := s.alnum[w]
		first := a &^ (a<<1 | carry)
		carry = a >> 63
		// At most 32 words begin in 64 characters. What is found is written
		// always and kept by counting: no branch to mispredict.
		s.heads, s.words = slices.Grow(s.heads, 33), slices.Grow(s.words, 33)
		heads, words := s.heads[len(s.heads):len(s.heads)+33], s.words[len(s.words):len(s.words)+33]
		nh, nw := uint64(0), uint64(0)
		for ; first != 0; first &= first - 1 {
			b := bits.TrailingZeros64(first)
			i := w<<6 | b
			n := bits.TrailingZeros64(^(a >> b))
			if n == 64-b {
				n += bits.TrailingZeros64(^s.alnum[w+1])
			}
			heads[nh&63] = head{int32(i), int32(n)}
			nh += index.maybe(firstWord(buf, i, n))
			words[nw&63] = int32(i)
			nw += g.open(buf, i)
			if rare {
				s.rareStarts(i, n)
			}
		}
		s.heads, s.words = s.heads[:len(s.heads)+int(nh)], s.words[:len(s.words)+int(nw)]
	}
}

// rareStarts is for lanes at words that few packs have.
func (s *scan) rareStarts(i, n int) {
	for _, k := range s.e.long {
		if l := &s.e.lanes[k]; (n >= l.minRun || s.goesOn(i, n, l.minRun)) && l.gate.open(s.buf, i) != 0 {
			s.starts[k] = append(s.starts[k], int32(i))
		}
	}
	for _, k := range s.e.litWords {
		if s.e.literals[k].gate.open(s.buf, i) != 0 {
			s.lits[k] = append(s.lits[k], int32(i))
		}
	}
}

// goesOn reports whether the word of letters and digits that begins at i and
// has n characters goes on after underscores to at least least.
func (s *scan) goesOn(i, n, least int) bool {
	for n < least && fold.Word(s.buf[i+n]) {
		n++
	}
	return n >= least
}

// otherStarts finds the starts of lanes that do not start at words.
func (s *scan) otherStarts(lanes []lane, starts [][]int32) {
	for k := range lanes {
		l := &lanes[k]
		switch l.mode {
		case atSign:
			for _, c := range l.few {
				for from := 0; ; {
					p := bytes.IndexByte(s.v.Shadow[from:], c)
					if p < 0 {
						break
					}
					if from += p + 1; l.gate.open(s.buf, from-1) != 0 {
						starts[k] = append(starts[k], int32(from-1))
					}
				}
			}
			if l.few != nil {
				continue
			}
			for w := range len(s.alnum) - 1 {
				for m := ^s.alnum[w]; m != 0; m &= m - 1 {
					i := w<<6 | bits.TrailingZeros64(m)
					if l.first[s.buf[i]] && i < s.n && l.gate.open(s.buf, i) != 0 {
						starts[k] = append(starts[k], int32(i))
					}
				}
			}
		case inside:
			carry := uint64(0)
			for w := range len(s.alnum) - 1 {
				a := s.alnum[w]
				m := a & (a<<1 | carry)
				carry = a >> 63
				for ; m != 0; m &= m - 1 {
					i := w<<6 | bits.TrailingZeros64(m)
					if l.first[s.buf[i]] && l.gate.open(s.buf, i) != 0 {
						starts[k] = append(starts[k], int32(i))
					}
				}
			}
		case atTrigger:
			text := s.v.Shadow
			for from := 0; ; {
				p := bytes.IndexByte(text[from:], l.trigger)
				if p < 0 {
					break
				}
				p += from
				i := p
				for i > from && p-i < MaxMatch && l.lead.Has(text[i-1]) {
					i--
				}
				for ; i <= p; i++ {
					if !l.within && i > 0 && fold.Alnum(text[i-1]) && fold.Alnum(text[i]) {
						continue
					}
					if l.first[text[i]] && l.gate.open(s.buf, i) != 0 {
						starts[k] = append(starts[k], int32(i))
					}
				}
				from = p + 1
			}
		}
	}
}

// findHits finds all terms. It reports false if the budget ended.
func (s *scan) findHits() bool {
	e := s.e
	for _, h := range s.heads {
		var steps int
		s.hits, steps = e.index.find(e.terms, s.buf, s.n, int(h.at), int(h.n), s.hits)
		if !s.take(steps) {
			return false
		}
	}
	sorted := true
	for k := range e.literals {
		for _, start := range s.lits[k] {
			for g := range e.literals[k].groups {
				t := &e.literals[k].groups[g]
				var steps int
				s.ends, steps = t.Run(s.buf, int(start), s.ends[:0])
				if !s.take(steps) {
					return false
				}
				for _, end := range s.ends {
					for _, id := range t.ids[end.Set] {
						s.hits = append(s.hits, hit{occurrence{start, end.Pos}, id})
						sorted = false
					}
				}
			}
		}
	}
	if s.v.Wide {
		for _, w := range e.wide {
			ok := w.Each(&s.v.Text, &s.work, func(start, end, word int) bool {
				s.hits = append(s.hits, hit{occurrence{int32(start), int32(end)}, w.terms[word]})
				sorted = false
				return true
			})
			if !ok {
				return false
			}
		}
	}
	if !sorted {
		slices.SortFunc(s.hits, func(a, b hit) int {
			return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end), cmp.Compare(a.term, b.term))
		})
	}
	return s.take(len(s.hits))
}
