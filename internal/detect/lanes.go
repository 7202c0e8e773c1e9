package detect

import (
	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match/fold"
)

// mode says at which places of a text a lane's automata are started.
type mode uint8

const (
	atWord    mode = iota // letters and digits that begin a word
	atLong                // the same, in words of a minimal length
	atSign                // characters that are neither letter nor digit
	inside                // letters and digits inside words
	atTrigger             // before a rare character that every match contains
)

var modeNames = [...]string{"word", "long-word", "sign", "inside-word", "trigger"}

// Choices that decide a lane.
const (
	ownStates   = 4_000  // most states an expression may have on its own
	groupStates = 24_000 // most states of a joint automaton
	boundedLen  = 96     // longer matches need a lane with memory
	wordyShare  = 0.03   // expressions that live through more of all lower-case words are kept from the word lane
	longRun     = 12     // least run for the long-word lane
	memoProgs   = 64     // programs of an automaton with memory: one bit each
)

// lane is a set of automata that are started at the same places.
type lane struct {
	mode    mode
	memo    bool // matches can be long: runs from different starts share their tails
	trigger byte
	lead    automaton.Set // characters between a start and the trigger
	minRun  int           // atLong
	first   [256]bool
	within  bool     // atTrigger: some match begins inside a word
	few     []byte   // atSign: the characters of first, if there are at most three
	any     []uint64 // matchers of the lane
	gate    gate
	groups  []tableGroup
}

// tableGroup is one automaton with what its acceptance sets mean.
type tableGroup struct {
	*automaton.Table
	ids   [][]int32  // per set: matchers, or terms for literals
	progs []int32    // program number → matcher
	bits  [][]uint64 // per set: matchers as bits
	reach []uint64   // per state, with memory: programs that can still match
	masks []uint64   // per set, with memory: programs
}

// laneKey tells lanes apart.
type laneKey struct {
	mode    mode
	memo    bool
	needy   bool // all its matchers need keywords nearby
	trigger byte
}

// laneBuilder sorts programs into lanes.
type laneBuilder struct {
	order []laneKey
	progs map[laneKey][]laneProg
}

type laneProg struct {
	prog  *automaton.Prog
	id    int32
	facts automaton.Facts
	needy bool
	own   int // states of its own automaton
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

// add puts a program into the lanes it needs. maxLen is -1 if unbounded.
func (b *laneBuilder) add(p laneProg, maxLen int) {
	f := &p.facts
	memo := maxLen < 0 || maxLen > boundedLen
	if f.Trigger != 0 && (memo || f.Wordy > wordyShare) {
		b.put(laneKey{mode: atTrigger, memo: true, trigger: f.Trigger}, p)
		return
	}
	if f.WordStart {
		if f.Wordy > wordyShare && f.Run >= longRun {
			b.put(laneKey{mode: atLong, memo: memo, needy: p.needy && !memo}, p)
		} else {
			b.put(laneKey{mode: atWord, memo: memo, needy: p.needy && !memo}, p)
		}
	}
	if f.Sign {
		b.put(laneKey{mode: atSign, memo: memo, needy: p.needy && !memo}, p)
	}
	if f.Inside {
		b.put(laneKey{mode: inside, memo: memo, needy: p.needy && !memo}, p)
	}
}

// addLiteral puts the program of a word or phrase into the lanes it needs;
// all are bounded.
func (b *laneBuilder) addLiteral(p laneProg) {
	for m, need := range map[mode]bool{atWord: p.facts.WordStart, atSign: p.facts.Sign, inside: p.facts.Inside} {
		if need {
			b.put(laneKey{mode: m}, p)
		}
	}
}

// build makes the lanes; words is the number of 64-bit words of a set of ids.
func (b *laneBuilder) build(words int) (out []lane) {
	for _, k := range b.order {
		l := lane{mode: k.mode, memo: k.memo, trigger: k.trigger, minRun: automaton.MaxRun, any: make([]uint64, words)}
		progs := b.progs[k]
		for _, p := range progs {
			l.minRun = min(l.minRun, p.facts.Run)
			l.lead.Or(&p.facts.Lead)
			l.within = l.within || p.facts.Inside
			for c := range 256 {
				l.first[c] = l.first[c] || p.facts.First.Has(byte(c))
			}
			if w := int(p.id) >> 6; w < words {
				l.any[w] |= 1 << (p.id & 63)
			}
		}
		for c, ok := range l.first {
			if ok && !fold.Alnum(byte(c)) {
				l.few = append(l.few, byte(c))
			}
		}
		if len(l.few) > 3 {
			l.few = nil
		}
		size := len(progs)
		if l.memo {
			size = min(size, memoProgs)
		}
		for len(progs) > 0 {
			n := min(size, len(progs))
			l.split(progs[:n], words)
			progs = progs[n:]
		}
		l.gate.build(l.groups)
		out = append(out, l)
	}
	return out
}

// split builds one automaton for all programs, or two for half of them each
// if it gets too large.
func (l *lane) split(progs []laneProg, words int) {
	// Expressions that go together share beginnings and need fewer states
	// than each on its own; those that multiply are found out early.
	list := make([]*automaton.Prog, len(progs))
	limit := 1000
	for i := range progs {
		list[i] = progs[i].prog
		limit += progs[i].own * 3 / 2
	}
	if len(progs) == 1 {
		limit = groupStates // it was built before
	}
	t := automaton.Build(list, min(limit, groupStates))
	if t == nil {
		l.split(progs[:len(progs)/2], words)
		l.split(progs[len(progs)/2:], words)
		return
	}
	g := tableGroup{Table: t}
	for _, p := range progs {
		g.progs = append(g.progs, p.id)
	}
	for i, set := range t.Sets {
		ids, bits := make([]int32, len(set)), make([]uint64, words)
		for k, p := range set {
			ids[k] = progs[p].id
			if w := int(ids[k]) >> 6; w < words {
				bits[w] |= 1 << (ids[k] & 63)
			}
		}
		g.ids, g.bits = append(g.ids, ids), append(g.bits, bits)
		if l.memo {
			g.masks = append(g.masks, t.Mask(int32(i)))
		}
	}
	if l.memo {
		g.reach = t.Reach()
	}
	l.groups = append(l.groups, g)
}

// gate tells from three characters whether any automaton of a lane is still
// alive or has accepted: one table look-up instead of a run.
type gate struct {
	class [256]uint8
	bits  [1 << 12]uint64 // by two classes; a bit for each third
}

// frequency lists characters from frequent to rare in mail; the gate keeps
// frequent ones apart.
const frequency = " etaoinsrhldcumfpgwybvkxjqz0123456789.,-\r\n/:_@=ESTAICNROMDPLFBHUGWVKYJXQZ"

func (g *gate) build(groups []tableGroup) {
	// Bytes that no automaton tells apart share a class. Classes are numbered
	// from the most frequent on, and from 63 on are one.
	type key [8]uint8
	seen := map[key]uint8{}
	number := func(b byte) {
		var k key
		for i := range groups {
			if i < len(k) {
				k[i] = groups[i].Class(b)
			}
		}
		c, ok := seen[k]
		if !ok {
			c = uint8(min(len(seen), 63))
			seen[k] = c
		}
		if len(groups) > len(key{}) {
			c = 63
		}
		g.class[b] = c
	}
	for _, b := range []byte(frequency) {
		number(b)
	}
	for b := range 256 {
		number(byte(b))
	}
	for i := range groups {
		g.admit(groups[i].Table)
	}
}

// admit lets through every three characters that t survives or accepts.
func (g *gate) admit(t *automaton.Table) {
	reps := t.Bytes()
	// Gate classes can be finer than those of t where there are several
	// tables, and coarser where there are too many.
	classes := map[byte][]int{}
	for _, r := range reps {
		var have uint64
		for x := range 256 {
			if c := g.class[x]; t.Class(byte(x)) == t.Class(r) && have>>c&1 == 0 {
				have |= 1 << c
				classes[r] = append(classes[r], int(c))
			}
		}
	}
	starts := map[uint16]bool{}
	for _, s := range t.Start {
		if s != 0 {
			starts[s] = true
		}
	}
	for s := range starts {
		for _, a := range reps {
			s1 := t.Step(s, a)
			if s1 == 0 {
				continue
			}
			for _, b := range reps {
				s2 := t.Step(s1, b)
				if s2 == 0 {
					continue
				}
				all := t.Accepts(s2) >= 0
				for _, c := range reps {
					if !all && t.Step(s2, c) == 0 {
						continue
					}
					for _, x := range classes[a] {
						for _, y := range classes[b] {
							for _, z := range classes[c] {
								g.bits[x<<6|y] |= 1 << z
							}
						}
					}
				}
			}
		}
	}
}

// open reports whether a run from i can give anything. buf has two more bytes
// behind every start.
func (g *gate) open(buf []byte, i int) uint64 {
	b := buf[i : i+3 : i+3]
	k := (uint(g.class[b[0]])<<6 | uint(g.class[b[1]])) & (1<<12 - 1)
	return g.bits[k] >> (g.class[b[2]] & 63) & 1
}
