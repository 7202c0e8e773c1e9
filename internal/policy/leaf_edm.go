package policy

import (
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/budget"
)

// EDM is `edm:`: different rows of tables found by exact data match. It counts
// as SIT does; the distinct values of a type of a table are its rows.
type EDM struct{ SIT }

func (c EDM) eval(e *Evaluation) set { return c.SIT.eval(e) }

func (c EDM) String() string { return "edm" + strings.TrimPrefix(c.SIT.String(), "sit") }

// StoreUnavailable is `edm: {unavailable: …}`: something should have been
// looked up in a store that could not be read.
type StoreUnavailable struct {
	Want   bool
	Stores []string // ids of tables, none: any
}

func (c StoreUnavailable) eval(e *Evaluation) set {
	var out []string
	for _, s := range e.Skipped {
		if s.Reason == budget.StoreUnavailable && (len(c.Stores) == 0 || slices.Contains(c.Stores, s.Detail)) && !slices.Contains(out, s.Detail) {
			out = append(out, s.Detail)
		}
	}
	slices.Sort(out)
	e.saw("unavailable: [%s]", strings.Join(out, ", "))
	return e.whole(c.Want == (len(out) > 0))
}

func (c StoreUnavailable) String() string {
	s := fmt.Sprintf("edm: {unavailable: %v", c.Want)
	if len(c.Stores) > 0 {
		s += ", store: [" + strings.Join(c.Stores, ", ") + "]"
	}
	return s + "}"
}
