// Command demo shows labelmilter at work: it starts a private Postfix wired to
// `labelmilter serve`, sends a dozen varied mails through it, and prints for
// each the marking, the label, the verdict, the SMTP reply and the header
// fields that were added. Nothing of the system's own mail is touched, and
// nothing leaves the machine. Where Postfix cannot run it says so and speaks
// the milter protocol itself.
package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"labelmilter/internal/mtalab"
)

//go:embed mails
var mails embed.FS

// sample is one mail of the demo.
type sample struct {
	name, title string
	data        []byte
	from        string
	to          []string
	inside      bool // sent by a colleague
}

func samples() ([]sample, error) {
	names, err := fs.Glob(mails, "mails/*.eml")
	if err != nil {
		return nil, err
	}
	var out []sample
	for _, n := range names {
		data, err := mails.ReadFile(n)
		if err != nil {
			return nil, err
		}
		s := sample{name: strings.TrimSuffix(filepath.Base(n), ".eml"), data: bytes.ReplaceAll(data, []byte("\n"), []byte("\r\n"))}
		s.title = titles[s.name]
		s.from, s.to = address(data, "From:"), []string{address(data, "To:")}
		s.inside = strings.HasSuffix(s.from, "@agency.gov.au")
		if strings.HasPrefix(s.from, "MAILER-DAEMON") {
			s.from = ""
		}
		out = append(out, s)
	}
	return out, nil
}

// titles say what each mail shows.
var titles = map[string]string{
	"01-marked-header":    "Marked in the header, conforming",
	"02-subject-tag":      "Marked in the subject, in encoded words",
	"03-cabinet-folded":   "PROTECTED CABINET behind another caveat, folded as the standard prints it",
	"04-secret":           "SECRET: above what this system may carry",
	"05-unknown-class":    "A class that does not exist: held for review",
	"06-unmarked":         "No marking at all",
	"07-forged-label":     "Someone forged our label header",
	"08-disagree":         "Header and two subject tags disagree: the highest counts",
	"09-body-banner":      "Marked only by a banner in the text",
	"10-historical":       "A dissemination limiting marker of 2012",
	"11-outbound-held":    "A colleague writes outside with a marking that is not valid",
	"12-numbers-attached": "Tax file numbers in a base64 attachment",
	"13-bounce":           "A bounce with a nonsense tag: never refused, never held",
}

// address is the mailbox of a header field of our own samples.
func address(data []byte, field string) string {
	for _, l := range strings.Split(string(data), "\n") {
		if v, ok := strings.CutPrefix(l, field); ok {
			v = v[strings.LastIndexByte(v, '<')+1:]
			return strings.Trim(v, " <>")
		}
	}
	return ""
}

func main() {
	binary := flag.String("binary", "bin/labelmilter", "the labelmilter binary")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, *binary); err != nil {
		fmt.Fprintln(os.Stderr, "demo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, binary string) (err error) {
	list, err := samples()
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "labelmilter-demo-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if err := os.Chmod(dir, 0o755); err != nil { // the user postfix must reach the socket
		return err
	}
	d, err := startDaemon(ctx, binary, dir)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.stop()) }()

	var deliver func(context.Context, sample) (outcome, error)
	if reason := mtalab.Missing("postfix"); reason != "" {
		fmt.Printf("Postfix cannot run here (%s): the demo speaks the milter protocol itself.\n\n", reason)
		deliver = d.speak
	} else {
		lab, err := startPostfix(ctx, d)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, lab.stop()) }()
		fmt.Printf("A private Postfix on %s asks labelmilter on %s about every mail.\n\n", lab.pf.SMTPAddr(), d.socket)
		deliver = lab.deliver
	}
	for _, s := range list {
		o, err := deliver(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		rec, err := d.record(ctx, s)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		show(s, o, rec)
	}
	fmt.Print(next)
	return nil
}

// outcome is what the MTA made of a mail.
type outcome struct {
	reply string
	added []string // header lines that the delivered copy has more
	gone  []string // and fewer
	held  bool
}

// record is what the demo shows of a decision record.
type record struct {
	Result struct {
		Outcome  string
		Markings []struct{ Source, Raw, Classification, Use string }
		Label    *struct{ ID, Name, Source, Reason string }
		Findings []struct {
			Name, Level string
			Unique      int
		}
		Verdict struct {
			Disposition string
			WinningRule string `json:"winning_rule"`
		}
	}
}

func show(s sample, o outcome, r record) {
	line := func(name, format string, args ...any) { fmt.Printf("   %-9s %s\n", name, fmt.Sprintf(format, args...)) }
	fmt.Printf("%s  %s\n", s.name[:2], s.title)
	if len(r.Result.Markings) == 0 {
		line("marking", "none")
	}
	for _, m := range r.Result.Markings {
		line("marking", "%s: %s", m.Source, strings.Join(strings.Fields(m.Raw), " "))
	}
	switch {
	case r.Result.Label != nil && r.Result.Label.ID != "":
		line("label", "%s (from %s)", r.Result.Label.Name, r.Result.Label.Source)
	default:
		line("label", "none")
	}
	for _, f := range r.Result.Findings {
		line("found", "%s: %d distinct, %s confidence", f.Name, f.Unique, f.Level)
	}
	v := r.Result.Verdict.Disposition
	if r.Result.Verdict.WinningRule != "" {
		v += " by " + r.Result.Verdict.WinningRule
	}
	line("verdict", "%s", v)
	line("reply", "%s", strings.ReplaceAll(o.reply, "\n", " / "))
	for _, h := range o.gone {
		line("removed", "%s", h)
	}
	for _, h := range o.added {
		line("added", "%s", h)
	}
	if o.held {
		line("queue", "on hold in Postfix, to be released or deleted with postsuper")
	}
	fmt.Println()
}

const next = `That was labelmilter with no configuration but domains, networks and a socket.
Your own Postfix:
  bin/labelmilter init                      asks for your domains, writes the configuration, prints the lines for main.cf
  bin/labelmilter serve --simulate --config labelmilter.yaml
                                            runs beside Postfix and only records what it would do
  bin/labelmilter log show QUEUE-ID         what happened to a mail, and why
  bin/labelmilter check --explain MAIL      the same for a mail in a file
`

// daemon is a running labelmilter serve.
type daemon struct {
	cmd    *exec.Cmd
	binary string
	config string
	socket string
	log    bytes.Buffer
}

const configText = `milter:
  listen:
    - {addr: "unix:%s", mode: "0666"}
organisation:
  domains: [agency.gov.au]
  networks: [127.0.0.0/8]
state_dir: %s
admin: {listen: "off"}
`

func startDaemon(ctx context.Context, binary, dir string) (*daemon, error) {
	bin, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	d := &daemon{binary: bin, config: filepath.Join(dir, "labelmilter.yaml"), socket: filepath.Join(dir, "milter.sock")}
	text := fmt.Sprintf(configText, d.socket, filepath.Join(dir, "state"))
	if err := os.WriteFile(d.config, []byte(text), 0o644); err != nil {
		return nil, err
	}
	d.cmd = exec.Command(bin, "serve", "--config", d.config)
	d.cmd.Stderr = &d.log
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := d.cmd.Start(); err != nil {
		return nil, err
	}
	for range 1200 {
		if c, err := net.Dial("unix", d.socket); err == nil {
			return d, c.Close()
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), d.stop())
		case <-time.After(50 * time.Millisecond):
		}
	}
	err = d.stop()
	return nil, fmt.Errorf("labelmilter serve did not start (%v):\n%s", err, d.log.String())
}

func (d *daemon) stop() error {
	if err := d.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	if err := d.cmd.Wait(); err != nil {
		return fmt.Errorf("labelmilter serve: %w\n%s", err, d.log.String())
	}
	return nil
}

// record asks labelmilter log show for the decision of a mail.
func (d *daemon) record(ctx context.Context, s sample) (record, error) {
	var r record
	id := ""
	for _, l := range strings.Split(string(s.data), "\r\n") {
		if v, ok := strings.CutPrefix(l, "Message-ID: "); ok {
			id = v
		}
	}
	out, err := exec.CommandContext(ctx, d.binary, "log", "show", id, "--config", d.config, "--format", "json", "--limit", "1").Output()
	if err != nil {
		var ee *exec.ExitError
		if errors.As(err, &ee) {
			err = fmt.Errorf("%w: %s", err, ee.Stderr)
		}
		return r, err
	}
	return r, json.Unmarshal(out, &r)
}
