package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// A lock of another process is waited for, then an error, and then all is
// well again.
func TestLocked(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	var mu sync.Mutex
	var told []error
	s := open(t, Options{Dir: dir, Busy: 50 * time.Millisecond, OnError: func(err error) {
		mu.Lock()
		defer mu.Unlock()
		told = append(told, err)
	}})
	other, err := sql.Open("sqlite", "file:"+filepath.Join(dir, FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	other.SetMaxOpenConns(1)
	if _, err := other.Exec("BEGIN IMMEDIATE"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(ctx, row(1)); !errors.Is(err, ErrLocked) {
		t.Errorf("got %v, want ErrLocked", err)
	}
	if _, err := s.Append(ctx, record(3)); err != nil {
		t.Errorf("the journal is locked too: %v", err)
	}
	if _, err := Open(ctx, Options{Dir: dir, Busy: 10 * time.Millisecond}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second daemon: %v, want ErrLocked", err)
	}
	if err := s.Check(ctx); !errors.Is(err, ErrLocked) {
		t.Errorf("Check: got %v, want ErrLocked", err)
	}
	mu.Lock()
	if len(told) != 2 {
		t.Errorf("OnError told of %d errors, want 2: %v", len(told), told)
	}
	mu.Unlock()
	if _, err := other.Exec("ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Append(ctx, row(2)); err != nil {
		t.Errorf("after the lock is gone: %v", err)
	}
	if _, err := Open(ctx, Options{Dir: dir, Busy: 10 * time.Millisecond}); !errors.Is(err, ErrLocked) {
		t.Errorf("a second daemon: %v, want ErrLocked", err)
	}
}

// A full database fails writes with ErrFull, and only those that don't fit.
func TestFull(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, Options{})
	err := s.do(ctx, 1, func(ctx context.Context, w *writer) error {
		var n int
		if err := w.conn.QueryRowContext(ctx, "PRAGMA page_count").Scan(&n); err != nil {
			return err
		}
		_, err := w.conn.ExecContext(ctx, fmt.Sprintf("PRAGMA max_page_count = %d", n+8))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	big := row(1)
	big.Result = []byte(`"` + strings.Repeat("x", 1<<20) + `"`)
	if _, err := s.Append(ctx, big); !errors.Is(err, ErrFull) {
		t.Errorf("got %v, want ErrFull", err)
	}
	for _, r := range []Record{row(2), record(3)} {
		if _, err := s.Append(ctx, r); err != nil {
			t.Errorf("a record that fits: %v", err)
		}
	}
	if _, err := s.Append(ctx, Record{Result: make([]byte, maxResult+1)}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("got %v, want ErrTooLarge", err)
	}
}

// In a batch with one bad write the others are written.
func TestBadWriteAlone(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	s := open(t, Options{})
	w, err := s.connect(ctx)
	if err == nil {
		defer w.close()
	} else {
		t.Fatal(err)
	}
	insert := func(n int) *op {
		return &op{run: func(ctx context.Context, w *writer) error {
			_, err := w.exec(ctx, `INSERT INTO migrations (version, applied) VALUES (?, 0)`, n)
			return err
		}}
	}
	errs := w.commitEach(ctx, []*op{insert(100), insert(1), insert(101), {run: func(context.Context, *writer) error { panic("x") }}})
	if errs[0] != nil || errs[1] == nil || errs[2] != nil || !errors.Is(errs[3], ErrOther) {
		t.Errorf("got %v, want failures of the second and fourth only", errs)
	}
	var n int
	if err := s.read.QueryRow("SELECT count(*) FROM migrations WHERE version >= 100").Scan(&n); err != nil || n != 2 {
		t.Errorf("%d rows, %v, want 2", n, err)
	}
}

func TestOpenErrors(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	file := func(data string) string {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, FileName), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
		return dir
	}
	newer := t.TempDir()
	s := open(t, Options{Dir: newer})
	if _, err := s.db.Exec("INSERT INTO migrations VALUES (99, 0)"); err != nil {
		t.Fatal(err)
	}
	_ = s.Close()
	for name, tt := range map[string]struct {
		dir  string
		want error
	}{
		"garbage": {file(strings.Repeat("not a database. ", 400)), ErrCorrupt},
		"newer":   {newer, ErrNewer},
	} {
		if _, err := Open(ctx, Options{Dir: tt.dir}); !errors.Is(err, tt.want) {
			t.Errorf("%s: Open gives %v, want %v", name, err, tt.want)
		}
		if _, err := OpenReader(ctx, tt.dir); !errors.Is(err, tt.want) {
			t.Errorf("%s: OpenReader gives %v, want %v", name, err, tt.want)
		}
	}
	if _, err := Open(ctx, Options{Dir: filepath.Join(file("x"), FileName, "below-a-file")}); err == nil {
		t.Error("a state directory that cannot be made is accepted")
	}
}

// Damage while running is an error of the write that meets it.
func TestCorruptWhileRunning(t *testing.T) {
	t.Parallel()
	ctx, dir := context.Background(), t.TempDir()
	s := open(t, Options{Dir: dir})
	for i := range 50 {
		if _, err := s.Append(ctx, row(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil { // all pages are in the file now
		t.Fatal(err)
	}
	path := filepath.Join(dir, FileName)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for i := 4096 * 2; i < len(data); i++ {
		data[i] = 0xa5
	}
	if err := os.WriteFile(path, data, 0o640); err != nil {
		t.Fatal(err)
	}
	s, err = Open(ctx, Options{Dir: dir})
	if err == nil {
		defer s.Close()
		_, err = s.Append(ctx, row(1))
	}
	if !errors.Is(err, ErrCorrupt) {
		t.Errorf("got %v, want ErrCorrupt", err)
	}
}
