package store

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"time"

	"labelmilter/internal/failpoint"
	"labelmilter/internal/journal"
)

// Marks of conversations are durable in the journal with their record, and go
// to the database many at a time. Until then their conversations are pending:
// who asks for one has them written first.
const (
	marksEvery = time.Second // how long marks may be pending
	marksBatch = 1_000       // so many are written at once
	marksMost  = 16_000      // pending; who brings more waits
)

// markKey is the keyed hash of a Message-ID.
type markKey [16]byte

// mark is what a record raises conversations to.
type mark struct {
	keys   []markKey
	thread Thread
	raise  Raise
	place  journal.Place // behind it
}

// pendingMarks are those that are in the journal alone.
type pendingMarks struct {
	mu    sync.Mutex
	list  []mark // in the order of the journal
	keys  map[markKey]int
	timer *time.Timer
	armed bool

	writing chan struct{} // of one place, taken while marks are written
}

// add notes a mark that is in the journal now.
func (s *Store) addMark(m mark) {
	p := &s.pending
	p.mu.Lock()
	defer p.mu.Unlock()
	p.list = append(p.list, m)
	for _, k := range m.keys {
		p.keys[k]++
		s.known.add(k)
	}
	switch {
	case len(p.list) == marksBatch:
		p.armed = true
		p.timer.Reset(0)
	case !p.armed:
		p.armed = true
		p.timer.Reset(marksEvery)
	}
}

// holds reports whether one of some conversations is pending.
func (p *pendingMarks) holds(keys []markKey) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, k := range keys {
		if p.keys[k] > 0 {
			return true
		}
	}
	return false
}

func (p *pendingMarks) len() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.list)
}

// lain is called when marks have been pending for long enough.
func (s *Store) lain() {
	s.pending.mu.Lock()
	s.pending.armed = false
	s.pending.mu.Unlock()
	if err := s.writeMarks(context.Background()); err != nil { // told to OnError
		p := &s.pending
		p.mu.Lock()
		if !p.armed && !errors.Is(err, ErrClosed) {
			p.armed = true
			p.timer.Reset(marksEvery)
		}
		p.mu.Unlock()
	}
}

// writeMarks writes all marks that are pending to the database.
func (s *Store) writeMarks(ctx context.Context) error {
	p := &s.pending
	select {
	case p.writing <- struct{}{}:
		defer func() { <-p.writing }()
	case <-ctx.Done():
		return fmt.Errorf("store: waiting to write: %w", ctx.Err())
	}
	for {
		p.mu.Lock()
		list := p.list[:min(len(p.list), marksBatch)]
		p.mu.Unlock()
		if len(list) == 0 {
			return nil
		}
		if err := s.do(ctx, 64*len(list), func(ctx context.Context, w *writer) error { return w.marks(ctx, list) }); err != nil {
			return err
		}
		p.mu.Lock()
		for i := range list {
			for _, k := range list[i].keys {
				if p.keys[k]--; p.keys[k] <= 0 {
					delete(p.keys, k)
				}
			}
		}
		if p.list = p.list[len(list):]; len(p.list) == 0 {
			p.list = nil
		}
		p.mu.Unlock()
	}
}

// marks writes marks in their order, and how far in the journal that is. Those
// that were written before, by a try whose end nobody saw, are left out.
func (w *writer) marks(ctx context.Context, list []mark) error {
	if err := failpoint.Err(failpoint.Marks); err != nil {
		return err
	}
	st, err := w.prepared(ctx, selectMarked)
	if err != nil {
		return err
	}
	done, err := scanPlace(st.QueryRowContext(ctx))
	if err != nil {
		return err
	}
	for _, m := range list {
		if !done.Less(m.place) {
			continue
		}
		if err := raiseKeys(ctx, w, m.keys, m.thread, m.raise); err != nil {
			return err
		}
		done = m.place
	}
	_, err = w.exec(ctx, `UPDATE marked SET segment = ?, place = ?`, int64(done.Segment), done.Offset)
	return err
}

const selectMarked = `SELECT segment, place FROM marked`

func scanPlace(row *sql.Row) (p journal.Place, err error) {
	var segment int64
	err = row.Scan(&segment, &p.Offset)
	p.Segment = uint64(segment)
	return p, err
}

// replay has the marks pending that a daemon that ended left in the journal.
// One that cannot be read is lost to its conversation, which OnError is told.
func (s *Store) replay(dir string, from journal.Place) error {
	v, err := journal.LookFrom(dir, from)
	if err != nil {
		return err
	}
	return v.Oldest(kindMark, func(f journal.Found) error {
		data, err := v.Data(f)
		if err != nil {
			return s.damaged(v, f, err)
		}
		m := mark{place: f.End}
		if err := m.decode(data); err != nil {
			return s.damaged(v, f, err)
		}
		m.thread.At = time.UnixMicro(f.At).UTC()
		s.addMark(m)
		return nil
	})
}

// damaged tells OnError of an entry that cannot be read for its own damage, and
// gives any other error.
func (s *Store) damaged(v *journal.View, f journal.Found, err error) error {
	err = located(v, f, err)
	if kind(err) != ErrDamaged {
		return err
	}
	s.onError(wrap("reading a mark", err))
	return nil
}

// located says of an error where it is.
func located(v *journal.View, f journal.Found, err error) error {
	if errors.Is(err, errForm) {
		return fmt.Errorf("%s: %w", v.Where(f), err)
	}
	return err
}

func (m *mark) entry(id int64, then func(journal.Place)) journal.Entry {
	return journal.Entry{Kind: kindMark, ID: id, At: m.thread.At.UnixMicro(), Append: m.encode, Then: then}
}

func (m *mark) encode(b []byte) []byte {
	b = append(b, decisionVersion, byte(m.raise), byte(len(m.keys)))
	for i := range m.keys {
		b = append(b, m.keys[i][:]...)
	}
	b = appendText(b, m.thread.Label)
	b = binary.AppendVarint(b, int64(m.thread.Rank))
	b = binary.AppendVarint(b, micros(m.thread.Until))
	b = appendText(b, m.thread.Then)
	return binary.AppendVarint(b, int64(m.thread.ThenRank))
}

func (m *mark) decode(b []byte) error {
	d := decoder{b: b}
	if d.byte() != decisionVersion {
		return errForm
	}
	m.raise = Raise(d.byte())
	n := int(d.byte())
	if len(d.b) < n*len(markKey{}) {
		return errForm
	}
	for range n {
		m.keys = append(m.keys, markKey(d.b))
		d.b = d.b[len(markKey{}):]
	}
	m.thread.Label = d.text()
	m.thread.Rank = int(d.number())
	if until := d.number(); until != 0 {
		m.thread.Until = time.UnixMicro(until).UTC()
	}
	m.thread.Then = d.text()
	m.thread.ThenRank = int(d.number())
	return d.err
}

// micros is a time in microseconds, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}
