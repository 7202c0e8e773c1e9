// Package extract turns a message into texts with a place, ready for
// detection: header fields, subject, bodies, attachment text, names and
// hidden text, all in UTF-8. It chooses by content and media type, keeps to
// the message's budget, and records everything it could not read.
package extract

import (
	"context"
	"slices"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/htmltext"
	"labelmilter/internal/message"
)

// Where is the place of a text in the message.
type Where string

// The places.
const (
	InHeader     Where = "header"
	InSubject    Where = "subject"
	InBody       Where = "body"       // text/plain or text/html leaf, no attachment disposition, no file name, not inside message/rfc822 or a container
	InAttachment Where = "attachment" // any other text
	InName       Where = "name"       // file names
	InProperty   Where = "property"   // document properties
	InHidden     Where = "hidden"     // script, style, comments, attributes, preamble, epilogue
)

// Text is one piece of text and where it stands.
type Text struct {
	Part  string // section number, "" for header and subject of the message
	Where Where
	Name  string // header field name for InHeader, property name for InProperty
	Body  string // UTF-8 without NUL
	// Unseen are the ranges of Body that HTML hides by style; in order.
	Unseen []htmltext.Range
}

// PartInfo is one line of the inspection receipt.
type PartInfo struct {
	Part string `json:"part"`
	Type string `json:"type"`
	Name string `json:"name"` // first file name, masked by the reporter where asked
	// OtherNames are further spellings of the name: two parameters that differ,
	// bytes that can be read in several charsets.
	OtherNames []string `json:"other_names"`
	Bytes      int64    `json:"bytes"` // decoded size
	Text       int64    `json:"text"`  // bytes of text kept
	// TrueType is the media type that the bytes have, "" if there are none.
	TrueType string          `json:"true_type"`
	Facts    []document.Fact `json:"facts"`
}

// Result is everything extracted.
type Result struct {
	Texts   []Text
	Parts   []PartInfo
	Skipped []budget.Skip // message.Skips first, then extraction's own
	// Labels and Properties are those of attached documents, in order; each
	// property is also a text with Where InProperty.
	Labels     []document.Label
	Properties []document.Property
}

// Complete reports whether everything was inspected.
func (r Result) Complete() bool { return len(r.Skipped) == 0 }

// Options say how to read.
type Options struct {
	Limits budget.Limits
	// Apart reads containers and documents in another process; nil: in this
	// one. The result is the same.
	Apart Apart
	// Helper is asked for text that the readers here cannot read; nil: nobody.
	Helper Helper
	// Memory is drawn from as long as the lease is held; nil: without bound.
	Memory *budget.Lease
}

// Extract reads all texts of m within the limits, in this process.
func Extract(ctx context.Context, m *message.Message, l budget.Limits) Result {
	return Options{Limits: l}.Extract(ctx, m)
}

// Extract reads all texts of m: first the header fields, then the parts in
// order. What a second reading of an ambiguous part says is given with the path
// of that part. When ctx ends the rest is skipped with reason time.
func (o Options) Extract(ctx context.Context, m *message.Message) Result {
	x := newExtractor(ctx, budget.New(o.Limits), o.Memory)
	x.apart = o.Apart
	if o.Helper != nil {
		x.wants = o.Helper.Wants()
	}
	for _, f := range m.Header {
		x.field("", f)
	}
	if m.Root != nil {
		x.part(m.Root, m.Root, false)
	}
	if o.Helper != nil {
		x.help(o.Helper)
	}
	skipped := append([]budget.Skip(nil), m.Skips...)
	for _, s := range x.b.Skips() {
		if !slices.Contains(skipped, s) {
			skipped = append(skipped, s)
		}
	}
	return Result{Texts: x.texts, Parts: x.parts, Skipped: skipped, Labels: x.labels, Properties: x.properties}
}
