package store

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"database/sql"
	"hash"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Thread is the high-water mark of a conversation: the most sensitive label
// one of its messages had. Conversations are known by keyed hashes of
// Message-IDs alone; the key never leaves the database.
type Thread struct {
	Label string
	Rank  int
	At    time.Time
	// Until is when the label falls to Then, the zero time for never.
	Until    time.Time
	Then     string
	ThenRank int
}

// at is the mark at a moment: after Until it is what it falls to.
func (t Thread) at(now time.Time) Thread {
	if t.Until.IsZero() || now.Before(t.Until) {
		return t
	}
	return Thread{Label: t.Then, Rank: t.ThenRank, At: t.At}
}

// MaxThreadIDs bounds how many Message-IDs of one message are looked at; the
// last ones of References are the nearest (RFC 5322 3.6.4).
const MaxThreadIDs = 32

// Thread gives the highest mark that the conversations of some Message-IDs
// have at a moment; ok is false if none is known.
func (r *Reader) Thread(ctx context.Context, ids []string, now time.Time) (t Thread, ok bool, err error) {
	if err := ctx.Err(); err != nil || len(ids) == 0 {
		return Thread{}, false, err
	}
	// A read meets no lock in write-ahead mode and cannot be cut off while it
	// waits for the disk; to be ready for that costs more than the read.
	ctx = context.WithoutCancel(ctx)
	secret, err := r.threads.key(ctx, r.read)
	if err != nil {
		return Thread{}, false, wrap("reading the thread key", err)
	}
	return r.thread(ctx, newHasher(secret).threads(ids), now)
}

func (r *Reader) thread(ctx context.Context, of []markKey, now time.Time) (t Thread, ok bool, err error) {
	if len(of) == 0 {
		return Thread{}, false, nil
	}
	keys := make([]any, len(of))
	for i := range of {
		keys[i] = of[i][:]
	}
	st, keys, err := r.threads.statement(ctx, r.read, keys)
	if err != nil {
		return Thread{}, false, wrap("reading threads", err)
	}
	rows, err := st.QueryContext(ctx, keys...)
	if err != nil {
		return Thread{}, false, wrap("reading threads", err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var x Thread
		var at, until int64
		if err := rows.Scan(&x.Label, &x.Rank, &at, &until, &x.Then, &x.ThenRank); err != nil {
			return Thread{}, false, wrap("reading threads", err)
		}
		x.At = time.UnixMicro(at).UTC()
		if until != 0 {
			x.Until = time.UnixMicro(until).UTC()
		}
		if x = x.at(now); x.Label != "" && (!ok || x.Rank > t.Rank) {
			t, ok = x, true
		}
	}
	return t, ok, wrap("reading threads", rows.Err())
}

// threadReader keeps what look-ups of conversations use again.
type threadReader struct {
	mu     sync.Mutex
	secret []byte
	st     map[int]*sql.Stmt // by number of keys, a power of two
}

// key gives the store's key, which never changes.
func (r *threadReader) key(ctx context.Context, db *sql.DB) ([]byte, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.secret == nil {
		if err := db.QueryRowContext(ctx, `SELECT value FROM secrets WHERE name = 'thread'`).Scan(&r.secret); err != nil {
			return nil, err
		}
	}
	return r.secret, nil
}

// statement gives the look-up of so many keys, and the keys to ask it for: the
// last one is repeated up to a power of two.
func (r *threadReader) statement(ctx context.Context, db *sql.DB, keys []any) (*sql.Stmt, []any, error) {
	for len(keys)&(len(keys)-1) != 0 {
		keys = append(keys, keys[len(keys)-1])
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if st, ok := r.st[len(keys)]; ok {
		return st, keys, nil
	}
	st, err := db.PrepareContext(ctx, `SELECT label, rank, at, until, then_label, then_rank FROM threads WHERE id IN (?`+strings.Repeat(",?", len(keys)-1)+`)`)
	if err == nil {
		if r.st == nil {
			r.st = map[int]*sql.Stmt{}
		}
		r.st[len(keys)] = st
	}
	return st, keys, err
}

// hasher makes keyed hashes with one key.
type hasher struct{ pool sync.Pool }

func newHasher(secret []byte) *hasher {
	return &hasher{pool: sync.Pool{New: func() any { return hmac.New(sha256.New, secret) }}}
}

// threads gives the keys of the conversations of some Message-IDs.
func (h *hasher) threads(ids []string) []markKey {
	if len(ids) > MaxThreadIDs {
		ids = ids[len(ids)-MaxThreadIDs:]
	}
	if len(ids) == 0 {
		return nil
	}
	mac := h.pool.Get().(hash.Hash)
	defer h.pool.Put(mac)
	out := make([]markKey, 0, len(ids))
	var buf [sha256.Size]byte
	for _, id := range ids {
		id = strings.Trim(strings.TrimSpace(id), "<>")
		if id == "" {
			continue
		}
		mac.Reset()
		_, _ = io.WriteString(mac, id)
		if key := markKey(mac.Sum(buf[:0])); !slices.Contains(out, key) {
			out = append(out, key)
		}
	}
	return out
}

// Raise says how a mark joins one that is there.
type Raise uint8

// The ways.
const (
	// RaiseUp keeps the higher of the two.
	RaiseUp Raise = iota
	// RaiseNew marks only conversations that have no mark: of mail by senders
	// who are not known to take part in one.
	RaiseNew
	// RaiseSet sets the mark, also down: a person was entitled to lower it.
	RaiseSet
)

// What a mark is when another joins it: what it fell to, if it did.
const (
	fallen   = `(until <> 0 AND until <= excluded.at)`
	oldRank  = `(CASE WHEN ` + fallen + ` THEN then_rank ELSE rank END)`
	oldLabel = `(CASE WHEN ` + fallen + ` THEN then_label ELSE label END)`
	oldUntil = `(CASE WHEN ` + fallen + ` THEN 0 ELSE until END)`
)

// The mark of two with the same rank falls only if both fall, at the later
// time; a higher one falls at most to what was there before it.
const raiseUp = ` ON CONFLICT (id) DO UPDATE SET label = excluded.label, rank = excluded.rank, at = excluded.at,
	until = CASE WHEN excluded.until = 0 OR excluded.rank = ` + oldRank + ` AND ` + oldUntil + ` = 0 THEN 0
		WHEN excluded.rank = ` + oldRank + ` THEN max(until, excluded.until) ELSE excluded.until END,
	then_rank = CASE WHEN excluded.rank > ` + oldRank + ` THEN max(excluded.then_rank, ` + oldRank + `) ELSE max(excluded.then_rank, then_rank) END,
	then_label = CASE WHEN excluded.rank > ` + oldRank + ` AND ` + oldRank + ` > excluded.then_rank THEN ` + oldLabel + `
		WHEN excluded.rank = ` + oldRank + ` AND then_rank > excluded.then_rank THEN then_label ELSE excluded.then_label END
	WHERE excluded.rank >= ` + oldRank

const raiseSet = ` ON CONFLICT (id) DO UPDATE SET label = excluded.label, rank = excluded.rank, at = excluded.at,
	until = excluded.until, then_rank = excluded.then_rank, then_label = excluded.then_label`

// raiseKeys sets the mark of some conversations.
func raiseKeys(ctx context.Context, w *writer, keys []markKey, t Thread, how Raise) error {
	if len(keys) == 0 || t.Label == "" {
		return nil
	}
	q := `INSERT INTO threads (id, label, rank, at, until, then_label, then_rank) VALUES (?, ?, ?, ?, ?, ?, ?)`
	switch how {
	case RaiseNew:
		q += ` ON CONFLICT (id) DO NOTHING`
	case RaiseSet:
		q += raiseSet
	default:
		q += raiseUp
	}
	for i := range keys {
		if _, err := w.exec(ctx, q, keys[i][:], t.Label, t.Rank, t.At.UnixMicro(), micros(t.Until), t.Then, t.ThenRank); err != nil {
			return err
		}
	}
	return nil
}

// Thread gives the highest mark that the conversations of some Message-IDs
// have at a moment; ok is false if none is known.
func (s *Store) Thread(ctx context.Context, ids []string, now time.Time) (t Thread, ok bool, err error) {
	if err := ctx.Err(); err != nil {
		return Thread{}, false, err
	}
	keys := s.hash.threads(ids)
	if !s.known.maybe(keys) {
		return Thread{}, false, nil
	}
	if s.pending.holds(keys) {
		if err := s.writeMarks(ctx); err != nil {
			return Thread{}, false, err
		}
	}
	return s.thread(context.WithoutCancel(ctx), keys, now)
}

// PruneThreads removes marks that were not touched since a time and gives how
// many.
func (s *Store) PruneThreads(ctx context.Context, before time.Time) (int, error) {
	n, err := s.prune(ctx, `DELETE FROM threads WHERE id IN (SELECT id FROM threads WHERE at < ? LIMIT ?)`, before)
	if err == nil && s.known.crowded() {
		err = s.learn(ctx)
	}
	return n, err
}
