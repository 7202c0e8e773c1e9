package milter

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"sync"
	"syscall"

	"go.uber.org/zap"
)

// guard is what the library takes for its connection. It sees only whole,
// checked frames of commands it knows; every end is a plain io.EOF between
// frames, so it has nothing to log. It writes only the answer to the option
// negotiation, which guard replaces: all other answers are ours.
type guard struct {
	net.Conn // for addresses and deadlines
	c        *conn
}

// Read implements net.Conn.
func (g *guard) Read(p []byte) (int, error) {
	c := g.c
	for len(c.unread) == 0 {
		if err := c.next(); err != nil {
			c.logEnd(err)
			c.fail(err)
			return 0, io.EOF
		}
	}
	n := copy(p, c.unread)
	c.unread = c.unread[n:]
	return n, nil
}

// Write implements net.Conn.
func (g *guard) Write(p []byte) (int, error) {
	if len(p) > 4 && p[4] == cmdOptNeg {
		_ = g.c.write(appendOptNeg(nil, g.c.grant, g.c.srv.opts.Macros)) // seen by the next Read
	}
	return len(p), nil
}

// Close implements net.Conn.
func (g *guard) Close() error {
	g.c.close()
	return nil
}

// next reads one frame and takes it in; unread is set if the library is to
// see it.
func (c *conn) next() error {
	if c.broken != nil {
		return c.broken
	}
	if err := c.readFrame(); err != nil {
		return err
	}
	forward, err := c.admit(c.buf[4], c.buf[5:])
	if err == nil && c.broken == nil && forward {
		c.unread = c.buf
	}
	return err
}

// readFrame reads a frame into buf. Memory grows with what has arrived, not
// with what is announced.
func (c *conn) readFrame() error {
	if c.br.Buffered() == 0 {
		if !c.msg.active && c.buf != nil {
			giveFrame(c.buf) // many connections idle for long
			c.buf = nil
		}
		c.arm()
		if c.ack != nil {
			c.ack()
		}
		_, err := c.br.Peek(1)
		c.disarm()
		if err != nil {
			return err
		}
	}
	head, err := c.br.Peek(4)
	if err != nil {
		return cut(err)
	}
	n := binary.BigEndian.Uint32(head)
	if n == 0 {
		return fault("frame of length 0")
	}
	if n > maxFrame {
		return fault("frame too long")
	}
	if head, err = c.br.Peek(5); err != nil {
		return cut(err)
	}
	limit := frameLimit(head[4])
	if limit == 0 {
		return fault("unknown command")
	}
	if n > limit {
		return fault("frame too long for its command")
	}
	if c.buf == nil {
		c.buf = takeFrame()
	}
	c.buf = c.buf[:0]
	for want := int(n) + 4; len(c.buf) < want; {
		step := min(want-len(c.buf), max(len(c.buf), 64<<10))
		at := len(c.buf)
		c.buf = slices.Grow(c.buf, step)[:at+step]
		if _, err := io.ReadFull(c.br, c.buf[at:]); err != nil {
			return cut(err)
		}
	}
	return nil
}

// frames are buffers of connections that wait for a message.
var frames sync.Pool

// maxPooled is the largest buffer kept, that of a body chunk as all MTAs send
// it.
const maxPooled = 128 << 10

func takeFrame() []byte {
	if b, ok := frames.Get().(*[]byte); ok {
		return *b
	}
	return make([]byte, 0, 512)
}

func giveFrame(b []byte) {
	if cap(b) <= maxPooled {
		frames.Put(&b)
	}
}

// cut marks an end inside a frame.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// errQuit is the regular end of a connection.
var errQuit = errors.New("milter: quit")

// logEnd logs why a connection ends. What scanners can cause is debug or
// sampled.
func (c *conn) logEnd(err error) {
	var f fault
	switch {
	case errors.Is(err, errQuit):
		return
	case errors.As(err, &f):
		c.srv.hooks.fault(string(f))
		c.srv.sampled.Warn("milter connection refused: protocol error",
			zap.String("listener", c.ln.Name), zap.Stringer("peer", c.nc.RemoteAddr()), zap.String("fault", string(f)))
	case errors.Is(err, os.ErrDeadlineExceeded) && c.msg.active:
		c.srv.sampled.Warn("milter connection closed: the MTA went silent in a message",
			zap.String("listener", c.ln.Name), zap.Stringer("peer", c.nc.RemoteAddr()))
	case errors.Is(err, io.EOF), errors.Is(err, net.ErrClosed), errors.Is(err, os.ErrDeadlineExceeded),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		c.log.Debug("milter connection ended", zap.Error(err))
	default:
		c.srv.sampled.Warn("milter connection failed", zap.String("listener", c.ln.Name), zap.Error(err))
	}
}
