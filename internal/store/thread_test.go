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
	add := func(label string, rank int, how Raise, ids ...string) {
		t.Helper()
		r := record(1)
		r.Label, r.Rank, r.Raise, r.Thread = label, rank, how, ids
		if _, err := s.Append(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	want := func(label string, ids ...string) {
		t.Helper()
		got, ok, err := s.Thread(ctx, ids, c.now())
		if err != nil || ok != (label != "") || got.Label != label || ok && !got.At.Equal(c.now()) {
			t.Errorf("Thread(%q) = %+v, %v, %v, want %q", ids, got, ok, err, label)
		}
	}
	want("", "<a@x>")
	add("official", 20, RaiseUp, "<a@x>", "<b@x>")
	add("protected", 60, RaiseUp, "<c@x>")
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

	add("unofficial", 10, RaiseUp, "<c@x>") // never falls by itself
	want("protected", "<c@x>")
	add("unofficial", 10, RaiseSet, "<c@x>")
	want("unofficial", "<c@x>")
	add("protected", 60, RaiseNew, "<c@x>") // known, and the sender is not
	want("unofficial", "<c@x>")

	r, err := OpenReader(ctx, t.TempDir())
	if !errors.Is(err, ErrMissing) {
		t.Errorf("reader without a database: %v, %v", r, err)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if _, _, err := s.Thread(gone, []string{"<a@x>"}, c.now()); !errors.Is(err, context.Canceled) {
		t.Errorf("with an ended context: %v", err)
	}
	if n, err := s.PruneThreads(ctx, c.now().Add(time.Second)); err != nil || n != 3 {
		t.Errorf("pruned %d, %v", n, err)
	}
	want("", "<a@x>")
}

// TestThreadUntil joins marks that fall at a time with others.
func TestThreadUntil(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newClock()
	s := open(t, Options{Now: c.now})
	day := func(n int) time.Time { return c.now().Add(time.Duration(n) * 24 * time.Hour) }
	type m struct {
		label string
		rank  int
		until int // days, 0 for never
		then  string
		low   int
	}
	protected := m{"protected", 60, 0, "", 0}
	falls := m{"protected", 60, 2, "official", 20}
	for i, tt := range []struct {
		marks []m
		on    [4]string // the mark on day 0 to 3
	}{
		{[]m{falls}, [4]string{"protected", "protected", "official", "official"}},
		{[]m{falls, protected}, [4]string{"protected", "protected", "protected", "protected"}},
		{[]m{protected, falls}, [4]string{"protected", "protected", "protected", "protected"}},
		{[]m{falls, {"protected-c", 60, 3, "sensitive", 30}}, [4]string{"protected-c", "protected-c", "protected-c", "sensitive"}},
		{[]m{{"protected-c", 60, 3, "sensitive", 30}, falls}, [4]string{"protected", "protected", "protected", "sensitive"}},
		{[]m{{"sensitive", 30, 0, "", 0}, falls}, [4]string{"protected", "protected", "sensitive", "sensitive"}},
		{[]m{falls, {"sensitive", 30, 0, "", 0}}, [4]string{"protected", "protected", "official", "official"}},
		{[]m{falls, {"protected-c", 80, 1, "unofficial", 10}}, [4]string{"protected-c", "protected", "protected", "protected"}},
	} {
		id := fmt.Sprintf("<%d@x>", i)
		for _, x := range tt.marks {
			r := record(1)
			r.Label, r.Rank, r.Thread, r.Then, r.ThenRank = x.label, x.rank, []string{id}, x.then, x.low
			if x.until > 0 {
				r.Until = day(x.until)
			}
			if _, err := s.Append(ctx, r); err != nil {
				t.Fatal(err)
			}
		}
		if i == 0 { // after it fell, a higher one counts
			defer func() {
				r := record(1)
				r.At, r.Label, r.Rank, r.Thread = day(3), "sensitive", 30, []string{"<0@x>"}
				if _, err := s.Append(ctx, r); err != nil {
					t.Fatal(err)
				}
				if got, _, err := s.Thread(ctx, []string{"<0@x>"}, day(3)); err != nil || got.Label != "sensitive" {
					t.Errorf("raised after it fell: %q, %v", got.Label, err)
				}
			}()
		}
		for n, want := range tt.on {
			if got, _, err := s.Thread(ctx, []string{id}, day(n)); err != nil || got.Label != want {
				t.Errorf("case %d, day %d: %q, %v, want %q", i, n, got.Label, err, want)
			}
		}
	}
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
