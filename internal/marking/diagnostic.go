package marking

import "errors"

// ErrNotStrict is wrapped by the errors of [Marking.Strict] and [Format].
var ErrNotStrict = errors.New("marking: not strictly conforming")

// Severity of a diagnostic.
type Severity string

// The severities. A warning leaves the marking usable; with an error it
// cannot be relied on, and what is readable is only a floor.
const (
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Code names one kind of deviation. Codes are a stable contract.
type Code string

// Deviations that leave the marking usable.
const (
	MissingVer              Code = "missing-ver"                 // no VER, or not YYYY.N
	MissingNS               Code = "missing-ns"                  // no NS
	MissingOrigin           Code = "missing-origin"              // no ORIGIN, or not a plain address
	DuplicateIMM            Code = "duplicate-imm"               // the same ACCESS twice
	DuplicateCaveat         Code = "duplicate-caveat"            // the same CAVEAT twice
	ElementCase             Code = "element-case"                // "sec=" for "SEC="
	ValueCase               Code = "value-case"                  // "OFFICIAL:SENSITIVE"
	ValueVariant            Code = "value-variant"               // "TOP SECRET", "DLM:", an odd escape
	MissingSpace            Code = "missing-space"               // separator is not one comma and blanks
	ElementOrder            Code = "element-order"               // elements out of order or out of place
	SpaceInValue            Code = "space-in-value"              // "OFFICIAL: Sensitive", "SEC = X"
	SeveralSubjectTags      Code = "several-subject-tags"        // the leftmost counts
	HistoricalMarking       Code = "historical-marking"          // vocabulary of 2012 and before
	SubjectNamespaceAssumed Code = "subject-namespace-assumed"   // see WithSenderDomain
	UnknownNamespace        Code = "unknown-namespace"           // not our scheme
	SecrecyUnnamed          Code = "legislative-secrecy-unnamed" // see WithoutProvision
)

// Deviations after which the marking cannot be relied on.
const (
	MissingSec            Code = "missing-sec"
	UnknownClassification Code = "unknown-classification" // SEC, DOWNTO or DLM value
	UnknownIMM            Code = "unknown-imm"
	UnknownCaveat         Code = "unknown-caveat"
	UnknownElement        Code = "unknown-element"
	DuplicateElement      Code = "duplicate-element"
	ExpiresDowntoPair     Code = "expires-downto-pair"
	DowntoNotLower        Code = "downto-not-lower"
	TextTooLong           Code = "text-too-long" // more than 128 octets as written
	EmptyMarking          Code = "empty-marking" // a field without a value
	IMMNotPermitted       Code = "imm-not-permitted"
	CaveatNotPermitted    Code = "caveat-not-permitted"
	UnterminatedTag       Code = "unterminated-tag"
	MarkingTooLong        Code = "marking-too-long" // more than 998 octets unfolded
	NonASCIIMarking       Code = "non-ascii-marking"
	LookalikeTag          Code = "lookalike-tag"
)

// Severity of the code; fixed for each.
func (c Code) Severity() Severity {
	switch c {
	case MissingVer, MissingNS, MissingOrigin, DuplicateIMM, DuplicateCaveat,
		ElementCase, ValueCase, ValueVariant, MissingSpace, ElementOrder,
		SpaceInValue, SeveralSubjectTags, HistoricalMarking,
		SubjectNamespaceAssumed, UnknownNamespace, SecrecyUnnamed:
		return Warning
	}
	return Error
}

// Codes lists every code, warnings first.
func Codes() []Code {
	return []Code{
		MissingVer, MissingNS, MissingOrigin, DuplicateIMM, DuplicateCaveat,
		ElementCase, ValueCase, ValueVariant, MissingSpace, ElementOrder,
		SpaceInValue, SeveralSubjectTags, HistoricalMarking,
		SubjectNamespaceAssumed, UnknownNamespace, SecrecyUnnamed,
		MissingSec, UnknownClassification, UnknownIMM, UnknownCaveat,
		UnknownElement, DuplicateElement, ExpiresDowntoPair, DowntoNotLower,
		TextTooLong, EmptyMarking, IMMNotPermitted, CaveatNotPermitted,
		UnterminatedTag, MarkingTooLong, NonASCIIMarking, LookalikeTag,
	}
}

// Diagnostic is one deviation. Its message is fixed text and never quotes the
// mail; Offset is where, in octets from the start of Raw.
type Diagnostic struct {
	Code     Code     `json:"code"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	Offset   int      `json:"offset"`
}

// maxDiagnostics bounds the diagnostics kept per marking and severity, so
// that a megabyte of commas costs no more than a line of them. The first of
// each severity is always kept, which is what decides.
const maxDiagnostics = 32

func diagnostic(c Code, off int, msg string) Diagnostic {
	return Diagnostic{Code: c, Severity: c.Severity(), Message: msg, Offset: off}
}
