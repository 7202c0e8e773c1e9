package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"strings"
	"time"
)

// ErrSpent: the token is not there, was used before or has expired. Nothing
// was written.
var ErrSpent = errors.New("the override token is spent")

// Offer is a token that a refusal holds out. Of the token only Hash is kept.
type Offer struct {
	Hash     []byte
	ID       string
	Grant    string // JSON, keyed with the token
	Expires  time.Time
	Rule     string   // that refused
	Rules    []string // that the token lifts
	Sender   string
	Incident string
}

// Spend is the use of a token.
type Spend struct {
	Hash          []byte
	Kind          string
	Justification string
	Rules         []string // that were lifted
}

// Override is a token with what became of it.
type Override struct {
	ID       string
	Grant    string
	At       time.Time // when it was offered
	Expires  time.Time
	Rule     string
	Rules    []string // that it lifts; of a used one, that it lifted
	Sender   string
	Incident string // of the refused message
	Refused  Mail   // the message that was refused

	Used          time.Time // zero if it was not
	Kind          string
	Justification string
	Passed        Mail // the message that passed
}

// Mail names a message.
type Mail struct {
	QueueID    string
	MessageID  string
	Recipients int
}

const insertOffer = `INSERT INTO overrides (hash, id, grant_data, at, expires, rule, rules, sender, incident, queue_id, message_id, recipients)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// offer keeps a token with the record of the refusal.
func (o *Offer) write(ctx context.Context, w *writer, r Record) error {
	if o == nil {
		return nil
	}
	rules, err := json.Marshal(o.Rules)
	if err != nil {
		return err
	}
	_, err = w.exec(ctx, insertOffer, o.Hash, o.ID, o.Grant, r.At.UnixMicro(), o.Expires.UnixMicro(), cut(o.Rule), string(rules), cut(o.Sender),
		cut(o.Incident), cut(r.QueueID), cut(r.MessageID), r.Recipients)
	return err
}

const updateSpent = `UPDATE overrides SET used = ?, kind = ?, justification = ?, rules = ?, used_queue_id = ?, used_message_id = ?, used_recipients = ?
	WHERE hash = ? AND used = 0 AND expires > ?`

// write uses a token up; ok is false if it is spent.
func (s *Spend) write(ctx context.Context, w *writer, r Record) (ok bool, err error) {
	rules, err := json.Marshal(s.Rules)
	if err != nil {
		return false, err
	}
	at := r.At.UnixMicro()
	res, err := w.exec(ctx, updateSpent, at, cut(s.Kind), cut(s.Justification), string(rules), cut(r.QueueID), cut(r.MessageID), r.Recipients, s.Hash, at)
	if err != nil {
		return false, err
	}
	n, err := res.RowsAffected()
	return n == 1, err
}

// release gives back the token that a record used: its answer never reached
// the MTA, so nothing passed.
func release(ctx context.Context, w *writer, record int64) error {
	_, err := w.exec(ctx, `UPDATE overrides SET used = 0, kind = '', justification = '', used_record = 0, used_queue_id = '', used_message_id = '', used_recipients = 0
		WHERE used_record = ? AND used_record <> 0`, record)
	return err
}

const selectOverride = `SELECT id, grant_data, at, expires, rule, rules, sender, incident, queue_id, message_id, recipients,
	used, kind, justification, used_queue_id, used_message_id, used_recipients FROM overrides `

// Override gives a token by its hash.
func (r *Reader) Override(ctx context.Context, hash []byte) (o Override, ok bool, err error) {
	list, err := r.overrides(ctx, selectOverride+`WHERE hash = ?`, hash)
	if err != nil || len(list) == 0 {
		return Override{}, false, err
	}
	return list[0], true, nil
}

// OverrideFilter chooses overrides.
type OverrideFilter struct {
	ID     string    // beginning of the id
	Kind   string    // of used ones
	Rule   string    // "policy/rule" or "pack/policy/rule" among the rules
	Sender string    // any case
	Since  time.Time // used, or offered if it was not
	Unused bool      // tokens that were not used too
}

// Overrides gives tokens, the last first, at most limit.
func (r *Reader) Overrides(ctx context.Context, f OverrideFilter, limit int) ([]Override, error) {
	q, args := selectOverride+`WHERE max(at, used) >= ?`, []any{int64(0)}
	if !f.Since.IsZero() {
		args[0] = f.Since.UnixMicro()
	}
	if !f.Unused && f.ID == "" {
		q += ` AND used <> 0`
	}
	if f.ID != "" {
		q += ` AND substr(id, 1, length(?)) = ?`
		id := strings.ToLower(f.ID)
		args = append(args, id, id)
	}
	if f.Kind != "" {
		q, args = q+` AND kind = ?`, append(args, f.Kind)
	}
	if f.Sender != "" {
		q, args = q+` AND lower(sender) = lower(?)`, append(args, f.Sender)
	}
	if f.Rule != "" {
		q += ` AND EXISTS (SELECT 1 FROM json_each(rules) WHERE value = ? OR substr(value, -length(?)) = ?)`
		args = append(args, f.Rule, "/"+f.Rule, "/"+f.Rule)
	}
	return r.overrides(ctx, q+` ORDER BY max(at, used) DESC, id LIMIT ?`, append(args, clamp(limit))...)
}

func (r *Reader) overrides(ctx context.Context, q string, args ...any) ([]Override, error) {
	rows, err := r.read.QueryContext(ctx, q, args...)
	if err != nil {
		return nil, wrap("reading overrides", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Override
	for rows.Next() {
		var o Override
		var at, expires, used int64
		var rules string
		if err := rows.Scan(&o.ID, &o.Grant, &at, &expires, &o.Rule, &rules, &o.Sender, &o.Incident, &o.Refused.QueueID, &o.Refused.MessageID,
			&o.Refused.Recipients, &used, &o.Kind, &o.Justification, &o.Passed.QueueID, &o.Passed.MessageID, &o.Passed.Recipients); err != nil {
			return nil, wrap("reading overrides", err)
		}
		if err := json.Unmarshal([]byte(rules), &o.Rules); err != nil {
			return nil, wrap("reading overrides", err)
		}
		o.At, o.Expires = time.UnixMicro(at).UTC(), time.UnixMicro(expires).UTC()
		if used != 0 {
			o.Used = time.UnixMicro(used).UTC()
		}
		out = append(out, o)
	}
	if err := rows.Err(); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return nil, wrap("reading overrides", err)
	}
	return out, nil
}

// PruneOverrides deletes tokens that were used before a time, and those that
// expired unused before another; of tokens used before that it forgets what
// they were bound to. It gives the number of tokens deleted.
func (s *Store) PruneOverrides(ctx context.Context, used, unused time.Time) (int, error) {
	gone, err := s.prune(ctx, `DELETE FROM overrides WHERE hash IN (SELECT hash FROM overrides WHERE used = 0 AND expires < ? LIMIT ?)`, unused)
	if err != nil {
		return gone, err
	}
	if _, err := s.prune(ctx, `UPDATE overrides SET grant_data = '{}' WHERE hash IN
		(SELECT hash FROM overrides WHERE used <> 0 AND used < ? AND grant_data <> '{}' LIMIT ?)`, unused); err != nil {
		return gone, err
	}
	n, err := s.prune(ctx, `DELETE FROM overrides WHERE hash IN (SELECT hash FROM overrides WHERE used <> 0 AND used < ? LIMIT ?)`, used)
	return gone + n, err
}
