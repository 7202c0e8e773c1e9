package integration

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/mtalab"
)

// binary is the program under test, built once.
var binary string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "labelmilter-integration-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	binary = filepath.Join(dir, "labelmilter")
	build := exec.Command("go", "build", "-o", binary, "labelmilter/cmd/labelmilter")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "building: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// daemon is a running `labelmilter serve`.
type daemon struct {
	t      *testing.T
	dir    string
	config string
	socket string
	admin  string
	cmd    *exec.Cmd
	done   chan error

	mu  sync.Mutex
	log bytes.Buffer
}

// Write collects the daemon's log.
func (d *daemon) Write(p []byte) (int, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.Write(p)
}

func (d *daemon) logged() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.log.String()
}

// base is the configuration of every test; more keys may follow it.
const base = `milter:
  listen:
    - {addr: "unix:%[1]s/milter.sock", mode: "0666"}
organisation:
  domains: [agency.gov.au]
  networks: [127.0.0.0/8]
state_dir: %[1]s/state
admin: {listen: "unix:%[1]s/admin.sock"}
`

// serve starts the daemon with more configuration and files beside it.
func serve(t *testing.T, more string, files map[string]string, args ...string) *daemon {
	t.Helper()
	return serveWith(t, base, more, files, args...)
}

// serveWith is serve with another first part of the configuration.
func serveWith(t *testing.T, base, more string, files map[string]string, args ...string) *daemon {
	t.Helper()
	dir, err := os.MkdirTemp("", "labelmilter-it-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil { // the user postfix must reach the socket
		t.Fatal(err)
	}
	d := &daemon{t: t, dir: dir, config: filepath.Join(dir, "labelmilter.yaml"), socket: filepath.Join(dir, "milter.sock"), admin: filepath.Join(dir, "admin.sock")}
	for name, text := range files {
		d.file(name, text)
	}
	if !strings.Contains(more, "rules:") {
		more += "rules: {packs: [au-pspf]}\n" // the other packs are loaded where a test needs them
	}
	d.file("labelmilter.yaml", fmt.Sprintf(base, dir)+more)
	d.start(args...)
	return d
}

func (d *daemon) file(name, text string) {
	d.t.Helper()
	p := filepath.Join(d.dir, name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		d.t.Fatal(err)
	}
}

func (d *daemon) start(args ...string) {
	d.t.Helper()
	d.cmd = exec.Command(binary, append([]string{"serve", "--config", d.config}, args...)...)
	d.cmd.Stderr = d
	d.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	if err := d.cmd.Start(); err != nil {
		d.t.Fatal(err)
	}
	d.done = make(chan error, 1)
	go func() { d.done <- d.cmd.Wait() }()
	d.t.Cleanup(func() {
		d.stop()
		if d.t.Failed() {
			d.t.Logf("daemon's log:\n%s", tail(d.logged(), 60))
		}
	})
	for range 2400 {
		if c, err := net.Dial("unix", d.socket); err == nil {
			_ = c.Close()
			return
		}
		select {
		case err := <-d.done:
			d.t.Fatalf("the daemon ended: %v\n%s", err, d.logged())
		case <-time.After(25 * time.Millisecond):
		}
	}
	d.t.Fatalf("the daemon does not listen\n%s", d.logged())
}

// stop ends the daemon as an operator does.
func (d *daemon) stop() {
	if d.cmd.ProcessState != nil {
		return
	}
	_ = d.cmd.Process.Signal(syscall.SIGTERM)
	select {
	case err := <-d.done:
		if err != nil {
			d.t.Errorf("the daemon ended with %v", err)
		}
		d.done <- err
	case <-time.After(30 * time.Second):
		_ = d.cmd.Process.Kill()
		d.t.Error("the daemon did not stop within 30 s")
	}
}

func tail(s string, n int) string {
	lines := strings.Split(strings.TrimRight(s, "\n"), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}

// waitLog waits for a line of the log that holds all words, from a position on.
func (d *daemon) waitLog(from int, words ...string) string {
	d.t.Helper()
	for range 400 {
		for _, l := range strings.Split(d.logged()[from:], "\n") {
			ok := l != ""
			for _, w := range words {
				ok = ok && strings.Contains(l, w)
			}
			if ok {
				return l
			}
		}
		time.Sleep(25 * time.Millisecond)
	}
	d.t.Fatalf("no line with %q in the log:\n%s", words, tail(d.logged()[from:], 40))
	return ""
}

// record asks `log show` for the decision on a message.
func (d *daemon) record(key string) map[string]any {
	d.t.Helper()
	cmd := exec.Command(binary, "log", "show", key, "--config", d.config, "--format", "json", "--limit", "1")
	out, err := cmd.Output()
	if err != nil {
		d.t.Fatalf("log show %s: %v", key, err)
	}
	var r struct{ Result map[string]any }
	if err := json.Unmarshal(out, &r); err != nil {
		d.t.Fatal(err)
	}
	return r.Result
}

// lab is an MTA under test with the sink it delivers to.
type lab struct {
	name string
	addr string
	sink *mtalab.Sink
	pf   *mtalab.Postfix
	sm   *mtalab.Sendmail
}

// eachMTA runs a test on Postfix and on Sendmail.
func eachMTA(t *testing.T, more string, files map[string]string, f func(t *testing.T, d *daemon, l *lab)) {
	t.Run("postfix", func(t *testing.T) {
		d := serve(t, more, files)
		f(t, d, postfix(t, d))
	})
	t.Run("sendmail", func(t *testing.T) {
		mtalab.Require(t, "sendmail")
		d := serve(t, more, files)
		f(t, d, sendmail(t, d))
	})
}

func newSink(t *testing.T) *mtalab.Sink {
	t.Helper()
	sink, err := mtalab.NewSink(mtalab.SinkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sink.Close() })
	return sink
}

func postfix(t *testing.T, d *daemon) *lab {
	t.Helper()
	mtalab.Require(t, "postfix")
	sink := newSink(t)
	pf := mtalab.PostfixFor(t, mtalab.Options{Milters: []string{"unix:" + d.socket}, NonSMTPDMilters: []string{"unix:" + d.socket},
		NextHop: sink.Addr(), XCLIENT: true})
	return &lab{"postfix", pf.SMTPAddr(), sink, pf, nil}
}

func sendmail(t *testing.T, d *daemon) *lab {
	t.Helper()
	sink := newSink(t)
	sm := mtalab.SendmailFor(t, mtalab.Options{Milters: []string{"S=local:" + d.socket + ", F=T, T=C:10s;S:30s;R:30s;E:2m"}, NextHop: sink.Addr()})
	return &lab{"sendmail", sm.SMTPAddr(), sink, nil, sm}
}

// send sends one message from outside.
func (l *lab) send(t *testing.T, text string, to ...string) mtalab.Result {
	t.Helper()
	return l.sendAs(t, mtalab.Message{From: "sender@example.org", To: to, Data: crlf(text)})
}

func (l *lab) sendAs(t *testing.T, m mtalab.Message) mtalab.Result {
	t.Helper()
	if len(m.To) == 0 {
		m.To = []string{"user@agency.gov.au"}
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	r := mtalab.Send(ctx, l.addr, m)
	if r.Err != nil {
		t.Fatalf("sending: %v", r.Err)
	}
	return r
}

// delivered waits for the next message with a text in it.
func (l *lab) delivered(t *testing.T, text string) string {
	t.Helper()
	got, err := l.sink.WaitFor(func(x mtalab.Delivery) bool { return bytes.Contains(x.Data, []byte(text)) }, 30*time.Second)
	if err != nil {
		t.Fatalf("%q was not delivered: %v", text, err)
	}
	return strings.ReplaceAll(string(got.Data), "\r\n", "\n")
}

func crlf(s string) []byte { return []byte(strings.ReplaceAll(s, "\n", "\r\n")) }

// fields gives the values of a header field in a delivered message.
func fields(msg, name string) []string {
	head, _, _ := strings.Cut(msg, "\n\n")
	head = strings.ReplaceAll(strings.ReplaceAll(head, "\n\t", " "), "\n ", " ")
	var out []string
	for _, l := range strings.Split(head, "\n") {
		if n, v, ok := strings.Cut(l, ":"); ok && strings.EqualFold(n, name) {
			out = append(out, strings.TrimSpace(v))
		}
	}
	return out
}
