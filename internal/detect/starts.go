package detect

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"labelmilter/internal/detect/automaton"
)

// start is a place that some channels leave.
type start struct {
	at   int32
	run  int32 // letters and digits from there on
	left uint64
}

// feedWords lists the starts that channels leave of the begins of words; near
// are those worth looking at by block. What is found is written always and
// kept by counting: no branch to mispredict.
func (s *scan) feedWords(x *channels, near []uint64) {
	kept := s.kept[:0]
	for w := range len(s.alnum) - 1 {
		act := near[w/(blockSize/64)]
		word := s.places(atWord, w)
		c := s.classes(x, w, act)
		first := word & (c.digit | c.solid | c.run | c.every)
		if first == 0 {
			continue
		}
		a, next := s.alnum[w], s.alnum[w+1]
		kept = slices.Grow(kept, 33)
		room, n := (*[33]start)(kept[len(kept):len(kept)+33]), uint64(0)
		for ; first != 0; first &= first - 1 {
			b := bits.TrailingZeros64(first)
			run := bits.TrailingZeros64(^(a >> b))
			if run == 64-b {
				run += bits.TrailingZeros64(^next)
			}
			i := w<<6 | b
			left := act & (x.byDigit&-(c.digit>>b&1) | x.bySolid&-(c.solid>>b&1) | x.byRun&-(c.run>>b&1) | x.every&c.every)
			t := binary.LittleEndian.Uint64(s.buf[i:])
			left &= x.run[min(run, automaton.ShapeRun)] & x.at[0][uint8(t)] & x.at[1][uint8(t>>8)] & x.at[2][uint8(t>>16)] & x.at[3][uint8(t>>24)]
			room[n&31] = start{int32(i), int32(run), left} // at most 32 words begin here
			n += (left | -left) >> 63
		}
		kept = kept[:len(kept)+int(n)]
	}
	s.kept = kept
	s.distribute(x)
}

// classed are the places of one word of the bitmaps from which the channels of
// each class leave anything.
type classed struct{ digit, solid, run, every uint64 }

func (s *scan) classes(x *channels, w int, act uint64) (c classed) {
	if s.e.plainly {
		return classed{^uint64(0), ^uint64(0), ^uint64(0), ^uint64(0)}
	}
	if act&x.byDigit != 0 {
		if lo, hi := s.digits[w], s.digits[w+1]; lo|hi != 0 {
			c.digit = within(lo, hi, x.digits)
		}
	}
	if act&x.bySolid != 0 {
		c.solid = runs(s.solid[w], s.solid[w+1], x.solids)
	}
	if act&x.byRun != 0 {
		c.run = runs(s.alnum[w], s.alnum[w+1], x.runs)
	}
	if act&x.every != 0 {
		c.every = ^uint64(0)
	}
	return c
}

// feedNumbers lists the numbers that channels leave, by their first digits.
func (s *scan) feedNumbers(x *channels, near []uint64) {
	kept, carry := s.kept[:0], uint64(0)
	for w, d := range s.digits[:len(s.digits)-1] {
		act := near[w/(blockSize/64)]
		first := d &^ (d<<1 | carry)
		carry = d >> 63
		a, next := s.alnum[w], s.alnum[w+1]
		kept = slices.Grow(kept, 33)
		room, n := (*[33]start)(kept[len(kept):len(kept)+33]), uint64(0)
		for ; first != 0; first &= first - 1 {
			b := bits.TrailingZeros64(first)
			run := bits.TrailingZeros64(^(a >> b))
			if run == 64-b {
				run += bits.TrailingZeros64(^next)
			}
			i := w<<6 | b
			left := act & x.run[min(run, automaton.ShapeRun)]
			if i >= automaton.ShapeBefore {
				c := binary.LittleEndian.Uint32(s.buf[i-automaton.ShapeBefore:])
				left &= x.before[3][uint8(c)] & x.before[2][uint8(c>>8)] & x.before[1][uint8(c>>16)] & x.before[0][uint8(c>>24)]
			}
			room[n&31] = start{int32(i), int32(run), left}
			n += (left | -left) >> 63
		}
		kept = kept[:len(kept)+int(n)]
	}
	s.kept = kept
	s.distribute(x)
}

// distribute appends the starts to the lists of their channels, after those
// look-ups that few get to.
func (s *scan) distribute(x *channels) {
	for _, k := range s.kept {
		i, left := int(k.at), k.left
		c := binary.LittleEndian.Uint64(s.buf[i:])
		left &= x.at[4][uint8(c>>32)] & x.at[5][uint8(c>>40)] & x.at[6][uint8(c>>48)] & x.at[7][uint8(c>>56)]
		d := ahead(s.digits, k.at)
		left &= x.digit[min(bits.TrailingZeros64(d), 63)] & x.many[bits.OnesCount32(uint32(d))&63]
		left &= x.solid[min(bits.TrailingZeros64(^ahead(s.solid, k.at)), 63)]
		if k.run < automaton.ShapeRun {
			c := binary.LittleEndian.Uint32(s.buf[i+int(k.run):])
			left &= x.after[0][uint8(c)] & x.after[1][uint8(c>>8)] & x.after[2][uint8(c>>16)] & x.after[3][uint8(c>>24)]
			left &= x.pairs[automaton.KindPair(uint8(c), uint8(c>>8))]
		}
		if s.e.plainly {
			left = ^uint64(0) >> (64 - len(x.matchers))
		}
		for ; left != 0; left &= left - 1 {
			for _, f := range x.feeds[bits.TrailingZeros64(left)&63] {
				if l := s.fed[f]; len(l) == 0 || l[len(l)-1] != k.at { // another channel of the list let it through
					s.fed[f] = append(l, k.at)
				}
			}
		}
	}
}
