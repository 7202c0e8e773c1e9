package cli

import (
	"github.com/spf13/cobra"

	"labelmilter/internal/message"
	"labelmilter/internal/output"
	"labelmilter/internal/replay"
)

func (a *command) checkCmd() *cobra.Command {
	var j judgeFlags
	cmd := &cobra.Command{
		Use:   "check FILE|-...",
		Short: "Judge messages and show the decision",
		Long: `check judges one or several messages (- reads standard input) as the milter
would and shows label, verdict, findings and changes. Nothing is changed.
It exits 0 whatever the verdict, unless --fail-on names it.`,
		Example: "  labelmilter check mail.eml\n  labelmilter check --explain --direction outbound - < mail.eml",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.judge(cmd, args, &j, func(o *replay.Options) { o.Timing = true }, nil)
		},
	}
	j.add(cmd)
	return cmd
}

// judge runs messages through the pipeline and writes every outcome.
func (a *command) judge(cmd *cobra.Command, args []string, j *judgeFlags, set func(*replay.Options), done func(*summary) error) error {
	o, err := j.options(cmd, a)
	if err != nil {
		return err
	}
	ps, err := a.pipelines(j)
	if err != nil {
		return err
	}
	p, _ := ps.Pipeline(nil)
	if err := j.checkFailOn(p); err != nil {
		return err
	}
	o.Pipelines, o.Message = ps, message.Options{Limits: ps.proto.Limits}
	set(&o)
	items := replay.Walk(args)
	s := &summary{a: a, j: j, o: o, text: output.NewPrinter(a.stdout, a.colored(a.stdout)), pipes: ps}
	replay.Run(cmd.Context(), items, o, s.add)
	if done != nil {
		if err := done(s); err != nil {
			return err
		}
	}
	return s.finish(len(items) == 0)
}
