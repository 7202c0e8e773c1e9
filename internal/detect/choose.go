package detect

import (
	"cmp"
	"math"
	"slices"

	"labelmilter/internal/extract"
)

// collector chooses among the candidates of a text and groups what stays
// into findings. Its memory is reused.
type collector struct {
	pl     *plan
	owned  []int32 // numbers of candidates, by type
	counts []int   // per type: its candidates; then where they end
	types  []int   // that have candidates
	spans  []occurrence
	merged []occurrence
	ranks  []ranked // candidates of one type
	kept   []ranked
	sorter sorter

	groups []group // in order of their first instance
	byKey  map[groupKey]int32
	last   int32 // the last one, and its key
	key    groupKey
	unique uniques
	list   []listed
	text   []byte // of what is listed
	v      view   // of one value
	norm   []byte
}

// add takes the candidates of one text; arena holds their evidence, rows what
// they found in tables.
func (c *collector) add(t *extract.Text, index int, cands []candidate, arena []string, rows []uint64) {
	if c.counts == nil {
		c.counts = make([]int, len(c.pl.types))
	}
	c.unique.begin()
	total := 0
	for i := range cands {
		for _, o := range c.ownersOf(&cands[i], t) {
			if c.counts[o.typ] == 0 {
				c.types = append(c.types, o.typ)
			}
			c.counts[o.typ]++
			total++
		}
	}
	from := 0
	for _, ty := range c.types {
		from, c.counts[ty] = from+c.counts[ty], from
	}
	c.owned = slices.Grow(c.owned[:0], total)[:total]
	for i := range cands {
		for _, o := range c.ownersOf(&cands[i], t) {
			c.owned[c.counts[o.typ]] = int32(i)
			c.counts[o.typ]++
		}
	}
	from = 0
	for _, ty := range c.types {
		to := c.counts[ty]
		for _, k := range c.choose(cands, c.owned[from:to]) {
			c.put(ty, t, index, &cands[k.n], arena, rows)
		}
		from, c.counts[ty] = to, 0
	}
	c.types = c.types[:0]
}

// ownersOf gives the types that count a candidate in a text.
func (c *collector) ownersOf(k *candidate, t *extract.Text) []ref {
	p := &c.pl.patterns[k.pattern]
	if c.pl.types[p.owner].excludes(t) {
		return nil
	}
	return p.owners
}

// rank makes keys whose order is that of falling confidence, then of place, then
// of falling length, as far as it counts.
func (c *collector) rank(cands []candidate, own []int32) []ranked {
	const longest = 1<<24 - 1
	c.ranks = c.ranks[:0]
	for _, i := range own {
		k := &cands[i]
		key := uint64(math.MaxUint8-c.pl.patterns[k.pattern].confidence)<<56 | uint64(k.start)<<24 | uint64(longest-min(k.end-k.start, longest))
		c.ranks = append(c.ranks, ranked{key, i})
	}
	return c.sorter.sort(c.ranks, func(i, j int32) int {
		a, b := &cands[i], &cands[j]
		return cmp.Or(cmp.Compare(b.end, a.end), cmp.Compare(a.pattern, b.pattern))
	})
}

// simple reports whether candidates of one type are of one confidence, stand
// in order of place and do not overlap: all are kept.
func (c *collector) simple(cands []candidate, own []int32) bool {
	c.kept = c.kept[:0]
	pattern, last := cands[own[0]].pattern, int32(-1)
	for _, i := range own {
		k := &cands[i]
		if k.start < last || k.pattern != pattern && c.pl.patterns[k.pattern].confidence != c.pl.patterns[pattern].confidence {
			return false
		}
		last = k.end
		c.kept = append(c.kept, ranked{n: i})
	}
	return true
}

// choose gives those of one type that stay, in order of place: own and what it
// gives are numbers of candidates.
func (c *collector) choose(cands []candidate, own []int32) []ranked {
	if len(own) == 0 {
		return nil
	}
	if c.simple(cands, own) {
		return c.kept
	}
	list := c.rank(cands, own)
	c.spans, c.kept = c.spans[:0], c.kept[:0]
	for i := 0; i < len(list); {
		conf := list[i].key >> 56
		// Spans taken by higher confidences are sorted and do not overlap,
		// and so are those of this one: merge as we go.
		c.merged = c.merged[:0]
		k, last := 0, int32(-1)
		for ; i < len(list) && list[i].key>>56 == conf; i++ {
			o := cands[list[i].n].occurrence
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
			c.kept = append(c.kept, ranked{uint64(o.start), list[i].n})
		}
		c.merged = append(c.merged, c.spans[k:]...)
		c.spans, c.merged = c.merged, c.spans
	}
	return c.sorter.sort(c.kept, nil)
}
