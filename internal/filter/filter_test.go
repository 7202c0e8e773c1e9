package filter

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
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

func newBench(t *testing.T, p Process, change func(*Settings, *Options)) *bench {
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

func TestFailModes(t *testing.T) {
	t.Parallel()
	panics := func(context.Context, *message.Message, facts.Facts) pipeline.Result { panic("canary-in-panic") }
	for _, tt := range []struct {
		name     string
		process  Process
		change   func(*Settings, *Options)
		store    error
		header   [][2]string
		from     string
		want     verdict.Disposition
		reply    string
		mods     []verdict.Modification
		why      Why
		recorded bool
	}{
		{name: "panic", process: panics, want: verdict.TempFail, reply: "451 4.3.0 message cannot be inspected now, try again later",
			why: WhyPanic, recorded: true},
		{name: "reject", process: panics, change: func(s *Settings, _ *Options) { s.Fail.Inbound = verdict.Reject }, want: verdict.Reject,
			reply: "554 5.3.0 message cannot be inspected", why: WhyPanic, recorded: true},
		{name: "reject does not touch a bounce", process: panics, from: "<>", change: func(s *Settings, _ *Options) { s.Fail.Inbound = verdict.Reject },
			want: verdict.TempFail, reply: "451 4.3.0 message cannot be inspected now, try again later", why: WhyPanic, recorded: true},
		{name: "accept", process: panics, change: func(s *Settings, _ *Options) { s.Fail.Inbound = verdict.Accept }, want: verdict.Accept,
			header: [][2]string{{"X-Sensitivity-Label", " forged"}, {"x-labelmilter-inspection", " forged"}, {"X-SENSITIVITY-LABEL ", " forged"}},
			mods: []verdict.Modification{{Op: verdict.DeleteHeader, Index: 2, Name: "X-Sensitivity-Label"},
				{Op: verdict.DeleteHeader, Index: 1, Name: "X-Sensitivity-Label"}, {Op: verdict.DeleteHeader, Index: 1, Name: "X-Labelmilter-Inspection"},
				{Op: verdict.InsertHeader, Name: "X-Labelmilter-Inspection", Value: "incomplete; reason=extractor-failed"}},
			why: WhyPanic, recorded: true},
		{name: "direction decides", process: panics, change: func(s *Settings, o *Options) {
			s.Fail = FailModes{Inbound: verdict.Accept, Outbound: verdict.Reject}
			o.Listeners = map[string]Listener{"in": {Direction: message.Outbound}}
		}, want: verdict.Reject, reply: "554 5.3.0 message cannot be inspected", why: WhyPanic, recorded: true},
		{name: "simulate accepts", process: panics, change: func(s *Settings, _ *Options) { s.Simulate, s.Fail.Inbound = true, verdict.Reject },
			header: [][2]string{{"X-Sensitivity-Label", " forged"}}, want: verdict.Accept, why: WhyPanic, recorded: true},
		{name: "time", process: func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
			<-ctx.Done()
			time.Sleep(10 * time.Millisecond)
			return accept(ctx, m, f)
		}, change: func(s *Settings, _ *Options) { s.Timeout = 10 * time.Millisecond }, want: verdict.TempFail,
			reply: "451 4.3.0 message cannot be inspected now, try again later", why: WhyTime, recorded: true},
		{name: "store", process: accept, store: errors.New("disk full"), want: verdict.TempFail,
			reply: "451 4.3.0 message cannot be inspected now, try again later", why: WhyStore},
		{name: "store, simulated", process: accept, store: errors.New("disk full"), change: func(s *Settings, _ *Options) { s.Simulate = true },
			want: verdict.Accept, why: WhyStore},
		{name: "spool", process: accept, change: func(s *Settings, _ *Options) { s.SpoolDir += "/missing"; s.Limits.SpoolAbove = 1 },
			want: verdict.TempFail, reply: "451 4.3.0 message cannot be inspected now, try again later", why: WhySpool, recorded: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, tt.process, tt.change)
			b.rec.err = tt.store
			s := b.session(remote)
			from := "alice@x.example"
			if tt.from != "" {
				from = strings.Trim(tt.from, "<>")
			}
			feed(s, from, append(tt.header, [2]string{"Subject", " canary-subject"}), "canary-body\r\n")
			f := s.EndOfMessage(bg, milter.Macros{"i": "4gQ"})
			s.Sent(nil)
			if f.Verdict.Disposition != tt.want || f.Verdict.Reply.String() != tt.reply {
				t.Errorf("got %s %q, want %s %q", f.Verdict.Disposition, f.Verdict.Reply, tt.want, tt.reply)
			}
			if d := cmp.Diff(tt.mods, f.Modifications); d != "" && len(tt.mods)+len(f.Modifications) > 0 {
				t.Error(d)
			}
			if len(b.events) != 1 || b.events[0].Fail != tt.why || b.events[0].Verdict != tt.want {
				t.Errorf("events %+v", b.events)
			}
			if got := len(b.rec.intents) == 1; got != tt.recorded {
				t.Fatalf("recorded: %v, want %v", got, tt.recorded)
			}
			if tt.recorded {
				in := b.rec.intents[0]
				if in.Fail != string(tt.why) || in.Result.Verdict.Disposition != tt.want || in.Result.Inspection.Complete || in.Result.Inspection.Deterministic {
					t.Errorf("intent %+v", in)
				}
				if data, err := in.Result.JSON(); err != nil || bytes.Contains(data, []byte("null,")) && !bytes.Contains(data, []byte(`"label":null`)) {
					t.Errorf("record %s, %v", data, err)
				}
			}
			if err := b.Wait(bg); err != nil {
				t.Error(err)
			}
			if strings.Contains(b.log.String(), "canary") || strings.Contains(b.log.String(), "alice") {
				t.Errorf("content in the log: %s", b.log)
			}
			if n := strings.Count(b.log.String(), `"msg":"message"`); n != 1 {
				t.Errorf("%d log lines for the message: %s", n, b.log)
			}
		})
	}
}

// The third time within a day a message is quarantined, with an incident.
func TestPoison(t *testing.T) {
	t.Parallel()
	b := newBench(t, func(context.Context, *message.Message, facts.Facts) pipeline.Result { panic("x") }, nil)
	for i, want := range []verdict.Disposition{verdict.TempFail, verdict.TempFail, verdict.Quarantine, verdict.Quarantine} {
		f := b.run([2]string{"Subject", " x"}, [2]string{"X-Labelmilter-Reason", " forged"})
		if f.Verdict.Disposition != want {
			t.Errorf("time %d: got %s, want %s", i+1, f.Verdict.Disposition, want)
		}
		if want != verdict.Quarantine {
			continue
		}
		if len(f.Modifications) != 2 || f.Modifications[0].Op != verdict.DeleteHeader || !strings.HasPrefix(f.Modifications[1].Value, "fail/poison; id=") ||
			len(f.Modifications[1].Value) != len("fail/poison; id=")+16 || f.Verdict.Reason == "" {
			t.Errorf("final %+v", f)
		}
		in := b.rec.intents[i].Result
		if in.Verdict.WinningRule != "fail/poison" || len(in.Effects) != 1 || in.Effects[0].Type != "incident" {
			t.Errorf("record %+v", in)
		}
	}
	if f := b.run([2]string{"Subject", " another"}); f.Verdict.Disposition != verdict.TempFail {
		t.Errorf("another message: got %s", f.Verdict.Disposition)
	}
}

// Overload and a failing store say nothing about a message.
func TestOutageIsNoPoison(t *testing.T) {
	t.Parallel()
	hold := make(chan struct{})
	held := make(chan struct{}, 1)
	b := newBench(t, func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
		held <- struct{}{}
		<-hold
		return accept(ctx, m, f)
	}, func(s *Settings, o *Options) { o.Concurrency, s.QueueWait = 1, 5*time.Millisecond })
	go b.run([2]string{"Subject", " first"})
	<-held
	for range 4 {
		if f := b.run(); f.Verdict.Disposition != verdict.TempFail {
			t.Fatalf("got %s, want tempfail", f.Verdict.Disposition)
		}
	}
	b.mu.Lock()
	for _, e := range b.events {
		if e.Fail != WhyOverload {
			t.Errorf("fail %q, want overload", e.Fail)
		}
	}
	b.mu.Unlock()
	close(hold)
	if err := b.Wait(bg); err != nil || b.Waiting() != 0 {
		t.Errorf("%v, %d waiting", err, b.Waiting())
	}
	if len(b.rec.failures) != 0 {
		t.Errorf("failures counted: %v", b.rec.failures)
	}
}

// A message that goes on being judged after its time keeps its slot and its
// spool until it is done.
func TestOverrunKeepsSlotAndSpool(t *testing.T) {
	t.Parallel()
	hold, read := make(chan struct{}), make(chan byte, 1)
	b := newBench(t, func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
		<-hold
		read <- m.Body[len(m.Body)-3] // mapped: gone if somebody closed it
		return accept(ctx, m, f)
	}, func(s *Settings, o *Options) {
		s.Limits.SpoolAbove, s.Timeout, s.QueueWait, o.Concurrency = 1, 10*time.Millisecond, 10*time.Millisecond, 1
	})
	b.run()
	b.run()
	if len(b.events) != 2 || b.events[0].Fail != WhyTime || b.events[1].Fail != WhyOverload {
		t.Errorf("events %+v", b.events)
	}
	close(hold)
	if got := <-read; got != 'o' {
		t.Errorf("read %q", got)
	}
	if err := b.Wait(bg); err != nil {
		t.Fatal(err)
	}
	if left, err := filepath.Glob(filepath.Join(b.set.SpoolDir, "*")); err != nil || len(left) != 0 {
		t.Errorf("left in the spool folder: %v, %v", left, err)
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
func (bomb) FailureSeen(context.Context, string) (int, error)               { return 0, nil }

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
