// Package filter is a message's way through the daemon: it collects what the
// MTA tells (envelope, header fields, body) into a message, has the pipeline
// judge it under limits of time and concurrency, makes the decision durable
// and gives the answer. It knows the milter events but no protocol, and
// decides nothing itself but the fail mode: the answer when a failure of our
// own (panic, time, overload, spool, store) stands in the way.
//
// Every path ends in exactly one answer, one decision record if the store can
// take it, one log line and one Event.
package filter

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
	"golang.org/x/sync/semaphore"

	"labelmilter/internal/authres"
	"labelmilter/internal/budget"
	"labelmilter/internal/directory"
	"labelmilter/internal/enforce"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
)

// Process judges a message: Process of a *pipeline.Pipeline.
type Process func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result

// Settings are everything that a reload may change. They are immutable; a
// message keeps those it began with.
type Settings struct {
	Process Process
	// Compose gives the notices that a message calls for; nil if none are sent.
	Compose  func(r pipeline.Result, at time.Time) []enforce.Notice
	Site     *policy.Organisation
	Digest   string // of the rule set
	Limits   budget.Limits
	SpoolDir string // "" = the system's temporary folder
	Fail     FailModes
	// Verifiers are whose Authentication-Results are believed.
	Verifiers authres.Verifiers
	// Needs is what the rules want to know beside the message.
	Needs policy.Needs
	// Directory is asked for people of the organisation, nil for none.
	Directory Directory
	Simulate  bool // no fail mode refuses; the pipeline does its part itself
	// Timeout bounds judging, the net below all counted limits; 0 =
	// DefaultTimeout. QueueWait bounds waiting for a turn; 0 = DefaultQueueWait.
	Timeout, QueueWait time.Duration
}

// Defaults that leave room below the patience of the MTAs and their clients:
// Postfix's milter_content_timeout is 300 s, and RFC 5321 4.5.3.2.6 has
// clients wait ten minutes.
const (
	DefaultTimeout   = 60 * time.Second
	DefaultQueueWait = 30 * time.Second
)

// Enforcer makes decisions durable. *enforce.Enforcer is one.
type Enforcer interface {
	Intent(ctx context.Context, in enforce.Intent) (enforce.Ticket, error)
	Outcome(ctx context.Context, t enforce.Ticket, sent error)
	FailureSeen(ctx context.Context, digest string) (int, error)
	ThreadFloor(ctx context.Context, ids []string, now time.Time) facts.Fact
	Grant(ctx context.Context, token string) facts.Fact
	Own(ctx context.Context, m *message.Message, now time.Time) bool
	History(ctx context.Context, needs policy.Needs, from string, to, thread []string, now time.Time) map[string]facts.Fact
}

// Directory knows people. *ldap.Client is one.
type Directory interface {
	// People gives what is known of mailboxes, in their order.
	People(ctx context.Context, boxes, attributes []string) []directory.Answer
}

var _ Enforcer = (*enforce.Enforcer)(nil)

// Options of a Filter. Current and Enforcer are needed.
type Options struct {
	Current  func() *Settings // never nil; read once per message at MAIL FROM
	Enforcer Enforcer
	Now      func() time.Time // nil = time.Now
	Logger   *zap.Logger      // nil = none
	// Concurrency is how many messages of ordinary size are judged at once;
	// a large one counts for several. 0 = one per processor.
	Concurrency int
	// Listeners says what is known of mail by the name of the listener.
	Listeners map[string]Listener
	// Observe is told of each message answered; it must be quick and safe
	// for concurrent use. nil = none.
	Observe func(Event)
}

// Listener is what a listener says about its mail.
type Listener struct {
	Direction message.Direction // "" to be derived
	Local     bool              // locally submitted mail only
}

// Filter makes sessions. It is a milter.Handler.
type Filter struct {
	o       Options
	log     *zap.Logger
	slots   *semaphore.Weighted
	size    int64
	waiting atomic.Int64
	judging sync.WaitGroup
	jobs    chan func()   // to goroutines that have judged before
	idle    atomic.Int64  // how many of them wait
	ended   chan struct{} // closed by Wait
	end     sync.Once
}

var _ milter.Handler = (*Filter)(nil)

// New gives a ready filter.
func New(o Options) *Filter {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
	if o.Concurrency <= 0 {
		o.Concurrency = runtime.GOMAXPROCS(0)
	}
	if o.Observe == nil {
		o.Observe = func(Event) {}
	}
	return &Filter{o: o, log: o.Logger, slots: semaphore.NewWeighted(int64(o.Concurrency)), size: int64(o.Concurrency),
		jobs: make(chan func()), ended: make(chan struct{})}
}

// NewSession implements milter.Handler.
func (f *Filter) NewSession(c milter.Conn) milter.Session {
	return &session{f: f, conn: c, listener: f.o.Listeners[c.Listener.Name]}
}

// Waiting is the number of messages that wait for their turn to be judged.
func (f *Filter) Waiting() int { return int(f.waiting.Load()) }

// Wait waits for judgements that outlived their messages. Call it when no
// session is left.
func (f *Filter) Wait(ctx context.Context) error {
	f.end.Do(func() { close(f.ended) })
	done := make(chan struct{})
	go func() { f.judging.Wait(); close(done) }()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
