// Package milter is a milter server (protocol version 6, the de-facto
// standard of Sendmail's libmilter) on github.com/emersion/go-milter behind a
// guarding connection. It knows bytes and sessions, no policy.
//
// A Handler makes one Session per connection of the MTA. The server calls a
// session's methods one after the other, never at the same time. Edits can be
// given only with the answer at end of message: the server sends them back to
// back and the decision last.
//
// What the guard refuses, it refuses by closing the connection, so that the
// MTA applies its default action: frames out of bounds or out of order, a
// first frame that is no option negotiation, strings without their NUL.
// State of one message never reaches the next: the server keeps macros by
// connection and by message itself and starts afresh at MAIL FROM, at ABORT
// and after end of message, whichever of them the MTA cares to send.
//
// It does not read mail, decode headers, or limit their number: that is the
// session's.
package milter

import (
	"context"
	"time"

	"labelmilter/internal/verdict"
)

// Handler makes sessions.
type Handler interface {
	// NewSession is called once per connection that negotiated (not for port
	// scans), and again when the MTA starts a new SMTP session on the same
	// connection (SMFIC_QUIT_NC). It must not block.
	NewSession(c Conn) Session
}

// Conn is what is known of the MTA's connection.
type Conn struct {
	ID       string // unique in this process and per Session, for logs
	Listener Listener
}

// Listener is one socket to serve.
type Listener struct {
	Network string // "tcp" or "unix"
	Address string
	Name    string // for logs and metrics; Address if empty
	Mode    uint32 // unix socket permission, 0 = 0660
	Group   string // unix socket group, "" = the process's
}

// Macros are the macros seen so far in this session and message, merged, by
// name without braces. Macros of a recipient (rcpt_*) are seen at RCPT only.
// The map must not be kept or changed.
type Macros map[string]string

// Connect is the client of the SMTP session.
type Connect struct {
	Host   string // as the MTA knows it, "[192.0.2.1]" or "unknown" if it does not
	Family byte   // '4', '6', 'L' (unix), 'U' (unknown)
	Port   uint16
	Addr   string // canonical textual address; socket path for 'L'; "" for 'U'
}

// Answer is the reply to a stage before end of message.
type Answer struct {
	Kind  AnswerKind
	Reply verdict.Reply // for Refuse
}

// AnswerKind is the choice a session has at a stage.
type AnswerKind int

// The kinds of answer.
const (
	Continue  AnswerKind = iota // go on
	Refuse                      // the Reply's 4xx or 5xx; at RCPT for this recipient only
	AcceptAll                   // accept the message (session, at CONNECT or HELO) without looking further
	Drop                        // discard the message
	SkipBody                    // Body only: send no more chunks; Continue elsewhere
)

// Final is the answer at end of message: edits in the order to be sent, then
// the verdict. A verdict other than accept and quarantine sends no edits.
type Final struct {
	Modifications []verdict.Modification
	Verdict       verdict.Verdict
}

// Session gets the events of one SMTP session. State that belongs to the
// connection (client, HELO) stays over messages; MailFrom starts a message.
type Session interface {
	Connect(ctx context.Context, c Connect, m Macros) Answer
	Helo(ctx context.Context, name string, m Macros) Answer
	// MailFrom starts a message. addr has no angle brackets; args are the
	// ESMTP arguments as sent.
	MailFrom(ctx context.Context, addr string, args []string, m Macros) Answer
	RcptTo(ctx context.Context, addr string, args []string, m Macros) Answer
	// Header gets one field: original name, and value as everything after
	// the colon with leading white space, folds as LF + white space. It is
	// exact if the MTA grants SMFIP_HDR_LEADSPC. Without, the MTA has taken
	// away one leading space; the server puts one back unless the value is
	// empty or starts with a tab, so "X:a" is then seen as "X: a".
	Header(ctx context.Context, name, raw string, m Macros) Answer
	EndOfHeaders(ctx context.Context, m Macros) Answer
	// Body gets a chunk; it may be kept, it is not reused.
	Body(ctx context.Context, chunk []byte, m Macros) Answer
	// EndOfMessage judges. While it runs the server sends PROGRESS. ctx ends
	// when PROGRESS finds the connection lost or the server's hard deadline
	// is over; then the session has Timeouts.Grace to return.
	EndOfMessage(ctx context.Context, m Macros) Final
	// Sent follows every EndOfMessage and tells whether its answer went out
	// whole. After an error the MTA got a tempfail or nothing.
	Sent(err error)
	// Abort drops the message in hand. It comes twice, after end of message
	// too, or never: it must be idempotent.
	Abort()
	// Close ends the session; nothing follows.
	Close()
}

// Timeouts of one connection.
type Timeouts struct {
	Idle          time.Duration // waiting for the next frame
	Frame         time.Duration // from a frame's first byte to its last
	Write         time.Duration
	ProgressFirst time.Duration // first PROGRESS after end of message
	ProgressEvery time.Duration
	Message       time.Duration // hard limit for EndOfMessage; the context ends then
	Grace         time.Duration // after that for EndOfMessage to return, before tempfail and close
	Quit          time.Duration // during Shutdown, how long an idle MTA may take to say QUIT
}

// DefaultTimeouts gives the shipped values.
func DefaultTimeouts() Timeouts {
	return Timeouts{Idle: 2 * time.Hour, Frame: 30 * time.Second, Write: 30 * time.Second,
		ProgressFirst: time.Second, ProgressEvery: 3 * time.Second, Message: 4 * time.Minute,
		Grace: 5 * time.Second, Quit: 5 * time.Second}
}

// orDefault fills what is not positive.
func (t Timeouts) orDefault() Timeouts {
	d := DefaultTimeouts()
	for _, f := range []struct{ v, d *time.Duration }{
		{&t.Idle, &d.Idle}, {&t.Frame, &d.Frame}, {&t.Write, &d.Write},
		{&t.ProgressFirst, &d.ProgressFirst}, {&t.ProgressEvery, &d.ProgressEvery},
		{&t.Message, &d.Message}, {&t.Grace, &d.Grace}, {&t.Quit, &d.Quit},
	} {
		if *f.v <= 0 {
			*f.v = *f.d
		}
	}
	return t
}
