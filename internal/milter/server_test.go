package milter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/milter/miltertest"
)

func TestNegotiation(t *testing.T) {
	t.Parallel()
	const wish = optNoUnknown | optNoData | optSkip | optLeadingSpace
	all := NoReply{Connect: true, Helo: true, Mail: true, Rcpt: true, Header: true, EndOfHeaders: true, Body: true}
	const nr = optNoReplyConnect | optNoReplyHelo | optNoReplyMail | optNoReplyRcpt | optNoReplyHeader | optNoReplyEOH | optNoReplyBody
	for _, tc := range []struct {
		name                       string
		version, actions, protocol uint32
		nr                         NoReply
		wantV, wantA, wantP        uint32
	}{
		{"current MTA", 6, 0x1ff, 0x1fffff, NoReply{}, 6, 0x17f, wish},
		{"no replies", 6, 0x1ff, 0x1fffff, all, 6, 0x17f, wish | nr},
		{"future MTA", 9, 0xffffffff, 0xffffffff, NoReply{}, 6, 0x17f, wish},
		{"version 2", 2, 0x3f, 0x7f, all, 2, 0x3f, 0},
		{"no-reply flags not offered", 6, 0x1ff, 0x1fffff &^ nr, all, 6, 0x17f, wish},
		{"only one action", 6, 1, 0x1fffff, NoReply{}, 6, 1, wish},
		{"nothing offered", 4, 0, 0, all, 4, 0, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s, _ := serve(t, &recorder{}, func(o *Options) { o.NoReply = tc.nr })
			c := dial(t, s)
			must(t, c.NegotiateAs(tc.version, tc.actions, tc.protocol))
			if c.Version != tc.wantV || c.Actions != tc.wantA || c.Protocol != tc.wantP {
				t.Errorf("got %d %#x %#x, want %d %#x %#x", c.Version, c.Actions, c.Protocol, tc.wantV, tc.wantA, tc.wantP)
			}
			if offered := tc.wantA&0x100 != 0; offered != (len(c.Macros) > 0) {
				t.Errorf("macro requests %q", c.Macros)
			}
			must(t, c.Session())
			if got := send(t, c, simple("x")); got.Decision.Code != 'a' {
				t.Errorf("%v", got.Decision)
			}
		})
	}
}

func TestMacroRequests(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, &recorder{}, func(o *Options) {
		o.Macros = []MacroRequest{{MacrosConnect, []string{"j", "client_addr"}}, {MacrosEOM, []string{"i"}}}
	})
	c := dial(t, s)
	must(t, c.Negotiate())
	if d := cmp.Diff("\x00\x00\x00\x00j {client_addr}\x00\x00\x00\x00\x05i\x00", string(c.Macros)); d != "" {
		t.Error(d)
	}
	for _, bad := range []MacroRequest{{9, []string{"i"}}, {0, []string{""}}, {0, []string{"a b"}}, {0, []string{"{i}"}}, {0, []string{"a\x00"}}} {
		if _, err := New(Options{Handler: &recorder{}, Listeners: []Listener{{}}, Macros: []MacroRequest{bad}}); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}

func TestShutdown(t *testing.T) {
	t.Parallel()
	t.Run("a message in flight is finished", func(t *testing.T) {
		t.Parallel()
		in, release := make(chan struct{}), make(chan struct{})
		r := &recorder{eom: func(context.Context, *recording) Final { close(in); <-release; return accept }}
		s, _ := serve(t, r, func(o *Options) { o.Timeouts.Quit = 100 * time.Millisecond })
		c, idle, half := open(t, s), open(t, s), open(t, s)
		if _, err := half.Ask(miltertest.Strings('M', "<half>")); err != nil {
			t.Fatal(err)
		}
		got := make(chan error, 1)
		go func() {
			res, err := c.Send(simple("x"))
			if err == nil && res.Decision.Code != 'a' {
				err = fmt.Errorf("decision %v", res.Decision)
			}
			got <- err
		}()
		<-in
		down := make(chan error, 1)
		go func() { down <- s.Shutdown(context.Background()) }()
		must(t, idle.Closed())
		if _, err := net.Dial("unix", s.Addrs()[0].String()); err == nil {
			t.Error("still accepting")
		}
		for _, f := range [][]byte{miltertest.Strings('R', "<b>"), miltertest.Strings('L', "a", "b"), miltertest.Frame('N')} {
			if p, err := half.Ask(f); err != nil || p.Code != 'c' {
				t.Fatalf("message begun before: %v %v", p, err)
			}
		}
		must(t, half.Write(miltertest.Frame('A')))
		must(t, half.Closed())
		select {
		case err := <-down:
			t.Fatalf("Shutdown does not wait: %v", err)
		default:
		}
		close(release)
		must(t, <-got)
		must(t, c.Quit())
		must(t, <-down)
	})
	t.Run("quit ends it early", func(t *testing.T) {
		t.Parallel()
		s, _ := serve(t, &recorder{})
		c := open(t, s)
		down := make(chan error, 1)
		go func() { down <- s.Shutdown(context.Background()) }()
		<-s.stopping
		send(t, c, simple("late")) // still served
		must(t, c.Quit())
		must(t, <-down)
	})
	t.Run("hard deadline", func(t *testing.T) {
		t.Parallel()
		r := &recorder{eom: func(ctx context.Context, _ *recording) Final { <-ctx.Done(); return accept }}
		s, _ := serve(t, r)
		c := open(t, s)
		must(t, c.Write(miltertest.Strings('M', "<a>"), miltertest.Frame('E')))
		_, err := c.Read()
		must(t, err)
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		if err := s.Shutdown(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if s.Open() != 0 || r.opened() != 0 {
			t.Error("something is left open")
		}
	})
	t.Run("context of Serve", func(t *testing.T) {
		t.Parallel()
		s, err := New(Options{Handler: &recorder{}, Listeners: []Listener{{Network: "tcp", Address: "127.0.0.1:0"}}})
		must(t, err)
		ctx, cancel := context.WithCancel(context.Background())
		done, err := s.Start(ctx)
		must(t, err)
		c := open(t, s)
		cancel()
		must(t, <-done)
		must(t, c.Closed())
		if err := s.Listen(ctx); err == nil {
			t.Error("listens again")
		}
	})
}

func TestMaxConns(t *testing.T) {
	t.Parallel()
	var waited atomic.Int32
	s, _ := serve(t, &recorder{}, func(o *Options) {
		o.MaxConns = 2
		o.Hooks.Waited = func(string) { waited.Add(1) }
	})
	a, _ := open(t, s), open(t, s)
	third := dial(t, s)
	must(t, third.Write(miltertest.OptNeg(6, 0x1ff, 0)))
	eventually(t, "the third waits", func() bool { return waited.Load() == 1 })
	if s.Open() != 2 {
		t.Errorf("%d connections served, limit 2", s.Open())
	}
	must(t, a.Quit())
	if p, err := third.Read(); err != nil || p.Code != 'O' {
		t.Errorf("after a slot is free: %v %v", p, err)
	}
}

// flaky fails as a process without free files does.
type flaky struct {
	net.Listener
	fails atomic.Int32
}

func (f *flaky) Accept() (net.Conn, error) {
	if f.fails.Add(-1) >= 0 {
		return nil, &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	}
	return f.Listener.Accept()
}

func TestAcceptErrors(t *testing.T) {
	t.Parallel()
	var failed atomic.Int32
	f := &flaky{}
	f.fails.Store(6)
	s, logs := serve(t, &recorder{}, func(o *Options) {
		o.Hooks.AcceptError = func(string) { failed.Add(1) }
		o.Listen = func(ctx context.Context, l Listener) (n net.Listener, err error) {
			f.Listener, err = Listen(ctx, l)
			return f, err
		}
	})
	if got := send(t, open(t, s), simple("x")); got.Decision.Code != 'a' {
		t.Errorf("%v", got.Decision)
	}
	if failed.Load() != 6 || logs.FilterMessageSnippet("accept failed").Len() > 5 {
		t.Errorf("%d failures counted, %d logged", failed.Load(), logs.Len())
	}
	f.fails.Store(1 << 30) // Shutdown during the pause is not held up
	_ = dial(t, s).Close()
}

func TestManyConnections(t *testing.T) {
	t.Parallel()
	r := &recorder{quiet: true}
	s, _ := serve(t, r)
	var wg sync.WaitGroup
	for i := range 200 {
		wg.Go(func() {
			c, err := miltertest.Dial(s.Addrs()[0])
			if err != nil {
				t.Error(err)
				return
			}
			defer func() { _ = c.Quit() }()
			if err := errors.Join(c.Negotiate(), c.Session()); err != nil {
				t.Error(err)
				return
			}
			for j := range 5 {
				if res, err := c.Send(simple(fmt.Sprint(i, "-", j))); err != nil || res.Decision.Code != 'a' {
					t.Error(res.Decision, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestUnixSocket(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	listen := func(path string, mode uint32) (net.Listener, error) {
		return Listen(ctx, Listener{Network: "unix", Address: path, Mode: mode, Group: fmt.Sprint(os.Getgid())})
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "m.sock")

	stale, err := net.Listen("unix", path)
	must(t, err)
	stale.(*net.UnixListener).SetUnlinkOnClose(false)
	must(t, stale.Close())

	ln, err := listen(path, 0)
	if err != nil {
		t.Fatalf("stale socket is not replaced: %v", err)
	}
	if fi, err := os.Stat(path); err != nil || fi.Mode().Perm() != 0o660 {
		t.Errorf("mode %v %v", fi.Mode(), err)
	}
	if ln.Addr().String() != path {
		t.Errorf("address %v", ln.Addr())
	}
	if _, err := listen(path, 0); err == nil || !strings.Contains(err.Error(), "served by another process") {
		t.Errorf("live socket: %v", err)
	}
	must(t, ln.Close())
	if _, err := os.Lstat(path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("socket is left: %v", err)
	}

	must(t, os.WriteFile(path, []byte("x"), 0o600))
	if _, err := listen(path, 0); err == nil || !strings.Contains(err.Error(), "not a socket") {
		t.Errorf("regular file: %v", err)
	}
	must(t, os.Remove(path))

	ln, err = listen(path, 0o600)
	must(t, err)
	if fi, _ := os.Stat(path); fi.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", fi.Mode())
	}
	must(t, os.Remove(path)) // a successor took the name
	next, err := listen(path, 0)
	must(t, err)
	must(t, ln.Close())
	if _, err := os.Lstat(path); err != nil {
		t.Errorf("the successor's socket was removed: %v", err)
	}
	must(t, next.Close())
	if left, _ := os.ReadDir(dir); len(left) != 0 {
		t.Errorf("left behind: %v", left)
	}
	if _, err := Listen(ctx, Listener{Network: "unix", Address: path, Group: "no such group"}); err == nil {
		t.Error("unknown group is taken")
	}
	if _, err := Listen(ctx, Listener{Network: "udp", Address: ":0"}); err == nil {
		t.Error("unknown network is taken")
	}
}

func TestInherited(t *testing.T) {
	t.Parallel()
	env := func(pid, fds, names string) func(string) string {
		return func(k string) string {
			return map[string]string{"LISTEN_PID": pid, "LISTEN_FDS": fds, "LISTEN_FDNAMES": names}[k]
		}
	}
	for name, f := range map[string]func(string) string{
		"none": env("", "", ""), "another process": env("8", "1", "x"), "no number": env("7", "many", "x"),
		"too few": env("7", "1", "a:b:x"), "negative": env("7", "-1", "x"), "unnamed": env("7", "2", ""),
	} {
		if ln, err := inherited("x", f, 7); err == nil {
			t.Errorf("%s: %v", name, ln.Addr())
		}
	}
}

func TestListenAllOrNone(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "m.sock")
	s, err := New(Options{Handler: &recorder{}, Listeners: []Listener{{Network: "unix", Address: path}, {Network: "tcp", Address: "256.0.0.1:1", Name: "bad"}}})
	must(t, err)
	if err := s.Listen(context.Background()); err == nil || !strings.Contains(err.Error(), "bad") {
		t.Errorf("%v", err)
	}
	if _, err := os.Lstat(path); err == nil {
		t.Error("the first listener stays open")
	}
	for name, o := range map[string]Options{"no handler": {Listeners: []Listener{{}}}, "no listener": {Handler: &recorder{}}} {
		if _, err := New(o); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if err := s.Serve(context.Background()); err == nil {
		t.Error("serves without listening")
	}
}

// Versions of the library before v0.5.0 end the process on one bad frame.
func TestLibraryVersion(t *testing.T) {
	t.Parallel()
	info, ok := debug.ReadBuildInfo()
	if !ok {
		t.Skip("no build information")
	}
	for _, d := range info.Deps {
		if d.Path == "github.com/emersion/go-milter" && strings.Compare(d.Version, "v0.5.0") < 0 {
			t.Errorf("%s %s is older than v0.5.0", d.Path, d.Version)
		}
	}
}
