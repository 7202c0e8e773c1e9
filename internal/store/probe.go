package store

import (
	"context"
	"sync"
	"time"

	"labelmilter/internal/journal"
)

// probeEvery bounds how often a check really writes.
const probeEvery = 2 * time.Second

// probe is the last check.
type probe struct {
	mu  sync.Mutex
	at  time.Time
	err error
	did bool
}

// Check reports whether database and journal can be written, by writing. The
// answer may be two seconds old.
func (s *Store) Check(ctx context.Context) error {
	s.probe.mu.Lock()
	defer s.probe.mu.Unlock()
	now := s.now()
	if age := now.Sub(s.probe.at); s.probe.did && age >= 0 && age < probeEvery {
		return s.probe.err
	}
	err := s.do(ctx, 64, func(ctx context.Context, w *writer) error {
		_, err := w.exec(ctx, `INSERT INTO probe (id, at) VALUES (1, ?) ON CONFLICT (id) DO UPDATE SET at = excluded.at`, now.UnixMicro())
		return err
	})
	if err == nil {
		probe := journal.Entry{Kind: kindProbe, At: now.UnixMicro(), Append: func(b []byte) []byte { return b }}
		err = wrap("writing", s.log.Write(ctx, probe))
	}
	if ctx.Err() != nil {
		return err // says nothing about the database for others
	}
	s.probe.at, s.probe.err, s.probe.did = now, err, true
	return err
}
