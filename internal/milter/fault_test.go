package milter

import (
	"bytes"
	"context"
	"io"
	"net"
	"runtime"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/verdict"
)

// Every breach closes the connection without an answer; the server goes on
// and logs no byte of what was sent.
func TestFaults(t *testing.T) {
	t.Parallel()
	neg := miltertest.OptNeg(6, 0x1ff, 0x1fffff)
	str, frame := miltertest.Strings, miltertest.Frame
	mail := bytes.Join([][]byte{neg, str('M', "<a>")}, nil)
	join := func(b ...[]byte) []byte { return bytes.Join(b, nil) }
	long := func(code byte, n int) []byte { return frame(code, strings.Repeat("x", n-2), "\x00") }
	for _, tc := range []struct {
		name    string
		bytes   []byte
		fault   string // part of the reason logged, "" for none
		answers string // codes read before the close
	}{
		{"length 0", []byte{0, 0, 0, 0}, "length 0", ""},
		{"length 0 later", join(neg, []byte{0, 0, 0, 0}), "length 0", "O"},
		{"1 MiB + 1", join(neg, []byte{0, 0x10, 0, 1, 'B'}), "frame too long", "O"},
		{"4 GiB", []byte{0xff, 0xff, 0xff, 0xff}, "frame too long", ""},
		{"HTTP", []byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"), "frame too long", ""},
		{"TLS", []byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), "frame too long", ""},
		{"SMTP", []byte("EHLO x\r\nQUIT\r\n"), "frame too long", ""},
		{"no negotiation", str('M', "<a>"), "no option negotiation", ""},
		{"two negotiations", join(neg, neg), "second option negotiation", "O"},
		{"short negotiation", frame('O', "\x00\x00\x00\x06\x00\x00"), "short option", ""},
		{"version 1", miltertest.OptNeg(1, 0x3f, 0x7f), "too old", ""},
		{"unknown command", join(neg, frame('Z', "x")), "unknown command", "O"},
		{"CONNECT empty", join(neg, frame('C')), "without NUL", "O"},
		{"CONNECT without NUL", join(neg, frame('C', "host")), "without NUL", "O"},
		{"CONNECT without family", join(neg, frame('C', "host\x00")), "without family", "O"},
		{"CONNECT family Z", join(neg, frame('C', "host\x00Z\x00\x00\x00")), "unknown family", "O"},
		{"CONNECT without port", join(neg, frame('C', "host\x004\x00")), "too short", "O"},
		{"CONNECT address open", join(neg, frame('C', "host\x004\x00\x19192.0.2.1")), "address without NUL", "O"},
		{"CONNECT two addresses", join(neg, frame('C', "host\x004\x00\x191\x002\x00")), "address without NUL", "O"},
		{"HELO without NUL", join(neg, frame('H', "h")), "not one string", "O"},
		{"HELO with two", join(neg, str('H', "h", "i")), "not one string", "O"},
		{"MAIL without NUL", join(neg, frame('M', "<a>")), "without NUL", "O"},
		{"MAIL empty", join(neg, frame('M')), "without address", "O"},
		{"MAIL with 300 arguments", join(neg, str('M', make([]string, 300)...)), "too many strings", "O"},
		{"RCPT without NUL", join(mail, frame('R', "<a>")), "without NUL", "Oc"},
		{"HEADER with one", join(mail, frame('L', "a\x00")), "not two", "Oc"},
		{"HEADER with three", join(mail, str('L', "a", "b", "c")), "not two", "Oc"},
		{"HEADER open", join(mail, frame('L', "a\x00b")), "not two", "Oc"},
		{"HEADER empty name", join(mail, str('L', "", "b")), "without name", "Oc"},
		{"MACRO empty", join(neg, frame('D')), "without command", "O"},
		{"MACRO open", join(neg, frame('D', "Mi\x00x")), "without NUL", "O"},
		{"RCPT before MAIL", join(neg, str('R', "<a>")), "outside", "O"},
		{"DATA before MAIL", join(neg, frame('T')), "outside", "O"},
		{"HEADER before MAIL", join(neg, str('L', "a", "b")), "outside", "O"},
		{"EOH before MAIL", join(neg, frame('N')), "outside", "O"},
		{"BODY before MAIL", join(neg, frame('B', "x")), "outside", "O"},
		{"EOM before MAIL", join(neg, frame('E')), "outside", "O"},
		{"EOM after EOM", join(mail, frame('E'), frame('E')), "outside", "Oca"},
		{"BODY after ABORT", join(mail, frame('A'), frame('B', "x")), "outside", "Oc"},
		{"EOM with data", join(mail, frame('E', "last chunk")), "end of message with data", "Oc"},
		{"RCPT after header", join(mail, str('L', "a", "b"), str('R', "<c>")), "RCPT after", "Occ"},
		{"HEADER after EOH", join(mail, frame('N'), str('L', "a", "b")), "HEADER after", "Occ"},
		{"two EOH", join(mail, frame('N'), frame('N')), "second end of headers", "Occ"},
		{"MAIL of 64 K", join(neg, long('M', 64<<10+1)), "too long for its command", "O"},
		{"RCPT of 64 K", join(mail, long('R', 64<<10+1)), "too long for its command", "Oc"},
		{"HELO of 64 K", join(neg, long('H', 64<<10+1)), "too long for its command", "O"},
		{"HEADER of 256 K", join(mail, long('L', 256<<10+1)), "too long for its command", "Oc"},
		{"cut in a frame", join(neg, []byte{0, 0, 0, 9, 'M', '<'}), "", "O"},
		{"cut in a length", []byte{0, 0}, "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{}
			s, logs := serve(t, r)
			c := dial(t, s)
			go func() { // an early close may break the write
				_ = c.Write(tc.bytes)
				if tc.fault == "" {
					_ = c.Conn.(*net.UnixConn).CloseWrite()
				}
			}()
			for _, want := range tc.answers {
				if p, err := c.Read(); err != nil || p.Code != byte(want) {
					t.Fatalf("%v %v, want %c", p, err, want)
				}
			}
			if err := c.Closed(); err != nil {
				t.Error(err)
			}
			eventually(t, "the connection is gone", func() bool { return s.Open() == 0 })
			if tc.fault != "" {
				found := ""
				for _, l := range logs.FilterMessageSnippet("protocol error").All() {
					found, _ = l.ContextMap()["fault"].(string)
				}
				if !strings.Contains(found, tc.fault) {
					t.Errorf("logged fault %q, want %q", found, tc.fault)
				}
			}
			// A well-behaved MTA is served.
			if got := send(t, open(t, s), simple("x")); got.Decision.Code != 'a' {
				t.Errorf("next connection: %v", got.Decision)
			}
		})
	}
}

func wholeSession() []byte {
	var b []byte
	add := func(f ...[]byte) { b = append(b, bytes.Join(f, nil)...) }
	add(miltertest.OptNeg(6, 0x1ff, 0x1fffff), miltertest.Macro('C', "j", "mx"), miltertest.ConnectFrame("h", '4', 1, "192.0.2.1"),
		miltertest.Strings('H', "h"), miltertest.Frame('U', "NOOP x\x00"))
	for range 3 {
		add(miltertest.Frame('D', "M"), miltertest.Strings('M', "<a>"), miltertest.Frame('D', "Ri\x00Q1\x00odd\x00"), miltertest.Strings('R', "<b>"), miltertest.Frame('T'),
			miltertest.Strings('L', "Subject", " x"), miltertest.Frame('N'), miltertest.Frame('B', "one"), miltertest.Frame('B', "two"), miltertest.Frame('E'))
	}
	add(miltertest.Frame('A'), miltertest.Frame('Q'))
	return b
}

// However the bytes are cut, the answers are the same.
func TestCuts(t *testing.T) {
	t.Parallel()
	all := wholeSession()
	want := "Occc" + strings.Repeat("ccccccca", 3) // U, then M R T L N B B E
	for _, n := range []int{1, 2, 3, 5, 7, 100, len(all)} {
		r := &recorder{eom: func(_ context.Context, s *recording) Final {
			if string(s.body) != "onetwo" || len(s.header) != 1 || s.macros["i"] != "Q1" {
				t.Errorf("cut by %d: %q %q %v", n, s.body, s.header, s.macros)
			}
			return accept
		}}
		s, _ := serve(t, r)
		c := dial(t, s)
		must(t, c.WriteBy(n, all))
		got := ""
		for {
			p, err := c.Read()
			if err == io.EOF {
				break
			}
			must(t, err)
			got += string(p.Code)
		}
		if got != want {
			t.Errorf("cut by %d: answers %q, want %q", n, got, want)
		}
	}
}

func TestHalfClose(t *testing.T) {
	t.Parallel()
	all := wholeSession()
	neg, mid := all[:17], bytes.Index(all, []byte("two"))
	for name, part := range map[string][]byte{"after negotiation": neg, "in the body": all[:mid+1], "after the last E": all[:len(all)-10]} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{eom: func(context.Context, *recording) Final { return accept }}
			s, _ := serve(t, r)
			c := dial(t, s)
			must(t, c.Write(part))
			must(t, c.Conn.(*net.UnixConn).CloseWrite())
			answers := ""
			for {
				p, err := c.Read()
				if err != nil {
					break
				}
				answers += string(p.Code)
			}
			if n := strings.Count(answers, "a"); name == "after the last E" && n != 3 {
				t.Errorf("%d decisions, want 3: a half-closed peer still waits for its answer", n)
			}
			eventually(t, "closed", func() bool { return s.Open() == 0 && r.opened() == 0 })
		})
	}
}

func TestSlowPeers(t *testing.T) {
	t.Parallel()
	short := func(f func(*Timeouts)) func(*Options) {
		return func(o *Options) { f(&o.Timeouts) }
	}
	t.Run("stops inside a frame", func(t *testing.T) {
		t.Parallel()
		s, _ := serve(t, &recorder{}, short(func(x *Timeouts) { x.Frame = 50 * time.Millisecond }))
		c := dial(t, s)
		must(t, c.Negotiate())
		must(t, c.Write([]byte{0, 0, 0, 20, 'M', '<'}))
		must(t, c.Closed())
	})
	t.Run("drips", func(t *testing.T) {
		t.Parallel()
		s, _ := serve(t, &recorder{}, short(func(x *Timeouts) { x.Frame = 100 * time.Millisecond }))
		c := dial(t, s)
		must(t, c.Negotiate())
		start := time.Now()
		for f := miltertest.Strings('M', strings.Repeat("x", 1000)); len(f) > 0; f = f[1:] {
			if c.Write(f[:1]) != nil {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if d := time.Since(start); d > 3*time.Second {
			t.Errorf("a frame may take %v", d)
		}
	})
	t.Run("never negotiates", func(t *testing.T) {
		t.Parallel()
		s, _ := serve(t, &recorder{}, short(func(x *Timeouts) { x.Frame = 50 * time.Millisecond }))
		must(t, dial(t, s).Closed())
	})
	t.Run("idle", func(t *testing.T) {
		t.Parallel()
		s, _ := serve(t, &recorder{}, short(func(x *Timeouts) { x.Idle, x.Frame = 300*time.Millisecond, 50*time.Millisecond }))
		c := open(t, s)
		time.Sleep(150 * time.Millisecond) // longer than a frame may take
		send(t, c, simple("x"))
		must(t, c.Closed())
	})
	t.Run("never reads", func(t *testing.T) {
		t.Parallel()
		r := &recorder{quiet: true, eom: func(context.Context, *recording) Final {
			return Final{Modifications: []verdict.Modification{{Op: verdict.ReplaceBody, Body: make([]byte, 16<<20)}}, Verdict: accept.Verdict}
		}}
		s, _ := serve(t, r, short(func(x *Timeouts) { x.Write = 100 * time.Millisecond }))
		c := open(t, s)
		must(t, c.Write(miltertest.Strings('M', "<a>"), miltertest.Frame('E')))
		eventually(t, "the writer gives up", func() bool { return s.Open() == 0 })
		if e := r.sends(); len(e) != 1 || e[0] == nil {
			t.Errorf("sent %v, want one error", e)
		}
	})
}

// A scan of the port costs no session, no log line a connection and leaves
// nothing behind.
func TestScanners(t *testing.T) {
	r := &recorder{}
	s, logs := serve(t, r, func(o *Options) { o.Listeners[0] = Listener{Network: "tcp", Address: "127.0.0.1:0"} })
	before := runtime.NumGoroutine()
	const n = 3000
	for i := range n {
		c := dial(t, s)
		if i%3 == 1 {
			_ = c.Write([]byte("GET / HTTP/1.0\r\n\r\n"))
		}
		if i%3 == 2 {
			_ = c.Conn.(*net.TCPConn).SetLinger(0)
		}
		_ = c.Close()
	}
	eventually(t, "all connections are gone", func() bool { return s.Open() == 0 && runtime.NumGoroutine() <= before+3 })
	if e := r.take(); len(e) > 0 {
		t.Errorf("sessions were made: %v", e[:1])
	}
	lines := 0
	for _, l := range logs.All() {
		if l.Level > -1 {
			lines++
		}
	}
	if lines > 20 {
		t.Errorf("%d log lines for %d connections", lines, n)
	}
}

func TestMacroLimits(t *testing.T) {
	t.Parallel()
	for name, frames := range map[string]func(i int) []byte{
		"names": func(i int) []byte {
			return miltertest.Macro('R', "{n"+strings.Repeat("x", i)+"}", "v")
		},
		"bytes": func(i int) []byte {
			return miltertest.Macro('H', "{n"+strings.Repeat("x", i)+"}", strings.Repeat("v", 60_000))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, _ := serve(t, &recorder{})
			c := open(t, s)
			_, err := c.Ask(miltertest.Strings('M', "<a>"))
			must(t, err)
			go func() {
				for i := range 1000 {
					if c.Write(frames(i)) != nil {
						return
					}
				}
			}()
			must(t, c.Closed())
		})
	}
}
