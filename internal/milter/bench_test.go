package milter

import (
	"bytes"
	"context"
	"fmt"
	"testing"

	"labelmilter/internal/milter/miltertest"
	"labelmilter/internal/verdict"
)

// idle is a session that adds one field and allocates nothing else.
type idle struct{ final Final }

func (s *idle) NewSession(Conn) Session                                   { return s }
func (s *idle) Connect(context.Context, Connect, Macros) Answer           { return Answer{} }
func (s *idle) Helo(context.Context, string, Macros) Answer               { return Answer{} }
func (s *idle) MailFrom(context.Context, string, []string, Macros) Answer { return Answer{} }
func (s *idle) RcptTo(context.Context, string, []string, Macros) Answer   { return Answer{} }
func (s *idle) Header(context.Context, string, string, Macros) Answer     { return Answer{} }
func (s *idle) EndOfHeaders(context.Context, Macros) Answer               { return Answer{} }
func (s *idle) Body(context.Context, []byte, Macros) Answer               { return Answer{} }
func (s *idle) EndOfMessage(context.Context, Macros) Final                { return s.final }
func (s *idle) Sent(error)                                                {}
func (s *idle) Abort()                                                    {}
func (s *idle) Close()                                                    {}

// BenchmarkMessage is a message of 10 kB with 20 fields in a session that
// stays open. The client writes header, body and end as one segment; its
// allocations count too.
func BenchmarkMessage(b *testing.B) {
	for _, network := range []string{"unix", "tcp"} {
		for _, nr := range []NoReply{{}, {Connect: true, Helo: true, Header: true, EndOfHeaders: true}} {
			b.Run(fmt.Sprintf("%s/noreply=%v", network, nr.Header), func(b *testing.B) {
				s, _ := serve(b, &recorder{}, func(o *Options) {
					o.NoReply, o.Logger = nr, nil
					o.Handler = &idle{Final{Modifications: []verdict.Modification{mod(verdict.InsertHeader, 0, "X-Label", "official")}, Verdict: accept.Verdict}}
					if network == "tcp" {
						o.Listeners[0] = Listener{Network: "tcp", Address: "127.0.0.1:0"}
					}
				})
				c := open(b, s)
				var envelope, rest []byte
				envelope = append(envelope, miltertest.Macro('M', "i", "4c1Qz20Wn8z9")...)
				envelope = append(envelope, miltertest.Strings('M', "<a@example>")...)
				rcpt := miltertest.Strings('R', "<b@example>")
				for i := range 20 {
					rest = append(rest, miltertest.Strings('L', fmt.Sprint("X-Field-", i), " some value of a header field, of usual length")...)
				}
				rest = append(rest, miltertest.Frame('N')...)
				rest = append(rest, miltertest.Frame('B', string(bytes.Repeat([]byte("0123456789abcdef0123456789abcdef0123456789abcdef0123456789\r\n"), 160)))...)
				rest = append(rest, miltertest.Frame('E')...)
				b.SetBytes(int64(len(rest)))
				b.ReportAllocs()
				for b.Loop() {
					_, err := c.Ask(envelope)
					must(b, err)
					_, err = c.Ask(rcpt)
					must(b, err)
					must(b, c.Write(rest))
					n := 1 // of the body
					if !nr.Header {
						n += 21
					}
					for range n {
						_, err = c.Read()
						must(b, err)
					}
					if r, err := c.End(); err != nil || r.Decision.Code != 'a' {
						b.Fatal(r, err)
					}
				}
			})
		}
	}
}
