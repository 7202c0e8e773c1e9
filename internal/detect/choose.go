package detect

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"labelmilter/internal/extract"
	"labelmilter/internal/redact"
	"labelmilter/internal/sit"
)

// collector chooses among the candidates of a text and groups what stays
// into findings.
type collector struct {
	pl       *plan
	groups   map[groupKey]*group
	group    *group // the last one, and its key
	groupKey groupKey
	order    []groupKey
	spans    []occurrence
	merged   []occurrence
	kept     []candidate
	perOwner [][]candidate
	owned    []int
	v        view // of one value
	norm     []byte
}

type groupKey struct {
	typ, confidence int
	part            string
	where           extract.Where
}

type group struct {
	Finding
	unique uniques
	rows   map[uint64]struct{} // of a table
}

// add takes the candidates of one text; arena holds their evidence, rows what
// they found in tables.
func (c *collector) add(t extract.Text, index int, cands []candidate, arena []string, rows []uint64) {
	if len(cands) == 0 {
		return
	}
	if c.perOwner == nil {
		c.perOwner = make([][]candidate, len(c.pl.types))
		c.groups = map[groupKey]*group{}
	}
	for _, k := range cands {
		if c.pl.types[c.pl.patterns[k.pattern].owner].excludes(&t) {
			continue
		}
		for _, o := range c.pl.patterns[k.pattern].owners {
			if len(c.perOwner[o.typ]) == 0 {
				c.owned = append(c.owned, o.typ)
			}
			c.perOwner[o.typ] = append(c.perOwner[o.typ], k)
		}
	}
	for _, ty := range c.owned {
		for _, k := range c.choose(c.perOwner[ty]) {
			c.put(ty, t, index, k, arena, rows)
		}
		c.perOwner[ty] = c.perOwner[ty][:0]
	}
	c.owned = c.owned[:0]
}

// choose gives the candidates of one type that stay, in order of place.
func (c *collector) choose(cands []candidate) []candidate {
	ps := c.pl.patterns
	slices.SortFunc(cands, func(a, b candidate) int {
		return cmp.Or(cmp.Compare(ps[b.pattern].confidence, ps[a.pattern].confidence),
			cmp.Compare(a.start, b.start), cmp.Compare(b.end, a.end), cmp.Compare(a.pattern, b.pattern))
	})
	c.spans, c.kept = c.spans[:0], c.kept[:0]
	for i := 0; i < len(cands); {
		conf := ps[cands[i].pattern].confidence
		// Spans taken by higher confidences are sorted and do not overlap,
		// and so are those of this one: merge as we go.
		c.merged = c.merged[:0]
		k, last := 0, int32(-1)
		for ; i < len(cands) && ps[cands[i].pattern].confidence == conf; i++ {
			o := cands[i].occurrence
			if o.start < last {
				continue
			}
			for k < len(c.spans) && c.spans[k].end <= o.start {
				c.merged = append(c.merged, c.spans[k])
				k++
			}
			if k < len(c.spans) && c.spans[k].overlaps(o) {
				continue
			}
			c.merged = append(c.merged, o)
			last = o.end
			c.kept = append(c.kept, cands[i])
		}
		c.merged = append(c.merged, c.spans[k:]...)
		c.spans, c.merged = c.merged, c.spans
	}
	slices.SortFunc(c.kept, func(a, b candidate) int { return cmp.Compare(a.start, b.start) })
	return c.kept
}

// put counts one instance of a type.
func (c *collector) put(ty int, t extract.Text, index int, k candidate, arena []string, rows []uint64) {
	p := &c.pl.patterns[k.pattern]
	key := groupKey{ty, p.confidence, t.Part, t.Where}
	g := c.group
	if g == nil || key != c.groupKey {
		g = c.groups[key]
	}
	if g == nil {
		d := &c.pl.types[ty]
		g = &group{
			Finding: Finding{Type: d.id, Name: d.name, Kind: d.kind, Confidence: p.confidence, Level: sit.Level(p.confidence), Part: t.Part, Where: t.Where},
		}
		c.groups[key] = g
		c.order = append(c.order, key)
	}
	c.group, c.groupKey = g, key
	g.Count++
	value := t.Body[k.span.Start:k.span.End]
	c.norm = c.normal(c.norm[:0], value)
	g.unique.add(c.norm)
	for _, r := range rows[k.rows : k.rows+k.rowCount] {
		if g.rows == nil {
			g.rows = map[uint64]struct{}{}
		}
		g.rows[r] = struct{}{}
	}
	for _, e := range arena[k.evidence : k.evidence+k.count] {
		if !slices.Contains(g.Evidence, e) {
			g.Evidence = append(g.Evidence, e)
		}
	}
	if len(g.Instances) >= MaxInstances {
		return
	}
	own := strings.Clone(value)
	normal := own
	if own != string(c.norm) {
		normal = string(c.norm)
	}
	in := Instance{Span: k.span, Text: index, Value: redact.New(own), Normal: redact.New(normal), Confidence: p.confidence}
	for _, o := range p.owners {
		if o.typ == ty {
			in.Pattern = o.index
		}
	}
	g.Instances = append(g.Instances, in)
}

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

// findings gives everything collected.
func (c *collector) findings() []Finding {
	out := make([]Finding, 0, len(c.order))
	for _, k := range c.order {
		g := c.groups[k]
		g.Unique = len(g.unique.ends)
		if g.rows != nil {
			g.Unique, g.Rows = len(g.rows), slices.Sorted(maps.Keys(g.rows))
		}
		slices.Sort(g.Evidence)
		out = append(out, g.Finding)
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Type, b.Type), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Where, b.Where), cmp.Compare(b.Confidence, a.Confidence))
	})
	return out
}
