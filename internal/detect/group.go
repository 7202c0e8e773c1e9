package detect

import (
	"cmp"
	"maps"
	"slices"
	"unicode/utf8"
	"unsafe"

	"labelmilter/internal/extract"
	"labelmilter/internal/redact"
	"labelmilter/internal/sit"
)

type groupKey struct {
	typ, confidence int
	part            string
	where           extract.Where
}

// group is a finding in the making.
type group struct {
	Finding
	rows     map[uint64]struct{} // of a table
	list     int                 // instances that are listed
	evidence []int32             // labels
	last     int32               // number of the last value, -1 if there is none
}

// listed is an instance of a finding in the making.
type listed struct {
	span                 occurrence // in bytes
	text, pattern, group int32
	value, normal        piece
}

// piece is a piece of the text of a collector.
type piece struct{ from, to int32 }

// place is where instances of a type by one of its patterns are counted.
type place struct {
	group   int32
	pattern int32 // index into those of the type
}

// placeOf finds the place of a type and pattern in a text.
func (c *collector) placeOf(ty int, pattern int32, t *extract.Text) place {
	p := &c.pl.patterns[pattern]
	key := groupKey{ty, p.confidence, t.Part, t.Where}
	n, ok := c.byKey[key]
	if !ok {
		if c.byKey == nil {
			c.byKey = map[groupKey]int32{}
		}
		n = int32(len(c.groups))
		c.byKey[key] = n
		d := &c.pl.types[ty]
		c.groups = append(c.groups, group{last: -1,
			Finding: Finding{Type: d.id, Name: d.name, Kind: d.kind, Confidence: p.confidence, Level: sit.Level(p.confidence), Part: t.Part, Where: t.Where},
		})
	}
	out := place{group: n}
	for _, o := range p.owners {
		if o.typ == ty {
			out.pattern = int32(o.index)
		}
	}
	return out
}

// put counts one instance.
func (c *collector) put(in *place, t *extract.Text, index int, k *candidate, arena []int32, rows []uint64) {
	g := &c.groups[in.group]
	g.Count++
	value := t.Body[k.span.start:k.span.end]
	at, known := c.unique.at(k.span)
	if !known {
		c.norm = c.normal(c.norm[:0], value)
		*at = seenAt{k.span, c.unique.round, c.unique.number(c.norm)}
	}
	if at.value != g.last {
		g.last = at.value
		if c.unique.add(in.group, at.value) {
			g.Unique++
		}
	}
	for _, r := range rows[k.rows : k.rows+k.rowCount] {
		if g.rows == nil {
			g.rows = map[uint64]struct{}{}
		}
		g.rows[r] = struct{}{}
	}
	for _, e := range arena[k.evidence.from : k.evidence.from+k.evidence.count] {
		if !slices.Contains(g.evidence, e) {
			g.evidence = append(g.evidence, e)
		}
	}
	if g.list == MaxInstances {
		return
	}
	g.list++
	u := &c.unique.values[at.value]
	norm := c.unique.text[u.from:u.to]
	if from := len(c.text); u.normal.to == 0 {
		c.text = append(c.text, norm...)
		u.normal = c.since(from)
	}
	l := listed{span: k.span, text: int32(index), group: in.group, pattern: in.pattern, value: u.normal, normal: u.normal}
	if from := len(c.text); value != string(norm) {
		c.text = append(c.text, value...)
		l.value = c.since(from)
	}
	c.list = append(c.list, l)
}

// since gives the text that was appended from a place on.
func (c *collector) since(from int) piece { return piece{int32(from), int32(len(c.text))} }

// normal appends the normalised form of a value.
func (c *collector) normal(dst []byte, value string) []byte {
	for i := range len(value) {
		switch b := value[i]; {
		case b >= 'a' && b <= 'z':
			dst = append(dst, b-32)
		case b >= 'A' && b <= 'Z', b >= '0' && b <= '9':
			dst = append(dst, b)
		case b >= utf8.RuneSelf:
			c.v.set(c.pl.table, value)
			return c.v.normal(dst[:0], 0, len(c.v.Shadow))
		}
	}
	return dst
}

// Up to so many findings, and so many bytes, memory for them is kept.
const (
	keepGroups = 1 << 10
	keepBytes  = keep
)

// size is about how many bytes of memory a collector holds, findings aside.
func (c *collector) size() int {
	const number = 4
	return cap(c.list)*int(unsafe.Sizeof(listed{})) + cap(c.text) + c.unique.size() +
		cap(c.runs)*int(unsafe.Sizeof(run{})) + cap(c.numbers)*number + (cap(c.stay)+cap(c.merged))*3*number + (cap(c.ranks)+cap(c.sorter.spare))*int(unsafe.Sizeof(ranked{}))
}

// forget drops everything collected: mail content does not outlive its
// message.
func (c *collector) forget() {
	if len(c.groups) == 0 {
		return
	}
	if len(c.groups) > keepGroups || c.size() > keepBytes {
		*c = collector{pl: c.pl}
		return
	}
	clear(c.groups)
	clear(c.byKey)
	c.unique.forget()
	c.groups, c.list, c.text, c.norm = c.groups[:0], c.list[:0], c.text[:0], c.norm[:0]
	c.v.Orig = ""
}

// findings gives everything collected. Their instances share their memory.
func (c *collector) findings() []Finding {
	out := make([]Finding, 0, len(c.groups))
	instances, text := make([]Instance, len(c.list)), string(c.text)
	from := 0
	for i := range c.groups {
		g := &c.groups[i]
		g.Instances = instances[from : from : from+g.list]
		from += g.list
	}
	for i := range c.list {
		k := &c.list[i]
		g := &c.groups[k.group]
		g.Instances = append(g.Instances, Instance{Span: Span{int(k.span.start), int(k.span.end)}, Text: int(k.text), Confidence: g.Confidence, Pattern: int(k.pattern),
			Value: redact.New(text[k.value.from:k.value.to]), Normal: redact.New(text[k.normal.from:k.normal.to])})
	}
	for i := range c.groups {
		g := &c.groups[i]
		if g.rows != nil {
			g.Unique, g.Rows = len(g.rows), slices.Sorted(maps.Keys(g.rows))
		}
		if len(g.evidence) > 0 {
			g.Evidence = make([]string, len(g.evidence))
			for k, e := range g.evidence {
				g.Evidence[k] = c.pl.labels[e]
			}
			slices.Sort(g.Evidence)
		}
		out = append(out, g.Finding)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Where, b.Where), cmp.Compare(b.Confidence, a.Confidence))
	})
	return out
}
