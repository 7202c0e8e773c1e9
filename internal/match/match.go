// Package match compiles regular expressions and word lists given by people
// and matches them safely: in linear time wherever the expression allows it,
// else with a backtracking engine that is bounded and fails closed.
//
// # Expressions
//
// The syntax is RE2's as documented in Go's regexp/syntax, in Perl mode. An
// expression that needs look-around, backreferences, atomic groups or
// possessive quantifiers goes to the look-around lane by itself. Both lanes
// give each construct one meaning:
//
//	\d \w \s          ASCII: [0-9], [0-9A-Za-z_], [\t\n\f\r ]
//	\b \B             boundary of \w, ASCII
//	[[:alpha:]]       POSIX classes, ASCII
//	.                 any character but a line feed; with (?s) any
//	^ $               begin and end of the text; with (?m) of each line. $ does
//	                  not match before a final line feed; \Z does
//	(?i)              simple Unicode case folding
//	\p{L}             Unicode properties
//
// Constructs that RE2 and other engines both accept with different meanings
// (\h \K \R \X \N \< \>, class subtraction, octal escapes that could be
// backreferences, {,n}) are refused with the place, the reason and what to
// write instead, never guessed.
package match

import (
	"errors"
	"regexp"
	"regexp/syntax"
	"unicode/utf8"

	"labelmilter/internal/budget"
)

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

// exhausted is the answer when the bound was met.
var exhausted = Result{Matched: true, Exhausted: true}

// Work counts steps over one message. A nil Work does not bound.
type Work struct {
	Left int64 // bytes × cost still allowed
}

// NewWork starts counting from the limits.
func NewWork(l budget.Limits) *Work { return &Work{Left: l.Work} }

// Take uses n steps and reports whether they were still allowed. Once it
// fails it keeps failing.
func (w *Work) Take(n int64) bool {
	if w == nil {
		return true
	}
	if n < 0 || w.Left < n {
		w.Left = 0
		return false
	}
	w.Left -= n
	return true
}

// Options change how an expression is compiled.
type Options struct {
	CaseInsensitive bool
	// AllowEmptyMatch accepts expressions that can match the empty string
	// ("^$", "(?!.*x)"), which make sense for conditions on a whole value but
	// would be found everywhere in a text.
	AllowEmptyMatch bool
}

// MaxExpr is the longest expression accepted, in bytes (Purview: 1,024).
const MaxExpr = 8192

// Error says what is wrong with an expression.
type Error struct {
	Offset int    // byte offset in the expression
	Reason string // lower case
	Fix    string // what to write instead
}

func (e *Error) Error() string {
	s := "at offset " + itoa(e.Offset) + ": " + e.Reason
	if e.Fix != "" {
		s += " (" + e.Fix + ")"
	}
	return s
}

// Pattern is a compiled expression. It is safe for concurrent use.
type Pattern struct {
	expr string
	p    *Parsed
	re   *regexp.Regexp // the expression, or its superset in the look-around lane
	look *backtracker
	cost int64 // steps per byte
}

// Compile compiles expr. Errors are of type *Error.
func Compile(expr string, o Options) (*Pattern, error) {
	p, err := Parse(expr, o)
	if err != nil {
		return nil, err
	}
	re, err := regexp.Compile(p.Linear)
	if err != nil {
		return nil, &Error{0, "cannot be compiled: " + syntaxReason(err), ""}
	}
	m := &Pattern{expr: expr, p: p, re: re, cost: 1 + int64(p.Size)/8}
	if p.Lane == LookAround {
		if m.look, err = newBacktracker(p.look, p.Max, p.wide); err != nil {
			return nil, &Error{0, "the look-around engine refuses it", "check groups and quantifiers"}
		}
	}
	return m, nil
}

// String is the expression as given.
func (p *Pattern) String() string { return p.expr }

// Lane says how the expression is run.
func (p *Pattern) Lane() Lane { return p.p.Lane }

// Cost is the number of steps per byte that a match takes from the Work.
func (p *Pattern) Cost() int64 { return p.cost }

// Match reports whether the expression matches somewhere in text.
func (p *Pattern) Match(text string, w *Work) Result {
	if !w.Take(p.cost * int64(len(text)+1)) {
		return exhausted
	}
	// The superset decides most texts of the look-around lane in linear time.
	if !p.re.MatchString(text) {
		return Result{}
	}
	if p.look == nil {
		return Result{Matched: true}
	}
	found := false
	if p.look.each(p.re, text, w, func(int, int) bool { found = true; return false }) {
		return Result{Matched: found}
	}
	return exhausted
}

// FindAll gives up to max matches (max < 0: all) as byte ranges of text,
// leftmost first and not overlapping. exhausted means that the bound was met
// and matches may be missing.
func (p *Pattern) FindAll(text string, max int, w *Work) (spans [][2]int, exhausted bool) {
	if max == 0 {
		return nil, false
	}
	if !w.Take(p.cost * int64(len(text)+1)) {
		return nil, true
	}
	if p.look == nil {
		for _, m := range p.re.FindAllStringIndex(text, max) {
			spans = append(spans, [2]int{m[0], m[1]})
		}
		return spans, false
	}
	ok := p.look.each(p.re, text, w, func(s, e int) bool {
		spans = append(spans, [2]int{s, e})
		return max < 0 || len(spans) < max
	})
	return spans, !ok
}

// syntaxReason gives the parser's words without the expression.
func syntaxReason(err error) string {
	var e *syntax.Error
	if errors.As(err, &e) {
		return string(e.Code)
	}
	return "invalid"
}

// syntaxOffset looks for the offending fragment to name its place.
func syntaxOffset(expr string, err error) int {
	var e *syntax.Error
	if !errors.As(err, &e) || e.Expr == "" || !utf8.ValidString(expr) {
		return 0
	}
	for i := 0; i+len(e.Expr) <= len(expr); i++ {
		if expr[i:i+len(e.Expr)] == e.Expr {
			return i
		}
	}
	return 0
}
