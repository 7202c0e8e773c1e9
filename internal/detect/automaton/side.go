package automaton

// Abreast is how many runs go side by side. Each step of a run waits for the
// one before; meanwhile a processor has time for the steps of others.
const Abreast = 4

// Runs are runs of one automaton that go side by side.
type Runs struct {
	At    [Abreast]int32  // place
	State [Abreast]uint16 // 0 if it is dead
	After [Abreast]int32  // ends count behind here
	Ends  [Abreast][]End  // rising
	Steps [Abreast]int    // while it lived, in whole blocks
}

// block is the number of steps between two looks at which runs live.
const block = 4

// RunAbreast is Run from one to Abreast starts; the buffer must have block+2
// EOT behind the text.
func (t *Table) RunAbreast(buf []byte, starts []int32, r *Runs) {
	for k := range Abreast {
		if k >= len(starts) {
			r.State[k] = 0
			continue
		}
		r.Begin(k, starts[k], starts[k], t.From(buf, int(starts[k])))
	}
	t.Advance(buf, r, len(buf))
}

// From gives the state of a run that starts at i.
func (t *Table) From(buf []byte, i int) uint16 {
	if i == 0 {
		return t.Start[Edge]
	}
	return t.Start[kindOf[buf[i-1]]]
}

// Begin makes run k one that is in a state at a place and notes the ends
// behind another.
func (r *Runs) Begin(k int, at, after int32, state uint16) {
	r.At[k], r.After[k], r.State[k], r.Ends[k], r.Steps[k] = at, after, state, r.Ends[k][:0], 0
}

// Alive reports whether some run is not dead.
func (r *Runs) Alive() bool { return r.State != [Abreast]uint16{} }

// Advance makes at most so many steps of all runs, none if all are dead. The
// place of a run that dies says nothing.
func (t *Table) Advance(buf []byte, r *Runs, most int) {
	next, unit, first, last := t.next, t.unit&15, t.first, len(buf)-block
	at := r.At
	s0, s1, s2, s3 := r.State[0], r.State[1], r.State[2], r.State[3]
	i := 0
	for ; s0|s1|s2|s3 != 0 && i+block <= most; i += block {
		r.Steps[0] += steps(s0, block)
		r.Steps[1] += steps(s1, block)
		r.Steps[2] += steps(s2, block)
		r.Steps[3] += steps(s3, block)
		// Those that are dead read on, but not beyond the buffer.
		b0 := (*[block]byte)(buf[min(int(at[0])+i, last):])
		b1 := (*[block]byte)(buf[min(int(at[1])+i, last):])
		b2 := (*[block]byte)(buf[min(int(at[2])+i, last):])
		b3 := (*[block]byte)(buf[min(int(at[3])+i, last):])
		for k := range block {
			s0 = next[uint(s0)<<unit+uint(t.class[b0[k]])]
			s1 = next[uint(s1)<<unit+uint(t.class[b1[k]])]
			s2 = next[uint(s2)<<unit+uint(t.class[b2[k]])]
			s3 = next[uint(s3)<<unit+uint(t.class[b3[k]])]
			if max(s0, s1, s2, s3) >= first {
				t.note(r, i+k, &[Abreast]uint16{s0, s1, s2, s3})
			}
		}
	}
	r.State = [Abreast]uint16{s0, s1, s2, s3}
	for k := range r.At {
		r.At[k] += int32(i)
	}
	if i < most && s0|s1|s2|s3 != 0 {
		t.rest(buf, r, min(most-i, block-1))
	}
}

// rest makes the last steps, fewer than a block.
func (t *Table) rest(buf []byte, r *Runs, n int) {
	for i := range n {
		for k, s := range r.State {
			if s == 0 {
				continue
			}
			r.State[k] = t.Step(s, buf[int(r.At[k])+i])
			r.Steps[k]++
		}
		t.note(r, i, &r.State)
	}
	for k := range r.At {
		r.At[k] += int32(n)
	}
}

// steps is what n steps cost: nothing if the run is dead.
func steps(s uint16, n int) int { return n & int(-int64(s)>>63) }

// note notes the ends of matches behind n characters.
func (t *Table) note(r *Runs, n int, s *[Abreast]uint16) {
	for k, q := range s {
		if at := r.At[k] + int32(n); q >= t.first && at > r.After[k] {
			r.Ends[k] = append(r.Ends[k], End{at, t.accepted(q)})
		}
	}
}
