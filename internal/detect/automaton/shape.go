package automaton

import (
	"slices"
	"strings"

	"labelmilter/internal/match/fold"
)

// ShapeLength is the number of characters from a start that a Shape tells of,
// ShapeAfter that of characters behind the first run, ShapeBefore that of
// characters before the start.
const (
	ShapeLength = 12
	ShapeAfter  = 4
	ShapeBefore = 4
)

// ShapeRun is the length from which on runs are not told apart.
const ShapeRun = 63

// Shape is what text must look like around a place for a match to be possible
// from there. It lets through more than matches, and holds back none.
type Shape struct {
	// At are the characters that can stand at the place and behind it.
	At [ShapeLength]Set
	// Run has a bit for each length that the run of letters and digits at the
	// place can have; that of ShapeRun is for all from there on.
	Run uint64
	// After are the characters that can stand behind that run, Pairs the kinds
	// (KindPair) of the first two.
	After [ShapeAfter]Set
	Pairs Set
	// Before are the characters that can stand before the place, the next one
	// first.
	Before [ShapeBefore]Set
}

// AnySet has all bytes.
var AnySet = Set{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}

// Or adds what o lets through.
func (h *Shape) Or(o *Shape) {
	for k := range h.At {
		h.At[k].Or(&o.At[k])
	}
	for k := range h.After {
		h.After[k].Or(&o.After[k])
	}
	for k := range h.Before {
		h.Before[k].Or(&o.Before[k])
	}
	h.Pairs.Or(&o.Pairs)
	h.Run |= o.Run
}

// KindPair gives the kinds of two characters as one number. Kinds are what
// the expressions of types tell apart behind a word or number: capital and
// small letters, digits, single signs.
func KindPair(a, b byte) byte { return charKinds[a]<<4 | charKinds[b] }

// Kinds gives the kinds of all characters, from 0 to 15.
func Kinds() [256]byte { return charKinds }

var charKinds = func() (out [256]byte) {
	for b := range out {
		c := byte(b)
		switch {
		case isDigit(c):
			out[b] = 1
		case c-'a' < 26:
			out[b] = 2
		case c-'A' < 26:
			out[b] = 3
		case fold.Alnum(c):
			out[b] = 4
		case c == '\n' || c == '\r':
			out[b] = 5
		case c == ' ':
			out[b] = 6
		default: // 7 to 15, the rest 0
			if k := strings.IndexByte(".,-/:()'=", c); k >= 0 {
				out[b] = byte(7 + k)
			}
		}
	}
	return out
}()

// Shape gives the shape of the text where matches begin at the begin of a
// word.
func (t *Table) Shape() Shape {
	var from []uint16
	for k, s := range t.Start {
		if Kind(k) != Alnum && s != 0 {
			from = append(from, s)
		}
	}
	h := t.shape(from, fold.Alnum)
	for k := range h.Before {
		h.Before[k] = AnySet
	}
	return h
}

// Shape gives the shape of the text around the first digit of matches.
func (b *Back) Shape() Shape {
	h := b.table.shape(b.last, isDigit)
	level, begun := []uint16{1}, false
	for k := range h.Before {
		if begun {
			h.Before[k] = AnySet
			continue
		}
		var further []uint16
		for _, s := range level {
			for c := range 256 {
				q := b.next[int(s)<<b.shift|int(b.class[c])]
				if q == 0 {
					continue
				}
				h.Before[k].Add(byte(c))
				begun = begun || b.begin[q]
				further = append(further, q)
			}
			slices.Sort(further)
			further = slices.Compact(further)
		}
		level = further
	}
	return h
}

// shape gives the shape of what can follow some states; first tells which
// characters stand at the place itself.
func (t *Table) shape(from []uint16, first func(byte) bool) (h Shape) {
	sets := make([]Set, len(t.reps)) // by class
	var firsts []byte
	for b := range 256 {
		sets[t.class[b]].Add(byte(b))
		if first(byte(b)) {
			firsts = append(firsts, byte(b))
		}
	}
	level, ended := t.distinct(from), false
	var one []uint16 // states behind the first character
	for d := range h.At {
		if ended {
			h.At[d] = AnySet
			continue
		}
		var after []uint16
		bytes := t.reps
		if d == 0 {
			bytes = firsts
		}
		for _, s := range level {
			for _, b := range bytes {
				q := t.Step(s, b)
				switch {
				case q == 0:
					continue
				case d == 0:
					h.At[d].Add(b)
				default:
					h.At[d].Or(&sets[t.Class(b)])
					// The match ended before b: what is behind is free.
					ended = ended || t.Accepts(q) >= 0
				}
				after = append(after, q)
			}
		}
		level = t.distinct(after)
		if d == 0 {
			one = level
		}
	}
	t.runs(&h, one, sets)
	return h
}

// runs finds the lengths of the first run of letters and digits and what can
// stand behind it, from the states behind its first character.
func (t *Table) runs(h *Shape, level []uint16, sets []Set) {
	for n := 1; len(level) > 0; n++ {
		if n == ShapeRun {
			h.Run |= 1 << ShapeRun
			h.open(0)
			return
		}
		var after []uint16
		for _, s := range level {
			for _, b := range t.reps {
				q := t.Step(s, b)
				switch {
				case q == 0:
				case fold.Alnum(b): // classes never mix the two
					if t.Accepts(q) >= 0 { // ended within the run
						h.Run |= ^uint64(0) << (n + 1)
						h.open(0)
					}
					after = append(after, q)
				default:
					h.Run |= 1 << n
				}
			}
		}
		t.behind(h, level, sets)
		after = t.distinct(after)
		if slices.Equal(after, level) { // and so on
			if h.Run>>n&1 != 0 {
				h.Run |= ^uint64(0) << n
			}
			return
		}
		level = after
	}
}

// open lets everything through from the k-th character behind the run on.
func (h *Shape) open(k int) {
	for ; k < len(h.After); k++ {
		h.After[k] = AnySet
	}
	h.Pairs = AnySet
}

// behind adds what can stand behind a run that ends in some states.
func (t *Table) behind(h *Shape, level []uint16, sets []Set) {
	for d := range h.After {
		var after []uint16
		for _, s := range level {
			for _, b := range t.reps {
				q := t.Step(s, b)
				if q == 0 || d == 0 && fold.Alnum(b) {
					continue
				}
				h.After[d].Or(&sets[t.Class(b)])
				if t.Accepts(q) >= 0 { // ended before b
					h.open(d + 1)
				}
				if d == 0 {
					t.pairs(h, b, q, sets)
				}
				after = append(after, q)
			}
		}
		level = t.distinct(after)
	}
}

// pairs adds the kinds of a character of the class of b, which led to q, and
// of the next.
func (t *Table) pairs(h *Shape, b byte, q uint16, sets []Set) {
	var seconds Set
	for _, c := range t.reps {
		if t.Step(q, c) != 0 {
			seconds.Or(&sets[t.Class(c)])
		}
	}
	kinds := func(s *Set) (out []byte) {
		for c := range 256 {
			if s.Has(byte(c)) && !slices.Contains(out, charKinds[c]) {
				out = append(out, charKinds[c])
			}
		}
		return out
	}
	for _, x := range kinds(&sets[t.Class(b)]) {
		for _, y := range kinds(&seconds) {
			h.Pairs.Add(x<<4 | y)
		}
	}
}

func (t *Table) distinct(states []uint16) []uint16 {
	slices.Sort(states)
	return slices.Compact(states)
}
