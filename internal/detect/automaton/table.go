package automaton

import "math"

// EOT stands behind the text, twice, so that automata need no other bound:
// it is no shadow byte, and behind it every automaton is dead.
const EOT = 0xff

// Table is a deterministic automaton for several programs, anchored: it runs
// from one start and gives the programs that match at each end. It is built
// ahead of time and immutable.
//
// State 0 is dead. States have the numbers of their rows' places, in units of
// a few entries, so that rows need not be as long as powers of two. Whether a match ends before a character can depend on that
// character, so acceptance shows one step late: a state reached over the
// character at i accepts matches that end at i.
type Table struct {
	Sets   [][]int32     // acceptance sets: sorted program numbers
	Start  [kinds]uint16 // by the kind of the character before
	class  [256]uint8
	reps   []byte   // one of each class
	unit   uint     // log2 of entries
	stride int      // entries of a row, a multiple of the unit
	ratio  uint64   // 2^32 / units of a row, rounded up
	next   []uint16 // state<<unit + class
	first  uint16   // accepting states are those from here on
	set    []int32  // of accepting states
}

// size makes room for so many states.
func (t *Table) size(classes, states int) {
	for t.unit = 2; ; t.unit++ {
		t.stride = (classes + 1<<t.unit - 1) >> t.unit << t.unit
		if t.stride*states>>t.unit <= math.MaxUint16 {
			break
		}
	}
	units := uint64(t.stride >> t.unit)
	t.ratio = (1<<32 + units - 1) / units
	t.next = make([]uint16, t.stride*states)
}

// States is the number of states.
func (t *Table) States() int { return len(t.next) / t.stride }

// Numbers bounds the numbers of states: all are below.
func (t *Table) Numbers() int { return len(t.next) >> t.unit }

// Step gives the state after b.
func (t *Table) Step(s uint16, b byte) uint16 {
	return t.next[uint(s)<<t.unit+uint(t.class[b])]
}

// accepted gives the acceptance set of an accepting state. Rows are counted by
// a product that is exact for all numbers of 16 bits.
func (t *Table) accepted(s uint16) int32 {
	return t.set[uint64(s-t.first)*t.ratio>>32]
}

// Class gives the number of the class of bytes that b belongs to, and that
// the automaton does not tell apart.
func (t *Table) Class(b byte) uint8 { return t.class[b] }

// Bytes gives one byte of each class.
func (t *Table) Bytes() []byte { return t.reps }

func (t *Table) findReps() (out []byte) {
	var seen [256]bool
	for b := range 256 {
		if c := t.class[b]; !seen[c] {
			seen[c] = true
			out = append(out, byte(b))
		}
	}
	return out
}

// Accepts gives the number of the acceptance set of s, or -1.
func (t *Table) Accepts(s uint16) int32 {
	if s < t.first {
		return -1
	}
	return t.accepted(s)
}

// End is one end of a match: the acceptance set of the programs.
type End struct{ Pos, Set int32 }

// Run appends the ends of all matches that begin at start, rising; the buffer
// must have two EOT behind the text. It gives the number of steps.
func (t *Table) Run(buf []byte, start int, dst []End) ([]End, int) {
	s := t.Start[Before(buf, start)]
	next, unit, first := t.next, t.unit&15, t.first
	i := start
	for s != 0 && i < len(buf) {
		s = next[uint(s)<<unit+uint(t.class[buf[i]])]
		if s >= first && i > start {
			dst = append(dst, End{int32(i), t.accepted(s)})
		}
		i++
	}
	return dst, i - start
}

// Whole reports whether some program matches from start to end, as if the text
// ended there.
func (t *Table) Whole(shadow []byte, start, end int) bool {
	s := t.Start[Before(shadow, start)]
	for _, b := range shadow[start:end] {
		if s = t.Step(s, b); s == 0 {
			return false
		}
	}
	return t.Accepts(t.Step(s, EOT)) >= 0
}

// Reach gives for each kind of character before a start the programs that can
// match from there, for tables of at most 64 programs: one bit each.
func (t *Table) Reach() []uint64 {
	var out [kinds]uint64
	for k, s := range t.Start {
		seen := make([]bool, t.Numbers())
		for stack := []uint16{s}; len(stack) > 0; {
			s := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			if s == 0 || seen[s] {
				continue
			}
			seen[s] = true
			if set := t.Accepts(s); set >= 0 {
				out[k] |= t.mask(set)
			}
			for _, b := range t.reps {
				stack = append(stack, t.Step(s, b))
			}
		}
	}
	return out[:]
}

// Seconds gives the characters that matches can begin with, and those that can
// stand behind one of these, in the match or right behind it.
func (t *Table) Seconds() (first, second Set) {
	for _, s := range t.Start {
		for b := range EOT {
			q := t.Step(s, byte(b))
			if q == 0 {
				continue
			}
			first.Add(byte(b))
			for c := range 256 {
				if t.Step(q, byte(c)) != 0 {
					second.Add(byte(c))
				}
			}
		}
	}
	return first, second
}

func (t *Table) mask(set int32) (m uint64) {
	for _, p := range t.Sets[set] {
		m |= 1 << p
	}
	return m
}

// Mask gives an acceptance set as one bit per program, for tables of at most
// 64 programs.
func (t *Table) Mask(set int32) uint64 { return t.mask(set) }
