package automaton

import (
	"encoding/binary"
	"math/bits"
	"slices"
)

// Back runs an expression backwards from the first digit of a match, for
// expressions whose matches all have one: it gives the places where such a
// match can begin. Where words are frequent and numbers are not, that is the
// cheaper end to start from. It is immutable.
type Back struct {
	class [256]uint8
	shift uint
	next  []uint16 // state<<shift | class; 0 is dead
	begin []bool   // per state: a match can begin here
	near  Set      // characters that can stand right before the digit
	table *Table
	last  []uint16 // its states before the digit
}

// Near reports whether b can stand right before the first digit of a match.
func (b *Back) Near(c byte) bool { return b.near.Has(c) }

// maxBack is the most states of a Back.
const maxBack = 2_000

// Backwards gives the automaton that runs backwards, nil if some match has no
// digit or begins with one, or it would be large.
func (t *Table) Backwards() *Back {
	free, ok := t.beforeDigit()
	if !ok {
		return nil
	}
	// Edges between states that are reached without a digit, by class.
	into := make([][][]uint16, len(t.reps)) // class → state → states that lead to it
	var last []uint16
	for _, b := range t.reps {
		if b == EOT {
			continue
		}
		c := t.Class(b)
		into[c] = make([][]uint16, t.Numbers())
		for s, is := range free {
			if !is {
				continue
			}
			q := t.Step(uint16(s), b)
			switch {
			case q == 0:
			case isDigit(b):
				if !slices.Contains(last, uint16(s)) {
					last = append(last, uint16(s))
				}
			case free[q]:
				into[c][q] = append(into[c][q], uint16(s))
			}
		}
	}
	b := &Back{class: t.class, shift: uint(bits.Len(uint(len(t.reps) - 1))), begin: []bool{false}, table: t, last: slices.Clone(last)}
	sets, ids := [][]uint16{nil}, map[string]uint16{}
	var key []byte
	number := func(set []uint16) uint16 {
		if len(set) == 0 {
			return 0
		}
		slices.Sort(set)
		set = slices.Compact(set)
		key = key[:0]
		for _, s := range set {
			key = binary.LittleEndian.AppendUint16(key, s)
		}
		id, ok := ids[string(key)]
		if !ok {
			id = uint16(len(sets))
			ids[string(key)] = id
			sets = append(sets, slices.Clone(set))
			b.begin = append(b.begin, slices.ContainsFunc(set, func(s uint16) bool { return slices.Contains(t.Start[:], s) }))
		}
		return id
	}
	if number(last); len(sets) > 1 && b.begin[1] {
		return nil // a match can begin within a number
	}
	b.next = make([]uint16, 1<<b.shift)
	for k := 1; k < len(sets); k++ {
		if len(sets) > maxBack {
			return nil
		}
		b.next = append(b.next, make([]uint16, 1<<b.shift)...)
		for c := range into {
			if into[c] == nil {
				continue
			}
			var set []uint16
			for _, s := range sets[k] {
				set = append(set, into[c][s]...)
			}
			b.next[k<<b.shift|c] = number(set)
		}
	}
	if len(sets) > 1 {
		for c := range 256 {
			if b.next[1<<b.shift|int(b.class[c])] != 0 {
				b.near.Add(byte(c))
			}
		}
	}
	return b
}

// beforeDigit gives the states that are reached without a digit. ok is false
// if a match ends there.
func (t *Table) beforeDigit() (free []bool, ok bool) {
	free = make([]bool, t.Numbers())
	stack := slices.Clone(t.Start[:])
	for len(stack) > 0 {
		s := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		if s == 0 || free[s] {
			continue
		}
		free[s] = true
		for _, b := range t.reps {
			q := t.Step(s, b)
			if q == 0 {
				continue
			}
			// A match that ends before b; a digit class may hold others too.
			if t.Accepts(q) >= 0 || t.someDigit(b) && !t.all(b, isDigit) {
				return nil, false
			}
			if !isDigit(b) {
				stack = append(stack, q)
			}
		}
	}
	return free, true
}

// someDigit reports whether a digit is in the class of b.
func (t *Table) someDigit(b byte) bool {
	for c := byte('0'); c <= '9'; c++ {
		if t.class[c] == t.class[b] {
			return true
		}
	}
	return false
}

// Begins appends the places, falling, where a match can begin whose first
// digit stands at i, at most most characters before. It gives the number of
// steps.
func (b *Back) Begins(buf []byte, i, most int, dst []int32) ([]int32, int) {
	s := uint16(1)
	if s >= uint16(len(b.begin)) {
		return dst, 0
	}
	steps := 0
	for k := i; ; k-- {
		if b.begin[s] {
			dst = append(dst, int32(k))
		}
		if k == 0 || steps == most {
			return dst, steps
		}
		s = b.next[int(s)<<b.shift|int(b.class[buf[k-1]])]
		steps++
		if s == 0 {
			return dst, steps
		}
	}
}
