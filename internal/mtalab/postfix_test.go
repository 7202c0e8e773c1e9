package mtalab_test

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"

	"labelmilter/internal/mtalab"
)

func TestPostfixWithoutMilter(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "postfix")
	sink := newSink(t)
	p := mtalab.PostfixFor(t, mtalab.Options{NextHop: sink.Addr(), Domain: "plain.example"})
	m := mail("plain")
	m.To = append(m.To, "üser@other.example")
	m.FromParams = []string{"SMTPUTF8", "BODY=8BITMIME"}
	d := deliver(t, p.SMTPAddr(), sink, m, "plain")
	if d.From != m.From || len(d.To) != 2 || d.To[1] != m.To[1] {
		t.Errorf("envelope from %q to %q", d.From, d.To)
	}
	if !strings.HasSuffix(string(d.Data), "\r\n\r\n.a line with a dot\r\nlast\r\n") {
		t.Errorf("body changed:\n%s", d.Data)
	}
	if !strings.Contains(string(d.Data), "by mx.plain.example (Postfix)") {
		t.Errorf("no Received field of the instance:\n%s", d.Data)
	}
	if _, err := p.WaitLog("status=sent", wait); err != nil {
		t.Error(err)
	}
}

func TestPostfixWithMilter(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "postfix")
	sink := newSink(t)
	spec := fmt.Sprintf("inet:127.0.0.1:%d", startFilter(t))
	p := mtalab.PostfixFor(t, mtalab.Options{
		NextHop:         sink.Addr(),
		XCLIENT:         true,
		Milters:         []string{"{ " + spec + ", default_action=reject, connect_timeout=5s }"},
		NonSMTPDMilters: []string{spec},
	})
	ctx := t.Context()

	t.Run("header", func(t *testing.T) {
		d := deliver(t, p.SMTPAddr(), sink, mail("header"), "header")
		wantHeader(t, d, "X-Seen: client 127.0.0.1 sender alice@agency.example")
	})
	t.Run("xclient", func(t *testing.T) {
		m := mail("xclient")
		m.XClient = map[string]string{"ADDR": "203.0.113.5", "NAME": "far.example", "LOGIN": "alice"}
		d := deliver(t, p.SMTPAddr(), sink, m, "xclient")
		wantHeader(t, d, "X-Seen: client 203.0.113.5 sender alice@agency.example login alice")
	})
	t.Run("one session", func(t *testing.T) {
		results := mtalab.SendAll(ctx, p.SMTPAddr(), []mtalab.Message{mail("first"), mail("refuse"), mail("third")})
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
		err := p.Sendmail(ctx, []string{"-f", "local@agency.example", "bob@other.example"},
			[]byte("Subject: local\n\ntext\n"))
		if err != nil {
			t.Fatal(err)
		}
		d := arrive(t, sink, "local")
		wantHeader(t, d, "X-Seen: client 127.0.0.1 sender local@agency.example")
	})
	t.Run("hold and release", func(t *testing.T) {
		res := mtalab.Send(ctx, p.SMTPAddr(), mail("hold one"))
		e := entryOf(t, func() ([]mtalab.QueueEntry, error) { return p.Queue(ctx) },
			func(e mtalab.QueueEntry) bool { return e.ID == res.QueueID() && e.Queue == "hold" })
		if e.Sender != "alice@agency.example" || len(e.Recipients) != 1 || e.Recipients[0] != "bob@other.example" {
			t.Errorf("entry %+v", e)
		}
		text, err := p.Message(ctx, e.ID)
		if err != nil || !strings.Contains(string(text), "\nX-Seen: client") {
			t.Errorf("stored message: %v\n%s", err, text)
		}
		if err := p.Release(ctx, e.ID); err != nil {
			t.Fatal(err)
		}
		d := arrive(t, sink, "hold one")
		if n := strings.Count(string(d.Data), "X-Seen:"); n != 1 {
			t.Errorf("filtered %d times", n)
		}
	})
	t.Run("requeue", func(t *testing.T) {
		res := mtalab.Send(ctx, p.SMTPAddr(), mail("hold two"))
		if err := p.Requeue(ctx, res.QueueID()); err != nil {
			t.Fatal(err)
		}
		arrive(t, sink, "hold two")
	})
	t.Run("delete", func(t *testing.T) {
		res := mtalab.Send(ctx, p.SMTPAddr(), mail("hold three"))
		if err := p.Delete(ctx, res.QueueID()); err != nil {
			t.Fatal(err)
		}
		if err := p.Release(ctx, res.QueueID()); err == nil {
			t.Error("a deleted message was released")
		}
		for _, id := range []string{"", "ALL", "-d", "../../x"} {
			if err := p.Delete(ctx, id); err == nil {
				t.Errorf("id %q accepted", id)
			}
		}
	})
	t.Run("set", func(t *testing.T) {
		if err := p.Set(ctx, "smtpd_milters", "", "message_size_limit", "5000"); err != nil {
			t.Fatal(err)
		}
		d := deliver(t, p.SMTPAddr(), sink, mail("unfiltered"), "unfiltered")
		if strings.Contains(string(d.Data), "X-Seen") {
			t.Errorf("still filtered:\n%s", d.Data)
		}
		m := mail("big")
		m.Data = append(m.Data, strings.Repeat("0123456789\r\n", 1000)...)
		if res := mtalab.Send(ctx, p.SMTPAddr(), m); res.Final.Code != 552 {
			t.Errorf("big message: %v", res.Last())
		}
	})
}

// Two instances at the same time, one of which discards; both vanish on Stop.
func TestPostfixStop(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "postfix")
	a := mtalab.PostfixFor(t, mtalab.Options{})
	b := mtalab.PostfixFor(t, mtalab.Options{Settings: map[string]string{"smtpd_banner": "other.example ESMTP"}})
	for _, p := range []*mtalab.Postfix{a, b} {
		if res := mtalab.Send(t.Context(), p.SMTPAddr(), mail("gone")); !res.Accepted() {
			t.Fatalf("not accepted: %v, %v", res.Last(), res.Err)
		}
		if line, err := p.WaitLog("status=sent", wait); err != nil || !strings.Contains(line, "relay=none") && !strings.Contains(line, "discard") {
			t.Errorf("%q, %v", line, err)
		}
	}
	c, err := mtalab.Dial(t.Context(), b.SMTPAddr())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := c.Greeting.Text(); got != "other.example ESMTP" {
		t.Errorf("greeting %q", got)
	}
	for _, p := range []*mtalab.Postfix{a, b} {
		if err := p.Stop(); err != nil {
			t.Error(err)
		}
		if err := p.Stop(); err != nil {
			t.Errorf("second stop: %v", err)
		}
		if _, err := os.Stat(p.Dir()); !os.IsNotExist(err) {
			t.Errorf("folder is left: %v", err)
		}
		if _, err := mtalab.Dial(context.Background(), p.SMTPAddr()); err == nil {
			t.Error("still listens")
		}
	}
}

func TestPostfixRefusesBadOptions(t *testing.T) {
	t.Parallel()
	mtalab.Require(t, "postfix")
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]mtalab.Options{
		"line break": {Settings: map[string]string{"myorigin": "x\nalways_bcc = y"}},
		"next hop":   {NextHop: "no-port"},
		"folder":     {Dir: closed + "/inner"},
	} {
		p, err := mtalab.StartPostfix(t.Context(), o)
		if err == nil {
			p.Stop()
			t.Errorf("%s: started", name)
		}
	}
}
