package conformance

import (
	"context"
	"crypto/sha256"
	"hash"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"labelmilter/internal/milter"
	"labelmilter/internal/verdict"
)

// script says what a filter answers; what is nil goes on or accepts. It is
// found by the HELO name of the client, or by the local part of sender or
// recipient for mail that is not from SMTP.
type script struct {
	helo    func() milter.Answer
	mail    func(from string) milter.Answer
	rcpt    func(to string) milter.Answer
	header  func(name, raw string) milter.Answer
	eoh     func() milter.Answer
	body    func(chunk []byte) milter.Answer
	eom     func(ctx context.Context, s *seen) milter.Final
	session func(milter.Conn) milter.Session // takes the session over at HELO

	mu     sync.Mutex
	ended  []*seen // messages that came to their end
	aborts int
	sent   []error
}

// seen is what a session was told of a message.
type seen struct {
	session string // milter.Conn.ID
	connect milter.Connect
	helo    string
	from    string
	args    []string
	rcpts   []string
	rcptArg [][]string
	rcptMac []milter.Macros
	header  [][2]string // names and values as in Session.Header
	body    []byte      // the first MiB
	size    int
	chunks  int
	sum     hash.Hash
	macros  milter.Macros // at end of message
}

const keepBody = 1 << 20

func (s *script) messages() []*seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*seen(nil), s.ended...)
}

// answered waits until the server has told of n answers, and gives what
// became of them.
func (s *script) answered(t *testing.T, n int) []error {
	t.Helper()
	var out []error
	eventually(t, "the server tells what became of its answers", func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		out = append([]error(nil), s.sent...)
		return len(out) >= n
	})
	return out
}

func (s *script) aborted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.aborts
}

// only gives the one message that came to its end.
func (s *script) only(t *testing.T) *seen {
	t.Helper()
	m := s.messages()
	if len(m) != 1 {
		t.Fatalf("%d messages came to their end, want 1", len(m))
	}
	return m[0]
}

// handler finds scripts.
type handler struct {
	mu      sync.Mutex
	scripts map[string]*script
}

func (h *handler) put(key string, s *script) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.scripts[key] = s
}

func (h *handler) find(key string) *script {
	h.mu.Lock()
	defer h.mu.Unlock()
	key, _, _ = strings.Cut(key, "@")
	key, _, _ = strings.Cut(key, ".")
	return h.scripts[strings.ToLower(key)]
}

func (h *handler) NewSession(c milter.Conn) milter.Session {
	return &scripted{h: h, conn: c, id: c.ID}
}

// scripted is a session that follows a script.
type scripted struct {
	h       *handler
	conn    milter.Conn
	id      string
	script  *script
	other   milter.Session
	connect milter.Connect
	connMac milter.Macros
	helo    string
	msg     *seen
}

func (s *scripted) Connect(_ context.Context, c milter.Connect, m milter.Macros) milter.Answer {
	s.connect, s.connMac = c, maps.Clone(m)
	return milter.Answer{}
}

func (s *scripted) Helo(ctx context.Context, name string, m milter.Macros) milter.Answer {
	s.helo = name
	if sc := s.h.find(name); sc != nil {
		s.script = sc
	}
	if sc := s.script; sc != nil && sc.session != nil {
		if s.other == nil {
			s.other = sc.session(s.conn)
			s.other.Connect(ctx, s.connect, s.connMac)
		}
		return s.other.Helo(ctx, name, m)
	}
	if s.script != nil && s.script.helo != nil {
		return s.script.helo()
	}
	return milter.Answer{}
}

func (s *scripted) MailFrom(ctx context.Context, from string, args []string, m milter.Macros) milter.Answer {
	if s.other != nil {
		return s.other.MailFrom(ctx, from, args, m)
	}
	s.msg = &seen{session: s.id, connect: s.connect, helo: s.helo, from: from, args: append([]string(nil), args...), sum: sha256.New()}
	if sc := s.h.find(from); s.script == nil && sc != nil {
		s.script = sc
	}
	if s.script != nil && s.script.mail != nil {
		return s.script.mail(from)
	}
	return milter.Answer{}
}

func (s *scripted) RcptTo(ctx context.Context, to string, args []string, m milter.Macros) milter.Answer {
	if s.other != nil {
		return s.other.RcptTo(ctx, to, args, m)
	}
	if s.script == nil {
		s.script = s.h.find(to)
	}
	a := milter.Answer{}
	if s.script != nil && s.script.rcpt != nil {
		a = s.script.rcpt(to)
	}
	if a.Kind == milter.Continue && s.msg != nil {
		s.msg.rcpts = append(s.msg.rcpts, to)
		s.msg.rcptArg = append(s.msg.rcptArg, append([]string(nil), args...))
		s.msg.rcptMac = append(s.msg.rcptMac, maps.Clone(m))
	}
	return a
}

func (s *scripted) Header(ctx context.Context, name, raw string, m milter.Macros) milter.Answer {
	if s.other != nil {
		return s.other.Header(ctx, name, raw, m)
	}
	s.msg.header = append(s.msg.header, [2]string{name, raw})
	if s.script != nil && s.script.header != nil {
		return s.script.header(name, raw)
	}
	return milter.Answer{}
}

func (s *scripted) EndOfHeaders(ctx context.Context, m milter.Macros) milter.Answer {
	if s.other != nil {
		return s.other.EndOfHeaders(ctx, m)
	}
	if s.script != nil && s.script.eoh != nil {
		return s.script.eoh()
	}
	return milter.Answer{}
}

func (s *scripted) Body(ctx context.Context, chunk []byte, m milter.Macros) milter.Answer {
	if s.other != nil {
		return s.other.Body(ctx, chunk, m)
	}
	s.msg.chunks++
	s.msg.size += len(chunk)
	s.msg.sum.Write(chunk)
	s.msg.body = append(s.msg.body, chunk[:min(len(chunk), keepBody-len(s.msg.body))]...)
	if s.script != nil && s.script.body != nil {
		return s.script.body(chunk)
	}
	return milter.Answer{}
}

func (s *scripted) EndOfMessage(ctx context.Context, m milter.Macros) milter.Final {
	if s.other != nil {
		return s.other.EndOfMessage(ctx, m)
	}
	s.msg.macros = maps.Clone(m)
	sc := s.script
	if sc == nil {
		return accept()
	}
	msg := s.msg
	sc.mu.Lock()
	sc.ended = append(sc.ended, msg)
	sc.mu.Unlock()
	if sc.eom == nil {
		return accept()
	}
	return sc.eom(ctx, msg)
}

func (s *scripted) Sent(err error) {
	if s.other != nil {
		s.other.Sent(err)
		return
	}
	if sc := s.script; sc != nil {
		sc.mu.Lock()
		sc.sent = append(sc.sent, err)
		sc.mu.Unlock()
	}
}

func (s *scripted) Abort() {
	if s.other != nil {
		s.other.Abort()
		return
	}
	if sc := s.script; sc != nil {
		sc.mu.Lock()
		sc.aborts++
		sc.mu.Unlock()
	}
}

func (s *scripted) Close() {
	if s.other != nil {
		s.other.Close()
	}
}

// Answers and edits in few words.

func accept(mods ...verdict.Modification) milter.Final {
	return milter.Final{Modifications: mods, Verdict: verdict.Verdict{Disposition: verdict.Accept}}
}

func reject(code int, enhanced, text string) milter.Final {
	d := verdict.Reject
	if code < 500 {
		d = verdict.TempFail
	}
	return milter.Final{Verdict: verdict.Verdict{Disposition: d, Reply: verdict.Reply{Code: code, Enhanced: enhanced, Text: text}}}
}

func refuse(code int, enhanced, text string) milter.Answer {
	return milter.Answer{Kind: milter.Refuse, Reply: verdict.Reply{Code: code, Enhanced: enhanced, Text: text}}
}

func quarantine(reason string, mods ...verdict.Modification) milter.Final {
	return milter.Final{Modifications: mods, Verdict: verdict.Verdict{Disposition: verdict.Quarantine, Reason: reason}}
}

func always(f milter.Final) func(context.Context, *seen) milter.Final {
	return func(context.Context, *seen) milter.Final { return f }
}

func add(name, value string) verdict.Modification {
	return verdict.Modification{Op: verdict.AddHeader, Name: name, Value: value}
}

func insert(i int, name, value string) verdict.Modification {
	return verdict.Modification{Op: verdict.InsertHeader, Index: i, Name: name, Value: value}
}

func change(i int, name, value string) verdict.Modification {
	return verdict.Modification{Op: verdict.ChangeHeader, Index: i, Name: name, Value: value}
}

func remove(i int, name string) verdict.Modification {
	return verdict.Modification{Op: verdict.DeleteHeader, Index: i, Name: name}
}

func replace(body string) verdict.Modification {
	return verdict.Modification{Op: verdict.ReplaceBody, Body: []byte(body)}
}

// eventually waits for what happens without a reply.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not within %v: %s", patience, what)
		}
	}
}
