package filter

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/verdict"
)

func TestFailModes(t *testing.T) {
	t.Parallel()
	panics := func(context.Context, *message.Message, facts.Facts) pipeline.Result { panic("canary-in-panic") }
	release := make(chan struct{})
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
			<-release
			return accept(ctx, m, f)
		}, change: func(s *Settings, _ *Options) { s.Timeout = 10 * time.Millisecond }, want: verdict.TempFail,
			reply: "451 4.3.0 message cannot be inspected now, try again later", why: WhyTime, recorded: true},
		{name: "worker", process: skipping(budget.WorkerKilled, verdict.Accept), want: verdict.TempFail,
			reply: "451 4.3.0 message cannot be inspected now, try again later", why: WhyWorker, recorded: true},
		{name: "worker, policy goes first", process: skipping(budget.WorkerKilled, verdict.Reject), want: verdict.Reject, recorded: true},
		{name: "worker, accepted", process: skipping(budget.WorkerKilled, verdict.Accept), change: func(s *Settings, _ *Options) { s.Fail.Inbound = verdict.Accept },
			want: verdict.Accept, recorded: true},
		{name: "memory", process: skipping(budget.Overload, verdict.Accept), want: verdict.TempFail,
			reply: "451 4.3.0 message cannot be inspected now, try again later", why: WhyOverload, recorded: true},
		{name: "encrypted is no failure of ours", process: skipping(budget.Encrypted, verdict.Accept), want: verdict.Accept, recorded: true},
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
			if tt.name == "time" {
				close(release)
			}
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
// skipping judges that a part was not inspected.
func skipping(reason budget.Reason, d verdict.Disposition) Process {
	return func(ctx context.Context, m *message.Message, f facts.Facts) pipeline.Result {
		r := accept(ctx, m, f)
		r.Inspection.Skipped = []budget.Skip{{Part: "2", Reason: reason}}
		r.Plan.Verdict.Disposition, r.Verdict.Disposition = d, d
		return r
	}
}

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
