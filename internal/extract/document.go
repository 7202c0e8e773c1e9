package extract

import (
	"unicode/utf8"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/document"
)

// fewLetters is the shown text below which a document with images counts as
// images only.
const fewLetters = 20

// document reads a document into the message's texts.
func (x *extractor) document(it *item, read func(document.Sink) int) {
	s := &sink{x: x, it: it}
	if read(s) < fewLetters && s.images > 0 {
		x.fact(it, document.ImageOnly)
		x.b.Skip(budget.Skip{Part: it.path, Reason: budget.ImageOnly})
	}
}

// sink takes what a document reader finds.
type sink struct {
	x      *extractor
	it     *item
	images int
}

func (s *sink) Text(p document.Place, body string) {
	where := InAttachment
	if p == document.Hidden {
		where = InHidden
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

// Embed reads embedded content as a member; its bytes are paid for.
func (s *sink) Embed(name string, data []byte, decoration bool) {
	m := s.it.next("application/octet-stream")
	m.names, m.data = []string{name}, data
	if s.x.expired(m.path) || !s.x.b.Part(m.path) {
		return
	}
	if decoration {
		s.images++
		s.x.list(m)
		return
	}
	if s.x.b.Enter(m.path, m.depth) {
		s.x.memberItem(m)
	}
}

func (s *sink) Fact(f document.Fact) {
	if f == document.Encrypted {
		s.x.encrypted(s.it)
		return
	}
	s.x.fact(s.it, f)
}

func (s *sink) Damaged(piece string) {
	if s.it.short {
		return // the reason for that is recorded
	}
	s.x.b.Skip(budget.Skip{Part: s.it.path, Reason: budget.Corrupt, Detail: piece})
}

// Room is what the part's text limit leaves.
func (s *sink) Room() int {
	return int(max(s.x.b.TextPart-s.x.had[s.it.path], 0))
}
