package detect

import (
	"testing"

	"labelmilter/internal/extract"
)

// Same compares an engine made of the definitions of e, with and without its
// shortcuts, with the straightforward evaluation. It gives the number of
// instances found.
func Same(t *testing.T, e *Engine, bodies ...string) int {
	t.Helper()
	again, r := newEngine(e.pl), reference(e.pl)
	n := 0
	for _, b := range bodies {
		n += compareWith(t, again, r, []extract.Text{{Part: "1", Where: extract.InBody, Body: b}}, nil)
	}
	return n
}

// Steps is what a text takes from the work budget.
func (e *Engine) Steps(text string) int64 { return steps(e, text) }

// Costliest searches for a short text that repeated costs most.
var Costliest = costliest

// RaceEnabled reports whether the race detector is on.
const RaceEnabled = raceEnabled
