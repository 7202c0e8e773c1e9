package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"text/tabwriter"

	"labelmilter/internal/rulepack"
)

// laneLine is the JSON line of a pattern's lane.
type laneLine struct {
	Schema  string  `json:"schema"`
	Type    string  `json:"type"`
	Pattern int     `json:"pattern"` // from 1
	Lane    string  `json:"lane"`
	Cost    float64 `json:"cost"` // steps for 1,000 characters of prose
}

// laneReport lists the lanes of all patterns, the costliest first.
func (a *command) laneReport(rs *rulepack.Ruleset, format string) error {
	lanes := rs.Lanes()
	slices.SortStableFunc(lanes, func(x, y rulepack.Lane) int { return cmp.Compare(y.Cost, x.Cost) })
	switch format {
	case "json":
		enc := json.NewEncoder(a.stdout)
		enc.SetEscapeHTML(false)
		for _, l := range lanes {
			if err := enc.Encode(laneLine{"labelmilter.lane/v1", l.Type, l.Pattern + 1, l.Lane, l.Cost}); err != nil {
				return err
			}
		}
	case "text":
		w := tabwriter.NewWriter(a.stdout, 0, 8, 2, ' ', 0)
		fmt.Fprintln(w, "STEPS/1000\tLANE\tTYPE\tPATTERN")
		for _, l := range lanes {
			fmt.Fprintf(w, "%.0f\t%s\t%s\t%d\n", l.Cost, l.Lane, l.Type, l.Pattern+1)
		}
		return w.Flush()
	}
	return nil
}
