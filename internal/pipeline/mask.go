package pipeline

import (
	"slices"
	"strings"

	"labelmilter/internal/extract"
	"labelmilter/internal/marking"
	"labelmilter/internal/policy"
)

// span is a range of a text, in octets.
type span struct{ a, b int }

// maxSubject bounds the masked subject, in characters.
const maxSubject = 200

// maskSubject shows the subject with markings, findings and long numbers
// replaced by an ellipsis.
func maskSubject(s string, in policy.Input) string {
	var cut []span
	for _, t := range marking.FindSubject(s) {
		a, b := t.Start, t.End
		if i := strings.IndexByte(s[a:b], '='); i >= 0 {
			a += i + 1
		}
		if b > a && s[b-1] == ']' {
			b--
		}
		cut = append(cut, span{a, b})
	}
	for _, f := range in.Findings {
		if f.Where != extract.InSubject {
			continue
		}
		for _, i := range f.Instances {
			if i.Start >= 0 && i.End <= len(s) && i.Start < i.End {
				cut = append(cut, span{i.Start, i.End})
			}
		}
	}
	return shown(s, cut, maxSubject)
}

// shown is a text fit for records: ranges to be cut and numbers of five digits
// and more replaced by an ellipsis, no control characters, at most so many
// characters.
func shown(s string, cut []span, most int) string {
	run := 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] >= '0' && s[i] <= '9' {
			run++
			continue
		}
		if run >= 5 {
			cut = append(cut, span{i - run, i})
		}
		run = 0
	}
	slices.SortFunc(cut, func(x, y span) int { return x.a - y.a })
	var b strings.Builder
	at := 0
	for _, c := range cut {
		if c.a > at {
			b.WriteString(s[at:c.a])
		}
		if c.b > at {
			b.WriteString("…")
			at = c.b
		}
	}
	b.WriteString(s[at:])
	out := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, b.String())
	if rs := []rune(out); len(rs) > most {
		out = string(rs[:most-1]) + "…"
	}
	return out
}

// maxReason bounds what is recorded of a reason that a sender gave, in
// characters.
const maxReason = 500

// reason is what a sender gave as a reason, fit for records: the numbers that a
// rule may have been about are not repeated in it.
func reason(s string) string { return shown(s, numbers(s), maxReason) }

// numbers gives the ranges of five digits and more, also where single blanks,
// hyphens, dots or slashes stand between them.
func numbers(s string) []span {
	var out []span
	for i := 0; i < len(s); i++ {
		if !digit(s[i]) {
			continue
		}
		end, n := i+1, 1
		for end < len(s) {
			if digit(s[end]) {
				end, n = end+1, n+1
			} else if end+1 < len(s) && strings.IndexByte(" -./", s[end]) >= 0 && digit(s[end+1]) {
				end, n = end+2, n+1
			} else {
				break
			}
		}
		if n >= 5 {
			out = append(out, span{i, end})
		}
		i = end
	}
	return out
}

func digit(c byte) bool { return c >= '0' && c <= '9' }
