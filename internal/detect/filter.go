package detect

import "labelmilter/internal/detect/automaton"

// filter tells from bitmaps of a text where no match of some expressions can
// begin: without a digit near, or in too short a run of characters.
type filter struct {
	digit int // most characters before the first digit, -1 if none is needed
	solid int // least run of characters other than white space
	run   int // least run of letters and digits
}

// maxFilter bounds the distances: a filter looks at two words of bitmaps.
const maxFilter = 32

func filterOf(f *automaton.Facts) filter {
	out := filter{digit: f.Digit, solid: f.Solid, run: f.Run}
	if f.Digit > maxFilter {
		out.digit = -1
	}
	return out
}

// either is the filter that lets through what one of the two does.
func (f filter) either(g filter) filter {
	out := filter{digit: max(f.digit, g.digit), solid: min(f.solid, g.solid), run: min(f.run, g.run)}
	if f.digit < 0 || g.digit < 0 {
		out.digit = -1
	}
	return out
}

// bucket groups expressions whose filters are alike: joined, they stay sharp.
type bucket uint8

// The buckets, from the one that lets the fewest words of prose through.
const (
	longToken bucket = iota // URLs, keys
	nearDigit
	token
	farDigit
	longWord
	anyWord
)

func bucketOf(f *automaton.Facts) bucket {
	switch digit := f.Digit >= 0; {
	case f.Solid >= 20:
		return longToken
	case digit && f.Digit <= 8:
		return nearDigit
	case f.Solid >= 12:
		return token
	case digit && f.Digit <= maxFilter:
		return farDigit
	case f.Run >= 6:
		return longWord
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

// filtered takes from the bits of one word of the bitmaps those from which no
// match can begin.
func (s *scan) filtered(w int, m uint64, f *filter) uint64 {
	if f.digit >= 0 && m != 0 {
		lo, hi := s.digits[w], s.digits[w+1]
		if lo|hi == 0 {
			return 0
		}
		m &= within(lo, hi, f.digit)
	}
	if f.solid > 1 && m != 0 {
		m &= runs(s.solid[w], s.solid[w+1], f.solid)
	}
	if f.run > 1 && m != 0 {
		m &= runs(s.alnum[w], s.alnum[w+1], f.run)
	}
	return m
}

// feed is a list of starts at words for the lanes with one bucket.
type feed struct {
	need   filter
	gate   gate
	shared bool // by several lanes
}
