package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// clock is a settable time.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) add(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

func newClock() *clock { return &clock{t: time.Date(2026, 11, 1, 8, 0, 0, 123000, time.UTC)} }

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	s, err := Open(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func record(i int) Record {
	return Record{QueueID: fmt.Sprintf("Q%d", i), MessageID: fmt.Sprintf("<%d@a.gov.au>", i), Session: "1", SenderDomain: "a.gov.au",
		Recipients: 2, Size: 1234, Direction: "inbound", Outcome: "label", Label: "official", Verdict: "accept", Rule: "",
		Message: "sha256:00", Ruleset: "sha256:11", Result: []byte(`{"schema":"labelmilter.result/v1"}`)}
}

// row is a record that is a row of the database, for what comes with it.
func row(i int) Record {
	r := record(i)
	r.Incidents = []Incident{{ID: fmt.Sprint("i", i), Rule: "p/r"}}
	return r
}

func TestAppendFindOutcome(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newClock()
	s := open(t, Options{Now: c.now})
	var ids []int64
	for i := range 3 {
		r := record(i % 2) // Q0 twice, as short queue ids are
		if i == 2 {
			r = row(0) // one in the database, the other in the journal
		}
		id, err := s.Append(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, id)
	}
	c.add(time.Second)
	s.Outcome(ctx, ids[1], Sent, "")
	s.Outcome(ctx, ids[2], Unsent, "connection lost")
	for _, r := range []Record{row(8), record(9)} { // writes are in order: the outcomes are written
		if _, err := s.Append(ctx, r); err != nil {
			t.Fatal(err)
		}
	}
	want := func(i int, id int64, a Answer, detail string) Record {
		r := record(i)
		r.ID, r.At, r.Answer, r.AnswerDetail = id, newClock().t, a, detail
		if a != Pending {
			r.Answered = newClock().t.Add(time.Second)
		}
		return r
	}
	first, other, second := want(0, ids[0], Pending, ""), want(1, ids[1], Sent, ""), want(0, ids[2], Unsent, "connection lost")
	for _, tt := range []struct {
		key  string
		want []Record
	}{
		{"Q0", []Record{second, first}},
		{"Q1", []Record{other}},
		{"<1@a.gov.au>", []Record{other}},
		{" 1@a.gov.au ", []Record{other}},
		{"", nil},
		{"Q7", nil},
		{"' OR 1=1 --", nil},
	} {
		got, err := s.Find(ctx, tt.key, 10)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(tt.want, got); d != "" {
			t.Errorf("Find(%q): %s", tt.key, d)
		}
	}
	if got, err := s.Find(ctx, "Q0", 1); err != nil || len(got) != 1 {
		t.Errorf("limit 1 gives %d records, %v", len(got), err)
	}
	if got, err := s.Recent(ctx, 3); err != nil || len(got) != 3 || got[0].QueueID != "Q9" || got[1].QueueID != "Q8" || got[2].QueueID != "Q0" {
		t.Errorf("Recent gives %v, %v", got, err)
	}
}

func TestReaderWhileWriting(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	if _, err := OpenReader(ctx, dir); !errors.Is(err, ErrMissing) {
		t.Fatalf("got %v, want ErrMissing", err)
	}
	s := open(t, Options{Dir: dir})
	r, err := OpenReader(ctx, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 50 {
				rec := record(w*100 + i)
				if i%5 == 0 {
					rec = row(w*100 + i)
				}
				if _, err := s.Append(ctx, rec); err != nil {
					t.Error(err)
				}
				if got, err := r.Find(ctx, fmt.Sprintf("Q%d", w*100+i), 1); err != nil || len(got) != 1 {
					t.Errorf("a record whose Append returned is not seen: %d, %v", len(got), err)
				}
			}
		})
	}
	wg.Wait()
	if n, err := r.Count(ctx); n != 200 || err != nil {
		t.Errorf("got %d records, %v, want 200", n, err)
	}
	if _, err := r.read.ExecContext(ctx, "DELETE FROM records"); err == nil {
		t.Error("a reader can delete")
	}
	if fi, err := os.Stat(filepath.Join(dir, FileName)); err != nil || fi.Mode().Perm()&0o007 != 0 {
		t.Errorf("mode %v, %v: open to others", fi.Mode(), err)
	}
}

// Records survive a stop and a start; a stopped store says so.
func TestCloseReopen(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	s := open(t, Options{Dir: dir})
	for _, r := range []Record{record(1), row(2)} {
		id, err := s.Append(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		s.Outcome(ctx, id, Sent, "") // must be written by Close
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	for _, r := range []Record{record(3), row(4)} {
		if _, err := s.Append(ctx, r); !errors.Is(err, ErrClosed) {
			t.Errorf("Append after Close: %v, want ErrClosed", err)
		}
	}
	r, err := OpenReader(ctx, dir) // without a daemon too
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"Q1", "Q2"} {
		got, err := r.Find(ctx, key, 1)
		if err != nil || len(got) != 1 || got[0].Answer != Sent {
			t.Errorf("%s: got %v, %v", key, got, err)
		}
	}
	_ = r.Close()
	s = open(t, Options{Dir: dir})
	if n, err := s.Count(ctx); n != 2 || err != nil {
		t.Errorf("after reopening: %d, %v", n, err)
	}
	if _, err := s.Append(ctx, record(5)); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Recent(ctx, 3); err != nil || len(got) != 3 || got[0].QueueID != "Q5" || got[1].QueueID != "Q2" || got[2].QueueID != "Q1" {
		t.Errorf("after reopening: %v, %v", got, err)
	}
}

func TestFailure(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newClock()
	s := open(t, Options{Now: c.now})
	for i, step := range []struct {
		digest string
		wait   time.Duration
		want   int
	}{
		{"a", 0, 1}, {"a", time.Hour, 2}, {"b", 0, 1}, {"a", 0, 3},
		{"a", 23*time.Hour + time.Minute, 3}, // the first no longer counts
		{"a", 25 * time.Hour, 1},
	} {
		c.add(step.wait)
		if got, err := s.Failure(ctx, step.digest); got != step.want || err != nil {
			t.Errorf("step %d: got %d, %v, want %d", i, got, err, step.want)
		}
	}
	if _, err := s.Prune(ctx, time.Time{}); err != nil {
		t.Fatal(err)
	}
	var n int
	if err := s.read.QueryRow("SELECT count(*) FROM failures").Scan(&n); err != nil || n != 1 {
		t.Errorf("%d failures left, %v, want 1", n, err)
	}
}

func TestPrune(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newClock()
	s := open(t, Options{Now: c.now})
	var wg sync.WaitGroup
	for i := range 1200 {
		wg.Go(func() {
			r := record(i)
			if i%2 == 0 {
				r = row(i)
			}
			if _, err := s.Append(ctx, r); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	c.add(time.Hour)
	if _, err := s.Append(ctx, record(5000)); err != nil {
		t.Fatal(err)
	}
	n, err := s.Prune(ctx, c.now().Add(-time.Minute))
	if err != nil || n != 1200 {
		t.Errorf("pruned %d, %v, want 1200", n, err)
	}
	if n, err := s.Count(ctx); n != 1 || err != nil {
		t.Errorf("%d left, %v, want 1", n, err)
	}
}

func TestContext(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	hold, held := make(chan struct{}), make(chan struct{})
	go func() {
		_ = s.do(context.Background(), 1, func(context.Context, *writer) error { close(held); <-hold; return nil })
	}()
	<-held
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	if _, err := s.Append(ctx, row(1)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
	if _, err := s.Append(ctx, record(2)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want DeadlineExceeded", err)
	}
	close(hold)
}

func TestCheckRemembers(t *testing.T) {
	t.Parallel()
	ctx, c := context.Background(), newClock()
	s := open(t, Options{Now: c.now})
	if err := s.Check(ctx); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	if err := s.Check(ctx); err != nil {
		t.Errorf("within two seconds: %v, want the answer remembered", err)
	}
	c.add(3 * time.Second)
	if err := s.Check(ctx); !errors.Is(err, ErrClosed) {
		t.Errorf("later: %v, want ErrClosed", err)
	}
}

// Check sees a journal that cannot be written as it sees the database.
func TestCheckJournal(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	if err := s.log.Close(); err != nil {
		t.Fatal(err)
	}
	if err := s.Check(context.Background()); !errors.Is(err, ErrClosed) {
		t.Errorf("got %v, want ErrClosed", err)
	}
}

// BenchmarkAppend is records made durable per second with 8 writers that each
// wait for their own.
func BenchmarkAppend(b *testing.B) {
	for _, writers := range []int{1, 8, 64} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			s := open(b, Options{})
			ctx := context.Background()
			r := record(1)
			r.Result = []byte(`"` + strings.Repeat("x", 2500) + `"`)
			b.ResetTimer()
			var wg sync.WaitGroup
			for w := range writers {
				wg.Go(func() {
					for i := w; i < b.N; i += writers {
						r := r
						r.QueueID = fmt.Sprintf("4g%08d", i)
						r.MessageID = fmt.Sprintf("<%d.1@mail.example.gov.au>", i)
						id, err := s.Append(ctx, r)
						if err != nil {
							b.Error(err)
						}
						s.Outcome(ctx, id, Sent, "")
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "records/s")
		})
	}
}
