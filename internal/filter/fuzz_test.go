package filter

import (
	"bytes"
	"testing"

	"labelmilter/internal/milter"
	"labelmilter/internal/verdict"
)

// FuzzSession feeds any text as envelope, macros, header and body. Whatever it
// is, there is one valid answer, one record and one event, and the log has
// nothing of the content but a clean Message-ID and domain.
func FuzzSession(f *testing.F) {
	f.Add("a@x.example", "b@y.example", "Subject", " hi", "4gQ", "body\r\n", byte('4'), "192.0.2.1")
	f.Add("", "", "", "", "", "", byte('U'), "")
	f.Add("\"a@b\"@c\x00", "<>", "Message-ID", "\n\x1b[0m <x@y>", "\r\nq", "\x00\r", byte('6'), "::1")
	f.Add("x@", "y", "X-Sensitivity-Label ", "\tforged", "i", "--\n", byte('L'), "/run/x")
	f.Fuzz(func(t *testing.T, from, to, name, value, queue, body string, family byte, addr string) {
		b := newBench(t, accept, nil)
		s := b.session(milter.Connect{Host: addr, Family: family, Addr: addr})
		s.MailFrom(bg, from, []string{body}, nil)
		s.RcptTo(bg, to, nil, nil)
		s.Header(bg, name, value, nil)
		s.Header(bg, "X-Mark", " canary-in-header", nil)
		s.EndOfHeaders(bg, nil)
		s.Body(bg, []byte(body), nil)
		final := s.EndOfMessage(bg, milter.Macros{"i": queue, "auth_authen": value})
		s.Sent(nil)
		s.Close()
		if final.Verdict.Disposition != verdict.Accept {
			t.Errorf("got %s", final.Verdict.Disposition)
		}
		if len(b.rec.intents) != 1 || len(b.events) != 1 || len(b.rec.outcomes) != 1 {
			t.Errorf("%d records, %d events, %d outcomes", len(b.rec.intents), len(b.events), len(b.rec.outcomes))
		}
		log := b.log.Bytes()
		if bytes.Contains(log, []byte("canary")) || bytes.Count(log, []byte("\n")) != 1 || bytes.ContainsFunc(log, func(r rune) bool { return r > '~' || r < ' ' && r != '\n' }) {
			t.Errorf("log %q", log)
		}
	})
}
