package milter

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"labelmilter/internal/verdict"
)

func (c *conn) onEndOfMessage() {
	if f := c.msg.settled; f != nil {
		_, _ = c.finish(*f)
	} else if f, ok := c.judge(); ok {
		sent, err := c.finish(f)
		if sent == "" {
			c.srv.sampled.Warn("milter answer did not go out whole", zap.String("listener", c.ln.Name), zap.Error(err))
		}
		if s := c.session; s != nil {
			c.protect("sent", func() { s.Sent(err) })
		}
		c.srv.hooks.message(sent)
	}
	c.endMessage()
	c.lastEnd = time.Now()
}

// judgement is one call of EndOfMessage on a goroutine of its own, so that
// PROGRESS and the hard deadline do not depend on the session.
type judgement struct {
	owner atomic.Int32 // who closes the session: 0 open, 1 the connection, 2 the goroutine
	done  chan Final
}

func (c *conn) start(ctx context.Context) *judgement {
	j := &judgement{done: make(chan Final, 1)}
	s, macros := c.session, c.macros.at(stageEOM)
	c.srv.judging.Add(1)
	go func() {
		defer c.srv.judging.Done()
		f, ended := *tempFail(), false
		defer func() {
			if v := recover(); v != nil {
				f = c.panicked(stageEOM.String(), v)
			} else if !ended { // runtime.Goexit
				f = c.panicked(stageEOM.String(), errSessionVanished)
			}
			if j.owner.CompareAndSwap(0, 1) {
				j.done <- f
				return
			}
			c.protect("sent", func() { s.Sent(ErrDeadline) })
			c.protect("close", s.Close)
		}()
		f, ended = s.EndOfMessage(ctx, macros), true
	}()
	return j
}

// judge asks the session and keeps the MTA waiting with PROGRESS: Postfix
// restarts its 300 s, Sendmail its 10 s by each. It reports false if there is
// no answer to be given any more; the connection is then broken.
//
// A lost connection shows when PROGRESS cannot be written. Reading is no
// sign: a peer may have shut down its half and still wait.
func (c *conn) judge() (Final, bool) {
	t := c.srv.timeouts
	if c.session == nil { // NewSession failed before
		return *tempFail(), true
	}
	ctx, cancel := context.WithTimeout(c.ctx, t.Message)
	defer cancel()
	j := c.start(ctx)

	progress, hard := time.NewTimer(t.ProgressFirst), time.NewTimer(t.Message+t.Grace)
	defer progress.Stop()
	defer hard.Stop()
	closed := c.ctx.Done()
	for {
		select {
		case f := <-j.done:
			return f, true
		case <-progress.C:
			c.srv.hooks.progress()
			if err := c.writeCode(ansProgress); err != nil {
				cancel()
				hard.Reset(t.Grace)
				continue
			}
			progress.Reset(t.ProgressEvery)
		case <-closed: // Shutdown's deadline
			closed = nil
			progress.Stop()
			hard.Reset(t.Grace)
		case <-hard.C:
			if !j.owner.CompareAndSwap(0, 2) {
				return <-j.done, true
			}
			c.session = nil  // its goroutine closes it
			c.macros.reset() // and may still read them
			c.log.Error("milter session does not return at end of message", zap.Duration("limit", t.Message+t.Grace))
			_ = c.writeCode(ansTempFail)
			c.fail(ErrDeadline)
			c.srv.hooks.message(verdict.TempFail)
			return Final{}, false
		}
	}
}

// finish sends f, or tempfail if f cannot be sent whole, and reports what the
// MTA was told.
func (c *conn) finish(f Final) (verdict.Disposition, error) {
	frames, err := encoder{grant: c.grant, rcpts: c.msg.rcpts}.encode(f)
	if err == nil {
		if err = c.writeAll(frames); err != nil {
			return "", err
		}
		return f.Verdict.Disposition, nil
	}
	if errors.Is(err, ErrNotGranted) {
		c.srv.notGranted(err)
	} else {
		c.log.Error("milter answer cannot be sent: tempfail instead", zap.Error(err))
	}
	if werr := c.writeCode(ansTempFail); werr != nil {
		return "", errors.Join(err, werr)
	}
	return verdict.TempFail, err
}
