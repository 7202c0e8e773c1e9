package store

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"labelmilter/internal/journal"
)

// spoil flips a bit in the journal of a state directory, behind the only place
// where some text stands.
func spoil(t *testing.T, dir, text string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, DecisionsDir, "*.log"))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.Index(data, []byte(text)); i >= 0 {
			data[i+len(text)] ^= 4
			if err := os.WriteFile(f, data, 0o640); err != nil {
				t.Fatal(err)
			}
			return
		}
	}
	t.Fatalf("%q is nowhere", text)
}

// told collects what OnError is told.
type told struct {
	mu   sync.Mutex
	errs []error
}

func (l *told) on(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err)
}

// lost wants one error that says where a piece is lost.
func (l *told) lost(t *testing.T, when string) {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.errs) != 1 || !errors.Is(l.errs[0], ErrDamaged) || !strings.Contains(l.errs[0].Error(), ".log, offset ") {
		t.Errorf("%s: OnError was told %v", when, l.errs)
	}
	l.errs = nil
}

// A mark with a flipped bit keeps neither the daemon from starting nor other
// marks from their conversations, wherever its segment is in its life.
func TestDamagedMark(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := open(t, Options{Dir: dir})
	<-s.learned
	s.pending.writing <- struct{}{} // they stay in the journal alone
	defer func() { <-s.pending.writing }()
	for i, label := range []string{"first-label", "second-label", "third-label"} {
		marked(t, s, record(i), label, 30, 0, []string{"<a@x>", "<b@x>", "<c@x>"}[i])
	}
	all := func(s *Store) {
		t.Helper()
		wantMark(t, s, "first-label", "<a@x>")
		wantMark(t, s, "", "<b@x>")
		wantMark(t, s, "third-label", "<c@x>")
	}
	mark := func(dir string) string { // the label of the mark stands behind the record's
		files, _ := filepath.Glob(filepath.Join(dir, DecisionsDir, "*.log"))
		data, err := os.ReadFile(files[0])
		if err != nil {
			t.Fatal(err)
		}
		at := bytes.LastIndex(data, []byte("second-label"))
		return string(data[at-20 : at+len("second-label")])
	}
	var l told
	left := killed(t, dir)
	spoil(t, left, mark(left))
	all(open(t, Options{Dir: left, OnError: l.on}))
	l.lost(t, "without an index")

	indexed := killed(t, dir)
	j, err := journal.Open(journal.Options{Dir: filepath.Join(indexed, DecisionsDir)})
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	spoil(t, indexed, mark(indexed))
	all(open(t, Options{Dir: indexed, OnError: l.on}))
	l.lost(t, "with an index")
}

// A record with a flipped bit is missing, with an error; all others are given.
func TestDamagedRecord(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	s := open(t, Options{Dir: dir})
	ids := []string{"<one@x>", "<two@x>", "<three@x>"}
	for i, id := range ids {
		r := record(i)
		r.MessageID, r.QueueID = id, strings.Trim(id, "<>@x")+"-queue"
		n, err := s.Append(ctx, r)
		if err != nil {
			t.Fatal(err)
		}
		s.Outcome(ctx, n, Sent, "detail of "+id)
	}
	if _, err := s.Append(ctx, row(9)); err != nil { // a row, which nothing of this is in
		t.Fatal(err)
	}
	check := func(what, dir string, record bool) {
		t.Helper()
		r, err := OpenReader(ctx, dir)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Close()
		got, err := r.Recent(ctx, 10)
		want := 4
		if record {
			want = 3
		}
		if len(got) != want || !errors.Is(err, ErrDamaged) || errors.Is(err, ErrCorrupt) || !strings.Contains(err.Error(), ".log, offset ") {
			t.Errorf("%s: %d records, %v", what, len(got), err)
		}
		for i, id := range ids {
			got, err := r.Find(ctx, id, 10)
			switch {
			case record && i == 1:
				if len(got) != 0 || !errors.Is(err, ErrDamaged) {
					t.Errorf("%s, %s: %d records, %v", what, id, len(got), err)
				}
			case len(got) != 1 || got[0].MessageID != id:
				t.Errorf("%s, %s: %v, %v", what, id, got, err)
			case i == 1 && got[0].Answer != Pending || i != 1 && (got[0].Answer != Sent || err != nil):
				t.Errorf("%s, %s: answer %s, %v", what, id, got[0].Answer, err)
			}
		}
	}
	live := ""
	for range 500 { // nobody waits for the answers to be on disk
		if got, err := s.Find(ctx, ids[2], 1); err == nil && len(got) == 1 && got[0].Answer == Sent {
			live = killed(t, dir)
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	spoil(t, live, "two-queue")
	check("a record, without an index", live, true)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	sealed := killed(t, dir)
	spoil(t, sealed, "two-queue")
	check("a record, with an index", sealed, true)
	sealed = killed(t, dir)
	spoil(t, sealed, "detail of <two@x")
	check("an answer", sealed, false)
}
