package strictyaml

import (
	"cmp"
	"errors"
	"slices"
	"strings"
)

// maxProblems bounds what is kept of one file: nobody reads more, and a file
// that repeats a faulty anchor must not fill the memory.
const maxProblems = 500

// Problems is everything found wrong with one or several files.
type Problems []Problem

// Sort orders by file, line and column; equal places keep their order.
func (ps Problems) Sort() {
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line), cmp.Compare(a.Col, b.Col))
	})
}

// HasErrors reports whether any problem is an error.
func (ps Problems) HasErrors() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == Error })
}

// Err is nil when there is no error; else its text has one line per problem,
// warnings included.
func (ps Problems) Err() error {
	if !ps.HasErrors() {
		return nil
	}
	return errors.New(ps.String())
}

// String has one line per problem, without a line end after the last.
func (ps Problems) String() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// add appends a problem once, up to maxProblems.
func (ps *Problems) add(p Problem) {
	switch n := len(*ps); {
	case n > maxProblems:
		return
	case n == maxProblems:
		p = Problem{Pos: p.Pos, Severity: Error, Message: "too many problems: the rest is not listed"}
	default:
		// The same place is met again through an alias.
		for i := n - 1; i >= 0 && i >= n-64; i-- {
			if (*ps)[i] == p {
				return
			}
		}
	}
	*ps = append(*ps, p)
}
