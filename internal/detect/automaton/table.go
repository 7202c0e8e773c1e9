package automaton

// EOT stands behind the text, twice, so that automata need no other bound:
// it is no shadow byte, and behind it every automaton is dead.
const EOT = 0xff

// Table is a deterministic automaton for several programs, anchored: it runs
// from one start and gives the programs that match at each end. It is built
// ahead of time and immutable.
//
// State 0 is dead. Whether a match ends before a character can depend on that
// character, so acceptance shows one step late: a state reached over the
// character at i accepts matches that end at i.
type Table struct {
	Sets  [][]int32     // acceptance sets: sorted program numbers
	Start [kinds]uint16 // by the kind of the character before
	class [256]uint8
	reps  []byte // one of each class
	shift uint
	next  []uint16 // state<<shift | class
	first uint16   // accepting states are those from here on
	set   []int32  // of accepting states
}

// States is the number of states.
func (t *Table) States() int { return len(t.next) >> t.shift }

// Step gives the state after b.
func (t *Table) Step(s uint16, b byte) uint16 {
	return t.next[int(s)<<t.shift|int(t.class[b])]
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
	return t.set[s-t.first]
}

// End is one end of a match: the acceptance set of the programs.
type End struct{ Pos, Set int32 }

// Run appends the ends of all matches that begin at start, rising; the buffer
// must have two EOT behind the text. It gives the number of steps.
func (t *Table) Run(buf []byte, start int, dst []End) ([]End, int) {
	s := t.Start[Before(buf, start)]
	next, shift, first := t.next, t.shift&15, t.first
	i := start
	for s != 0 && i < len(buf) {
		s = next[uint(s)<<shift|uint(t.class[buf[i]])]
		if s >= first && i > start {
			dst = append(dst, End{int32(i), t.set[s-first]})
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

// Reach gives for each state the programs that can still match from it, for
// tables of at most 64 programs: one bit each.
func (t *Table) Reach() []uint64 {
	n := t.States()
	out := make([]uint64, n)
	for s := range n {
		if set := t.Accepts(uint16(s)); set >= 0 {
			out[s] = t.mask(set)
		}
	}
	for changed := true; changed; {
		changed = false
		for s := n - 1; s > 0; s-- {
			m := out[s]
			for _, q := range t.next[s<<t.shift : (s+1)<<t.shift] {
				m |= out[q]
			}
			if m != out[s] {
				out[s], changed = m, true
			}
		}
	}
	return out
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
