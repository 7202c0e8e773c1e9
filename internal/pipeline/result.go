// Package pipeline is the one way from a message to a result: extract,
// detect, read markings, decide the label, evaluate policy, make the plan.
// Process is pure and deterministic: the same message, facts, rule set and
// limits give the same result to the byte. serve, replay, check and scan all
// call it; only serve carries out what the plan says.
package pipeline

import (
	"bytes"
	"encoding/json"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/facts"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/verdict"
)

// Schema names the version of Result's JSON form.
const Schema = "labelmilter.result/v1"

// Result is everything decided about one message and why. It holds no mail
// content unless it was asked for.
type Result struct {
	Schema        string                 `json:"schema"`
	File          string                 `json:"file"`
	MessageID     string                 `json:"message_id"`
	Direction     string                 `json:"direction"`
	Envelope      Envelope               `json:"envelope"`
	Message       Message                `json:"message"`
	Outcome       label.Outcome          `json:"outcome"`
	Markings      []marking.Marking      `json:"markings"`
	Conflicts     []label.Conflict       `json:"conflicts"`
	Label         *Label                 `json:"label"`
	LabelMismatch *label.Mismatch        `json:"label_mismatch"`
	Findings      []Finding              `json:"findings"`
	Matches       []Match                `json:"matches,omitempty"` // only when explaining
	Rules         []Rule                 `json:"rules"`
	Verdict       Verdict                `json:"verdict"`
	Modifications []verdict.Modification `json:"modifications"`
	Effects       []plan.Effect          `json:"effects"`
	Hint          string                 `json:"hint"` // what would have passed, in the sender's language; part of the reply
	Override      Override               `json:"override"`
	Inspection    Inspection             `json:"inspection"`
	Digests       Digests                `json:"digests"`
	Facts         facts.Facts            `json:"facts"` // what was known beside the message
	DurationUS    *int64                 `json:"duration_us,omitempty"`

	// Plan is what serve carries out.
	Plan plan.Plan `json:"-"`
	// Reason is why labelling came to its outcome when there is no label.
	Reason string `json:"-"`
}

// Envelope is the envelope the message was judged with.
type Envelope struct {
	MailFrom string   `json:"mail_from"`
	RcptTo   []string `json:"rcpt_to"`
	ClientIP string   `json:"client_ip"`
	AuthUser string   `json:"auth_user"`
	TLS      string   `json:"tls"`
	QueueID  string   `json:"queue_id"`
	Assumed  bool     `json:"assumed"` // taken from the header for want of an envelope
}

// Message describes the message as a whole.
type Message struct {
	Size          int64    `json:"size"` // bytes
	SubjectMasked string   `json:"subject_masked"`
	Kinds         []string `json:"kinds"`
	Recipients    int      `json:"recipients"`
	Date          string   `json:"date"` // RFC 3339 UTC, "" if unreadable
}

// Label is the label decided, or the safe floor of a hold.
type Label struct {
	Catalogue   string       `json:"catalogue"`
	ID          label.ID     `json:"id"`
	Name        string       `json:"name"`
	GUID        string       `json:"guid"`
	Rank        int          `json:"rank"`
	Source      label.Source `json:"source"`
	Rule        string       `json:"rule"`
	Reason      string       `json:"reason"`
	Previous    label.ID     `json:"previous"`
	ByStandard  label.ID     `json:"by_standard"`
	Recommended label.ID     `json:"recommended"`
	// LoweredBy says by what right the label is below its conversation:
	// "declassifier" or "justification"; "" if it is not.
	LoweredBy string `json:"lowered_by"`
	// Justification is what the sender gave as such, long numbers masked.
	Justification string `json:"justification"`
}

// Finding is sensitive content found in one place.
type Finding struct {
	Type       string        `json:"type"`
	Name       string        `json:"name"`
	Kind       string        `json:"kind"`
	Confidence int           `json:"confidence"`
	Level      string        `json:"level"`
	Count      int           `json:"count"`
	Unique     int           `json:"unique"`
	Part       string        `json:"part"`
	Where      extract.Where `json:"where"`
	Evidence   []string      `json:"evidence"`
	Values     []string      `json:"values,omitempty"` // only with ShowContent
}

// Rule is what came of one policy rule.
type Rule struct {
	Policy     string        `json:"policy"`
	Rule       string        `json:"rule"`
	Pack       string        `json:"pack"`
	Assignment string        `json:"assignment"`
	Mode       policy.Mode   `json:"mode"`
	Matched    bool          `json:"matched"`
	Effective  bool          `json:"effective"`
	Actions    []string      `json:"actions"`
	Severity   string        `json:"severity"`
	Recipients []string      `json:"recipients"`
	Exception  string        `json:"exception"`
	Note       string        `json:"note"`
	Override   string        `json:"override"`
	Parts      []string      `json:"parts"`                  // of a rule with per: part: the components it matched alone, "" for the message without attachments
	Trace      *policy.Trace `json:"trace,omitempty"`        // only when explaining
	ExceptTr   *policy.Trace `json:"except_trace,omitempty"` // only when explaining
}

// Verdict is what the MTA is told.
type Verdict struct {
	Disposition verdict.Disposition `json:"disposition"`
	Reply       string              `json:"reply"` // the whole SMTP reply
	WinningRule string              `json:"winning_rule"`
}

// Inspection is the receipt: what was looked at and what was not.
type Inspection struct {
	Complete      bool               `json:"complete"`
	Deterministic bool               `json:"deterministic"`
	Parts         []extract.PartInfo `json:"parts"`
	Skipped       []budget.Skip      `json:"skipped"`
}

// Digests identify everything the result depends on.
type Digests struct {
	Message string            `json:"message"`
	Ruleset string            `json:"ruleset"`
	Facts   string            `json:"facts"`
	EDM     map[string]string `json:"edm"`
	Models  map[string]string `json:"models"`
}

// JSON gives the result on one line, without a line end.
func (r Result) JSON() ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(r); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
