package match

import (
	"regexp"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2/v2"
)

// Bounds of the look-around lane.
const (
	// windowStep is the number of characters whose matches one window gives.
	windowStep = 4096
	// maxWindowed is the longest match, in characters, that windows can
	// hold; longer ones need the whole text at once.
	maxWindowed = 1024
	// lookCost is the number of steps that one character costs.
	lookCost = 64
	// lookTimeout is the net below the deterministic bounds, per search.
	lookTimeout = 250 * time.Millisecond
)

// backtracker runs an expression in regexp2, over windows where its matches
// are short enough.
type backtracker struct {
	re    *regexp2.Regexp
	whole bool
}

func newBacktracker(expr string, maxLen int, wide bool) (*backtracker, error) {
	re, err := regexp2.Compile(expr, regexp2.RE2)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = lookTimeout
	return &backtracker{re: re, whole: wide || maxLen < 0 || maxLen > maxWindowed}, nil
}

// each calls f with the byte range of each match until f gives false. It
// reports false if a bound was met or the engine failed: it may then have
// missed matches.
func (b *backtracker) each(superset *regexp.Regexp, text string, w *Work, f func(start, end int) bool) bool {
	regions := superset.FindAllStringIndex(text, -1)
	if len(regions) == 0 {
		return true
	}
	runes, offsets := decode(text)
	if b.whole {
		if !w.Take(lookCost * int64(len(runes)+1)) {
			return false
		}
		return b.window(runes, 0, len(runes)+1, func(s, e int) bool { return f(offsets[s], offsets[e]) }) != failed
	}
	last := 0 // no match may start before
	k := 0
	for base := 0; base <= len(runes); base += windowStep {
		next := min(base+windowStep, len(runes)+1)
		for k < len(regions) && regions[k][1] < offsets[base] {
			k++
		}
		if k == len(regions) {
			break
		}
		if regions[k][0] > offsets[min(next, len(runes))] {
			continue
		}
		lo := max(base-context, 0)
		hi := min(next+maxWindowed+context, len(runes))
		if !w.Take(lookCost * int64(hi-lo+1)) {
			return false
		}
		r := b.window(runes[lo:hi], max(base, last)-lo, next-lo, func(s, e int) bool {
			last = lo + e
			if e == s {
				last++
			}
			return f(offsets[lo+s], offsets[lo+e])
		})
		if r != done {
			return r == stopped
		}
	}
	return true
}

type outcome int

const (
	done outcome = iota
	stopped
	failed
)

// window calls f with each match that starts in [from, to).
func (b *backtracker) window(runes []rune, from, to int, f func(start, end int) bool) (r outcome) {
	if from >= to || from > len(runes) {
		return done
	}
	err := b.re.FindRunesMatches(runes, from, func(m regexp2.MatchView) bool {
		s, n, _ := m.GroupRange(0)
		if s >= to {
			return false
		}
		if !f(s, s+n) {
			r = stopped
			return false
		}
		return true
	})
	if err != nil {
		return failed
	}
	return r
}

// decode gives the characters of text and the byte offset of each, with the
// length at the end.
func decode(text string) ([]rune, []int) {
	n := utf8.RuneCountInString(text)
	runes, offsets := make([]rune, 0, n), make([]int, 0, n+1)
	for i, r := range text {
		runes = append(runes, r)
		offsets = append(offsets, i)
	}
	return runes, append(offsets, len(text))
}

// Verifier checks single places of a text with an expression of the
// look-around lane. It is safe for concurrent use.
type Verifier struct{ b *backtracker }

// Verifier makes one; p must be of the look-around lane.
func (p *Parsed) Verifier() (*Verifier, error) {
	re, err := regexp2.Compile(`\G(?:`+p.look+`)`, regexp2.RE2)
	if err != nil {
		return nil, err
	}
	re.MatchTimeout = lookTimeout
	return &Verifier{&backtracker{re: re}}, nil
}

// VerifyBefore and VerifyAfter are the numbers of characters around a place
// that At looks at.
const (
	VerifyBefore = 64
	VerifyAfter  = 512
)

// At gives the end of the match that begins exactly at start, or -1. Only
// VerifyBefore characters before and VerifyAfter from start on are looked at.
// An error of the engine (time, stack) is err; the caller must take it for a
// match.
func (v *Verifier) At(runes []rune, start int) (end int, err error) {
	lo, hi := max(start-VerifyBefore, 0), min(start+VerifyAfter, len(runes))
	end = -1
	err = v.b.re.FindRunesMatches(runes[lo:hi], start-lo, func(m regexp2.MatchView) bool {
		if s, n, _ := m.GroupRange(0); s == start-lo {
			end = start + n
		}
		return false
	})
	return end, err
}
