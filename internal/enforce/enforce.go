// Package enforce makes a decision durable before the MTA hears of it, notes
// afterwards what became of the answer, and counts how often a message met
// the fail mode. It decides nothing and talks to no MTA.
package enforce

import (
	"context"
	"fmt"
	"strings"
	"time"

	"labelmilter/internal/facts"
	"labelmilter/internal/failpoint"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/plan"
	"labelmilter/internal/store"
	"labelmilter/internal/verdict"
)

// Store is where records go. *store.Store is one.
type Store interface {
	// Append returns when the record is durable.
	Append(ctx context.Context, r store.Record) (int64, error)
	// Outcome notes what became of the answer; it does not wait for the disk.
	Outcome(ctx context.Context, id int64, a store.Answer, detail string)
	// Thread gives the mark of a conversation at a moment.
	Thread(ctx context.Context, ids []string, now time.Time) (store.Thread, bool, error)
	// SentSince, Wrote and MostRecipients give what is remembered of a sender
	// and of a conversation.
	SentSince(ctx context.Context, sender string, since []time.Time) ([]store.SentWithin, error)
	Wrote(ctx context.Context, sender string, recipients []string) ([]bool, error)
	MostRecipients(ctx context.Context, ids []string) (int, bool, error)
	// Failure counts a fail-mode answer by message digest.
	Failure(ctx context.Context, digest string) (int, error)
	// NoticeKey and Pass know mail of our own.
	NoticeKey(ctx context.Context) ([]byte, error)
	Pass(ctx context.Context, nonce string) (bool, error)
	// Override gives a token by its hash.
	Override(ctx context.Context, hash []byte) (store.Override, bool, error)
}

var _ Store = (*store.Store)(nil)

// Limits on how long the store may keep a session waiting. An answer late by
// that much is still within the MTAs' patience, as PROGRESS goes on.
const (
	intentWait  = 10 * time.Second
	failureWait = 3 * time.Second
	threadWait  = 3 * time.Second
	outcomeWait = 3 * time.Second
	historyWait = 3 * time.Second
)

// Enforcer writes decision records.
type Enforcer struct{ store Store }

// New gives an enforcer that writes to s.
func New(s Store) *Enforcer { return &Enforcer{store: s} }

// Notice is mail of our own that waits to be sent.
type Notice = store.Notice

// Intent is a decision about to be told to the MTA.
type Intent struct {
	At      time.Time
	Session string
	Fail    string // why the fail mode answers, "" if it does not
	Result  pipeline.Result
	Notices []Notice // to be sent, kept with the record
	// Remember says that rules ask what senders did before. Thread are the
	// Message-IDs of the message and of those before it.
	Remember bool
	Thread   []string
}

// Ticket stands for a recorded intent. The zero value stands for none.
type Ticket struct {
	id    int64
	Token string // that the reply gives out, "" for none
}

// ErrSpent: the token that the message rests on is used up. Nothing was
// recorded, and the message is to be judged anew.
var ErrSpent = store.ErrSpent

// Intent writes the decision record. When it returns without error the record
// is durable and the reply may go out. It waits at most ten seconds.
func (e *Enforcer) Intent(ctx context.Context, in Intent) (Ticket, error) {
	if err := failpoint.Err(failpoint.Intent); err != nil {
		return Ticket{}, fmt.Errorf("enforce: decision record: %w", err)
	}
	r := in.Result
	token, offer, err := e.offer(r)
	if err != nil {
		return Ticket{}, err
	}
	data, err := r.JSON()
	if err != nil {
		return Ticket{}, fmt.Errorf("enforce: decision record: %w", err)
	}
	rec := store.Record{
		At: in.At, QueueID: r.Envelope.QueueID, MessageID: r.MessageID, Session: in.Session,
		SenderDomain: Domain(r.Envelope.MailFrom), Recipients: len(r.Envelope.RcptTo), Size: r.Message.Size,
		Direction: r.Direction, Outcome: string(r.Outcome), Verdict: string(r.Verdict.Disposition), Rule: r.Verdict.WinningRule,
		Fail: in.Fail, Message: r.Digests.Message, Ruleset: r.Digests.Ruleset, Result: data,
	}
	if r.Label != nil {
		rec.Label = string(r.Label.ID)
	}
	if t := r.Plan.Thread; t != nil && in.Fail == "" {
		rec.Thread, rec.Rank = t.IDs, t.Rank
		rec.Until, rec.Then, rec.ThenRank = t.Until, string(t.Then), t.ThenRank
		switch {
		case t.Lower:
			rec.Raise = store.RaiseSet
		case t.New:
			rec.Raise = store.RaiseNew
		}
	}
	if d := r.Verdict.Disposition; in.Remember && (d == verdict.Accept || d == verdict.Quarantine) {
		rec.Sent = &store.Delivery{Sender: r.Envelope.MailFrom, Recipients: r.Envelope.RcptTo, Bytes: r.Message.Size, Thread: in.Thread}
	}
	rec.Notices = in.Notices
	for _, x := range r.Effects {
		if x.Type == plan.Incident && x.Suppressed == "" {
			rec.Incidents = append(rec.Incidents, store.Incident{ID: x.Incident, Rule: x.Rule, Severity: x.Severity, Simulated: x.Simulated})
		}
	}
	if in.Fail == "" {
		rec.Offer, rec.Spend = offer, spend(r)
	}
	ctx, cancel := context.WithTimeout(ctx, intentWait)
	defer cancel()
	id, err := e.store.Append(ctx, rec)
	if err != nil {
		return Ticket{}, fmt.Errorf("enforce: decision record: %w", err)
	}
	return Ticket{id: id, Token: token}, nil
}

// Outcome notes whether the answer of an intent went out whole; sent is the
// error of sending.
func (e *Enforcer) Outcome(ctx context.Context, t Ticket, sent error) {
	if t.id == 0 || failpoint.Err(failpoint.Outcome) != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, outcomeWait)
	defer cancel()
	if sent != nil {
		e.store.Outcome(ctx, t.id, store.Unsent, sent.Error())
		return
	}
	e.store.Outcome(ctx, t.id, store.Sent, "")
}

// ThreadFloor gives the mark of a conversation as a fact: its label, absent if
// the conversation is not known, unavailable if the store does not answer
// within three seconds.
func (e *Enforcer) ThreadFloor(ctx context.Context, ids []string, now time.Time) facts.Fact {
	if len(ids) == 0 {
		return facts.Fact{State: facts.Absent, Source: "ledger"}
	}
	ctx, cancel := context.WithTimeout(ctx, threadWait)
	defer cancel()
	t, ok, err := e.store.Thread(ctx, ids, now)
	if err == nil {
		err = failpoint.Err(failpoint.Thread)
	}
	switch {
	case err != nil:
		return facts.Fact{State: facts.Unavailable, Source: "ledger", Reason: err.Error()}
	case !ok:
		return facts.Fact{State: facts.Absent, Source: "ledger"}
	}
	return facts.Fact{State: facts.Known, Value: t.Label, Source: "ledger"}
}

// FailureSeen counts that the message with this digest met the fail mode, and
// gives how often it did within 24 hours, this time included. It waits at
// most three seconds.
func (e *Enforcer) FailureSeen(ctx context.Context, digest string) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, failureWait)
	defer cancel()
	n, err := e.store.Failure(ctx, digest)
	if err != nil {
		return 0, fmt.Errorf("enforce: counting failures: %w", err)
	}
	return n, nil
}

// Domain is the domain of an address in lower case, with what is no printable
// ASCII as "?", at most 255 characters; "" if there is none. It is fit for
// logs: the local part is not in it.
func Domain(addr string) string {
	// RFC 5321 4.1.2: a quoted local part may hold "@"; a domain may not.
	i := strings.LastIndexByte(addr, '@')
	if i < 0 {
		return ""
	}
	d := addr[i+1:]
	if len(d) > 255 { // RFC 5321 4.5.3.1.2
		d = d[:255]
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || r > '~' {
			return '?'
		}
		return r
	}, strings.ToLower(d))
}
