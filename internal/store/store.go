// Package store keeps what the daemon must remember, in the state directory:
// one decision record per message for `log show`, marks of conversations, what
// senders did, notices, overrides, and the count of fail-mode answers per
// message digest.
//
// Records of ordinary messages are appended to a journal (package journal);
// everything else, and the records that bring more along than the mark of a
// conversation, are rows of an embedded database (SQLite). Marks that came with
// a record of the journal go from there to the database many at a time.
//
// Both have one writer that puts everything waiting on disk at once (group
// commit): whoever waits for a record shares the sync to disk with all others
// that wait. The database has a write-ahead log with synchronous=FULL, so a
// record whose Append returned survives a power cut wherever it went, and
// commands can read while the daemon writes.
//
// Records hold addresses, header values named in the record and the decision;
// they hold no matched content.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver "sqlite"

	"labelmilter/internal/journal"
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

// closeWait bounds how long Close waits for marks to be written.
const closeWait = 5 * time.Second

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

	log     *journal.Log
	lastID  atomic.Int64 // half of it: see takeID
	hash    *hasher      // of conversations
	known   knownMarks
	pending pendingMarks
	stop    context.CancelFunc // ends learning
	learned chan struct{}
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
	if err := s.openJournal(ctx, o); err != nil {
		_ = r.Close()
		_ = db.Close()
		return nil, wrap("opening "+filepath.Join(o.Dir, DecisionsDir), err)
	}
	go s.write()
	lctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s.stop, s.learned = stop, make(chan struct{})
	go func() {
		defer close(s.learned)
		if err := s.learn(lctx); err != nil && lctx.Err() == nil {
			s.onError(err) // look-ups go to the database
		}
	}()
	return s, nil
}

// openJournal opens the journal and finds what a daemon before left there.
func (s *Store) openJournal(ctx context.Context, o Options) error {
	secret, err := s.threads.key(ctx, s.read)
	if err != nil {
		return err
	}
	s.hash = newHasher(secret)
	marked, err := scanPlace(s.read.QueryRowContext(ctx, selectMarked))
	if err != nil {
		return err
	}
	var rows int64
	if err := s.read.QueryRowContext(ctx, `SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'records'`).Scan(&rows); err != nil {
		return err
	}
	dir := filepath.Join(o.Dir, DecisionsDir)
	if s.log, err = journal.Open(journal.Options{Dir: dir, Now: o.Now, Wait: o.Busy, After: marked.Segment, OnError: func(err error) {
		doing := "writing"
		if errors.Is(err, journal.ErrDamaged) {
			doing = "reading decisions"
		}
		s.onError(wrap(doing, err))
	}}); err != nil {
		return err
	}
	s.known.room(0)
	s.pending.keys, s.pending.writing = map[markKey]int{}, make(chan struct{}, 1)
	s.pending.timer = time.AfterFunc(time.Hour, s.lain)
	s.pending.timer.Stop()
	last := int64(0)
	v, err := journal.LookBack(dir, 3)
	if err == nil {
		last, err = v.LastID()
	}
	if err == nil {
		err = s.replay(dir, marked)
	}
	if err != nil {
		s.pending.timer.Stop()
		return errors.Join(err, s.log.Close())
	}
	s.lastID.Store((max(last, rows) + 1) >> 1)
	return nil
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
	s.stop()
	<-s.learned
	jerr := s.log.Close()
	s.pending.timer.Stop()
	if jerr == nil {
		// What stays is in the journal.
		ctx, cancel := context.WithTimeout(context.Background(), closeWait)
		_ = s.writeMarks(ctx)
		cancel()
	}
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
	return errors.Join(jerr, rerr)
}

// Depth is the number of writes that wait.
func (s *Store) Depth() int { return int(s.depth.Load()) + s.log.Depth() }
