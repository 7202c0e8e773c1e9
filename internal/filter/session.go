package filter

import (
	"context"
	"maps"
	"net/netip"
	"slices"
	"strings"

	"labelmilter/internal/enforce"
	"labelmilter/internal/message"
	"labelmilter/internal/milter"
	"labelmilter/internal/plan"
)

// session is one SMTP session. What belongs to the client stays over its
// messages; everything of a message is in mail.
type session struct {
	f        *Filter
	conn     milter.Conn
	listener Listener
	client   milter.Connect
	helo     string
	mail     *mail     // nil outside a message
	answered *answered // after end of message, until Sent
}

// mail is a message being received.
type mail struct {
	set      *Settings
	from     string
	args     []string
	rcpts    []string
	rcptArgs [][]string
	builder  *message.Builder
	own      ownFields
	err      error // the first of our own, from the spool
}

var _ milter.Session = (*session)(nil)

func (s *session) Connect(_ context.Context, c milter.Connect, _ milter.Macros) milter.Answer {
	s.client = c
	return milter.Answer{}
}

func (s *session) Helo(_ context.Context, name string, _ milter.Macros) milter.Answer {
	s.helo = name
	return milter.Answer{}
}

func (s *session) MailFrom(_ context.Context, addr string, args []string, _ milter.Macros) milter.Answer {
	s.drop()
	set := s.f.o.Current()
	s.mail = &mail{set: set, from: addr, args: slices.Clone(args),
		own:     make(ownFields, len(plan.OwnHeaders)),
		builder: message.NewBuilder(message.Options{Limits: set.Limits, SpoolDir: set.SpoolDir, Reuse: true})}
	return milter.Answer{}
}

// RcptTo never refuses: Postfix takes a refusal for a locally submitted
// message as a configuration error and keeps the message in its queue.
func (s *session) RcptTo(_ context.Context, addr string, args []string, _ milter.Macros) milter.Answer {
	if m := s.mail; m != nil {
		m.rcpts = append(m.rcpts, addr)
		m.rcptArgs = append(m.rcptArgs, slices.Clone(args))
	}
	return milter.Answer{}
}

func (s *session) Header(_ context.Context, name, raw string, _ milter.Macros) milter.Answer {
	if m := s.mail; m != nil {
		m.own.count(name)
		m.builder.AddField(name, raw)
	}
	return milter.Answer{}
}

func (s *session) EndOfHeaders(context.Context, milter.Macros) milter.Answer { return milter.Answer{} }

func (s *session) Body(_ context.Context, chunk []byte, _ milter.Macros) milter.Answer {
	m := s.mail
	if m == nil {
		return milter.Answer{}
	}
	if m.err == nil {
		_, m.err = m.builder.Write(chunk)
	}
	if m.err != nil { // answered at end of message
		return milter.Answer{Kind: milter.SkipBody}
	}
	return milter.Answer{}
}

// Sent ends the message: what became of the answer goes to the record, the
// log and the metrics.
func (s *session) Sent(err error) {
	a := s.answered
	s.answered = nil
	if a != nil {
		s.f.finish(a, err)
	}
}

func (s *session) Abort() { s.drop() }

func (s *session) Close() { s.drop() }

// drop forgets the message in hand.
func (s *session) drop() {
	if m := s.mail; m != nil {
		m.builder.Discard()
		s.mail = nil
	}
	if a := s.answered; a != nil { // Sent did not come
		s.answered = nil
		s.f.finish(a, errNotSent)
	}
}

// envelope is everything the MTA told beside the message.
func (s *session) envelope(m *mail, macros milter.Macros) message.Envelope {
	env := message.Envelope{
		MailFrom: m.from, MailArgs: m.args, RcptTo: m.rcpts, RcptArgs: m.rcptArgs,
		ClientName: s.client.Host, Helo: s.helo,
		AuthUser: macros["auth_authen"], TLS: macros["tls_version"], QueueID: macros["i"],
		Listener: s.conn.Listener.Address, Direction: s.listener.Direction,
		Local: local(s.client, s.listener.Local), Macros: maps.Clone(macros),
	}
	if s.client.Family != 'L' && !env.Local {
		env.ClientIP = s.client.Addr
	}
	return env
}

// local reports a message that came by no network: sendmail(1) and mail that
// the MTA makes itself.
//
// QUIRK: Postfix gives "localhost", 127.0.0.1 and port 0 for such mail
// (non_smtpd_milters). A TCP client on this machine has another port: it may
// be a content filter or a web server that relays mail of strangers, and is
// judged by its address like any other unless the listener is declared local.
// Even there no other machine's client is believed to be local.
func local(c milter.Connect, declared bool) bool {
	switch c.Family {
	case 'L':
		return true
	case 'U':
		return declared || strings.EqualFold(c.Host, "localhost")
	case '4', '6':
		ip, err := netip.ParseAddr(c.Addr)
		return err == nil && ip.Unmap().IsLoopback() && (declared || c.Port == 0)
	}
	return declared
}

// answered is a message whose answer is on its way.
type answered struct {
	event  Event
	ticket enforce.Ticket
	built  *message.Message // edits may refer to its spool
}
