package conformance

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"labelmilter/internal/milter"
	"labelmilter/internal/milter/miltertest"
)

// refused sends bytes and checks that the server hangs up without a word and
// that the next peer is served.
func refused(t *testing.T, srv *milter.Server, what string, negotiated bool, b []byte) {
	t.Helper()
	c := dial(t, srv)
	if negotiated {
		must(t, c.Negotiate())
	}
	_ = c.Write(b) // the server may hang up in the middle of it
	if err := c.Closed(); err != nil {
		t.Errorf("%s: %v", what, err)
	}
	served(t, srv)
}

// served runs a message through the server.
func served(t *testing.T, srv *milter.Server) {
	t.Helper()
	s := &script{eom: always(accept(add("X", "1")))}
	key := play(s)
	c := client(t, srv, key)
	if r := send(t, c, asFrames(mail(key))); r.Decision.Code != 'a' || len(r.Edits) != 1 {
		t.Errorf("the next message: %v", r.Decision)
	}
	must(t, c.Quit())
}

func length(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func TestCase26Lengths(t *testing.T) {
	run(t, 26, func(t *testing.T, l *level) {
		srv := serve(t)
		for name, b := range map[string][]byte{
			"zero":     length(0),
			"1 MiB+1":  append(length(1<<20+1), 'B'),
			"2 GiB":    append(length(1<<31), 'B'),
			"4 GiB":    append(length(1<<32-1), 'B', 'x'),
			"long H":   append(length(70_000), 'H'),
			"long L":   append(length(300_000), 'L'),
			"long N":   append(length(2_000), 'N'),
			"long neg": append(length(5_000), 'O'),
		} {
			refused(t, srv, name+" first", false, b)
			refused(t, srv, name, true, b)
		}
		// What is announced costs nothing until it comes.
		c := startChild(t, childConfig{})
		before := c.memory(t, "VmHWM")
		in := slices.Concat(milterMail("<a@b.example>"), milterRcpt("<c@d.example>"), milterFrame('N'), length(1<<20), []byte("B begin"))
		for range 300 {
			must(t, c.client(t).Write(in))
		}
		cl := c.client(t)
		must(t, begin(cl, "x"))
		send(t, cl, asFrames(mail("x")))
		if grown := c.memory(t, "VmHWM") - before; grown > 60<<10 && !raceDetector {
			t.Errorf("300 MiB announced cost %d KiB", grown)
		} else {
			t.Logf("300 MiB announced cost %d KiB", grown)
		}
	})
}

func TestCase27OtherProtocols(t *testing.T) {
	run(t, 27, func(t *testing.T, l *level) {
		srv := serve(t)
		for name, b := range map[string]string{
			"http":  "GET / HTTP/1.1\r\nHost: filter\r\n\r\n",
			"http2": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
			"tls":   "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + strings.Repeat("\x42", 508),
			"smtp":  "EHLO scanner.example\r\n",
			"ssh":   "SSH-2.0-OpenSSH_9.2\r\n",
		} {
			refused(t, srv, name, false, []byte(b))
		}
	})
}

// sessionBytes is a whole session with one message, as bytes.
func sessionBytes(key string) []byte {
	var b []byte
	for _, f := range [][]byte{
		miltertest.OptNeg(miltertest.OfferVersion, miltertest.OfferActions, miltertest.OfferProtocol),
		miltertest.Macro('C', "j", "mx"), miltertest.ConnectFrame("client.example", '4', 4711, "192.0.2.1"),
		milterHelo(key + ".client.example"), miltertest.Macro('M', "i", "q1"), milterMail("<alice@agency.example>", "SIZE=10"),
		milterRcpt("<bob@other.example>"), miltertest.Strings('L', "Subject", " test"), milterFrame('N'),
		milterFrame('B', "body\r\n"), milterFrame('E'), milterFrame('Q'),
	} {
		b = append(b, f...)
	}
	return b
}

// answers are the codes the server sent up to its hanging up.
func answers(t *testing.T, c *miltertest.Client) string {
	t.Helper()
	codes := ""
	for {
		p, err := c.Read()
		if errors.Is(err, io.EOF) {
			return codes
		}
		if err != nil {
			t.Fatalf("after %q: %v", codes, err)
		}
		codes += string(p.Code)
	}
}

func TestCase28ByteByByte(t *testing.T) {
	run(t, 28, func(t *testing.T, l *level) {
		for _, n := range []int{1, 2, 3, 7} {
			s := &script{}
			key := play(s)
			c := dial(t, lab.filter(t))
			must(t, c.WriteBy(n, sessionBytes(key)))
			if got := answers(t, c); got != "Occccccca" {
				t.Errorf("by %d bytes: %q", n, got)
			}
			if got := s.only(t); got.from != "alice@agency.example" || string(got.body) != "body\r\n" {
				t.Errorf("by %d bytes: seen %+v", n, got)
			}
		}
	})
}

func TestCase29Slowloris(t *testing.T) {
	run(t, 29, func(t *testing.T, l *level) {
		srv := serve(t, func(o *milter.Options) { o.Timeouts.Frame = 300 * time.Millisecond })
		for name, b := range map[string][]byte{
			"nothing": nil, "length": length(100)[:3], "code": append(length(100), 'O'),
		} {
			c := dial(t, srv)
			must(t, c.Write(b))
			start := time.Now()
			if err := c.Closed(); err != nil {
				t.Errorf("%s: %v", name, err)
			} else if d := time.Since(start); d < 200*time.Millisecond || d > 10*time.Second {
				t.Errorf("%s: closed after %v", name, d)
			}
		}
		s := &script{}
		key := play(s)
		c := client(t, srv, key)
		must(t, c.Write(append(length(1000), 'M', '<', 'a')))
		if err := c.Closed(); err != nil {
			t.Errorf("inside MAIL: %v", err)
		}
		// A drop now and then does not buy more time.
		c = client(t, srv, key)
		frame := append(length(1000), 'M')
		start := time.Now()
		for i := 0; i < 100 && c.Write(frame[min(i, 4):min(i, 4)+1]) == nil; i++ {
			time.Sleep(50 * time.Millisecond)
		}
		if d := time.Since(start); d > 4*time.Second {
			t.Errorf("byte after byte lasted %v", d)
		}
		served(t, srv)
	})
}

func TestCase31HalfClose(t *testing.T) {
	run(t, 31, func(t *testing.T, l *level) {
		srv := serve(t)
		all := sessionBytes("nokey")
		all = all[:len(all)-len(milterFrame('Q'))]
		neg := len(miltertest.OptNeg(0, 0, 0))
		for name, c := range map[string]struct {
			n    int
			want string
		}{
			"at once":    {0, ""},
			"after O":    {neg, "O"},
			"in MAIL":    {neg + 80, "Occ"},
			"in body":    {len(all) - 8, "Occcccc"},
			"after body": {len(all) - 5, ""},
			"after E":    {len(all), "Occccccca"},
		} {
			cl := dial(t, srv)
			must(t, cl.Write(all[:c.n]))
			must(t, cl.Conn.(*net.TCPConn).CloseWrite())
			got := answers(t, cl)
			if name == "in MAIL" || name == "after body" {
				if !strings.HasPrefix("Occcccccca", got) || got == "" {
					t.Errorf("%s: %q", name, got)
				}
			} else if got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		served(t, srv)
	})
}

func TestCase32Negotiation(t *testing.T) {
	run(t, 32, func(t *testing.T, l *level) {
		srv := serve(t)
		neg := miltertest.OptNeg(6, miltertest.OfferActions, miltertest.OfferProtocol)
		for name, b := range map[string][]byte{
			"none":    milterMail("<a@b.example>"),
			"macro":   miltertest.Macro('C', "j", "x"),
			"quit":    milterFrame('Q'),
			"short":   milterFrame('O', "\x00\x00\x00\x06\x00\x00\x01"),
			"empty":   milterFrame('O'),
			"v1":      miltertest.OptNeg(1, 0x3f, 0x7f),
			"v0":      miltertest.OptNeg(0, 0, 0),
			"nothing": nil,
		} {
			if name == "nothing" {
				continue // case 29
			}
			refused(t, srv, name, false, b)
		}
		refused(t, srv, "twice", true, neg)
		for version, want := range map[uint32]uint32{2: 2, 5: 5, 6: 6, 7: 6, 1 << 31: 6} {
			c := dial(t, srv)
			must(t, c.NegotiateAs(version, miltertest.OfferActions, miltertest.OfferProtocol))
			if c.Version != want {
				t.Errorf("version %d answered with %d, want %d", version, c.Version, want)
			}
		}
		c := dial(t, srv) // what does not exist is not granted
		must(t, c.NegotiateAs(6, 0xffffffff, 0xffffffff))
		if c.Actions&^0x1ff != 0 {
			t.Errorf("actions %#x", c.Actions)
		}
	})
}

func TestCase33Strings(t *testing.T) {
	run(t, 33, func(t *testing.T, l *level) {
		srv := serve(t)
		mail, rcpt := milterMail("<a@b.example>"), milterRcpt("<c@d.example>")
		in := slices.Concat(mail, rcpt)
		for name, b := range map[string][]byte{
			"CONNECT without NUL":     milterFrame('C', "host"),
			"CONNECT without family":  milterFrame('C', "host\x00"),
			"CONNECT without address": milterFrame('C', "host\x004\x00"),
			"CONNECT, odd family":     milterFrame('C', "host\x00X\x00\x00a\x00"),
			"CONNECT, open address":   milterFrame('C', "host\x004\x00\x19192.0.2.1"),
			"HELO without NUL":        milterFrame('H', "x"),
			"HELO, two":               milterFrame('H', "x\x00y\x00"),
			"MAIL without NUL":        milterFrame('M', "<a@b>"),
			"MAIL, nothing":           milterFrame('M'),
			"RCPT without NUL":        slices.Concat(mail, milterFrame('R', "<a@b>")),
			"RCPT, open argument":     slices.Concat(mail, milterFrame('R', "<a@b>\x00NOTIFY=NEVER")),
			"HEADER without NUL":      slices.Concat(in, milterFrame('L', "Subject")),
			"HEADER, one string":      slices.Concat(in, milterFrame('L', "Subject\x00")),
			"HEADER, open value":      slices.Concat(in, milterFrame('L', "Subject\x00x")),
			"HEADER, three":           slices.Concat(in, milterFrame('L', "Subject\x00x\x00y\x00")),
			"HEADER, no name":         slices.Concat(in, milterFrame('L', "\x00x\x00")),
			"MACRO without command":   milterFrame('D'),
			"MACRO, open":             milterFrame('D', "Mi"),
		} {
			c := dial(t, srv)
			must(t, c.Negotiate())
			_ = c.Write(b)
			for _, code := range answers(t, c) {
				if code != 'c' {
					t.Errorf("%s: answer %q", name, code)
				}
			}
		}
		served(t, srv)
	})
}

func TestCase35Order(t *testing.T) {
	run(t, 35, func(t *testing.T, l *level) {
		srv := serve(t)
		in := slices.Concat(milterMail("<a@b.example>"), milterRcpt("<c@d.example>"))
		eoh := slices.Concat(in, milterFrame('N'))
		for name, c := range map[string]struct {
			b    []byte
			want string
		}{
			"E with data":       {slices.Concat(eoh, milterFrame('E', "x")), "ccc"},
			"B outside":         {milterFrame('B', "x"), ""},
			"E outside":         {milterFrame('E'), ""},
			"L outside":         {miltertest.Strings('L', "a", "b"), ""},
			"N outside":         {milterFrame('N'), ""},
			"R outside":         {milterRcpt("<a@b>"), ""},
			"T outside":         {milterFrame('T'), ""},
			"R after header":    {slices.Concat(in, miltertest.Strings('L', "a", "b"), milterRcpt("<a@b>")), "ccc"},
			"L after N":         {slices.Concat(eoh, miltertest.Strings('L', "a", "b")), "ccc"},
			"N twice":           {slices.Concat(eoh, milterFrame('N')), "ccc"},
			"B after E":         {slices.Concat(eoh, milterFrame('E'), milterFrame('B', "x")), "ccca"},
			"L after abort":     {slices.Concat(in, milterFrame('A'), miltertest.Strings('L', "a", "b")), "cc"},
			"answer of ours":    {milterFrame('c'), ""},
			"E without N and B": {slices.Concat(in, milterFrame('E'), milterFrame('Q')), "cca"},
		} {
			cl := dial(t, srv)
			must(t, cl.Negotiate())
			_ = cl.Write(c.b)
			if got := answers(t, cl); got != c.want {
				t.Errorf("%s: %q, want %q", name, got, c.want)
			}
		}
		served(t, srv)
	})
}

func TestCase36NeverReads(t *testing.T) {
	run(t, 36, func(t *testing.T, l *level) {
		srv := serve(t, func(o *milter.Options) { o.Timeouts.Write = 300 * time.Millisecond })
		s := &script{eom: always(accept(replace(strings.Repeat("0123456789abcde\n", 2<<20))))}
		key := play(s)
		c := client(t, srv, key)
		must(t, c.Conn.(*net.TCPConn).SetReadBuffer(4096))
		all := sessionBytes(key)
		neg := len(miltertest.OptNeg(0, 0, 0))
		must(t, c.Write(all[neg:len(all)-5]))
		eventually(t, "the connection is given up", func() bool { return srv.Open() == 0 })
		if sent := s.answered(t, 1); len(sent) != 1 || sent[0] == nil {
			t.Errorf("sent %v", sent)
		}
		served(t, srv)
	})
}

func TestCase37OneSegment(t *testing.T) {
	run(t, 37, func(t *testing.T, l *level) {
		s := &script{eom: always(accept(add("X", "1")))}
		key := play(s)
		c := dial(t, lab.filter(t))
		must(t, c.Write(sessionBytes(key)))
		if got := answers(t, c); got != "Occccccc"+"ha" {
			t.Errorf("answers %q", got)
		}
		if got := s.only(t); got.from != "alice@agency.example" || !slices.Equal(got.rcpts, []string{"bob@other.example"}) ||
			got.macros["i"] != "q1" || string(got.body) != "body\r\n" {
			t.Errorf("seen %+v", got)
		}
	})
}

func TestCase38Reset(t *testing.T) {
	run(t, 38, func(t *testing.T, l *level) {
		srv := serve(t)
		s := &script{eom: always(accept(replace(strings.Repeat("0123456789abcde\n", 2<<20))))}
		key := play(s)
		for range 5 {
			c := client(t, srv, key)
			all := sessionBytes(key)
			must(t, c.Write(all[len(miltertest.OptNeg(0, 0, 0)):]))
			for range 12 { // up to the midst of the body
				if _, err := c.Read(); err != nil {
					t.Fatal(err)
				}
			}
			must(t, c.Conn.(*net.TCPConn).SetLinger(0))
			must(t, c.Close())
		}
		eventually(t, "every connection is closed", func() bool { return srv.Open() == 0 })
		sent := s.answered(t, 5)
		for _, err := range sent {
			if !errors.Is(err, syscall.ECONNRESET) && !errors.Is(err, syscall.EPIPE) {
				t.Errorf("sent %v", err)
			}
		}
		if len(sent) != 5 {
			t.Errorf("%d answers", len(sent))
		}
		served(t, srv)
	})
}
