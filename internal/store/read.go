package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/journal"
)

// Reader reads the database and never changes it, also while a daemon writes.
type Reader struct {
	dir     string // of the journal
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
	return &Reader{dir: filepath.Join(filepath.Dir(path), DecisionsDir), read: db, threads: &threadReader{}, history: &historyReader{}}, nil
}

// Close closes the database.
func (r *Reader) Close() error { return wrap("closing", r.read.Close()) }

// MaxFound bounds what Find and Recent give.
const MaxFound = 1000

const selectRecord = `SELECT id, at, queue_id, message_id, session, sender_domain, recipients, size, direction, outcome,
	label, verdict, rule, fail, message, ruleset, result, answer, answer_detail, answered FROM records `

// Find and Recent give with an error that is ErrDamaged all records that can be
// read.

// Find gives the records with that queue id or Message-ID, newest first, at
// most limit. A Message-ID may be given with or without angle brackets.
func (r *Reader) Find(ctx context.Context, key string, limit int) ([]Record, error) {
	key = strings.TrimSpace(key)
	if key == "" {
		return nil, nil
	}
	bare := strings.TrimSuffix(strings.TrimPrefix(key, "<"), ">")
	rows, err := r.query(ctx, selectRecord+`WHERE id IN (
		SELECT id FROM records WHERE queue_id = ? AND queue_id <> '' UNION
		SELECT id FROM records WHERE message_id IN (?, ?, ?) AND message_id <> '')
		ORDER BY id DESC LIMIT ?`, cut(key), cut(key), cut("<"+bare+">"), cut(bare), clamp(limit))
	if err != nil {
		return nil, err
	}
	found, err := r.journaled(ctx, []uint64{queueKey(key), messageKey(bare)}, func(x *Record) bool {
		return x.QueueID == clean(key) || slices.Contains([]string{clean(key), clean("<" + bare + ">"), clean(bare)}, x.MessageID)
	}, clamp(limit))
	return newest(rows, found, clamp(limit)), err
}

// Recent gives the last records, newest first, at most limit.
func (r *Reader) Recent(ctx context.Context, limit int) ([]Record, error) {
	rows, err := r.query(ctx, selectRecord+`ORDER BY id DESC LIMIT ?`, clamp(limit))
	if err != nil {
		return nil, err
	}
	found, err := r.journaled(ctx, nil, func(*Record) bool { return true }, clamp(limit))
	return newest(rows, found, clamp(limit)), err
}

// newest puts records of both kinds together.
func newest(a, b []Record, limit int) []Record {
	a = append(a, b...)
	slices.SortStableFunc(a, func(x, y Record) int { return cmp.Compare(y.ID, x.ID) })
	return a[:min(limit, len(a))]
}

// journaled gives the last records of the journal with one of some keys, nil
// for all, that are wanted.
func (r *Reader) journaled(ctx context.Context, keys []uint64, want func(*Record) bool, limit int) ([]Record, error) {
	v, err := journal.Look(r.dir)
	if err != nil {
		return nil, wrap("reading decisions", err)
	}
	var out []Record
	var lost []error
	unread := func(f journal.Found, err error) error { // nil to go on
		switch err = located(v, f, err); {
		case errors.Is(err, fs.ErrNotExist): // deleted meanwhile
			return nil
		case kind(err) == ErrDamaged:
			lost = append(lost, err)
			return nil
		}
		return err
	}
	more := func(f journal.Found) (bool, error) {
		data, err := v.Data(f)
		x := Record{ID: f.ID, At: time.UnixMicro(f.At).UTC(), Answer: Pending}
		if err == nil {
			err = x.decode(data)
		}
		if err != nil {
			err = unread(f, err)
			return err == nil, err
		}
		if !want(&x) {
			return true, nil
		}
		if a, ok, err := v.After(f, kindAnswer); err != nil {
			return false, err
		} else if ok {
			if data, err = v.Data(a); err == nil {
				err = x.answered(a.At, data)
			}
			if err != nil {
				if err = unread(a, err); err != nil {
					return false, err
				}
			}
		}
		out = append(out, x)
		return len(out) < limit, ctx.Err()
	}
	if limit == 0 {
		return nil, nil
	}
	if keys == nil {
		err = v.Newest(kindDecision, more)
	} else {
		err = v.ByKey(kindDecision, keys, more)
	}
	if err == nil && (keys == nil || len(out) == 0) {
		lost = append(lost, v.Lost()...) // what is looked for may have been there
	}
	return out, wrap("reading decisions", cmp.Or(err, errors.Join(lost...)))
}

func clamp(n int) int { return max(0, min(n, MaxFound)) }

// Count gives the number of records.
func (r *Reader) Count(ctx context.Context) (int, error) {
	var n int
	if err := r.read.QueryRowContext(ctx, `SELECT count(*) FROM records`).Scan(&n); err != nil {
		return 0, wrap("reading", err)
	}
	v, err := journal.Look(r.dir)
	if err != nil {
		return 0, wrap("reading decisions", err)
	}
	more, err := v.Count(kindDecision)
	return n + more, wrap("reading decisions", err)
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
