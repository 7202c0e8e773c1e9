// Package cli is the command line: one file per command, thin over the
// packages that do the work. Results go to standard output, everything else
// to standard error.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"

	"labelmilter/internal/config"
	"labelmilter/internal/extract/helper"
	"labelmilter/internal/extract/worker"
	"labelmilter/internal/strictyaml"
)

// Exit codes.
const (
	exitOK       = 0 // done
	exitFailed   = 1 // could not do it
	exitUsage    = 2 // usage, configuration or pack errors, found before any work
	exitFindings = 3 // by command: a mismatch, failed tests, a fault found
)

// exit is an error that carries the exit code. Its message may be empty when
// everything has been said.
type exit struct {
	code int
	msg  string
	hint string
}

func (e *exit) Error() string { return e.msg }

func usage(hint, format string, args ...any) error {
	return &exit{exitUsage, fmt.Sprintf(format, args...), hint}
}

// problems is the error of configuration or packs with problems.
func (a *command) problems(ps strictyaml.Problems) error {
	errs := 0
	for _, p := range ps {
		fmt.Fprintln(a.stderr, problemText(p))
		if p.Severity == strictyaml.Error {
			errs++
		}
	}
	if errs == 1 {
		return &exit{exitUsage, "1 error found, nothing was done", ""}
	}
	return &exit{exitUsage, fmt.Sprintf("%d errors found, nothing was done", errs), ""}
}

// warnings prints warnings and goes on.
func (a *command) warnings(ps strictyaml.Problems) {
	if a.quiet {
		return
	}
	for _, p := range ps {
		if p.Severity == strictyaml.Warning {
			fmt.Fprintln(a.stderr, problemText(p))
		}
	}
}

// problemText leaves the place out where there is none.
func problemText(p strictyaml.Problem) string {
	if p.File != "" {
		return p.String()
	}
	s := string(p.Severity) + ": " + p.Message
	if p.Fix != "" {
		s += " (" + p.Fix + ")"
	}
	return s
}

// command is one run of the command line.
type command struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	quiet, verbose bool
	color          string
	rules          rulesFlags
	given          *config.Config // read by --config, nil without
}

// Main runs the command line and gives the exit code.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	if len(args) == 1 && args[0] == worker.Command {
		return worker.Main() // before anything else: it starts and ends with the mail
	}
	if len(args) > 0 && args[0] == helper.Command {
		return helper.Main(args[1:])
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &command{stdin: stdin, stdout: stdout, stderr: stderr}
	root := a.root()
	root.SetArgs(splitDiff(args))
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	var e *exit
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &e):
	case isUsage(err):
		e = &exit{exitUsage, err.Error(), "see labelmilter help"}
	default:
		e = &exit{exitFailed, err.Error(), ""}
	}
	if e.msg != "" {
		fmt.Fprintf(stderr, "labelmilter: error: %s\n", lowerFirst(e.msg))
	}
	if e.hint != "" {
		fmt.Fprintf(stderr, "labelmilter: hint: %s\n", e.hint)
	}
	return e.code
}

// Serves reports whether a command line is that of the daemon.
func Serves(args []string) bool {
	cmd, _, err := (&command{}).root().Find(splitDiff(args))
	return err == nil && cmd.Name() == "serve"
}

// isUsage recognises the errors that cobra makes of wrong arguments.
func isUsage(err error) bool {
	for _, s := range []string{"unknown command", "unknown flag", "unknown shorthand", "flag needs an argument", "invalid argument",
		"accepts ", "requires at least", "required flag", "bad flag syntax", "if any flags in the group"} {
		if strings.HasPrefix(err.Error(), s) {
			return true
		}
	}
	return false
}

func lowerFirst(s string) string {
	if len(s) > 1 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'a' && s[1] <= 'z' {
		return strings.ToLower(s[:1]) + s[1:]
	}
	return s
}

// splitDiff lets --diff take two words: "--diff OLD NEW".
func splitDiff(args []string) []string {
	var out []string
	for i := 0; i < len(args); i++ {
		if args[i] == "--" {
			return append(out, args[i:]...)
		}
		if args[i] == "--diff" && i+2 < len(args) && !strings.HasPrefix(args[i+2], "-") {
			out = append(out, "--diff="+args[i+1], "--diff="+args[i+2])
			i += 2
			continue
		}
		out = append(out, args[i])
	}
	return out
}

func (a *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "labelmilter",
		Short: "Label mail and apply DLP policy, as a milter and offline",
		Long: `labelmilter reads every message that Postfix or Sendmail hands it, decides its
sensitivity label, applies DLP policy and tells the MTA. The same engine judges
stored mail: replay, check and rules test.

Exit codes: 0 done; 1 could not do it; 2 wrong usage, configuration or packs;
3 findings: a mismatch, failed tests, a fault.`,
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	f := root.PersistentFlags()
	f.BoolVarP(&a.quiet, "quiet", "q", false, "no warnings, no progress")
	f.BoolVarP(&a.verbose, "verbose", "v", false, "say more")
	f.StringVar(&a.color, "color", "auto", "colours: auto, always, never")
	f.StringVar(&a.rules.config, "config", "", "configuration `FILE`")
	f.StringArrayVar(&a.rules.dirs, "rules", nil, "`DIR` with rule packs, instead of the default packs (repeatable)")
	f.StringArrayVar(&a.rules.packs, "pack", nil, "embedded pack `ID` to add (repeatable)")
	f.StringToStringVar(&a.rules.stores, "edm-store", nil, "`TABLE=FILE`: store of a table, instead of those configured (repeatable)")
	f.StringVar(&a.rules.edmKey, "edm-key", "", "key `FILE` of --edm-store")
	f.StringVar(&a.rules.catalogue, "catalogue", "", "label catalogue `ID` to use")
	root.AddCommand(a.serveCmd(), a.initCmd(), a.checkCmd(), a.replayCmd(), a.rulesCmd(), a.configCmd(), a.logCmd(), a.overrideCmd(), a.incidentCmd(), a.edmCmd(), a.versionCmd())
	addGuides(root)
	return root
}

// colored reports whether a stream gets colours.
func (a *command) colored(w io.Writer) bool {
	switch a.color {
	case "always":
		return true
	case "never":
		return false
	}
	f, ok := w.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// oneOf checks a flag's value.
func oneOf(flag, value string, known ...string) error {
	for _, k := range known {
		if value == k {
			return nil
		}
	}
	hint := "use one of " + strings.Join(known, ", ")
	if n, ok := strictyaml.Nearest(value, known); ok {
		hint = fmt.Sprintf("did you mean %q?", n)
	}
	return usage(hint, "--%s: unknown value %q", flag, value)
}
