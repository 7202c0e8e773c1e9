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
	places := s.maybe[:0]
	for w := range len(s.alnum) - 1 {
		m := s.places(atWord, w) & s.reachable(x, w, near[w/(blockSize/64)])
		places = appendPlaces(w, m, places)
	}
	s.maybe = places
	s.kept = slices.Grow(s.kept[:0], len(places)+1)
	kept, n := s.kept[:len(places)+1], 0
	for _, i := range places {
		run := bits.TrailingZeros64(^ahead(s.alnum, i))
		t := binary.LittleEndian.Uint16(s.buf[i:])
		left := near[i/blockSize] & x.at[0][uint8(t)] & x.at[1][uint8(t>>8)] & x.run[min(run, automaton.ShapeRun)&63]
		left &= x.digit[min(bits.TrailingZeros64(ahead(s.digits, i)), 63)] & x.solid[min(bits.TrailingZeros64(^ahead(s.solid, i)), 63)]
		kept[n] = start{i, int32(run), left}
		n += int((left | -left) >> 63)
	}
	s.kept = kept[:n]
	s.distribute(x)
}

// reachable gives the places of one word of the bitmaps from which the
// channels that are worth looking at can leave anything.
func (s *scan) reachable(x *channels, w int, act uint64) (out uint64) {
	if act&x.every != 0 || s.e.plainly {
		return ^uint64(0)
	}
	if lo, hi := s.digits[w], s.digits[w+1]; lo|hi != 0 && act&x.byDigit != 0 {
		if act&x.farDigit == 0 {
			out = within(lo, hi, min(x.digits, nearDigits))
		} else {
			out = within(lo, hi, x.digits)
		}
	}
	if act&x.bySolid != 0 {
		out |= runs(s.solid[w], s.solid[w+1], x.solids)
	}
	if act&x.byRun != 0 {
		out |= runs(s.alnum[w], s.alnum[w+1], x.runs)
	}
	return out
}

// feedNumbers lists the numbers that channels leave, by their first digits.
func (s *scan) feedNumbers(x *channels, near []uint64) {
	places, carry := s.maybe[:0], uint64(0)
	for w, d := range s.digits[:len(s.digits)-1] {
		places = appendPlaces(w, d&^(d<<1|carry), places)
		carry = d >> 63
	}
	s.maybe = places
	s.kept = slices.Grow(s.kept[:0], len(places)+1)
	kept, n := s.kept[:len(places)+1], 0
	for _, i := range places {
		run := bits.TrailingZeros64(^ahead(s.alnum, i))
		left := near[i/blockSize] & x.run[min(run, automaton.ShapeRun)&63]
		if i >= automaton.ShapeBefore {
			c := binary.LittleEndian.Uint32(s.buf[i-automaton.ShapeBefore:])
			left &= x.before[3][uint8(c)] & x.before[2][uint8(c>>8)] & x.before[1][uint8(c>>16)] & x.before[0][uint8(c>>24)]
		}
		kept[n] = start{i, int32(run), left}
		n += int((left | -left) >> 63)
	}
	s.kept = kept[:n]
	s.distribute(x)
}

// distribute appends the starts to the lists of their channels, after those
// look-ups that few get to. A start that several channels of a list leave
// stands in it once.
func (s *scan) distribute(x *channels) {
	for _, k := range s.kept {
		i, left := int(k.at), k.left
		c, f := binary.LittleEndian.Uint64(s.buf[i:]), binary.LittleEndian.Uint32(s.buf[i+8:])
		left &= x.at[8][uint8(f)] & x.at[9][uint8(f>>8)] & x.at[10][uint8(f>>16)] & x.at[11][uint8(f>>24)]
		left &= x.at[2][uint8(c>>16)] & x.at[3][uint8(c>>24)] & x.at[4][uint8(c>>32)] & x.at[5][uint8(c>>40)] & x.at[6][uint8(c>>48)] & x.at[7][uint8(c>>56)]
		left &= x.many[bits.OnesCount32(uint32(ahead(s.digits, k.at)))&63]
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
				if l := s.fed[f]; len(l) == 0 || l[len(l)-1] != k.at {
					s.fed[f] = append(l, k.at)
				}
			}
		}
	}
}
