package milter

import (
	"errors"
	"net"
	"time"

	gomilter "github.com/emersion/go-milter"
	"go.uber.org/zap"
)

// Pauses after a failed accept; EMFILE lasts until another file is closed.
const (
	minPause = 5 * time.Millisecond
	maxPause = time.Second
)

// accept serves one listener until Shutdown.
func (s *Server) accept(l bound) error {
	pause := minPause
	for {
		nc, err := l.Accept()
		switch {
		case err == nil:
			pause = minPause
			if !s.take(nc, l.of) {
				return nil
			}
			continue
		case s.isStopping():
			return nil
		case errors.Is(err, net.ErrClosed):
			return err
		}
		s.hooks.acceptError(l.of.Name)
		s.sampled.Error("milter accept failed, trying again", zap.String("listener", l.of.Name), zap.Error(err))
		t := time.NewTimer(pause)
		select {
		case <-t.C:
		case <-s.stopping:
			t.Stop()
			return nil
		}
		pause = min(2*pause, maxPause)
	}
}

func (s *Server) isStopping() bool {
	select {
	case <-s.stopping:
		return true
	default:
		return false
	}
}

// take waits for a free slot and serves nc. While it waits nothing more is
// accepted: a refusal would cost the MTA its default action, a wait only
// time. It reports false when the server stops.
func (s *Server) take(nc net.Conn, l Listener) bool {
	select {
	case s.slots <- struct{}{}:
	default:
		s.hooks.waited(l.Name)
		s.sampled.Warn("milter connection limit reached, connections wait",
			zap.String("listener", l.Name), zap.Int("limit", cap(s.slots)))
		select {
		case s.slots <- struct{}{}:
		case <-s.stopping:
			_ = nc.Close()
			return false
		}
	}
	return s.serve(nc, l)
}

// serve runs the library on nc, with a server of its own so that the backend
// belongs to the connection. A slot is taken.
func (s *Server) serve(nc net.Conn, l Listener) bool {
	c := newConn(s, nc, l)
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		c.kill()
		<-s.slots
		return false
	}
	s.conns[c] = struct{}{}
	s.mu.Unlock()
	s.hooks.opened(l.Name)
	lib := gomilter.Server{NewMilter: func() gomilter.Milter { return backend{c} }}
	_ = lib.Serve(&oneShot{conn: &guard{Conn: nc, c: c}}) // returns when the goroutine runs
	return true
}

// remove is called when a connection is closed.
func (s *Server) remove(c *conn) {
	s.mu.Lock()
	delete(s.conns, c)
	s.checkEmpty()
	s.mu.Unlock()
	<-s.slots
	s.hooks.closed(c.ln.Name, time.Since(c.opened))
}

// oneShot is a listener with one connection.
type oneShot struct{ conn net.Conn }

func (o *oneShot) Accept() (net.Conn, error) {
	c := o.conn
	if c == nil {
		return nil, net.ErrClosed
	}
	o.conn = nil
	return c, nil
}

func (o *oneShot) Close() error   { return nil }
func (o *oneShot) Addr() net.Addr { return nil }
