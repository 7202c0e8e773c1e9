package conformance

import (
	"context"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/milter"
	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/verdict"
)

// done is a context that has ended.
func done() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func TestCase15Addresses(t *testing.T) {
	run(t, 15, func(t *testing.T, l *level) {
		for _, c := range []struct{ from, to, utf8 string }{
			{"", "bob@other.example", ""},
			{`"a b"@agency.example`, `"c \"d\" <e>"@other.example`, ""},
			{"UPPER@Agency.EXAMPLE", "Bob+tag@OTHER.example", ""},
			{"j\u00f6rg@agency.example", "m\u00fcller@b\u00fccher.example", "SMTPUTF8"},
		} {
			s := &script{eom: always(accept(add("X-Ok", "1")))}
			key := play(s)
			m := mail(key)
			m.From, m.To = c.from, []string{c.to}
			if c.utf8 != "" {
				m.FromParams = []string{c.utf8}
				m.Data = []byte(text(key, "Subject: gr\u00fc\u00df\r\n", "body\r\n"))
			}
			if l.name == frame {
				send(t, client(t, lab.filter(t), key), asFrames(m))
			} else {
				if c.utf8 != "" && !offers(t, l, key, "SMTPUTF8") {
					table.note(15, l.name, "without SMTPUTF8, which this build does not offer")
					continue
				}
				r := mtalab.Send(t.Context(), l.smtp(t), m)
				if r.Mail.Code != 250 || len(r.Rcpt) != 1 || r.Rcpt[0].Code != 250 {
					t.Errorf("%q to %q: %v, %v", c.from, c.to, r.Last(), r.Err)
					continue
				}
				if !r.Accepted() {
					t.Errorf("%q to %q: %v, %v", c.from, c.to, r.Last(), r.Err)
					continue
				}
			}
			got := s.only(t)
			if got.from != c.from || !slices.Equal(got.rcpts, []string{c.to}) {
				t.Errorf("seen %q to %q, want %q to %q", got.from, got.rcpts, c.from, c.to)
			}
			if c.utf8 != "" && !slices.Contains(got.args, "SMTPUTF8") {
				t.Errorf("arguments %q", got.args)
			}
		}
		if l.name == frame { // mail not from SMTP has no angle brackets
			s := &script{}
			key := play(s)
			f := asFrames(mail(key))
			f.From, f.To = "root", []string{"bob@other.example"}
			send(t, client(t, lab.filter(t), key), f)
			if got := s.only(t); got.from != "root" || got.rcpts[0] != "bob@other.example" {
				t.Errorf("seen %q to %q", got.from, got.rcpts)
			}
		}
	})
}

// offers asks for an ESMTP extension.
func offers(t *testing.T, l *level, key, keyword string) bool {
	t.Helper()
	c := l.session(t, key)
	r := want(t, 250)(c.Ehlo(key + ".client.example"))
	c.Quit()
	for _, line := range r.Lines {
		if strings.EqualFold(strings.Fields(line + " -")[0], keyword) {
			return true
		}
	}
	return false
}

func TestCase16Clients(t *testing.T) {
	run(t, 16, func(t *testing.T, l *level) {
		s := &script{}
		key := play(s)
		switch l.name {
		case frame:
			for frame, want := range map[string]milter.Connect{
				"[192.0.2.1]\x004\x12\x67192.0.2.1\x00":                 {Host: "[192.0.2.1]", Family: '4', Port: 4711, Addr: "192.0.2.1"},
				"h.example\x006\x12\x672001:DB8:0:0::1\x00":             {Host: "h.example", Family: '6', Port: 4711, Addr: "2001:db8::1"},
				"h.example\x006\x12\x67IPv6:2001:db8:0:0:0:0:0:1\x00":   {Host: "h.example", Family: '6', Port: 4711, Addr: "2001:db8::1"},
				"localhost\x006\x00\x00IPv6:0:0:0:0:0:0:0:1\x00":        {Host: "localhost", Family: '6', Addr: "::1"},
				"localhost\x00L\x00\x00/run/socket\x00":                 {Host: "localhost", Family: 'L', Addr: "/run/socket"},
				"unknown\x00U":                                          {Host: "unknown", Family: 'U'},
				"unknown\x004\x00\x00not an address\x00":                {Host: "unknown", Family: 'U'},
				"h.example\x006\x12\x67::ffff:192.0.2.1\x00":            {Host: "h.example", Family: '6', Port: 4711, Addr: "::ffff:192.0.2.1"},
				strings.Repeat("x", 300) + "\x004\x12\x67192.0.2.1\x00": {Host: strings.Repeat("x", 300), Family: '4', Port: 4711, Addr: "192.0.2.1"},
			} {
				s := &script{}
				key := play(s)
				c := dial(t, lab.filter(t))
				must(t, c.Negotiate())
				if p, err := c.Ask(miltertest.Frame('C', frame)); err != nil || p.Code != 'c' {
					t.Fatalf("%q: %v, %v", frame, p, err)
				}
				_, err := c.Ask(miltertest.Strings('H', key))
				must(t, err)
				send(t, c, asFrames(mail(key)))
				if got := s.only(t).connect; got != want {
					t.Errorf("%q: %+v, want %+v", frame, got, want)
				}
			}
		case sendmail: // has no way to appear as another client
			table.note(16, l.name, "one IPv4 client only, for want of XCLIENT")
			l.deliver(t, mail(key), key)
			got := s.only(t).connect
			if ip, err := netip.ParseAddr(got.Addr); err != nil || !ip.IsLoopback() || got.Port == 0 || got.Host == "" {
				t.Errorf("client %+v", got)
			}
		case postfix:
			for _, c := range []struct {
				attrs map[string]string
				want  milter.Connect
				login string
			}{
				{map[string]string{"ADDR": "203.0.113.5", "NAME": "mail.far.example", "PORT": "2525"}, milter.Connect{Host: "mail.far.example", Family: '4', Port: 2525, Addr: "203.0.113.5"}, ""},
				{map[string]string{"ADDR": "IPV6:2001:db8::25", "NAME": "[UNAVAILABLE]"}, milter.Connect{Host: "[IPv6:2001:db8::25]", Family: '6', Addr: "2001:db8::25"}, ""},
				{map[string]string{"ADDR": "[UNAVAILABLE]", "NAME": "[UNAVAILABLE]"}, milter.Connect{Host: "unknown", Family: 'U'}, ""},
				{map[string]string{"ADDR": "203.0.113.9", "LOGIN": "alice"}, milter.Connect{Family: '4', Addr: "203.0.113.9"}, "alice"},
			} {
				s := &script{}
				key := play(s)
				m := mail(key)
				m.XClient = c.attrs
				r := mtalab.Send(t.Context(), l.smtp(t), m)
				if len(r.Rcpt) == 1 && r.Rcpt[0].Code != 250 { // no relaying for strangers
					m.To = nil
				}
				if r.Accepted() {
					got := s.only(t)
					if got.connect.Addr != c.want.Addr || got.connect.Family != c.want.Family || c.want.Port != 0 && got.connect.Port != c.want.Port ||
						c.want.Host == "mail.far.example" && got.connect.Host != c.want.Host {
						t.Errorf("%v: %+v, want %+v", c.attrs, got.connect, c.want)
					}
					if got.macros["auth_authen"] != c.login {
						t.Errorf("%v: login %q", c.attrs, got.macros["auth_authen"])
					}
				} else {
					t.Errorf("%v: %v, %v", c.attrs, r.Last(), r.Err)
				}
			}
		}
	})
}

func TestCase17Macros(t *testing.T) {
	run(t, 17, func(t *testing.T, l *level) {
		s := &script{}
		key := play(s)
		srv := serve(t, func(o *milter.Options) { o.Macros = []milter.MacroRequest{} })
		if l.name == frame {
			c := dial(t, srv)
			must(t, c.Negotiate())
			if len(c.Macros) != 0 {
				t.Errorf("macros asked for: %q", c.Macros)
			}
			for _, f := range [][]byte{
				miltertest.Frame('D', "C"), miltertest.Frame('D', "Cj\x00"), miltertest.Frame('D', "C\x00\x00"),
				miltertest.Macro('C', "j", "host", "{client_addr}", "192.0.2.1"), miltertest.Frame('D', "Zx\x00y\x00"),
			} {
				must(t, c.Write(f))
			}
			must(t, begin(c, key))
			f := asFrames(mail(key))
			f.Macros = map[byte][]string{'M': {"i", "q7", "{}", "odd", "{auth_authen}", ""}, 'R': {"{rcpt_addr}", "bob"}, 'E': {"x"}}
			send(t, c, f)
			got := s.only(t)
			want := milter.Macros{"j": "host", "client_addr": "192.0.2.1", "i": "q7", "{}": "odd", "auth_authen": "", "x": ""}
			if len(got.macros) != len(want) {
				t.Errorf("macros %q, want %q", got.macros, want)
			}
			for k, v := range want {
				if g, ok := got.macros[k]; !ok || g != v {
					t.Errorf("macro %s is %q, want %q", k, g, v)
				}
			}
			if got.rcptMac[0]["rcpt_addr"] != "bob" {
				t.Errorf("macros at RCPT %q", got.rcptMac[0])
			}
			return
		}
		// An MTA told to send none.
		none := map[string]string{}
		for _, stage := range []string{"connect", "helo", "mail", "rcpt", "data", "end_of_header", "end_of_data"} {
			none["milter_"+stage+"_macros"] = ""
		}
		if l.name == sendmail {
			none = map[string]string{}
			for _, stage := range []string{"connect", "helo", "envfrom", "envrcpt", "data", "eom", "eoh"} {
				none["Milter.macros."+stage] = ""
			}
		}
		l.own(t, none, l.filterAt(port(srv)))
		l.deliver(t, mail(key), key)
		if got := s.only(t); len(got.macros) != 0 {
			t.Errorf("macros %q", got.macros)
		}
		// The same MTA, asked for what is needed.
		s = &script{}
		key = play(s)
		l.own(t, none, l.filterAt(port(lab.filter(t))))
		l.deliver(t, mail(key), key)
		if got := s.only(t); got.macros["i"] == "" || got.macros["client_addr"] == "" || got.rcptMac[0]["rcpt_addr"] != "bob@other.example" {
			t.Errorf("macros %q, at RCPT %q", got.macros, got.rcptMac)
		}
	})
}

func TestCase21NoReply(t *testing.T) {
	run(t, 21, func(t *testing.T, l *level) {
		all := milter.NoReply{Connect: true, Helo: true, Mail: true, Rcpt: true, Header: true, EndOfHeaders: true}
		if l.name == frame {
			bits := map[string]struct {
				n   milter.NoReply
				bit uint32
			}{
				"connect": {milter.NoReply{Connect: true}, miltertest.NoReplyConnect}, "helo": {milter.NoReply{Helo: true}, miltertest.NoReplyHelo},
				"mail": {milter.NoReply{Mail: true}, miltertest.NoReplyMail}, "rcpt": {milter.NoReply{Rcpt: true}, miltertest.NoReplyRcpt},
				"header": {milter.NoReply{Header: true}, miltertest.NoReplyHeader}, "eoh": {milter.NoReply{EndOfHeaders: true}, miltertest.NoReplyEOH},
				"all": {all, miltertest.NoReplyConnect | miltertest.NoReplyHelo | miltertest.NoReplyMail | miltertest.NoReplyRcpt | miltertest.NoReplyHeader | miltertest.NoReplyEOH},
			}
			for name, b := range bits {
				srv := serve(t, func(o *milter.Options) { o.NoReply = b.n })
				for _, offered := range []bool{true, false} {
					s := &script{eom: always(accept(add("X", "1")))}
					key := play(s)
					c := dial(t, srv)
					offer := uint32(miltertest.OfferProtocol)
					if !offered {
						offer &^= b.bit
					}
					must(t, c.NegotiateAs(miltertest.OfferVersion, miltertest.OfferActions, offer))
					if got := c.Protocol&b.bit != 0; got != offered {
						t.Errorf("%s offered %v: granted %v", name, offered, got)
					}
					must(t, begin(c, key))
					for range 2 {
						if r := send(t, c, asFrames(mail(key))); r.Decision.Code != 'a' || len(r.Edits) != 1 {
							t.Errorf("%s offered %v: %v", name, offered, r.Decision)
						}
					}
					must(t, c.Close())
				}
			}
			return
		}
		srv := serve(t, func(o *milter.Options) { o.NoReply = all })
		l.own(t, nil, l.filterAt(port(srv)))
		s := &script{eom: always(accept(add("X-Quiet", "1")))}
		key := play(s)
		d := l.deliver(t, mail(key), key)
		if len(fieldsOf(headOf(d), "X-Quiet")) != 1 || s.only(t).from == "" || len(s.only(t).header) < 4 {
			t.Errorf("delivered\n%s", headOf(d))
		}
		// A refusal at a silent stage is told at the next that has a reply.
		s = &script{rcpt: func(string) milter.Answer { return refuse(550, "5.7.1", "later") }}
		key = play(s)
		if r := mtalab.Send(t.Context(), l.smtp(t), mail(key)); r.Last().Code != 550 || !strings.Contains(r.Last().Text(), "later") {
			t.Errorf("reply %v, %v", r.Last(), r.Err)
		}
	})
}

func TestCase22OldMTA(t *testing.T) {
	run(t, 22, func(t *testing.T, l *level) {
		s := &script{eom: always(accept(add("X-Old", "1"), change(1, "Subject", "new"), replace("new body\r\n")))}
		key := play(s)
		if l.name == postfix {
			l.own(t, map[string]string{"milter_protocol": "2"}, postfixFilter(port(lab.filter(t))))
			d := l.deliver(t, mail(key), key)
			if h := headOf(d); !slices.Equal(fieldsOf(h, "X-Old"), []string{" 1"}) || !slices.Equal(fieldsOf(h, "Subject"), []string{" new"}) || bodyOf(d) != "new body\r\n" {
				t.Errorf("delivered\n%s", d.Data)
			}
			s := &script{rcpt: func(string) milter.Answer { return refuse(550, "5.7.1", "refused") }}
			key := play(s)
			if r := mtalab.Send(t.Context(), l.smtp(t), mail(key)); r.Last().Code != 550 {
				t.Errorf("reply %v", r.Last())
			}
			return
		}
		c := dial(t, lab.filter(t))
		must(t, c.NegotiateAs(2, 0x3f, 0x7f))
		if c.Version != 2 {
			t.Errorf("version %d", c.Version)
		}
		must(t, begin(c, key))
		if r := send(t, c, asFrames(mail(key))); r.Decision.Code != 'a' || len(r.Edits) != 3 {
			t.Errorf("decision %v after %d edits", r.Decision, len(r.Edits))
		}
		// Each action not granted makes the edit, and with it the answer, fail.
		for bit, m := range map[uint32]verdict.Modification{
			0x01: add("X", "1"), 0x02: replace("x"), 0x10: change(1, "Subject", "x"),
			0x04: {Op: verdict.AddRecipient, Address: "x@y.example"}, 0x08: {Op: verdict.DeleteRecipient, Address: "x@y.example"},
			0x40: {Op: verdict.ChangeSender, Address: "x@y.example"},
		} {
			s := &script{eom: always(accept(add("X-Before", "1"), m))}
			if bit == 0x01 {
				s.eom = always(accept(m))
			}
			key := play(s)
			c := dial(t, lab.filter(t))
			must(t, c.NegotiateAs(6, miltertest.OfferActions&^bit, miltertest.OfferProtocol))
			must(t, begin(c, key))
			if r := send(t, c, asFrames(mail(key))); r.Decision.Code != 't' || len(r.Edits) != 0 {
				t.Errorf("%s without its action: %v after %d edits", m.Op, r.Decision, len(r.Edits))
			}
		}
		q := &script{eom: always(quarantine("x"))}
		key = play(q)
		c = dial(t, lab.filter(t))
		must(t, c.NegotiateAs(6, miltertest.OfferActions&^0x20, miltertest.OfferProtocol))
		must(t, begin(c, key))
		if r := send(t, c, asFrames(mail(key))); r.Decision.Code != 't' {
			t.Errorf("quarantine without its action: %v", r.Decision)
		}
	})
}

func TestCase25Arguments(t *testing.T) {
	run(t, 25, func(t *testing.T, l *level) {
		s := &script{}
		key := play(s)
		m := mail(key)
		m.FromParams = []string{"SIZE=1000", "BODY=8BITMIME", "RET=HDRS", "ENVID=QQ314159"}
		m.ToParams = []string{"NOTIFY=SUCCESS,FAILURE", "ORCPT=rfc822;bob@other.example"}
		if l.name == frame {
			c := client(t, lab.filter(t), key)
			for _, f := range [][]byte{
				miltertest.Strings('M', append([]string{"<alice@agency.example>"}, m.FromParams...)...),
				miltertest.Strings('R', append([]string{"<bob@other.example>"}, m.ToParams...)...),
				miltertest.Frame('N'),
			} {
				if p, err := c.Ask(f); err != nil || p.Code != 'c' {
					t.Fatalf("%v, %v", p, err)
				}
			}
			must(t, c.Write(miltertest.Frame('E')))
			_, err := c.End()
			must(t, err)
		} else {
			l.deliver(t, m, key)
		}
		got := s.only(t)
		if !slices.Equal(got.args, m.FromParams) || !slices.Equal(got.rcptArg[0], m.ToParams) {
			t.Errorf("arguments %q and %q", got.args, got.rcptArg)
		}
	})
}
