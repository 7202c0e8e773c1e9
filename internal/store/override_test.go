package store

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"
)

func token(n byte) []byte { return []byte{n, 1, 2, 3} }

func TestOverrides(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	now := time.Date(2026, 11, 29, 10, 0, 0, 0, time.UTC)
	s, err := Open(ctx, Options{Dir: t.TempDir(), Now: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	offer := func(n byte, expires time.Time) {
		t.Helper()
		if _, err := s.Append(ctx, Record{At: now, QueueID: "q1", MessageID: "<1@x>", Recipients: 2, Result: []byte("{}"),
			Offer: &Offer{Hash: token(n), ID: string('a'+rune(n)) + "bcdef", Grant: "{}", Expires: expires, Rule: "p/x/y", Rules: []string{"p/x/y", "p/x/z"}, Sender: "Carol@own.example", Incident: "i"}}); err != nil {
			t.Fatal(err)
		}
	}
	spend := func(n byte, at time.Time) (int64, error) {
		return s.Append(ctx, Record{At: at, QueueID: "q2", MessageID: "<2@x>", Recipients: 1, Result: []byte("{}"),
			Spend: &Spend{Hash: token(n), Kind: "justification", Justification: "why", Rules: []string{"p/x/y"}}})
	}
	offer(1, now.Add(time.Hour))
	offer(2, now.Add(time.Minute))
	if _, ok, err := s.Override(ctx, token(9)); ok || err != nil {
		t.Errorf("unknown token: %v %v", ok, err)
	}
	o, ok, err := s.Override(ctx, token(1))
	if !ok || err != nil || !o.Used.IsZero() || o.Sender != "Carol@own.example" || o.Refused != (Mail{"q1", "<1@x>", 2}) || !o.Expires.Equal(now.Add(time.Hour)) {
		t.Fatalf("%+v %v %v", o, ok, err)
	}
	count, err := s.Count(ctx)
	if err != nil {
		t.Fatal(err)
	}

	// Of many at the same time one passes, and the others leave nothing.
	var mu sync.Mutex
	var wg sync.WaitGroup
	passed, spent := 0, 0
	var record int64
	for range 20 {
		wg.Go(func() {
			id, err := spend(1, now)
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				passed, record = passed+1, id
			case errors.Is(err, ErrSpent):
				spent++
			default:
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if after, _ := s.Count(ctx); passed != 1 || spent != 19 || after != count+1 {
		t.Errorf("%d passed, %d spent, %d records more", passed, spent, after-count)
	}
	if o, _, _ := s.Override(ctx, token(1)); o.Used.IsZero() || o.Kind != "justification" || o.Justification != "why" || o.Passed != (Mail{"q2", "<2@x>", 1}) || len(o.Rules) != 1 {
		t.Errorf("%+v", o)
	}
	for name, f := range map[string]OverrideFilter{"all": {}, "kind": {Kind: "justification"}, "rule": {Rule: "x/y"}, "full rule": {Rule: "p/x/y"}, "sender": {Sender: "carol@OWN.example"},
		"since": {Since: now}, "id": {ID: "BBC"}} {
		if l, err := s.Overrides(ctx, f, 10); err != nil || len(l) != 1 {
			t.Errorf("%s: %d, %v", name, len(l), err)
		}
	}
	for name, f := range map[string]OverrideFilter{"kind": {Kind: "none"}, "rule": {Rule: "y"}, "sender": {Sender: "x"}, "since": {Since: now.Add(time.Second)}, "id": {ID: "bx"}} {
		if l, err := s.Overrides(ctx, f, 10); err != nil || name != "rule" && len(l) != 0 {
			t.Errorf("not %s: %d, %v", name, len(l), err)
		}
	}
	if l, _ := s.Overrides(ctx, OverrideFilter{Unused: true}, 10); len(l) != 2 {
		t.Errorf("with unused ones: %d", len(l))
	}

	// An answer that never reached the MTA gives the token back.
	s.Outcome(ctx, record, Unsent, "gone")
	if id, err := spend(1, now); err != nil || id == 0 {
		t.Errorf("after an answer that was not sent: %v", err)
	}
	if _, err := spend(1, now); !errors.Is(err, ErrSpent) {
		t.Errorf("again: %v", err)
	}
	if _, err := spend(2, now.Add(time.Minute)); !errors.Is(err, ErrSpent) {
		t.Errorf("expired: %v", err)
	}
	for _, tt := range []struct {
		used, unused time.Time
		want         int
	}{{now, now, 0}, {now, now.Add(30 * time.Minute), 1}, {now.Add(time.Second), now, 1}} {
		if n, err := s.PruneOverrides(ctx, tt.used, tt.unused); n != tt.want || err != nil {
			t.Errorf("pruned %d, %v", n, err)
		}
	}
}
