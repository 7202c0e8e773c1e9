package label

// Outcome says what labelling came to.
type Outcome string

// The outcomes.
const (
	Labelled Outcome = "label" // one label was decided
	None     Outcome = "none"  // no marking and no rule applied
	Hold     Outcome = "hold"  // a marking is there but cannot be relied on; the label, if any, is the safe floor
	Block    Outcome = "block" // above the accreditation ceiling
)

// Source says where a label comes from.
type Source string

// The sources of a label.
const (
	FromHeader     Source = "marking:header"
	FromSubject    Source = "marking:subject"
	FromBody       Source = "marking:body"
	FromAttachment Source = "marking:attachment"
	FromMSIP       Source = "msip"
	FromDocument   Source = "attachment-label"
	FromThread     Source = "thread"
	FromKnown      Source = "known-document"
	FromRule       Source = "rule"
	FromDefault    Source = "default"
)

// Conflict codes.
const (
	HeaderSubjectDiffer    = "header-subject-differ"
	SeveralSubjectTags     = "several-subject-tags"
	SeveralHeaderMarkings  = "several-header-markings"
	SeveralLabelRules      = "several-label-rules"
	IncomparableLabels     = "incomparable-labels"
	HeaderStripped         = "header-stripped"
	ModificationOverridden = "modification-overridden"
	// DKIMBroken: an edit that says the label breaks a signature that held.
	DKIMBroken = "dkim-signature-broken"
	// IMMsReduced: a recipient takes one information management marker, the
	// marking that went out carries fewer than the message had.
	IMMsReduced = "imms-reduced"
)

// ConflictCodes is the closed list, for checking rule packs.
var ConflictCodes = []string{HeaderSubjectDiffer, SeveralSubjectTags, SeveralHeaderMarkings, SeveralLabelRules,
	IncomparableLabels, HeaderStripped, ModificationOverridden, DKIMBroken, IMMsReduced}

// Conflict is one disagreement and what lost in it.
type Conflict struct {
	Code   string   `json:"code"`
	Kept   string   `json:"kept"`
	Lost   []string `json:"lost"`
	Detail string   `json:"detail"`
}

// Candidate is a label that some source calls for.
type Candidate struct {
	Label   ID
	Source  Source
	Rule    string // "pack/id" when Source is FromRule
	Reason  string
	Replace Replace // for rules
	// Recommend is set for a candidate that is only recommended: simulated
	// rules and rules with apply: recommend.
	Recommend bool
}

// Replace says which earlier automatic label a rule may replace.
type Replace string

// The replace modes.
const (
	ReplaceNever       Replace = "never"
	ReplaceSameOrLower Replace = "same-or-lower" // the default
	ReplaceAlways      Replace = "always"
)

// Assignment is the decision about the label of one message.
type Assignment struct {
	Outcome     Outcome
	Label       *Label // nil if none
	Source      Source
	Rule        string
	Reason      string
	Previous    ID // own label found on arrival
	ByStandard  ID // what the standard's precedence alone says, when different
	Recommended ID
	Conflicts   []Conflict
	Mismatch    *Mismatch
}

// Mismatch says that the label is below what something calls for.
type Mismatch struct {
	Label  string `json:"label"`  // the label decided, "" if none
	Wanted string `json:"wanted"` // the label called for
	By     string `json:"by"`     // source or rule that calls for it
}

// AtLeast reports whether the assignment's sensitivity is at least that of
// the label with the given rank. Block, and hold without a label, rank above
// every label; no label ranks below every label.
func (a Assignment) AtLeast(rank int) bool {
	switch {
	case a.Outcome == Block, a.Outcome == Hold && a.Label == nil:
		return true
	case a.Label == nil:
		return false
	}
	return a.Label.Rank >= rank
}

// AtMost reports whether the assignment's sensitivity is at most rank; false
// for block and for hold without a label, true for no label at all.
func (a Assignment) AtMost(rank int) bool {
	switch {
	case a.Outcome == Block, a.Outcome == Hold && a.Label == nil:
		return false
	case a.Label == nil:
		return true
	}
	return a.Label.Rank <= rank
}
