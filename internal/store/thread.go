package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"errors"
	"strings"
	"time"
)

// Thread is the high-water mark of a conversation: the most sensitive label
// one of its messages had. Conversations are known by keyed hashes of
// Message-IDs alone; the key never leaves the database.
type Thread struct {
	Label string
	Rank  int
	At    time.Time
}

// MaxThreadIDs bounds how many Message-IDs of one message are looked at; the
// last ones of References are the nearest (RFC 5322 3.6.4).
const MaxThreadIDs = 32

// Thread gives the highest mark among the conversations of some Message-IDs;
// ok is false if none is known.
func (r *Reader) Thread(ctx context.Context, ids []string) (t Thread, ok bool, err error) {
	keys, err := r.threadKeys(ctx, ids)
	if err != nil || len(keys) == 0 {
		return Thread{}, false, err
	}
	q := `SELECT label, rank, at FROM threads WHERE id IN (?` + strings.Repeat(",?", len(keys)-1) + `) ORDER BY rank DESC LIMIT 1`
	var at int64
	err = r.read.QueryRowContext(ctx, q, keys...).Scan(&t.Label, &t.Rank, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return Thread{}, false, nil
	}
	t.At = time.UnixMicro(at).UTC()
	return t, err == nil, wrap("reading threads", err)
}

// threadKeys hashes Message-IDs with the store's key.
func (r *Reader) threadKeys(ctx context.Context, ids []string) ([]any, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	var secret []byte
	if err := r.read.QueryRowContext(ctx, `SELECT value FROM secrets WHERE name = 'thread'`).Scan(&secret); err != nil {
		return nil, wrap("reading the thread key", err)
	}
	return hashIDs(secret, ids), nil
}

func hashIDs(secret []byte, ids []string) []any {
	if len(ids) > MaxThreadIDs {
		ids = ids[len(ids)-MaxThreadIDs:]
	}
	var out []any
	seen := map[string]bool{}
	for _, id := range ids {
		id = strings.Trim(strings.TrimSpace(id), "<>")
		if id == "" || seen[id] {
			continue
		}
		seen[id] = true
		h := hmac.New(sha256.New, secret)
		h.Write([]byte(id))
		out = append(out, h.Sum(nil)[:16])
	}
	return out
}

// raiseThreads sets the mark of the conversations of some Message-IDs: up to a
// label, or down to it where a person was entitled to lower it.
func raiseThreads(ctx context.Context, w *writer, ids []string, t Thread, lower bool) error {
	if len(ids) == 0 || t.Label == "" {
		return nil
	}
	st, err := w.prepared(ctx, `SELECT value FROM secrets WHERE name = 'thread'`)
	if err != nil {
		return err
	}
	var secret []byte
	if err := st.QueryRowContext(ctx).Scan(&secret); err != nil {
		return err
	}
	q := `INSERT INTO threads (id, label, rank, at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
		SET label = excluded.label, rank = excluded.rank, at = excluded.at WHERE excluded.rank >= rank`
	if lower {
		q = `INSERT INTO threads (id, label, rank, at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE
			SET label = excluded.label, rank = excluded.rank, at = excluded.at`
	}
	for _, key := range hashIDs(secret, ids) {
		if _, err := w.exec(ctx, q, key, t.Label, t.Rank, t.At.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

// PruneThreads removes marks that were not touched since a time and gives how
// many.
func (s *Store) PruneThreads(ctx context.Context, before time.Time) (int, error) {
	return s.prune(ctx, `DELETE FROM threads WHERE id IN (SELECT id FROM threads WHERE at < ? LIMIT ?)`, before)
}
