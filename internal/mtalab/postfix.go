package mtalab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	startTimeout = 10 * time.Second // from fork to "daemon started"
	stopGrace    = 5 * time.Second
	startTries   = 5 // with another port each, if one is taken meanwhile
)

// Postfix is a private Postfix instance. Its methods may be called from any
// goroutine, Set, Reload and Stop from one at a time.
type Postfix struct {
	dir    string
	ownDir bool
	opt    Options
	port   int
	paths  map[string]string // the programs' folders by parameter name
	proc   *daemon

	stop    sync.Once
	stopErr error
}

// StartPostfix starts an instance; ctx bounds the start only. It needs root
// and an installed Postfix (Missing says whether).
func StartPostfix(ctx context.Context, o Options) (*Postfix, error) {
	if reason := missingPostfix(); reason != "" {
		return nil, errors.New(reason)
	}
	dir, own, err := makeDir(o.Dir, "postfix")
	if err != nil {
		return nil, fmt.Errorf("postfix: %w", err)
	}
	p := &Postfix{dir: dir, ownDir: own, opt: o}
	if err := p.start(ctx); err != nil {
		p.Stop()
		return nil, fmt.Errorf("postfix: %w", err)
	}
	return p, nil
}

// PostfixFor is StartPostfix for a test: it skips if there is no Postfix,
// fails if it does not start, stops it at the end and shows the end of its
// log if the test failed.
func PostfixFor(t T, o Options) *Postfix {
	t.Helper()
	Require(t, "postfix")
	p, err := StartPostfix(context.Background(), o)
	if err != nil {
		t.Fatalf("%v", err)
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("end of mail.log:\n%s", tail(p.Log(), 40))
		}
		if err := p.Stop(); err != nil {
			t.Logf("stop postfix: %v", err)
		}
	})
	return p
}

func (p *Postfix) start(ctx context.Context) error {
	ids, err := lookupOwner()
	if err != nil {
		return err
	}
	for _, name := range []string{"etc", "spool", "data", "log"} {
		if err := os.MkdirAll(filepath.Join(p.dir, name), 0o755); err != nil {
			return err
		}
	}
	if err := os.Chown(filepath.Join(p.dir, "data"), ids.uid, ids.gid); err != nil {
		return err
	}
	if err := makeQueue(filepath.Join(p.dir, "spool"), ids); err != nil {
		return err
	}
	if p.paths, err = compiledPaths(ctx); err != nil {
		return err
	}
	if err := p.writeMain(); err != nil {
		return err
	}
	for range startTries {
		var again bool
		if again, err = p.startOnce(ctx); err == nil || !again {
			return err
		}
	}
	return err
}

// startOnce starts the master on a new port. again tells that the port was
// taken by somebody else.
func (p *Postfix) startOnce(ctx context.Context) (again bool, err error) {
	if p.port, err = freePort(); err != nil {
		return false, err
	}
	if err := os.WriteFile(filepath.Join(p.etc(), "master.cf"), []byte(masterCF(p.port)), 0o644); err != nil {
		return false, err
	}
	if err := os.WriteFile(p.logFile(), nil, 0o644); err != nil {
		return false, err
	}
	// master(8) -d: stay in the foreground and in the given process group.
	cmd := exec.Command(filepath.Join(p.paths["daemon_directory"], "master"), "-c", p.etc(), "-d")
	cmd.Dir = filepath.Join(p.dir, "spool")
	cmd.Env = p.env()
	// A file, not a pipe: Postfix's other processes inherit it.
	stderr, err := os.Create(filepath.Join(p.dir, "log", "stderr"))
	if err != nil {
		return false, err
	}
	defer stderr.Close()
	cmd.Stderr = stderr
	if p.proc, err = startDaemon(cmd); err != nil {
		p.proc = nil
		return false, err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err = poll(ctx, func() (bool, error) {
		if p.proc.ended() {
			return false, fmt.Errorf("master ended: %v: %s%s", p.proc.err, tail(p.Log(), 5), tail(readText(stderr.Name()), 5))
		}
		return strings.Contains(p.Log(), "daemon started"), nil
	})
	if err != nil {
		p.proc.stop(stopGrace)
		return strings.Contains(err.Error(), "Address already in use"), err
	}
	return false, nil
}

// compiledPaths are the folders of the installed Postfix, from the defaults
// compiled into it; no main.cf of the system need exist.
func compiledPaths(ctx context.Context) (map[string]string, error) {
	names := []string{"command_directory", "daemon_directory", "shlib_directory", "meta_directory",
		"sendmail_path", "newaliases_path", "mailq_path", "manpage_directory"}
	cmd, err := tool(ctx, "postconf", append([]string{"-d"}, names...)...)
	if err != nil {
		return nil, err
	}
	out, err := runTool(cmd)
	if err != nil {
		return nil, err
	}
	paths := map[string]string{"html_directory": "no", "readme_directory": "no"}
	for line := range strings.Lines(string(out)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), " ="); ok {
			paths[name] = strings.TrimSpace(value)
		}
	}
	for _, name := range names {
		if !filepath.IsAbs(paths[name]) {
			return nil, fmt.Errorf("postconf: no %s", name)
		}
	}
	return paths, nil
}

func (p *Postfix) writeMain() error {
	params, err := mainCF(p.dir, p.paths, p.opt)
	if err != nil {
		return err
	}
	text, err := formatCF(params)
	if err != nil {
		return err
	}
	// Renamed into place: a process that starts meanwhile reads a whole file.
	temp := filepath.Join(p.etc(), ".main.cf")
	if err := os.WriteFile(temp, []byte(text), 0o644); err != nil {
		return err
	}
	// Every Postfix process waits until main.cf is two seconds old, in fear of
	// reading half a file; this one is whole.
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(temp, old, old); err != nil {
		return err
	}
	return os.Rename(temp, filepath.Join(p.etc(), "main.cf"))
}

func (p *Postfix) etc() string     { return filepath.Join(p.dir, "etc") }
func (p *Postfix) logFile() string { return filepath.Join(p.dir, "log", "mail.log") }
func (p *Postfix) env() []string {
	return []string{"MAIL_CONFIG=" + p.etc(), "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C", "TZ=UTC"}
}

// Dir is the instance's folder; ConfigDir within it serves `postconf -c`.
func (p *Postfix) Dir() string { return p.dir }

// ConfigDir is the folder of main.cf and master.cf.
func (p *Postfix) ConfigDir() string { return p.etc() }

// SMTPAddr is the host:port of the SMTP server.
func (p *Postfix) SMTPAddr() string { return fmt.Sprintf("127.0.0.1:%d", p.port) }

// PID is the process id of the master, which leads the group of all others.
func (p *Postfix) PID() int { return p.proc.pid }

// Log is all of mail.log.
func (p *Postfix) Log() string { return readText(p.logFile()) }

// WaitLog waits until the log contains text and returns the first such line.
func (p *Postfix) WaitLog(text string, timeout time.Duration) (string, error) {
	return waitLog(p.Log, text, timeout)
}

// Set changes main.cf parameters, given as name, value pairs, and reloads.
func (p *Postfix) Set(ctx context.Context, pairs ...string) error {
	if err := p.opt.set(pairs); err != nil {
		return err
	}
	if err := p.writeMain(); err != nil {
		return err
	}
	return p.Reload(ctx)
}

// settle is how long Reload waits for processes that know the old main.cf.
const settle = 2 * time.Second

// Reload makes all processes read main.cf anew (postfix(1) reload). Idle ones
// have ended when it returns; one in the middle of a session ends after it,
// and is waited for two seconds at most.
func (p *Postfix) Reload(ctx context.Context) error {
	before := strings.Count(p.Log(), "reload -- version")
	old := p.serving()
	if err := signalReload(p.proc); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	err := poll(ctx, func() (bool, error) {
		if p.proc.ended() {
			return false, errors.New("postfix: master ended at reload")
		}
		return strings.Count(p.Log(), "reload -- version") > before, nil
	})
	if err != nil {
		return err
	}
	ctx, cancel = context.WithTimeout(ctx, settle)
	defer cancel()
	poll(ctx, func() (bool, error) { // to run out of time is no error here
		now := p.serving()
		for pid := range old {
			if now[pid] {
				return false, nil
			}
		}
		return true, nil
	})
	return nil
}

// serving are the master's children that deal with mail: all but the logger,
// which outlives a reload.
func (p *Postfix) serving() map[int]bool {
	pids := map[int]bool{}
	master := strconv.Itoa(p.proc.pid)
	for field := range strings.FieldsSeq(readText("/proc/" + master + "/task/" + master + "/children")) {
		pid, err := strconv.Atoi(field)
		if err != nil || strings.TrimSpace(readText("/proc/"+field+"/comm")) == "postlogd" {
			continue
		}
		pids[pid] = true
	}
	return pids
}

// Stop ends all processes and removes the folder if it was made here. Later
// calls return the first one's result.
func (p *Postfix) Stop() error {
	p.stop.Do(func() {
		if p.proc != nil {
			p.stopErr = p.proc.stop(stopGrace)
		}
		if p.ownDir {
			p.stopErr = errors.Join(p.stopErr, removeAll(p.dir))
		}
	})
	return p.stopErr
}

// removeAll removes a folder in which processes that are just ending may still
// write: it tries again for a second.
func removeAll(dir string) error {
	var err error
	for range 20 {
		if err = os.RemoveAll(dir); err == nil {
			return nil
		}
		time.Sleep(50 * time.Millisecond)
	}
	return err
}
