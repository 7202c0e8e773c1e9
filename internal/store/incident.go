package store

import (
	"context"
	"strings"
	"time"
)

// Incident is what one rule opened about one message.
type Incident struct {
	ID        string // of the message: the same for all its rules, and when it is sent again
	Rule      string // "policy/rule"
	Severity  string // "low", "medium", "high" or ""
	Simulated bool   // the rule was in simulate-with-notice

	// Read back, of the record it was written with.
	Record     int64
	At         time.Time
	Sender     string // the domain
	Verdict    string
	QueueID    string
	MessageID  string
	Recipients int
}

// openIncidents writes the incidents of a record.
func openIncidents(ctx context.Context, w *writer, r Record, record int64) error {
	for _, x := range r.Incidents {
		if _, err := w.exec(ctx, `INSERT OR IGNORE INTO incidents (id, record, rule, severity, simulated, at, sender, verdict, queue_id, message_id, recipients)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, cut(x.ID), record, cut(x.Rule), cut(x.Severity), x.Simulated, r.At.UnixMicro(),
			cut(r.SenderDomain), cut(r.Verdict), cut(r.QueueID), cut(r.MessageID), r.Recipients); err != nil {
			return err
		}
	}
	return nil
}

// IncidentFilter chooses incidents; what is not set chooses all.
type IncidentFilter struct {
	ID       string // or its beginning
	Rule     string
	Severity string
	Since    time.Time
}

// Incidents gives incidents, the last first, at most limit.
func (r *Reader) Incidents(ctx context.Context, f IncidentFilter, limit int) ([]Incident, error) {
	q, args := `SELECT id, record, rule, severity, simulated, at, sender, verdict, queue_id, message_id, recipients FROM incidents WHERE 1 = 1`, []any{}
	for _, c := range []struct {
		where string
		value string
	}{{` AND rule = ?`, f.Rule}, {` AND severity = ?`, f.Severity}} {
		if c.value != "" {
			q, args = q+c.where, append(args, c.value)
		}
	}
	if f.ID != "" {
		q, args = q+` AND substr(id, 1, ?) = ?`, append(args, len(f.ID), strings.ToLower(f.ID))
	}
	if !f.Since.IsZero() {
		q, args = q+` AND at >= ?`, append(args, f.Since.UnixMicro())
	}
	rows, err := r.read.QueryContext(ctx, q+` ORDER BY at DESC, record DESC, rule LIMIT ?`, append(args, limit)...)
	if err != nil {
		return nil, wrap("reading incidents", err)
	}
	defer func() { _ = rows.Close() }()
	var out []Incident
	for rows.Next() {
		var x Incident
		var at int64
		if err := rows.Scan(&x.ID, &x.Record, &x.Rule, &x.Severity, &x.Simulated, &at, &x.Sender, &x.Verdict, &x.QueueID, &x.MessageID, &x.Recipients); err != nil {
			return nil, wrap("reading incidents", err)
		}
		x.At = time.UnixMicro(at).UTC()
		out = append(out, x)
	}
	return out, wrap("reading incidents", rows.Err())
}

// PruneIncidents removes incidents from before a time and gives how many.
func (s *Store) PruneIncidents(ctx context.Context, before time.Time) (int, error) {
	return s.prune(ctx, `DELETE FROM incidents WHERE (id, record, rule) IN (SELECT id, record, rule FROM incidents WHERE at < ? LIMIT ?)`, before)
}
