package detect

import (
	"encoding/binary"
	"maps"
	"slices"
	"sync"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/detect/bitmap"
	"labelmilter/internal/extract"
	"labelmilter/internal/match"
	"labelmilter/internal/sit"
)

// Engine is an immutable, compiled set of types. It is safe for concurrent
// use.
//
// How it works. A text is folded; bitmaps tell letters, digits and what is not
// white space. One pass over the words looks up keywords by hash; each word
// that is left tells what may follow it, a trie the rest. Then channels tell
// from a few look-ups at each word and number which expressions can match from
// it: by its length, the characters in and behind it, the next digit.
// Expressions that begin with known words start where the word index finds
// them, those with a rare sign before the sign, those that end in a number
// from the number backwards. From what is left, automata built ahead of time
// run all expressions of a lane at once, and only those whose keywords stand
// near. Matches then pass validators and exclusions; supporting elements are
// joined by distance, and evidence that is not a list of whole words is not
// even looked for before a match asks. Nothing is built while mail is read,
// and all memory is reused.
type Engine struct {
	pl         *plan
	words      int // 64-bit words of a set of matchers
	lanes      []lane
	slow       []int32   // matchers simulated from every character
	loose      []bool    // matchers whose automata match more
	byWord     *channels // of lanes that start at words
	byNumber   *channels // and of those that start before numbers
	feeds      []int32   // list of starts they fill → lane
	known      []int32   // lanes that start at known words and numbers
	others     []int32   // lanes that start at signs, inside words and before triggers
	waiting    []uint64  // those at signs and inside words that wait for keywords
	terms      []term
	cased      []string // texts of terms whose case counts, from 1
	sets       []termSet
	index      *wordIndex
	signs      [256]uint8 // characters that lanes look for, numbered from 1
	signSet    bitmap.Set // those of ASCII
	signCount  int
	leadSets   []leadSet // lanes that start at words of the index
	wide       []wideWords
	always     []uint64      // matchers that need no keyword nearby
	anywhere   []uint64      // matchers that keywords anywhere in the text enable
	reach      int           // greatest finite proximity of any pattern
	context    int           // characters around a piece of a long text, -1 if all count
	window     int           // bytes of a piece
	atomsOf    [][]int32     // matcher → atoms that are filled where it runs
	supports   []*support    // evidence that waits until it is asked for
	support    []int32       // atom → number of it, -1 if it is run with all
	begins     []edge        // atom that joins matches → what it can begin with
	ends       []edge        // and end with
	neighbours []*neighbours // pattern → what its first step needs, nil if nothing
	late       []bool        // list → waits
	evident    []int32       // matchers that are evidence and do not wait
	byList     [][]int32     // list → its atoms
	byAtom     [][]int32     // atom → patterns whose primary element it is
	dict       []uint64      // lists that are primary elements
	needs      [][]uint64    // pattern → lists one of which it needs, nil if none
	pool       sync.Pool
	// plainly switches all shortcuts off, for tests: automata start
	// everywhere and for every type.
	plainly bool
}

// wideWords are terms with characters that are not ASCII, run only over texts
// that have such.
type wideWords struct {
	*match.Words
	terms []int32 // number of the word → term
}

func newEngine(pl *plan) *Engine {
	e := &Engine{pl: pl, words: (len(pl.matchers) + 63) / 64}
	e.context, e.window = pl.reachOf(), windowSize
	progs := e.buildTables()
	e.buildSupports(progs)
	e.buildEdges(progs)
	texts := e.buildTerms()
	e.buildEnabling()
	e.buildLanes(progs)
	e.indexTerms(texts)
	e.numberSigns()
	e.pool.New = func() any { return newScan(e) }
	return e
}

// buildTables makes the automaton of each matcher by itself, for what it tells
// and for those that are run by themselves.
func (e *Engine) buildTables() []laneProg {
	progs := make([]laneProg, len(e.pl.matchers))
	parallel(len(progs), func(i int) {
		if p, t, n := e.tableOf(&e.pl.matchers[i]); t != nil {
			progs[i] = laneProg{prog: p, id: int32(i), facts: automaton.FactsOf(t), table: t, longest: n}
		}
	})
	return progs
}

func (e *Engine) buildLanes(progs []laneProg) {
	var b laneBuilder
	e.loose = make([]bool, len(e.pl.matchers))
	for i, p := range progs {
		switch {
		case len(e.atomsOf[i]) == 0:
		case p.prog == nil:
			e.slow = append(e.slow, int32(i))
		default:
			e.loose[i] = p.prog != e.pl.matchers[i].prog
			p.needy = e.always[i>>6]>>(i&63)&1 == 0
			b.add(p)
		}
	}
	e.lanes = b.build(e.words)
	for i := range e.lanes {
		e.lanes[i].hope = e.hopeOf(&e.lanes[i])
	}
	e.buildChannels(progs)
}

// hopeOf gives an atom that stands for all of a lane: what its hopes say no to
// no other takes. It is nil if there is none.
func (e *Engine) hopeOf(l *lane) (hope *atom) {
	if l.longest < 0 {
		return nil
	}
	for i := range l.groups {
		for _, m := range l.groups[i].progs {
			for _, a := range e.atomsOf[m] {
				at := &e.pl.atoms[a]
				if len(at.hopeless) == 0 {
					return nil
				}
				hope = at
			}
		}
	}
	return hope
}

// buildChannels numbers the lists of starts of automata and makes the channels
// that fill them.
func (e *Engine) buildChannels(progs []laneProg) {
	var byWord, byNumber []channel
	e.waiting = make([]uint64, (len(e.lanes)+63)/64)
	for i := range e.lanes {
		l := &e.lanes[i]
		switch l.mode {
		case atSign, inside, atTrigger:
			e.others = append(e.others, int32(i))
		case atLead, atNumber:
			e.known = append(e.known, int32(i))
		}
		if l.needy && (l.mode == atSign || l.mode == inside) {
			e.waiting[i>>6] |= 1 << (i & 63)
		}
		if l.mode != atWord && l.mode != atNumber {
			continue
		}
		for g := range l.groups {
			t := &l.groups[g]
			t.feed = len(e.feeds)
			l.feeds = append(l.feeds, int32(t.feed))
			e.feeds = append(e.feeds, int32(i))
			for _, m := range t.progs {
				c := channel{needy: l.needy, memo: l.memo, feeds: []int32{int32(t.feed)}, any: make([]uint64, e.words)}
				c.any[m>>6] |= 1 << (m & 63)
				if l.mode == atWord {
					c.shape, c.need = progs[m].table.Shape(), filterOf(&progs[m].facts)
					byWord = append(byWord, c)
				} else {
					c.shape, c.need = l.back.Shape(), filter{digit: -1}
					byNumber = append(byNumber, c)
				}
			}
		}
	}
	e.byWord, e.byNumber = newChannels(byWord), newChannels(byNumber)
	for i := range e.sets {
		t := &e.sets[i]
		t.channels = [2]uint64{e.byWord.enabledBy(t.enabl), e.byNumber.enabledBy(t.enabl)}
	}
	e.byWord.anywhere, e.byNumber.anywhere = e.byWord.enabledBy(e.anywhere), e.byNumber.enabledBy(e.anywhere)
}

// relaxations are the counts that are kept when an expression's own automaton
// gets too large, tried in order.
var relaxations = [...]int{8, 1}

// tableOf gives a program with its automaton: that of the matcher, else one
// that matches more and only says where to simulate, else nil.
func (e *Engine) tableOf(m *matcher) (p *automaton.Prog, t *automaton.Table, longest int) {
	if t = automaton.Build([]*automaton.Prog{m.prog}, ownStates); t != nil {
		return m.prog, t, m.max
	}
	for _, most := range relaxations {
		p, err := automaton.Relaxed(m.linear, m.free && m.lane == match.Linear, e.pl.table, most)
		if err != nil {
			continue
		}
		if t = automaton.Build([]*automaton.Prog{p}, ownStates); t != nil {
			return p, t, -1
		}
	}
	return m.prog, nil, 0
}

// numberSigns numbers the characters that lanes and terms look for.
func (e *Engine) numberSigns() {
	number := func(wanted ...byte) {
		for _, c := range wanted {
			if e.signs[c] == 0 {
				e.signCount++
				e.signs[c] = uint8(e.signCount)
				e.signSet.Add(c)
			}
		}
	}
	for i := range e.lanes {
		switch l := &e.lanes[i]; l.mode {
		case atTrigger:
			number(l.trigger)
		case atSign:
			number(l.few...)
		}
	}
	number(e.index.first...)
	for i := range e.lanes {
		l := &e.lanes[i]
		for c, listed := range e.signs {
			if listed != 0 && l.musts.Has(byte(c)) {
				l.must = byte(c)
			}
		}
	}
}

// leads gives the words that lanes start at, each with the number of the set
// of lanes.
func (e *Engine) leads() map[string]int32 {
	lanes := map[string][]int32{}
	for i := range e.lanes {
		for _, w := range e.lanes[i].leads {
			if len(w) > 8 {
				w = w[:8] + "…" // the index looks no further
			}
			if !slices.Contains(lanes[w], int32(i)) {
				lanes[w] = append(lanes[w], int32(i))
			}
		}
	}
	out := map[string]int32{}
	e.leadSets = make([]leadSet, 1)
	known := map[string]int32{}
	var key []byte
	for _, w := range slices.Sorted(maps.Keys(lanes)) {
		key = key[:0]
		for _, k := range lanes[w] {
			key = binary.LittleEndian.AppendUint32(key, uint32(k))
		}
		n, ok := known[string(key)]
		if !ok {
			n = int32(len(e.leadSets))
			known[string(key)] = n
			e.leadSets = append(e.leadSets, e.leadSet(lanes[w]))
		}
		out[w] = n
	}
	return out
}

// leadSet are lanes that start at one word, with what can stand behind it.
type leadSet struct {
	lanes               []int32
	next, second, pairs automaton.Set
}

func (e *Engine) leadSet(lanes []int32) leadSet {
	s := leadSet{lanes: lanes}
	for _, k := range lanes {
		for i := range e.lanes[k].groups {
			h := e.lanes[k].groups[i].Shape()
			s.next.Or(&h.After[0])
			s.second.Or(&h.After[1])
			s.pairs.Or(&h.Pairs)
		}
	}
	return s
}

// buildEnabling finds for each matcher which keywords must be near for it to
// be worth running. It errs on the side of running.
func (e *Engine) buildEnabling() {
	e.always, e.anywhere = make([]uint64, e.words), make([]uint64, e.words)
	for i := range e.sets {
		t := &e.sets[i]
		t.enabl, t.in = make([]uint64, e.words), make([]uint64, (len(e.pl.lists)+63)/64)
		for _, l := range t.lists {
			t.in[l>>6] |= 1 << (l & 63)
		}
	}
	for _, m := range e.evident {
		e.always[m>>6] |= 1 << (m & 63)
	}
	byList := make([][]uint64, len(e.pl.lists))
	e.needs = make([][]uint64, len(e.pl.patterns))
	set := func(bits []uint64, m int) { bits[m>>6] |= 1 << (m & 63) }
	for i := range e.pl.patterns {
		p := &e.pl.patterns[i]
		lists := e.required(p.near)
		if lists != nil {
			e.needs[i] = make([]uint64, (len(e.pl.lists)+63)/64)
			for _, l := range lists {
				e.needs[i][l>>6] |= 1 << (l & 63)
			}
		}
		for _, a := range p.primaries {
			m := e.pl.atoms[a].matcher
			switch {
			case m < 0:
			case lists == nil:
				set(e.always, m)
			default:
				if r := p.reach(); r == sit.Unlimited || r > 4*blockSize {
					set(e.anywhere, m)
				} else {
					e.reach = max(e.reach, r)
				}
				for _, l := range lists {
					if byList[l] == nil {
						byList[l] = make([]uint64, e.words)
					}
					set(byList[l], m)
				}
			}
		}
	}
	for i := range e.sets {
		for _, l := range e.sets[i].lists {
			for w, v := range byList[l] {
				e.sets[i].enabl[w] |= v
			}
		}
	}
	e.byAtom = make([][]int32, len(e.pl.atoms))
	e.dict = make([]uint64, (len(e.pl.lists)+63)/64)
	for i := range e.pl.patterns {
		for _, a := range e.pl.patterns[i].primaries {
			e.byAtom[a] = append(e.byAtom[a], int32(i))
			if l := e.pl.atoms[a].list; l >= 0 {
				e.dict[l>>6] |= 1 << (l & 63)
			}
		}
	}
	e.byList = make([][]int32, len(e.pl.lists))
	for i := range e.pl.atoms {
		if l := e.pl.atoms[i].list; l >= 0 {
			e.byList[l] = append(e.byList[l], int32(i))
		}
	}
}

// required gives keyword lists one of which must be near for the tree to
// hold, or nil if there are none.
func (e *Engine) required(n *need) []int32 {
	if n == nil {
		return nil
	}
	if n.atom >= 0 {
		if l := e.pl.atoms[n.atom].list; l >= 0 && !e.late[l] {
			return []int32{int32(l)}
		}
	}
	for _, k := range n.all {
		if r := e.required(k); r != nil {
			return r
		}
	}
	var union []int32
	for _, k := range n.any {
		r := e.required(k)
		if r == nil {
			return nil
		}
		union = append(union, r...)
	}
	return union
}

// Detect runs all types over all texts. Each text is a window of its own.
func (e *Engine) Detect(texts []extract.Text, l budget.Limits) Output {
	return e.DetectIn(texts, l, nil)
}

// DetectIn is Detect with the stores that values of tables are looked up in.
func (e *Engine) DetectIn(texts []extract.Text, l budget.Limits, stores Stores) Output {
	s := e.pool.Get().(*scan)
	defer e.release(s)
	s.work.Left = l.Work
	s.x.use(e.pl, stores)
	var out Output
	for i := range texts {
		t := &texts[i]
		if t.Body == "" {
			continue
		}
		s.detect(t.Body)
		if len(s.cands) > 0 {
			s.collected.add(t, i, s.cands, s.arena, s.x.ids)
		}
		out.Skipped = s.exactSkips(t.Part, out.Skipped)
		if s.look.failed != nil {
			out.Skipped = append(out.Skipped, budget.Skip{Part: t.Part, Reason: budget.Time})
		}
		if s.work.Left <= 0 {
			out.Skipped = append(out.Skipped, budget.Skip{Part: t.Part, Reason: budget.WorkBudget, Limit: l.Work})
			break
		}
	}
	if len(s.collected.groups) > 0 {
		out.Findings = s.collected.findings()
	}
	return out
}

// keep is the text size above which scratch memory is not kept.
const keep = 4 << 20

func (e *Engine) release(s *scan) {
	if cap(s.v.Shadow) > keep || cap(s.hits) > keep/16 {
		return
	}
	s.collected.forget()
	s.v.Orig = "" // mail content does not outlive its message
	e.pool.Put(s)
}
