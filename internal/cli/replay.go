package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"labelmilter/internal/replay"
)

func (a *command) replayCmd() *cobra.Command {
	var j judgeFlags
	var none, update bool
	var diff []string
	cmd := &cobra.Command{
		Use:   "replay PATH...",
		Short: "Judge stored mail and compare with expectations or another rule set",
		Long: `replay judges .eml trees, Maildir and mbox. A message NAME.eml is compared with
the expectation NAME.want.yaml beside it, which gives the envelope and any part
of the result. It exits 3 if one differs or is missing.

With --diff OLD NEW (two folders of rule packs) it judges every message by both
and lists the decisions that change.`,
		Example: "  labelmilter replay testdata/replay\n  labelmilter replay --no-expectations ~/Maildir\n  labelmilter replay --diff rules.old rules.new ~/Maildir --fail-on changed:block",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			switch {
			case len(diff) == 2:
				return a.diff(cmd, args, &j, diff[0], diff[1])
			case len(diff) != 0:
				return usage("labelmilter replay --diff OLD NEW PATH", "--diff takes two folders of rule packs")
			}
			return a.judge(cmd, args, &j, func(o *replay.Options) {
				o.Expectations, o.Require, o.Update = !none, !none, update
			}, func(s *summary) error {
				if !none {
					for _, f := range replay.Orphans(args) {
						s.missing++
						fmt.Fprintf(a.stderr, "labelmilter: error: %s has no message beside it\n", f)
					}
				}
				if j.format == "text" && !a.quiet {
					s.text.Line("%s", s.count(none))
				}
				return nil
			})
		},
	}
	j.add(cmd)
	cmd.Flags().BoolVar(&none, "no-expectations", false, "do not read expectations")
	cmd.Flags().BoolVar(&update, "update", false, "write the actual values into expectations that differ (keys stay as written)")
	cmd.Flags().StringArrayVar(&diff, "diff", nil, "`OLD NEW`: compare two folders of rule packs")
	return cmd
}

func (s *summary) count(none bool) string {
	if none {
		return fmt.Sprintf("%d messages judged, %d could not be", s.judged, s.broken)
	}
	return fmt.Sprintf("%d messages: %d as expected, %d differ, %d without expectation, %d could not be judged", s.judged+s.broken, s.ok, s.differ, s.missing, s.broken)
}
