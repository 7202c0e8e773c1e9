// Package store is the daemon's embedded database (SQLite, in the state
// directory): one decision record per message for `log show`, and the count
// of fail-mode answers per message digest.
//
// There is one writer, a goroutine that puts everything waiting into one
// transaction (group commit): whoever waits for a record shares the sync to
// disk with all others that wait. The journal is a write-ahead log with
// synchronous=FULL, so a record whose Append returned survives a power cut,
// and commands can read while the daemon writes.
//
// Records hold addresses, header values named in the record and the decision;
// they hold no matched content.
package store

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"
)

// FileName is the database's name in the state directory.
const FileName = "labelmilter.db"

// Options of a Store.
type Options struct {
	Dir  string           // state directory; made if missing, mode 0750
	Now  func() time.Time // nil = time.Now
	Busy time.Duration    // how long to wait for another process's lock; 0 = 5 s
	// OnError is told each failed write, those that nobody waits for too.
	// It must be quick. nil = none.
	OnError func(error)
}

// queueLen is how many writes may wait; more make their callers wait.
const queueLen = 4096

// Store is an open database. All methods are safe for concurrent use.
type Store struct {
	Reader
	now     func() time.Time
	onError func(error)
	db      *sql.DB // for the writer's one connection
	ops     chan *op
	depth   atomic.Int64

	mu     sync.RWMutex // guards closed against sends on ops
	closed bool
	done   chan struct{}

	probe probe
}

// Open opens or makes the database and brings its schema up to date. Errors
// are typed: see ErrCorrupt and the others.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Busy <= 0 {
		o.Busy = 5 * time.Second
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	path := filepath.Join(o.Dir, FileName)
	// SQLite gives its other files the mode of this one.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db, err := sql.Open("sqlite", dsn(path, o.Busy, url.Values{"_pragma": {
		"journal_mode(WAL)", "synchronous(FULL)", "journal_size_limit(67108864)"}}))
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	db.SetMaxOpenConns(1)
	if err := migrate(ctx, db, o.Now()); err != nil {
		_ = db.Close()
		return nil, wrap("opening "+path, err)
	}
	r, err := OpenReader(ctx, o.Dir)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	s := &Store{Reader: *r, now: o.Now, onError: o.OnError, db: db, ops: make(chan *op, queueLen), done: make(chan struct{})}
	go s.write()
	return s, nil
}

// dsn names a database file with busy timeout and further parameters.
func dsn(path string, busy time.Duration, q url.Values) string {
	q.Add("_pragma", fmt.Sprintf("busy_timeout(%d)", busy.Milliseconds()))
	q.Set("_txlock", "immediate")
	u := url.URL{Scheme: "file", Path: path, RawQuery: q.Encode()}
	if !filepath.IsAbs(path) {
		u = url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}
	}
	return u.String()
}

// Close writes what is waiting and closes the database. It is idempotent.
func (s *Store) Close() error {
	s.mu.Lock()
	first := !s.closed
	s.closed = true
	if first {
		close(s.ops)
	}
	s.mu.Unlock()
	<-s.done
	if !first {
		return nil
	}
	rerr := s.Reader.Close()
	if err := s.db.Close(); err != nil {
		return wrap("closing", err)
	}
	return rerr
}

// Depth is the number of writes that wait.
func (s *Store) Depth() int { return int(s.depth.Load()) }
