package conformance

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/enforce"
	"labelmilter/internal/facts"
	"labelmilter/internal/filter"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

func TestCase18NotSMTP(t *testing.T) {
	run(t, 18, func(t *testing.T, l *level) {
		s := &script{eom: always(accept(add("X-Filtered", "1")))}
		key := play(s)
		no := &script{eom: func(_ context.Context, m *seen) milter.Final {
			if m.from == "" { // the bounce
				return accept()
			}
			return reject(550, "5.7.1", "not this one")
		}}
		keyNo := play(no)
		switch l.name {
		case frame: // as Postfix' cleanup speaks for sendmail(1)
			for k, want := range map[string]byte{key: 'a', keyNo: 'y'} {
				c := dial(t, lab.filter(t))
				must(t, c.Negotiate())
				for _, f := range [][]byte{milterConnect("localhost", "127.0.0.1"), milterHelo("mx.lab.example")} {
					if p, err := c.Ask(f); err != nil || p.Code != 'c' {
						t.Fatalf("%v, %v", p, err)
					}
				}
				f := asFrames(mail(k))
				f.From, f.To = k+"@agency.example", []string{"bob@other.example"}
				if r := send(t, c, f); r.Stage != 'E' || r.Decision.Code != want {
					t.Errorf("decision %v at %c", r.Decision, r.Stage)
				}
			}
			return
		case postfix:
			p := lab.thePostfix(t)
			must(t, p.Sendmail(t.Context(), []string{"-f", key + "@agency.example", "bob@other.example"}, []byte(strings.ReplaceAll(text(key, "", "body\n"), "\r", ""))))
			if d := arrives(t, key); len(fieldsOf(headOf(d), "X-Filtered")) != 1 {
				t.Errorf("delivered\n%s", headOf(d))
			}
			got := s.only(t)
			if got.connect.Host != "localhost" || got.connect.Addr != "127.0.0.1" || got.connect.Port != 0 || got.from != key+"@agency.example" {
				t.Errorf("client %+v sender %q", got.connect, got.from)
			}
			// A refusal at the end comes back to the sender, through the filter too.
			must(t, p.Sendmail(t.Context(), []string{"-f", keyNo + "@agency.example", "bob@other.example"}, []byte(strings.ReplaceAll(text(keyNo, "", "body\n"), "\r", ""))))
			d, err := lab.hop(t).WaitFor(func(d mtalab.Delivery) bool { return d.From == "" && slices.Contains(d.To, keyNo+"@agency.example") }, patience)
			must(t, err)
			if !strings.Contains(string(d.Data), "not this one") {
				t.Errorf("bounce\n%s", d.Data)
			}
		case sendmail:
			sm := lab.theSendmail(t)
			must(t, sm.Sendmail(t.Context(), []string{"-f", key + "@agency.example", "bob@other.example"}, []byte(strings.ReplaceAll(text(key, "", "body\n"), "\r", ""))))
			if d := arrives(t, key); len(fieldsOf(headOf(d), "X-Filtered")) != 1 {
				t.Errorf("delivered\n%s", headOf(d))
			}
			if got := s.only(t); got.from != key+"@agency.example" {
				t.Errorf("sender %q", got.from)
			}
		}
	})
}

func TestCase19Quarantine(t *testing.T) {
	run(t, 19, func(t *testing.T, l *level) {
		s := &script{eom: always(quarantine("rule dlp/tfn", add("X-Reason", "dlp/tfn")))}
		key := play(s)
		if l.name == frame {
			r := send(t, client(t, lab.filter(t), key), asFrames(mail(key)))
			if got, want := texts(r.Edits), []string{`h "X-Reason\x00 dlp/tfn\x00"`, `q "rule dlp/tfn\x00"`}; !slices.Equal(got, want) || r.Decision.Code != 'a' {
				t.Errorf("edits %q, decision %v", got, r.Decision)
			}
			return
		}
		r := mtalab.Send(t.Context(), l.smtp(t), mail(key))
		id := r.QueueID()
		if !r.Accepted() || id == "" {
			t.Fatalf("result %v, %v", r.Last(), r.Err)
		}
		got := s.only(t)
		if got.macros["i"] != id {
			t.Errorf("queue id %q at the filter, %q to the client", got.macros["i"], id)
		}
		queue, held := func() ([]mtalab.QueueEntry, error) { return lab.theSendmail(t).Queue() }, "quarantine"
		release := func() error { return lab.theSendmail(t).Release(t.Context(), id) }
		if l.name == postfix {
			queue, held = func() ([]mtalab.QueueEntry, error) { return lab.thePostfix(t).Queue(t.Context()) }, "hold"
			release = func() error { return lab.thePostfix(t).Release(t.Context(), id) }
		}
		var entry mtalab.QueueEntry
		eventually(t, "the message is held", func() bool {
			entries, err := queue()
			must(t, err)
			i := slices.IndexFunc(entries, func(e mtalab.QueueEntry) bool { return e.ID == id && e.Queue == held })
			if i >= 0 {
				entry = entries[i]
			}
			return i >= 0
		})
		if l.name == sendmail && entry.Reason != "rule dlp/tfn" {
			t.Errorf("reason %q", entry.Reason)
		}
		if delivered(t, key) != 0 {
			t.Error("delivered although held")
		}
		must(t, release())
		d := arrives(t, key)
		if len(fieldsOf(headOf(d), "X-Reason")) != 1 {
			t.Errorf("released\n%s", headOf(d))
		}
		if n := len(s.messages()); n != 1 {
			t.Errorf("filtered %d times", n)
		}
		if sent := s.answered(t, 1); len(sent) != 1 || sent[0] != nil {
			t.Errorf("sent %v", sent)
		}
	})
}

// Requeued mail is not filtered again.
func TestRequeue(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "postfix")
	p := lab.thePostfix(t)
	s := &script{eom: always(quarantine("x", add("X-Once", "1")))}
	key := play(s)
	r := mtalab.Send(t.Context(), p.SMTPAddr(), mail(key))
	if !r.Accepted() {
		t.Fatalf("%v, %v", r.Last(), r.Err)
	}
	must(t, p.Requeue(t.Context(), r.QueueID()))
	if d := arrives(t, key); len(fieldsOf(headOf(d), "X-Once")) != 1 || len(s.messages()) != 1 {
		t.Errorf("filtered %d times\n%s", len(s.messages()), headOf(d))
	}
}

// recorder is an Enforcer that keeps what it is told.
type recorder struct{ intents, failed atomic.Int32 }

func (r *recorder) Intent(_ context.Context, in enforce.Intent) (enforce.Ticket, error) {
	r.intents.Add(1)
	if in.Fail != "" {
		r.failed.Add(1)
	}
	return enforce.Ticket{}, nil
}
func (r *recorder) Outcome(context.Context, enforce.Ticket, error)              {}
func (r *recorder) ThreadFloor(context.Context, []string, time.Time) facts.Fact { return facts.Fact{} }
func (r *recorder) FailureSeen(context.Context, string) (int, error)            { return 0, nil }
func (r *recorder) History(context.Context, policy.Needs, string, []string, []string, time.Time) map[string]facts.Fact {
	return nil
}
func (r *recorder) Grant(context.Context, string) facts.Fact { return facts.Fact{} }

// mark is a judgement that writes one field.
func mark(value string) filter.Process {
	return func(_ context.Context, m *message.Message, _ facts.Facts) pipeline.Result {
		mods := []verdict.Modification{add("X-Rules", value)}
		return pipeline.Result{Modifications: mods, Plan: plan.Plan{Modifications: mods, Verdict: verdict.Verdict{Disposition: verdict.Accept}}}
	}
}

func settings(p filter.Process) *filter.Settings {
	return &filter.Settings{Process: p, Site: &policy.Organisation{}, Limits: budget.Default()}
}

// The rules in force at MAIL FROM judge the message, whatever is loaded while
// it comes in.
func TestCase23Reload(t *testing.T) {
	run(t, 23, func(t *testing.T, l *level) {
		var current atomic.Pointer[filter.Settings]
		current.Store(settings(mark("old")))
		f := filter.New(filter.Options{Current: current.Load, Enforcer: &recorder{}})
		key := play(&script{session: f.NewSession})
		first, second := key+"a", key+"b"
		if l.name == frame {
			c := client(t, lab.filter(t), key)
			for _, fr := range [][]byte{milterMail("<a@agency.example>"), milterRcpt("<b@other.example>")} {
				if p, err := c.Ask(fr); err != nil || p.Code != 'c' {
					t.Fatalf("%v, %v", p, err)
				}
			}
			current.Store(settings(mark("new")))
			must(t, c.Write(milterFrame('E')))
			r, err := c.End()
			must(t, err)
			if got := texts(r.Edits); !slices.Equal(got, []string{`h "X-Rules\x00 old\x00"`}) {
				t.Errorf("edits %q", got)
			}
			if got := texts(send(t, c, asFrames(mail(key))).Edits); !slices.Equal(got, []string{`h "X-Rules\x00 new\x00"`}) {
				t.Errorf("edits %q", got)
			}
			return
		}
		c := l.session(t, key)
		for i, token := range []string{first, second} {
			want(t, 250)(c.Mail("alice@agency.example"))
			want(t, 250)(c.Rcpt("bob@other.example"))
			want(t, 354)(c.Cmd("DATA"))
			if i == 0 {
				current.Store(settings(mark("new")))
			}
			want(t, 250)(c.DataRaw([]byte(text(token, "", "body\r\n") + ".\r\n")))
			if got, want := fieldsOf(headOf(arrives(t, token)), "X-Rules"), []string{" old", " new"}[i:i+1]; !slices.Equal(got, want) {
				t.Errorf("message %d: %q, want %q", i, got, want)
			}
		}
	})
}

func TestCase42SpoolGone(t *testing.T) {
	run(t, 42, func(t *testing.T, l *level) {
		dir := filepath.Join(t.TempDir(), "spool")
		set := settings(mark("1"))
		set.SpoolDir = dir
		rec := &recorder{}
		f := filter.New(filter.Options{Current: func() *filter.Settings { return set }, Enforcer: rec})
		key := play(&script{session: f.NewSession})
		large := strings.Repeat("0123456789abcdef\r\n", 200_000)
		try := func(token, body string, ok bool) {
			t.Helper()
			m := mail(key)
			m.Data = []byte(text(token, "", body))
			if l.name == frame {
				if r := send(t, client(t, lab.filter(t), key), asFrames(m)); (r.Decision.Code == 'a') != ok {
					t.Errorf("decision %v", r.Decision)
				}
				return
			}
			r := mtalab.Send(t.Context(), l.smtp(t), m)
			if r.Accepted() != ok || !ok && r.Last().Code != 451 {
				t.Errorf("reply %v, %v", r.Last(), r.Err)
			}
			if ok {
				arrives(t, token)
			} else if delivered(t, token) != 0 {
				t.Error("delivered without having been judged")
			}
		}
		try(key+"a", large, false)           // no folder to spool in
		try(key+"b", "small body\r\n", true) // needs none
		must(t, os.Mkdir(dir, 0o700))
		try(key+"c", large, true)
		if n := rec.failed.Load(); n != 1 {
			t.Errorf("%d failures recorded, want 1", n)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
			t.Errorf("left in the spool: %v, %v", left, err)
		}
	})
}

func TestCase30Idle(t *testing.T) {
	run(t, 30, func(t *testing.T, l *level) {
		srv := serve(t, func(o *milter.Options) { o.Timeouts.Idle = time.Second })
		s := &script{}
		key := play(s)
		if l.name == frame {
			c := client(t, lab.filter(t), key) // idle for less than the limit
			time.Sleep(2 * time.Second)
			if r := send(t, c, asFrames(mail(key))); r.Decision.Code != 'a' {
				t.Errorf("decision %v", r.Decision)
			}
			c = client(t, srv, key) // and for more
			must(t, c.Closed())
			return
		}
		// The MTA finds its filter gone: its default action, then a new connection.
		l.own(t, nil, l.filterAt(port(srv)))
		c := l.session(t, key)
		time.Sleep(2 * time.Second)
		r, err := c.Mail("alice@agency.example")
		must(t, err)
		if r.Code == 250 {
			if r, err = c.Rcpt("bob@other.example"); err == nil && r.Code == 250 {
				_, r, err = c.Data([]byte(text(key, "", "body\r\n")))
			}
		}
		if err != nil || r.Code != 451 {
			t.Errorf("after idling: %v, %v", r, err)
		}
		c.Close()
		l.deliver(t, mail(key), key)
		s.only(t)
		if n := delivered(t, key); n != 1 {
			t.Errorf("delivered %d times", n)
		}
		// Below the limit nothing is noticed.
		c = l.session(t, key)
		time.Sleep(300 * time.Millisecond)
		want(t, 250)(c.Mail("alice@agency.example"))
		want(t, 250)(c.Rcpt("bob@other.example"))
		_, final, err := c.Data([]byte(text(key+"c", "", "body\r\n")))
		want(t, 250)(final, err)
		c.Quit()
	})
}

func TestCase34Unknown(t *testing.T) {
	run(t, 34, func(t *testing.T, l *level) {
		s := &script{eom: always(accept(add("X-Filtered", "1")))}
		key := play(s)
		if l.name != frame {
			c := l.session(t, key)
			for _, junk := range []string{"FOO", "XYZZY bar", "\x01\x02", "GET / HTTP/1.0"} {
				r, err := c.Cmd(junk)
				if err != nil || r.Code == 0 {
					t.Logf("%q: %v, %v", junk, r, err)
					c = l.session(t, key)
				}
			}
			want(t, 250)(c.Mail("alice@agency.example"))
			if r, err := c.Cmd("VRFYX"); err != nil || r.Code < 500 {
				t.Errorf("%v, %v", r, err)
			}
			want(t, 250)(c.Rcpt("bob@other.example"))
			_, final, err := c.Data([]byte(text(key, "", "body\r\n")))
			want(t, 250)(final, err)
			if d := arrives(t, key); len(fieldsOf(headOf(d), "X-Filtered")) != 1 {
				t.Errorf("not filtered after a command unknown to SMTP\n%s", headOf(d))
			}
			return
		}
		c := client(t, lab.filter(t), key)
		if p, err := c.Ask(milterFrame('U', "XYZZY\x00")); err != nil || p.Code != 'c' {
			t.Errorf("UNKNOWN: %v, %v", p, err)
		}
		send(t, c, asFrames(mail(key)))
		must(t, c.Write(milterFrame('K'))) // and a new SMTP session on this connection
		must(t, begin(c, key))
		send(t, c, asFrames(mail(key)))
		if m := s.messages(); len(m) != 2 || m[0].session == m[1].session {
			t.Errorf("%d messages", len(m))
		}
		for _, code := range []byte("ZzX\x00\xff") {
			c := client(t, lab.filter(t), key)
			must(t, c.Write(milterFrame(code)))
			if err := c.Closed(); err != nil {
				t.Errorf("command %q: %v", code, err)
			}
		}
	})
}

// Bounces pass the filter if the MTA is told so (internal_mail_filter_classes).
func TestBounces(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "postfix")
	p := lab.thePostfix(t)
	s := &script{eom: always(accept(add("X-Bounce-Filtered", "1")))}
	key := play(s)
	// Undeliverable: the address resolves to an error.
	must(t, p.Sendmail(t.Context(), []string{"-f", key + "@agency.example", "-N", "failure", "x@[300.1.1.1]"}, []byte(strings.ReplaceAll(text(key, "", "body\n"), "\r", ""))))
	d, err := lab.hop(t).WaitFor(func(d mtalab.Delivery) bool { return d.From == "" && slices.Contains(d.To, key+"@agency.example") }, patience)
	must(t, err)
	if got := fieldsOf(headOf(d), "X-Bounce-Filtered"); len(got) != 1 {
		t.Errorf("bounce\n%s", headOf(d))
	}
	var null []*seen
	for _, m := range s.messages() {
		if m.from == "" {
			null = append(null, m)
		}
	}
	if len(null) != 1 || null[0].connect.Host != "localhost" || null[0].connect.Port != 0 {
		t.Errorf("%d messages with the null sender", len(null))
	}
}

func (r *recorder) Own(context.Context, *message.Message, time.Time) bool { return false }
