package verdict

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
)

// Op names one edit of the message that is delivered.
type Op string

// The edits a milter can ask for at end of message, with the name of the
// protocol action in a comment.
const (
	InsertHeader    Op = "insert_header"    // SMFIR_INSHEADER
	AddHeader       Op = "add_header"       // SMFIR_ADDHEADER
	ChangeHeader    Op = "change_header"    // SMFIR_CHGHEADER
	DeleteHeader    Op = "delete_header"    // SMFIR_CHGHEADER with an empty value
	ReplaceBody     Op = "replace_body"     // SMFIR_REPLBODY
	AddRecipient    Op = "add_recipient"    // SMFIR_ADDRCPT
	DeleteRecipient Op = "delete_recipient" // SMFIR_DELRCPT
	ChangeSender    Op = "change_sender"    // SMFIR_CHGFROM
)

// Modification is one edit. Which fields matter depends on Op.
type Modification struct {
	Op Op
	// Index: for insert_header the position from the top (0 is the first
	// line); for change_header and delete_header the occurrence of Name
	// among equal names, counted from 1.
	Index int
	Name  string
	// Value is the field value as it stands after "Name: " (no leading
	// space, folds as LF followed by white space).
	Value string
	// Address for recipient and sender edits, without angle brackets; for
	// delete_recipient in exactly the spelling of the RCPT command.
	Address string
	// Body is the whole new body for replace_body. It never leaves the
	// process except towards the MTA.
	Body []byte
	// Seal makes the body when it is sent, nil if Body is it: an encrypted
	// body differs each time and is no part of a decision. Body is empty then.
	Seal Sealer
}

// Sealer makes a body.
type Sealer interface {
	// Plain is what is sealed, shown by length and digest.
	Plain() []byte
	Seal() ([]byte, error)
}

// Sealed gives modifications with the bodies made that are made when sent.
func Sealed(ms []Modification) ([]Modification, error) {
	out := slices.Clone(ms)
	for i, m := range out {
		if m.Seal == nil {
			continue
		}
		body, err := m.Seal.Seal()
		if err != nil {
			return nil, err
		}
		out[i].Body, out[i].Seal = body, nil
	}
	return out, nil
}

// MarshalJSON writes only the fields that belong to the operation; a body is
// shown by length and digest, never by content.
func (m Modification) MarshalJSON() ([]byte, error) {
	switch m.Op {
	case ReplaceBody:
		body := m.Body
		if m.Seal != nil {
			body = m.Seal.Plain()
		}
		sum := sha256.Sum256(body)
		return json.Marshal(struct {
			Op     Op     `json:"op"`
			Bytes  int    `json:"bytes"`
			SHA256 string `json:"sha256"`
			Sealed bool   `json:"sealed,omitempty"` // bytes and sha256 are of what is encrypted
		}{m.Op, len(body), hex.EncodeToString(sum[:]), m.Seal != nil})
	case AddRecipient, DeleteRecipient, ChangeSender:
		return json.Marshal(struct {
			Op      Op     `json:"op"`
			Address string `json:"address"`
		}{m.Op, m.Address})
	}
	return json.Marshal(struct {
		Op    Op     `json:"op"`
		Index int    `json:"index"`
		Name  string `json:"name"`
		Value string `json:"value"`
	}{m.Op, m.Index, m.Name, m.Value})
}
