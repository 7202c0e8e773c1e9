package automaton

import (
	"slices"

	"labelmilter/internal/match/fold"
)

// Facts are what decides how a program is best run. They are exact: read off
// the program's own table.
type Facts struct {
	WordStart bool // can match from a letter or digit that begins a word
	Sign      bool // can match from a character that is neither letter nor digit
	Inside    bool // can match from a letter or digit inside a word
	// Wordy is the share of three-letter lower-case beginnings that can still
	// become a match.
	Wordy float64
	// Run is the least number of letters and digits that every match begins
	// with, Solid that of characters other than white space; at most MaxRun.
	Run, Solid int
	// Digit is the greatest number of characters before the first digit of
	// any match, -1 if some match has none or it may stand anywhere.
	Digit int
	// Digits is the least number of digits among the first MaxRun characters of
	// any match, 0 if Digit is -1.
	Digits int
	// Shortest and Longest are lengths of matches; Shortest is at most
	// MaxShortest, Longest -1 if there is no bound.
	Shortest, Longest int
	// Trigger is a rare character that every match contains, 0 if there is
	// none; Lead are the characters that can stand before its first
	// occurrence.
	Trigger byte
	Lead    Set
	Next    Set // characters that can stand behind that occurrence
	First   Set // characters a match can begin with
	Within  Set // letters and digits one can begin with inside a word
	// Leads are the first words, in lower case, of all matches that begin
	// where a word begins; nil if they cannot be listed. A word ends before
	// what is neither letter nor digit.
	Leads []string
}

// Bounds of Facts.Leads.
const (
	maxLeads    = 200
	maxLeadWord = 32
	leadSteps   = 3_000
)

// MaxRun bounds Facts.Run and Facts.Solid, MaxShortest Facts.Shortest.
const (
	MaxRun      = 32
	MaxShortest = 100
)

// triggers lists characters from rare to frequent in mail.
const triggers = "@~^|{}\\$%#&*+=<>[]!;?:"

// FactsOf reads the facts off the table of a single program.
func FactsOf(t *Table) Facts {
	var f Facts
	for k := range kinds {
		for b := range 256 {
			if b == EOT || t.Step(t.Start[k], byte(b)) == 0 {
				continue
			}
			f.First.Add(byte(b))
			switch {
			case !fold.Alnum(byte(b)):
				f.Sign = true
			case k == Alnum:
				f.Inside = true
				f.Within.Add(byte(b))
			default:
				f.WordStart = true
			}
		}
	}
	f.Wordy = t.wordy()
	f.Run = t.run(fold.Alnum)
	f.Solid = t.run(Solid)
	f.Digit = t.digit()
	if f.Digit >= 0 {
		f.Digits = t.digits()
	}
	f.Shortest, f.Longest = t.shortest(), t.longest()
	if f.WordStart {
		f.Leads = t.leads()
	}
	for _, c := range []byte(triggers) {
		if lead, ok := t.required(c); ok && !lead.Has(' ') && !lead.Has('\n') && !lead.Has('\r') && !lead.Has('\t') {
			f.Trigger, f.Lead, f.Next = c, lead, t.behindFirst(c)
			break
		}
	}
	return f
}

func (t *Table) wordy() float64 {
	n := 0
	for a := byte('a'); a <= 'z'; a++ {
		s := t.Step(t.Start[Other], a)
		for b := byte('a'); b <= 'z' && s != 0; b++ {
			q := t.Step(s, b)
			for c := byte('a'); c <= 'z' && q != 0; c++ {
				if t.Step(q, c) != 0 {
					n++
				}
			}
		}
	}
	return float64(n) / (26 * 26 * 26)
}

// Solid reports whether a shadow byte is neither white space nor a control
// character.
func Solid(b byte) bool { return b > ' ' }

// run finds the shortest beginning of any match that is made of certain
// characters, by levels.
func (t *Table) run(of func(byte) bool) int {
	var others [256]bool // classes with another character
	for b := range 256 {
		if b == EOT || !of(byte(b)) {
			others[t.class[b]] = true
		}
	}
	reached := make([]int, t.Numbers()) // how many levels a state was last seen on
	level := t.distinct(slices.Clone(t.Start[:]))
	for d := range MaxRun {
		var after []uint16
		for _, s := range level {
			for c := range t.reps {
				q := t.next[int(s)<<t.unit+c]
				switch {
				case q == 0:
				case others[c] || t.Accepts(q) >= 0 && d > 0:
					return d
				case reached[q] <= d:
					reached[q] = d + 1
					after = append(after, q)
				}
			}
		}
		level = after
	}
	return MaxRun
}

// digit finds the longest way to the first digit of a match.
func (t *Table) digit() int {
	const unknown, open = -2, -3
	dist := make([]int, t.Numbers())
	for i := range dist {
		dist[i] = unknown
	}
	reps := t.Bytes()
	var after func(s uint16, first bool) int
	after = func(s uint16, first bool) int {
		most := 0
		for _, b := range reps {
			q := t.Step(s, b)
			if q == 0 {
				continue
			}
			if !first && t.Accepts(q) >= 0 {
				return -1 // a match without a digit ended before b
			}
			// Bytes of one class behave the same, but only some are digits.
			if t.all(b, isDigit) {
				continue
			}
			if dist[q] == unknown {
				dist[q] = open
				dist[q] = after(q, false)
			}
			if dist[q] < 0 {
				return -1 // none, or a loop
			}
			most = max(most, dist[q]+1)
		}
		return most
	}
	most := 0
	for _, s := range t.Start {
		if s == 0 {
			continue
		}
		d := after(s, true)
		if d < 0 {
			return -1
		}
		most = max(most, d)
	}
	return most
}

// leads lists the first words of matches.
func (t *Table) leads() []string {
	x := leader{t: t, steps: leadSteps}
	for _, b := range t.Bytes() {
		if !fold.Alnum(b) { // classes never mix the two
			x.signs = append(x.signs, b)
		}
	}
	var from []uint16
	for k, s := range t.Start {
		if Kind(k) != Alnum && s != 0 && !slices.Contains(from, s) {
			from = append(from, s)
		}
	}
	x.counts = make([]int16, t.Numbers())
	words := 0
	for _, s := range from {
		words = max(words, x.count(s))
	}
	if words > maxLeads || !x.visit(from, nil) {
		return nil
	}
	return x.words
}

// count gives how many words go on from a state, at most one more than can be
// listed, as in a loop. A word that its cases lead apart counts for each.
func (x *leader) count(s uint16) int {
	const open = -1
	switch n := x.counts[s]; n {
	case 0:
	case open:
		return maxLeads + 1
	default:
		return int(n) - 1
	}
	x.counts[s] = open
	n := 0
	for _, b := range x.signs {
		if x.t.Step(s, b) != 0 {
			n = 1
			break
		}
	}
	for c := byte('0'); c <= 'z' && n <= maxLeads; c++ {
		if c > '9' && c < 'a' {
			continue
		}
		q := x.t.Step(s, c)
		if q != 0 {
			n += x.count(q)
		}
		if c > '9' {
			if p := x.t.Step(s, c&^0x20); p != 0 && p != q {
				n += x.count(p)
			}
		}
	}
	x.counts[s] = int16(min(n, maxLeads+1)) + 1
	return min(n, maxLeads+1)
}

type leader struct {
	t     *Table
	signs []byte // one of each class that is neither letter nor digit
	words []string
	steps int
	// Per state: words that go on from it and one more, 0 if it was not counted.
	counts []int16
}

// visit goes on from a set of states behind the beginning of a word.
func (x *leader) visit(from []uint16, word []byte) bool {
	if x.steps -= len(from); x.steps < 0 || len(word) > maxLeadWord {
		return false
	}
	ends := false
	for _, s := range from {
		for _, b := range x.signs {
			ends = ends || x.t.Step(s, b) != 0
		}
		if x.t.Step(s, fold.Letter) != 0 {
			return false
		}
	}
	if ends && len(word) > 0 {
		if len(x.words) == maxLeads {
			return false
		}
		x.words = append(x.words, string(word))
	}
	for _, c := range []byte("0123456789abcdefghijklmnopqrstuvwxyz") {
		var to []uint16
		for _, s := range from {
			for _, b := range [...]byte{c, c &^ 0x20} {
				if c <= '9' {
					b = c
				}
				q := x.t.Step(s, b)
				if q == 0 || slices.Contains(to, q) {
					continue
				}
				if x.t.Accepts(q) >= 0 && len(word) > 0 {
					return false // a match ended within the word
				}
				to = append(to, q)
			}
		}
		if len(to) > 0 && !x.visit(to, append(word[:len(word):len(word)], c)) {
			return false
		}
	}
	return true
}

// digits finds the least number of digits of any match, by levels. Whether a
// match ended shows over the character behind it, which does not count.
func (t *Table) digits() int {
	const never = MaxRun + 1
	reps := t.Bytes()
	digit := make([]int, len(reps))
	for k, b := range reps {
		if t.all(b, isDigit) {
			digit[k] = 1
		}
	}
	least := never
	level, after := make([]int, t.Numbers()), make([]int, t.Numbers())
	for i := range level {
		level[i] = never
	}
	for _, s := range t.Start {
		if s != 0 {
			level[s] = 0
		}
	}
	for d := range MaxRun {
		for i := range after {
			after[i] = never
		}
		alive := false
		for s, n := range level {
			if n == never {
				continue
			}
			for k, b := range reps {
				q := t.Step(uint16(s), b)
				if q == 0 {
					continue
				}
				if t.Accepts(q) >= 0 && d > 0 {
					least = min(least, n)
				}
				if n+digit[k] < after[q] {
					after[q], alive = n+digit[k], true
				}
			}
		}
		if !alive {
			return least
		}
		level, after = after, level
	}
	for _, n := range level {
		least = min(least, n)
	}
	return least
}

// shortest finds the length of the shortest match.
func (t *Table) shortest() int {
	seen := make([]bool, t.Numbers())
	level, reps := t.Start[:], t.Bytes()
	for d := range MaxShortest {
		var after []uint16
		for _, s := range level {
			for _, b := range reps {
				q := t.Step(s, b)
				if s == 0 || q == 0 {
					continue
				}
				if t.Accepts(q) >= 0 && d > 0 {
					return d
				}
				if !seen[q] {
					seen[q] = true
					after = append(after, q)
				}
			}
		}
		level = after
	}
	return MaxShortest
}

// longest finds the longest way through the automaton; acceptance shows one
// step late.
func (t *Table) longest() int {
	const unknown, open = -2, -3
	dist := make([]int, t.Numbers())
	for i := range dist {
		dist[i] = unknown
	}
	reps := t.Bytes()
	var visit func(s uint16) int
	visit = func(s uint16) int {
		switch dist[s] {
		case unknown:
		case open:
			return -1 // a loop
		default:
			return dist[s]
		}
		dist[s] = open
		most := 0
		for _, b := range reps {
			if q := t.Step(s, b); q != 0 {
				n := visit(q)
				if n < 0 {
					most = -1
					break
				}
				most = max(most, n+1)
			}
		}
		dist[s] = most
		return most
	}
	most := 0
	for _, s := range t.Start {
		if s == 0 {
			continue
		}
		n := visit(s)
		if n < 0 {
			return -1
		}
		most = max(most, n-1)
	}
	return most
}

func isDigit(b byte) bool { return b-'0' < 10 }

// all reports whether a property holds for all bytes of the class of b.
func (t *Table) all(b byte, of func(byte) bool) bool {
	for c := range 256 {
		if t.class[c] == t.class[b] && !of(byte(c)) {
			return false
		}
	}
	return true
}

// required reports whether every match contains c, and what can stand before
// its first occurrence.
func (t *Table) required(c byte) (lead Set, ok bool) {
	seen := make([]bool, t.Numbers())
	reps := t.Bytes()
	var leads [256]bool // by class
	var stack []uint16
	for _, s := range t.Start {
		if s != 0 && !seen[s] {
			seen[s] = true
			stack = append(stack, s)
		}
	}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, b := range reps {
			q := t.Step(s, b)
			if q == 0 {
				continue
			}
			if t.Accepts(q) >= 0 {
				return lead, false // a match ended before b
			}
			if t.Class(b) == t.Class(c) {
				if !t.alone(c) {
					return lead, false // another character does as well
				}
				continue
			}
			leads[t.Class(b)] = true
			if !seen[q] {
				seen[q] = true
				stack = append(stack, q)
			}
		}
	}
	for b := range 256 {
		if b != EOT && leads[t.Class(byte(b))] {
			lead.Add(byte(b))
		}
	}
	return lead, true
}

// behindFirst gives what can stand behind the first occurrence of c.
func (t *Table) behindFirst(c byte) (out Set) {
	seen := make([]bool, t.Numbers())
	var stack []uint16
	add := func(s uint16) {
		if s != 0 && !seen[s] {
			seen[s] = true
			stack = append(stack, s)
		}
	}
	for _, s := range t.Start {
		add(s)
	}
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		for _, b := range t.reps {
			if t.Class(b) != t.Class(c) {
				add(t.Step(s, b))
				continue
			}
			q := t.Step(s, c)
			for d := range 256 {
				if t.Step(q, byte(d)) != 0 { // state 0 leads nowhere
					out.Add(byte(d))
				}
			}
		}
	}
	return out
}

// Musts gives rare characters that stand before the first occurrence of
// trigger in every match.
func (t *Table) Musts(trigger byte) (out Set) {
	for _, c := range []byte(triggers) {
		if c != trigger && t.alone(c) && !t.reaches(trigger, c) {
			out.Add(c)
		}
	}
	return out
}

// reaches reports whether c can be met without passing over one character.
func (t *Table) reaches(c, over byte) bool {
	seen := make([]bool, t.Numbers())
	stack := slices.Clone(t.Start[:])
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if s == 0 || seen[s] {
			continue
		}
		seen[s] = true
		for _, b := range t.reps {
			switch t.Class(b) {
			case t.Class(over):
			case t.Class(c):
				if t.Step(s, c) != 0 {
					return true
				}
			default:
				stack = append(stack, t.Step(s, b))
			}
		}
	}
	return false
}

// alone reports whether the automaton tells c from every other byte.
func (t *Table) alone(c byte) bool {
	for b := range 256 {
		if b != int(c) && t.class[b] == t.class[c] {
			return false
		}
	}
	return true
}
