package detect

import (
	"unicode/utf8"

	"labelmilter/internal/match"
	"labelmilter/internal/sit"
)

// A text that is longer than windowSize is scanned piece by piece, so that the
// memory of a scan does not grow with it. Each piece has so much of its
// neighbours around it that every match that begins in it is found with all
// its evidence, as in the whole text.
const windowSize = 512 << 10 // bytes

// reachOf is the number of characters that can matter on either side of the
// begin of a match: the match, the proximity, the evidence, which may be a
// phrase with wide spaces. It is -1 if anything in the text can matter.
func (pl *plan) reachOf() int {
	most := 0
	for i := range pl.patterns {
		p := pl.patterns[i].reach()
		if p == sit.Unlimited {
			return -1
		}
		most = max(most, p)
	}
	for i := range pl.probes {
		p := pl.probes[i].proximity
		if p == sit.Unlimited {
			return -1
		}
		most = max(most, p)
	}
	return most + 2*MaxMatch + match.MaxWord*match.MaxSpaces + 64
}

// detect finds the candidates of one text.
func (s *scan) detect(text string) {
	e := s.e
	if e.context < 0 || len(text) <= e.window || e.window < 4*e.context {
		s.run(text)
		return
	}
	s.renew()
	// The window begins at byte lo, its piece at byte first.
	lo, first := 0, 0
	for size := e.window; ; {
		hi := min(lo+size, len(text))
		for hi < len(text) && !utf8.RuneStart(text[hi]) {
			hi++
		}
		s.low, s.firstByte, s.rest = lo, first-lo, e.context
		if hi == len(text) {
			s.rest = 0
		}
		from := len(s.cands)
		s.fromCand = from
		s.scanWindow(text[lo:hi])
		if s.work.Left <= 0 {
			s.move(from, lo)
			return
		}
		end := s.n - s.rest
		cut := s.cut(end - e.context)
		if hi < len(text) && (end <= int(s.first)+e.context || cut < 0) {
			// Hardly a character in it: what can be dropped was.
			s.cands = s.cands[:from]
			size *= 2
			continue
		}
		s.move(from, lo)
		if hi == len(text) {
			return
		}
		for k, i := range s.behind {
			s.passed[k] = lo + s.v.Start(int(i))
		}
		lo, first = lo+s.v.Start(cut), lo+s.v.Start(end)
		size = e.window
	}
}

// cut gives the last character up to i that stands for one of the original, so
// that folding from there on gives the same; -1 if there is none near.
func (s *scan) cut(i int) int {
	for least := max(i-1000, 1); i >= least; i-- {
		r, _ := utf8.DecodeRuneInString(s.v.Orig[s.v.Start(i):])
		if b, ok := s.e.pl.table.Byte(r); ok && b == s.v.Shadow[i] {
			return i
		}
	}
	return -1
}

// move makes the places of candidates from a window those of the text, in
// bytes: characters are not counted from one window to the next.
func (s *scan) move(from, lo int) {
	for i := from; i < len(s.cands); i++ {
		k := &s.cands[i]
		k.span = occurrence{k.span.start + int32(lo), k.span.end + int32(lo)}
		k.occurrence = k.span
	}
}

// renew forgets the last text.
func (s *scan) renew() {
	s.cands, s.arena = s.cands[:0], s.arena[:0]
	s.look.failed = nil
	s.x.begin()
	s.low, s.firstByte, s.first, s.rest, s.fromCand = 0, 0, 0, 0, 0
	clear(s.passed)
}

// run finds the candidates of one text in one piece. If the budget ends, it
// gives what it has so far.
func (s *scan) run(text string) {
	s.renew()
	s.scanWindow(text)
}

// mine reports whether a match belongs to the piece at hand.
func (s *scan) mine(start int32) bool {
	return start >= s.first && (s.rest == 0 || int(start) < s.n-s.rest)
}
