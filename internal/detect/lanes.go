package detect

import (
	"slices"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match/fold"
)

// mode says at which places of a text a lane's automata are started.
type mode uint8

const (
	atWord    mode = iota // letters and digits that begin a word
	atSign                // characters that are neither letter nor digit
	inside                // letters and digits inside words
	atTrigger             // before a rare character that every match contains
	atLead                // words that the word index knows to begin a match
	atNumber              // where a match can begin whose first digit begins a number
)

var modeNames = [...]string{"word", "sign", "inside-word", "trigger", "first-word", "before-number"}

// Choices that decide a lane.
const (
	ownStates   = 2_000  // most states an expression may have on its own
	groupStates = 24_000 // most states of a joint automaton
	boundedLen  = 96     // longer matches need a lane with memory
	wordyShare  = 0.03   // expressions that live through more of all lower-case words want a better trigger
	memoProgs   = 64     // programs of an automaton with memory: one bit each
	keyLength   = 32     // matches that are at least as long are looked for by a rare sign, if they have one
	fewSigns    = 8      // characters that are listed rather than gated
)

// lane is a set of automata that are started at the same places.
type lane struct {
	mode    mode
	memo    bool // matches can be long: runs from different starts share their tails
	needy   bool // all its matchers need keywords nearby
	trigger byte
	lead    automaton.Set // characters between a start and the trigger
	next    automaton.Set // and behind it
	musts   automaton.Set // and those that stand between the two in every match
	must    byte          // one of them that is listed, 0 if there is none
	wordy   bool          // every letter and digit can stand between
	bucket  bucket
	sieve   // of starts; atTrigger: its gates alone
	first   [256]bool
	within  bool            // atTrigger: some match begins inside a word
	wide    bool            // inside: matches begin with characters beyond ASCII alone
	leads   []string        // atLead: the words
	back    *automaton.Back // atNumber
	few     []byte          // atSign: the characters of first, if there are at most fewSigns, all solid
	any     []uint64        // matchers of the lane
	groups  []tableGroup
	feeds   []int32 // atWord, atNumber: their lists of starts
	longest int     // match, in characters
	hope    *atom   // where its hopes say no to all that a match can be, none can stand; nil if it says nothing
}

// tableGroup is one automaton with what its acceptance sets mean.
type tableGroup struct {
	*automaton.Table
	feed  int       // atWord, atNumber: number of the list of starts
	ids   [][]int32 // per set: matchers, in order
	progs []int32   // program number → matcher
	reach []uint64  // with memory: programs that can match, by the kind of the character before
	masks []uint64  // per set, with memory: programs
}

// laneKey tells lanes apart.
type laneKey struct {
	mode    mode
	memo    bool
	needy   bool // all its matchers need keywords nearby
	trigger byte
	need    bucket
}

// laneBuilder sorts programs into lanes.
type laneBuilder struct {
	order []laneKey
	progs map[laneKey][]laneProg
}

type laneProg struct {
	prog    *automaton.Prog
	id      int32
	facts   automaton.Facts
	needy   bool
	table   *automaton.Table // its own
	longest int              // match, -1 if unbounded
	back    *automaton.Back  // if it is run from its first digit
}

// leads reports whether all matches begin with known words. Numbers are no
// words: each text has too many of them.
func (p *laneProg) leads() bool {
	return p.facts.Leads != nil && slices.ContainsFunc(p.facts.Leads, func(w string) bool { return w[0] > '9' })
}

func (b *laneBuilder) put(k laneKey, p laneProg) {
	if b.progs == nil {
		b.progs = map[laneKey][]laneProg{}
	}
	if b.progs[k] == nil {
		b.order = append(b.order, k)
	}
	b.progs[k] = append(b.progs[k], p)
}

// add puts a program into the lanes it needs.
func (b *laneBuilder) add(p laneProg) {
	f := &p.facts
	memo := p.longest < 0 || p.longest > boundedLen
	if (memo || bucketOf(f) == anyWord) && !p.leads() && f.Digit < 0 {
		if p.back = p.table.Backwards(); p.back != nil {
			b.put(laneKey{mode: atNumber, memo: memo, needy: p.needy}, p)
			return
		}
	}
	if f.Trigger != 0 && (memo || f.Wordy > wordyShare || f.Shortest >= keyLength && !p.leads() || bucketOf(f) == anyWord && !p.leads()) {
		b.put(laneKey{mode: atTrigger, memo: true, needy: p.needy, trigger: f.Trigger}, p)
		return
	}
	for m, can := range [...]bool{atWord: f.WordStart, atSign: f.Sign, inside: f.Inside} {
		switch {
		case !can:
		case mode(m) == atWord && p.leads():
			b.put(laneKey{mode: atLead, memo: memo, needy: p.needy}, p)
		default:
			b.put(laneKey{mode: mode(m), memo: memo, needy: p.needy, need: bucketOf(f)}, p)
		}
	}
}

// build makes the lanes; words is the number of 64-bit words of a set of ids.
func (b *laneBuilder) build(words int) (out []lane) {
	type job struct {
		laneKey
		progs []laneProg
	}
	var jobs []job
	for _, k := range b.order {
		if k.mode != atLead && k.mode != atNumber {
			jobs = append(jobs, job{k, b.progs[k]})
			continue
		}
		// One word is the beginning of few expressions, and each goes its own
		// way back from a number: each has a lane.
		for i := range b.progs[k] {
			jobs = append(jobs, job{k, b.progs[k][i : i+1]})
		}
	}
	out = make([]lane, len(jobs))
	parallel(len(out), func(i int) {
		k := jobs[i]
		l := &out[i]
		*l = lane{mode: k.mode, memo: k.memo, needy: k.needy, trigger: k.trigger, bucket: k.need, any: make([]uint64, words)}
		need := l.describe(k.progs)
		switch {
		case l.memo && (l.mode != atTrigger || len(k.progs) > memoProgs):
			// Unbounded expressions mostly multiply each other's states.
			for i := range k.progs {
				l.add(k.progs[i:i+1], k.progs[i].table)
			}
		default:
			l.split(k.progs)
		}
		switch l.mode {
		case atNumber:
			l.back = k.progs[0].back
		case atSign, inside, atTrigger:
			l.sieve = newSieve(need, l.groups)
		}
	})
	return out
}

// describe notes what the programs of a lane have in common.
func (l *lane) describe(progs []laneProg) (need filter) {
	var inner automaton.Set
	for i, p := range progs {
		if f := filterOf(&p.facts); i == 0 {
			need = f
		} else {
			need = need.either(f)
		}
		l.lead.Or(&p.facts.Lead)
		l.next.Or(&p.facts.Next)
		if l.mode == atTrigger {
			musts := p.table.Musts(l.trigger)
			for w := range musts {
				if i == 0 {
					l.musts[w] = ^uint64(0)
				}
				l.musts[w] &= musts[w]
			}
		}
		if l.mode == atLead {
			l.leads = append(l.leads, p.facts.Leads...)
		}
		l.within = l.within || p.facts.Inside
		l.longest = longer(l.longest, p.facts.Longest)
		inner.Or(&p.facts.Within)
		for c := range 256 {
			l.first[c] = l.first[c] || p.facts.First.Has(byte(c))
		}
		if w := int(p.id) >> 6; w < len(l.any) {
			l.any[w] |= 1 << (p.id & 63)
		}
	}
	l.wide = l.mode == inside && inner[0]|inner[1] == 0 // nothing of ASCII
	l.wordy = true
	for c, ok := range l.first {
		if fold.Alnum(byte(c)) && c < fold.Letter {
			l.wordy = l.wordy && l.lead.Has(byte(c))
		}
		if ok && !fold.Alnum(byte(c)) {
			l.few = append(l.few, byte(c))
		}
	}
	if len(l.few) > fewSigns || slices.ContainsFunc(l.few, func(c byte) bool { return !automaton.Solid(c) }) {
		l.few = nil
	}
	return need
}

// longer is the greater of two lengths, -1 being without bound.
func longer(a, b int) int {
	if a < 0 || b < 0 {
		return -1
	}
	return max(a, b)
}

// split builds one automaton for all programs, or two for half of them each
// if it gets too large.
func (l *lane) split(progs []laneProg) {
	if len(progs) == 1 {
		l.add(progs, progs[0].table)
		return
	}
	// Expressions that go together share beginnings and need fewer states
	// than each on its own; those that multiply are found out early.
	list := make([]*automaton.Prog, len(progs))
	limit := 0
	for i := range progs {
		list[i] = progs[i].prog
		limit += progs[i].table.States()
	}
	if !l.memo {
		limit = 300 + 2*limit // these run at many places: one run is better than two
	}
	t := automaton.Build(list, min(limit, groupStates))
	if t == nil {
		l.split(progs[:len(progs)/2])
		l.split(progs[len(progs)/2:])
		return
	}
	l.add(progs, t)
}

// add adds the automaton of programs to the lane.
func (l *lane) add(progs []laneProg, t *automaton.Table) {
	g := tableGroup{Table: t}
	for _, p := range progs {
		g.progs = append(g.progs, p.id)
	}
	for i, set := range t.Sets {
		ids := make([]int32, len(set))
		for k, p := range set {
			ids[k] = progs[p].id
		}
		g.ids = append(g.ids, ids)
		if l.memo {
			g.masks = append(g.masks, t.Mask(int32(i)))
		}
	}
	if l.memo {
		g.reach = t.Reach()
	}
	l.groups = append(l.groups, g)
}
