package ruletest

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"

	"labelmilter/internal/pipeline"
	"labelmilter/internal/rulepack"
)

// Report says how well the types of a rule set are found: in the texts of the
// packs' tests, each judged by all rules together, and in neutral text.
type Report struct {
	Samples  int
	Neutral  Neutral
	Measures []Measure // sorted by type
}

// MinRecall is the recall that every type must reach on its examples.
const MinRecall = 0.99

// MakeReport measures the types of p's rules. Neutral text is read up to limit
// bytes; none if dirs is empty.
func MakeReport(ctx context.Context, p *pipeline.Pipeline, all []rulepack.Source, dirs []string, limit int64) (Report, error) {
	samples, err := Samples(all, p.Rules.Types)
	if err != nil {
		return Report{}, fmt.Errorf("reading the tests of packs: %w", err)
	}
	r := Report{Samples: len(samples)}
	if r.Measures, err = MeasureSamples(ctx, p, samples); err != nil {
		return Report{}, err
	}
	if len(dirs) > 0 {
		r.Neutral, err = MeasureNeutral(ctx, p, dirs, limit, r.Measures)
	}
	return r, err
}

// Failed gives the types that miss the bar: an example not found or a near
// miss found.
func (r *Report) Failed() []Measure {
	return slices.DeleteFunc(slices.Clone(r.Measures), func(m Measure) bool { return m.Recall() >= MinRecall && m.FoundMisses == 0 })
}

// Totals adds all types up; its precision, recall and F2 are those of all
// decisions together.
func (r *Report) Totals() Measure {
	t := Measure{Type: "all"}
	for _, m := range r.Measures {
		t.Texts += m.Texts
		t.Found += m.Found
		t.Misses += m.Misses
		t.FoundMisses += m.FoundMisses
		t.Kin += m.Kin
		t.FoundKin += m.FoundKin
		t.Others += m.Others
		t.FoundOthers += m.FoundOthers
		t.Neutral += m.Neutral
	}
	return t
}

// Columns of Row.
var Columns = []string{"type", "at", "found", "near misses", "kin", "others", "precision", "recall", "F2", "neutral"}

// Row gives the cells of one type.
func (r *Report) Row(m Measure) []string {
	at, neutral := "", "-"
	if m.Confidence > 0 {
		at = fmt.Sprint(m.Confidence)
	}
	if r.Neutral.Windows > 0 {
		neutral = fmt.Sprint(m.Neutral)
	}
	of := func(n, all int) string { return fmt.Sprintf("%d/%d", n, all) }
	return []string{m.Type, at, of(m.Found, m.Texts), of(m.FoundMisses, m.Misses), fmt.Sprint(m.FoundKin), fmt.Sprint(m.FoundOthers),
		fmt.Sprintf("%.3f", m.Precision()), fmt.Sprintf("%.3f", m.Recall()), fmt.Sprintf("%.3f", m.F2()), neutral}
}

// Markdown writes the report as a table.
func (r *Report) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%d texts, %d types", r.Samples, len(r.Measures))
	if r.Neutral.Windows > 0 {
		fmt.Fprintf(&b, "; neutral text: %d files, %.1f MB, %d messages of 50 kB", r.Neutral.Files, float64(r.Neutral.Bytes)/1e6, r.Neutral.Windows)
	}
	b.WriteString(".\n\n| " + strings.Join(Columns, " | ") + " |\n|" + strings.Repeat("---|", len(Columns)) + "\n")
	for _, m := range append(slices.Clone(r.Measures), r.Totals()) {
		b.WriteString("| " + strings.Join(r.Row(m), " | ") + " |\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
