package detect

import (
	"slices"
	"strings"

	"labelmilter/internal/detect/automaton"
)

// LaneInfo says how a pattern's primary element is run and what it costs.
type LaneInfo struct {
	Type    string
	Pattern int
	// Lane is "words" for keywords; "word", "sign",
	// "inside-word", "trigger" for automata by where they start, with
	// "+memory" for long matches and "+checked" where the automaton is of a
	// simpler expression and what it finds is simulated; "simulated" for
	// expressions that are simulated from every character; "lookaround" is
	// added where the expression has it.
	Lane string
	// Cost is the number of automaton steps for 1,000 characters of ordinary
	// prose, keywords left aside. Below 100 is cheap; above CostlyLane the
	// expression is alive in most words.
	Cost float64
}

// Simulated reports whether the expression is simulated from every character.
func (l LaneInfo) Simulated() bool { return strings.HasPrefix(l.Lane, "simulated") }

// CostlyLane is the cost above which an expression deserves another look.
const CostlyLane = 1500

// Lanes describes all patterns in order of types.
func (e *Engine) Lanes() (out []LaneInfo) {
	type info struct {
		lane string
		cost float64
	}
	known := map[int]info{}
	s := newScan(e)
	s.fold(sample)
	for b := range s.n/blockSize + 1 {
		s.words.Words = s.wordsOf(b, s.words.Words)
	}
	for _, ty := range e.pl.types {
		for index, p := range ty.patterns {
			if ty.bundle && e.pl.types[e.pl.patterns[p].owner].id != ty.id {
				continue
			}
			li := LaneInfo{Type: ty.id, Pattern: index, Lane: "words"}
			for _, a := range e.pl.patterns[p].primaries {
				m := e.pl.atoms[a].matcher
				if m < 0 {
					continue
				}
				k, ok := known[m]
				if !ok {
					k.lane, k.cost = s.laneOf(&e.pl.matchers[m])
					known[m] = k
				}
				li.Lane, li.Cost = k.lane, k.cost
			}
			out = append(out, li)
		}
	}
	return out
}

// sample is ordinary prose for LaneInfo.Cost.
const sample = `Dear all,

Thank you for coming to the meeting on Tuesday 14 March 2023. We agreed to
send the revised budget (now $12,450.00) to the regional office before 5:30 pm
on Friday; please check lines 17 to 23 and tell Anna Kowalski if a figure looks
wrong. Her new number is (02) 6123 4567, room B2-104.

The supplier has confirmed order no. 4711/2023 for 120 chairs and 16 desks, and
asks us to quote reference AB-99812 on the invoice. More details are on
http://www.example.org/orders/4711.html, or write to orders@example.org.

> Could you let me know whether the licence renewal is still planned? I have
> not heard anything since the letter of 03/02/2023, and the old one ends soon.

Kind regards
Peter
`

// laneOf runs one matcher by itself over the text that was folded.
func (s *scan) laneOf(m *matcher) (lane string, cost float64) {
	var more string
	if m.verify != nil {
		more = "+lookaround"
	}
	perThousand := 1000 / float64(s.n)
	p, t, longest := s.e.tableOf(m)
	if t == nil {
		steps := 0
		for i := range s.n {
			steps += s.sim.Ends(p, &s.v.Text, i, MaxMatch, func(int) bool { return true })
		}
		return "simulated" + more, float64(steps) * perThousand
	}
	if p != m.prog {
		more = "+checked" + more
	}
	var b laneBuilder
	facts := automaton.FactsOf(t)
	b.add(laneProg{prog: p, facts: facts, table: t, longest: longest})
	lanes := b.build(0)
	var names []string
	steps := 0
	everywhere := slices.Repeat([]uint64{^uint64(0)}, s.n/blockSize+1)
	for k := range lanes {
		l := &lanes[k]
		var starts []int32
		s.fed, s.ready = [][]int32{nil}, make([]uint64, len(s.ready)+1)
		switch l.mode {
		case atWord:
			s.feedWords(newChannels([]channel{{shape: t.Shape(), need: filterOf(&facts), feeds: []int32{0}}}), everywhere)
			starts = s.fed[0]
		case atNumber:
			s.feedNumbers(newChannels([]channel{{shape: l.back.Shape(), need: filter{digit: -1}, feeds: []int32{0}}}), everywhere)
			for _, i := range s.fed[0] {
				var n int
				starts, n = l.back.Begins(s.buf, int(i), MaxMatch, starts)
				steps += n
			}
		case atTrigger:
			var places []int32
			for i := range s.n {
				if s.buf[i] == l.trigger {
					places = append(places, int32(i))
				}
			}
			starts = s.triggered(l, places, nil)
		default:
			s.maybe = s.maybe[:0]
			for w := range len(s.maps) - 1 {
				s.maybe = s.possible(l, w, s.maybe)
			}
			z := l.sieve
			if l.mode == atLead { // the words at its beginning are looked up, not sifted
				z = newSieve(filterOf(&facts), l.groups)
			}
			starts = s.sift(&z, s.maybe, nil)
		}
		for _, start := range starts {
			_, n := t.Run(s.buf, int(start), nil)
			steps += n
		}
		name := modeNames[l.mode]
		if l.memo {
			name += "+memory"
		}
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ",") + more, float64(steps) * perThousand
}
