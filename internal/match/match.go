// Package match compiles regular expressions and word lists given by people
// and matches them safely: in linear time wherever the expression allows it,
// else with a backtracking engine that is bounded and fails closed.
package match

import "labelmilter/internal/budget"

// Lane is how an expression is run.
type Lane string

// The lanes.
const (
	Linear     Lane = "linear"     // RE2 semantics, linear time
	LookAround Lane = "lookaround" // regexp2, bounded
)

// Result of a bounded match.
type Result struct {
	Matched bool
	// Exhausted: the work bound was met before an answer was found. Matched
	// is then true: a condition fails closed.
	Exhausted bool
}

// Work counts steps over one message.
type Work struct {
	Left int64 // bytes × cost still allowed
}

// NewWork starts counting from the limits.
func NewWork(l budget.Limits) *Work { return &Work{Left: l.Work} }
