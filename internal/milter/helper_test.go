package milter

import (
	"context"
	"fmt"
	"maps"
	"net"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/verdict"
)

var accept = Final{Verdict: verdict.Verdict{Disposition: verdict.Accept}}

// recorder is a Handler whose sessions write down what they get and answer
// as the functions say; nil ones go on or accept.
type recorder struct {
	connect func(Connect) Answer
	helo    func(string) Answer
	mail    func(string) Answer
	rcpt    func(string) Answer
	header  func(name, raw string) Answer
	eoh     func() Answer
	body    func([]byte) Answer
	eom     func(context.Context, *recording) Final
	abort   func()
	quiet   bool // write nothing down

	mu     sync.Mutex
	events []string
	sent   []error
	open   int
}

func (r *recorder) note(format string, args ...any) {
	if r.quiet {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, fmt.Sprintf(format, args...))
}

// take gives the events so far and forgets them.
func (r *recorder) take() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.events
	r.events = nil
	return e
}

func (r *recorder) sends() []error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.sent)
}

func (r *recorder) opened() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.open
}

func (r *recorder) NewSession(Conn) Session {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.open++
	return &recording{r: r}
}

// recording is one session with the message in hand.
type recording struct {
	r      *recorder
	header []string
	body   []byte
	rcpts  []string
	macros Macros // at end of message
}

func show(m Macros) string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(m)) {
		fmt.Fprintf(&b, " %s=%s", k, m[k])
	}
	return b.String()
}

func (s *recording) Connect(_ context.Context, c Connect, m Macros) Answer {
	s.r.note("connect %s %c %d %s%s", c.Host, c.Family, c.Port, c.Addr, show(m))
	return ask(s.r.connect, c)
}

func (s *recording) Helo(_ context.Context, n string, m Macros) Answer {
	s.r.note("helo %s%s", n, show(m))
	return ask(s.r.helo, n)
}

func (s *recording) MailFrom(_ context.Context, a string, args []string, m Macros) Answer {
	s.header, s.body, s.rcpts = nil, nil, nil
	s.r.note("mail %s%q%s", a, args, show(m))
	return ask(s.r.mail, a)
}

func (s *recording) RcptTo(_ context.Context, a string, args []string, m Macros) Answer {
	s.r.note("rcpt %s%q%s", a, args, show(m))
	ans := ask(s.r.rcpt, a)
	if ans.Kind == Continue {
		s.rcpts = append(s.rcpts, a)
	}
	return ans
}

func (s *recording) Header(_ context.Context, name, raw string, m Macros) Answer {
	s.header = append(s.header, name+":"+raw)
	s.r.note("header %s:%q%s", name, raw, show(m))
	if s.r.header == nil {
		return Answer{}
	}
	return s.r.header(name, raw)
}

func (s *recording) EndOfHeaders(_ context.Context, m Macros) Answer {
	s.r.note("eoh%s", show(m))
	if s.r.eoh == nil {
		return Answer{}
	}
	return s.r.eoh()
}

func (s *recording) Body(_ context.Context, chunk []byte, m Macros) Answer {
	s.body = append(s.body, chunk...)
	s.r.note("body %d", len(chunk))
	if s.r.body == nil {
		return Answer{}
	}
	return s.r.body(chunk)
}

func (s *recording) EndOfMessage(ctx context.Context, m Macros) Final {
	s.r.note("eom%s", show(m))
	s.macros = m
	if s.r.eom == nil {
		return accept
	}
	return s.r.eom(ctx, s)
}

func (s *recording) Sent(err error) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.sent = append(s.r.sent, err)
}

func (s *recording) Abort() {
	s.r.note("abort")
	if s.r.abort != nil {
		s.r.abort()
	}
}

func (s *recording) Close() {
	s.r.note("close")
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.open--
}

func ask[T any](f func(T) Answer, v T) Answer {
	if f == nil {
		return Answer{}
	}
	return f(v)
}

// quick are timeouts for tests: long enough never to matter by accident.
func quick() Timeouts {
	return Timeouts{Idle: time.Minute, Frame: 20 * time.Second, Write: 20 * time.Second,
		ProgressFirst: 20 * time.Second, ProgressEvery: 20 * time.Second,
		Message: 20 * time.Second, Grace: 20 * time.Second, Quit: 20 * time.Second}
}

// serve starts a server on a unix socket (or as o says) and checks at the end
// of the test that it stops and nothing is left open.
func serve(t testing.TB, r *recorder, change ...func(*Options)) (*Server, *observer.ObservedLogs) {
	t.Helper()
	core, logs := observer.New(zap.DebugLevel)
	o := Options{Handler: r, Timeouts: quick(), Logger: zap.New(core),
		Listeners: []Listener{{Network: "unix", Address: filepath.Join(t.TempDir(), "m.sock"), Name: "test"}}}
	for _, f := range change {
		f(&o)
	}
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	done, err := s.Start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_ = s.Shutdown(ctx)
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
		eventually(t, "every connection and session is closed", func() bool { return s.Open() == 0 && r.opened() == 0 })
	})
	return s, logs
}

func dial(t testing.TB, s *Server) *miltertest.Client {
	t.Helper()
	c, err := miltertest.Dial(s.Addrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// open dials, negotiates and starts an SMTP session.
func open(t testing.TB, s *Server) *miltertest.Client {
	t.Helper()
	c := dial(t, s)
	must(t, c.Negotiate())
	must(t, c.Session())
	return c
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func send(t testing.TB, c *miltertest.Client, m miltertest.Message) miltertest.Result {
	t.Helper()
	r, err := c.Send(m)
	must(t, err)
	return r
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within ten seconds: %s", what)
		}
	}
}

// texts gives packets as strings, to compare.
func texts(ps []miltertest.Packet) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}

// pipe is a connection to a server without a listener.
func pipe(s *Server) net.Conn {
	near, far := net.Pipe()
	s.slots <- struct{}{}
	s.serve(far, s.opts.Listeners[0])
	return near
}

func simple(n string) miltertest.Message {
	return miltertest.Message{From: "<a@" + n + ".example>", To: []string{"<b@example>"},
		Header: [][2]string{{"Subject", " " + n}}, Body: []byte("body " + n + "\r\n"),
		Macros: map[byte][]string{'M': {"i", n}}}
}

// list collects from several goroutines.
type list[T any] struct {
	mu sync.Mutex
	v  []T
}

func (l *list[T]) add(v T) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.v = append(l.v, v)
}

func (l *list[T]) get() []T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.v)
}
