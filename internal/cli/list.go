package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/ruletest"
)

func (a *command) listCmd() *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "list [PACK|DIR]...",
		Short: "List packs, labels, types, label rules and policies",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			o, err := a.packArgs(args)
			if err != nil {
				return err
			}
			rs, ps := assemble.Rules(o)
			if ps.HasErrors() {
				return a.problems(ps)
			}
			if err := countTests(o, rs); err != nil {
				return err
			}
			items := rs.List()
			if format == "json" {
				enc := json.NewEncoder(a.stdout)
				enc.SetEscapeHTML(false)
				for _, it := range items {
					if err := enc.Encode(it); err != nil {
						return err
					}
				}
				return nil
			}
			w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "KIND\tID\tPACK\tSTATE\tNAME")
			for _, it := range items {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", it.Kind, it.ID, it.Pack, it.State, it.Name)
			}
			return w.Flush()
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "output: text, json")
	return cmd
}

// countTests adds the tests in files of the packs to those beside the types.
func countTests(o assemble.Options, rs *rulepack.Ruleset) error {
	sources, ps := assemble.Sources(o)
	if err := ps.Err(); err != nil {
		return err
	}
	return ruletest.CountTests(sources, rs.Types)
}
