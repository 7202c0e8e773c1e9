package conformance

import (
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"labelmilter/internal/milter"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
)

func (c *child) client(t *testing.T) *miltertest.Client {
	t.Helper()
	cl, err := miltertest.Dial(c.addr())
	must(t, err)
	cl.Timeout = patience
	t.Cleanup(func() { cl.Close() })
	must(t, cl.Negotiate())
	return cl
}

func TestCase40Connections(t *testing.T) {
	run(t, 40, func(t *testing.T, l *level) {
		var lim syscall.Rlimit
		must(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &lim))
		lim.Cur = lim.Max
		must(t, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &lim))
		n := 20_000 // below the number of local ports
		if m := int(min(lim.Max, 1<<30)) - 500; m < n {
			n = m
		}
		if n < 9000 {
			t.Logf("descriptor limit %d allows %d connections only", lim.Max, n)
		}
		c := startChild(t, childConfig{})
		before := c.memory(t, "VmRSS")
		conns := make([]*miltertest.Client, 0, n)
		defer func() {
			for _, cl := range conns {
				cl.Close()
			}
		}()
		for i := range n {
			// Many addresses of our own: the kernel's search for a free port is
			// slow when most are taken.
			d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 1, byte(1+i/2000))}}
			nc, err := d.Dial("tcp", c.addr().String())
			must(t, err)
			cl := miltertest.New(nc)
			conns = append(conns, cl)
			must(t, cl.Negotiate())
		}
		after := c.memory(t, "VmRSS")
		t.Logf("%d idle connections, %.1f KiB each (descriptor limit %d)", n, float64(after-before)/float64(n), lim.Max)
		if per := float64(after-before) / float64(n); per > 32 && !raceDetector {
			t.Errorf("%.1f KiB a connection", per)
		}
		for _, i := range []int{0, n / 2, n - 1} {
			must(t, begin(conns[i], "idle"))
			if r := send(t, conns[i], asFrames(mail("idle"))); r.Decision.Code != 'a' || len(r.Edits) != 2 {
				t.Errorf("connection %d: %v", i, r.Decision)
			}
		}
		c.kill()

		// Out of descriptors, then not.
		c = startChild(t, childConfig{NoFile: 64})
		var many []net.Conn
		for range 200 {
			nc, err := net.Dial("tcp", c.addr().String())
			must(t, err)
			many = append(many, nc)
		}
		time.Sleep(100 * time.Millisecond)
		for _, nc := range many {
			must(t, nc.Close())
		}
		cl := c.client(t)
		must(t, begin(cl, "after"))
		if r := send(t, cl, asFrames(mail("after"))); r.Decision.Code != 'a' {
			t.Errorf("after EMFILE: %v", r.Decision)
		}
	})
}

// Sockets that the service manager opened are served, and stay when the
// filter ends.
func TestSocketActivation(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"tcp", "unix"} {
		addr := "127.0.0.1:0"
		if network == "unix" {
			addr = filepath.Join(t.TempDir(), "m.sock")
		}
		ln, err := net.Listen(network, addr)
		must(t, err)
		defer ln.Close()
		socket, err := ln.(interface{ File() (*os.File, error) }).File()
		must(t, err)
		defer socket.Close()
		for range 2 {
			c := startChildWith(t, childConfig{Systemd: true}, socket)
			cl, err := miltertest.Dial(ln.Addr())
			must(t, err)
			must(t, cl.Negotiate())
			must(t, begin(cl, "activated"))
			if r := send(t, cl, asFrames(mail("activated"))); r.Decision.Code != 'a' || len(r.Edits) != 2 {
				t.Errorf("%s: decision %v after %d edits", network, r.Decision, len(r.Edits))
			}
			must(t, cl.Quit())
			must(t, c.cmd.Process.Signal(syscall.SIGTERM))
			if err := c.wait(t); err != nil {
				t.Errorf("%s: ended with %v", network, err)
			}
		}
	}
}

func TestCase41Scanners(t *testing.T) {
	run(t, 41, func(t *testing.T, l *level) {
		core, logs := observer.New(zap.InfoLevel)
		srv := serve(t, func(o *milter.Options) { o.Logger = zap.New(core) })
		if l.name == frame {
			for i := range 10_000 {
				nc, err := net.Dial("tcp", srv.Addrs()[0].String())
				must(t, err)
				if i%2 == 1 {
					_, _ = nc.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
				}
				must(t, nc.Close())
			}
			eventually(t, "every connection is closed", func() bool { return srv.Open() == 0 })
			served(t, srv)
		} else {
			l.own(t, nil, l.filterAt(port(srv)))
			n := 100
			if l.name == sendmail {
				n = 20 // its listen queue is short, and a full one costs seconds
			}
			for range n {
				nc, err := net.Dial("tcp", l.smtp(t))
				must(t, err)
				must(t, nc.Close())
			}
			s := &script{}
			key := play(s)
			l.deliver(t, mail(key), key)
			s.only(t)
		}
		if n := logs.Len(); n > 50 {
			t.Errorf("%d lines logged", n)
		}
	})
}

func TestCase43Terminate(t *testing.T) {
	run(t, 43, func(t *testing.T, l *level) {
		c := startChild(t, childConfig{Slow: 1500 * time.Millisecond, Body: 200_000})
		key := play(&script{})
		result := make(chan error, 1)
		if l.name == frame {
			cl := c.client(t)
			must(t, begin(cl, key))
			go func() {
				r, err := cl.Send(asFrames(mail(key)))
				if err == nil && (r.Decision.Code != 'a' || len(r.Edits) != 2+4) {
					err = fmt.Errorf("decision %v after %d edits", r.Decision, len(r.Edits))
				}
				result <- err
			}()
		} else {
			l.own(t, nil, l.filterAt(c.port))
			addr := l.smtp(t)
			go func() {
				r := mtalab.Send(context.Background(), addr, mail(key))
				if r.Err == nil && !r.Accepted() {
					r.Err = fmt.Errorf("reply %v", r.Last())
				}
				result <- r.Err
			}()
		}
		if line := c.line(t); line != "in message" {
			t.Fatalf("child says %q", line)
		}
		must(t, c.cmd.Process.Signal(syscall.SIGTERM))
		must(t, <-result)
		if err := c.wait(t); err != nil {
			t.Errorf("child ended with %v", err)
		}
		if l.name == frame {
			return
		}
		whole(t, arrives(t, key), 200_000)
		if r := mtalab.Send(t.Context(), l.smtp(t), mail(key+"b")); r.Last().Code/100 != 4 {
			t.Errorf("without a filter: %v, %v", r.Last(), r.Err)
		}
		startChild(t, childConfig{Port: c.port, Body: 1000})
		whole(t, l.deliver(t, marker(key, "c"), key+"c"), 1000)
	})
}

// marker is a message with a mark of its own.
func marker(key, suffix string) mtalab.Message {
	m := mail(key)
	m.Data = []byte(text(key+suffix, "Subject: test\r\n", "body\r\n"))
	return m
}

func TestCase44Sockets(t *testing.T) {
	run(t, 44, func(t *testing.T, l *level) {
		dir, err := os.MkdirTemp("", "conformance-")
		must(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		must(t, os.Chmod(dir, 0o755))
		path := filepath.Join(dir, "m.sock")
		at := func(mode uint32, group string) func(*milter.Options) {
			return func(o *milter.Options) {
				o.Listeners = []milter.Listener{{Network: "unix", Address: path, Mode: mode, Group: group}}
			}
		}
		// What a crash leaves behind: a socket nobody serves.
		ln, err := net.Listen("unix", path)
		must(t, err)
		ln.(*net.UnixListener).SetUnlinkOnClose(false)
		must(t, ln.Close())
		if l.name == frame {
			served(t, serve(t, at(0, "")))
			if _, err := newServer(&lab.handler, at(0, "no-such-group")); err == nil {
				t.Error("unknown group accepted")
			}
			if _, err := newServer(&lab.handler, at(0, "")); err == nil || !strings.Contains(err.Error(), "served by another") {
				t.Errorf("second server on one socket: %v", err)
			}
			file := filepath.Join(dir, "file")
			must(t, os.WriteFile(file, []byte("x"), 0o600))
			if _, err := newServer(&lab.handler, func(o *milter.Options) {
				o.Listeners = []milter.Listener{{Network: "unix", Address: file}}
			}); err == nil {
				t.Error("a file was taken for a socket")
			}
			return
		}
		key := play(&script{eom: always(accept(add("X-Socket", "1")))})
		name := "unix:" + path
		if l.name == sendmail {
			name = "S=local:" + path + ", F=T, T=C:10s;S:30s;R:30s;E:2m"
		}
		l.own(t, nil, name)
		if r := mtalab.Send(t.Context(), l.smtp(t), marker(key, "a")); r.Last().Code != 451 {
			t.Errorf("socket of a dead process: %v, %v", r.Last(), r.Err)
		}
		if l.name == postfix { // Sendmail connects as root
			srv, err := newServer(&lab.handler, at(0o600, ""))
			must(t, err)
			if r := mtalab.Send(t.Context(), l.smtp(t), marker(key, "b")); r.Last().Code != 451 {
				t.Errorf("socket of another owner: %v, %v", r.Last(), r.Err)
			}
			must(t, srv.Shutdown(context.Background()))
		}
		group := ""
		if l.name == postfix {
			group = "postfix"
		}
		serve(t, at(0o660, group))
		if d := l.deliver(t, marker(key, "c"), key+"c"); len(fieldsOf(headOf(d), "X-Socket")) != 1 {
			t.Errorf("delivered\n%s", headOf(d))
		}
		if n := delivered(t, key+"a") + delivered(t, key+"b"); n != 0 {
			t.Errorf("%d unfiltered messages delivered", n)
		}
	})
}
