package conformance

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/milter"
)

// childEnv makes this test program a filter: its value is a childConfig.
const childEnv = "LABELMILTER_CONFORMANCE_CHILD"

// childConfig is how the filter of a child process behaves. At end of message
// it changes the subject, adds a field and, if Body is set, replaces the body.
type childConfig struct {
	Port    int    // of 127.0.0.1, 0 for any
	NoFile  uint64 // limit of descriptors, 0 for the most that is allowed
	DieAt   string // stage at which it kills itself with SIGKILL
	DieIn   int    // with DieAt "edits": after so many bytes of the answer
	Body    int    // bytes of the replacement
	Slow    time.Duration
	Discard bool // keep nothing of the message
	Systemd bool // serve the socket passed by the service manager
}

// childBody is a replacement body, with a number on each line.
func childBody(n int) string {
	var b strings.Builder
	for i := 0; b.Len() < n; i++ {
		fmt.Fprintf(&b, "replaced %08d\r\n", i)
	}
	return b.String()
}

func childMain(config string) int {
	var c childConfig
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	var lim syscall.Rlimit
	_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim)
	lim.Cur = lim.Max
	if c.NoFile > 0 {
		lim.Cur = c.NoFile
	}
	_ = syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lim)
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	h := &mortal{c: c}
	s, err := newServer(h, func(o *milter.Options) {
		o.MaxConns = 1 << 20
		o.Listeners[0].Address = fmt.Sprintf("127.0.0.1:%d", c.Port)
		if c.DieAt == "edits" {
			o.Listen = h.listen
		}
		if c.Systemd {
			o.Listeners[0] = milter.Listener{Network: "systemd", Address: "filter"}
		}
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	tcp, ok := s.Addrs()[0].(*net.TCPAddr)
	if !ok {
		tcp = &net.TCPAddr{}
	}
	fmt.Println("ready", tcp.Port)
	<-stop
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := s.Shutdown(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// mortal is the child's handler.
type mortal struct {
	c     childConfig
	armed atomic.Bool // the answer to a message is on its way
	wrote atomic.Int64
}

func kill() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

func (m *mortal) die(stage string) {
	if m.c.DieAt == stage {
		kill()
	}
}

func (m *mortal) listen(ctx context.Context, l milter.Listener) (net.Listener, error) {
	ln, err := milter.Listen(ctx, l)
	return mortalListener{ln, m}, err
}

type mortalListener struct {
	net.Listener
	m *mortal
}

func (l mortalListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	return mortalConn{c, l.m}, err
}

// mortalConn dies when so much of the answer is written.
type mortalConn struct {
	net.Conn
	m *mortal
}

func (c mortalConn) Write(p []byte) (int, error) {
	if c.m.armed.Load() {
		left := int64(c.m.c.DieIn) - c.m.wrote.Add(int64(len(p))) + int64(len(p))
		if left < int64(len(p)) {
			_, _ = c.Conn.Write(p[:max(left, 0)])
			kill()
		}
	}
	return c.Conn.Write(p)
}

func (m *mortal) NewSession(milter.Conn) milter.Session { return &mortalSession{m: m} }

type mortalSession struct {
	milter.Session // nil: every method is here
	m              *mortal
}

func (s *mortalSession) Connect(context.Context, milter.Connect, milter.Macros) milter.Answer {
	s.m.die("connect")
	return milter.Answer{}
}
func (s *mortalSession) Helo(context.Context, string, milter.Macros) milter.Answer {
	s.m.die("helo")
	return milter.Answer{}
}
func (s *mortalSession) MailFrom(context.Context, string, []string, milter.Macros) milter.Answer {
	s.m.die("mail")
	return milter.Answer{}
}
func (s *mortalSession) RcptTo(context.Context, string, []string, milter.Macros) milter.Answer {
	s.m.die("rcpt")
	return milter.Answer{}
}
func (s *mortalSession) Header(context.Context, string, string, milter.Macros) milter.Answer {
	s.m.die("header")
	return milter.Answer{}
}
func (s *mortalSession) EndOfHeaders(context.Context, milter.Macros) milter.Answer {
	s.m.die("eoh")
	return milter.Answer{}
}
func (s *mortalSession) Body(context.Context, []byte, milter.Macros) milter.Answer {
	s.m.die("body")
	return milter.Answer{}
}
func (s *mortalSession) EndOfMessage(ctx context.Context, _ milter.Macros) milter.Final {
	s.m.die("eom")
	if s.m.c.Slow > 0 {
		fmt.Println("in message")
		time.Sleep(s.m.c.Slow)
	}
	s.m.armed.Store(true)
	if s.m.c.Discard {
		return accept()
	}
	mods := accept(change(1, "Subject", "edited"), insert(0, "X-Edited", "yes"))
	if s.m.c.Body > 0 {
		mods.Modifications = append(mods.Modifications, replace(childBody(s.m.c.Body)))
	}
	return mods
}
func (s *mortalSession) Sent(error) {}
func (s *mortalSession) Abort()     {}
func (s *mortalSession) Close()     {}

// child is a filter in a process of its own.
type child struct {
	port  int
	cmd   *exec.Cmd
	lines chan string
	ended chan error
}

func startChild(t *testing.T, c childConfig) *child {
	t.Helper()
	return startChildWith(t, c, nil)
}

// startChildWith passes a socket as systemd does (sd_listen_fds(3)).
func startChildWith(t *testing.T, c childConfig, socket *os.File) *child {
	t.Helper()
	config, err := json.Marshal(c)
	must(t, err)
	exe, err := os.Executable()
	must(t, err)
	cmd := exec.Command(exe)
	if socket != nil {
		cmd = exec.Command("/bin/sh", "-c", `LISTEN_PID=$$ exec "$0"`, exe)
		cmd.ExtraFiles = []*os.File{socket}
	}
	cmd.Env = append(os.Environ(), childEnv+"="+string(config), "LISTEN_FDS=1", "LISTEN_FDNAMES=filter")
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	must(t, cmd.Start())
	ch := &child{cmd: cmd, lines: make(chan string, 100), ended: make(chan error, 1)}
	go func() {
		for sc := bufio.NewScanner(out); sc.Scan(); {
			ch.lines <- sc.Text()
		}
		ch.ended <- cmd.Wait()
		close(ch.ended)
	}()
	t.Cleanup(ch.kill)
	if _, err := fmt.Sscanf(ch.line(t), "ready %d", &ch.port); err != nil {
		t.Fatal(err)
	}
	return ch
}

// line waits for what the child says next.
func (c *child) line(t *testing.T) string {
	t.Helper()
	select {
	case l := <-c.lines:
		return l
	case err := <-c.ended:
		t.Fatalf("child ended: %v", err)
	case <-time.After(patience):
		t.Fatal("child is silent")
	}
	return ""
}

func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
}

// wait waits for the child's end and gives its error.
func (c *child) wait(t *testing.T) error {
	t.Helper()
	select {
	case err := <-c.ended:
		return err
	case <-time.After(patience):
		t.Fatal("child does not end")
	}
	return nil
}

// memory gives a figure of /proc/PID/status in KiB.
func (c *child) memory(t *testing.T, name string) int {
	t.Helper()
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", c.cmd.Process.Pid))
	must(t, err)
	for line := range strings.Lines(string(b)) {
		var n int
		if rest, ok := strings.CutPrefix(line, name+":"); ok {
			if _, err := fmt.Sscan(rest, &n); err != nil {
				t.Fatal(err)
			}
			return n
		}
	}
	t.Fatalf("no %s", name)
	return 0
}

// addr is where the child listens.
func (c *child) addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: c.port} }
