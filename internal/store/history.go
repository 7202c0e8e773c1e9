package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"strings"
	"sync"
	"time"
)

// Delivery is a message that was let through, for what is remembered of
// senders. Addresses are kept as keyed hashes alone; the key never leaves the
// database.
type Delivery struct {
	Sender     string
	Recipients []string
	Bytes      int64
	Thread     []string // Message-IDs of the message and of those before it
}

// MaxRemembered bounds how many recipients of one message are remembered.
const MaxRemembered = 1_000

// SentWithin is what a sender sent within a time.
type SentWithin struct{ Messages, Recipients, Bytes int64 }

// historyReader keeps the key that look-ups use again.
type historyReader struct {
	mu     sync.Mutex
	secret []byte
}

func (r *historyReader) key(ctx context.Context, db *sql.DB) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.secret == nil {
		if err := db.QueryRowContext(ctx, historyKey).Scan(&r.secret); err != nil {
			return nil, err
		}
	}
	return r.secret, nil
}

const historyKey = `SELECT value FROM secrets WHERE name = 'history'`

// hashed is the keyed hash of something with its kind.
func hashed(secret []byte, kind string, parts ...string) []byte {
	h := hmac.New(sha256.New, secret)
	h.Write([]byte(kind))
	for _, p := range parts {
		h.Write([]byte{0})
		h.Write([]byte(strings.ToLower(p)))
	}
	return h.Sum(nil)[:16]
}

func minute(t time.Time) int64 { return t.Unix() / 60 }

// SentSince gives what a sender sent since each of some times, whole minutes.
func (r *Reader) SentSince(ctx context.Context, sender string, since []time.Time) ([]SentWithin, error) {
	secret, err := r.history.key(ctx, r.read)
	if err != nil {
		return nil, wrap("reading the history key", err)
	}
	out := make([]SentWithin, len(since))
	for i, t := range since {
		err := r.read.QueryRowContext(ctx, `SELECT coalesce(sum(messages), 0), coalesce(sum(recipients), 0), coalesce(sum(bytes), 0)
			FROM sent WHERE sender = ? AND minute >= ?`, hashed(secret, "sender", sender), minute(t)).Scan(&out[i].Messages, &out[i].Recipients, &out[i].Bytes)
		if err != nil {
			return nil, wrap("reading what a sender sent", err)
		}
	}
	return out, nil
}

// Wrote reports of each recipient whether the sender wrote to it before.
func (r *Reader) Wrote(ctx context.Context, sender string, recipients []string) ([]bool, error) {
	secret, err := r.history.key(ctx, r.read)
	if err != nil {
		return nil, wrap("reading the history key", err)
	}
	out := make([]bool, len(recipients))
	for i, rc := range recipients {
		var n int
		if err := r.read.QueryRowContext(ctx, `SELECT count(*) FROM contacts WHERE pair = ?`, hashed(secret, "pair", sender, rc)).Scan(&n); err != nil {
			return nil, wrap("reading whom a sender wrote to", err)
		}
		out[i] = n > 0
	}
	return out, nil
}

// MostRecipients gives the most recipients that a message of the conversation
// of some Message-IDs had; ok is false if none is known.
func (r *Reader) MostRecipients(ctx context.Context, ids []string) (n int, ok bool, err error) {
	secret, err := r.history.key(ctx, r.read)
	if err != nil {
		return 0, false, wrap("reading the history key", err)
	}
	for _, id := range conversation(ids) {
		var x int
		switch err := r.read.QueryRowContext(ctx, `SELECT recipients FROM conversations WHERE id = ?`, hashed(secret, "thread", id)).Scan(&x); err {
		case nil:
			n, ok = max(n, x), true
		case sql.ErrNoRows:
		default:
			return 0, false, wrap("reading conversations", err)
		}
	}
	return n, ok, nil
}

// conversation bounds Message-IDs and writes them alike.
func conversation(ids []string) []string {
	if len(ids) > MaxThreadIDs {
		ids = ids[len(ids)-MaxThreadIDs:]
	}
	var out []string
	for _, id := range ids {
		if id = strings.Trim(strings.TrimSpace(id), "<>"); id != "" {
			out = append(out, id)
		}
	}
	return out
}

// remember writes what is remembered of a message.
func remember(ctx context.Context, w *writer, s *Delivery, at time.Time) error {
	if s == nil || s.Sender == "" {
		return nil
	}
	if w.history == nil {
		st, err := w.prepared(ctx, historyKey)
		if err != nil {
			return err
		}
		if err := st.QueryRowContext(ctx).Scan(&w.history); err != nil {
			return err
		}
	}
	if _, err := w.exec(ctx, `INSERT INTO sent (sender, minute, messages, recipients, bytes) VALUES (?, ?, 1, ?, ?) ON CONFLICT (sender, minute)
		DO UPDATE SET messages = messages + 1, recipients = recipients + excluded.recipients, bytes = bytes + excluded.bytes`,
		hashed(w.history, "sender", s.Sender), minute(at), len(s.Recipients), s.Bytes); err != nil {
		return err
	}
	for i, rc := range s.Recipients {
		if i == MaxRemembered {
			break
		}
		if _, err := w.exec(ctx, `INSERT INTO contacts (pair, at) VALUES (?, ?) ON CONFLICT (pair) DO UPDATE SET at = excluded.at`,
			hashed(w.history, "pair", s.Sender, rc), at.UnixMicro()); err != nil {
			return err
		}
	}
	for _, id := range conversation(s.Thread) {
		if _, err := w.exec(ctx, `INSERT INTO conversations (id, recipients, at) VALUES (?, ?, ?) ON CONFLICT (id)
			DO UPDATE SET recipients = max(recipients, excluded.recipients), at = excluded.at`,
			hashed(w.history, "thread", id), len(s.Recipients), at.UnixMicro()); err != nil {
			return err
		}
	}
	return nil
}

// sentFor is how long counts are kept: the longest window and a day.
const sentFor = 8 * 24 * time.Hour

// PruneHistory removes whom senders wrote to and conversations that were not
// touched since a time, and counts that no window reaches.
func (s *Store) PruneHistory(ctx context.Context, before time.Time) (int, error) {
	n, err := s.prune(ctx, `DELETE FROM contacts WHERE pair IN (SELECT pair FROM contacts WHERE at < ? LIMIT ?)`, before)
	if err != nil {
		return n, err
	}
	m, err := s.prune(ctx, `DELETE FROM conversations WHERE id IN (SELECT id FROM conversations WHERE at < ? LIMIT ?)`, before)
	if n += m; err != nil {
		return n, err
	}
	m, err = s.prune(ctx, `DELETE FROM sent WHERE (sender, minute) IN (SELECT sender, minute FROM sent WHERE minute < ? / 60000000 LIMIT ?)`, s.now().Add(-sentFor))
	return n + m, err
}
