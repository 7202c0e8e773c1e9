package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"
)

func TestThread(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newClock()
	s := open(t, Options{Now: c.now})
	add := func(label string, rank int, lower bool, ids ...string) {
		t.Helper()
		r := record(1)
		r.Label, r.Rank, r.Lower, r.Thread = label, rank, lower, ids
		if _, err := s.Append(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	want := func(label string, ids ...string) {
		t.Helper()
		got, ok, err := s.Thread(ctx, ids)
		if err != nil || ok != (label != "") || got.Label != label || ok && !got.At.Equal(c.now()) {
			t.Errorf("Thread(%q) = %+v, %v, %v, want %q", ids, got, ok, err, label)
		}
	}
	want("", "<a@x>")
	add("official", 20, false, "<a@x>", "<b@x>")
	add("protected", 60, false, "<c@x>")
	want("official", "a@x")
	want("official", " <b@x> ")
	want("")
	want("", "<>", "")
	// Any number of ids, the highest mark wherever it stands.
	var many []string
	for i := range MaxThreadIDs {
		want("", many...)
		many = append(many, fmt.Sprintf("<%d@unknown>", i))
		want("protected", append([]string{"<a@x>", "<c@x>"}, many[:i/2]...)...)
		want("protected", append(many[:i/2:i/2], "<c@x>", "<b@x>")...)
	}
	want("official", append(many, "<a@x>")...) // the last ones count
	want("", append([]string{"<a@x>"}, many...)...)

	add("unofficial", 10, false, "<c@x>") // never falls by itself
	want("protected", "<c@x>")
	add("unofficial", 10, true, "<c@x>")
	want("unofficial", "<c@x>")

	r, err := OpenReader(ctx, t.TempDir())
	if !errors.Is(err, ErrMissing) {
		t.Errorf("reader without a database: %v, %v", r, err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := s.Thread(gone, []string{"<a@x>"}); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if n, err := s.PruneThreads(ctx, c.now().Add(time.Second)); err != nil || n != 3 {
		t.Errorf("pruned %d, %v", n, err)
	}
	want("", "<a@x>")
}

// TestOutcomeAlone has an outcome written though nothing follows it.
func TestOutcomeAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, Options{})
	id, err := s.Append(ctx, record(1))
	if err != nil {
		t.Fatal(err)
	}
	s.Outcome(ctx, id, Sent, "")
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		rs, err := s.Recent(ctx, 1)
		if err != nil {
			t.Fatal(err)
		}
		if rs[0].Answer == Sent {
			return
		}
		if time.Now().After(end) {
			t.Fatal("the outcome is not written")
		}
	}
}

// TestOutcomeBeforeClose has an outcome written by Close.
func TestOutcomeBeforeClose(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	s := open(t, Options{Dir: dir})
	id, err := s.Append(ctx, record(1))
	if err != nil {
		t.Fatal(err)
	}
	s.Outcome(ctx, id, Unsent, "gone")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReader(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	if rs, err := r.Recent(ctx, 1); err != nil || len(rs) != 1 || rs[0].Answer != Unsent || rs[0].AnswerDetail != "gone" {
		t.Errorf("got %+v, %v", rs, err)
	}
}
