package store

import (
	"context"
	"time"
)

// Notice is mail of our own that waits to be sent, or was. Those with the same
// recipient and merge key may go out as one mail.
type Notice struct {
	ID        int64
	At        time.Time
	Due       time.Time
	Recipient string
	Merge     string // key of what may go together
	Template  string
	Subject   string
	Text      string
	Incident  string
	Tries     int
	Error     string // of the last try
}

const insertNotice = `INSERT INTO notices (at, due, recipient, merge_key, template, subject, body, incident) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`

// queue keeps the notices of a record.
func queue(ctx context.Context, w *writer, list []Notice, at time.Time) error {
	for _, n := range list {
		if _, err := w.exec(ctx, insertNotice, at.UnixMicro(), n.Due.UnixMicro(), cut(n.Recipient), cut(n.Merge), cut(n.Template), cut(n.Subject), n.Text, cut(n.Incident)); err != nil {
			return err
		}
	}
	return nil
}

// DueNotices gives notices that wait and are due, the oldest first, and all
// others that may go together with them.
func (r *Reader) DueNotices(ctx context.Context, now time.Time, limit int) ([]Notice, error) {
	rows, err := r.read.QueryContext(ctx, `SELECT id, at, due, recipient, merge_key, template, subject, body, incident, tries, error FROM notices
		WHERE state = 'queued' AND (due <= ? OR tries = 0 AND (recipient, merge_key) IN (SELECT recipient, merge_key FROM notices WHERE state = 'queued' AND due <= ?))
		ORDER BY id LIMIT ?`, now.UnixMicro(), now.UnixMicro(), clamp(limit))
	if err != nil {
		return nil, wrap("reading notices", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Notice
	for rows.Next() {
		var n Notice
		var at, due int64
		if err := rows.Scan(&n.ID, &at, &due, &n.Recipient, &n.Merge, &n.Template, &n.Subject, &n.Text, &n.Incident, &n.Tries, &n.Error); err != nil {
			return nil, wrap("reading notices", err)
		}
		n.At, n.Due = time.UnixMicro(at).UTC(), time.UnixMicro(due).UTC()
		out = append(out, n)
	}
	return out, wrap("reading notices", rows.Err())
}

// QueuedNotices counts the notices that wait.
func (r *Reader) QueuedNotices(ctx context.Context) (int, error) {
	var n int
	err := r.read.QueryRowContext(ctx, `SELECT count(*) FROM notices WHERE state = 'queued'`).Scan(&n)
	return n, wrap("reading notices", err)
}

// MailsSince counts the mails sent to a recipient since a time, and gives when
// the first of them was.
func (r *Reader) MailsSince(ctx context.Context, recipient string, since time.Time) (n int, first time.Time, err error) {
	var at int64
	err = r.read.QueryRowContext(ctx, `SELECT count(DISTINCT mail), coalesce(min(done), 0) FROM notices WHERE recipient = ? AND state = 'sent' AND done > ?`,
		cut(recipient), since.UnixMicro()).Scan(&n, &at)
	return n, time.UnixMicro(at).UTC(), wrap("reading notices", err)
}

// The ends of a notice.
const (
	NoticeSent   = "sent"
	NoticeFailed = "failed" // refused for good, or not to be had for too long
)

// EndNotices notes what became of notices that went, or did not go, as one
// mail.
func (s *Store) EndNotices(ctx context.Context, ids []int64, state, mail, detail string) error {
	at := s.now().UnixMicro()
	return s.do(ctx, 128, func(ctx context.Context, w *writer) error {
		for _, id := range ids {
			if _, err := w.exec(ctx, `UPDATE notices SET state = ?, mail = ?, error = ?, done = ?, tries = tries + 1 WHERE id = ?`, state, cut(mail), cut(detail), at, id); err != nil {
				return err
			}
		}
		return nil
	})
}

// DeferNotices puts notices off; tried says that sending failed.
func (s *Store) DeferNotices(ctx context.Context, ids []int64, due time.Time, tried bool, detail string) error {
	more := 0
	if tried {
		more = 1
	}
	return s.do(ctx, 128, func(ctx context.Context, w *writer) error {
		for _, id := range ids {
			if _, err := w.exec(ctx, `UPDATE notices SET due = ?, tries = tries + ?, error = ? WHERE id = ?`, due.UnixMicro(), more, cut(detail), id); err != nil {
				return err
			}
		}
		return nil
	})
}

// PruneNotices deletes notices that were done with before a time.
func (s *Store) PruneNotices(ctx context.Context, before time.Time) (int, error) {
	if _, err := s.prune(ctx, `DELETE FROM passes WHERE nonce IN (SELECT nonce FROM passes WHERE at < ? LIMIT ?)`, before); err != nil {
		return 0, err
	}
	return s.prune(ctx, `DELETE FROM notices WHERE id IN (SELECT id FROM notices WHERE state <> 'queued' AND done < ? LIMIT ?)`, before)
}

// NoticeKey is the key that mail of our own is signed with.
func (r *Reader) NoticeKey(ctx context.Context) ([]byte, error) {
	var key []byte
	err := r.read.QueryRowContext(ctx, `SELECT value FROM secrets WHERE name = 'notice'`).Scan(&key)
	return key, wrap("reading the notice key", err)
}

// Pass notes that mail of our own came by with this nonce; false if it did
// before.
func (s *Store) Pass(ctx context.Context, nonce string) (first bool, err error) {
	at := s.now().UnixMicro()
	err = s.do(ctx, 64, func(ctx context.Context, w *writer) error {
		res, err := w.exec(ctx, `INSERT OR IGNORE INTO passes (nonce, at) VALUES (?, ?)`, cut(nonce), at)
		if err != nil {
			return err
		}
		n, err := res.RowsAffected()
		first = n == 1
		return err
	})
	return first, err
}
