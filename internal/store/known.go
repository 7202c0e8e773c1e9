package store

import (
	"context"
	"encoding/binary"
	"sync"
)

// knownMarks says of a conversation whether it may have a mark, so that most
// look-ups need no database. It is a Bloom filter: it may say yes of one that
// has none. The keys are hashes already; eight bits of one line of the filter
// stand for each.
type knownMarks struct {
	mu    sync.RWMutex
	lines []line
	n     int  // keys added
	ready bool // all keys of the database are in
}

type line [8]uint64

const (
	keysPerLine = 32    // 16 bits a key: one in a thousand look-ups in vain
	fewestLines = 1_024 // 64 KiB
	mostLines   = 1 << 20
)

// room makes the filter empty, with room for so many keys.
func (k *knownMarks) room(keys int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lines = make([]line, min(max(2*keys/keysPerLine, fewestLines), mostLines))
	k.n, k.ready = 0, false
}

func (k *knownMarks) add(key markKey) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.n++
	l, bits := k.place(key)
	for i := range 8 {
		l[i] |= 1 << (bits >> (6 * i) & 63)
	}
}

// maybe reports whether one of some conversations may have a mark.
func (k *knownMarks) maybe(keys []markKey) bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	if !k.ready {
		return true
	}
	for _, key := range keys {
		l, bits := k.place(key)
		all := true
		for i := range 8 {
			all = all && l[i]&(1<<(bits>>(6*i)&63)) != 0
		}
		if all {
			return true
		}
	}
	return false
}

// place gives the line of a key, and the bits of its words.
func (k *knownMarks) place(key markKey) (*line, uint64) {
	n := binary.LittleEndian.Uint64(key[:]) % uint64(len(k.lines))
	return &k.lines[n], binary.LittleEndian.Uint64(key[8:])
}

// crowded reports that the filter has more keys than it has room for, or most
// of them may be gone from the database.
func (k *knownMarks) crowded() bool {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.n > keysPerLine*len(k.lines)
}

// learn fills the filter from the database. Marks are added all the while.
func (s *Store) learn(ctx context.Context) error {
	var n int
	if err := s.read.QueryRowContext(ctx, `SELECT count(*) FROM threads`).Scan(&n); err != nil {
		return wrap("reading threads", err)
	}
	s.known.room(n)
	if err := s.writeMarks(ctx); err != nil { // those added to the filter of before
		return err
	}
	rows, err := s.read.QueryContext(ctx, `SELECT id FROM threads`)
	if err != nil {
		return wrap("reading threads", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var key []byte
		if err := rows.Scan(&key); err != nil {
			return wrap("reading threads", err)
		}
		if len(key) == len(markKey{}) {
			s.known.add(markKey(key))
		}
	}
	if err := rows.Err(); err != nil {
		return wrap("reading threads", err)
	}
	s.known.mu.Lock()
	s.known.ready = true
	s.known.mu.Unlock()
	return nil
}
