package detect

import (
	"cmp"
	"math"

	"labelmilter/internal/extract"
)

// collector chooses among the candidates of a text and groups what stays
// into findings. Its memory is reused.
type collector struct {
	pl     *plan
	types  []int   // that have candidates
	first  []int32 // per type: its first run + 1, 0 if it has none
	last   []int32 // per type: its last run
	runs   []run
	spans  []occurrence
	merged []occurrence
	ranks  []ranked // candidates of one type
	kept   []ranked
	sorter sorter

	groups []group // in order of their first instance
	byKey  map[groupKey]int32
	unique uniques
	list   []listed
	text   []byte // of what is listed
	v      view   // of one value
	norm   []byte
}

// run are candidates of one pattern that follow each other.
type run struct {
	from, to int32
	next     int32 // run of the same type + 1, 0 if it is the last
}

// add takes the candidates of one text; arena holds their evidence, rows what
// they found in tables.
func (c *collector) add(t *extract.Text, index int, cands []candidate, arena []int32, rows []uint64) {
	c.unique.begin()
	for from, to := 0, 0; from < len(cands); from = to {
		p := &c.pl.patterns[cands[from].pattern]
		for to = from + 1; to < len(cands) && cands[to].pattern == cands[from].pattern; to++ {
		}
		if c.pl.types[p.owner].excludes(t) {
			continue
		}
		for _, o := range p.owners {
			c.addRun(o.typ, int32(from), int32(to))
		}
	}
	for _, ty := range c.types {
		pattern := int32(-1)
		var in place
		for _, k := range c.choose(cands, ty) {
			k := &cands[k.n]
			if k.pattern != pattern {
				pattern = k.pattern
				in = c.placeOf(ty, pattern, t)
			}
			c.put(&in, t, index, k, arena, rows)
		}
		c.first[ty] = 0
	}
	c.types, c.runs = c.types[:0], c.runs[:0]
}

// addRun adds candidates of one pattern to a type.
func (c *collector) addRun(ty int, from, to int32) {
	if c.first == nil {
		c.first, c.last = make([]int32, len(c.pl.types)), make([]int32, len(c.pl.types))
	}
	c.runs = append(c.runs, run{from: from, to: to})
	n := int32(len(c.runs))
	if c.first[ty] == 0 {
		c.types = append(c.types, ty)
		c.first[ty] = n
	} else {
		c.runs[c.last[ty]].next = n
	}
	c.last[ty] = n - 1
}

// rank makes keys whose order is that of falling confidence, then of place, then
// of falling length, as far as it counts.
func (c *collector) rank(cands []candidate, first int32) []ranked {
	const longest = 1<<24 - 1
	c.ranks = c.ranks[:0]
	for n := first; n != 0; n = c.runs[n-1].next {
		r := &c.runs[n-1]
		confidence := uint64(math.MaxUint8-c.confidence(cands, r)) << 56
		for i := r.from; i < r.to; i++ {
			k := &cands[i]
			c.ranks = append(c.ranks, ranked{confidence | uint64(k.start)<<24 | uint64(longest-min(k.end-k.start, longest)), i})
		}
	}
	return c.sorter.sort(c.ranks, func(i, j int32) int {
		a, b := &cands[i], &cands[j]
		return cmp.Or(cmp.Compare(b.end, a.end), cmp.Compare(a.pattern, b.pattern))
	})
}

// simple reports whether candidates of one type are of one confidence, stand
// in order of place and do not overlap: all are kept.
func (c *collector) simple(cands []candidate, first int32) bool {
	c.kept = c.kept[:0]
	confidence, last := c.confidence(cands, &c.runs[first-1]), int32(-1)
	for n := first; n != 0; n = c.runs[n-1].next {
		r := &c.runs[n-1]
		if c.confidence(cands, r) != confidence {
			return false
		}
		for i := r.from; i < r.to; i++ {
			k := &cands[i]
			if k.start < last {
				return false
			}
			last = k.end
			c.kept = append(c.kept, ranked{n: i})
		}
	}
	return true
}

func (c *collector) confidence(cands []candidate, r *run) int {
	return c.pl.patterns[cands[r.from].pattern].confidence
}

// choose gives the candidates of one type that stay, by their numbers in order
// of place.
func (c *collector) choose(cands []candidate, ty int) []ranked {
	if c.first == nil || c.first[ty] == 0 {
		return nil
	}
	first := c.first[ty]
	if c.simple(cands, first) {
		return c.kept
	}
	list := c.rank(cands, first)
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
