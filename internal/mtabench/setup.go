package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"labelmilter/internal/mtalab"
	"labelmilter/internal/store"
)

// setUp is a private Postfix and the filter it asks, if any.
type setUp struct {
	name    string
	postfix *mtalab.Postfix
	filter  *process // nil: no milter
	state   string   // labelmilter's state directory, "" for others
}

// process is a filter.
type process struct {
	cmd *exec.Cmd
	log bytes.Buffer
}

// startFilter starts a filter and waits until its socket takes connections.
func startFilter(ctx context.Context, socket string, program string, args ...string) (*process, error) {
	p := &process{cmd: exec.Command(program, args...)}
	p.cmd.Stderr = &p.log
	// It must not outlive this process, however that ends.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGTERM}
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	for range 200 {
		if c, err := net.Dial("unix", socket); err == nil {
			return p, c.Close()
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), p.stop())
		case <-time.After(50 * time.Millisecond):
		}
	}
	err := p.stop()
	return nil, fmt.Errorf("%s did not start (%v): %s", filepath.Base(program), err, tail(p.log.Bytes()))
}

// tail is the end of a log.
func tail(b []byte) []byte { return b[max(0, len(b)-2000):] }

func (p *process) pid() int { return p.cmd.Process.Pid }

func (p *process) stop() error {
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	err := p.cmd.Wait()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == -1 { // ended by our signal
		return nil
	}
	return err
}

// labelmilterConfig has every shipped pack on, the record kept, all headers
// written that need no tenant.
const labelmilterConfig = `milter:
  listen:
    - {addr: "unix:%s", mode: "0666"}
organisation:
  domains: [agency.gov.au]
labels:
  write: [X-Sensitivity-Label, X-Protective-Marking]
state_dir: %s
admin: {listen: %q}
`

// startAll starts the set-ups: no milter, the do-nothing milter, labelmilter,
// and a second labelmilter if asked.
// Those started are given also with an error.
func startAll(ctx context.Context, dir string, o options) (all []*setUp, err error) {
	add := func(s *setUp, socket string) error {
		opt := mtalab.Options{Settings: map[string]string{
			"smtpd_client_connection_count_limit": "0", "default_process_limit": "100", "smtpd_delay_reject": "no"}}
		if s.filter != nil {
			opt.Milters = []string{"unix:" + socket}
		}
		all = append(all, s)
		var err error
		s.postfix, err = mtalab.StartPostfix(ctx, opt)
		return err
	}
	if err := add(&setUp{name: "no milter"}, ""); err != nil {
		return all, err
	}
	socket := filepath.Join(dir, "null.sock")
	program := filepath.Join(dir, "nullmilter")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-o", program, "labelmilter/internal/mtabench/nullmilter")
	if out, err := build.CombinedOutput(); err != nil {
		return all, fmt.Errorf("building the do-nothing milter: %w: %s", err, tail(out))
	}
	null := &setUp{name: "do-nothing milter"}
	if null.filter, err = startFilter(ctx, socket, program, socket); err != nil {
		return all, err
	}
	if err := add(null, socket); err != nil {
		return all, err
	}
	for i, program := range binaries(o) {
		name := "labelmilter"
		if i > 0 {
			name = compared
		}
		if err := addLabelmilter(ctx, filepath.Join(dir, name), name, program, o, add); err != nil {
			return all, err
		}
	}
	return all, nil
}

// compared is the name of the second labelmilter.
const compared = "compared"

// binaries are the labelmilter binaries to run, the one measured first.
func binaries(o options) []string {
	if o.compare == "" {
		return []string{o.binary}
	}
	return []string{o.binary, o.compare}
}

// addLabelmilter starts one labelmilter with all its files in dir.
func addLabelmilter(ctx context.Context, dir, name, program string, o options, add func(*setUp, string) error) error {
	if err := os.Mkdir(dir, 0o755); err != nil {
		return err
	}
	s := &setUp{name: name, state: filepath.Join(dir, "state")}
	socket, config := filepath.Join(dir, "milter.sock"), filepath.Join(dir, "labelmilter.yaml")
	text := fmt.Sprintf(labelmilterConfig, socket, s.state, o.admin)
	if o.config != "" {
		extra, err := os.ReadFile(o.config)
		if err != nil {
			return err
		}
		text += string(extra)
	}
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		return err
	}
	program, err := filepath.Abs(program)
	if err != nil {
		return err
	}
	if s.filter, err = startFilter(ctx, socket, program, "serve", "--config", config); err != nil {
		return err
	}
	return add(s, socket)
}

func (s *setUp) stop() error {
	var err error
	if s.postfix != nil {
		err = s.postfix.Stop()
	}
	if s.filter != nil {
		if e := s.filter.stop(); e != nil {
			err = errors.Join(err, fmt.Errorf("%s: %w: %s", s.name, e, tail(s.filter.log.Bytes())))
		}
	}
	return err
}

// drained waits until Postfix has delivered everything, so that one turn does
// not work in the next.
func (s *setUp) drained(ctx context.Context) error {
	for {
		q, err := s.postfix.Queue(ctx)
		if err != nil || len(q) == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// records counts labelmilter's decision records.
func (s *setUp) records(ctx context.Context) (n int, err error) {
	err = s.reading(ctx, func(r *store.Reader) error {
		n, err = r.Count(ctx)
		return err
	})
	return n, err
}

// reading reads labelmilter's records. Those of a binary of an earlier version
// are brought up to date for that in a copy; of a later version they cannot be
// read, which is store.ErrNewer.
func (s *setUp) reading(ctx context.Context, read func(*store.Reader) error) (err error) {
	r, err := store.OpenReader(ctx, s.state)
	if err != nil && !errors.Is(err, store.ErrNewer) && s.name == compared {
		dir := s.state + ".copy"
		defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
		r, err = migrated(ctx, s.state, dir)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	return read(r)
}

// migrated opens a copy of a state directory after a start of the store on it.
func migrated(ctx context.Context, state, dir string) (*store.Reader, error) {
	if err := os.CopyFS(dir, os.DirFS(state)); err != nil {
		return nil, err
	}
	s, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		return nil, err
	}
	if err := s.Close(); err != nil {
		return nil, err
	}
	return store.OpenReader(ctx, dir)
}
