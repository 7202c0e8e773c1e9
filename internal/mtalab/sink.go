package mtalab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// SinkOptions say how a sink behaves; the zero value keeps every message.
type SinkOptions struct {
	// Discard counts messages and forgets them, for load tests.
	Discard bool
	// RcptReply, if set, answers RCPT TO ("" means 250), such as
	// "451 4.3.0 try later"; it is called from many goroutines.
	RcptReply func(addr string) string
}

// Delivery is one message the sink took.
type Delivery struct {
	Helo       string
	From       string   // without angle brackets
	FromParams []string // ESMTP parameters of MAIL as sent
	To         []string // accepted recipients, without angle brackets
	Data       []byte   // dots undone, line ends as received; nil in discard mode
	Size       int      // bytes of Data, also in discard mode
	Received   time.Time
}

// Sink is an SMTP server on a free loopback port that accepts all mail and
// relays nothing. Its methods may be called from any goroutine.
type Sink struct {
	opt SinkOptions
	ln  net.Listener
	wg  sync.WaitGroup

	mu       sync.Mutex
	messages []Delivery
	count    int
	bytes    int64
	changed  chan struct{} // closed and renewed at each message
	conns    map[net.Conn]struct{}
	closed   bool
}

// NewSink listens and serves until Close.
func NewSink(opt SinkOptions) (*Sink, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("sink: %w", err)
	}
	s := &Sink{opt: opt, ln: ln, changed: make(chan struct{}), conns: map[net.Conn]struct{}{}}
	s.wg.Add(1)
	go s.serve()
	return s, nil
}

// Addr is the sink's host:port.
func (s *Sink) Addr() string { return s.ln.Addr().String() }

// Close stops listening, ends all sessions and waits for them. What was
// received stays readable.
func (s *Sink) Close() error {
	s.mu.Lock()
	s.closed = true
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	err := s.ln.Close()
	s.wg.Wait()
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// Messages are the messages received so far, in order of arrival.
func (s *Sink) Messages() []Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Delivery(nil), s.messages...)
}

// Count is the number of messages and their bytes so far, also in discard mode.
func (s *Sink) Count() (messages int, bytes int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.count, s.bytes
}

// Reset forgets all messages and counts.
func (s *Sink) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages, s.count, s.bytes = nil, 0, 0
}

// ErrWait is returned when fewer messages came than awaited.
var ErrWait = errors.New("sink: messages did not arrive in time")

// Wait returns as soon as at least n messages are there (all of them; none in
// discard mode), or with ErrWait after the timeout.
func (s *Sink) Wait(n int, timeout time.Duration) ([]Delivery, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	for {
		s.mu.Lock()
		have, changed := s.count, s.changed
		s.mu.Unlock()
		if have >= n {
			return s.Messages(), nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return s.Messages(), fmt.Errorf("%w: %d of %d after %v", ErrWait, have, n, timeout)
		}
	}
}

// WaitFor returns the first message, present or to come, that ok accepts. It
// does not work in discard mode.
func (s *Sink) WaitFor(ok func(Delivery) bool, timeout time.Duration) (Delivery, error) {
	timer := time.NewTimer(timeout)
	defer timer.Stop()
	for {
		s.mu.Lock()
		messages, changed := s.messages, s.changed
		s.mu.Unlock()
		for _, m := range messages {
			if ok(m) {
				return m, nil
			}
		}
		select {
		case <-changed:
		case <-timer.C:
			return Delivery{}, fmt.Errorf("%w: none of %d is the one awaited", ErrWait, len(messages))
		}
	}
}

func (s *Sink) serve() {
	defer s.wg.Done()
	for {
		conn, err := s.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of descriptors: give the sessions time to end
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if !s.track(conn) {
			conn.Close()
			return
		}
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			defer s.untrack(conn)
			newSinkSession(s, conn).run()
		}()
	}
}

func (s *Sink) track(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.conns[c] = struct{}{}
	return true
}

func (s *Sink) untrack(c net.Conn) {
	c.Close()
	s.mu.Lock()
	delete(s.conns, c)
	s.mu.Unlock()
}

func (s *Sink) store(d Delivery) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.count++
	s.bytes += int64(d.Size)
	if !s.opt.Discard {
		s.messages = append(s.messages, d)
	}
	close(s.changed)
	s.changed = make(chan struct{})
}

func newSinkSession(s *Sink, conn net.Conn) *sinkSession {
	return &sinkSession{sink: s, conn: conn, r: bufio.NewReaderSize(conn, 32<<10), w: bufio.NewWriter(conn)}
}
