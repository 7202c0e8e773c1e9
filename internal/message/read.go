package message

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
)

// readChunk is how much of a file is read at a time.
const readChunk = 64 << 10

// Read builds a message from a file as stored (header, empty line, body; any
// line ends; an mbox "From " line is skipped). An error is an I/O error or
// that of ctx: a malformed message is a message with defects. A header of more
// than four times Limits.HeaderBytes is read that far, the rest as body.
func Read(ctx context.Context, r io.Reader, env Envelope, o Options) (*Message, error) {
	b := NewBuilder(o)
	m, err := b.read(ctx, r, env)
	if err != nil {
		b.Discard()
		return nil, err
	}
	return m, nil
}

func (b *Builder) read(ctx context.Context, r io.Reader, env Envelope) (*Message, error) {
	chunk := make([]byte, readChunk)
	// The header is collected whole, so that it can be judged with all of it
	// in sight; a file that is all header is cut at four times the limit.
	room := int(4*b.budget.HeaderBytes) + readChunk
	var lines normaliser
	var head []byte
	for eof := false; !eof; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := r.Read(chunk)
		switch {
		case errors.Is(err, io.EOF):
			eof = true
		case err != nil:
			return nil, fmt.Errorf("reading the message: %w", err)
		}
		if b.inBody {
			if _, err := b.Write(chunk[:n]); err != nil {
				return nil, err
			}
			continue
		}
		from := max(len(lines.out)-3, 0)
		lines.feed(chunk[:n])
		if eof {
			lines.flush()
		}
		head = lines.out
		if eof || len(head) > room || headerEnds(head, from) {
			if err := b.fileHeader(head, eof); err != nil {
				return nil, err
			}
			// CRs seen last belong to what follows.
			b.lines.cr, lines.out, head = lines.cr, nil, nil
		}
	}
	return b.Finish(ctx, env)
}

// headerEnds reports an empty line at or after from, past those that lead.
func headerEnds(b []byte, from int) bool {
	return bytes.Contains(b[from:], []byte("\r\n\r\n")) &&
		bytes.Contains(bytes.TrimLeft(b, "\r\n"), []byte("\r\n\r\n"))
}

// fileHeader takes the header off the start of a file and writes what is left as
// body. b has CRLF line ends.
func (b *Builder) fileHeader(head []byte, eof bool) error {
	head = bytes.TrimPrefix(head, []byte("\xef\xbb\xbf"))
	if t := bytes.TrimLeft(head, "\r\n"); len(t) < len(head) && startsWithField(t) {
		head = t // QUIRK: empty lines before the header
	}
	if bytes.HasPrefix(head, []byte("From ")) {
		_, next := nextLine(head, 0)
		head = head[next:]
	}
	var cut []byte // the line that the read limit cuts
	if i := bytes.LastIndexByte(head, '\n'); !eof && i >= 0 && i+1 < len(head) && !headerEnds(head, 0) {
		head, cut = head[:i+1], head[i+1:]
	}
	h := parseHeader(head, len(head))
	for _, l := range h.lines {
		if l.garbage {
			b.addGarbage(l.raw)
			continue
		}
		b.AddField(l.field.Name, l.field.Raw)
	}
	for _, code := range h.defects {
		b.defects = append(b.defects, Defect{Code: code})
	}
	if !h.end && !eof && h.body >= len(head) {
		b.defects = append(b.defects, Defect{Code: "header-without-end"})
	}
	if !eof && !h.end { // longer than is read
		b.keeper.size = max(b.keeper.size, int64(len(head)+len(cut)))
	}
	b.startBody()
	b.body(head[h.body:])
	b.body(cut)
	return b.err
}

// startsWithField reports that the first line of b is a field.
func startsWithField(b []byte) bool {
	l, _ := nextLine(b, 0)
	_, ok := parseField(l)
	return ok
}
