package detect

import (
	"bytes"
	"cmp"
	"math/bits"
	"slices"

	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/detect/bitmap"
	"labelmilter/internal/match/fold"
)

// filter tells from bitmaps of a text where no match of some expressions can
// begin: without a digit near, or in too short a run of characters.
type filter struct {
	digit int // most characters before the first digit, -1 if none is needed
	solid int // least run of characters other than white space
	run   int // least run of letters and digits
	many  int // least number of digits among the next automaton.MaxRun characters
	short int // least length of a match
}

// maxFilter bounds the distances: a filter looks at two words of bitmaps.
const maxFilter = 32

func filterOf(f *automaton.Facts) filter {
	out := filter{digit: f.Digit, solid: f.Solid, run: f.Run, many: f.Digits, short: f.Shortest}
	if f.Digit > maxFilter {
		out.digit = -1
	}
	return out
}

// either is the filter that lets through what one of the two does.
func (f filter) either(g filter) filter {
	out := filter{digit: max(f.digit, g.digit), solid: min(f.solid, g.solid), run: min(f.run, g.run), many: min(f.many, g.many), short: min(f.short, g.short)}
	if f.digit < 0 || g.digit < 0 {
		out.digit = -1
	}
	return out
}

// bucket groups expressions whose filters are alike: joined, they stay sharp.
type bucket uint8

// The buckets, from the one that lets the fewest words of prose through.
const (
	longRun   bucket = iota // keys without punctuation
	longToken               // URLs, keys
	manyDigits
	nearDigit
	longWord
	token
	farDigit
	anyWord
)

// tokenLength is the least run of solid characters in the token buckets.
const tokenLength = 12

// longWordLength is the least run of letters and digits in the bucket of
// longWord.
const longWordLength = 6

func bucketOf(f *automaton.Facts) bucket {
	switch digit := f.Digit >= 0; {
	case f.Run >= 20:
		return longRun
	case f.Solid >= 20:
		return longToken
	case digit && f.Digits >= 5 && f.Digit <= maxFilter:
		return manyDigits
	case digit && f.Digit <= 8:
		return nearDigit
	case f.Run >= longWordLength:
		return longWord
	case f.Solid >= tokenLength:
		return token
	case digit && f.Digit <= maxFilter:
		return farDigit
	}
	return anyWord
}

// within gives the bits from which on a bit is set within the next k: of lo,
// followed by hi.
func within(lo, hi uint64, k int) uint64 {
	for have := 1; have <= k; {
		sh := uint(min(have, k+1-have))
		lo, hi = lo|lo>>sh|hi<<(64-sh), hi|hi>>sh
		have += int(sh)
	}
	return lo
}

// runs gives the bits with which k set bits begin.
func runs(lo, hi uint64, k int) uint64 {
	for have := 1; have < k && lo != 0; {
		sh := uint(min(have, k-have))
		lo, hi = lo&(lo>>sh|hi<<(64-sh)), hi&(hi>>sh)
		have += int(sh)
	}
	return lo
}

// tokens gives what runs does for runs of tokenLength, without a branch.
func tokens(lo, hi uint64) uint64 {
	lo, hi = lo&(lo>>1|hi<<63), hi&(hi>>1)
	lo, hi = lo&(lo>>2|hi<<62), hi&(hi>>2)
	lo, hi = lo&(lo>>4|hi<<60), hi&(hi>>4)
	return lo & (lo>>4 | hi<<60)
}

// nearby gives what within does for nearDigits, without a branch.
func nearby(lo, hi uint64) uint64 {
	lo, hi = lo|lo>>1|hi<<63, hi|hi>>1
	lo, hi = lo|lo>>2|hi<<62, hi|hi>>2
	return lo | lo>>3 | hi<<61
}

// filtered takes from the bits of one word of the bitmaps those from which no
// match can begin.
func (s *scan) filtered(w int, m uint64, f *filter) uint64 {
	if f.digit >= 0 && m != 0 {
		lo, hi := s.maps[w].Digits, s.maps[w+1].Digits
		if lo|hi == 0 {
			return 0
		}
		m &= within(lo, hi, f.digit)
	}
	if f.solid > 1 && m != 0 {
		m &= runs(s.maps[w].Solid, s.maps[w+1].Solid, f.solid)
	}
	if f.run > 1 && m != 0 {
		m &= runs(s.maps[w].Alnum, s.maps[w+1].Alnum, f.run)
	}
	return m
}

// sieve holds back starts from which no match of some expressions can begin:
// by the bitmaps, then by the characters at the start and, where no match is
// as short, by those behind them.
type sieve struct {
	need  filter
	gates []gate
}

func newSieve(need filter, groups []tableGroup) sieve {
	z := sieve{need: need}
	for depth := 0; depth == 0 || depth <= deepest && depth < need.short; depth += 3 {
		g := gate{depth: depth}
		g.build(groups)
		z.gates = append(z.gates, g)
	}
	if d := narrowest(groups, need.short); d > deepest {
		g := gate{depth: d}
		g.build(groups)
		z.gates = append(z.gates, g)
	}
	// The one that holds back most looks first.
	slices.SortStableFunc(z.gates, func(a, b gate) int { return cmp.Compare(a.passes(), b.passes()) })
	return z
}

// passes counts the words of ordinary prose that a gate lets through.
func (g *gate) passes() (n uint64) {
	buf := append([]byte(sample), bytes.Repeat([]byte{automaton.EOT}, padding)...)
	for i := range sample {
		if fold.Alnum(buf[i]) && (i == 0 || !fold.Alnum(buf[i-1])) {
			n += g.open(buf, i+g.depth)
		}
	}
	return n
}

// deepest is the last of the places at which gates always look.
const deepest = 6

// narrowest gives the place behind deepest, before short, where the fewest
// characters of keys can stand, if they are few: a literal inside a long
// expression tells more than how it begins. It is 0 if there is none.
func narrowest(groups []tableGroup, short int) (best int) {
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	short = min(short, automaton.MaxShortest)
	if short <= deepest+3 {
		return 0
	}
	wide := make([]int, short)
	for i := range groups {
		t := groups[i].Table
		level := entries(&groups[i], deepest)
		for d := deepest; d < short; d++ {
			for _, b := range []byte(alphabet) {
				for _, s := range level {
					if t.Step(s, b) != 0 || t.Accepts(s) >= 0 {
						wide[d]++
						break
					}
				}
			}
			level = follow(t, level)
		}
	}
	least := len(alphabet) * len(alphabet) * len(alphabet) / 64
	for d := deepest + 1; d+2 < short; d++ {
		if n := wide[d] * wide[d+1] * wide[d+2]; n < least {
			best, least = d, n
		}
	}
	return best
}

// open is 1 if the gates let a start through, else 0. buf has padding behind.
func (z *sieve) open(buf []byte, i int) uint64 {
	for k := range z.gates {
		if g := &z.gates[k]; g.open(buf, i+g.depth) == 0 {
			return 0
		}
	}
	return 1
}

// sift appends the starts that a sieve leaves. What is found is written always
// and kept by counting: no branch to mispredict.
func (s *scan) sift(z *sieve, starts, dst []int32) []int32 {
	if s.e.plainly || len(z.gates) == 0 {
		return append(dst, starts...)
	}
	dst = slices.Grow(dst, len(starts)+1)
	out, n, buf := dst[len(dst):len(dst)+len(starts)+1], 0, s.buf
	g, need := &z.gates[0], &z.need
	byDigit, bySolid, byRun := need.digit >= 0, need.solid > 1, need.run > 1
	for _, i := range starts {
		out[n] = i
		open, here := g.open(buf, int(i)+g.depth), s.ahead(i)
		if byDigit {
			open &= less(need.many-1, bits.OnesCount32(uint32(here.Digits))) & less(bits.TrailingZeros64(here.Digits), need.digit+1)
		}
		if bySolid {
			open &= less(need.solid-1, bits.TrailingZeros64(^here.Solid))
		}
		if byRun {
			open &= less(need.run-1, bits.TrailingZeros64(^here.Alnum))
		}
		n += int(open)
	}
	kept := out[:n]
	for k := 1; k < len(z.gates); k++ {
		g, n = &z.gates[k], 0
		for _, i := range kept {
			out[n] = i
			n += int(g.open(buf, int(i)+g.depth))
		}
		kept = kept[:n]
	}
	return dst[:len(dst)+len(kept)]
}

// ahead gives the bits from i on, without those of the begins of words.
func (s *scan) ahead(i int32) bitmap.Map {
	m, b := s.maps[i>>6:][:2], uint(i&63)
	return bitmap.Map{
		Alnum:  m[0].Alnum>>b | m[1].Alnum<<1<<(63-b),
		Digits: m[0].Digits>>b | m[1].Digits<<1<<(63-b),
		Solid:  m[0].Solid>>b | m[1].Solid<<1<<(63-b),
	}
}

// less is 1 if a < b, else 0.
func less(a, b int) uint64 { return uint64(a-b) >> 63 }

// appendPlaces appends the places of the set bits of one word of a bitmap.
func appendPlaces(w int, m uint64, dst []int32) []int32 {
	n := len(dst)
	if cap(dst)-n < 64 {
		dst = slices.Grow(dst, 64)
	}
	room, count := (*[64]int32)(dst[n:n+64]), bits.OnesCount64(m)
	// Four at a time, and always the first: whether there are any is hard to
	// predict, and that there are more is rare.
	for k := 0; ; k += 4 {
		for j := range 4 {
			room[(k+j)&63] = int32(w<<6 | bits.TrailingZeros64(m))
			m &= m - 1
		}
		if k+4 >= count {
			return dst[:n+count]
		}
	}
}
