package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"labelmilter/internal/config"
)

func (a *command) initCmd() *cobra.Command {
	var domains, networks []string
	var force bool
	out := "labelmilter.yaml"
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a configuration for this site and show how to wire the MTA",
		Long: `init asks for the organisation's mail domains and networks (or takes them from
flags), writes a short configuration and prints what to put into main.cf or
sendmail.mc.`,
		Example: "  labelmilter init --domain agency.gov.au --network 10.0.0.0/8 -o labelmilter.yaml",
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			in := bufio.NewReader(a.stdin)
			var err error
			if len(domains) == 0 {
				if domains, err = a.ask(in, "Your mail domains, separated by blanks (agency.gov.au .agency.gov.au): "); err != nil {
					return err
				}
			}
			if !cmd.Flags().Changed("network") {
				if networks, err = a.ask(in, "Networks of your own clients (10.0.0.0/8; empty for none): "); err != nil {
					return err
				}
			}
			return a.writeConfig(out, domains, networks, force)
		},
	}
	f := cmd.Flags()
	f.StringSliceVar(&domains, "domain", nil, "mail `DOMAIN` of the organisation; with a leading dot its subdomains (repeatable)")
	f.StringSliceVar(&networks, "network", nil, "`NETWORK` of the organisation's clients (repeatable)")
	f.StringVarP(&out, "output", "o", out, "`FILE` to write, - for standard output")
	f.BoolVar(&force, "force", false, "replace an existing file")
	return cmd
}

// ask reads one line of words. The end of input is an empty answer.
func (a *command) ask(in *bufio.Reader, question string) ([]string, error) {
	fmt.Fprint(a.stderr, question)
	line, err := in.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	if errors.Is(err, io.EOF) {
		fmt.Fprintln(a.stderr)
	}
	return strings.FieldsFunc(line, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' || r == '\n' || r == '\r' }), nil
}

func (a *command) writeConfig(out string, domains, networks []string, force bool) error {
	text := config.Minimal(domains, networks)
	name := out
	if out == "-" {
		name = "configuration"
	}
	if _, ps := config.Parse(name, []byte(text)); ps.HasErrors() {
		return a.problems(ps)
	}
	if out == "-" {
		_, err := fmt.Fprint(a.stdout, text)
		return err
	}
	flags := os.O_WRONLY | os.O_CREATE | os.O_EXCL
	if force {
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	}
	f, err := os.OpenFile(out, flags, 0o644)
	if errors.Is(err, os.ErrExist) {
		return usage("use --force to replace it, or -o to write another", "%s exists", out)
	}
	if err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		_ = f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	abs, err := filepath.Abs(out)
	if err != nil {
		abs = out
	}
	fmt.Fprintf(a.stdout, wiring, out, abs, abs)
	return nil
}

// wiring says what to do next. The limits leave room for the milter's own.
const wiring = `wrote %s

Check it, then run the daemon; with --simulate it only records:
  labelmilter config check %s
  labelmilter serve --simulate --config %s

Postfix, main.cf:
  smtpd_milters = { inet:127.0.0.1:8891, connect_timeout=10s, command_timeout=30s, content_timeout=300s, default_action=tempfail }
  non_smtpd_milters = $smtpd_milters
  milter_protocol = 6
  enable_long_queue_ids = yes

Sendmail, sendmail.mc:
  INPUT_MAIL_FILTER(` + "`labelmilter', `S=inet:8891@127.0.0.1, F=T, T=C:10s;S:30s;R:30s;E:5m'" + `)dnl

What happened to a mail:
  labelmilter log show QUEUE-ID
`
