package milter

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/verdict"
)

func TestProgress(t *testing.T) {
	t.Parallel()
	body := make([]byte, 200_000)
	r := &recorder{eom: func(ctx context.Context, _ *recording) Final {
		select {
		case <-ctx.Done():
			t.Error("context ended")
		case <-time.After(150 * time.Millisecond):
		}
		return Final{Modifications: []verdict.Modification{{Op: verdict.ReplaceBody, Body: body}}, Verdict: accept.Verdict}
	}}
	var counted atomic.Int32
	s, _ := serve(t, r, func(o *Options) {
		o.Timeouts.ProgressFirst, o.Timeouts.ProgressEvery = 20*time.Millisecond, 10*time.Millisecond
		o.Hooks.Progress = func() { counted.Add(1) }
	})
	got := send(t, open(t, s), simple("x"))
	n := int(counted.Load())
	if got.Progress < 3 || got.Progress != n || len(got.Edits) != 4 || got.Decision.Code != 'a' {
		t.Errorf("%d progress (%d counted), %d edits, %v", got.Progress, n, len(got.Edits), got.Decision)
	}
}

func TestHardDeadline(t *testing.T) {
	t.Parallel()
	t.Run("a session that obeys gives its own answer", func(t *testing.T) {
		t.Parallel()
		r := &recorder{eom: func(ctx context.Context, _ *recording) Final {
			<-ctx.Done()
			return Final{Verdict: verdict.Verdict{Disposition: verdict.Reject}}
		}}
		s, _ := serve(t, r, func(o *Options) { o.Timeouts.Message = 50 * time.Millisecond })
		c := open(t, s)
		for range 2 {
			if got := send(t, c, simple("x")); got.Decision.Text() != "550 5.7.1 refused by policy" {
				t.Errorf("%v", got.Decision)
			}
		}
	})
	t.Run("one that does not is left behind", func(t *testing.T) {
		t.Parallel()
		release := make(chan struct{})
		r := &recorder{eom: func(context.Context, *recording) Final { <-release; return accept }}
		s, logs := serve(t, r, func(o *Options) { o.Timeouts.Message, o.Timeouts.Grace = 50*time.Millisecond, 50*time.Millisecond })
		c := open(t, s)
		if got := send(t, c, simple("x")); got.Decision.Code != 't' {
			t.Errorf("%v", got.Decision)
		}
		must(t, c.Closed())
		eventually(t, "the connection is released", func() bool { return s.Open() == 0 })
		if r.opened() != 1 || len(r.sends()) != 0 {
			t.Errorf("session was called while it runs: %d open, sent %v", r.opened(), r.sends())
		}
		close(release)
		eventually(t, "the session is closed when it returns", func() bool { return r.opened() == 0 })
		if e := r.sends(); len(e) != 1 || !errors.Is(e[0], ErrDeadline) {
			t.Errorf("sent %v", e)
		}
		if logs.FilterMessageSnippet("does not return").Len() != 1 {
			t.Error("not logged")
		}
	})
}

// A connection that is gone ends the context at a PROGRESS.
func TestLostConnection(t *testing.T) {
	t.Parallel()
	for _, network := range []string{"unix", "tcp"} {
		ended := make(chan struct{})
		r := &recorder{eom: func(ctx context.Context, _ *recording) Final { <-ctx.Done(); close(ended); return accept }}
		s, _ := serve(t, r, func(o *Options) {
			o.Timeouts.ProgressFirst, o.Timeouts.ProgressEvery = 20*time.Millisecond, 10*time.Millisecond
			if network == "tcp" {
				o.Listeners[0] = Listener{Network: "tcp", Address: "127.0.0.1:0"}
			}
		})
		c := open(t, s)
		must(t, c.Write(miltertest.Strings('M', "<a>"), miltertest.Frame('E')))
		if _, err := c.Read(); err != nil {
			t.Fatal(err)
		}
		must(t, c.Close())
		select {
		case <-ended:
		case <-time.After(5 * time.Second):
			t.Fatalf("%s: context still alive", network)
		}
		eventually(t, "the session is told and closed", func() bool { return r.opened() == 0 })
		if e := r.sends(); len(e) != 1 || e[0] == nil {
			t.Errorf("%s: sent %v", network, e)
		}
	}
}

func TestPanics(t *testing.T) {
	t.Parallel()
	boom := func() Answer { panic("secret of the mail") }
	quarantine := Final{Modifications: []verdict.Modification{mod(verdict.AddHeader, 0, "X", "1")},
		Verdict: verdict.Verdict{Disposition: verdict.Quarantine, Reason: "panic"}}
	reject := Final{Verdict: verdict.Verdict{Disposition: verdict.Reject}}
	recorders := map[string]func() *recorder{
		"connect":        func() *recorder { return &recorder{connect: func(Connect) Answer { return boom() }} },
		"helo":           func() *recorder { return &recorder{helo: func(string) Answer { return boom() }} },
		"mail":           func() *recorder { return &recorder{mail: func(string) Answer { return boom() }} },
		"rcpt":           func() *recorder { return &recorder{rcpt: func(string) Answer { return boom() }} },
		"header":         func() *recorder { return &recorder{header: func(string, string) Answer { return boom() }} },
		"end_of_headers": func() *recorder { return &recorder{eoh: boom} },
		"body":           func() *recorder { return &recorder{body: func([]byte) Answer { return boom() }} },
		"end_of_message": func() *recorder {
			return &recorder{eom: func(context.Context, *recording) Final { boom(); return accept }}
		},
	}
	for _, tc := range []struct {
		name    string
		final   *Final
		code    byte
		edits   int
		delayed bool
	}{
		{"default", nil, 't', 0, false}, {"reject", &reject, 'y', 0, false}, {"accept", &accept, 'a', 0, false}, {"quarantine", &quarantine, 'a', 2, true},
	} {
		for stage, rec := range recorders {
			t.Run(tc.name+" at "+stage, func(t *testing.T) {
				t.Parallel()
				var stages list[string]
				s, logs := serve(t, rec(), func(o *Options) {
					o.Hooks.Panic = stages.add
					if tc.final != nil {
						o.OnPanic = func(string, any) Final { return *tc.final }
					}
					o.NoReply = NoReply{Connect: true, Helo: true}
				})
				c := open(t, s)
				got := send(t, c, simple("x"))
				if got.Decision.Code != tc.code || len(got.Edits) != tc.edits || tc.delayed && got.Stage != 'E' {
					t.Errorf("%c %v, edits %v", got.Stage, got.Decision, got.Edits)
				}
				if d := cmp.Diff([]string{stage}, stages.get()); d != "" {
					t.Error(d)
				}
				for _, l := range logs.All() {
					for k, v := range l.ContextMap() {
						if s, ok := v.(string); ok && strings.Contains(s, "secret") {
							t.Errorf("mail content in log field %s", k)
						}
					}
				}
				// The connection lives on.
				if p, err := c.Ask(miltertest.Frame('A'), miltertest.Strings('M', "<b>")); err != nil {
					t.Errorf("next message: %v %v", p, err)
				}
			})
		}
	}
}

func TestPanicsWithoutAnswer(t *testing.T) {
	t.Parallel()
	t.Run("abort", func(t *testing.T) {
		t.Parallel()
		r := &recorder{abort: func() { panic("x") }}
		s, _ := serve(t, r)
		c := open(t, s)
		for range 2 {
			if got := send(t, c, simple("x")); got.Decision.Code != 'a' {
				t.Errorf("%v", got.Decision)
			}
			must(t, c.Write(miltertest.Frame('A')))
		}
	})
	t.Run("hook", func(t *testing.T) {
		t.Parallel()
		r := &recorder{eoh: func() Answer { panic("x") }}
		s, _ := serve(t, r, func(o *Options) { o.OnPanic = func(string, any) Final { panic("y") } })
		if got := send(t, open(t, s), simple("x")); got.Decision.Code != 't' {
			t.Errorf("%v", got.Decision)
		}
	})
	t.Run("goexit", func(t *testing.T) {
		t.Parallel()
		r := &recorder{eom: func(context.Context, *recording) Final { runtime.Goexit(); return accept }}
		s, _ := serve(t, r)
		if got := send(t, open(t, s), simple("x")); got.Decision.Code != 't' {
			t.Errorf("%v", got.Decision)
		}
	})
	t.Run("nil session", func(t *testing.T) {
		t.Parallel()
		s, _ := serve(t, &recorder{}, func(o *Options) { o.Handler = nilHandler{} })
		c := dial(t, s)
		must(t, c.Negotiate())
		if p, err := c.Ask(miltertest.Strings('M', "<a>")); err != nil || p.Code != 't' {
			t.Errorf("%v %v", p, err)
		}
	})
}

type nilHandler struct{}

func (nilHandler) NewSession(Conn) Session { return nil }

func TestMessageHook(t *testing.T) {
	t.Parallel()
	var told list[verdict.Disposition]
	r := &recorder{eom: func(_ context.Context, s *recording) Final {
		return Final{Verdict: verdict.Verdict{Disposition: verdict.Disposition(strings.TrimPrefix(s.header[0], "Subject: "))}}
	}}
	s, _ := serve(t, r, func(o *Options) { o.Hooks.Message = told.add })
	c := open(t, s)
	for _, d := range []string{"accept", "reject", "discard", "quarantine", "tempfail", "nonsense"} {
		send(t, c, simple(d))
	}
	must(t, c.Quit())
	eventually(t, "closed", func() bool { return s.Open() == 0 })
	want := []verdict.Disposition{"accept", "reject", "discard", "quarantine", "tempfail", "tempfail"}
	if !slices.Equal(told.get(), want) {
		t.Errorf("told %v, want %v", told.get(), want)
	}
}
