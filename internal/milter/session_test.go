package milter

import (
	"context"
	"net"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/verdict"
)

func refuse(code int, enhanced, text string) Answer {
	return Answer{Kind: Refuse, Reply: verdict.Reply{Code: code, Enhanced: enhanced, Text: text}}
}

// Sendmail sends no ABORT after end of message, and no MTA repeats CONNECT.
func TestMessagesDoNotMix(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s, _ := serve(t, r)
	c := dial(t, s)
	must(t, c.Negotiate())
	must(t, c.Write(miltertest.Macro('C', "{client_addr}", "192.0.2.1", "j", "mx")))
	_, err := c.Step('C', 0, miltertest.ConnectFrame("h", '4', 25, "192.0.2.1"))
	must(t, err)
	_, err = c.Step('H', 0, miltertest.Macro('H', "{cipher}", "X"), miltertest.Strings('H', "h"))
	must(t, err)
	for _, n := range []string{"1", "2", "3"} {
		m := simple(n)
		if n == "1" {
			m.Macros['M'] = []string{"i", "1", "{only1}", "x"}
			m.Macros['E'] = []string{"{msg_id}", "first"}
		}
		m.RcptMacros = [][]string{{"{rcpt_addr}", "b"}}
		if got := send(t, c, m); got.Decision.Code != 'a' {
			t.Errorf("message %s: %v", n, got.Decision)
		}
	}
	must(t, c.Quit())
	eventually(t, "the session ends", func() bool { return r.opened() == 0 })
	conn := " cipher=X client_addr=192.0.2.1"
	want := []string{"connect h 4 25 192.0.2.1 client_addr=192.0.2.1 j=mx", "helo h" + conn + " j=mx"}
	for _, n := range []string{"1", "2", "3"} {
		only, id := "", ""
		if n == "1" {
			only, id = " only1=x", " msg_id=first"
		} else {
			want = append(want, "abort")
		}
		base := conn + " i=" + n + " j=mx"
		want = append(want, "mail a@"+n+".example[]"+base+only, "rcpt b@example[]"+base+only+" rcpt_addr=b",
			"header Subject:\" "+n+"\""+base+only, "eoh"+base+only, "body 8", "eom"+base+id+only)
	}
	if d := cmp.Diff(append(want, "close"), r.take()); d != "" {
		t.Error(d)
	}
}

func TestRefuseOneRecipient(t *testing.T) {
	t.Parallel()
	r := &recorder{rcpt: func(a string) Answer {
		if a == "2@example" {
			return refuse(550, "5.7.1", "not you")
		}
		return Answer{}
	}, eom: func(_ context.Context, s *recording) Final {
		if got := strings.Join(s.rcpts, " "); got != "1@example 3@example" {
			t.Errorf("recipients %q", got)
		}
		return accept
	}}
	s, _ := serve(t, r)
	c := open(t, s)
	m := simple("x")
	m.To = []string{"<1@example>", "<2@example>", "<3@example>"}
	got := send(t, c, m)
	if d := cmp.Diff([]string{"c", `y "550 5.7.1 not you\x00"`, "c"}, texts(got.Rcpt)); d != "" {
		t.Error(d)
	}
	if got.Decision.Code != 'a' {
		t.Errorf("decision %v", got.Decision)
	}
	// The facts of the connection and the session are still the same.
	send(t, c, m)
	if n := r.opened(); n != 1 {
		t.Errorf("%d sessions, want 1", n)
	}
}

func TestResets(t *testing.T) {
	t.Parallel()
	mail, rcpt, abort := miltertest.Strings('M', "<a@x>"), miltertest.Strings('R', "<b@x>"), miltertest.Frame('A')
	header, eoh, body := miltertest.Strings('L', "Old", " 1"), miltertest.Frame('N'), miltertest.Frame('B', "old")
	for _, tc := range []struct {
		name   string
		frames [][]byte
		aborts int
	}{
		{"double abort", [][]byte{mail, abort, abort}, 1},
		{"abort outside a message", [][]byte{abort, abort}, 0},
		{"after rcpt", [][]byte{mail, rcpt, abort}, 1},
		{"after header", [][]byte{mail, rcpt, header, abort}, 1},
		{"after eoh", [][]byte{mail, rcpt, header, eoh, abort}, 1},
		{"after body", [][]byte{mail, rcpt, header, eoh, body, abort}, 1},
		{"helo in a transaction", [][]byte{mail, rcpt, header, miltertest.Strings('H', "again")}, 1},
		{"mail in a transaction", [][]byte{mail, rcpt, header}, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{eom: func(_ context.Context, s *recording) Final {
				if len(s.header) != 1 || string(s.body) != "body new\r\n" || len(s.rcpts) != 1 {
					t.Errorf("mixed: %q %q %q", s.header, s.body, s.rcpts)
				}
				return accept
			}}
			s, _ := serve(t, r)
			c := open(t, s)
			r.take()
			for _, f := range tc.frames {
				if f[4] == 'A' {
					must(t, c.Write(f))
					continue
				}
				if p, err := c.Ask(f); err != nil || p.Code != 'c' {
					t.Fatalf("%c: %v %v", f[4], p, err)
				}
			}
			if got := send(t, c, simple("new")); got.Decision.Code != 'a' {
				t.Errorf("decision %v", got.Decision)
			}
			must(t, c.Write(abort, abort)) // as Postfix after every message
			_, err := c.Ask(miltertest.Strings('M', "<>"))
			must(t, err)
			aborts := strings.Count(strings.Join(r.take(), "\n"), "abort")
			if want := tc.aborts + 1; aborts != want {
				t.Errorf("%d aborts, want %d", aborts, want)
			}
		})
	}
}

// Answers and what follows them in the same message.
func TestAnswers(t *testing.T) {
	t.Parallel()
	no := refuse(550, "5.7.1", "no 100%")
	text := `y "550 5.7.1 no 100%%\x00"`
	for _, tc := range []struct {
		name  string
		r     *recorder
		nr    NoReply
		stage byte
		want  string
	}{
		{name: "mail", r: &recorder{mail: func(string) Answer { return no }}, stage: 'M', want: text},
		{name: "mail accept", r: &recorder{mail: func(string) Answer { return Answer{Kind: AcceptAll} }}, stage: 'M', want: "a"},
		{name: "mail drop", r: &recorder{mail: func(string) Answer { return Answer{Kind: Drop} }}, stage: 'M', want: "d"},
		{name: "mail without reply", r: &recorder{mail: func(string) Answer { return no }}, nr: NoReply{Mail: true}, stage: 'R', want: text},
		{name: "rcpt without reply", r: &recorder{rcpt: func(string) Answer { return no }}, nr: NoReply{Rcpt: true}, stage: 'L', want: text},
		{name: "header", r: &recorder{header: func(string, string) Answer { return no }}, stage: 'L', want: text},
		{name: "header without reply", r: &recorder{header: func(string, string) Answer { return no }}, nr: NoReply{Header: true}, stage: 'N', want: text},
		{name: "both without reply", r: &recorder{header: func(string, string) Answer { return no }}, nr: NoReply{Header: true, EndOfHeaders: true}, stage: 'B', want: text},
		{name: "eoh", r: &recorder{eoh: func() Answer { return no }}, stage: 'N', want: text},
		{name: "body", r: &recorder{body: func([]byte) Answer { return no }}, stage: 'B', want: text},
		{name: "body without reply", r: &recorder{body: func([]byte) Answer { return no }}, nr: NoReply{Body: true}, stage: 'E', want: text},
		{name: "rcpt and all behind it without reply", r: &recorder{rcpt: func(string) Answer { return no }}, nr: NoReply{Rcpt: true, Header: true, EndOfHeaders: true, Body: true}, stage: 'E', want: text},
		{name: "connect drop is told at mail", r: &recorder{connect: func(Connect) Answer { return Answer{Kind: Drop} }}, stage: 'M', want: "d"},
		{name: "connect without reply", r: &recorder{connect: func(Connect) Answer { return no }}, nr: NoReply{Connect: true, Helo: true}, stage: 'M', want: text},
		{name: "helo without reply", r: &recorder{helo: func(string) Answer { return no }}, nr: NoReply{Helo: true}, stage: 'M', want: text},
		{name: "reply of no class", r: &recorder{mail: func(string) Answer { return refuse(250, "", "ok") }}, stage: 'M', want: `y "451 4.7.1 try again later\x00"`},
		{name: "enhanced code of another class", r: &recorder{mail: func(string) Answer { return refuse(550, "4.7.1", "x") }}, stage: 'M', want: `y "451 4.7.1 try again later\x00"`},
		{name: "unknown kind", r: &recorder{mail: func(string) Answer { return Answer{Kind: 77} }}, stage: 'M', want: "t"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			tc.r.eom = func(context.Context, *recording) Final { t.Error("end of message reached"); return accept }
			s, _ := serve(t, tc.r, func(o *Options) { o.NoReply = tc.nr })
			c := open(t, s)
			got := send(t, c, simple("x"))
			if got.Stage != tc.stage || got.Decision.String() != tc.want {
				t.Errorf("%c %v, want %c %s", got.Stage, got.Decision, tc.stage, tc.want)
			}
		})
	}
}

// A client that does not wait for answers gets the refusal again until the
// end of the message, and nothing of the rest is looked at.
func TestRefusalSticks(t *testing.T) {
	t.Parallel()
	r := &recorder{mail: func(string) Answer { return refuse(550, "5.7.1", "no") }}
	s, _ := serve(t, r)
	c := open(t, s)
	r.take()
	must(t, c.Write(miltertest.Strings('M', "<a>"), miltertest.Strings('R', "<b>"), miltertest.Strings('L', "X", "y"),
		miltertest.Frame('N'), miltertest.Frame('B', "b"), miltertest.Frame('E')))
	for range 6 {
		if p, err := c.Read(); err != nil || p.Code != 'y' {
			t.Fatalf("%v %v", p, err)
		}
	}
	if d := cmp.Diff([]string{"mail a[]"}, r.take()); d != "" {
		t.Error(d)
	}
}

func TestSessionRefusedAtConnect(t *testing.T) {
	t.Parallel()
	var let atomic.Bool
	r := &recorder{connect: func(Connect) Answer {
		if let.Load() {
			return Answer{}
		}
		return refuse(554, "5.7.1", "go away")
	}}
	s, _ := serve(t, r)
	c := dial(t, s)
	must(t, c.Negotiate())
	for _, f := range [][]byte{miltertest.ConnectFrame("h", 'U', 0, ""), miltertest.Strings('H', "h"), miltertest.Strings('M', "<>"),
		miltertest.Strings('M', "<second>")} {
		if p, err := c.Ask(f); err != nil || p.Text() != "554 5.7.1 go away" {
			t.Errorf("%c: %v %v", f[4], p, err)
		}
	}
	// A new SMTP session on the same connection starts from nothing.
	must(t, c.Write(miltertest.Frame('K')))
	let.Store(true)
	must(t, c.Session())
	if got := send(t, c, simple("x")); got.Decision.Code != 'a' {
		t.Errorf("after QUIT_NC: %v", got.Decision)
	}
}

func TestQuitNCForgets(t *testing.T) {
	t.Parallel()
	for name, frame := range map[string][]byte{"quit_nc": miltertest.Frame('K'), "second connect": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{}
			s, _ := serve(t, r)
			c := dial(t, s)
			must(t, c.Negotiate())
			must(t, c.Write(miltertest.Macro('C', "{old}", "1")))
			must(t, c.Session())
			must(t, c.Write(miltertest.Macro('M', "{older}", "1")))
			_, err := c.Ask(miltertest.Strings('M', "<a>"))
			must(t, err)
			must(t, c.Write(frame, miltertest.Macro('C', "{new}", "2")))
			r.take()
			must(t, c.Session())
			if _, err := c.Ask(miltertest.Strings('M', "<b>")); err != nil {
				t.Fatal(err)
			}
			want := []string{"connect client.example 4 4711 192.0.2.1 new=2", "helo client.example new=2", "mail b[] new=2"}
			got := r.take()
			if d := cmp.Diff(want, got[max(0, len(got)-3):]); d != "" {
				t.Error(d)
			}
			if n := r.opened(); n != 1 {
				t.Errorf("%d sessions open, want 1", n)
			}
		})
	}
}

// More recipients than can be remembered are refused one by one.
func TestTooManyRecipients(t *testing.T) {
	t.Parallel()
	s, err := New(Options{Handler: &recorder{}, Listeners: []Listener{{}}})
	must(t, err)
	near, far := net.Pipe()
	c := newConn(s, far, s.opts.Listeners[0])
	defer c.kill()
	c.msg = message{active: true, nrcpt: maxRcptBytes - 4}
	client := miltertest.New(near)
	for _, tc := range []struct{ addr, want string }{
		{"a@xx", "c"}, {"a@xx", `y "452 4.5.3 too many recipients\x00"`}, {"", "c"},
	} {
		c.cur.addr = tc.addr
		done := make(chan struct{})
		go func() { c.onRcpt(); close(done) }()
		if p, err := client.Read(); err != nil || p.String() != tc.want {
			t.Errorf("%q: %v %v, want %s", tc.addr, p, err, tc.want)
		}
		<-done
	}
}
