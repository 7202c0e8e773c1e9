package store

import (
	"context"
	"time"
)

// FailureWindow is how long a fail-mode answer counts.
const FailureWindow = 24 * time.Hour

// Failure notes that the message with this digest met the fail mode and gives
// how often it did in the last FailureWindow, this time included.
func (s *Store) Failure(ctx context.Context, digest string) (int, error) {
	now := s.now()
	var n int
	err := s.do(ctx, 128, func(ctx context.Context, w *writer) error {
		if _, err := w.exec(ctx, `INSERT INTO failures (digest, at) VALUES (?, ?)`, cut(digest), now.UnixMicro()); err != nil {
			return err
		}
		st, err := w.prepared(ctx, `SELECT count(*) FROM failures WHERE digest = ? AND at > ?`)
		if err != nil {
			return err
		}
		return st.QueryRowContext(ctx, cut(digest), now.Add(-FailureWindow).UnixMicro()).Scan(&n)
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}
