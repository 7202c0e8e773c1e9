package policy

import (
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/sit"
)

// EDM is `edm:`: different rows of tables found by exact data match.
type EDM struct {
	Types     []SITType
	MinUnique int // default 1
	MaxUnique int // 0 = no upper bound
	PerPart   bool
}

func (c EDM) eval(e *Evaluation) set {
	rows := map[string]map[uint64]bool{} // by part, "" unless PerPart
	for k, t := range c.Types {
		if slices.ContainsFunc(c.Types[:k], func(x SITType) bool { return x.ID == t.ID }) {
			continue
		}
		for _, i := range e.ofType(t.ID) {
			f := &e.Findings[i]
			if !(SIT{Types: c.Types}).Wants(*f) {
				continue
			}
			part := ""
			if c.PerPart {
				part = f.Part + "\x00" + string(f.Where)
			}
			if rows[part] == nil {
				rows[part] = map[uint64]bool{}
			}
			for _, r := range f.Rows {
				rows[part][r] = true
			}
		}
	}
	best := 0
	for _, part := range sortedKeys(rows) {
		n := len(rows[part])
		best = max(best, n)
		if n >= c.MinUnique && (c.MaxUnique == 0 || n <= c.MaxUnique) {
			e.saw("%d different rows", n)
			return e.all()
		}
	}
	e.saw("%d different rows", best)
	return e.whole(c.MinUnique == 0 && best == 0)
}

func (c EDM) String() string {
	var types []string
	for _, t := range c.Types {
		types = append(types, fmt.Sprintf("%s at %s confidence", t.ID, sit.Level(t.MinConfidence)))
	}
	s := fmt.Sprintf("edm: {type: [%s], min_unique: %d", strings.Join(types, ", "), c.MinUnique)
	if c.MaxUnique > 0 {
		s += fmt.Sprintf(", max_unique: %d", c.MaxUnique)
	}
	if c.PerPart {
		s += ", per: part"
	}
	return s + "}"
}

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
