package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/strictyaml"
)

func (a *command) explainCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "explain TYPE",
		Short: "Say in plain words what a sensitive information type detects",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o, err := a.packArgs(nil)
			if err != nil {
				return err
			}
			rs, ps := assemble.Rules(o)
			if rs == nil {
				return a.problems(ps)
			}
			if err := countTests(o, rs); err != nil {
				return err
			}
			text, ok := rs.Explain(args[0])
			if !ok {
				var known []string
				for _, t := range rs.Types {
					known = append(known, t.ID)
				}
				hint := "see labelmilter rules list"
				if n, near := strictyaml.Nearest(args[0], known); near {
					hint = fmt.Sprintf("did you mean %q?", n)
				}
				return usage(hint, "no type has the id %q", args[0])
			}
			_, err = fmt.Fprint(a.stdout, text)
			return err
		},
	}
}
