package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"labelmilter/internal/output"
	"labelmilter/internal/override"
	"labelmilter/internal/store"
	"labelmilter/internal/strictyaml"
)

func (a *command) overrideCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "override",
		Short: "Look at the rules that senders have overridden",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.overrideListCmd(), a.overrideShowCmd())
	return cmd
}

// overrideLine is the JSON line of an override.
type overrideLine struct {
	Schema        string     `json:"schema"`
	ID            string     `json:"id"`
	State         string     `json:"state"` // used, offered, expired
	Kind          string     `json:"kind"`
	Justification string     `json:"justification"`
	Sender        string     `json:"sender"`
	Rule          string     `json:"rule"` // that refused
	Rules         []string   `json:"rules"`
	Offered       string     `json:"offered"`
	Expires       string     `json:"expires"`
	Used          string     `json:"used"`
	Incident      string     `json:"incident"`
	Refused       mailInLine `json:"refused"`
	Passed        mailInLine `json:"passed"`
}

type mailInLine struct {
	QueueID    string `json:"queue_id"`
	MessageID  string `json:"message_id"`
	Recipients int    `json:"recipients"`
}

func lineOf(o store.Override, now time.Time) overrideLine {
	l := overrideLine{Schema: "labelmilter.override/v1", ID: o.ID, State: "offered", Kind: o.Kind, Justification: o.Justification, Sender: o.Sender,
		Rule: o.Rule, Rules: o.Rules, Offered: o.At.Format(time.RFC3339), Expires: o.Expires.Format(time.RFC3339), Incident: o.Incident,
		Refused: mailInLine(o.Refused), Passed: mailInLine(o.Passed)}
	switch {
	case !o.Used.IsZero():
		l.State, l.Used = "used", o.Used.Format(time.RFC3339)
	case !now.Before(o.Expires):
		l.State = "expired"
	}
	return l
}

// overrideFlags are common to list and show.
type overrideFlags struct{ format, state string }

func (o *overrideFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&o.format, "format", "text", "output: text, json")
	cmd.Flags().StringVar(&o.state, "state-dir", "", "state `DIR` (default: the configuration's)")
}

// reader opens the store that flags or configuration name.
func (a *command) reader(cmd *cobra.Command, o overrideFlags) (*store.Reader, error) {
	if err := oneOf("format", o.format, "text", "json"); err != nil {
		return nil, err
	}
	if o.state == "" {
		c, err := a.loadConfig()
		if err != nil {
			return nil, err
		}
		o.state = c.StateDir
	}
	return store.OpenReader(cmd.Context(), o.state)
}

// sinceTime reads --since: a duration back from now, or a day. The zero time
// for "".
func sinceTime(since string, now time.Time) (time.Time, error) {
	if since == "" {
		return time.Time{}, nil
	}
	if d, err := strictyaml.ParseDuration(since); err == nil {
		return now.Add(-d), nil
	}
	t, err := time.Parse("2006-01-02", since)
	if err != nil {
		return time.Time{}, usage("use the form 7d or 2026-11-01", "--since: %q is neither a duration nor a day", since)
	}
	return t, nil
}

// overrides reads what a filter chooses.
func (a *command) overrides(cmd *cobra.Command, o overrideFlags, f store.OverrideFilter, limit int) ([]store.Override, error) {
	r, err := a.reader(cmd, o)
	if err != nil {
		return nil, err
	}
	defer func() { _ = r.Close() }()
	return r.Overrides(cmd.Context(), f, limit)
}

func (a *command) writeOverrides(list []store.Override, now time.Time) error {
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	for _, x := range list {
		if err := enc.Encode(lineOf(x, now)); err != nil {
			return err
		}
	}
	return nil
}

func (a *command) overrideListCmd() *cobra.Command {
	var o overrideFlags
	var f store.OverrideFilter
	kind, since := "", ""
	limit := 100
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List overrides and false-positive reports, the last first",
		Long: `list prints the rules that senders have overridden, and those they reported to
be wrong, with the reasons they gave; with --unused the tokens too that were
given out and not used. Kept for retention.overrides.`,
		Example: "  labelmilter override list --kind false-positive --since 7d\n  labelmilter override list --rule cards/more-than-five --format json",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			now := time.Now()
			if kind != "" {
				if err := oneOf("kind", kind, override.Justification, override.None, override.FalsePositive); err != nil {
					return err
				}
			}
			f.Kind = kind
			from, err := sinceTime(since, now)
			if err != nil {
				return err
			}
			f.Since = from
			list, err := a.overrides(cmd, o, f, limit)
			if err != nil {
				return err
			}
			if o.format == "json" {
				return a.writeOverrides(list, now)
			}
			if len(list) == 0 {
				if !a.quiet {
					fmt.Fprintln(a.stderr, "no overrides")
				}
				return nil
			}
			w := tabwriter.NewWriter(a.stdout, 0, 4, 2, ' ', 0)
			fmt.Fprintln(w, "TIME\tID\tSTATE\tKIND\tSENDER\tRULES\tREASON")
			for _, x := range list {
				l := lineOf(x, now)
				at := x.At
				if !x.Used.IsZero() {
					at = x.Used
				}
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", at.Local().Format("2006-01-02 15:04:05"), l.ID, l.State, orDash(l.Kind),
					output.Clean(l.Sender), strings.Join(l.Rules, ","), output.Clean(orDash(l.Justification)))
			}
			return w.Flush()
		},
	}
	o.add(cmd)
	cmd.Flags().StringVar(&kind, "kind", "", "justification, none or false-positive")
	cmd.Flags().StringVar(&f.Rule, "rule", "", "`POLICY/RULE` that was lifted")
	cmd.Flags().StringVar(&f.Sender, "sender", "", "`ADDRESS` of the sender")
	cmd.Flags().StringVar(&since, "since", "", "only since `TIME`: 7d, or 2026-11-01")
	cmd.Flags().BoolVar(&f.Unused, "unused", false, "tokens that were not used too")
	cmd.Flags().IntVar(&limit, "limit", limit, "at most so many")
	return cmd
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

func (a *command) overrideShowCmd() *cobra.Command {
	var o overrideFlags
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one override, by its id or the beginning of it",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if args[0] == "" {
				return usage("see labelmilter override list --unused", "the id is empty")
			}
			list, err := a.overrides(cmd, o, store.OverrideFilter{ID: args[0]}, 2)
			switch {
			case err != nil:
				return err
			case len(list) == 0:
				return &exit{exitFailed, fmt.Sprintf("no override has the id %s", args[0]), "see labelmilter override list --unused"}
			case len(list) > 1:
				return usage("give more of it", "several overrides have an id that begins with %s", args[0])
			}
			if o.format == "json" {
				return a.writeOverrides(list, time.Now())
			}
			p := output.NewPrinter(a.stdout, a.colored(a.stdout))
			l := lineOf(list[0], time.Now())
			for _, f := range [][2]string{{"id", l.ID}, {"state", l.State}, {"kind", orDash(l.Kind)}, {"reason", orDash(l.Justification)}, {"sender", l.Sender},
				{"refused by", l.Rule}, {"rules", strings.Join(l.Rules, ", ")}, {"incident", l.Incident}, {"offered", l.Offered}, {"expires", l.Expires}, {"used", orDash(l.Used)},
				{"refused", mailText(l.Refused)}, {"passed", mailText(l.Passed)}} {
				p.Line("%-10s %s", f[0], output.Clean(f[1]))
			}
			return p.Err()
		},
	}
	o.add(cmd)
	return cmd
}

func mailText(m mailInLine) string {
	if m.QueueID == "" && m.MessageID == "" {
		return "-"
	}
	return fmt.Sprintf("%s %s (%d recipients)", orDash(m.QueueID), orDash(m.MessageID), m.Recipients)
}
