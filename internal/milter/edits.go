package milter

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"labelmilter/internal/verdict"
)

// Reasons why a Final is answered with tempfail instead, given to
// Session.Sent. Nothing of such a Final reaches the MTA.
var (
	ErrNotGranted      = errors.New("the MTA did not grant the action")
	ErrNoRecipient     = errors.New("no recipient would be left")
	ErrBadModification = errors.New("modification cannot be sent")
	ErrBadVerdict      = errors.New("verdict is none of the known ones")
	ErrDeadline        = errors.New("end of message took longer than the hard deadline")
	errSessionVanished = errors.New("session ended without an answer")
)

const (
	bodyChunk   = 65535  // MILTER_CHUNK_SIZE
	maxValue    = 60_000 // Postfix header_size_limit with milters; a longer value would arrive cut
	maxName     = 997    // RFC 5322 2.1.1: 998 octets a line, one for the colon
	maxReason   = 200
	segmentSize = 32 << 10
)

// out collects frames as segments; bodies are referred to, not copied.
type out struct {
	segments [][]byte
	cur      []byte
}

func (o *out) flush() {
	if len(o.cur) > 0 {
		o.segments = append(o.segments, o.cur)
		o.cur = nil
	}
}

func (o *out) frame(code byte, parts ...string) {
	if len(o.cur) > segmentSize {
		o.flush()
	}
	o.cur = appendFrame(o.cur, code, parts...)
}

// body adds SMFIR_REPLBODY frames. An empty body is one empty frame. The body
// goes out as it is: package rewrite makes one fit for transport.
func (o *out) body(b []byte) {
	for first := true; first || len(b) > 0; first = false {
		n := min(len(b), bodyChunk)
		o.cur = binary.BigEndian.AppendUint32(o.cur, uint32(n+1))
		o.cur = append(o.cur, ansReplBody)
		o.flush()
		if n > 0 {
			o.segments = append(o.segments, b[:n:n])
		}
		b = b[n:]
	}
}

// encoder knows what limits the edits of one message.
type encoder struct {
	grant grant
	rcpts map[string]struct{} // accepted so far, in the spelling of RCPT
}

// encode gives the frames of f: all edits in the given order, the decision
// last. On error there are no frames; the whole Final counts or nothing.
//
// Each insert_header at index 0 ends above the one sent before it. A plan
// that wants the first on top lists it last; deletions of equal names must
// come in descending order, because Postfix renumbers after each and Sendmail
// does not.
func (e encoder) encode(f Final) ([][]byte, error) {
	v := f.Verdict
	if !v.Disposition.Valid() {
		return nil, ErrBadVerdict
	}
	var o out
	if v.Disposition == verdict.Accept || v.Disposition == verdict.Quarantine {
		if err := e.edits(&o, f.Modifications); err != nil {
			return nil, err
		}
	}
	if v.Disposition == verdict.Quarantine {
		if err := e.need(ActionQuarantine); err != nil {
			return nil, err
		}
		o.frame(ansQuarantine, reason(v.Reason), "\x00")
		v.Disposition = verdict.Accept
	}
	o.cur = appendDecision(o.cur, v)
	o.flush()
	return o.segments, nil
}

func (e encoder) need(a Actions) error {
	if e.grant.actions&a != a {
		return fmt.Errorf("%w (SMFIF mask %#x)", ErrNotGranted, uint32(a))
	}
	return nil
}

func (e encoder) edits(o *out, mods []verdict.Modification) error {
	left := newRemaining(e.rcpts)
	bodies := 0
	for i := range mods {
		m := &mods[i]
		if err := e.need(actionFor(m.Op)); err != nil {
			return err
		}
		var err error
		switch m.Op {
		case verdict.InsertHeader, verdict.AddHeader, verdict.ChangeHeader, verdict.DeleteHeader:
			err = e.header(o, m)
		case verdict.ReplaceBody:
			if bodies++; bodies > 1 { // Postfix fails on body frames after other edits
				err = bad("a second replace_body")
				break
			}
			o.body(m.Body)
		case verdict.AddRecipient:
			if !validPath(m.Address, true) || m.Address == "" {
				err = bad("address")
				break
			}
			left.add(m.Address)
			o.frame(ansAddRcpt, "<", m.Address, ">\x00")
		case verdict.DeleteRecipient:
			if !validPath(m.Address, false) || m.Address == "" {
				err = bad("address")
				break
			}
			left.del(m.Address)
			o.frame(ansDelRcpt, "<", m.Address, ">\x00")
		case verdict.ChangeSender:
			if !validPath(m.Address, true) {
				err = bad("address")
				break
			}
			o.frame(ansChgFrom, "<", m.Address, ">\x00")
		default:
			err = bad("operation")
		}
		if err != nil {
			return fmt.Errorf("modification %d: %w", i, err)
		}
	}
	if left.none() { // Postfix answers 250 and loses the message
		return ErrNoRecipient
	}
	return nil
}

func bad(what string) error { return fmt.Errorf("%w: %s", ErrBadModification, what) }

// actionFor gives the action an edit needs, 0 for an unknown edit.
func actionFor(op verdict.Op) Actions {
	switch op {
	case verdict.InsertHeader, verdict.AddHeader:
		return ActionAddHeaders
	case verdict.ChangeHeader, verdict.DeleteHeader:
		return ActionChangeHeaders
	case verdict.ReplaceBody:
		return ActionChangeBody
	case verdict.AddRecipient:
		return ActionAddRcpt
	case verdict.DeleteRecipient:
		return ActionDeleteRcpt
	case verdict.ChangeSender:
		return ActionChangeFrom
	}
	return 0
}

func (e encoder) header(o *out, m *verdict.Modification) error {
	if !validName(m.Name) {
		return bad("header name")
	}
	value := foldLong(len(m.Name)+len(": "), cleanValue(m.Value))
	if len(value) > maxValue {
		return bad("header value too long")
	}
	first := 1
	if m.Op == verdict.InsertHeader {
		first = 0
	}
	if m.Op != verdict.AddHeader && (m.Index < first || m.Index > math.MaxInt32) {
		return bad("header index")
	}
	lead := ""
	if e.grant.has(optLeadingSpace) && value != "" { // else the MTA puts it there
		lead = " "
	}
	index := string(binary.BigEndian.AppendUint32(nil, uint32(m.Index)))
	switch m.Op {
	case verdict.AddHeader:
		o.frame(ansAddHeader, m.Name, "\x00", lead, value, "\x00")
	case verdict.InsertHeader:
		o.frame(ansInsHeader, index, m.Name, "\x00", lead, value, "\x00")
	case verdict.DeleteHeader:
		o.frame(ansChgHeader, index, m.Name, "\x00\x00")
	case verdict.ChangeHeader:
		if value == "" { // on the wire that is a deletion
			return bad("change_header to an empty value")
		}
		o.frame(ansChgHeader, index, m.Name, "\x00", lead, value, "\x00")
	}
	return nil
}
