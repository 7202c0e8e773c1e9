package milter

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/verdict"
)

func TestConnectForms(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		host   string
		family byte
		addr   string
		want   string
	}{
		{"h", '4', "192.0.2.1", "connect h 4 9 192.0.2.1"},
		{"h", '6', "IPv6:0:0:0:0:0:0:0:1", "connect h 6 9 ::1"},
		{"h", '6', "2001:db8::1", "connect h 6 9 2001:db8::1"},
		{"h", '6', "fe80::1%eth0", "connect h 6 9 fe80::1"},
		{"localhost", 'L', "/run/x", "connect localhost L 9 /run/x"},
		{"unknown", 'U', "", "connect unknown U 0 "},
		{"h", '4', "nonsense", "connect h U 0 "},
	} {
		r := &recorder{}
		s, _ := serve(t, r)
		c := dial(t, s)
		must(t, c.Negotiate())
		if p, err := c.Ask(miltertest.ConnectFrame(tc.host, tc.family, 9, tc.addr)); err != nil || p.Code != 'c' {
			t.Errorf("%v: %v %v", tc, p, err)
		}
		if d := cmp.Diff([]string{tc.want}, r.take()); d != "" {
			t.Error(d)
		}
	}
}

func TestEnvelopeForms(t *testing.T) {
	t.Parallel()
	r := &recorder{}
	s, _ := serve(t, r)
	c := open(t, s)
	for _, tc := range []struct {
		frame []byte
		want  string
	}{
		{miltertest.Strings('M', "<>"), "mail []"},
		{miltertest.Strings('M', "root"), "mail root[]"},
		{miltertest.Strings('M', `<"a>b"@x>`, "SIZE=1", "SMTPUTF8"), `mail "a>b"@x["SIZE=1" "SMTPUTF8"]`},
		{miltertest.Strings('R', "<ü@x>", "NOTIFY=NEVER"), `rcpt ü@x["NOTIFY=NEVER"]`},
		{miltertest.Strings('R', "<@a,@b:c@d>"), "rcpt @a,@b:c@d[]"},
	} {
		r.take()
		if p, err := c.Ask(tc.frame); err != nil || p.Code != 'c' {
			t.Fatalf("%q: %v %v", tc.frame, p, err)
		}
		got := r.take()
		if d := cmp.Diff(tc.want, got[len(got)-1]); d != "" {
			t.Error(d)
		}
	}
}

func TestHeaderValues(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 30_000)
	for _, exact := range []bool{true, false} {
		r := &recorder{}
		s, _ := serve(t, r)
		c := dial(t, s)
		offer := uint32(miltertest.OfferProtocol)
		if !exact {
			offer &^= miltertest.LeadingSpace
		}
		must(t, c.NegotiateAs(6, miltertest.OfferActions, offer))
		must(t, c.Session())
		var want []string
		m := simple("x")
		m.Header = nil
		for _, v := range []struct{ raw, inexact string }{
			{" a", " a"}, {"  a", "  a"}, {"a", " a"}, {"\ta", "\ta"}, {"", ""}, {" a\n\tb\n c", " a\n\tb\n c"},
			{"\xff\x80 raw", " \xff\x80 raw"}, {" " + long, " " + long},
		} {
			m.Header = append(m.Header, [2]string{"sUBJECT", v.raw})
			if exact {
				want = append(want, "sUBJECT:"+v.raw)
			} else {
				want = append(want, "sUBJECT:"+v.inexact)
			}
		}
		r.eom = func(_ context.Context, s *recording) Final {
			if d := cmp.Diff(want, s.header); d != "" {
				t.Errorf("exact %v: %s", exact, d)
			}
			return accept
		}
		send(t, c, m)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	big := bytes.Repeat([]byte("0123456789abcdef\r\n"), 200_000) // 3.6 MB
	for _, tc := range []struct {
		name  string
		body  []byte
		chunk int
	}{
		{"empty", nil, 0}, {"inside CRLF and a rune", []byte("a\r\né\r\n"), 1}, {"large", big, 0}, {"1 MB frames", big, 1<<20 - 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			r := &recorder{quiet: true, eom: func(_ context.Context, s *recording) Final {
				if !bytes.Equal(s.body, tc.body) {
					t.Errorf("body of %d bytes differs, want %d", len(s.body), len(tc.body))
				}
				return accept
			}}
			s, _ := serve(t, r)
			m := simple("x")
			m.Body, m.Chunk = tc.body, tc.chunk
			if got := send(t, open(t, s), m); got.Decision.Code != 'a' {
				t.Errorf("%v", got.Decision)
			}
		})
	}
}

func TestSkip(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ offered, noReply bool }{{true, false}, {false, false}, {true, true}} {
		offered := tt.offered
		r := &recorder{body: func([]byte) Answer { return Answer{Kind: SkipBody} },
			eom: func(_ context.Context, s *recording) Final {
				if string(s.body) != "bo" {
					t.Errorf("body %q after SkipBody", s.body)
				}
				return Final{Modifications: []verdict.Modification{{Op: verdict.AddHeader, Name: "X", Value: "1"}}, Verdict: accept.Verdict}
			}}
		s, _ := serve(t, r, func(o *Options) { o.NoReply.Body = tt.noReply })
		c := dial(t, s)
		offer := uint32(miltertest.OfferProtocol)
		if !offered {
			offer &^= miltertest.Skip
		}
		must(t, c.NegotiateAs(6, miltertest.OfferActions, offer))
		must(t, c.Session())
		m := simple("x")
		m.Chunk = 2
		got := send(t, c, m)
		if got.Skipped != (offered && !tt.noReply) || len(got.Edits) != 1 || got.Decision.Code != 'a' {
			t.Errorf("%+v: %+v", tt, got)
		}
	}
}

func TestManyRecipientsAndHeaders(t *testing.T) {
	t.Parallel()
	r := &recorder{quiet: true, eom: func(_ context.Context, s *recording) Final {
		if len(s.header) != 5000 || len(s.rcpts) != 3000 {
			t.Errorf("%d fields, %d recipients", len(s.header), len(s.rcpts))
		}
		return accept
	}}
	s, _ := serve(t, r, func(o *Options) { o.NoReply = NoReply{Header: true, Rcpt: true} })
	m := simple("x")
	m.Header, m.To = nil, nil
	for i := range 5000 {
		m.Header = append(m.Header, [2]string{"X", fmt.Sprint(" ", i)})
	}
	for i := range 3000 {
		m.To = append(m.To, fmt.Sprintf("<u%d@x>", i))
	}
	send(t, open(t, s), m)
}
