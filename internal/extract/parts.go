package extract

import (
	"context"
	"strings"
	"unicode/utf8"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/htmltext"
	"labelmilter/internal/message"
)

// extractor is the state of one message's extraction.
type extractor struct {
	ctx     context.Context
	b       *budget.Budget
	lease   *budget.Lease
	readers []reader
	apart   Apart
	wants   []string // media types that a helper takes
	wanted  []Wanted // for it
	texts   []Text
	parts   []PartInfo
	had     map[string]int64 // text kept by part
	second  bool             // a second reading is in hand
	late    bool             // the context has ended

	labels     []document.Label
	properties []document.Property
	metadata   int64 // bytes of properties kept
}

func newExtractor(ctx context.Context, b *budget.Budget, lease *budget.Lease) *extractor {
	b.Lend(lease)
	return &extractor{ctx: ctx, b: b, lease: lease, readers: table(), had: map[string]int64{}}
}

// part reads p and everything below it. inside is set within a message in the
// message.
func (x *extractor) part(p, root *message.Part, inside bool) {
	if x.expired(p.Path) {
		return
	}
	if p != root && !p.Alternative {
		for _, f := range p.Header {
			x.field(p.Path, f)
		}
	}
	if !p.Alternative {
		for _, n := range p.Names {
			x.emit(Text{Part: p.Path, Where: InName, Body: n})
		}
	}
	for _, e := range p.Extra {
		t := charset.Decode(e.Raw, "")
		x.emit(Text{Part: p.Path, Where: InHidden, Body: strings.TrimSpace(t.UTF8)})
		x.emit(Text{Part: p.Path, Where: InHidden, Body: strings.TrimSpace(t.Other)})
	}
	was := x.second
	x.second = x.second || p.Alternative
	if p.IsLeaf() {
		x.leaf(p, inside)
	}
	for _, c := range p.Children {
		reread := c.Alternative && !p.Alternative
		x.part(c, root, inside || !reread && !strings.HasPrefix(p.Type, "multipart/"))
	}
	x.second = was
}

// leaf reads a part with content of its own.
func (x *extractor) leaf(p *message.Part, inside bool) {
	if !x.b.Part(p.Path) {
		return
	}
	it := &item{path: p.Path, typ: p.Type, charset: p.Charset, params: p.Params, names: p.Names, where: InAttachment, depth: p.Depth}
	if (p.Type == "text/plain" || p.Type == "text/html") && p.Disp != "attachment" && len(p.Names) == 0 && !inside {
		it.where = InBody
	}
	if strings.HasPrefix(p.Type, "multipart/") || unparsed(p) {
		// Nothing in it could be read as parts; what there is was given as
		// loose text.
		x.parts = append(x.parts, PartInfo{Part: p.Path, Type: p.Type, Name: it.name(), OtherNames: it.otherNames(), Bytes: int64(len(p.Raw)), Facts: []document.Fact{}})
		return
	}
	it.data, it.own = p.Decoded(x.b), p.Encoded()
	x.leafItem(it)
}

// unparsed reports a part that a limit kept from being opened.
func unparsed(p *message.Part) bool {
	for _, e := range p.Extra {
		if e.Kind == message.LooseUnparsed {
			return true
		}
	}
	return false
}

// expired reports that the context has ended, and records it once.
func (x *extractor) expired(path string) bool {
	if !x.late && x.ctx.Err() != nil {
		x.late = true
		x.b.Skip(budget.Skip{Part: path, Reason: budget.Time})
	}
	return x.late
}

// field writes one header field, decoded.
func (x *extractor) field(path string, f message.Field) {
	body, known := message.DecodeWords(f.Raw)
	if !known {
		x.b.Skip(budget.Skip{Part: path, Reason: budget.UnknownCharset, Detail: "header"})
	}
	t := Text{Part: path, Where: InHeader, Name: strings.ToValidUTF8(f.Name, "\uFFFD"), Body: body}
	if path == "" && f.Is("Subject") {
		t.Where = InSubject
	}
	x.emit(t)
}

// emit keeps a text within the budget. Empty texts, and a second reading that
// says the same as the first, are dropped.
func (x *extractor) emit(t Text) {
	if strings.IndexByte(t.Body, 0) >= 0 {
		// Clients drop NUL, so "4111\x001111" is one number. Offsets in
		// Unseen do not survive that.
		t.Body, t.Unseen = strings.ReplaceAll(t.Body, "\x00", ""), nil
	}
	if t.Body == "" || x.second && x.has(t) {
		return
	}
	n := int64(len(t.Body))
	if kept := x.b.Text(t.Part, x.had[t.Part], n); kept < n {
		for kept > 0 && !utf8.RuneStart(t.Body[kept]) {
			kept--
		}
		t.Body = t.Body[:kept]
		t.Unseen = clip(t.Unseen, int(kept))
		n = kept
	}
	if n == 0 {
		return
	}
	x.had[t.Part] += n
	x.texts = append(x.texts, t)
}

// has reports that the part has the same text already.
func (x *extractor) has(t Text) bool {
	for i := len(x.texts) - 1; i >= 0 && x.texts[i].Part == t.Part; i-- {
		if x.texts[i].Where == t.Where && x.texts[i].Body == t.Body {
			return true
		}
	}
	return false
}

// clip cuts ranges at n.
func clip(rs []htmltext.Range, n int) []htmltext.Range {
	for i, r := range rs {
		if r.To <= n {
			continue
		}
		if r.From >= n {
			return rs[:i]
		}
		out := append([]htmltext.Range(nil), rs[:i+1]...)
		out[i].To = n
		return out
	}
	return rs
}
