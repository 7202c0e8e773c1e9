package milter

import (
	"runtime/debug"

	"go.uber.org/zap"

	"labelmilter/internal/verdict"
)

// tooManyRcpts is RFC 5321 4.5.3.1.10's answer.
func tooManyRcpts() *Final {
	return finalOf(Answer{Kind: Refuse, Reply: verdict.Reply{Code: 452, Enhanced: "4.5.3", Text: "too many recipients"}})
}

func (c *conn) onConnect() {
	a := c.call(stageConnect, func(s Session, m Macros) Answer { return s.Connect(c.ctx, c.cur.connect, m) })
	c.refused = a.final
	c.answer(stageConnect, a.final)
}

func (c *conn) onHelo() {
	if c.refused == nil {
		c.refused = c.call(stageHelo, func(s Session, m Macros) Answer { return s.Helo(c.ctx, c.cur.name, m) }).final
	}
	c.answer(stageHelo, c.refused)
}

func (c *conn) onMail() {
	if c.msg.settled == nil {
		c.msg.dirty = true
		c.msg.settled = c.call(stageMail, func(s Session, m Macros) Answer {
			return s.MailFrom(c.ctx, c.cur.addr, c.cur.args, m)
		}).final
	}
	c.answer(stageMail, c.msg.settled)
}

func (c *conn) onRcpt() {
	m := &c.msg
	if m.settled != nil {
		c.answer(stageRcpt, m.settled)
		return
	}
	addr := c.cur.addr
	var a outcome
	if len(m.rcpts) >= maxRcpts || m.nrcpt+len(addr) > maxRcptBytes {
		a = outcome{final: tooManyRcpts(), refuse: true}
	} else {
		a = c.call(stageRcpt, func(s Session, mac Macros) Answer {
			return s.RcptTo(c.ctx, addr, c.cur.args, mac)
		})
	}
	c.macros.dropRcpt()
	switch {
	case a.final == nil:
		if m.rcpts == nil {
			m.rcpts = make(map[string]struct{}, 4)
		}
		if _, ok := m.rcpts[addr]; !ok {
			m.rcpts[addr] = struct{}{}
			m.nrcpt += len(addr)
		}
	case !a.refuse || !c.grant.replies(stageRcpt):
		m.settled = a.final // concerns the message, or cannot be told for one recipient
	}
	c.answer(stageRcpt, a.final)
}

func (c *conn) onHeader() {
	if c.msg.settled == nil {
		c.msg.settled = c.call(stageHeader, func(s Session, m Macros) Answer {
			return s.Header(c.ctx, c.cur.name, c.cur.value, m)
		}).final
	}
	c.answer(stageHeader, c.msg.settled)
}

func (c *conn) onEOH() {
	c.endOfHeaders()
	c.answer(stageEOH, c.msg.settled)
}

func (c *conn) endOfHeaders() {
	c.msg.eoh = true
	if c.msg.settled == nil {
		c.msg.settled = c.call(stageEOH, func(s Session, m Macros) Answer { return s.EndOfHeaders(c.ctx, m) }).final
	}
}

// missedEOH tells the session of the end of headers if the MTA did not.
func (c *conn) missedEOH() {
	if !c.msg.eoh {
		c.endOfHeaders()
	}
}

func (c *conn) onBody(chunk []byte) {
	a := c.call(stageBody, func(s Session, m Macros) Answer { return s.Body(c.ctx, chunk, m) })
	c.msg.settled, c.msg.skip = a.final, a.skip
	c.answerBody()
}

func (c *conn) answerBody() {
	if c.msg.settled == nil && c.msg.skip && c.grant.has(optSkip) && c.grant.replies(stageBody) {
		_ = c.writeCode(ansSkip)
		return
	}
	c.answer(stageBody, c.msg.settled)
}

// answer tells f, or Continue if it is nil or cannot be told at this stage.
func (c *conn) answer(s stage, f *Final) {
	switch {
	case !c.grant.replies(s):
	case f == nil || !f.early(s):
		_ = c.writeCode(ansContinue)
	default:
		_ = c.write(appendDecision(nil, f.Verdict))
	}
}

// abort drops the message in hand. Postfix sends ABORT twice after each
// message, Sendmail never after end of message: the session hears of it at
// most once.
func (c *conn) abort() {
	if c.msg.dirty && c.session != nil {
		c.protect("abort", c.session.Abort)
	}
	c.endMessage()
	c.msg.dirty = false
}

// endMessage forgets the message.
func (c *conn) endMessage() {
	if c.msg.active {
		c.macros.endMessage()
	}
	c.msg = message{dirty: c.msg.dirty}
}

// endSession ends the SMTP session: a new one may follow.
func (c *conn) endSession() {
	if c.msg.active {
		c.abort()
	}
	if s := c.session; s != nil {
		c.session = nil
		c.protect("close", s.Close)
	}
	c.msg = message{}
	c.refused, c.connected = nil, false
}

// outcome is a session's answer.
type outcome struct {
	final  *Final
	skip   bool // SkipBody
	refuse bool // Refuse, as opposed to what concerns the whole message
}

// call asks the session. A panic is answered as the fail mode says.
func (c *conn) call(s stage, f func(Session, Macros) Answer) (o outcome) {
	defer func() {
		if v := recover(); v != nil {
			final := c.panicked(s.String(), v)
			o = outcome{final: &final}
		}
	}()
	if c.session == nil {
		c.session = c.srv.opts.Handler.NewSession(Conn{ID: c.srv.newID(), Listener: c.ln})
	}
	a := f(c.session, c.macros.at(s))
	return outcome{final: finalOf(a), skip: a.Kind == SkipBody, refuse: a.Kind == Refuse}
}

// protect calls what has no answer.
func (c *conn) protect(what string, f func()) {
	defer func() {
		if v := recover(); v != nil {
			c.panicked(what, v)
		}
	}()
	f()
}

// panicked logs a panic without its value, which may hold mail content, and
// asks for the answer. It is safe on any goroutine.
func (c *conn) panicked(where string, v any) (f Final) {
	stack := debug.Stack()
	f = *tempFail()
	c.srv.hooks.panicked(where)
	c.log.Error("panic in a milter session", zap.String("stage", where), zap.ByteString("stack", stack))
	if c.srv.opts.OnPanic == nil {
		return f
	}
	defer func() {
		if recover() != nil {
			f = *tempFail()
		}
	}()
	return c.srv.opts.OnPanic(where, v)
}
