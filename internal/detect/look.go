package detect

import (
	"labelmilter/internal/detect/automaton"
	"labelmilter/internal/match"
)

// looker runs the look-around engine at single places of one text. Once the
// engine fails for an expression (time, stack), every later place counts as a
// match: what cannot be checked in time is not passed over, and one
// expression cannot take its time at every place.
type looker struct {
	failed map[*matcher]bool
	window [match.VerifyBefore + match.VerifyAfter]rune
}

// verified gives the end of the match that the look-around engine finds at
// start, where the superset has ends, or none. ends is overwritten.
func (l *looker) verified(m *matcher, v *view, start int, ends []int32) []int32 {
	longest := int(ends[len(ends)-1])
	end := longest
	if !l.failed[m] {
		var err error
		if end, err = l.at(m, v, start); err != nil {
			if l.failed == nil {
				l.failed = map[*matcher]bool{}
			}
			l.failed[m] = true
			end = longest
		}
	}
	if end <= start || m.free && (automaton.Before(v.Shadow, start) == automaton.Alnum || automaton.At(v.Shadow, end) == automaton.Alnum) {
		return ends[:0]
	}
	return append(ends[:0], int32(end))
}

// at asks the look-around engine for the end of its match at start, -1 for
// none.
func (l *looker) at(m *matcher, v *view, start int) (end int, err error) {
	lo, hi := max(start-match.VerifyBefore, 0), min(start+match.VerifyAfter, len(v.Shadow))
	for i := lo; i < hi; i++ {
		l.window[i-lo] = v.At(i)
	}
	end, err = m.verify.At(l.window[:hi-lo], start-lo)
	if end >= 0 {
		end += lo
	}
	return end, err
}
