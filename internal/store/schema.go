package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// migrations are the steps of the schema; the number of a step is its index
// plus one. Steps are never changed, only added.
//
// records: one row per message answered with which more than the mark of its
// conversation was written; others are in the journal. Times are microseconds since
// 1970-01-01 UTC. answer is "pending" from before the reply until it is known
// whether it went out ("sent", "unsent"). result is the decision record
// (labelmilter.result/v1, one line of JSON).
//
// failures: one row per fail-mode answer, by message digest.
//
// threads: one row per Message-ID seen, by its keyed hash, with the highest
// label of the conversation; from until on (0: never) the mark is then_label.
// secrets: keys made with the database.
//
// sent: what a sender, by keyed hash, sent in a minute (since 1970-01-01 UTC).
// contacts: one row per sender and recipient that had mail, by keyed hash of
// both. conversations: one row per Message-ID seen, by the same key, with the
// most recipients a message of the conversation had.
//
// overrides: one row per token given out, by its hash; rules is a list in
// JSON. used is 0 until it was. used_record is the record of the message that
// used it.
//
// notices: one row per notice and recipient; state is "queued", "sent" or
// "failed", mail the Message-ID it went by. passes: nonces of mail of our own
// that came by the filter.
//
// incidents: one row for each rule that opened an incident about a message.
// All rows of one message have the same id, also when it was sent again; they
// outlive the record they were written with.
//
// marked: one row, the place in the journal up to which its marks are in
// threads.
var migrations = []string{
	`CREATE TABLE records (
		id            INTEGER PRIMARY KEY AUTOINCREMENT,
		at            INTEGER NOT NULL,
		queue_id      TEXT NOT NULL,
		message_id    TEXT NOT NULL,
		session       TEXT NOT NULL,
		sender_domain TEXT NOT NULL,
		recipients    INTEGER NOT NULL,
		size          INTEGER NOT NULL,
		direction     TEXT NOT NULL,
		outcome       TEXT NOT NULL,
		label         TEXT NOT NULL,
		verdict       TEXT NOT NULL,
		rule          TEXT NOT NULL,
		fail          TEXT NOT NULL,
		message       TEXT NOT NULL,
		ruleset       TEXT NOT NULL,
		result        TEXT NOT NULL,
		answer        TEXT NOT NULL DEFAULT 'pending',
		answer_detail TEXT NOT NULL DEFAULT '',
		answered      INTEGER NOT NULL DEFAULT 0
	);
	CREATE INDEX records_queue_id ON records (queue_id) WHERE queue_id <> '';
	CREATE INDEX records_message_id ON records (message_id) WHERE message_id <> '';
	CREATE INDEX records_at ON records (at);
	CREATE TABLE failures (
		digest TEXT NOT NULL,
		at     INTEGER NOT NULL
	);
	CREATE INDEX failures_digest ON failures (digest, at);
	CREATE INDEX failures_at ON failures (at);
	CREATE TABLE probe (
		id INTEGER PRIMARY KEY CHECK (id = 1),
		at INTEGER NOT NULL
	);`,
	`CREATE TABLE secrets (
		name  TEXT PRIMARY KEY,
		value BLOB NOT NULL
	);
	INSERT INTO secrets (name, value) VALUES ('thread', randomblob(32));
	CREATE TABLE threads (
		id    BLOB PRIMARY KEY,
		label TEXT NOT NULL,
		rank  INTEGER NOT NULL,
		at    INTEGER NOT NULL
	) WITHOUT ROWID;
	CREATE INDEX threads_at ON threads (at);`,
	`ALTER TABLE threads ADD COLUMN until INTEGER NOT NULL DEFAULT 0;
	ALTER TABLE threads ADD COLUMN then_label TEXT NOT NULL DEFAULT '';
	ALTER TABLE threads ADD COLUMN then_rank INTEGER NOT NULL DEFAULT 0;`,
	`INSERT INTO secrets (name, value) VALUES ('history', randomblob(32));
	CREATE TABLE sent (
		sender     BLOB NOT NULL,
		minute     INTEGER NOT NULL,
		messages   INTEGER NOT NULL,
		recipients INTEGER NOT NULL,
		bytes      INTEGER NOT NULL,
		PRIMARY KEY (sender, minute)
	) WITHOUT ROWID;
	CREATE INDEX sent_minute ON sent (minute);
	CREATE TABLE contacts (
		pair BLOB PRIMARY KEY,
		at   INTEGER NOT NULL
	) WITHOUT ROWID;
	CREATE INDEX contacts_at ON contacts (at);
	CREATE TABLE conversations (
		id         BLOB PRIMARY KEY,
		recipients INTEGER NOT NULL,
		at         INTEGER NOT NULL
	) WITHOUT ROWID;
	CREATE INDEX conversations_at ON conversations (at);`,
	`CREATE TABLE overrides (
		hash            BLOB PRIMARY KEY,
		id              TEXT NOT NULL,
		grant_data      TEXT NOT NULL,
		at              INTEGER NOT NULL,
		expires         INTEGER NOT NULL,
		rule            TEXT NOT NULL,
		rules           TEXT NOT NULL,
		sender          TEXT NOT NULL,
		incident        TEXT NOT NULL,
		queue_id        TEXT NOT NULL,
		message_id      TEXT NOT NULL,
		recipients      INTEGER NOT NULL,
		used            INTEGER NOT NULL DEFAULT 0,
		kind            TEXT NOT NULL DEFAULT '',
		justification   TEXT NOT NULL DEFAULT '',
		used_record     INTEGER NOT NULL DEFAULT 0,
		used_queue_id   TEXT NOT NULL DEFAULT '',
		used_message_id TEXT NOT NULL DEFAULT '',
		used_recipients INTEGER NOT NULL DEFAULT 0
	) WITHOUT ROWID;
	CREATE INDEX overrides_used ON overrides (used);
	CREATE INDEX overrides_record ON overrides (used_record) WHERE used_record <> 0;`,
	`INSERT INTO secrets (name, value) VALUES ('notice', randomblob(32));
	CREATE TABLE notices (
		id        INTEGER PRIMARY KEY AUTOINCREMENT,
		at        INTEGER NOT NULL,
		due       INTEGER NOT NULL,
		recipient TEXT NOT NULL,
		merge_key TEXT NOT NULL,
		template  TEXT NOT NULL,
		subject   TEXT NOT NULL,
		body      TEXT NOT NULL,
		incident  TEXT NOT NULL,
		state     TEXT NOT NULL DEFAULT 'queued',
		tries     INTEGER NOT NULL DEFAULT 0,
		error     TEXT NOT NULL DEFAULT '',
		mail      TEXT NOT NULL DEFAULT '',
		done      INTEGER NOT NULL DEFAULT 0
	);
	CREATE INDEX notices_due ON notices (due) WHERE state = 'queued';
	CREATE INDEX notices_merge ON notices (recipient, merge_key) WHERE state = 'queued';
	CREATE INDEX notices_sent ON notices (recipient, done) WHERE state = 'sent';
	CREATE INDEX notices_done ON notices (done);
	CREATE TABLE passes (
		nonce TEXT PRIMARY KEY,
		at    INTEGER NOT NULL
	) WITHOUT ROWID;
	CREATE INDEX passes_at ON passes (at);`,
	`CREATE TABLE incidents (
		id         TEXT NOT NULL,
		record     INTEGER NOT NULL,
		rule       TEXT NOT NULL,
		severity   TEXT NOT NULL,
		simulated  INTEGER NOT NULL,
		at         INTEGER NOT NULL,
		sender     TEXT NOT NULL,
		verdict    TEXT NOT NULL,
		queue_id   TEXT NOT NULL,
		message_id TEXT NOT NULL,
		recipients INTEGER NOT NULL,
		PRIMARY KEY (id, record, rule)
	) WITHOUT ROWID;
	CREATE INDEX incidents_at ON incidents (at);`,
	`CREATE TABLE marked (
		one     INTEGER PRIMARY KEY CHECK (one = 1),
		segment INTEGER NOT NULL,
		place   INTEGER NOT NULL
	);
	INSERT INTO marked (one, segment, place) VALUES (1, 0, 0);`,
}

// migrate brings the schema up to date in one transaction.
func migrate(ctx context.Context, db *sql.DB, now time.Time) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	if _, err := tx.ExecContext(ctx, `CREATE TABLE IF NOT EXISTS migrations (
		version INTEGER PRIMARY KEY, applied INTEGER NOT NULL)`); err != nil {
		return err
	}
	var have int
	if err := tx.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM migrations`).Scan(&have); err != nil {
		return err
	}
	if have > len(migrations) {
		return fmt.Errorf("%w: schema %d, known %d", ErrNewer, have, len(migrations))
	}
	for v := have; v < len(migrations); v++ {
		if _, err := tx.ExecContext(ctx, migrations[v]); err != nil {
			return fmt.Errorf("schema step %d: %w", v+1, err)
		}
		if _, err := tx.ExecContext(ctx, `INSERT INTO migrations (version, applied) VALUES (?, ?)`, v+1, now.UnixMicro()); err != nil {
			return err
		}
	}
	return tx.Commit()
}

// checkVersion is for readers, which change nothing.
func checkVersion(ctx context.Context, db *sql.DB) error {
	var have int
	err := db.QueryRowContext(ctx, `SELECT coalesce(max(version), 0) FROM migrations`).Scan(&have)
	switch {
	case err != nil:
		return err
	case have > len(migrations):
		return fmt.Errorf("%w: schema %d, known %d", ErrNewer, have, len(migrations))
	case have < len(migrations):
		return fmt.Errorf("schema %d, wanted %d: start the daemon once to bring it up to date", have, len(migrations))
	}
	return nil
}
