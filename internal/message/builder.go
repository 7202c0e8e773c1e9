package message

import (
	"context"
	"io"
	"net/mail"
	"time"

	"labelmilter/internal/budget"
)

// Options steer how a message is built.
type Options struct {
	Limits   budget.Limits
	SpoolDir string // where bodies above Limits.SpoolAbove go; "" means the system's temporary folder
}

// Builder collects one message as a milter sees it: fields, then body chunks.
// It is not safe for concurrent use.
type Builder struct{}

// NewBuilder starts a message.
func NewBuilder(o Options) *Builder { panic("see helper task") }

// AddField appends a header field. raw is everything after the colon,
// leading white space included, folds as LF or CRLF + white space.
func (b *Builder) AddField(name, raw string) {}

// Write appends body bytes; line ends are normalised to CRLF also when CR and
// LF come in different chunks. The error is one of our own (disk full), never
// about the content.
func (b *Builder) Write(p []byte) (int, error) { return len(p), nil }

// Finish parses the MIME tree and gives the message. The builder is spent.
func (b *Builder) Finish(ctx context.Context, env Envelope) (*Message, error) { return nil, nil }

// Discard releases the spool of a builder that is not finished.
func (b *Builder) Discard() {}

// Read builds a message from a file as stored (header, empty line, body; any
// line ends; an mbox "From " line is skipped). An error is an I/O error:
// a malformed message is a message with defects.
func Read(ctx context.Context, r io.Reader, env Envelope, o Options) (*Message, error) {
	return nil, nil
}

// DecodeField unfolds a raw field value, decodes encoded words (RFC 2047,
// adjacent words of one charset joined as bytes first) and trims blanks. Raw
// 8-bit text is taken as UTF-8 if valid, else as Windows-1252.
func DecodeField(raw string) string { return Unfold(raw) }

// Decoded gives the part's body with the transfer encoding undone, within the
// budget; what could not be decoded or is over a limit is recorded there.
func (p *Part) Decoded(b *budget.Budget) []byte { return nil }

func parseDate(s string) (time.Time, error) { return mail.ParseDate(s) }
