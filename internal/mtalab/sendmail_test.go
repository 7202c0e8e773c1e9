package mtalab_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"labelmilter/internal/mtalab"
)

func TestSendmailWithMilter(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "sendmail")
	sink := newSink(t)
	s := mtalab.SendmailFor(t, mtalab.Options{
		NextHop: sink.Addr(),
		Milters: []string{fmt.Sprintf("S=inet:%d@127.0.0.1, F=T, T=C:5s;S:5s;R:5s;E:10s", startFilter(t))},
	})
	ctx := t.Context()

	t.Run("header", func(t *testing.T) {
		d := deliver(t, s.SMTPAddr(), sink, mail("header"), "header")
		wantHeader(t, d, "X-Seen: client 127.0.0.1 sender alice@agency.example")
		if !strings.HasSuffix(string(d.Data), "\r\n\r\n.a line with a dot\r\nlast\r\n") {
			t.Errorf("body changed:\n%s", d.Data)
		}
		if _, err := s.WaitLog("stat=Sent", wait); err != nil {
			t.Error(err)
		}
	})
	t.Run("one session", func(t *testing.T) {
		results := mtalab.SendAll(ctx, s.SMTPAddr(), []mtalab.Message{mail("first"), mail("refuse"), mail("third")})
		if !results[0].Accepted() || !results[2].Accepted() {
			t.Fatalf("not accepted: %+v", results)
		}
		if got, want := results[1].Final.String(), "550 5.7.1 refused by test"; got != want {
			t.Errorf("reply %q, want %q", got, want)
		}
		arrive(t, sink, "first")
		arrive(t, sink, "third")
	})
	t.Run("sendmail command", func(t *testing.T) {
		err := s.Sendmail(ctx, []string{"-f", "local@agency.example", "bob@other.example"},
			[]byte("Subject: local\n\ntext\n"))
		if err != nil {
			t.Fatal(err)
		}
		d := arrive(t, sink, "local")
		wantHeader(t, d, "X-Seen: client 127.0.0.1 sender local@agency.example")
	})
	t.Run("quarantine and release", func(t *testing.T) {
		res := mtalab.Send(ctx, s.SMTPAddr(), mail("hold one"))
		e := entryOf(t, s.Queue, func(e mtalab.QueueEntry) bool {
			return e.ID == res.QueueID() && e.Queue == "quarantine"
		})
		if e.Sender != "alice@agency.example" || len(e.Recipients) != 1 ||
			e.Recipients[0] != "bob@other.example" || e.Reason != "held by test" {
			t.Errorf("entry %+v", e)
		}
		if err := s.Release(ctx, e.ID); err != nil {
			t.Fatal(err)
		}
		d := arrive(t, sink, "hold one")
		if n := strings.Count(string(d.Data), "X-Seen:"); n != 1 {
			t.Errorf("filtered %d times", n)
		}
		for _, id := range []string{"", "I", e.ID + "x", "../../../x"} {
			if err := s.Release(ctx, id); err == nil {
				t.Errorf("id %q accepted", id)
			}
		}
	})
	t.Run("set", func(t *testing.T) {
		if err := s.Set(ctx, "MaxMessageSize", "5000"); err != nil {
			t.Fatal(err)
		}
		m := mail("big")
		m.Data = append(m.Data, strings.Repeat("0123456789\r\n", 1000)...)
		if res := mtalab.Send(ctx, s.SMTPAddr(), m); res.Final.Code != 552 {
			t.Errorf("big message: %v", res.Last())
		}
	})
}

func TestSendmailPlainAndStop(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "sendmail")
	s := mtalab.SendmailFor(t, mtalab.Options{Domain: "plain.example"})
	c, err := mtalab.Dial(t.Context(), s.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(c.Greeting.Text(), "sm.plain.example ") {
		t.Errorf("greeting %v", c.Greeting)
	}
	c.Quit()
	if res := mtalab.Send(t.Context(), s.SMTPAddr(), mail("plain")); !res.Accepted() || res.QueueID() == "" {
		t.Fatalf("not accepted: %v, %v", res.Last(), res.Err)
	}
	if _, err := s.WaitLog("stat=Sent", wait); err != nil {
		t.Error(err)
	}
	if err := s.Stop(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(s.Dir()); !os.IsNotExist(err) {
		t.Errorf("folder is left: %v", err)
	}
	if _, err := mtalab.StartSendmail(t.Context(), mtalab.Options{Milters: []string{"S=inet:1@127.0.0.1')include(`/etc/passwd"}}); err == nil {
		t.Error("quote in a filter accepted")
	}
}
