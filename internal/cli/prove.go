package cli

import (
	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/prove"
)

func (a *command) proveCmd() *cobra.Command {
	format := "text"
	cmd := &cobra.Command{
		Use:   "prove [PACK|DIR]...",
		Short: "Show that every protective marking comes to exactly one outcome",
		Long: `prove sends every class with every combination of up to two caveats and three
markers in every order, every historical value and a set of malformed ones
through the whole pipeline, in every form and way of writing, and compares what
comes out with what the table of labels asks for: one label, a hold or a block,
and never a label below the class.

It prints the number of cases, and exits 3 with the smallest counterexample of
each kind if there is one. The format markdown lists them as a document.`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json", "markdown"); err != nil {
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
			if len(rs.Catalogue.Labels()) == 0 {
				return usage("name a pack with labels, for example au-pspf", "no loaded pack has labels")
			}
			rep, err := prove.Run(cmd.Context(), rs)
			if err != nil {
				return err
			}
			write := rep.Text
			switch format {
			case "json":
				write = rep.JSON
			case "markdown":
				write = rep.Markdown
			}
			if err := write(a.stdout); err != nil {
				return err
			}
			if !rep.OK() {
				return &exit{code: exitFindings}
			}
			return nil
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "output: text, json, markdown")
	return cmd
}
