package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/bits"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/config"
	"labelmilter/internal/detect"
	"labelmilter/internal/message"
	"labelmilter/internal/redact"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

// stores opens what --edm-store or the configuration names.
func (a *command) stores(c *config.Config, rs *rulepack.Ruleset) (detect.Stores, strictyaml.Problems) {
	if len(a.rules.stores) > 0 {
		return assemble.StoresOf(a.rules.stores, a.rules.edmKey, rs)
	}
	if c == nil {
		c = config.Default(".")
	}
	ss, ps := assemble.Stores(c, rs, nil)
	return assemble.Tables(ss), ps
}

// explainedValue is one line of edm explain --format json.
type explainedValue struct {
	Schema   string             `json:"schema"`
	File     string             `json:"file"`
	Part     string             `json:"part"`
	Where    string             `json:"where"`
	Start    int                `json:"start"`
	Value    string             `json:"value"` // masked unless --show-content
	Type     string             `json:"type"`
	Table    string             `json:"table"`
	Column   string             `json:"column"`
	FoundBy  string             `json:"found_by"`
	Form     string             `json:"normalised"`
	Rows     int                `json:"rows"`
	Found    []explainedRow     `json:"found"`
	Patterns []explainedPattern `json:"patterns"`
}

type explainedRow struct {
	Near     []explainedColumn `json:"near"`
	Missing  []string          `json:"missing"`
	Together []string          `json:"together"` // every combination of the columns that are near
}

type explainedColumn struct {
	Column   string `json:"column"`
	Distance int    `json:"distance"`
	Value    string `json:"value"`
}

type explainedPattern struct {
	Confidence int `json:"confidence"`
	Rows       int `json:"rows"` // for which it holds
}

func (a *command) edmExplainCmd() *cobra.Command {
	format, show := "text", false
	cmd := &cobra.Command{
		Use:   "explain FILE|-...",
		Short: "Say what of a message was looked up and what became of it",
		Long: `explain shows for every value of a message that was looked up in a table: which
type found it, its normalised form, whether the table has it, which columns of
the row stand near it, alone and together, and which do not, and which patterns
hold. Values are masked unless --show-content is given.`,
		Example: "  labelmilter --config labelmilter.yaml edm explain mail.eml\n" +
			"  labelmilter --rules packs --edm-store customers=customers.edm --edm-key edm.key edm explain --show-content mail.eml",
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			ps, err := a.pipelines(&judgeFlags{})
			if err != nil {
				return err
			}
			failed := false
			for _, file := range args {
				if err := a.explainExact(cmd.Context(), ps, file, format, show); err != nil {
					fmt.Fprintf(a.stderr, "labelmilter: error: %s: %v\n", file, err)
					failed = true
				}
			}
			if failed {
				return &exit{code: exitFailed}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", format, "output: text, json")
	cmd.Flags().BoolVar(&show, "show-content", false, "show the values (content of the mail)")
	return cmd
}

func (a *command) explainExact(ctx context.Context, ps *pipelines, file, format string, show bool) error {
	var r io.Reader = a.stdin
	if file != "-" {
		f, err := os.Open(file)
		if err != nil {
			return err
		}
		defer f.Close()
		r = f
	}
	p, _ := ps.Pipeline(nil)
	m, err := message.Read(ctx, r, message.Envelope{}, message.Options{Limits: p.Limits})
	if err != nil {
		return err
	}
	defer m.Close()
	traces, skips := p.ExplainExact(ctx, m)
	value := func(v redact.Value) string {
		if show {
			return v.Reveal() // the operator asked for it
		}
		return v.Mask()
	}
	var out []explainedValue
	for _, t := range traces {
		out = append(out, explained(file, t, value))
	}
	if format == "json" {
		enc := json.NewEncoder(a.stdout)
		enc.SetEscapeHTML(false)
		for _, x := range out {
			if err := enc.Encode(x); err != nil {
				return err
			}
		}
	} else {
		a.printExplained(file, p.Rules, out)
	}
	for _, s := range skips {
		fmt.Fprintf(a.stderr, "%s: part %s: %s: %s\n", file, s.Part, s.Reason, s.Detail)
	}
	return nil
}

func explained(file string, t detect.ExactTrace, value func(redact.Value) string) explainedValue {
	x := explainedValue{Schema: "labelmilter.edm-explain/v1", File: file, Part: t.Part, Where: string(t.Where), Start: t.Start, Value: value(t.Value), Type: t.Type,
		Table: t.Table, Column: t.Column, FoundBy: t.Source, Form: value(t.Form), Rows: t.Rows, Found: []explainedRow{}, Patterns: []explainedPattern{}}
	for _, cols := range t.Columns {
		r := explainedRow{Near: []explainedColumn{}, Missing: []string{}, Together: []string{}}
		var names []string
		for _, c := range cols {
			if c.Distance < 0 {
				r.Missing = append(r.Missing, c.Name)
				continue
			}
			r.Near = append(r.Near, explainedColumn{c.Name, c.Distance, value(c.Value)})
			names = append(names, c.Name)
		}
		r.Together = append(r.Together, combinations(names)...)
		x.Found = append(x.Found, r)
	}
	for _, p := range t.Patterns {
		x.Patterns = append(x.Patterns, explainedPattern{p.Confidence, p.Rows})
	}
	return x
}

// maxCombined is the number of columns up to which all combinations are
// written out: 63 lines.
const maxCombined = 6

// combinations gives every combination of some columns, smaller ones first.
func combinations(names []string) (out []string) {
	if len(names) > maxCombined {
		return []string{strings.Join(names, " + ")}
	}
	var sets []int
	for s := 1; s < 1<<len(names); s++ {
		sets = append(sets, s)
	}
	slices.SortStableFunc(sets, func(a, b int) int {
		if n := bits.OnesCount(uint(a)) - bits.OnesCount(uint(b)); n != 0 {
			return n
		}
		return bits.Len(bits.Reverse(uint(b))) - bits.Len(bits.Reverse(uint(a)))
	})
	for _, s := range sets {
		var in []string
		for i, n := range names {
			if s>>i&1 != 0 {
				in = append(in, n)
			}
		}
		out = append(out, strings.Join(in, " + "))
	}
	return out
}

func (a *command) printExplained(file string, rs *rulepack.Ruleset, xs []explainedValue) {
	fmt.Fprintln(a.stdout, file)
	if len(xs) == 0 {
		what := "nothing was looked up: no value was found by the types that find them"
		if len(rs.Tables) == 0 {
			what = "nothing was looked up: no loaded pack defines a table"
		}
		fmt.Fprintln(a.stdout, "  "+what)
	}
	for _, x := range xs {
		fmt.Fprintf(a.stdout, "  part %s, %s, byte %d: %s, found by %s\n", x.Part, x.Where, x.Start, x.Value, x.FoundBy)
		switch {
		case x.Form == "":
			fmt.Fprintf(a.stdout, "    cannot be a value of %s.%s\n", x.Table, x.Column)
			continue
		case x.Rows == 0:
			fmt.Fprintf(a.stdout, "    as %s: %s.%s has no such value\n", x.Form, x.Table, x.Column)
			continue
		}
		fmt.Fprintf(a.stdout, "    as %s: in %d row(s) of %s.%s\n", x.Form, x.Rows, x.Table, x.Column)
		for i, r := range x.Found {
			fmt.Fprintf(a.stdout, "    row %d\n", i+1)
			for _, c := range r.Near {
				fmt.Fprintf(a.stdout, "      %s: %s, %d characters away\n", c.Column, c.Value, c.Distance)
			}
			for _, c := range r.Missing {
				fmt.Fprintf(a.stdout, "      %s: not near\n", c)
			}
			for _, t := range r.Together {
				fmt.Fprintf(a.stdout, "      matched: %s\n", t)
			}
		}
		for _, p := range x.Patterns {
			how := "does not hold"
			if p.Rows > 0 {
				how = fmt.Sprintf("holds for %d row(s)", p.Rows)
			}
			fmt.Fprintf(a.stdout, "    %s at confidence %d %s\n", x.Type, p.Confidence, how)
		}
	}
}
