package store

import (
	"context"
	"time"
)

// pruneBatch bounds how long one deletion keeps others waiting.
const pruneBatch = 500

// Prune deletes records from before the given time, and failures that count no
// longer, in small transactions between which others write. Of the journal go
// whole segments, so that some records stay for up to an hour more. It gives
// the number of records deleted.
func (s *Store) Prune(ctx context.Context, before time.Time) (int, error) {
	if _, err := s.prune(ctx, `DELETE FROM failures WHERE rowid IN (SELECT rowid FROM failures WHERE at < ? ORDER BY at LIMIT ?)`,
		s.now().Add(-FailureWindow)); err != nil {
		return 0, err
	}
	rows, err := s.prune(ctx, `DELETE FROM records WHERE id IN (SELECT id FROM records WHERE at < ? ORDER BY at LIMIT ?)`, before)
	if err != nil {
		return rows, err
	}
	// What marks are in the journal alone must not go with it.
	if err := s.writeMarks(ctx); err != nil {
		return rows, err
	}
	n, err := s.log.Prune(before, kindDecision)
	return rows + n, wrap("deleting decisions", err)
}

func (s *Store) prune(ctx context.Context, query string, before time.Time) (int, error) {
	total := 0
	for {
		var n int64
		err := s.do(ctx, 1<<20, func(ctx context.Context, w *writer) error {
			res, err := w.exec(ctx, query, before.UnixMicro(), pruneBatch)
			if err != nil {
				return err
			}
			n, err = res.RowsAffected()
			return err
		})
		if err != nil {
			return total, err
		}
		total += int(n)
		if n < pruneBatch {
			return total, nil
		}
	}
}
