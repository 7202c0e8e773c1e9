// Package budget bounds the work that one message can cause. Limits are
// counts (bytes, parts, depth, steps), so that a decision is the same on every
// machine; what a limit cuts off is never silent but a Skip with a Reason out
// of a closed list, which policy can act on.
package budget

import "slices"

// Limits are the bounds for one message. Use Default and change single
// fields.
type Limits struct {
	MessageBytes  int64 // whole message inspected
	SpoolAbove    int64 // body bytes kept in memory before spooling to a file
	HeaderBytes   int64 // all header fields of one header block
	HeaderReport  int64 // size from which header-limit is reported (Postfix truncates there)
	Depth         int   // containers within containers, of any kind
	Parts         int   // parts of all kinds
	ExpandedTotal int64 // decoded and unpacked bytes, whole message
	ExpandedPart  int64 // decoded and unpacked bytes, one part
	Ratio         int64 // unpacked : packed, above RatioFloor
	RatioFloor    int64
	TextTotal     int64 // text kept for detection, whole message
	TextPart      int64 // text kept for detection, one part
	MetadataValue int64 // one property or name
	MetadataTotal int64
	Work          int64 // detection steps, whole message
}

// Default gives the shipped limits.
func Default() Limits {
	return Limits{
		MessageBytes: 100 << 20, SpoolAbove: 1 << 20,
		HeaderBytes: 256 << 10, HeaderReport: 60_000,
		Depth: 20, Parts: 5000,
		ExpandedTotal: 256 << 20, ExpandedPart: 32 << 20,
		Ratio: 250, RatioFloor: 10 << 20,
		TextTotal: 64 << 20, TextPart: 32 << 20,
		MetadataValue: 64 << 10, MetadataTotal: 1 << 20,
		Work: 4_000_000_000,
	}
}

// Reason says why something was not (fully) inspected.
type Reason string

// The closed list of reasons.
const (
	Encrypted               Reason = "encrypted"
	Unsupported             Reason = "unsupported"
	UnsupportedMethod       Reason = "unsupported-method"
	Corrupt                 Reason = "corrupt"
	Depth                   Reason = "depth"
	Parts                   Reason = "parts"
	ExpandedTotal           Reason = "expanded-total"
	ExpandedPart            Reason = "expanded-part"
	Ratio                   Reason = "ratio"
	TextLimit               Reason = "text-limit"
	MetadataLimit           Reason = "metadata-limit"
	HeaderLimit             Reason = "header-limit"
	MessageTooLarge         Reason = "message-too-large"
	UnknownCharset          Reason = "unknown-charset"
	UnknownTransferEncoding Reason = "unknown-transfer-encoding"
	MIMEAmbiguous           Reason = "mime-ambiguous"
	ZipAnomaly              Reason = "zip-anomaly"
	TypeMismatch            Reason = "type-mismatch"
	PDFUndecodableText      Reason = "pdf-undecodable-text"
	ImageOnly               Reason = "image-only"
	ExternalBody            Reason = "external-body"
	PartialMessage          Reason = "partial-message"
	WorkBudget              Reason = "work-budget"
	Time                    Reason = "time"
	WorkerKilled            Reason = "worker-killed"
	Overload                Reason = "overload"
	ExtractorFailed         Reason = "extractor-failed"
	StoreUnavailable        Reason = "store-unavailable" // of exact data match
)

// Reasons is the closed list in documentation order.
var Reasons = []Reason{
	Encrypted, Unsupported, UnsupportedMethod, Corrupt, Depth, Parts, ExpandedTotal, ExpandedPart, Ratio,
	TextLimit, MetadataLimit, HeaderLimit, MessageTooLarge, UnknownCharset, UnknownTransferEncoding,
	MIMEAmbiguous, ZipAnomaly, TypeMismatch, PDFUndecodableText, ImageOnly, ExternalBody, PartialMessage,
	WorkBudget, Time, WorkerKilled, Overload, ExtractorFailed, StoreUnavailable,
}

// Skip records one thing that was not fully inspected.
type Skip struct {
	Part   string `json:"part"` // RFC 9051 section number, "" for the message
	Reason Reason `json:"reason"`
	Limit  int64  `json:"limit"`  // the limit that was met, 0 if none
	Value  int64  `json:"value"`  // the value that met it, 0 if unknown
	Detail string `json:"detail"` // technical detail; never mail content
}

// Used is what of a message's limits is used.
type Used struct {
	Parts    int   `json:"parts"`
	Expanded int64 `json:"expanded"`
	Text     int64 `json:"text"`
}

// Budget counts what one message has used. It is not safe for concurrent use.
type Budget struct {
	Limits
	used  Used
	lease *Lease
	skips []Skip
}

// New starts a budget with the given limits.
func New(l Limits) *Budget { return &Budget{Limits: l} }

// Lend makes the budget draw the memory for what it allows from a lease.
func (b *Budget) Lend(l *Lease) { b.lease = l }

// Used gives what is used so far.
func (b *Budget) Used() Used { return b.used }

// Resume goes on from what another budget, which did a part of the work, came
// to.
func (b *Budget) Resume(u Used) { b.used = u }

// Draw takes memory for n bytes and gives how many there are: all, or none
// when the process has no more and time has run out; that is recorded.
func (b *Budget) Draw(path string, n int64) int64 {
	if n > 0 && !b.lease.Draw(n) {
		b.Skip(Skip{Part: path, Reason: Overload, Detail: "memory"})
		return 0
	}
	return n
}

// Skip records that something was left out. Equal entries are kept once, and
// at most 200 entries are kept: a message with more is incomplete all the same.
func (b *Budget) Skip(s Skip) {
	if len(b.skips) >= 200 {
		return
	}
	for _, o := range b.skips {
		if o == s {
			return
		}
	}
	b.skips = append(b.skips, s)
}

// Inspected takes back reasons of a part that was read after all.
func (b *Budget) Inspected(part string, reasons []Reason) {
	b.skips = slices.DeleteFunc(b.skips, func(s Skip) bool { return s.Part == part && slices.Contains(reasons, s.Reason) })
}

// Skips gives what was recorded, in order of appearance.
func (b *Budget) Skips() []Skip { return b.skips }

// Part counts one more part and reports whether it may still be looked at;
// when not, the reason is recorded.
func (b *Budget) Part(path string) bool {
	b.used.Parts++
	if b.used.Parts > b.Limits.Parts {
		if b.used.Parts == b.Limits.Parts+1 {
			b.Skip(Skip{Part: path, Reason: Parts, Limit: int64(b.Limits.Parts), Value: int64(b.used.Parts)})
		}
		return false
	}
	return true
}

// Enter reports whether a container at the given depth (0 = the message) may
// be opened; when not, the reason is recorded.
func (b *Budget) Enter(path string, depth int) bool {
	if depth > b.Limits.Depth {
		b.Skip(Skip{Part: path, Reason: Depth, Limit: int64(b.Limits.Depth), Value: int64(depth)})
		return false
	}
	return true
}

// Expand asks for n decoded or unpacked bytes of one part that has had had
// bytes already. It gives how many are allowed and records the reason when
// that is fewer.
func (b *Budget) Expand(path string, had, n int64) int64 {
	if room := b.Limits.ExpandedPart - had; n > room {
		b.Skip(Skip{Part: path, Reason: ExpandedPart, Limit: b.Limits.ExpandedPart, Value: had + n})
		n = max(room, 0)
	}
	if room := b.Limits.ExpandedTotal - b.used.Expanded; n > room {
		b.Skip(Skip{Part: path, Reason: ExpandedTotal, Limit: b.Limits.ExpandedTotal, Value: b.used.Expanded + n})
		n = max(room, 0)
	}
	n = b.Draw(path, n)
	b.used.Expanded += n
	return n
}

// Text asks to keep n bytes of text of one part that has had had bytes
// already. It gives how many may be kept and records the reason when that is
// fewer.
func (b *Budget) Text(path string, had, n int64) int64 {
	if room := b.Limits.TextPart - had; n > room {
		b.Skip(Skip{Part: path, Reason: TextLimit, Limit: b.Limits.TextPart, Value: had + n})
		n = max(room, 0)
	}
	if room := b.Limits.TextTotal - b.used.Text; n > room {
		b.Skip(Skip{Part: path, Reason: TextLimit, Limit: b.Limits.TextTotal, Value: b.used.Text + n})
		n = max(room, 0)
	}
	n = b.Draw(path, n)
	b.used.Text += n
	return n
}
