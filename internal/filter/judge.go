package filter

import (
	"context"
	"errors"
	"runtime/debug"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"labelmilter/internal/enforce"
	"labelmilter/internal/facts"
	"labelmilter/internal/failpoint"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/override"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/verdict"
)

var (
	errNotSent = errors.New("no word of the answer")
	errGone    = errors.New("the MTA has gone or the daemon stops")
)

// EndOfMessage judges, records and answers.
func (s *session) EndOfMessage(ctx context.Context, macros milter.Macros) (final milter.Final) {
	m := s.mail
	if m == nil { // the server's order of events excludes it
		return tempFail()
	}
	s.mail = nil
	start := time.Now() // durations are measured, not decided upon
	at := s.f.o.Now()
	env := s.envelope(m, macros)
	a := &answered{event: Event{Session: s.conn.ID, Listener: s.conn.Listener.Name}}
	s.answered = a
	defer func() {
		if recover() != nil {
			s.f.panicked("answering", nil)
			a.event.Fail = WhyPanic
			a.event.Verdict = lastResort(m.set, s.listener.Direction)
			final = milter.Final{Verdict: failVerdict(a.event.Verdict, WhyPanic)}
		}
		a.event.Duration = time.Since(start)
	}()
	built, why, r, err := s.decide(ctx, m, env, at)
	a.built = built
	if err != nil {
		a.event.Gone = true
		a.event.fill(pipeline.Result{Envelope: pipeline.Envelope{MailFrom: env.MailFrom, RcptTo: env.RcptTo, QueueID: env.QueueID}})
		return tempFail()
	}
	if why == "" {
		final = s.final(m, built, &r)
		a.ticket, why, err = s.commit(ctx, m, built, at, &final, r)
		if errors.Is(err, enforce.ErrSpent) { // by another message, meanwhile
			if r, why = s.f.judge(ctx, m.set, built, s.facts(ctx, m.set, built, at)); why == WhyTime {
				built = outlived(built)
				a.built = built
			}
			err = nil
			if why == "" {
				final = s.final(m, built, &r)
				a.ticket, why, err = s.commit(ctx, m, built, at, &final, r)
			}
		}
		if err != nil {
			doing := "decision cannot be recorded"
			if why == WhyEncrypt {
				doing = "body cannot be encrypted"
			}
			s.f.log.Error(doing, zap.String("session", s.conn.ID), zap.String("queue_id", clean(env.QueueID, 64)), zap.Error(err))
		}
	}
	if why != "" {
		r, final = s.fail(ctx, m, env, built, why)
		if why != WhyStore {
			if a.ticket, err = s.intent(ctx, m.set, built, at, r, why); err != nil {
				s.f.log.Error("fail-mode answer cannot be recorded", zap.String("session", s.conn.ID),
					zap.String("queue_id", clean(env.QueueID, 64)), zap.Error(err))
			}
		}
	}
	if t := a.ticket.Token; t != "" {
		final.Verdict.Reply.Text = strings.ReplaceAll(final.Verdict.Reply.Text, override.Placeholder, t)
	}
	a.event.Fail = why
	a.event.fill(r)
	return final
}

// final is the answer that the pipeline decided on, without any field under
// our names that it could not know of.
func (s *session) final(m *mail, built *message.Message, r *pipeline.Result) milter.Final {
	out := milter.Final{Modifications: r.Plan.Modifications, Verdict: r.Plan.Verdict}
	if !m.set.Simulate && (out.Verdict.Disposition == verdict.Accept || out.Verdict.Disposition == verdict.Quarantine) {
		if more := m.own.remove(built.Header); len(more) > 0 {
			out.Modifications = append(more, out.Modifications...)
			r.Modifications = append(more, r.Modifications...)
		}
	}
	return out
}

// outlived is what is left to the session of a message that is still being
// judged; who judges closes it.
func outlived(m *message.Message) *message.Message {
	return &message.Message{Header: m.Header, Size: m.Size, Digest: m.Digest}
}

// commit makes what is sent, and then the decision durable. The record tells
// of an encrypted body what was encrypted. why says what failed, with the
// error.
func (s *session) commit(ctx context.Context, m *mail, built *message.Message, at time.Time, final *milter.Final, r pipeline.Result) (t enforce.Ticket, why Why, err error) {
	if final.Modifications, err = verdict.Sealed(final.Modifications); err != nil {
		return t, WhyEncrypt, err
	}
	if t, err = s.intent(ctx, m.set, built, at, r, ""); err != nil {
		return t, WhyStore, err
	}
	return t, "", nil
}

// lastResort is the disposition when not even the fail mode could be worked
// out, or the session is not at hand.
func lastResort(set *Settings, d message.Direction) verdict.Disposition {
	if set.Simulate {
		return verdict.Accept
	}
	return set.Fail.Of(d)
}

// OnPanic is the answer to a panic that a session did not catch itself, for
// milter.Options.
func (f *Filter) OnPanic(string, any) milter.Final {
	return milter.Final{Verdict: failVerdict(lastResort(f.o.Current(), ""), WhyPanic)}
}

func tempFail() milter.Final {
	return milter.Final{Verdict: failVerdict(verdict.TempFail, "")}
}

func (s *session) intent(ctx context.Context, set *Settings, built *message.Message, at time.Time, r pipeline.Result, why Why) (enforce.Ticket, error) {
	var thread []string
	if built != nil {
		thread, _ = built.ThreadIDs()
	}
	var notices []enforce.Notice
	if set.Compose != nil {
		notices = set.Compose(r, at)
	}
	return s.f.o.Enforcer.Intent(ctx, enforce.Intent{At: at, Session: s.conn.ID, Fail: string(why), Result: r, Notices: notices, Remember: set.Needs.History(), Thread: thread})
}

// decide builds and judges the message. err is errGone only; why is the
// failure of our own, "" if r holds. A message returned is the caller's to
// close.
func (s *session) decide(ctx context.Context, m *mail, env message.Envelope, at time.Time) (built *message.Message, why Why, r pipeline.Result, err error) {
	if m.err == nil {
		built, m.err = s.build(ctx, m, env)
	} else {
		m.builder.Discard()
	}
	switch {
	case gone(ctx):
		return built, "", r, errGone
	case errors.Is(m.err, errPanic):
		return built, WhyPanic, r, nil
	case m.err != nil:
		s.f.log.Error("message cannot be kept", zap.String("session", s.conn.ID), zap.String("queue_id", clean(env.QueueID, 64)), zap.Error(m.err))
		return built, WhySpool, r, nil
	}
	if s.f.o.Enforcer.Own(ctx, built, at) {
		return built, "", s.passed(m, env, built), nil
	}
	r, why = s.f.judge(ctx, m.set, built, s.facts(ctx, m.set, built, at))
	if gone(ctx) {
		err = errGone
	}
	if why == "" {
		if ours := s.ours(m.set, r); ours != "" {
			return built, ours, r, err
		}
	}
	if why == WhyTime { // still being judged; closed by who judges
		built = outlived(built)
	}
	return built, why, r, err
}

var errPanic = errors.New("panic while parsing")

// build parses; a panic there is as one in judging.
func (s *session) build(ctx context.Context, m *mail, env message.Envelope) (built *message.Message, err error) {
	defer func() {
		if recover() != nil {
			s.f.panicked("building", m.builder.Discard)
			built, err = nil, errPanic
		}
	}()
	if err := failpoint.Err(failpoint.Spool); err != nil {
		m.builder.Discard()
		return nil, err
	}
	return m.builder.Finish(ctx, env)
}

// gone reports that nobody waits for the answer any more. The server's own
// hard deadline is not that: it is ours to miss.
func gone(ctx context.Context) bool { return errors.Is(ctx.Err(), context.Canceled) }

// weightUnit is how many bytes of message make one more unit of concurrency.
const weightUnit = 8 << 20

// Who owns a message in judge.
const (
	ownedByJudge int32 = iota
	judged
	abandoned
)

// judge waits for its turn and judges. After WhyTime the message goes on
// being judged, in its slot, and is closed by that goroutine; else it is the
// caller's.
func (f *Filter) judge(ctx context.Context, set *Settings, m *message.Message, fs facts.Facts) (pipeline.Result, Why) {
	weight := min(1+m.Size/weightUnit, f.size)
	if !f.turn(ctx, set, weight) {
		return pipeline.Result{}, WhyOverload
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(set.Timeout, DefaultTimeout))
	defer cancel()
	type outcome struct {
		r   pipeline.Result
		why Why
	}
	var owner atomic.Int32
	done := make(chan outcome, 1)
	f.do(func() {
		defer f.slots.Release(weight)
		var o outcome
		func() {
			o.why = WhyPanic // also after runtime.Goexit
			defer func() {
				if recover() != nil {
					f.panicked("judging", nil)
				}
			}()
			o.r = set.Process(ctx, m, fs)
			o.why = ""
		}()
		if owner.CompareAndSwap(ownedByJudge, judged) {
			done <- o
			return
		}
		f.close(m)
	})
	select {
	case o := <-done:
		return o.r, o.why
	case <-ctx.Done():
		if owner.CompareAndSwap(ownedByJudge, abandoned) {
			return pipeline.Result{}, WhyTime
		}
		o := <-done
		return o.r, o.why
	}
}

// do has a job done by another goroutine: one that waits, whose stack is as
// large as judging needs, or a new one.
func (f *Filter) do(job func()) {
	f.judging.Add(1)
	select {
	case f.jobs <- job:
	default:
		go f.work(job)
	}
}

func (f *Filter) work(job func()) {
	for {
		func() {
			defer f.judging.Done()
			job()
		}()
		if f.idle.Add(1) > f.size { // as many as are at work at a time
			f.idle.Add(-1)
			return
		}
		select {
		case job = <-f.jobs:
			f.idle.Add(-1)
		case <-f.ended:
			return
		}
	}
}

// turn waits for slots.
func (f *Filter) turn(ctx context.Context, set *Settings, weight int64) bool {
	if f.slots.TryAcquire(weight) {
		return true
	}
	f.waiting.Add(1)
	defer f.waiting.Add(-1)
	ctx, cancel := context.WithTimeout(ctx, orDefault(set.QueueWait, DefaultQueueWait))
	defer cancel()
	return f.slots.Acquire(ctx, weight) == nil
}

func orDefault(d, def time.Duration) time.Duration {
	if d <= 0 {
		return def
	}
	return d
}

// panicked logs a panic without its value, which may hold mail content. It is
// called while the stack of the panic is still there.
func (f *Filter) panicked(doing string, then func()) {
	f.log.Error("panic", zap.String("doing", doing), zap.ByteString("stack", debug.Stack()))
	if then != nil {
		defer func() { _ = recover() }()
		then()
	}
}

func (f *Filter) close(m *message.Message) {
	if err := m.Close(); err != nil {
		f.log.Error("spool file cannot be released", zap.Error(err))
	}
}
