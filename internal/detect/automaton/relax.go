package automaton

import (
	"regexp/syntax"

	"labelmilter/internal/match/fold"
)

// Relaxed makes a program that matches wherever the expression matches, and
// more: counts of repeats above most are forgotten. Automata of expressions
// whose counters run at the same time have a state for every set of their
// values; without counters they are small. Starts from which the relaxed
// program finds nothing need no further look.
func Relaxed(expr string, free bool, table *fold.Table, most int) (*Prog, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return nil, err
	}
	foldLiterals(re, table)
	relax(re, most)
	sp, err := syntax.Compile(re.Simplify())
	if err != nil {
		return nil, err
	}
	if len(sp.Inst) > maxInsts {
		return nil, errTooLarge
	}
	return translate(sp, free, table), nil
}

// relax opens repeats that count further than most. The parser bounds the
// depth.
func relax(re *syntax.Regexp, most int) {
	for _, sub := range re.Sub {
		relax(sub, most)
	}
	if re.Op == syntax.OpRepeat && (re.Max > most || re.Min > most) {
		re.Min, re.Max = min(re.Min, most), -1
	}
}
