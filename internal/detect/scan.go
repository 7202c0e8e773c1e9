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
	digits []uint64
	solid  []uint64  // not white space
	heads  []head    // words that a term may begin with
	fed    [][]int32 // per feed
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
		e: e, starts: make([][]int32, len(e.lanes)), fed: make([][]int32, len(e.feeds)), lits: make([][]int32, len(e.literals)),
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
	if s.fold(text); s.n == 0 {
		return
	}
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
			starts = s.fed[s.e.lanes[i].feed]
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

// fold folds a text and makes its bitmaps.
func (s *scan) fold(text string) {
	s.v.set(s.e.pl.table, text)
	s.n = len(s.v.Shadow)
	s.buf = s.v.Shadow
	for range 72 {
		s.buf = append(s.buf, automaton.EOT)
	}
	s.v.Shadow = s.buf[:s.n]
	s.masks()
}

func (s *scan) reset() {
	for i := range s.starts {
		s.starts[i] = s.starts[i][:0]
	}
	for i := range s.lits {
		s.lits[i] = s.lits[i][:0]
	}
	for i := range s.fed {
		s.fed[i] = s.fed[i][:0]
	}
	for _, a := range s.dirty {
		s.occ[a] = s.occ[a][:0]
		s.longer[a] = 0
	}
	s.dirty, s.hits, s.heads = s.dirty[:0], s.hits[:0], s.heads[:0]
	s.cands, s.arena = s.cands[:0], s.arena[:0]
	s.look.failed = nil
	s.joined, s.scanned, s.longHit = false, 0, 0
	clear(s.listed)
	clear(s.all)
}

// masks finds letters and digits, digits, and what is not white space, eight
// characters at a time: in each byte the top bit tells, then a multiplication
// gathers the top bits.
func (s *scan) masks() {
	const (
		top    = 0x8080808080808080
		ones   = 0x0101010101010101
		gather = 0x0002040810204081
	)
	words := (s.n + 63) / 64
	if cap(s.alnum) < words+1 {
		n := words + words/4 + 2
		s.alnum, s.digits, s.solid = make([]uint64, n), make([]uint64, n), make([]uint64, n)
	}
	s.alnum, s.digits, s.solid = s.alnum[:words+1], s.digits[:words+1], s.solid[:words+1]
	s.alnum[words], s.digits[words], s.solid[words] = 0, 0, 0
	for w := range words {
		var alnum, digits, solid uint64
		chunk := s.buf[w*64 : w*64+64 : w*64+64]
		for k := 0; k < 64; k += 8 {
			x := binary.LittleEndian.Uint64(chunk[k : k+8])
			hi, low := x&top, x&^top
			y := low | lower8
			letter := (y + (0x80-'a')*ones) &^ (y + (0x7f-'z')*ones)
			digit := (low + (0x80-'0')*ones) &^ (low + (0x7f-'9')*ones) & (hi ^ top)
			other := ^(low + 0x7f*ones) & hi // fold.Letter
			a := letter&(hi^top) | digit | other
			v := (low + (0x7f-' ')*ones | x) & top // above the space
			alnum |= (a & top) * gather >> 56 << k
			digits |= digit * gather >> 56 << k
			solid |= v * gather >> 56 << k
		}
		s.alnum[w], s.digits[w], s.solid[w] = alnum, digits, solid
	}
}

// wordStarts visits the begins of words: the filter of the word index for
// all, the gates of lanes for those that their filters leave.
func (s *scan) wordStarts() {
	e, buf, index := s.e, s.buf, s.e.index
	carry := uint64(0)
	for w := range len(s.alnum) - 1 {
		a := s.alnum[w]
		first := a &^ (a<<1 | carry)
		carry = a >> 63
		for k := range e.feeds {
			f := &e.feeds[k]
			s.fed[k] = s.gated(&f.need, &f.gate, w, first, s.fed[k])
		}
		s.heads = slices.Grow(s.heads, 33)
		heads, nh := (*[33]head)(s.heads[len(s.heads):len(s.heads)+33]), uint64(0)
		for ; first != 0; first &= first - 1 {
			b := bits.TrailingZeros64(first)
			i := w<<6 | b
			n := bits.TrailingZeros64(^(a >> b))
			if n == 64-b {
				n += bits.TrailingZeros64(^s.alnum[w+1])
			}
			heads[nh&31] = head{int32(i), int32(n)} // at most 32 words begin here
			nh += index.maybe(firstWord(buf, i, n))
		}
		s.heads = s.heads[:len(s.heads)+int(nh)]
	}
}

// otherStarts finds the starts of lanes that do not start at words.
func (s *scan) otherStarts(lanes []lane, starts [][]int32) {
	for k := range lanes {
		l := &lanes[k]
		switch l.mode {
		case inWord:
			for w := range len(s.alnum) - 1 {
				if l.prefix != nil {
					starts[k] = l.prefix.scan(s.buf, w, s.alnum[w], starts[k])
				} else {
					starts[k] = s.gated(&l.need, &l.gate, w, s.alnum[w], starts[k])
				}
			}
		case atSign:
			for _, c := range l.few {
				for from := 0; ; {
					p := bytes.IndexByte(s.v.Shadow[from:], c)
					if p < 0 {
						break
					}
					i := from + p
					if l.gate.open(s.buf, i) != 0 && s.filtered(i>>6, 1<<(i&63), &l.need) != 0 {
						starts[k] = append(starts[k], int32(i))
					}
					from = i + 1
				}
			}
			if l.few != nil {
				continue
			}
			for w := range len(s.alnum) - 1 {
				m := ^s.alnum[w]
				if w == len(s.alnum)-2 && s.n&63 != 0 {
					m &= 1<<(s.n&63) - 1
				}
				starts[k] = s.gated(&l.need, &l.gate, w, m, starts[k])
			}
		case inside:
			carry := uint64(0)
			for w := range len(s.alnum) - 1 {
				a := s.alnum[w]
				m := a & (a<<1 | carry)
				carry = a >> 63
				starts[k] = s.gated(&l.need, &l.gate, w, m, starts[k])
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

// gated appends the starts that a lane's filter and gate leave of one word of
// the bitmaps. What is found is written always and kept by counting: no branch
// to mispredict.
func (s *scan) gated(need *filter, g *gate, w int, m uint64, dst []int32) []int32 {
	if m = s.filtered(w, m, need); m == 0 {
		return dst
	}
	dst = slices.Grow(dst, 65)
	room, n, buf := (*[65]int32)(dst[len(dst):len(dst)+65]), uint64(0), s.buf
	for ; m != 0; m &= m - 1 {
		i := w<<6 | bits.TrailingZeros64(m)
		room[n&63] = int32(i)
		n += g.open(buf, i+g.depth)
	}
	return dst[:len(dst)+int(n)]
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
