package store

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/fnv"
	"strings"
	"time"

	"labelmilter/internal/journal"
)

// DecisionsDir is the folder of the journal in the state directory.
const DecisionsDir = "decisions"

// Kinds of entries of the journal.
const (
	kindDecision byte = 1 // a Record
	kindAnswer   byte = 2 // what became of its reply
	kindMark     byte = 3 // what it raises conversations to
	kindProbe    byte = 4 // nothing, to see whether it can be written
)

// plain reports a record that nothing but the mark of its conversation comes
// with: it goes to the journal. Others are rows of the database, in one
// transaction with what they bring along.
func (r *Record) plain() bool {
	return r.Spend == nil && r.Offer == nil && r.Sent == nil && len(r.Notices) == 0 && len(r.Incidents) == 0
}

// Ids of records in the journal are odd, those of rows even. Rows of before
// there was a journal have either.
const (
	inRows    = 0
	inJournal = 1
)

// takeID gives the next id.
func (s *Store) takeID(in int64) int64 { return s.lastID.Add(1)<<1 | in }

// lookupKey is the hash that a queue id or Message-ID is found by in the
// journal.
func lookupKey(kind byte, id string) uint64 {
	if id == "" {
		return 0
	}
	h := fnv.New64a()
	_, _ = h.Write([]byte{kind})
	_, _ = h.Write([]byte(id))
	return max(h.Sum64(), 1)
}

// clean is a text as the journal keeps it: short, and UTF-8, so that no text out
// of a message can hold the beginning of a frame (journal), which is none.
func clean(s string) string { return strings.ToValidUTF8(cut(s), "\uFFFD") }

func queueKey(id string) uint64 { return lookupKey('q', clean(id)) }

// messageKey is the same for a Message-ID with and without angle brackets.
func messageKey(id string) uint64 { return lookupKey('m', bareID(id)) }

func bareID(id string) string {
	return clean(strings.TrimSuffix(strings.TrimPrefix(id, "<"), ">"))
}

// entry is the journal's form of a record.
func (r *Record) entry(id int64) journal.Entry {
	return journal.Entry{Kind: kindDecision, ID: id, At: r.At.UnixMicro(),
		Keys:   [2]uint64{queueKey(r.QueueID), messageKey(r.MessageID)},
		Append: r.encode}
}

// The data of a record: version, texts with their lengths, numbers, result.
const decisionVersion = 1

func (r *Record) texts() [12]*string {
	return [12]*string{&r.QueueID, &r.MessageID, &r.Session, &r.SenderDomain, &r.Direction, &r.Outcome, &r.Label, &r.Verdict, &r.Rule, &r.Fail,
		&r.Message, &r.Ruleset}
}

func (r *Record) encode(b []byte) []byte {
	b = append(b, decisionVersion)
	for _, s := range r.texts() {
		b = appendText(b, *s)
	}
	b = binary.AppendVarint(b, int64(r.Recipients))
	b = binary.AppendVarint(b, r.Size)
	return append(b, r.Result...)
}

func appendText(b []byte, s string) []byte {
	s = clean(s)
	b = binary.AppendUvarint(b, uint64(len(s)))
	return append(b, s...)
}

var errForm = errors.New("an entry has an unknown form")

// decode reads what encode wrote.
func (r *Record) decode(b []byte) error {
	d := decoder{b: b}
	if d.byte() != decisionVersion {
		return errForm
	}
	for _, s := range r.texts() {
		*s = d.text()
	}
	r.Recipients = int(d.number())
	r.Size = d.number()
	r.Result = json.RawMessage(d.b)
	return d.err
}

// answerEntry is what became of the reply of a record.
func answerEntry(id int64, a Answer, detail string, at time.Time) journal.Entry {
	return journal.Entry{Kind: kindAnswer, ID: id, At: at.UnixMicro(), Append: func(b []byte) []byte {
		b = append(b, decisionVersion)
		b = appendText(b, string(a))
		return appendText(b, detail)
	}}
}

func (r *Record) answered(at int64, b []byte) error {
	d := decoder{b: b}
	if d.byte() != decisionVersion {
		return errForm
	}
	r.Answer, r.AnswerDetail, r.Answered = Answer(d.text()), d.text(), time.UnixMicro(at).UTC()
	return d.err
}

// decoder takes values off the front of b; after an error they are zero.
type decoder struct {
	b   []byte
	err error
}

func (d *decoder) fail() { d.b, d.err = nil, errForm }

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	c := d.b[0]
	d.b = d.b[1:]
	return c
}

func (d *decoder) number() int64 {
	n, used := binary.Varint(d.b)
	if used <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[used:]
	return n
}

func (d *decoder) text() string {
	n, used := binary.Uvarint(d.b)
	if used <= 0 || n > uint64(len(d.b)-used) {
		d.fail()
		return ""
	}
	s := string(d.b[used : used+int(n)])
	d.b = d.b[used+int(n):]
	return s
}
