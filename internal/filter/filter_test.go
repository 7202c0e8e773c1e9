package filter

import (
	"bytes"
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"labelmilter/internal/budget"
	"labelmilter/internal/enforce"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// recorder is an Enforcer that keeps what it is told.
type recorder struct {
	mu       sync.Mutex
	intents  []enforce.Intent
	outcomes []error
	failures map[string]int
	err      error // of Intent and FailureSeen
}

func (r *recorder) Intent(_ context.Context, in enforce.Intent) (enforce.Ticket, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return enforce.Ticket{}, r.err
	}
	r.intents = append(r.intents, in)
	return enforce.Ticket{}, nil
}

func (r *recorder) Outcome(_ context.Context, _ enforce.Ticket, sent error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.outcomes = append(r.outcomes, sent)
}

func (r *recorder) History(context.Context, policy.Needs, string, []string, []string, time.Time) map[string]facts.Fact {
	return nil
}
func (r *recorder) Grant(context.Context, string) facts.Fact { return facts.Fact{State: facts.Absent} }

func (r *recorder) FailureSeen(_ context.Context, digest string) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return 0, r.err
	}
	if r.failures == nil {
		r.failures = map[string]int{}
	}
	r.failures[digest]++
	return r.failures[digest], nil
}

// bench is a filter with everything around it in sight.
type bench struct {
	*Filter
	rec    *recorder
	set    *Settings
	events []Event
	log    *bytes.Buffer
	mu     sync.Mutex
}

func newBench(t testing.TB, p Process, change func(*Settings, *Options)) *bench {
	t.Helper()
	b := &bench{rec: &recorder{}, log: &bytes.Buffer{}}
	b.set = &Settings{Process: p, Site: &policy.Organisation{Domains: []string{"agency.gov.au"}}, Digest: "sha256:0123456789abcdef0123",
		Limits: budget.Default(), SpoolDir: t.TempDir()}
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(b.log), zap.DebugLevel)
	o := Options{Current: func() *Settings { return b.set }, Enforcer: b.rec, Logger: zap.New(core), Concurrency: 2,
		Now: func() time.Time { return time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC) },
		Observe: func(e Event) {
			b.mu.Lock()
			defer b.mu.Unlock()
			b.events = append(b.events, e)
		}}
	if change != nil {
		change(b.set, &o)
	}
	b.Filter = New(o)
	return b
}

// accept is a pipeline that lets everything pass.
func accept(_ context.Context, m *message.Message, f facts.Facts) pipeline.Result {
	var r pipeline.Result
	r.MessageID, r.Direction, r.Outcome = m.MessageID(), "inbound", label.None
	r.Envelope.MailFrom, r.Envelope.RcptTo = m.Envelope.MailFrom, m.Envelope.RcptTo
	r.Verdict.Disposition = verdict.Accept
	r.Plan = plan.Plan{Verdict: verdict.Verdict{Disposition: verdict.Accept}, Modifications: []verdict.Modification{}}
	r.Digests.Message = m.Digest
	return r
}

var bg = context.Background()

func (b *bench) session(c milter.Connect) milter.Session {
	s := b.NewSession(milter.Conn{ID: "s1", Listener: milter.Listener{Name: "in", Address: "/run/in.sock"}})
	s.Connect(bg, c, nil)
	s.Helo(bg, "client.example", nil)
	return s
}

var remote = milter.Connect{Host: "client.example", Family: '4', Port: 4711, Addr: "192.0.2.1"}

// feed sends a message up to end of message.
func feed(s milter.Session, from string, header [][2]string, body string) {
	s.MailFrom(bg, from, []string{"SIZE=10"}, nil)
	s.RcptTo(bg, "bob@agency.gov.au", nil, nil)
	for _, h := range header {
		s.Header(bg, h[0], h[1], nil)
	}
	s.EndOfHeaders(bg, nil)
	if body != "" {
		s.Body(bg, []byte(body), nil)
	}
}

func (b *bench) run(header ...[2]string) milter.Final {
	s := b.session(remote)
	feed(s, "alice@x.example", header, "hello\r\n")
	f := s.EndOfMessage(bg, milter.Macros{"i": "4gQ"})
	s.Sent(nil)
	s.Close()
	return f
}

func TestEnvelope(t *testing.T) {
	t.Parallel()
	var got []message.Envelope
	var bodies []string
	b := newBench(t, func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
		got = append(got, m.Envelope)
		bodies = append(bodies, string(m.Body))
		return accept(ctx, m, f)
	}, func(_ *Settings, o *Options) { o.Listeners = map[string]Listener{"in": {Direction: message.Internal}} })
	s := b.session(remote)
	for i, from := range []string{"a@x.example", "", "c@x.example"} {
		s.MailFrom(bg, from, []string{"SIZE=10"}, nil)
		s.RcptTo(bg, "one@agency.gov.au", []string{"NOTIFY=NEVER"}, nil)
		if i == 1 {
			s.RcptTo(bg, "two@agency.gov.au", nil, nil)
		}
		s.Header(bg, "Subject", " hi", nil)
		s.EndOfHeaders(bg, nil)
		s.Body(bg, []byte("part one\r"), nil)
		s.Body(bg, []byte("\npart two\r\n"), nil)
		m := milter.Macros{"i": "Q"}
		if i == 2 {
			m["auth_authen"], m["tls_version"] = "carol", "TLSv1.3"
		}
		s.EndOfMessage(bg, m)
		s.Sent(nil)
		s.Abort()
		s.Abort()
	}
	s.Close()
	base := message.Envelope{MailArgs: []string{"SIZE=10"}, ClientIP: "192.0.2.1", ClientName: "client.example", Helo: "client.example",
		QueueID: "Q", Listener: "/run/in.sock", Direction: message.Internal, Macros: map[string]string{"i": "Q"},
		RcptTo: []string{"one@agency.gov.au"}, RcptArgs: [][]string{{"NOTIFY=NEVER"}}}
	first, second, third := base, base, base
	first.MailFrom = "a@x.example"
	second.RcptTo, second.RcptArgs = []string{"one@agency.gov.au", "two@agency.gov.au"}, [][]string{{"NOTIFY=NEVER"}, nil}
	third.MailFrom, third.AuthUser, third.TLS = "c@x.example", "carol", "TLSv1.3"
	third.Macros = map[string]string{"i": "Q", "auth_authen": "carol", "tls_version": "TLSv1.3"}
	if d := cmp.Diff([]message.Envelope{first, second, third}, got); d != "" {
		t.Error(d)
	}
	for _, body := range bodies {
		if body != "part one\r\npart two\r\n" {
			t.Errorf("body %q", body)
		}
	}
}

func TestLocal(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name           string
		c              milter.Connect
		want, declared bool // on any listener, on one declared local
	}{
		{"sendmail(1) through Postfix", milter.Connect{Host: "localhost", Family: '4', Addr: "127.0.0.1"}, true, true},
		{"the same over IPv6", milter.Connect{Host: "localhost", Family: '6', Addr: "::1"}, true, true},
		{"SMTP from this machine", milter.Connect{Host: "localhost", Family: '4', Addr: "127.0.0.1", Port: 40000}, false, true},
		{"remote", remote, false, false},
		{"remote that calls itself localhost", milter.Connect{Host: "localhost", Family: '4', Addr: "192.0.2.1"}, false, false},
		{"unix socket", milter.Connect{Host: "localhost", Family: 'L', Addr: "/run/x"}, true, true},
		{"unknown", milter.Connect{Host: "unknown", Family: 'U'}, false, true},
		{"garbage", milter.Connect{Host: "localhost", Family: '4', Addr: "127.0.0.1\x00"}, false, false},
		{"nothing", milter.Connect{}, false, true},
	} {
		if got := local(tt.c, false); got != tt.want {
			t.Errorf("%s: got %v, want %v", tt.name, got, tt.want)
		}
		if got := local(tt.c, true); got != tt.declared {
			t.Errorf("%s, declared: got %v, want %v", tt.name, got, tt.declared)
		}
	}
}

// Nobody waits for an answer: nothing is decided, counted or recorded.
func TestGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(bg)
	b := newBench(t, func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
		cancel()
		<-ctx.Done()
		return accept(ctx, m, f)
	}, nil)
	s := b.session(remote)
	feed(s, "a@x.example", nil, "x")
	if f := s.EndOfMessage(ctx, nil); f.Verdict.Disposition != verdict.TempFail {
		t.Errorf("got %s", f.Verdict.Disposition)
	}
	s.Sent(errors.New("closed"))
	if err := b.Wait(bg); err != nil {
		t.Fatal(err)
	}
	if len(b.rec.intents) != 0 || len(b.rec.failures) != 0 || len(b.events) != 1 || !b.events[0].Gone {
		t.Errorf("intents %v, failures %v, events %+v", b.rec.intents, b.rec.failures, b.events)
	}
}

// A reload between MAIL FROM and end of message does not concern the message.
func TestSnapshot(t *testing.T) {
	t.Parallel()
	b := newBench(t, accept, nil)
	s := b.session(remote)
	feed(s, "a@x.example", nil, "x")
	b.set = &Settings{Process: func(context.Context, *message.Message, facts.Facts) pipeline.Result { panic("new") }, Site: &policy.Organisation{},
		Limits: budget.Default()}
	if f := s.EndOfMessage(bg, nil); f.Verdict.Disposition != verdict.Accept {
		t.Errorf("got %s, want the old settings' accept", f.Verdict.Disposition)
	}
	s.Sent(nil)
	feed(s, "a@x.example", nil, "x")
	if f := s.EndOfMessage(bg, nil); f.Verdict.Disposition != verdict.TempFail {
		t.Errorf("got %s, want the new settings' tempfail", f.Verdict.Disposition)
	}
}

// Forged fields beyond the header limit, which the plan does not see, go too.
func TestForgedBeyondHeaderLimit(t *testing.T) {
	t.Parallel()
	b := newBench(t, accept, func(s *Settings, _ *Options) { s.Limits.HeaderBytes = 500 })
	f := b.run([2]string{"X-Sensitivity-Label", " seen"}, [2]string{"X-Filler", " " + strings.Repeat("x", 480)},
		[2]string{"X-Sensitivity-Label", " hidden"}, [2]string{"X-Sensitivity-Label", " hidden"})
	want := []verdict.Modification{{Op: verdict.DeleteHeader, Index: 3, Name: "X-Sensitivity-Label"}, {Op: verdict.DeleteHeader, Index: 2, Name: "X-Sensitivity-Label"}}
	if d := cmp.Diff(want, f.Modifications); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff(want, b.rec.intents[0].Result.Modifications); d != "" {
		t.Errorf("record: %s", d)
	}
}

// A panic in what is no pipeline is answered by the fail mode as well.
func TestPanicElsewhere(t *testing.T) {
	t.Parallel()
	b := newBench(t, accept, func(_ *Settings, o *Options) { o.Enforcer = bomb{} })
	s := b.session(remote)
	feed(s, "a@x.example", nil, "x")
	if f := s.EndOfMessage(bg, nil); f.Verdict.Disposition != verdict.TempFail {
		t.Errorf("got %s", f.Verdict.Disposition)
	}
	if len(b.log.Bytes()) == 0 || strings.Contains(b.log.String(), "canary") {
		t.Errorf("log %s", b.log)
	}
	if f := b.OnPanic("body", "canary"); f.Verdict.Disposition != verdict.TempFail {
		t.Errorf("OnPanic gives %s", f.Verdict.Disposition)
	}
}

type bomb struct{}

func (bomb) Intent(context.Context, enforce.Intent) (enforce.Ticket, error) { panic("canary") }
func (bomb) Outcome(context.Context, enforce.Ticket, error)                 {}
func (bomb) History(context.Context, policy.Needs, string, []string, []string, time.Time) map[string]facts.Fact {
	return nil
}
func (bomb) FailureSeen(context.Context, string) (int, error) { return 0, nil }

func TestEventClean(t *testing.T) {
	t.Parallel()
	b := newBench(t, accept, nil)
	b.run([2]string{"Message-ID", " <\x1b[31m\n\tevil\"é" + strings.Repeat("x", 500) + "@x>"})
	e := b.events[0]
	if len(e.MessageID) > 200 || strings.ContainsFunc(e.MessageID, func(r rune) bool { return r < ' ' || r > '~' }) {
		t.Errorf("message id %q", e.MessageID)
	}
	if e.SenderDomain != "x.example" || e.Recipients != 1 || e.SendError != nil {
		t.Errorf("event %+v", e)
	}
	for _, want := range []string{`"ruleset":"`, `"answer":"sent"`, `"duration_ms":`} {
		if !strings.Contains(b.log.String(), want) {
			t.Errorf("log without %s: %s", want, b.log)
		}
	}
}

// Bodies larger than what is kept in memory leave no file behind.
func TestAbortDropsSpool(t *testing.T) {
	t.Parallel()
	b := newBench(t, accept, func(s *Settings, _ *Options) { s.Limits.SpoolAbove = 10 })
	s := b.session(remote)
	feed(s, "a@x.example", nil, strings.Repeat("x", 1000))
	s.Abort()
	s.Abort()
	if f := s.EndOfMessage(bg, nil); f.Verdict.Disposition != verdict.TempFail {
		t.Errorf("end of message without a message: %s", f.Verdict.Disposition)
	}
	s.Close()
	if left, err := os.ReadDir(b.set.SpoolDir); err != nil || len(left) != 0 {
		t.Errorf("left: %v, %v", left, err)
	}
}

func (r *recorder) Own(context.Context, *message.Message, time.Time) bool { return false }
