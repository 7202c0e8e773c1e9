// Package documenttest helps to test document readers: a sink that records what
// a reader says and holds it to its contract, and a package in memory.
package documenttest

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
)

// Sink records what a reader says. The zero value has the default limits.
type Sink struct {
	Shown, Hidden []string
	Properties    []document.Property
	Labels        []document.Label
	Facts         []document.Fact
	Embedded      []document.Embedded
	Skips         []string // reason, or "reason: detail"
	// Bytes is the size of everything said.
	Bytes int
	// Limits are the default ones if Parts is 0. Text is counted against
	// TextPart, Unpack and Expand against ExpandedPart and ExpandedTotal.
	Limits budget.Limits

	b *budget.Budget
}

var _ document.Sink = (*Sink)(nil)

func (h *Sink) budget() *budget.Budget {
	if h.b == nil {
		if h.Limits.Parts == 0 {
			h.Limits = budget.Default()
		}
		h.b = budget.New(h.Limits)
	}
	return h.b
}

// Text implements document.Sink.
func (h *Sink) Text(p document.Place, s string) {
	h.Bytes += len(s)
	if p == document.Hidden {
		h.Hidden = append(h.Hidden, s)
	} else {
		h.Shown = append(h.Shown, s)
	}
}

// Property implements document.Sink.
func (h *Sink) Property(p document.Property) {
	h.Bytes += len(p.Name) + len(p.Value)
	h.Properties = append(h.Properties, p)
}

// Label implements document.Sink.
func (h *Sink) Label(l document.Label) {
	h.Bytes += len(l.ID) + len(l.Name) + len(l.SiteID)
	h.Labels = append(h.Labels, l)
}

// Embed implements document.Sink.
func (h *Sink) Embed(e document.Embedded) { h.Embedded = append(h.Embedded, e) }

// Fact implements document.Sink.
func (h *Sink) Fact(f document.Fact) { h.Facts = append(h.Facts, f) }

// Skip implements document.Sink.
func (h *Sink) Skip(r budget.Reason, detail string) {
	s := string(r)
	if detail != "" {
		s += ": " + detail
	}
	h.Skips = append(h.Skips, s)
}

// Damaged implements document.Sink.
func (h *Sink) Damaged(piece string) { h.Skip(budget.Corrupt, piece) }

// Room implements document.Sink.
func (h *Sink) Room() int { return int(max(h.budget().TextPart-int64(h.Bytes), 0)) }

// Unpack implements document.Sink.
func (h *Sink) Unpack(r io.Reader, packed int64) ([]byte, error) {
	b := h.budget()
	data, err := io.ReadAll(io.LimitReader(r, b.ExpandedPart+1))
	if n := b.Expand("", 0, int64(len(data))); n < int64(len(data)) {
		return data[:n], document.ErrCut
	}
	if n := int64(len(data)); packed > 0 && n > b.RatioFloor && n/packed > b.Ratio {
		return data, document.ErrCut
	}
	return data, err
}

// Expand implements document.Sink.
func (h *Sink) Expand(had, n int64) int64 { return h.budget().Expand("", had, n) }

// Ended implements document.Sink.
func (h *Sink) Ended() bool { return false }

// AllText joins all texts and properties, one a line.
func (h *Sink) AllText() string {
	var b strings.Builder
	for _, s := range h.Shown {
		b.WriteString(s + "\n")
	}
	for _, s := range h.Hidden {
		b.WriteString(s + "\n")
	}
	for _, p := range h.Properties {
		b.WriteString(p.Name + ": " + p.Value + "\n")
	}
	return b.String()
}

// Check gives what in the record no reader may say: text that is not UTF-8, or
// more than most bytes of text and properties.
func (h *Sink) Check(most int) error {
	switch {
	case h.Bytes > most:
		return fmt.Errorf("%d bytes of text, at most %d may come of the input", h.Bytes, most)
	case !utf8.ValidString(h.AllText()):
		return fmt.Errorf("text is not UTF-8")
	}
	return nil
}

// Parts is a package in memory: names and contents in turn.
type Parts []string

// Len implements document.Source.
func (p Parts) Len() int { return len(p) / 2 }

// Name implements document.Source.
func (p Parts) Name(i int) string { return p[2*i] }

// Read implements document.Source.
func (p Parts) Read(i int) []byte { return []byte(p[2*i+1]) }
