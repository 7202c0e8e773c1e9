package extract

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	_ "image/gif"  // sizes of pictures
	_ "image/jpeg" // sizes of pictures
	"path"
	"slices"

	"labelmilter/internal/budget"
)

// Helper asks programs of the site for the text of content that the readers here
// cannot read. It is safe for concurrent use.
type Helper interface {
	// Wants are the media types it takes; * as wildcard.
	Wants() []string
	// Text gives the text of content.
	Text(ctx context.Context, w Wanted) (string, error)
}

// Wanted is content for a helper.
type Wanted struct {
	Part     string `json:"part"`
	Type     string `json:"type"`      // as declared
	TrueType string `json:"true_type"` // by its bytes
	Data     []byte `json:"-"`
}

const (
	// maxHelped bounds how often helpers are asked for one message.
	maxHelped = 20
	// maxPixels bounds pictures: what a helper makes of one grows with its
	// pixels, not with its bytes.
	maxPixels = 40_000_000
)

// helpable are the reasons that a helper can take away.
var helpable = []budget.Reason{budget.Unsupported, budget.ImageOnly, budget.PDFUndecodableText}

// want keeps content for a helper that its reader could not read.
func (x *extractor) want(it *item) {
	if len(x.wants) == 0 || len(x.wanted) >= maxHelped || !slices.ContainsFunc(x.b.Skips(), func(s budget.Skip) bool {
		return s.Part == it.path && slices.Contains(helpable, s.Reason)
	}) {
		return
	}
	w := Wanted{Part: it.path, Type: it.typ, TrueType: x.parts[it.line].TrueType, Data: it.data}
	if pixels(it.data) > maxPixels {
		return
	}
	for _, g := range x.wants {
		for _, t := range []string{w.Type, w.TrueType} {
			if ok, err := path.Match(g, t); ok && err == nil {
				x.wanted = append(x.wanted, w)
				return
			}
		}
	}
}

// pixels is the size of a picture by its head, 0 if it cannot be told.
func pixels(b []byte) int64 {
	if bytes.HasPrefix(b, []byte("\x89PNG\r\n\x1a\n")) && len(b) >= 24 { // whatever the rest is like
		return int64(binary.BigEndian.Uint32(b[16:])) * int64(binary.BigEndian.Uint32(b[20:]))
	}
	c, _, err := image.DecodeConfig(bytes.NewReader(b))
	if err != nil {
		return 0
	}
	return int64(c.Width) * int64(c.Height)
}

// help asks the helper for what is wanted. Where it answers, what it was asked for
// is inspected; where it fails, that is a reason of its own.
func (x *extractor) help(h Helper) {
	for _, w := range x.wanted {
		if x.expired(w.Part) {
			return
		}
		text, err := h.Text(x.ctx, w)
		if err != nil {
			x.b.Skip(budget.Skip{Part: w.Part, Reason: budget.ExtractorFailed, Detail: "helper"})
			continue
		}
		x.b.Inspected(w.Part, helpable)
		had := x.had[w.Part]
		x.emit(Text{Part: w.Part, Where: InAttachment, Body: text})
		for i := range x.parts {
			if x.parts[i].Part == w.Part {
				x.parts[i].Text += x.had[w.Part] - had
				break
			}
		}
	}
	x.wanted = nil
}
