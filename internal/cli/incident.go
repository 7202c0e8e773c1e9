package cli

import (
	"encoding/json"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"labelmilter/internal/output"
	"labelmilter/internal/store"
)

func (a *command) incidentCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "incident",
		Short: "Look at the incidents that rules opened",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.incidentListCmd(), a.incidentShowCmd())
	return cmd
}

// incidentLine is the JSON line of an incident.
type incidentLine struct {
	Schema    string     `json:"schema"`
	ID        string     `json:"id"`
	At        string     `json:"at"`
	Rule      string     `json:"rule"`
	Severity  string     `json:"severity"`
	Simulated bool       `json:"simulated"`
	Verdict   string     `json:"verdict"`
	Sender    string     `json:"sender_domain"`
	Mail      mailInLine `json:"mail"`
}

// incidents reads what a filter chooses and writes it as JSON if that is asked
// for.
func (a *command) incidents(cmd *cobra.Command, o overrideFlags, f store.IncidentFilter, limit int) ([]store.Incident, error) {
	r, err := a.reader(cmd, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	list, err := r.Incidents(cmd.Context(), f, limit)
	if err != nil || o.format != "json" {
		return list, err
	}
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	for _, x := range list {
		if err := enc.Encode(incidentLine{Schema: "labelmilter.incident/v1", ID: x.ID, At: x.At.Format(time.RFC3339), Rule: x.Rule, Severity: x.Severity,
			Simulated: x.Simulated, Verdict: x.Verdict, Sender: x.Sender, Mail: mailInLine{x.QueueID, x.MessageID, x.Recipients}}); err != nil {
			return nil, err
		}
	}
	return list, nil
}

func (a *command) incidentListCmd() *cobra.Command {
	var o overrideFlags
	var f store.IncidentFilter
	since := ""
	limit := 100
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List incidents, the last first",
		Long: `list prints the incidents that rules with the action incident opened, one line
for each rule. All lines about one message have the same id, which replies and
notices give as {{incident}}. Kept for retention.incidents.`,
		Example: "  labelmilter incident list --since 7d --severity high\n  labelmilter incident list --rule cards/more-than-five --format json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) (err error) {
			if f.Since, err = sinceTime(since, time.Now()); err != nil {
				return err
			}
			if f.Severity != "" {
				if err := oneOf("severity", f.Severity, "low", "medium", "high"); err != nil {
					return err
				}
			}
			list, err := a.incidents(cmd, o, f, limit)
			if err != nil || o.format == "json" {
				return err
			}
			if len(list) == 0 {
				if !a.quiet {
					fmt.Fprintln(a.stderr, "no incidents")
				}
				return nil
			}
			w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "TIME\tID\tSEVERITY\tRULE\tVERDICT\tSENDER\tQUEUE-ID")
			for _, x := range list {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", x.At.Local().Format("2006-01-02 15:04:05"), x.ID, orDash(x.Severity), x.Rule, verdictOf(x), orDash(x.Sender), orDash(output.Clean(x.QueueID)))
			}
			return w.Flush()
		},
	}
	o.add(cmd)
	cmd.Flags().StringVar(&f.Rule, "rule", "", "`POLICY/RULE` that opened it")
	cmd.Flags().StringVar(&f.Severity, "severity", "", "low, medium or high")
	cmd.Flags().StringVar(&since, "since", "", "only since `TIME`: 7d, or 2026-11-01")
	cmd.Flags().IntVar(&limit, "limit", limit, "at most so many")
	return cmd
}

func verdictOf(x store.Incident) string {
	if x.Simulated {
		return x.Verdict + " (simulated)"
	}
	return x.Verdict
}

func (a *command) incidentShowCmd() *cobra.Command {
	var o overrideFlags
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one incident, by its id or the beginning of it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return usage("see labelmilter incident list", "the id is empty")
			}
			list, err := a.incidents(cmd, o, store.IncidentFilter{ID: args[0]}, 100)
			if err != nil {
				return err
			}
			if len(list) == 0 {
				return &exit{exitFailed, fmt.Sprintf("no incident has the id %s", args[0]), "see labelmilter incident list"}
			}
			for _, x := range list {
				if x.ID != list[0].ID {
					return usage("give more of it", "several incidents have an id that begins with %s", args[0])
				}
			}
			if o.format == "json" {
				return nil
			}
			p := output.NewPrinter(a.stdout, a.colored(a.stdout))
			p.Line("%-10s %s", "id", list[0].ID)
			for _, x := range list {
				p.Line("%-10s %s", x.At.Local().Format("2006-01-02 15:04:05"), output.Clean(fmt.Sprintf("%s, severity %s, %s, from %s, %s", x.Rule, orDash(x.Severity), verdictOf(x), orDash(x.Sender), mailText(mailInLine{x.QueueID, x.MessageID, x.Recipients}))))
			}
			p.Line("%-10s %s", "more", "labelmilter log show "+orDash(output.Clean(list[0].QueueID)))
			return p.Err()
		},
	}
	o.add(cmd)
	return cmd
}
