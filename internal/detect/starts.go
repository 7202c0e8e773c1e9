package detect

import (
	"encoding/binary"
	"math/bits"
	"slices"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/detect/bitmap"
)

// feedWords lists the starts that channels leave of the words; near are those
// worth looking at by block.
func (s *scan) feedWords(x *channels, near []uint64) {
	words := s.words.Words
	if s.everywhere(x, near) {
		words = s.allWords(x, near)
	}
	s.kept = slices.Grow(s.kept[:0], len(words)+1)
	if s.e.plainly {
		for _, k := range words {
			s.kept = append(s.kept, bitmap.Start{Word: k, Left: ^uint64(0)})
		}
		s.distribute(x)
		return
	}
	s.kept = s.kept[:x.Sift(s.kept[:len(words)+1], words, s.buf, s.maps, near)]
	s.distribute(x)
}

// everywhere reports whether channels that any word will do for are worth
// looking at somewhere.
func (s *scan) everywhere(x *channels, near []uint64) bool {
	return s.e.plainly || x.every != 0 && slices.ContainsFunc(near, func(act uint64) bool { return act&x.every != 0 })
}

// allWords gives the words that findWords listed and, where channels that any
// word will do for are worth looking at, all others.
func (s *scan) allWords(x *channels, near []uint64) []bitmap.Word {
	out, rest := s.spare[:0], s.words.Words
	for b, act := range near {
		k := 0
		for k < len(rest) && int(rest[k].At) < (b+1)*blockSize {
			k++
		}
		if act&x.every == 0 && !s.e.plainly {
			out = append(out, rest[:k]...)
		} else {
			out = s.wordsOf(b, out)
		}
		rest = rest[k:]
	}
	s.spare = out
	return out
}

// wordsOf appends the words of a block.
func (s *scan) wordsOf(block int, dst []bitmap.Word) []bitmap.Word {
	const maps = blockSize / 64
	for w := block * maps; w < min((block+1)*maps, len(s.maps)-1); w++ {
		for m := s.maps[w].Begins; m != 0; m &= m - 1 {
			i := int32(w<<6 | bits.TrailingZeros64(m))
			dst = append(dst, bitmap.Word{At: i, N: int32(bits.TrailingZeros64(^s.ahead(i).Alnum))})
		}
	}
	return dst
}

// feedNumbers lists the numbers that channels leave, by their first digits.
func (s *scan) feedNumbers(x *channels, near []uint64) {
	places, carry := s.maybe[:0], uint64(0)
	for w := range len(s.maps) - 1 {
		d := s.maps[w].Digits
		places = appendPlaces(w, d&^(d<<1|carry), places)
		carry = d >> 63
	}
	s.maybe = places
	s.kept = slices.Grow(s.kept[:0], len(places)+1)
	kept, n := s.kept[:len(places)+1], 0
	for _, i := range places {
		run := int32(bits.TrailingZeros64(^s.ahead(i).Alnum))
		left := near[i/blockSize] & x.Run[min(run, automaton.ShapeRun)&63]
		if i >= automaton.ShapeBefore {
			c := binary.LittleEndian.Uint32(s.buf[i-automaton.ShapeBefore:])
			left &= x.before[3][uint8(c)] & x.before[2][uint8(c>>8)] & x.before[1][uint8(c>>16)] & x.before[0][uint8(c>>24)]
		}
		kept[n] = bitmap.Start{Word: bitmap.Word{At: i, N: run}, Left: left}
		n += int((left | -left) >> 63)
	}
	s.kept = kept[:n]
	s.distribute(x)
}

// distribute appends the starts to the lists of their channels, after those
// look-ups that few get to. A start that several channels of a list leave
// stands in it once.
func (s *scan) distribute(x *channels) {
	if !s.e.plainly {
		s.kept = s.kept[:x.Narrow(s.kept, s.buf, s.maps)]
	}
	for _, k := range s.kept {
		left := k.Left
		if s.e.plainly {
			left = ^uint64(0) >> (64 - len(x.matchers))
		}
		for ; left != 0; left &= left - 1 {
			for _, f := range x.feeds[bits.TrailingZeros64(left)&63] {
				l := s.fed[f]
				if len(l) == 0 && len(s.e.feeds) > 0 {
					lane := s.e.feeds[f]
					s.ready[lane>>6] |= 1 << (lane & 63)
				}
				if len(l) == 0 || l[len(l)-1] != k.At {
					s.fed[f] = append(l, k.At)
				}
			}
		}
	}
}
