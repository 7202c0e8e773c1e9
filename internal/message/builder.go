package message

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"net/mail"
	"strings"
	"time"

	"labelmilter/internal/budget"
)

// Options steer how a message is built.
type Options struct {
	Limits   budget.Limits
	SpoolDir string // where bodies above Limits.SpoolAbove go; "" means the system's temporary folder
	// Reuse has the memory of the body used by later messages once this one is
	// closed. Nothing may refer to its bytes then, as to those of a spool file.
	Reuse bool
}

// Builder collects one message as a milter sees it: fields, then body chunks.
// Memory stays bounded whatever the size of the body. It is not safe for
// concurrent use.
//
// The digest is SHA-256 over "name:raw" of every field with line ends CRLF, an
// empty line, and the body with line ends CRLF. It covers bytes that a limit
// leaves out of the message too, and is the same for a message that came
// through Read.
type Builder struct {
	budget  *budget.Budget
	hash    hash.Hash
	header  Header
	loose   []Loose // garbage in the header
	defects []Defect
	keeper  headerKeeper
	lines   normaliser
	spool   spool
	size    int64 // of header and body, seen
	inBody  bool
	err     error // the first I/O error
}

// NewBuilder starts a message.
func NewBuilder(o Options) *Builder {
	b := &Builder{budget: budget.New(o.Limits), hash: sha256.New()}
	b.keeper = headerKeeper{b: b.budget}
	b.spool = spool{dir: o.SpoolDir, above: o.Limits.SpoolAbove, reuse: o.Reuse}
	return b
}

// AddField appends a header field. raw is everything after the colon,
// leading white space included, folds as LF or CRLF + white space. All fields
// come before the first Write.
func (b *Builder) AddField(name, raw string) {
	f := Field{Name: strings.TrimRight(name, " \t"), Raw: foldLF(raw)}
	// Some MTAs hand over the line end of the field with it.
	f.Raw = strings.TrimSuffix(f.Raw, "\n")
	b.hashLine(f.Name, ":", f.Raw)
	if f, ok := b.keeper.keep(f); ok {
		b.header = append(b.header, f)
	}
}

// addGarbage appends a line that stands between the fields of a file.
func (b *Builder) addGarbage(raw []byte) {
	s := foldLF(string(raw))
	b.hashLine(s)
	if b.keeper.size += int64(len(s)); b.keeper.size <= b.keeper.b.HeaderBytes {
		b.loose = append(b.loose, Loose{Kind: LooseHeader, Raw: []byte(s)})
	}
}

// hashLine hashes one logical header line and counts it.
func (b *Builder) hashLine(parts ...string) {
	out := b.lines.out[:0]
	for _, p := range parts {
		for {
			line, rest, more := strings.Cut(p, "\n")
			if out = append(out, line...); !more {
				break
			}
			out, p = append(out, crlf...), rest
		}
	}
	out = append(out, crlf...)
	b.hash.Write(out)
	b.size += int64(len(out))
	b.lines.out = out
}

// startBody ends the header.
func (b *Builder) startBody() {
	if !b.inBody {
		b.inBody = true
		b.hash.Write(crlf)
		b.size += 2
	}
}

// Write appends body bytes; line ends are normalised to CRLF also when CR and
// LF come in different chunks. The error is one of our own (disk full), never
// about the content.
func (b *Builder) Write(p []byte) (int, error) {
	b.startBody()
	const chunk = 64 << 10
	for rest := p; len(rest) > 0; {
		n := min(len(rest), chunk)
		part := rest[:n]
		rest = rest[n:]
		if b.lines.cr == 0 { // whole lines that are as they should be
			k := normalPrefix(part)
			b.body(part[:k])
			part = part[k:]
		}
		b.lines.out = b.lines.out[:0]
		b.lines.feed(part)
		b.body(b.lines.out)
	}
	if b.err != nil {
		return 0, b.err
	}
	return len(p), nil
}

// body keeps normalised bytes, up to the limit of the message.
func (b *Builder) body(p []byte) {
	if len(p) == 0 {
		return
	}
	b.hash.Write(p)
	room := b.budget.MessageBytes - b.size
	b.size += int64(len(p))
	if room <= 0 || b.err != nil {
		return
	}
	b.err = b.spool.write(p[:min(int64(len(p)), room)])
}

// Finish parses the MIME tree and gives the message. The builder is spent. An
// error is an I/O error or that of ctx.
func (b *Builder) Finish(ctx context.Context, env Envelope) (*Message, error) {
	b.startBody()
	b.lines.out = b.lines.out[:0]
	b.lines.flush()
	b.body(b.lines.out)
	b.lines.out = nil
	if b.err == nil {
		b.err = ctx.Err()
	}
	if b.err != nil {
		b.Discard()
		return nil, b.err
	}
	body, release, err := b.spool.finish()
	if err != nil {
		return nil, err
	}
	b.keeper.report()
	if limit := b.budget.MessageBytes; b.size > limit {
		b.budget.Skip(budget.Skip{Reason: budget.MessageTooLarge, Limit: limit, Value: b.size})
	}
	w := newWalker(b.budget, b.defects)
	root := w.root(b.header, b.loose, body)
	return &Message{
		Envelope: env,
		Header:   b.header,
		Root:     root,
		Body:     body,
		Size:     b.size,
		Digest:   "sha256:" + hex.EncodeToString(b.hash.Sum(nil)),
		Defects:  w.defects,
		Skips:    b.budget.Skips(),
		close:    release,
	}, nil
}

// Discard releases the spool of a builder that is not finished.
func (b *Builder) Discard() { b.spool.discard() }

// commonDate is the form that nearly all mail has; net/mail comes to it after
// two dozen others.
const commonDate = "Mon, 2 Jan 2006 15:04:05 -0700"

// parseDate reads a Date value (RFC 5322 3.3, obsolete forms included).
func parseDate(s string) (time.Time, error) {
	if t, err := time.Parse(commonDate, s); err == nil {
		return t, nil
	}
	return mail.ParseDate(s)
}
