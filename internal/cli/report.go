package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/ruletest"
)

// reportFlags are those of rules test --report.
type reportFlags struct {
	on        bool
	neutral   []string
	megabytes int
}

// reportLine is the JSON line of a type.
type reportLine struct {
	Schema         string  `json:"schema"`
	Type           string  `json:"type"`
	Name           string  `json:"name"`
	Pack           string  `json:"pack"`
	Confidence     int     `json:"confidence"`
	Texts          int     `json:"texts"`
	Found          int     `json:"found"`
	NearMisses     int     `json:"near_misses"`
	FoundNear      int     `json:"near_misses_found"`
	FoundKin       int     `json:"kin_found"`
	FoundOthers    int     `json:"others_found"`
	Precision      float64 `json:"precision"`
	Recall         float64 `json:"recall"`
	F2             float64 `json:"f2"`
	NeutralWindows int     `json:"neutral_windows"`
	NeutralFound   int     `json:"neutral_found"`
}

// runReport measures the types of packs. It exits 3 if an example is not found
// or a near miss is.
func (a *command) runReport(cmd *cobra.Command, args []string, format string, f reportFlags) error {
	if f.megabytes < 1 || f.megabytes > 4096 {
		return usage("give 1 to 4096", "--neutral-size: %d MB", f.megabytes)
	}
	o, err := a.packArgs(args)
	if err != nil {
		return err
	}
	rs, ps := assemble.Rules(o)
	if ps.HasErrors() {
		return a.problems(ps)
	}
	sources, ps := assemble.Sources(o)
	if ps.HasErrors() {
		return a.problems(ps)
	}
	p := &pipeline.Pipeline{Rules: rs, Limits: budget.Default()}
	r, err := ruletest.MakeReport(cmd.Context(), p, sources, f.neutral, int64(f.megabytes)<<20)
	if err != nil {
		return err
	}
	switch format {
	case "json":
		enc := json.NewEncoder(a.stdout)
		enc.SetEscapeHTML(false)
		for _, m := range r.Measures {
			if err := enc.Encode(reportLine{"labelmilter.rulereport/v1", m.Type, m.Name, m.Pack, m.Confidence, m.Texts, m.Found, m.Misses, m.FoundMisses,
				m.FoundKin, m.FoundOthers, m.Precision(), m.Recall(), m.F2(), r.Neutral.Windows, m.Neutral}); err != nil {
				return err
			}
		}
	case "markdown":
		if err := r.Markdown(a.stdout); err != nil {
			return err
		}
	default:
		if err := a.reportText(&r); err != nil {
			return err
		}
	}
	if len(r.Failed()) > 0 {
		return &exit{code: exitFindings}
	}
	return nil
}

func (a *command) reportText(r *ruletest.Report) error {
	w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.ToUpper(strings.Join(ruletest.Columns, "\t")))
	for _, m := range append(r.Measures, r.Totals()) {
		fmt.Fprintln(w, strings.Join(r.Row(m), "\t"))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, h := range r.Neutral.Hits {
		if _, err := fmt.Fprintf(a.stdout, "neutral: %s in %s\n", h.Type, h.File); err != nil {
			return err
		}
	}
	t := r.Totals()
	_, err := fmt.Fprintf(a.stdout, "%d texts, %d types: precision %.3f, recall %.3f, F2 %.3f; neutral text: %d messages of 50 kB, %.1f MB\n",
		r.Samples, len(r.Measures), t.Precision(), t.Recall(), t.F2(), r.Neutral.Windows, float64(r.Neutral.Bytes)/1e6)
	return err
}
