package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// maxBatch bounds one transaction; maxBatchBytes its records.
const (
	maxBatch      = 256
	maxBatchBytes = 8 << 20
)

// op is one write. run may be called twice: in a batch, and alone if the
// batch failed.
type op struct {
	run  func(ctx context.Context, w *writer) error
	size int
	done chan error // buffered; nil if nobody waits
}

// writer is the one connection that writes, with its statements.
type writer struct {
	conn *sql.Conn
	st   map[string]*sql.Stmt

	history []byte // of what is remembered of senders, once it was read
}

// exec runs a statement, prepared once.
func (w *writer) exec(ctx context.Context, query string, args ...any) (sql.Result, error) {
	st, err := w.prepared(ctx, query)
	if err != nil {
		return nil, err
	}
	return st.ExecContext(ctx, args...)
}

func (w *writer) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := w.st[query]; ok {
		return st, nil
	}
	st, err := w.conn.PrepareContext(ctx, query)
	if err == nil {
		w.st[query] = st
	}
	return st, err
}

func (w *writer) close() {
	for _, st := range w.st {
		_ = st.Close()
	}
	_ = w.conn.Close()
}

// write is the writer's goroutine. It ends when ops is closed and empty.
func (s *Store) write() {
	defer close(s.done)
	// Statements are not to be cut off: the busy timeout bounds them.
	ctx := context.Background()
	var w *writer
	defer func() {
		if w != nil {
			w.close()
		}
	}()
	for first := range s.ops {
		batch := s.gather(first)
		var err error
		if w == nil {
			w, err = s.connect(ctx)
		}
		var errs []error
		if err == nil {
			errs = w.commitEach(ctx, batch)
		}
		failed := err
		for i, o := range batch {
			e := err
			if errs != nil {
				e = errs[i]
			}
			if e != nil {
				failed = e
				s.onError(wrap("writing", e))
			}
			if o.done != nil {
				o.done <- wrap("writing", e)
			}
		}
		s.depth.Add(-int64(len(batch)))
		if failed != nil && w != nil {
			w.close() // begin afresh: the next write may find things mended
			w = nil
		}
	}
}

// lazyWait is how long writes that nobody waits for may lie, so that they
// share the transaction of the next one that somebody does.
const lazyWait = 100 * time.Millisecond

// gather takes what waits beside first. While nobody waits for any of it, it
// waits for more.
func (s *Store) gather(first *op) []*op {
	batch, bytes, awaited := []*op{first}, first.size, first.done != nil
	var patience <-chan time.Time
	for len(batch) < maxBatch && bytes < maxBatchBytes {
		var o *op
		open := true
		select {
		case o, open = <-s.ops:
		default:
			if awaited {
				return batch
			}
			if patience == nil {
				t := time.NewTimer(lazyWait)
				defer t.Stop()
				patience = t.C
			}
			select {
			case o, open = <-s.ops:
			case <-patience:
				return batch
			}
		}
		if !open {
			return batch
		}
		batch = append(batch, o)
		bytes += o.size
		awaited = awaited || o.done != nil
	}
	return batch
}

func (s *Store) connect(ctx context.Context) (*writer, error) {
	c, err := s.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	return &writer{conn: c, st: map[string]*sql.Stmt{}}, nil
}

// commitEach writes a batch in one transaction; if that fails, each in one of
// its own, so that one bad write does not take others with it.
func (w *writer) commitEach(ctx context.Context, batch []*op) []error {
	errs := make([]error, len(batch))
	err := w.commit(ctx, batch)
	if err == nil {
		return errs
	}
	if len(batch) == 1 || !alone(err) {
		for i := range errs {
			errs[i] = err
		}
		return errs
	}
	for i := range batch {
		errs[i] = w.commit(ctx, batch[i:i+1])
	}
	return errs
}

// alone reports whether trying each write by itself can help: not if another
// process holds the lock, which would be waited for again and again.
func alone(err error) bool {
	k := kind(err)
	return !errors.Is(k, ErrLocked) && !errors.Is(k, ErrCorrupt)
}

func (w *writer) commit(ctx context.Context, batch []*op) (err error) {
	if _, err := w.exec(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if v := recover(); v != nil {
			err = fmt.Errorf("%w: panic in a write", ErrOther)
		}
		if err != nil {
			_, _ = w.exec(ctx, "ROLLBACK") // fails if SQLite did it already
		}
	}()
	for _, o := range batch {
		if err := o.run(ctx, w); err != nil {
			return err
		}
	}
	_, err = w.exec(ctx, "COMMIT")
	return err
}

// submit hands a write over; it waits if too many are waiting.
func (s *Store) submit(ctx context.Context, o *op) error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.closed {
		return wrap("writing", ErrClosed)
	}
	s.depth.Add(1)
	select {
	case s.ops <- o:
		return nil
	case <-ctx.Done():
		s.depth.Add(-1)
		return fmt.Errorf("store: waiting to write: %w", ctx.Err())
	}
}

// do submits a write and waits until it is on disk. After an error of ctx the
// write may have happened or not.
func (s *Store) do(ctx context.Context, size int, run func(context.Context, *writer) error) error {
	o := &op{run: run, size: size, done: make(chan error, 1)}
	if err := s.submit(ctx, o); err != nil {
		return err
	}
	select {
	case err := <-o.done:
		return err
	case <-ctx.Done():
		return fmt.Errorf("store: waiting for the disk: %w", ctx.Err())
	}
}
