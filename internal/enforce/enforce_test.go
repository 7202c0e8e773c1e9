package enforce

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/pipeline"
	"labelmilter/internal/store"
	"labelmilter/internal/verdict"
)

func TestIntentOutcome(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	e := New(s)
	at := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	var r pipeline.Result
	r.MessageID = "<1@x.gov.au>"
	r.Envelope = pipeline.Envelope{MailFrom: "a@X.gov.au", RcptTo: []string{"b@y", "c@y"}, QueueID: "4gX"}
	r.Direction, r.Outcome = "inbound", "label"
	r.Label = &pipeline.Label{ID: "official"}
	r.Verdict = pipeline.Verdict{Disposition: verdict.Reject, WinningRule: "p/r"}
	ok, err := e.Intent(ctx, Intent{At: at, Session: "s1", Result: r})
	if err != nil {
		t.Fatal(err)
	}
	lost, err := e.Intent(ctx, Intent{At: at, Session: "s1", Fail: "panic", Result: r})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Find(ctx, "4gX", 10)
	if err != nil || len(got) != 2 || got[0].Answer != store.Pending {
		t.Fatalf("before the answers: %v, %v", got, err)
	}
	if g := got[1]; g.SenderDomain != "x.gov.au" || g.Recipients != 2 || g.Label != "official" || g.Verdict != "reject" || g.Rule != "p/r" ||
		!g.At.Equal(at) || !strings.Contains(string(g.Result), "1@x.gov.au") {
		t.Errorf("record %+v", g)
	}
	e.Outcome(ctx, ok, nil)
	e.Outcome(ctx, lost, errors.New("connection lost"))
	e.Outcome(ctx, Ticket{}, nil)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Intent(ctx, Intent{Result: r}); !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
	if _, err := e.FailureSeen(ctx, "d"); !errors.Is(err, store.ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

func TestFailureSeen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s, err := store.Open(ctx, store.Options{Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	e := New(s)
	for want := 1; want <= 3; want++ {
		if n, err := e.FailureSeen(ctx, "sha256:aa"); n != want || err != nil {
			t.Errorf("got %d, %v, want %d", n, err, want)
		}
	}
}

func TestDomain(t *testing.T) {
	t.Parallel()
	for addr, want := range map[string]string{
		"":                              "",
		"local":                         "",
		"a@B.example":                   "b.example",
		`"x@secret"@example.org`:        "example.org",
		"a@b\r\nc":                      "b??c",
		"a@münchen.example":             "m?nchen.example",
		"a@" + strings.Repeat("x", 999): strings.Repeat("x", 255),
		"a@":                            "",
	} {
		if got := Domain(addr); got != want {
			t.Errorf("Domain(%q) = %q, want %q", addr, got, want)
		}
	}
}
