package detect

import "labelmilter/internal/detect/automaton"

// gate tells from three characters whether any automaton of a lane is still
// alive or has accepted: one table look-up instead of a run. For each of the
// three places it puts characters that make no difference there in one class,
// so that it stays small enough for the fastest cache.
type gate struct {
	row  [256]uint16 // class of the first character × classes of the second
	col  [256]uint8
	last [256]uint8
	bits []uint64 // by first and second; a bit for each class of the third
	// depth is the number of characters that are left out before, where no
	// match is as short.
	depth int
}

// gateClasses bounds the classes of a place; rare characters share the last.
const gateClasses = 64

// frequency lists characters from frequent to rare in mail; the gate keeps
// frequent ones apart and near each other.
const frequency = " etaoinsrhldcumfpgwybvkxjqz0123456789.,-\r\n/:_@=ESTAICNROMDPLFBHUGWVKYJXQZ"

// classes numbers bytes by their signature, frequent ones first.
func classes(sig *[256][]byte) (class [256]uint8, n int) {
	seen := map[string]uint8{}
	number := func(b byte) {
		c, ok := seen[string(sig[b])]
		if !ok {
			c = uint8(min(len(seen), gateClasses-1))
			seen[string(sig[b])] = c
		}
		class[b] = c
	}
	for _, b := range []byte(frequency) {
		number(b)
	}
	for b := range 256 {
		number(byte(b))
	}
	return class, min(len(seen), gateClasses)
}

// level is a set of states in order of discovery.
type level struct {
	states []uint16
	seen   []bool
}

func (l *level) add(s uint16) {
	if s != 0 && !l.seen[s] {
		l.seen[s] = true
		l.states = append(l.states, s)
	}
}

// entries gives the states of an automaton behind depth characters.
func entries(t *tableGroup, depth int) []uint16 {
	l := level{seen: make([]bool, t.Numbers())}
	for _, s := range t.Start {
		l.add(s)
	}
	states := l.states
	for range depth {
		states = follow(t.Table, states)
	}
	return states
}

// follow gives the states behind one more character.
func follow(t *automaton.Table, states []uint16) []uint16 {
	l := level{seen: make([]bool, t.Numbers())}
	for _, s := range states {
		for _, b := range t.Bytes() {
			l.add(t.Step(s, b))
		}
	}
	return l.states
}

func (g *gate) build(groups []tableGroup) {
	starts := make([][]uint16, len(groups))
	one, two := make([]level, len(groups)), make([]level, len(groups))
	var first, second, third [256][]byte
	for i := range groups {
		t := groups[i].Table
		reps := t.Bytes()
		starts[i] = entries(&groups[i], g.depth)
		one[i].seen, two[i].seen = make([]bool, t.Numbers()), make([]bool, t.Numbers())
		for _, s := range starts[i] {
			for _, b := range reps {
				one[i].add(t.Step(s, b))
			}
		}
		for _, s := range one[i].states {
			for _, b := range reps {
				two[i].add(t.Step(s, b))
			}
		}
		// What bytes of one class of the table have in common is found once.
		var known [256]byte
		for _, r := range reps {
			known[t.Class(r)] = r
		}
		for b := range 256 {
			if r := known[t.Class(byte(b))]; int(r) != b && r < byte(b) {
				first[b] = append(first[b], first[r][len(first[r])-2*len(starts[i]):]...)
				second[b] = append(second[b], second[r][len(second[r])-2*len(one[i].states):]...)
				third[b] = append(third[b], third[r][len(third[r])-len(two[i].states):]...)
				continue
			}
			for _, s := range starts[i] {
				q := t.Step(s, byte(b))
				first[b] = append(first[b], byte(q), byte(q>>8))
			}
			for _, s := range one[i].states {
				q := t.Step(s, byte(b))
				second[b] = append(second[b], byte(q), byte(q>>8))
			}
			for _, s := range two[i].states {
				alive := byte(0)
				if t.Accepts(s) >= 0 || t.Step(s, byte(b)) != 0 {
					alive = 1
				}
				third[b] = append(third[b], alive)
			}
		}
	}
	row, _ := classes(&first)
	rows := 0
	var cols int
	g.col, cols = classes(&second)
	g.last, _ = classes(&third)
	for b, c := range row {
		g.row[b] = uint16(c) * uint16(cols)
		rows = max(rows, int(c)+1)
	}
	g.bits = make([]uint64, rows*cols)
	for i := range groups {
		g.admit(&groups[i], starts[i], one[i].states, two[i].states)
	}
}

// admit lets through every three characters that t survives or accepts.
func (g *gate) admit(t *tableGroup, starts, one, two []uint16) {
	thirds := make([]uint64, t.Numbers())
	for _, s := range two {
		all := t.Accepts(s) >= 0
		for c := range 256 {
			if all || t.Step(s, byte(c)) != 0 {
				thirds[s] |= 1 << g.last[c]
			}
		}
	}
	at := make([]int, t.Numbers()) // index into rows
	rows := make([][gateClasses]uint64, len(one))
	for k, s := range one {
		at[s] = k
		for b := range 256 {
			if q := t.Step(s, byte(b)); q != 0 {
				rows[k][g.col[b]] |= thirds[q]
			}
		}
	}
	for _, s := range starts {
		for a := range 256 {
			if t.Step(s, byte(a)) == 0 {
				continue
			}
			r := int(g.row[a])
			for c, m := range rows[at[t.Step(s, byte(a))]] {
				if m != 0 {
					g.bits[r+c] |= m
				}
			}
		}
	}
}

// open reports whether a run can give anything that has come to i, depth
// characters behind its start. buf has two more bytes behind.
func (g *gate) open(buf []byte, i int) uint64 {
	b := buf[i : i+3 : i+3]
	return g.bits[uint(g.row[b[0]])+uint(g.col[b[1]])] >> (g.last[b[2]] & 63) & 1
}
