// Package journal is an append-only log of entries in segment files. Whoever
// writes an entry and waits shares the sync to disk with all others that wait
// (group commit), and an entry whose Write returned survives a power cut. Other
// processes read it while it is written.
//
// Segments are files of a bounded size and age. What is old goes by deleting
// whole segments. A segment that is full has beside it an index of the heads
// of its entries, so that looking something up does not read the entries. One
// that a crash left without is read through and gets its index at the next
// start.
package journal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// Errors of this package; others come from the file system.
var (
	ErrClosed  = errors.New("the journal is closed")
	ErrInUse   = errors.New("the journal is written by another process")
	ErrDamaged = errors.New("the journal is damaged")
)

// Options of a Log.
type Options struct {
	Dir      string // made if missing, mode 0750
	Now      func() time.Time
	MaxBytes int64         // of a segment; 0 = 16 MiB
	MaxAge   time.Duration // of the first entry of the segment written to; 0 = an hour
	Wait     time.Duration // for another process that ends; 0 = not
	After    uint64        // new segments have higher numbers
	// OnError is told when entries that nobody waited for are lost, and when
	// Open meets a piece of the journal that cannot be read.
	OnError func(error)
	// open makes the file of a segment, for tests; nil = create.
	open func(path string) (file, error)
}

// file is what a segment is written to.
type file interface {
	WriteAt(p []byte, off int64) (int, error)
	Truncate(size int64) error
	Close() error
	sync() error
}

// Place is a place in the journal. Places of later entries are greater.
type Place struct {
	Segment uint64
	Offset  int64
}

// Less reports whether p is before q.
func (p Place) Less(q Place) bool {
	return p.Segment < q.Segment || p.Segment == q.Segment && p.Offset < q.Offset
}

const (
	defaultBytes = 16 << 20
	defaultAge   = time.Hour
	// lazyWait is how long entries that nobody waits for may lie.
	lazyWait = 100 * time.Millisecond
	// maxWaiting bounds the bytes that wait to be written; more make their
	// writers wait.
	maxWaiting = 32 << 20
)

// Log is a journal open for writing. All methods are safe for concurrent use.
type Log struct {
	o     Options
	lock  *os.File
	wake  chan struct{}
	done  chan struct{}
	depth atomic.Int64

	mu     sync.Mutex // guards what follows
	cur    *batch     // what waits
	spare  *batch     // to be used again
	lazy   *time.Timer
	armed  bool // lazy runs
	due    bool // entries that nobody waits for have lain long enough
	closed bool

	io  sync.Mutex // held while files change; taken before mu
	seg *segment   // written to, nil before the first entry
	num uint64     // of the last segment
}

// batch is what is written and synced together.
type batch struct {
	buf     []byte
	heads   []head // places are within buf
	then    []then
	waiters int // those who wait
	notes   int // entries that nobody waits for
	done    chan struct{}
	err     error
}

// then is what is to be called when an entry is on disk.
type then struct {
	end  int64 // of the entry, within buf
	call func(Place)
}

func newBatch() *batch { return &batch{done: make(chan struct{})} }

// Open opens a journal for writing. What a crash left is put in order: all
// segments have their index then.
func Open(o Options) (*Log, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.MaxBytes <= 0 {
		o.MaxBytes = defaultBytes
	}
	if o.MaxAge <= 0 {
		o.MaxAge = defaultAge
	}
	if o.OnError == nil {
		o.OnError = func(error) {}
	}
	if o.open == nil {
		o.open = create
	}
	if err := os.MkdirAll(o.Dir, 0o750); err != nil {
		return nil, err
	}
	if err := syncDir(filepath.Dir(filepath.Clean(o.Dir))); err != nil {
		return nil, err
	}
	lock, err := lockDir(o.Dir, o.Wait)
	if err != nil {
		return nil, err
	}
	l := &Log{o: o, lock: lock, wake: make(chan struct{}, 1), done: make(chan struct{}), cur: newBatch()}
	if l.num, err = mend(o.Dir, o.OnError); err != nil {
		_ = lock.Close()
		return nil, err
	}
	l.num = max(l.num, o.After)
	l.lazy = time.AfterFunc(time.Hour, l.lain)
	l.lazy.Stop()
	go l.run()
	return l, nil
}

// Write appends entries, which stand together, and returns when they are on
// disk. After an error of ctx they may be there or not.
func (l *Log) Write(ctx context.Context, entries ...Entry) error {
	l.depth.Add(1)
	defer l.depth.Add(-1)
	for {
		l.mu.Lock()
		if l.closed {
			l.mu.Unlock()
			return ErrClosed
		}
		b := l.cur
		full := len(b.buf) > maxWaiting
		if !full {
			for i := range entries {
				b.add(&entries[i])
			}
			b.waiters++
		}
		l.mu.Unlock()
		l.rouse()
		select {
		case <-b.done:
		case <-ctx.Done():
			return fmt.Errorf("waiting for the disk: %w", ctx.Err())
		}
		if !full {
			return b.err
		}
	}
}

// Note appends an entry without waiting: it shares the next sync, or gets one
// of its own soon.
func (l *Log) Note(e Entry) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return ErrClosed
	}
	l.cur.add(&e)
	l.cur.notes++
	if !l.armed {
		l.armed = true
		l.lazy.Reset(lazyWait)
	}
	return nil
}

// lain is called when entries that nobody waits for have lain for lazyWait.
func (l *Log) lain() {
	l.mu.Lock()
	l.armed = false
	l.due = l.cur.notes > 0
	due := l.due
	l.mu.Unlock()
	if due {
		l.rouse()
	}
}

func (l *Log) rouse() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// Depth is the number of entries that are waited for.
func (l *Log) Depth() int { return int(l.depth.Load()) }

// run writes what waits until the journal is closed.
func (l *Log) run() {
	defer close(l.done)
	for range l.wake {
		l.mu.Lock()
		closed := l.closed
		b := l.take(closed)
		l.mu.Unlock()
		if b != nil {
			l.commit(b)
		}
		if closed {
			return
		}
	}
}

// take takes the batch that waits, nil if it is not time. It is called with mu
// held.
func (l *Log) take(all bool) *batch {
	b := l.cur
	if b.waiters == 0 && !(b.notes > 0 && (l.due || all)) {
		return nil
	}
	l.due = false
	if l.cur = l.spare; l.cur == nil {
		l.cur = newBatch()
	}
	l.spare = nil
	return b
}

// commit writes a batch and tells those who wait.
func (l *Log) commit(b *batch) {
	l.io.Lock()
	at, err := l.write(b)
	l.io.Unlock()
	b.err = err
	if err == nil {
		for _, t := range b.then {
			t.call(Place{at.Segment, at.Offset + t.end})
		}
	}
	if b.err != nil && b.notes > 0 {
		l.o.OnError(b.err)
	}
	close(b.done)
	if cap(b.buf) > 1<<20 {
		return
	}
	fresh := newBatch()
	clear(b.then)
	fresh.buf, fresh.heads, fresh.then = b.buf[:0], b.heads[:0], b.then[:0]
	l.mu.Lock()
	l.spare = fresh
	l.mu.Unlock()
}

// Close writes what waits. It is idempotent.
func (l *Log) Close() error {
	l.mu.Lock()
	first := !l.closed
	l.closed = true
	l.mu.Unlock()
	if !first {
		<-l.done
		return nil
	}
	l.lazy.Stop()
	l.rouse()
	<-l.done
	l.io.Lock()
	defer l.io.Unlock()
	err := l.seal()
	return errors.Join(err, l.lock.Close())
}
