package mtalab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Sendmail is a private Sendmail daemon. Its methods may be called from any
// goroutine, Set and Stop from one at a time.
type Sendmail struct {
	dir    string
	ownDir bool
	opt    Options
	files  sendmailFiles
	port   int
	proc   *daemon
	log    *syslogd
	drain  *Sink // next hop of an instance that has none

	stop    sync.Once
	stopErr error
}

// StartSendmail starts an instance; ctx bounds the start only. It needs root,
// private namespaces and Sendmail's files (Missing says whether,
// InstallSendmail gets the files).
func StartSendmail(ctx context.Context, o Options) (*Sendmail, error) {
	if reason := missingSendmail(); reason != "" {
		return nil, errors.New(reason)
	}
	if o.XCLIENT || len(o.NonSMTPDMilters) > 0 {
		return nil, errors.New("sendmail: has no XCLIENT and no filters for mail not from SMTP")
	}
	dir, own, err := makeDir(o.Dir, "sendmail")
	if err != nil {
		return nil, fmt.Errorf("sendmail: %w", err)
	}
	s := &Sendmail{dir: dir, ownDir: own, opt: o}
	if err := s.start(ctx); err != nil {
		s.Stop()
		return nil, fmt.Errorf("sendmail: %w", err)
	}
	return s, nil
}

// SendmailFor is StartSendmail for a test, as PostfixFor is StartPostfix.
func SendmailFor(t T, o Options) *Sendmail {
	t.Helper()
	Require(t, "sendmail")
	s, err := StartSendmail(context.Background(), o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of Sendmail's log:\n%s", tail(s.Log(), 40))
		}
		if err := s.Stop(); err != nil {
			t.Logf("stop sendmail: %v", err)
		}
	})
	return s
}

func (s *Sendmail) start(ctx context.Context) error {
	var ok bool
	if s.files, ok = findSendmail(); !ok {
		return errors.New("files are gone")
	}
	if err := prepareNamespace(s.dir, s.hostName()); err != nil {
		return err
	}
	for _, d := range []struct {
		name string
		mode os.FileMode
	}{{"mqueue", 0o700}, {"clientmqueue", 0o770}, {"log", 0o755}} {
		if err := os.MkdirAll(s.path(d.name), d.mode); err != nil {
			return err
		}
		if err := os.Chmod(s.path(d.name), d.mode); err != nil {
			return err
		}
	}
	uid, gid, err := submitIDs()
	if err != nil {
		return err
	}
	if err := os.Chown(s.path("clientmqueue"), uid, gid); err != nil {
		return err
	}
	for name, text := range map[string]string{
		"etc/service.switch": "hosts\tfiles\naliases\tfiles\npasswd\tfiles\n",
		"log/mail.log":       "",
		"statistics":         "",
	} {
		if err := os.WriteFile(s.path(name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	// A copy, so that the instance does not depend on the unpacked files and is
	// not setgid.
	binary, err := os.ReadFile(s.files.binary)
	if err != nil {
		return err
	}
	if err := os.WriteFile(s.path("sendmail"), binary, 0o755); err != nil {
		return err
	}
	if s.log, err = newSyslogd(s.path("dev/log"), s.path("log/mail.log")); err != nil {
		return err
	}
	if s.opt.NextHop == "" {
		if s.drain, err = NewSink(SinkOptions{Discard: true}); err != nil {
			return err
		}
		s.opt.NextHop = s.drain.Addr()
	}
	for range startTries {
		if s.port, err = freePort(); err != nil {
			return err
		}
		var again bool
		if again, err = s.startDaemon(ctx); err == nil || !again {
			return err
		}
	}
	return err
}

// startDaemon starts the daemon on the port chosen. again tells that the port
// was taken by somebody else.
func (s *Sendmail) startDaemon(ctx context.Context) (again bool, err error) {
	if err := s.writeConfig(ctx); err != nil {
		return false, err
	}
	stderr, err := os.Create(s.path("log/stderr"))
	if err != nil {
		return false, err
	}
	defer stderr.Close()
	// -bD: daemon in the foreground; -q1m: the queue is run each minute.
	cmd := s.command(context.Background(), "sendmail.cf", "-bD", "-q1m")
	cmd.Stdout, cmd.Stderr = stderr, stderr
	if s.proc, err = startDaemon(cmd); err != nil {
		s.proc = nil
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	taken := errors.New("port is taken")
	before := len(s.Log())
	err = poll(ctx, func() (bool, error) {
		if s.proc.ended() {
			return false, fmt.Errorf("daemon ended: %v: %s", s.proc.err, tail(readText(stderr.Name()), 5))
		}
		if log := s.Log(); strings.Contains(log[min(before, len(log)):], "problem creating SMTP socket") {
			return false, taken
		}
		return listensOn(s.proc.pid, s.port), nil
	})
	if err != nil {
		s.proc.stop(stopGrace)
		return errors.Is(err, taken), err
	}
	return false, nil
}

func (s *Sendmail) path(name string) string { return filepath.Join(s.dir, name) }
func (s *Sendmail) hostName() string        { return "sm." + s.opt.domain() }

// command is a call of this instance's sendmail in its namespaces.
func (s *Sendmail) command(ctx context.Context, cf string, args ...string) *exec.Cmd {
	args = append([]string{"-c", enterScript, "enter", s.dir, s.hostName(),
		s.path("sendmail"), "-C", s.path("etc/" + cf)}, args...)
	cmd := exec.CommandContext(ctx, "/bin/sh", args...)
	cmd.SysProcAttr = namespaces()
	cmd.Dir = s.dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", "TZ=UTC"}
	return cmd
}

// Dir is the instance's folder.
func (s *Sendmail) Dir() string { return s.dir }

// SMTPAddr is the host:port of the SMTP server.
func (s *Sendmail) SMTPAddr() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// PID is the process id of the daemon.
func (s *Sendmail) PID() int { return s.proc.pid }

// Log is all that the instance's processes said to syslog, level 14.
func (s *Sendmail) Log() string { return readText(s.path("log/mail.log")) }

// WaitLog waits until the log contains text and returns the first such line.
func (s *Sendmail) WaitLog(text string, timeout time.Duration) (string, error) {
	return waitLog(s.Log, text, timeout)
}

// Set changes sendmail.cf options, given as long name, value pairs, and starts
// the daemon again on the same port.
func (s *Sendmail) Set(ctx context.Context, pairs ...string) error {
	if err := s.opt.set(pairs); err != nil {
		return err
	}
	if err := s.proc.stop(stopGrace); err != nil {
		return err
	}
	_, err := s.startDaemon(ctx)
	return err
}

// Sendmail hands a message in as a local program does, through Sendmail's
// submission program and by SMTP to the daemon.
func (s *Sendmail) Sendmail(ctx context.Context, args []string, message []byte) error {
	cmd := s.command(ctx, "submit.cf", args...)
	cmd.Stdin = bytes.NewReader(message)
	_, err := runTool(cmd)
	return err
}

// Stop ends the daemon and removes the folder if it was made here. Later calls
// return the first one's result.
func (s *Sendmail) Stop() error {
	s.stop.Do(func() {
		var errs []error
		if s.proc != nil {
			errs = append(errs, s.proc.stop(stopGrace))
		}
		if s.log != nil {
			errs = append(errs, s.log.Close())
		}
		if s.drain != nil {
			errs = append(errs, s.drain.Close())
		}
		if s.ownDir {
			errs = append(errs, removeAll(s.dir))
		}
		s.stopErr = errors.Join(errs...)
	})
	return s.stopErr
}
