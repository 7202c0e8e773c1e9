package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"labelmilter/internal/journal"
)

// killed is a state directory as a daemon that is killed leaves it.
func killed(t *testing.T, dir string) string {
	t.Helper()
	to := t.TempDir()
	if err := os.CopyFS(to, os.DirFS(dir)); err != nil {
		t.Fatal(err)
	}
	return to
}

func marked(t *testing.T, s *Store, r Record, label string, rank int, how Raise, ids ...string) {
	t.Helper()
	r.Label, r.Rank, r.Raise, r.Thread = label, rank, how, ids
	if _, err := s.Append(context.Background(), r); err != nil {
		t.Fatal(err)
	}
}

func wantMark(t *testing.T, s *Store, label, id string) {
	t.Helper()
	got, ok, err := s.Thread(context.Background(), []string{id}, s.now())
	if err != nil || ok != (label != "") || got.Label != label {
		t.Errorf("%s has %q, %v, want %q", id, got.Label, err, label)
	}
}

func rowsOf(t *testing.T, s *Store) (n int) {
	t.Helper()
	if err := s.read.QueryRow(`SELECT count(*) FROM threads`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// Marks of the journal, whether written to the database yet or not, make what
// marks written with rows make, in any order and though daemons are killed.
func TestMarksLikeRows(t *testing.T) {
	t.Parallel()
	for seed := range uint64(4) {
		rnd := rand.New(rand.NewPCG(seed, 7))
		c := newClock()
		dir := t.TempDir()
		mixed, rows := open(t, Options{Dir: dir, Now: c.now}), open(t, Options{Now: c.now})
		id := func() string { return fmt.Sprintf("<%d@x>", rnd.IntN(12)) }
		for step := range 300 {
			switch rnd.IntN(20) {
			case 0:
				c.add(time.Duration(rnd.IntN(3)) * 24 * time.Hour)
			case 1:
				dir = killed(t, dir)
				mixed = open(t, Options{Dir: dir, Now: c.now})
			case 2:
				if err := mixed.Close(); err != nil {
					t.Fatal(err)
				}
				mixed = open(t, Options{Dir: dir, Now: c.now})
			case 3:
				if err := mixed.writeMarks(context.Background()); err != nil {
					t.Fatal(err)
				}
			case 4, 5, 6:
				x := id()
				a, aok, err := mixed.Thread(context.Background(), []string{x}, c.now())
				b, bok, berr := rows.Thread(context.Background(), []string{x}, c.now())
				if err != nil || berr != nil || aok != bok || a != b {
					t.Fatalf("seed %d, step %d: %+v, %v and %+v, %v", seed, step, a, err, b, berr)
				}
			default:
				r, other := record(step), row(step)
				if rnd.IntN(4) == 0 {
					r = row(step)
				}
				n := rnd.IntN(6)
				if rnd.IntN(3) == 0 {
					r.Until, r.Then, r.ThenRank = c.now().Add(time.Duration(1+rnd.IntN(3))*24*time.Hour), fmt.Sprint("l", n/2), n/2
				}
				other.Until, other.Then, other.ThenRank = r.Until, r.Then, r.ThenRank
				ids, how := []string{id(), id()}, Raise(rnd.IntN(3))
				marked(t, mixed, r, fmt.Sprint("l", n), n, how, ids...)
				marked(t, rows, other, fmt.Sprint("l", n), n, how, ids...)
			}
		}
		if err := mixed.writeMarks(context.Background()); err != nil {
			t.Fatal(err)
		}
		if a, b := rowsOf(t, mixed), rowsOf(t, rows); a != b || a != 12 {
			t.Errorf("seed %d: %d and %d conversations", seed, a, b)
		}
	}
}

// Marks go to the database soon, though nobody asks.
func TestMarksWritten(t *testing.T) {
	t.Parallel()
	s := open(t, Options{})
	marked(t, s, record(1), "official", 20, RaiseUp, "<a@x>", "<b@x>")
	if n := rowsOf(t, s); n != 0 {
		t.Errorf("%d at once", n)
	}
	for end := time.Now().Add(20 * time.Second); rowsOf(t, s) != 2 || s.pending.len() != 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("not written")
		}
	}
	if n := s.pending.len(); n != 0 || len(s.pending.keys) != 0 {
		t.Errorf("%d are pending still, %d keys", n, len(s.pending.keys))
	}
	wantMark(t, s, "official", "b@x")
}

// While the database is locked marks stay in the journal: who asks for one is
// told that it cannot be read, and afterwards none is lost.
func TestMarksLocked(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	s := open(t, Options{Dir: dir, Busy: 20 * time.Millisecond})
	other, err := sql.Open("sqlite", "file:"+filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	marked(t, s, record(1), "official", 20, RaiseUp, "<a@x>")
	if _, _, err := s.Thread(ctx, []string{"<a@x>"}, s.now()); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	wantMark(t, s, "", "other@x")
	if _, err := s.Prune(ctx, s.now().Add(time.Hour)); !errors.Is(err, ErrLocked) {
		t.Errorf("Prune: %v, want ErrLocked", err)
	}
	left := killed(t, dir)
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	wantMark(t, s, "official", "a@x")
	wantMark(t, open(t, Options{Dir: left}), "official", "a@x")
}

// A journal that was taken away begins behind what the database knows of it.
func TestJournalTakenAway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for i := range 4 {
		s := open(t, Options{Dir: dir})
		id := fmt.Sprintf("%d@x", i)
		marked(t, s, record(i), "official", 20, RaiseUp, id)
		wantMark(t, s, "official", id)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if i > 1 {
			if err := os.RemoveAll(filepath.Join(dir, DecisionsDir)); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// The filter knows all marks, and few others.
func TestKnownMarks(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	for i := range 3000 {
		if i == 1500 {
			if err := s.learn(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		s.addMark(mark{place: journal.Place{Segment: 1, Offset: int64(i + 1)}, keys: s.hash.threads([]string{fmt.Sprintf("%d@known", i)}), thread: Thread{Label: "official", Rank: 20, At: s.now()}})
	}
	check := func() {
		t.Helper()
		wrong := 0
		for i := range 3000 {
			if !s.known.maybe(s.hash.threads([]string{fmt.Sprintf("%d@known", i)})) {
				t.Fatalf("%d is not known", i)
			}
			if s.known.maybe(s.hash.threads([]string{fmt.Sprintf("%d@other", i)})) {
				wrong++
			}
		}
		if wrong > 30 {
			t.Errorf("%d of 3000 that have no mark pass for known", wrong)
		}
	}
	<-s.learned
	check()
	s.known.room(0)
	if !s.known.maybe(s.hash.threads([]string{"other@x"})) {
		t.Error("what nobody has read yet is unknown")
	}
	if err := s.learn(context.Background()); err != nil {
		t.Fatal(err)
	}
	check()
}

// A sender that puts an entry of the journal into a Message-ID forges no
// record, not even when the entry around it is damaged.
func TestForgedEntry(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	forge := t.TempDir()
	l, err := journal.Open(journal.Options{Dir: forge})
	if err != nil {
		t.Fatal(err)
	}
	f := record(666)
	if err := l.Write(ctx, f.entry(99)); err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	logs, err := filepath.Glob(filepath.Join(forge, "*.log"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	entry, err := os.ReadFile(logs[0])
	if err != nil || len(entry) >= maxText {
		t.Fatal(len(entry), err)
	}
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	r := record(1)
	r.MessageID = string(entry)
	if _, err := s.Append(ctx, r); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Find(ctx, r.MessageID, 1); err != nil || len(got) != 1 || got[0].QueueID != "Q1" {
		t.Errorf("found by its Message-ID: %v, %v", got, err)
	}
	left := killed(t, dir)
	logs, err = filepath.Glob(filepath.Join(left, DecisionsDir, "*.log"))
	if err != nil || len(logs) != 1 {
		t.Fatal(logs, err)
	}
	data, err := os.ReadFile(logs[0])
	if err != nil {
		t.Fatal(err)
	}
	data[8] ^= 1 // of the checksum
	if err := os.WriteFile(logs[0], data, 0o600); err != nil {
		t.Fatal(err)
	}
	s = open(t, Options{Dir: left})
	if got, err := s.Recent(ctx, 10); err != nil || len(got) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}
