package detect

import (
	"bytes"
	"math/bits"
	"slices"
	"sort"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/detect/bitmap"
	"labelmilter/internal/match"
)

// Costs in steps of the work budget.
const (
	stepsPerByte = 2 // folding, masks, gates
	stepsPerTry  = 8 // validators and exclusions of one end
	stepsPerNear = 8 // one node of a tree of supporting elements
)

// blockSize is the number of characters for which nearby keywords are noted
// together.
const blockSize = bitmap.Block

// scan is the memory of one run over one text after another.
type scan struct {
	e    *Engine
	work match.Work
	// whole takes every match, also of types without keywords nearby.
	whole bool
	v     view
	buf   []byte // the shadow with EOT behind
	n     int    // characters

	maps   []bitmap.Map  // per 64 characters, and one more
	words  bitmap.Finder // Heads: words that a term may begin with, Words: those channels may leave
	likely []uint64      // per 64 characters: where words are for channels, whatever their lengths
	maybe  []int32       // starts of one lane
	spare  []bitmap.Word
	roots  []int32 // of what follows words.Heads
	leads  []lead
	kept   []bitmap.Start // what the channels leave at first sight
	fed    [][]int32      // per list of starts of automata at words
	ready  []uint64       // lanes with starts, and those that wait
	starts [][]int32
	ends   []automaton.End
	runs   automaton.Runs
	signs  [][]int32 // by Engine.signs: places
	hits   []hit
	late   []hit       // to be merged with hits
	listed []uint64    // bit per list: has a hit
	marked []uint64    // per block: matchers enabled by hits in it
	all    []uint64    // matchers enabled by any hit
	short  vicinity    // per block: matchers worth running, of bounded matches
	long   vicinity    // and of long ones
	sparks [2][]uint64 // per block: channels enabled by hits in it
	around [2][]uint64 // per block: channels worth looking at

	occ    [][]occurrence // per atom
	longer []int32        // per atom: longest occurrence
	dirty  []int32        // atoms with occurrences

	sought    []int32        // per atom: where something was last looked for in its list
	near      [][]occurrence // per atom: evidence that was asked for
	supplied  [][]uint64     // per support: bit per block where it was looked for
	asked     []int32        // supports that were
	supplying *support
	froms     []int
	moved     []occurrence
	joined    bool

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

	low       int   // byte of the text that the window begins with
	firstByte int   // byte of the window that its piece begins with
	first     int32 // character of the window that its piece begins with
	rest      int   // characters behind the piece
	fromCand  int   // first candidate of the window
	cands     []candidate
	same      ruling       // on the last match of the pattern at hand
	without   int32        // what nearest did not find is not found for matches that end here at most
	supported bool         // some evidence is in lastly
	lastly    []occurrence // need → evidence that supported the last match
	behind    []int32      // per slot: where the last joined match ended
	passed    []int        // the same at the end of the last window, in bytes
	arena     []int32      // labels of evidence
	taken     []uint64     // bit per occurrence: it has made a candidate of the type at hand
	x         exactScan
	collected collector // of the whole message
}

func newScan(e *Engine) *scan {
	m, a := len(e.pl.matchers), len(e.pl.atoms)
	s := &scan{
		e: e, starts: make([][]int32, len(e.lanes)), ready: make([]uint64, len(e.waiting)), fed: make([][]int32, len(e.feeds)),
		listed: make([]uint64, (len(e.pl.lists)+63)/64), all: make([]uint64, e.words),
		occ: make([][]occurrence, a), longer: make([]int32, a), found: make([]uint32, a),
		signs: make([][]int32, e.signCount+1), near: make([][]occurrence, a), sought: make([]int32, a), supplied: make([][]uint64, len(e.supports)),
		lastly: make([]occurrence, e.pl.leaves), behind: make([]int32, e.pl.slots), passed: make([]int, e.pl.slots),
		resolved: make([]uint32, m), tried: make([]uint32, m), tries: make([]uint8, m),
	}
	s.chk.work, s.collected.pl, s.supported = &s.work, e.pl, true
	s.forgetLast()
	return s
}

// take uses steps and reports whether the budget still allows them.
func (s *scan) take(n int) bool { return s.work.Take(int64(n)) }

// scanWindow finds the candidates of one piece of a text.
func (s *scan) scanWindow(text string) {
	s.reset()
	if !s.take(stepsPerByte * len(text)) {
		return
	}
	if s.fold(text); s.n == 0 {
		return
	}
	s.first = 0
	if s.firstByte > 0 {
		s.first = s.placeOf(s.firstByte)
	}
	for k, b := range s.passed {
		if s.behind[k] = 0; b > s.low {
			s.behind[k] = s.placeOf(b - s.low)
		}
	}
	s.findWords()
	s.findSigns()
	if !s.findHits() {
		return
	}
	s.markBlocks()
	if x := s.e.byWord; len(x.matchers) > 0 {
		s.feedWords(x, s.nearby(x, 0))
	}
	if x := s.e.byNumber; len(x.matchers) > 0 && !s.e.plainly {
		s.feedNumbers(x, s.nearby(x, 1))
	}
	s.otherStarts()
	s.runLanes()
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
	s.exact()
}

// placeOf gives the first character that begins at a byte of the window or
// behind it.
func (s *scan) placeOf(b int) int32 {
	return int32(sort.Search(s.n, func(i int) bool { return s.v.Start(i) >= b }))
}

// runLanes runs the lanes that have starts, in order, as far as the budget goes.
func (s *scan) runLanes() {
	for w := range s.ready {
		for v := s.ready[w]; v != 0; v &= v - 1 {
			i := w<<6 | bits.TrailingZeros64(v)
			l := &s.e.lanes[i]
			if l.needy && !meet(s.all, l.any) {
				continue
			}
			ok := true
			switch {
			case l.mode == atWord:
				for g := range l.groups {
					ok = ok && s.runGroup(l, &l.groups[g], s.fed[l.groups[g].feed])
				}
			case l.mode == atNumber && !s.e.plainly:
				s.starts[i] = s.beforeNumbers(l, s.fed[l.groups[0].feed], s.starts[i])
				ok = s.runLane(l, s.starts[i])
			case l.needy && l.mode != atTrigger && (l.mode != atLead || s.e.plainly):
				s.starts[i] = s.lateStarts(l, s.starts[i])
				ok = s.runLane(l, s.starts[i])
			default:
				ok = s.runLane(l, s.starts[i])
			}
			if !ok {
				return
			}
		}
	}
}

// start notes a start of a lane.
func (s *scan) start(lane int32, at int32) {
	s.ready[lane>>6] |= 1 << (lane & 63)
	s.starts[lane] = append(s.starts[lane], at)
}

// padding is how far behind the text gates and masks look.
const padding = automaton.MaxShortest + 72

// behind is what stands behind the text.
var behind = [padding]byte(bytes.Repeat([]byte{automaton.EOT}, padding))

// fold folds a text and makes its bitmaps.
func (s *scan) fold(text string) {
	s.e.pl.table.Fold(&s.v.Text, text)
	s.masks()
	if lines := s.lines(); len(lines) > 0 && s.v.UnwrapAt(lines) {
		s.masks()
	}
}

// lines lists the line breaks that may stand within a number.
func (s *scan) lines() []int32 {
	places, before := s.maybe[:0], uint64(0)
	for w := range len(s.maps) - 1 {
		m := &s.maps[w]
		// One to fold.Before characters before.
		lo, hi := before|before<<1, m.Digits|m.Digits<<1|before>>63
		hi |= hi<<2 | lo>>62
		near := m.Digits<<5 | hi<<1 | (before|before<<1|before<<2|before<<3)>>63 | before>>59
		if near &= m.Lines; near != 0 {
			places = appendPlaces(w, near, places)
		}
		before = m.Digits
	}
	s.maybe = places
	return places
}

func (s *scan) reset() {
	for w := range s.ready {
		for v := s.ready[w]; v != 0; v &= v - 1 {
			i := w<<6 | bits.TrailingZeros64(v)
			s.starts[i] = s.starts[i][:0]
			for _, f := range s.e.lanes[i].feeds {
				s.fed[f] = s.fed[f][:0]
			}
		}
	}
	copy(s.ready, s.e.waiting)
	if s.e.plainly {
		for i := range s.e.lanes {
			s.ready[i>>6] |= 1 << (i & 63)
		}
	}
	for i := range s.signs {
		s.signs[i] = s.signs[i][:0]
	}
	for _, a := range s.dirty {
		s.occ[a] = s.occ[a][:0]
		s.longer[a] = 0
	}
	s.dirty, s.hits, s.words.Heads, s.words.Words = s.dirty[:0], s.hits[:0], s.words.Heads[:0], s.words.Words[:0]
	s.forgetLast()
	s.joined, s.scanned, s.longHit = false, 0, 0
	s.forget()
	clear(s.listed)
	clear(s.all)
}

// masks puts the padding behind the shadow and makes the bitmaps.
func (s *scan) masks() {
	s.n = len(s.v.Shadow)
	s.buf = append(s.v.Shadow, behind[:]...)
	s.v.Shadow = s.buf[:s.n]
	n := (s.n+63)/64 + 1
	s.maps = slices.Grow(s.maps[:0], n)[:n]
	bitmap.Make(s.maps, s.buf, &s.e.signSet)
}

// findWords lists the words that the filter of the word index leaves, and
// those from which channels can leave something.
func (s *scan) findWords() {
	x := s.e.byWord
	s.likely = slices.Grow(s.likely[:0], len(s.maps))[:len(s.maps)-1]
	for w := range s.likely {
		m, next := &s.maps[w], &s.maps[w+1]
		s.likely[w] = tokens(m.Solid, next.Solid) | nearby(m.Digits, next.Digits)
		if x.digits > nearDigits {
			s.likely[w] |= within(m.Digits, next.Digits, x.digits)
		}
	}
	s.words.Filter, s.words.Lengths = s.e.index.filter, x.listed
	s.words.Find(s.buf, s.maps, s.likely)
}

// otherStarts finds the starts of lanes that do not start at words and wait
// for nothing.
func (s *scan) otherStarts() {
	list := s.e.others
	if s.e.plainly {
		list = slices.Concat(list, s.e.known)
	}
	for _, k := range list {
		l, starts := &s.e.lanes[k], s.starts[k]
		switch {
		case l.mode == atTrigger:
			if at := s.signs[s.e.signs[l.trigger]]; len(at) > 0 && (!l.needy || meet(s.all, l.any)) {
				starts = s.triggered(l, at, starts)
			}
		case l.needy, (l.mode == atLead || l.mode == atNumber) && !s.e.plainly:
		case l.mode == atSign && l.few != nil && !s.e.plainly:
			for _, c := range l.few {
				for _, i := range s.signs[s.e.signs[c]] {
					if l.open(s.buf, int(i)) != 0 && s.filtered(int(i)>>6, 1<<(i&63), &l.need) != 0 {
						starts = append(starts, i)
					}
				}
			}
		case l.wide && !s.v.Wide && !s.e.plainly:
		case l.mode != atWord:
			s.maybe = s.maybe[:0]
			for w := range len(s.maps) - 1 {
				s.maybe = s.possible(l, w, s.maybe)
			}
			starts = s.sift(&l.sieve, s.maybe, starts)
		}
		if s.starts[k] = starts; len(starts) > 0 {
			s.ready[k>>6] |= 1 << (k & 63)
		}
	}
}

// possible lists the starts of a lane that its filters leave of one word of
// the bitmaps.
func (s *scan) possible(l *lane, w int, dst []int32) []int32 {
	m := s.places(l.mode, w)
	if !s.e.plainly {
		m = s.filtered(w, m, &l.need)
	}
	if m == 0 {
		return dst
	}
	return appendPlaces(w, m, dst)
}

// places gives the places of a mode in one word of the bitmaps.
func (s *scan) places(m mode, w int) uint64 {
	a, begins := s.maps[w].Alnum, s.maps[w].Begins
	switch m {
	case atWord, atLead:
		return begins
	case inside:
		return a &^ begins
	case atNumber:
		if rest := s.n - w<<6; rest < 64 {
			return 1<<rest - 1
		}
		return ^uint64(0)
	case atSign:
		if rest := s.n - w<<6; rest < 64 {
			return ^a & (1<<rest - 1)
		}
		return ^a
	}
	return a
}

// findSigns lists the places of the characters that lanes look for. Those that
// the bitmaps tell from them no better come to list 0.
func (s *scan) findSigns() {
	e, places := s.e, s.maybe[:0]
	for w := range len(s.maps) - 1 {
		places = appendPlaces(w, s.maps[w].Signs, places)
	}
	for _, i := range places {
		k := e.signs[s.buf[i]]
		s.signs[k] = append(s.signs[k], i)
	}
	s.maybe = places
}

// beforeNumbers finds the starts of a lane from some numbers.
func (s *scan) beforeNumbers(l *lane, numbers, dst []int32) []int32 {
	sorted := true
	for _, i := range numbers {
		from := len(dst)
		var steps int
		dst, steps = l.back.Begins(s.buf, int(i), MaxMatch, dst)
		s.work.Left -= int64(steps)
		if len(dst) > from && len(dst) > 1 {
			sorted = false
		}
	}
	if !sorted {
		slices.Sort(dst)
		dst = slices.Compact(dst)
	}
	return dst
}

// lateStarts finds the starts of a lane that waits for keywords: where they
// are near.
func (s *scan) lateStarts(l *lane, dst []int32) []int32 {
	s.maybe = s.maybe[:0]
	const words = blockSize / 64
	for b := 0; b*words < len(s.maps)-1; b++ {
		if !meet(s.vicinityOf(l, b*blockSize), l.any) {
			continue
		}
		for w := b * words; w < min((b+1)*words, len(s.maps)-1); w++ {
			s.maybe = s.possible(l, w, s.maybe)
		}
	}
	return s.sift(&l.sieve, s.maybe, dst)
}
