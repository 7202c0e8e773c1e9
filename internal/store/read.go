package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Reader reads the database and never changes it, also while a daemon writes.
type Reader struct {
	read    *sql.DB
	threads *threadReader
	history *historyReader
}

// readBusy is how long a reader waits for a lock, which in write-ahead mode
// it meets only while the daemon starts or stops.
const readBusy = 5 * time.Second

// OpenReader opens the database in a state directory for reading. ErrMissing
// if there is none.
func OpenReader(ctx context.Context, dir string) (*Reader, error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, wrap("opening "+path, ErrMissing)
	}
	r, err := openReader(ctx, path, url.Values{"mode": {"ro"}})
	if err == nil {
		return r, nil
	}
	// A write-ahead log cannot be opened where its index can neither be read
	// nor made, as in a folder of another user. Without a log nobody writes.
	if _, serr := os.Stat(path + "-wal"); errors.Is(serr, fs.ErrNotExist) && (errors.Is(err, ErrIO) || errors.Is(err, ErrReadOnly)) {
		return openReader(ctx, path, url.Values{"mode": {"ro"}, "immutable": {"1"}})
	}
	return nil, err
}

func openReader(ctx context.Context, path string, q url.Values) (*Reader, error) {
	q.Add("_pragma", "query_only(1)")
	db, err := sql.Open("sqlite", dsn(path, readBusy, q))
	if err != nil {
		return nil, wrap("opening "+path, err)
	}
	db.SetMaxOpenConns(4)
	if err := checkVersion(ctx, db); err != nil {
		_ = db.Close()
		return nil, wrap("opening "+path, err)
	}
	return &Reader{read: db, threads: &threadReader{}, history: &historyReader{}}, nil
}

// Close closes the database.
func (r *Reader) Close() error { return wrap("closing", r.read.Close()) }

// MaxFound bounds what Find and Recent give.
const MaxFound = 1000

const selectRecord = `SELECT id, at, queue_id, message_id, session, sender_domain, recipients, size, direction, outcome,
	label, verdict, rule, fail, message, ruleset, result, answer, answer_detail, answered FROM records `

// Find gives the records with that queue id or Message-ID, newest first, at
// most limit. A Message-ID may be given with or without angle brackets.
func (r *Reader) Find(ctx context.Context, key string, limit int) ([]Record, error) {
	key = strings.TrimSpace(key)
	if key == "" {
		return nil, nil
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(key, "<"), ">")
	return r.query(ctx, selectRecord+`WHERE id IN (
		SELECT id FROM records WHERE queue_id = ? AND queue_id <> '' UNION
		SELECT id FROM records WHERE message_id IN (?, ?, ?) AND message_id <> '')
		ORDER BY id DESC LIMIT ?`, cut(key), cut(key), cut("<"+bare+">"), cut(bare), clamp(limit))
}

// Recent gives the last records, newest first, at most limit.
func (r *Reader) Recent(ctx context.Context, limit int) ([]Record, error) {
	return r.query(ctx, selectRecord+`ORDER BY id DESC LIMIT ?`, clamp(limit))
}

func clamp(n int) int { return max(0, min(n, MaxFound)) }

// Count gives the number of records.
func (r *Reader) Count(ctx context.Context) (int, error) {
	var n int
	err := r.read.QueryRowContext(ctx, `SELECT count(*) FROM records`).Scan(&n)
	return n, wrap("reading", err)
}

func (r *Reader) query(ctx context.Context, q string, args ...any) ([]Record, error) {
	rows, err := r.read.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, wrap("reading", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Record
	for rows.Next() {
		var x Record
		var at, answered int64
		var result, answer string
		if err := rows.Scan(&x.ID, &at, &x.QueueID, &x.MessageID, &x.Session, &x.SenderDomain, &x.Recipients, &x.Size, &x.Direction,
			&x.Outcome, &x.Label, &x.Verdict, &x.Rule, &x.Fail, &x.Message, &x.Ruleset, &result, &answer, &x.AnswerDetail, &answered); err != nil {
			return nil, wrap("reading", err)
		}
		x.At, x.Result, x.Answer = time.UnixMicro(at).UTC(), json.RawMessage(result), Answer(answer)
		if answered != 0 {
			x.Answered = time.UnixMicro(answered).UTC()
		}
		out = append(out, x)
	}
	return out, wrap("reading", rows.Err())
}
