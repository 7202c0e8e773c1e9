package extract

import (
	"io"
	"strings"
	"unicode/utf8"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
)

// fewLetters is the shown text below which a document with images counts as
// images only.
const fewLetters = 20

// document reads a document into the message's texts. A panic of the reader
// costs the rest of the document, never the message.
func (x *extractor) document(it *item, read func(document.Sink)) {
	x.guard(it, func() {
		s := &sink{x: x, it: it}
		read(s)
		if s.shown < fewLetters && s.images > 0 {
			s.Fact(document.ImageOnly)
		}
	})
}

// reads makes an entry of the table of readers out of a document reader.
func reads(read func([]byte, document.Sink)) func(*extractor, *item) {
	return func(x *extractor, it *item) {
		x.document(it, func(s document.Sink) { read(it.data, s) })
	}
}

// sink takes what a document reader finds.
type sink struct {
	x      *extractor
	it     *item
	images int
	shown  int // bytes of shown text
}

var _ document.Sink = (*sink)(nil)

func (s *sink) Text(p document.Place, body string) {
	where := InAttachment
	if p == document.Hidden {
		where = InHidden
	} else {
		s.shown += len(strings.TrimSpace(body))
	}
	s.x.emit(Text{Part: s.it.path, Where: where, Body: body})
}

// Property keeps a property within the limits for metadata.
func (s *sink) Property(p document.Property) {
	b := s.x.b
	p.Part = s.it.path
	n := int64(len(p.Name) + len(p.Value))
	if room := min(b.MetadataValue, b.MetadataTotal-s.x.metadata); n > room {
		b.Skip(budget.Skip{Part: p.Part, Reason: budget.MetadataLimit, Limit: min(b.MetadataValue, b.MetadataTotal), Value: n})
		p.Name = cut(p.Name, room)
		p.Value = cut(p.Value, room-int64(len(p.Name)))
		n = int64(len(p.Name) + len(p.Value))
	}
	if n == 0 {
		return
	}
	s.x.metadata += n
	s.x.properties = append(s.x.properties, p)
	body := p.Value
	if p.Source == "custom" || p.Source == "meta" {
		body = p.Name + ": " + p.Value // people choose these names: they may say what the value is
	}
	s.x.emit(Text{Part: p.Part, Where: InProperty, Name: p.Name, Body: body})
}

// cut gives at most n bytes of s, whole characters.
func cut(s string, n int64) string {
	if n >= int64(len(s)) {
		return s
	}
	n = max(n, 0)
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func (s *sink) Label(l document.Label) {
	l.Part = s.it.path
	s.x.labels = append(s.x.labels, l)
}

func (s *sink) Embed(e document.Embedded) {
	typ := strings.ToLower(e.Type)
	if typ == "" {
		typ = "application/octet-stream"
	}
	m := s.it.next(typ)
	m.names, m.charset, m.data = e.Names, e.Charset, e.Data
	if s.x.expired(m.path) || !s.x.b.Part(m.path) {
		return
	}
	if e.Decoration {
		s.x.list(m)
		if !s.x.drawing(m) {
			s.images++
		}
		return
	}
	if s.x.b.Enter(m.path, m.depth) {
		s.x.memberItem(m)
	}
}

func (s *sink) Fact(f document.Fact) {
	s.x.fact(s.it, f)
	switch f {
	case document.Encrypted:
		s.Skip(budget.Encrypted, "")
	case document.ImageOnly:
		s.Skip(budget.ImageOnly, "")
	}
}

func (s *sink) Skip(r budget.Reason, detail string) {
	s.x.b.Skip(budget.Skip{Part: s.it.path, Reason: r, Detail: detail})
}

func (s *sink) Damaged(piece string) {
	if s.it.short {
		return // the reason for that is recorded
	}
	s.Skip(budget.Corrupt, piece)
}

// Room is what the part's text limit leaves.
func (s *sink) Room() int {
	return int(max(s.x.b.TextPart-s.x.had[s.it.path], 0))
}

func (s *sink) Unpack(r io.Reader, packed int64) ([]byte, error) {
	data, whole, err := s.x.read(s.it.path, r, packed)
	if !whole {
		s.it.short = true
		return data, document.ErrCut
	}
	return data, err
}

func (s *sink) Expand(had, n int64) int64 {
	got := s.x.b.Expand(s.it.path, had, n)
	s.it.short = s.it.short || got < n
	return got
}

func (s *sink) Ended() bool { return s.x.expired(s.it.path) }
