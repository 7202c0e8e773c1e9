package detect

import (
	"cmp"
	"slices"

	"labelmilter/internal/extract"
)

// collector chooses among the candidates of a text and groups what stays
// into findings. Its memory is reused.
type collector struct {
	pl    *plan
	types []int   // that have candidates
	first []int32 // per type: its first run + 1, 0 if it has none
	last  []int32 // per type: its last run
	runs  []run
	order []int32 // runs of one type, by falling confidence
	// Of those of one confidence: numbers of candidates, in order of place.
	numbers []int32
	ranks   []ranked
	sorter  sorter
	stay    []chosen
	merged  []chosen

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

// confidence is that of the pattern of a run.
func (c *collector) confidence(cands []candidate, n int32) int {
	return c.pl.patterns[cands[c.runs[n].from].pattern].confidence
}

// ranked lists the candidates of runs of one confidence in order of place, of
// one place the longest first.
func (c *collector) ranked(cands []candidate, runs []int32) []int32 {
	c.numbers = c.numbers[:0]
	if r := &c.runs[runs[0]]; len(runs) == 1 && inPlace(cands[r.from:r.to]) {
		for i := r.from; i < r.to; i++ {
			c.numbers = append(c.numbers, i)
		}
		return c.numbers
	}
	const longest = 1<<24 - 1
	c.ranks = c.ranks[:0]
	for _, n := range runs {
		for i := c.runs[n].from; i < c.runs[n].to; i++ {
			k := &cands[i]
			c.ranks = append(c.ranks, ranked{uint64(k.start)<<24 | uint64(longest-min(k.end-k.start, longest)), i})
		}
	}
	for _, r := range c.sorter.sort(c.ranks, func(i, j int32) int {
		a, b := &cands[i], &cands[j]
		return cmp.Or(cmp.Compare(b.end, a.end), cmp.Compare(a.pattern, b.pattern))
	}) {
		c.numbers = append(c.numbers, r.n)
	}
	return c.numbers
}

// inPlace reports whether candidates begin at rising places.
func inPlace(cands []candidate) bool {
	for i := 1; i < len(cands); i++ {
		if cands[i].start <= cands[i-1].start {
			return false
		}
	}
	return true
}

// chosen is a candidate that stays.
type chosen struct {
	occurrence
	n int32
}

// choose gives the candidates of one type that stay, in order of place: those
// with the highest confidence first, as far as they do not overlap.
func (c *collector) choose(cands []candidate, ty int) []chosen {
	c.stay, c.order = c.stay[:0], c.order[:0]
	if c.first == nil {
		return nil
	}
	for n := c.first[ty]; n != 0; n = c.runs[n-1].next {
		c.order = append(c.order, n-1)
	}
	slices.SortStableFunc(c.order, func(a, b int32) int { return cmp.Compare(c.confidence(cands, b), c.confidence(cands, a)) })
	for from, to := 0, 0; from < len(c.order); from = to {
		confidence := c.confidence(cands, c.order[from])
		for to = from + 1; to < len(c.order) && c.confidence(cands, c.order[to]) == confidence; to++ {
		}
		// What stays of higher confidences does not overlap and is in order,
		// and so is what stays of this one: merge as we go.
		c.merged = c.merged[:0]
		k, last := 0, int32(-1)
		for _, n := range c.ranked(cands, c.order[from:to]) {
			o := cands[n].occurrence
			if o.start < last {
				continue
			}
			for k < len(c.stay) && c.stay[k].end <= o.start {
				c.merged = append(c.merged, c.stay[k])
				k++
			}
			if k < len(c.stay) && c.stay[k].overlaps(o) {
				continue
			}
			c.merged = append(c.merged, chosen{o, n})
			last = o.end
		}
		c.merged = append(c.merged, c.stay[k:]...)
		c.stay, c.merged = c.merged, c.stay
	}
	return c.stay
}
