package milter

import (
	"bufio"
	"context"
	"net"
	"sync"
	"time"

	"go.uber.org/zap"
)

// conn is one connection of an MTA: the guard between its socket and the
// library. One goroutine, the library's, reads, calls the session and
// writes; only drain and kill come from others.
type conn struct {
	srv *Server
	nc  net.Conn
	br  *bufio.Reader
	ack func() // asks for quick acknowledgement before a read, may be nil
	ln  Listener
	log *zap.Logger

	ctx    context.Context // ends with the connection
	cancel context.CancelFunc

	buf    []byte // frame last read: length, command, data
	unread []byte // rest of buf that the library has yet to take
	plain  [5]byte
	broken error // why the connection is given up

	negotiated bool
	grant      grant
	connected  bool // CONNECT or any later command seen in this SMTP session
	session    Session
	refused    *Final // answer to every message of this SMTP session
	macros     macroStore
	msg        message
	cur        event
	opened     time.Time
	lastEnd    time.Time // accepted, or last message over

	mu       sync.Mutex // guards what follows
	waiting  bool       // for the first byte of a frame
	draining time.Time  // when Shutdown came, else zero
}

// message is the state of the message in hand.
type message struct {
	active  bool   // MAIL seen, no ABORT and no answer at end of message yet
	dirty   bool   // the session has something to abort
	header  bool   // a header field seen
	eoh     bool   // end of headers seen
	skip    bool   // the session wants no more chunks
	settled *Final // decided before end of message; repeated until its end
	rcpts   map[string]struct{}
	nrcpt   int // bytes in rcpts
}

// event is the command last read, parsed.
type event struct {
	connect Connect
	name    string   // of HELO or a header
	value   string   // of a header
	addr    string   // of MAIL or RCPT
	args    []string // of MAIL or RCPT
}

func newConn(s *Server, nc net.Conn, ln Listener) *conn {
	c := &conn{srv: s, nc: nc, ln: ln, br: bufio.NewReader(nc), ack: quickAck(nc),
		log: s.log.With(zap.String("listener", ln.Name)), opened: time.Now()}
	c.lastEnd = c.opened
	c.ctx, c.cancel = context.WithCancel(s.ctx)
	return c
}

// arm sets the deadline for the first byte of the next frame.
func (c *conn) arm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = true
	c.setIdleDeadline()
}

// setIdleDeadline is called with mu held. A peer that has not negotiated gets
// no more time than for a frame; in a drain an MTA between messages gets a
// moment to say QUIT, so that it sees no failure.
func (c *conn) setIdleDeadline() {
	t := c.srv.timeouts
	at := time.Now().Add(t.Idle)
	if !c.negotiated {
		at = c.lastEnd.Add(t.Frame)
	}
	if !c.draining.IsZero() && !c.msg.active {
		since := c.draining
		if c.lastEnd.After(since) {
			since = c.lastEnd
		}
		if q := since.Add(t.Quit); q.Before(at) {
			at = q
		}
	}
	_ = c.nc.SetReadDeadline(at)
}

// disarm gives the rest of the frame its own deadline.
func (c *conn) disarm() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.waiting = false
	_ = c.nc.SetReadDeadline(time.Now().Add(c.srv.timeouts.Frame))
}

// drain lets the message in hand end and then closes soon.
func (c *conn) drain() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.draining = time.Now()
	if c.waiting {
		c.setIdleDeadline()
	}
}

// kill ends the connection at once.
func (c *conn) kill() {
	c.cancel()
	_ = c.nc.Close()
}

// write sends frames. After an error the connection is broken.
func (c *conn) write(b []byte) error {
	if c.broken != nil {
		return c.broken
	}
	_ = c.nc.SetWriteDeadline(time.Now().Add(c.srv.timeouts.Write))
	if _, err := c.nc.Write(b); err != nil {
		c.broken = err
	}
	return c.broken
}

// writeCode sends an answer without data.
func (c *conn) writeCode(code byte) error {
	c.plain = [5]byte{3: 1, 4: code}
	return c.write(c.plain[:])
}

// writeAll sends segments in groups that each have the write time limit.
func (c *conn) writeAll(segments [][]byte) error {
	const group = 16
	for len(segments) > 0 && c.broken == nil {
		n := min(len(segments), group)
		bufs := net.Buffers(segments[:n:n])
		segments = segments[n:]
		_ = c.nc.SetWriteDeadline(time.Now().Add(c.srv.timeouts.Write))
		if _, err := bufs.WriteTo(c.nc); err != nil {
			c.broken = err
		}
	}
	return c.broken
}

// fail gives the connection up; it is closed when the library reads next.
func (c *conn) fail(err error) {
	if c.broken == nil {
		c.broken = err
	}
}

// close ends the connection and the session; called once, by the library.
func (c *conn) close() {
	c.kill()
	c.endSession()
	c.srv.remove(c)
}
