package milter

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// DefaultMaxConns is the limit of connections served at once.
const DefaultMaxConns = 1000

// Options of a Server. Handler and at least one listener are needed.
type Options struct {
	Listeners []Listener
	Handler   Handler
	Timeouts  Timeouts
	MaxConns  int            // 0 = DefaultMaxConns; more wait, unrefused, in the listen queue
	Actions   Actions        // wished; 0 = AllActions
	NoReply   NoReply        // stages where sessions never answer
	Macros    []MacroRequest // nil = DefaultMacros
	Logger    *zap.Logger    // nil = none
	Hooks     Hooks
	// OnPanic gives the answer after a panic in a session, at the earliest
	// stage that can carry it: a quarantine, or an acceptance with edits,
	// waits for end of message. The rest of the message, of the SMTP session
	// for "connect" and "helo", is kept from the session. nil = tempfail.
	// After a panic in "abort", "sent" or "close" the answer is not used.
	// v may hold mail content: it must not be logged.
	OnPanic func(stage string, v any) Final
	// Listen opens a listener; nil = Listen of this package.
	Listen func(ctx context.Context, l Listener) (net.Listener, error)
}

// Server serves milter connections.
type Server struct {
	opts     Options
	timeouts Timeouts
	log      *zap.Logger
	sampled  *zap.Logger // for what a peer can cause at will
	hooks    *Hooks
	slots    chan struct{}
	ids      atomic.Uint64

	ctx      context.Context // parent of all connections'
	cancel   context.CancelFunc
	stopping chan struct{} // closed when Shutdown begins
	judging  sync.WaitGroup

	mu        sync.Mutex
	listeners []bound
	conns     map[*conn]struct{}
	empty     chan struct{} // closed when stopping and conns is empty
	stopped   bool
	emptied   bool
	refusals  map[string]bool // ungranted actions logged
	grants    map[grant]bool  // negotiations logged
}

// bound is an open listener.
type bound struct {
	net.Listener
	of Listener
}

// New checks the options. It opens nothing.
func New(o Options) (*Server, error) {
	if o.Handler == nil {
		return nil, errors.New("milter: no handler")
	}
	if len(o.Listeners) == 0 {
		return nil, errors.New("milter: no listener")
	}
	if o.MaxConns <= 0 {
		o.MaxConns = DefaultMaxConns
	}
	if o.Actions == 0 {
		o.Actions = AllActions
	}
	o.Actions &= AllActions
	if o.Macros == nil {
		o.Macros = DefaultMacros()
	}
	if err := checkMacros(o.Macros); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Listen == nil {
		o.Listen = Listen
	}
	o.Listeners = slices.Clone(o.Listeners)
	for i := range o.Listeners {
		if l := &o.Listeners[i]; l.Name == "" {
			l.Name = l.Address
		}
	}
	s := &Server{
		opts: o, timeouts: o.Timeouts.orDefault(), log: o.Logger,
		slots:    make(chan struct{}, o.MaxConns),
		stopping: make(chan struct{}), empty: make(chan struct{}),
		conns: map[*conn]struct{}{}, refusals: map[string]bool{}, grants: map[grant]bool{},
	}
	s.hooks = &s.opts.Hooks
	s.sampled = o.Logger.WithOptions(zap.WrapCore(func(c zapcore.Core) zapcore.Core {
		return zapcore.NewSamplerWithOptions(c, time.Minute, 5, 1000)
	}))
	s.ctx, s.cancel = context.WithCancel(context.Background())
	return s, nil
}

// Listen opens all listeners, or none.
func (s *Server) Listen(ctx context.Context) error {
	var open []bound
	for _, l := range s.opts.Listeners {
		n, err := s.opts.Listen(ctx, l)
		if err != nil {
			for _, b := range open {
				_ = b.Close()
			}
			return fmt.Errorf("milter: listen on %s: %w", l.Name, err)
		}
		open = append(open, bound{n, l})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped || s.listeners != nil {
		for _, b := range open {
			_ = b.Close()
		}
		return errors.New("milter: server was started or stopped before")
	}
	s.listeners = open
	return nil
}

// Addrs gives the addresses listened on, in the order of Options.Listeners.
func (s *Server) Addrs() []net.Addr {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := make([]net.Addr, len(s.listeners))
	for i, l := range s.listeners {
		out[i] = l.Addr()
	}
	return out
}

// Serve accepts connections until Shutdown; then it returns nil. If ctx ends
// before, all connections are closed at once.
func (s *Server) Serve(ctx context.Context) error {
	s.mu.Lock()
	listeners := s.listeners
	s.mu.Unlock()
	if len(listeners) == 0 {
		return errors.New("milter: Serve before Listen")
	}
	stop := context.AfterFunc(ctx, func() {
		done, cancel := context.WithCancel(context.Background())
		cancel()
		_ = s.Shutdown(done)
	})
	defer stop()
	errs := make([]error, len(listeners))
	var wg sync.WaitGroup
	for i, l := range listeners {
		wg.Go(func() { errs[i] = s.accept(l) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// Start is Listen, then Serve in the background. What Serve returns comes
// from the channel.
func (s *Server) Start(ctx context.Context) (<-chan error, error) {
	if err := s.Listen(ctx); err != nil {
		return nil, err
	}
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx) }()
	return done, nil
}

// Shutdown stops accepting, lets each connection finish its message in hand
// and wait a moment for QUIT, and closes what is left when ctx ends. It gives
// ctx's error then. It waits for sessions to return, after ctx's end not
// longer than Timeouts.Grace.
func (s *Server) Shutdown(ctx context.Context) error {
	s.stop()
	idle := make(chan struct{})
	go func() {
		<-s.empty
		s.judging.Wait()
		close(idle)
	}()
	select {
	case <-idle:
		s.cancel()
		return nil
	case <-ctx.Done():
	}
	s.cancel()
	s.mu.Lock()
	for c := range s.conns {
		c.kill()
	}
	s.mu.Unlock()
	grace := time.NewTimer(s.timeouts.Grace)
	defer grace.Stop()
	select {
	case <-idle:
	case <-grace.C:
	}
	return ctx.Err()
}

// stop closes the listeners and sets the connections draining.
func (s *Server) stop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped {
		return
	}
	s.stopped = true
	close(s.stopping)
	for _, l := range s.listeners {
		_ = l.Close()
	}
	for c := range s.conns {
		c.drain()
	}
	s.checkEmpty()
}

// checkEmpty is called with mu held.
func (s *Server) checkEmpty() {
	if s.stopped && !s.emptied && len(s.conns) == 0 {
		s.emptied = true
		close(s.empty)
	}
}

// Open is the number of connections being served.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

func (s *Server) newID() string { return strconv.FormatUint(s.ids.Add(1), 36) }

// notGranted logs an action that rules need and the MTA does not grant, once.
func (s *Server) notGranted(err error) {
	s.mu.Lock()
	known := s.refusals[err.Error()]
	if len(s.refusals) < 100 {
		s.refusals[err.Error()] = true
	}
	s.mu.Unlock()
	if !known {
		s.log.Error("the MTA does not allow an edit that policy needs: messages are answered with tempfail", zap.Error(err))
	}
}

// noteGrant logs each kind of MTA once.
func (s *Server) noteGrant(g grant) {
	s.mu.Lock()
	known := s.grants[g] || len(s.grants) >= 20
	if !known {
		s.grants[g] = true
	}
	s.mu.Unlock()
	if known {
		return
	}
	s.log.Info("milter options negotiated", zap.Uint32("version", g.version),
		zap.Uint32("actions", uint32(g.actions)), zap.Uint32("protocol", g.protocol),
		zap.Uint32("actions_missing", uint32(s.opts.Actions&^g.actions)))
}
