package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"labelmilter/internal/failpoint"
	"labelmilter/internal/journal"
)

// Answer says what became of the reply that a record stands for.
type Answer string

// The states of an answer.
const (
	Pending Answer = "pending" // the record was written, the reply not yet sent (or the daemon died between)
	Sent    Answer = "sent"    // the MTA has the whole reply; what it did with it is in its log
	Unsent  Answer = "unsent"  // the MTA got a tempfail or nothing
)

// Record is one decision.
type Record struct {
	ID           int64 // given by Append
	At           time.Time
	QueueID      string // the MTA's, "" if it gave none; short ids of Postfix are used again
	MessageID    string // as in the header field
	Session      string
	SenderDomain string
	Recipients   int
	Size         int64 // bytes
	Direction    string
	Outcome      string
	Label        string // id, "" if none
	Verdict      string
	Rule         string // that won, "policy/rule"
	Fail         string // why the fail mode answered, "" if it did not
	Message      string // digest
	Ruleset      string // digest
	Result       json.RawMessage

	// Thread are the Message-IDs of the conversation, whose mark joins Label
	// and Rank with the record, as Raise says; from Until on it is Then. Not
	// read back.
	Thread   []string
	Rank     int
	Raise    Raise
	Until    time.Time
	Then     string
	ThenRank int

	// Sent is what is remembered of the message, nil for nothing. Not read
	// back.
	Sent  *Delivery
	Offer *Offer // token given out with it; not read back
	Spend *Spend // token it uses up; not read back
	// Notices are kept with it until they are sent. Not read back.
	Notices []Notice

	// Incidents are what rules opened about the message. Not read back.
	Incidents []Incident

	Answer       Answer    // set by Outcome
	AnswerDetail string    // why it was not sent
	Answered     time.Time // zero while pending
}

// Limits of a record in bytes. RFC 5322 2.1.1 allows lines of 998 octets.
const (
	maxText   = 998
	maxResult = 64 << 20
)

// cut bounds a text column. Ids are looked up with the same cut.
func cut(s string) string {
	if len(s) > maxText {
		return s[:maxText]
	}
	return s
}

const insertRecord = `INSERT INTO records (id, at, queue_id, message_id, session, sender_domain, recipients, size,
	direction, outcome, label, verdict, rule, fail, message, ruleset, result)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

// Append writes a record and gives its id when it is durable. The token it
// uses up is used up with it, or nothing is written and the error is ErrSpent. ID and the
// Answer fields of r are not used; a zero At is now.
func (s *Store) Append(ctx context.Context, r Record) (int64, error) {
	if err := failpoint.Err(failpoint.Append); err != nil {
		return 0, wrap("writing", err)
	}
	if len(r.Result) > maxResult {
		return 0, wrap("writing", ErrTooLarge)
	}
	if r.At.IsZero() {
		r.At = s.now()
	}
	t := Thread{Label: cut(r.Label), Rank: r.Rank, At: r.At, Until: r.Until, Then: cut(r.Then), ThenRank: r.ThenRank}
	var keys []markKey
	if t.Label != "" {
		keys = s.hash.threads(r.Thread)
	}
	if r.plain() {
		return s.appendEntry(ctx, r, mark{keys: keys, thread: t, raise: r.Raise})
	}
	if s.pending.holds(keys) { // marks join in the order of their messages
		if err := s.writeMarks(ctx); err != nil {
			return 0, err
		}
	}
	id, spent := s.takeID(inRows), false
	err := s.do(ctx, len(r.Result)+512, func(ctx context.Context, w *writer) error {
		if r.Spend != nil {
			ok, err := r.Spend.write(ctx, w, r)
			if err != nil {
				return err
			}
			if spent = !ok; spent {
				return nil // no failure of the batch it is in
			}
		}
		if _, err := w.exec(ctx, insertRecord, id, r.At.UnixMicro(), cut(r.QueueID), cut(r.MessageID), cut(r.Session), cut(r.SenderDomain),
			r.Recipients, r.Size, cut(r.Direction), cut(r.Outcome), cut(r.Label), cut(r.Verdict), cut(r.Rule), cut(r.Fail),
			cut(r.Message), cut(r.Ruleset), string(r.Result)); err != nil {
			return err
		}
		if err := openIncidents(ctx, w, r, id); err != nil {
			return err
		}
		if err := remember(ctx, w, r.Sent, r.At); err != nil {
			return err
		}
		if r.Spend != nil {
			if _, err := w.exec(ctx, `UPDATE overrides SET used_record = ? WHERE hash = ?`, id, r.Spend.Hash); err != nil {
				return err
			}
		}
		if err := r.Offer.write(ctx, w, r); err != nil {
			return err
		}
		if err := queue(ctx, w, r.Notices, r.At); err != nil {
			return err
		}
		return raiseKeys(ctx, w, keys, t, r.Raise)
	})
	if err != nil {
		return 0, err // spent may still be written to
	}
	if spent {
		return 0, wrap("writing", ErrSpent)
	}
	for _, k := range keys {
		s.known.add(k)
	}
	return id, nil
}

// appendEntry writes a record, and the mark that comes with it, to the journal.
func (s *Store) appendEntry(ctx context.Context, r Record, m mark) (int64, error) {
	id := s.takeID(inJournal)
	entries := append(make([]journal.Entry, 0, 2), r.entry(id))
	if len(m.keys) > 0 {
		if s.pending.len() >= marksMost {
			if err := s.writeMarks(ctx); err != nil {
				return 0, err
			}
		}
		entries = append(entries, m.entry(id, func(p journal.Place) { m.place = p; s.addMark(m) }))
	}
	if err := s.log.Write(ctx, entries...); err != nil {
		err = wrap("writing", err)
		if !errors.Is(err, ErrClosed) && ctx.Err() == nil {
			s.onError(err)
		}
		return 0, err
	}
	return id, nil
}

const updateAnswer = `UPDATE records SET answer = ?, answer_detail = ?, answered = ? WHERE id = ?`

// Outcome notes what became of the reply. Nobody waits for the disk: a record
// whose outcome is lost stays pending. Errors go to Options.OnError.
func (s *Store) Outcome(ctx context.Context, id int64, a Answer, detail string) {
	if id&1 == inJournal {
		if err := s.log.Note(answerEntry(id, a, detail, s.now())); err != nil {
			s.onError(wrap("writing", err))
		}
		return
	}
	at := s.now().UnixMicro()
	o := &op{size: 64, run: func(ctx context.Context, w *writer) error {
		if a == Unsent {
			if err := release(ctx, w, id); err != nil {
				return err
			}
		}
		_, err := w.exec(ctx, updateAnswer, string(a), cut(detail), at, id)
		return err
	}}
	if err := s.submit(ctx, o); err != nil {
		s.onError(err)
	}
}
