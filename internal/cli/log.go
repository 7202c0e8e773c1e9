package cli

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"labelmilter/internal/output"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/store"
)

func (a *command) logCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "log",
		Short: "Look at decision records",
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.logShowCmd())
	return cmd
}

// recordLine is the JSON line of a record: the result with what surrounds it.
type recordLine struct {
	Schema string          `json:"schema"`
	At     string          `json:"at"`
	Queue  string          `json:"queue_id"`
	Answer string          `json:"answer"` // pending, sent, unsent
	Detail string          `json:"answer_detail"`
	Fail   string          `json:"fail"` // why the fail mode answered, "" if it did not
	Result json.RawMessage `json:"result"`
}

func (a *command) logShowCmd() *cobra.Command {
	format, state := "text", ""
	limit := 20
	cmd := &cobra.Command{
		Use:   "show [QUEUE-ID|MESSAGE-ID]",
		Short: "Show what happened to a mail",
		Long: `show prints the decision records of a mail by the MTA's queue id or by its
Message-ID, newest first; without argument the last ones. Records are kept for
retention.records (7 days by default). It exits 1 if there is none, or if a
record cannot be read for a damage of its file; the others are printed.`,
		Example: "  labelmilter log show 4WxYz12345zAbC\n  labelmilter log show '<1@agency.gov.au>' --format json",
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json"); err != nil {
				return err
			}
			if state == "" {
				c, err := a.loadConfig()
				if err != nil {
					return err
				}
				state = c.StateDir
			}
			return a.showLog(cmd, args, state, format, limit)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "output: text, json")
	cmd.Flags().StringVar(&state, "state-dir", "", "state `DIR` (default: the configuration's)")
	cmd.Flags().IntVar(&limit, "limit", limit, "at most so many records")
	return cmd
}

func (a *command) showLog(cmd *cobra.Command, args []string, state, format string, limit int) error {
	r, err := store.OpenReader(cmd.Context(), state)
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }()
	var records []store.Record
	if len(args) == 1 {
		records, err = r.Find(cmd.Context(), args[0], limit)
	} else {
		records, err = r.Recent(cmd.Context(), limit)
	}
	if err != nil && (len(records) == 0 || !errors.Is(err, store.ErrDamaged)) {
		return err
	}
	lost := err // beside those shown
	if len(records) == 0 {
		hint := "records are kept for retention.records; is this the right configuration?"
		if len(args) == 1 {
			return &exit{exitFailed, fmt.Sprintf("no record of %s", args[0]), hint}
		}
		return &exit{exitFailed, "there are no records", hint}
	}
	if format == "json" {
		enc := json.NewEncoder(a.stdout)
		enc.SetEscapeHTML(false)
		for _, x := range records {
			if len(x.Result) == 0 {
				x.Result = json.RawMessage("null") // no decision, see Fail
			}
			if err := enc.Encode(recordLine{"labelmilter.record/v1", x.At.UTC().Format(time.RFC3339Nano), x.QueueID, string(x.Answer), x.AnswerDetail, x.Fail, x.Result}); err != nil {
				return err
			}
		}
		return lost
	}
	p := output.NewPrinter(a.stdout, a.colored(a.stdout))
	for _, x := range records {
		a.printRecord(p, x)
	}
	return cmp.Or(p.Err(), lost)
}

func (a *command) printRecord(p *output.Printer, x store.Record) {
	var res pipeline.Result
	head := fmt.Sprintf("%s  %s  %s", x.At.Local().Format("2006-01-02 15:04:05"), x.QueueID, x.MessageID)
	if len(x.Result) == 0 || json.Unmarshal(x.Result, &res) != nil {
		p.Line("%s", head)
		p.Line("  no decision: %s", x.Fail)
		return
	}
	res.File = head
	p.Result(res, false)
	if x.Fail != "" {
		p.Line("  %-10s %s", "failure", x.Fail)
	}
	switch x.Answer {
	case store.Pending:
		p.Line("  %-10s %s", "answer", "not known to have reached the MTA")
	case store.Unsent:
		p.Line("  %-10s not sent: %s", "answer", x.AnswerDetail)
	default:
		p.Line("  %-10s %s", "answer", "sent")
	}
}
