package conformance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"labelmilter/internal/milter"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
)

// patience bounds waits; it is used up only when a test fails.
const patience = 30 * time.Second

// laboratory is what the tests share: one server, one instance of each MTA,
// one sink. Each is started when first needed.
type laboratory struct {
	handler handler
	tokens  atomic.Int64

	server   lazy[*milter.Server]
	sink     lazy[*mtalab.Sink]
	postfix  lazy[*mtalab.Postfix]
	sendmail lazy[*mtalab.Sendmail]
}

var lab = &laboratory{handler: handler{scripts: map[string]*script{}}}

// lazy is a value made once.
type lazy[T any] struct {
	once sync.Once
	v    T
	err  error
	made atomic.Bool
}

func (l *lazy[T]) get(t testing.TB, make func() (T, error)) T {
	t.Helper()
	l.once.Do(func() {
		if l.v, l.err = make(); l.err == nil {
			l.made.Store(true)
		}
	})
	if l.err != nil {
		t.Fatal(l.err)
	}
	return l.v
}

func (l *laboratory) stop() {
	var errs []error
	if l.postfix.made.Load() {
		errs = append(errs, l.postfix.v.Stop())
	}
	if l.sendmail.made.Load() {
		errs = append(errs, l.sendmail.v.Stop())
	}
	if l.sink.made.Load() {
		errs = append(errs, l.sink.v.Close())
	}
	if l.server.made.Load() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		_ = l.server.v.Shutdown(ctx) // late connections of MTAs that end just now
		cancel()
	}
	if err := errors.Join(errs...); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// timeouts are long: no test meets one unless it is about it.
func timeouts() milter.Timeouts {
	return milter.Timeouts{Idle: 5 * time.Minute, Frame: time.Minute, Write: time.Minute,
		ProgressFirst: time.Second, ProgressEvery: time.Second, Message: time.Minute, Grace: 10 * time.Second, Quit: time.Second}
}

func newServer(h milter.Handler, change ...func(*milter.Options)) (*milter.Server, error) {
	o := milter.Options{Handler: h, Timeouts: timeouts(), Logger: zap.NewNop(),
		Listeners: []milter.Listener{{Network: "tcp", Address: "127.0.0.1:0", Name: "test"}}}
	for _, f := range change {
		f(&o)
	}
	s, err := milter.New(o)
	if err != nil {
		return nil, err
	}
	_, err = s.Start(context.Background())
	return s, err
}

// serve starts a server for one test.
func serve(t testing.TB, change ...func(*milter.Options)) *milter.Server {
	t.Helper()
	s, err := newServer(&lab.handler, change...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		_ = s.Shutdown(ctx)
		eventually(t, "all connections are closed", func() bool { return s.Open() == 0 })
	})
	return s
}

func (l *laboratory) filter(t testing.TB) *milter.Server {
	return l.server.get(t, func() (*milter.Server, error) { return newServer(&l.handler) })
}

func (l *laboratory) hop(t testing.TB) *mtalab.Sink {
	return l.sink.get(t, func() (*mtalab.Sink, error) { return mtalab.NewSink(mtalab.SinkOptions{}) })
}

func port(s *milter.Server) int { return s.Addrs()[0].(*net.TCPAddr).Port }

// postfixFilter and sendmailFilter name a server in the MTAs' settings.
func postfixFilter(port int) string { return fmt.Sprintf("inet:127.0.0.1:%d", port) }

func sendmailFilter(port int) string {
	return fmt.Sprintf("S=inet:%d@127.0.0.1, F=T, T=C:10s;S:30s;R:30s;E:2m", port)
}

// patient lets tests make mistakes without being slowed down or cut off.
func patient() map[string]string {
	return map[string]string{"smtpd_error_sleep_time": "0", "smtpd_soft_error_limit": "10000",
		"smtpd_hard_error_limit": "10000", "smtpd_client_auth_rate_limit": "0", "notify_classes": ""}
}

func (l *laboratory) postfixOptions(t testing.TB, milters ...string) mtalab.Options {
	return mtalab.Options{Milters: milters, NextHop: l.hop(t).Addr(), XCLIENT: true, Settings: patient()}
}

func (l *laboratory) sendmailOptions(t testing.TB, milters ...string) mtalab.Options {
	return mtalab.Options{Milters: milters, NextHop: l.hop(t).Addr()}
}

func (l *laboratory) thePostfix(t *testing.T) *mtalab.Postfix {
	t.Helper()
	mtalab.Require(t, "postfix")
	s, _ := l.filter(t), l.hop(t)
	return l.postfix.get(t, func() (*mtalab.Postfix, error) {
		o := l.postfixOptions(t, postfixFilter(port(s)))
		o.NonSMTPDMilters = o.Milters
		o.Settings["internal_mail_filter_classes"] = "bounce"
		o.Settings["header_size_limit"] = "102400"
		o.Settings["inet_protocols"] = "all" // for XCLIENT with an IPv6 address; it listens on IPv4 only
		return mtalab.StartPostfix(context.Background(), o)
	})
}

func (l *laboratory) theSendmail(t *testing.T) *mtalab.Sendmail {
	t.Helper()
	mtalab.Require(t, "sendmail")
	s, _ := l.filter(t), l.hop(t)
	return l.sendmail.get(t, func() (*mtalab.Sendmail, error) {
		o := l.sendmailOptions(t, sendmailFilter(port(s)))
		o.Settings = map[string]string{"MaxHeadersLength": "1000000"}
		return mtalab.StartSendmail(context.Background(), o)
	})
}

// level is where a case runs.
type level struct {
	name string
	n    int
	addr string // of another MTA than the shared one
	log  func() string
}

// smtp is the address to send to.
func (l *level) smtp(t *testing.T) string {
	t.Helper()
	switch {
	case l.addr != "":
		return l.addr
	case l.name == postfix:
		return lab.thePostfix(t).SMTPAddr()
	}
	return lab.theSendmail(t).SMTPAddr()
}

// own gives the level an MTA of its own for the filters, named as the MTA's
// settings want them.
func (l *level) own(t *testing.T, settings map[string]string, filters ...string) {
	t.Helper()
	switch l.name {
	case postfix:
		mtalab.Require(t, "postfix")
		o := lab.postfixOptions(t, filters...)
		for k, v := range settings {
			o.Settings[k] = v
		}
		p := mtalab.PostfixFor(t, o)
		l.addr, l.log = p.SMTPAddr(), p.Log
	case sendmail:
		mtalab.Require(t, "sendmail")
		o := lab.sendmailOptions(t, filters...)
		o.Settings = settings
		s := mtalab.SendmailFor(t, o)
		l.addr, l.log = s.SMTPAddr(), s.Log
	}
}

// filterAt names a server in this level's way.
func (l *level) filterAt(port int) string {
	if l.name == sendmail {
		return sendmailFilter(port)
	}
	return postfixFilter(port)
}

// play registers a script and gives the key that leads to it.
func play(s *script) string {
	key := fmt.Sprintf("k%d", lab.tokens.Add(1))
	lab.handler.put(key, s)
	return key
}

// mail is a message for the script of a key.
func mail(key string) mtalab.Message {
	return mtalab.Message{Helo: key + ".client.example", From: "alice@agency.example", To: []string{"bob@other.example"},
		Data: []byte(text(key, "Subject: test\r\n", "body\r\n"))}
}

// text is a message with a mark to find it by. head is whole fields.
func text(token, head, body string) string {
	return "From: alice@agency.example\r\nTo: bob@other.example\r\nDate: Sat, 21 Nov 2026 10:00:00 +1100\r\n" +
		"Message-ID: <" + token + "@conformance.example>\r\n" + head + "\r\n" + body
}

// arrives waits for the message with a mark.
func arrives(t *testing.T, token string) mtalab.Delivery {
	t.Helper()
	d, err := lab.hop(t).WaitFor(func(d mtalab.Delivery) bool { return marked(d, token) }, patience)
	if err != nil {
		t.Fatalf("%s: %v", token, err)
	}
	return d
}

func marked(d mtalab.Delivery, token string) bool {
	return strings.Contains(string(d.Data[:min(len(d.Data), 1<<20)]), "<"+token+"@conformance.example>")
}

// delivered counts messages with a mark so far.
func delivered(t *testing.T, token string) int {
	n := 0
	for _, d := range lab.hop(t).Messages() {
		if marked(d, token) {
			n++
		}
	}
	return n
}

// deliver sends and waits for what arrives.
func (l *level) deliver(t *testing.T, m mtalab.Message, token string) mtalab.Delivery {
	t.Helper()
	r := mtalab.Send(t.Context(), l.smtp(t), m)
	if !r.Accepted() {
		t.Fatalf("not accepted: %v, %v", r.Last(), r.Err)
	}
	return arrives(t, token)
}

// session is an SMTP session with the greeting and EHLO done.
func (l *level) session(t *testing.T, key string) *mtalab.Client {
	t.Helper()
	c, err := mtalab.Dial(t.Context(), l.smtp(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	want(t, 250)(c.Ehlo(key + ".client.example"))
	return c
}

// want checks a reply's code.
func want(t *testing.T, code int) func(mtalab.Reply, error) mtalab.Reply {
	return func(r mtalab.Reply, err error) mtalab.Reply {
		t.Helper()
		if err != nil || r.Code != code {
			t.Fatalf("reply %v, %v, want %d", r, err, code)
		}
		return r
	}
}

// client is a frame-level client after negotiation and HELO.
func client(t testing.TB, s *milter.Server, key string) *miltertest.Client {
	t.Helper()
	c := dial(t, s)
	must(t, c.Negotiate())
	must(t, begin(c, key))
	return c
}

func dial(t testing.TB, s *milter.Server) *miltertest.Client {
	t.Helper()
	c, err := miltertest.Dial(s.Addrs()[0])
	must(t, err)
	c.Timeout = patience
	t.Cleanup(func() { c.Close() })
	return c
}

// begin opens an SMTP session.
func begin(c *miltertest.Client, key string) error {
	if _, err := c.Step('C', miltertest.NoReplyConnect, miltertest.ConnectFrame("client.example", '4', 4711, "192.0.2.1")); err != nil {
		return err
	}
	_, err := c.Step('H', miltertest.NoReplyHelo, miltertest.Strings('H', key+".client.example"))
	return err
}

// asFrames gives a message in the form the frame-level client takes.
func asFrames(m mtalab.Message) miltertest.Message {
	out := miltertest.Message{From: "<" + m.From + ">", FromArgs: m.FromParams, Macros: map[byte][]string{'M': {"i", "q1"}}}
	for _, to := range m.To {
		out.To = append(out.To, "<"+to+">")
	}
	head, body, _ := strings.Cut(string(m.Data), "\r\n\r\n")
	for line := range strings.SplitSeq(head, "\r\n") {
		if line[0] == ' ' || line[0] == '\t' {
			out.Header[len(out.Header)-1][1] += "\n" + line
			continue
		}
		name, raw, _ := strings.Cut(line, ":")
		out.Header = append(out.Header, [2]string{name, raw})
	}
	out.Body = []byte(body)
	return out
}

func send(t testing.TB, c *miltertest.Client, m miltertest.Message) miltertest.Result {
	t.Helper()
	r, err := c.Send(m)
	must(t, err)
	return r
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func texts(ps []miltertest.Packet) []string {
	out := []string{}
	for _, p := range ps {
		out = append(out, p.String())
	}
	return out
}
