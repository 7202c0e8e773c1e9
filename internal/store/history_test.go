package store

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestHistory(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newClock()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir, Now: c.now})
	sent := func(at time.Time, bytes int64, thread []string, to ...string) {
		t.Helper()
		r := record(1)
		r.At, r.Sent = at, &Delivery{Sender: "Kim@agency.example", Recipients: to, Bytes: bytes, Thread: thread}
		if _, err := s.Append(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	now := c.now()
	sent(now.Add(-30*time.Hour), 5, nil, "old@x.example")
	sent(now.Add(-2*time.Hour), 10, []string{"<a@x>"}, "a@x.example", "b@x.example")
	sent(now.Add(-2*time.Minute), 100, []string{"<a@x>", "<b@x>"}, "a@x.example")
	sent(now.Add(-2*time.Minute), 1000, nil, "c@x.example")
	got, err := s.SentSince(ctx, "kim@AGENCY.example", []time.Time{now.Add(-10 * time.Minute), now.Add(-24 * time.Hour), now.Add(-7 * 24 * time.Hour)})
	want := []SentWithin{{2, 2, 1100}, {3, 4, 1110}, {4, 5, 1115}}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("SentSince: %v, %v, want %v", got, err, want)
	}
	if got, err := s.SentSince(ctx, "pat@agency.example", []time.Time{now.Add(-time.Hour)}); err != nil || got[0] != (SentWithin{}) {
		t.Errorf("another sender: %v, %v", got, err)
	}
	if got, err := s.Wrote(ctx, "kim@agency.example", []string{"A@x.example", "new@x.example", "old@x.example"}); err != nil || !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("Wrote: %v, %v", got, err)
	}
	for id, want := range map[string]int{"<a@x>": 2, " b@x ": 1, "<none@x>": 0} {
		if n, ok, err := s.MostRecipients(ctx, []string{id}); n != want || ok != (want > 0) || err != nil {
			t.Errorf("MostRecipients(%s) = %d, %v, %v", id, n, ok, err)
		}
	}
	if n, ok, err := s.MostRecipients(ctx, []string{"<b@x>", "<a@x>"}); n != 2 || !ok || err != nil {
		t.Errorf("of two: %d, %v, %v", n, ok, err)
	}

	// A record that is not written is not remembered either, and the other way round.
	r := record(1)
	r.Sent = nil
	if _, err := s.Append(ctx, r); err != nil {
		t.Fatal(err)
	}
	// More recipients than are remembered cost no more.
	var many []string
	for i := range MaxRemembered + 10 {
		many = append(many, fmt.Sprintf("u%d@y.example", i))
	}
	sent(now, 1, nil, many...)
	if got, err := s.Wrote(ctx, "kim@agency.example", many[MaxRemembered-1:MaxRemembered+1]); err != nil || !slices.Equal(got, []bool{true, false}) {
		t.Errorf("at the bound: %v, %v", got, err)
	}

	if n, err := s.PruneHistory(ctx, now.Add(-time.Hour)); err != nil || n != 2 { // old, b; the conversation was touched
		t.Errorf("pruned %d, %v", n, err)
	}
	if got, err := s.Wrote(ctx, "kim@agency.example", []string{"old@x.example", "b@x.example", "a@x.example"}); err != nil || !slices.Equal(got, []bool{false, false, true}) {
		t.Errorf("after pruning: %v, %v", got, err)
	}

	// No address stands in the file.
	db, err := sql.Open("sqlite", filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, q := range []string{`SELECT hex(sender) FROM sent`, `SELECT hex(pair) FROM contacts`, `SELECT hex(id) FROM conversations`} {
		rows, err := db.QueryContext(ctx, q)
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			var h string
			if err := rows.Scan(&h); err != nil || len(h) != 32 || strings.Contains(h, fmt.Sprintf("%X", "example")) {
				t.Errorf("%s: %q, %v", q, h, err)
			}
		}
		if err := rows.Err(); err != nil {
			t.Error(err)
		}
		_ = rows.Close()
	}
}
