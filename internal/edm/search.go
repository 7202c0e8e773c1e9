package edm

import (
	"fmt"
	"slices"
	"sort"

	"labelmilter/internal/match/fold"
)

// Table is a store as a rule set sees it: columns in the order of the rule
// set's definition.
type Table struct {
	*Store
	columns []int // of the definition → of the store
}

// Bind fits a definition to the store. Columns that the definition names must
// be in the store, with the same meaning.
func (s *Store) Bind(def *Schema) (*Table, error) {
	t := &Table{Store: s}
	for i := range def.Columns {
		d := &def.Columns[i]
		c := s.meta.Schema.Index(d.Name)
		if c < 0 {
			return nil, fmt.Errorf("%w: %s has no column %q: build it anew with the schema of the rules", ErrUnavailable, s.path, d.Name)
		}
		have, want := s.meta.Schema.Columns[c], *d
		have.FoundBy, want.FoundBy = "", ""
		if have != want {
			return nil, fmt.Errorf("%w: %s: column %q is normalised otherwise than the rules say: build it anew", ErrUnavailable, s.path, d.Name)
		}
		t.columns = append(t.columns, c)
	}
	return t, nil
}

// Search finds rows and their values in one text after another. It is not
// safe for concurrent use.
type Search struct {
	t         *Table
	cells     *cells
	text      *fold.Text
	classes   []class
	classOf   []int // column of the store → class
	regions   []region
	rows      []Row
	gaps      []int32
	spans     []Place
	outGaps   []int32
	outPlaces []Place
	byKey     map[classKey]int

	// Steps counts the work done, about a nanosecond each, for the caller's
	// budget.
	Steps int64
	// Truncated is set when a value had more rows than are looked at.
	Truncated bool
}

// Place is where a value stands, in characters of the folded text.
type Place struct{ Start, End int32 }

type region struct{ lo, hi int }

// class is what columns with equal normalisers share.
type class struct {
	col     *Column // the first of them
	columns []int   // of the store
	lengths uint64  // of all of them
	most    int     // tokens of the longest
	tokens  []token // words
	values  []typedValue
	tok     tokenizer
}

// classKey tells classes apart.
type classKey struct {
	words              bool
	class              wordClass
	typ                Type
	order, countryCode string
}

type typedValue struct {
	hash       uint64
	start, end int32
	n          uint8
}

// NewSearch makes a search over a table.
func NewSearch(t *Table) *Search {
	s := &Search{t: t, cells: newCells(t.keys, &t.meta.Schema), byKey: map[classKey]int{}}
	cols := t.meta.Schema.Columns
	s.classOf = make([]int, len(cols))
	s.gaps, s.spans = make([]int32, len(cols)), make([]Place, len(cols))
	for i := range cols {
		c := &cols[i]
		k := classKey{words: c.words(), typ: c.Type, order: c.Order, countryCode: c.CountryCode}
		if k.words {
			k.typ, k.class = "", c.class()
		}
		at, ok := s.byKey[k]
		if !ok {
			at = len(s.classes)
			s.byKey[k] = at
			s.classes = append(s.classes, class{col: c, tok: tokenizer{k: t.keys, class: c.class()}})
		}
		cl := &s.classes[at]
		cl.columns = append(cl.columns, i)
		cl.lengths |= t.lengths[i]
		s.classOf[i] = at
	}
	for i := range s.classes {
		for n := maxWeight; n > 0 && s.classes[i].most == 0; n-- {
			if s.classes[i].lengths>>(n-1)&1 != 0 {
				s.classes[i].most = n
			}
		}
	}
	return s
}

// Table is what is searched.
func (s *Search) Table() *Table { return s.t }

// Rows gives the rows whose value in a column of the definition is the given
// piece of text, and its normalised form. They are valid until the next call.
func (s *Search) Rows(column int, text string) (rows []Row, form []byte) {
	c := s.t.columns[column]
	idx := s.t.byColumn[c]
	if idx < 0 {
		return nil, nil
	}
	s.rows = s.rows[:0]
	v, why := s.cells.of(c, text)
	if why != "" {
		return nil, nil
	}
	form = v.form
	more := false
	s.rows, more = s.t.find(idx, s.cells.search(c, form), s.rows)
	col := &s.t.meta.Schema.Columns[c]
	if len(s.rows) == 0 && col.Type == Phone && col.CountryCode != "" {
		// A national number may be written like an international one.
		phoneForms(col, digitsOf(text), false, true, func(f []byte) {
			if len(s.rows) == 0 {
				s.rows, more = s.t.find(idx, s.cells.search(c, f), s.rows)
			}
		})
	}
	s.Steps += int64(4 + len(s.rows))
	s.Truncated = s.Truncated || more
	return s.rows, form
}

func digitsOf(text string) (out []byte) {
	for i := range len(text) {
		if text[i]-'0' < 10 {
			out = append(out, text[i])
		}
	}
	return out
}

// What things cost, in steps.
const (
	stepsPerChar = 8  // cutting text into tokens and values
	stepsPerRun  = 3  // one run of words
	stepsPerTag  = 12 // comparing it with a column of a row
)

// reach is how many characters beyond the proximity are looked at, for values
// that begin or end there.
const reach = 512

// Prepare reads the text around places where rows were found, so that Near
// can be asked about them. Proximity is in characters, below 0 the whole text.
func (s *Search) Prepare(text *fold.Text, places []Place, proximity int) {
	s.text = text
	n := len(text.Shadow)
	s.regions = s.regions[:0]
	if proximity < 0 || proximity > n {
		s.regions = append(s.regions, region{0, n})
		places = nil
	}
	for _, p := range places {
		r := region{max(0, int(p.Start)-proximity-reach), min(n, int(p.End)+proximity+reach)}
		for k := 0; k < 64 && r.lo > 0 && fold.Alnum(text.Shadow[r.lo-1]); k++ {
			r.lo--
		}
		for k := 0; k < 64 && r.hi < n && fold.Alnum(text.Shadow[r.hi]); k++ {
			r.hi++
		}
		s.regions = append(s.regions, r)
	}
	slices.SortFunc(s.regions, func(a, b region) int { return a.lo - b.lo })
	merged := s.regions[:0]
	for _, r := range s.regions {
		if k := len(merged) - 1; k >= 0 && r.lo <= merged[k].hi {
			merged[k].hi = max(merged[k].hi, r.hi)
			continue
		}
		merged = append(merged, r)
	}
	s.regions = merged
	for i := range s.classes {
		c := &s.classes[i]
		c.tokens, c.values = c.tokens[:0], c.values[:0]
		if c.most == 0 {
			continue
		}
		for _, r := range s.regions {
			s.Steps += stepsPerChar * int64(r.hi-r.lo)
			if c.col.words() {
				s.words(c, r)
			} else {
				s.typed(c, r)
			}
		}
	}
}

func (s *Search) words(c *class, r region) {
	from, to := s.text.Start(r.lo), len(s.text.Orig)
	if r.hi < len(s.text.Shadow) {
		to = s.text.Start(r.hi)
	}
	c.tok.run(s.text.Orig[from:to])
	m := shadowMap{br: s.text.Breaks}
	for _, t := range c.tok.out {
		t.start, t.end = m.at(from+int(t.start)), m.at(from+int(t.end))
		c.tokens = append(c.tokens, t)
	}
}

// shadowMap turns rising offsets of a text into places of its folded form.
type shadowMap struct {
	br []fold.Break
	k  int // breaks at or before the last offset
}

func (m *shadowMap) at(off int) int32 {
	if m.k == 0 && len(m.br) > 32 {
		m.k = sort.Search(len(m.br), func(i int) bool { return int(m.br[i].Orig) > off })
	}
	for m.k < len(m.br) && int(m.br[m.k].Orig) <= off {
		m.k++
	}
	for m.k > 0 && int(m.br[m.k-1].Orig) > off {
		m.k--
	}
	if m.k == 0 {
		return int32(off)
	}
	b := m.br[m.k-1]
	at := b.Shadow + int32(off) - b.Orig
	if m.k < len(m.br) {
		at = min(at, m.br[m.k].Shadow)
	}
	return at
}

func (s *Search) typed(c *class, r region) {
	typed(c.col, s.text.Shadow, r.lo, r.hi, func(form []byte, start, end int) {
		n := length(form)
		if n == 0 || c.lengths>>(n-1)&1 == 0 {
			return
		}
		c.values = append(c.values, typedValue{s.cells.typedHash(form), int32(start), int32(end), uint8(n)})
	})
}

// Near finds the values of a row around a place: for each column of the
// definition the distance in characters to the nearest, -1 if it is not
// there, and where it stands. What overlaps the place does not count; the
// column by which the row was found is left out. Both are valid until the next
// call.
func (s *Search) Near(row Row, found int, at Place, proximity int) (gaps []int32, places []Place) {
	for i := range s.gaps {
		s.gaps[i] = -1
	}
	skip := s.t.columns[found]
	for i := range s.classes {
		c := &s.classes[i]
		if c.col.words() {
			s.nearWords(c, row, skip, at, proximity)
		} else {
			s.nearTyped(c, row, skip, at, proximity)
		}
	}
	s.outGaps, s.outPlaces = s.outGaps[:0], s.outPlaces[:0]
	for _, c := range s.t.columns {
		s.outGaps, s.outPlaces = append(s.outGaps, s.gaps[c]), append(s.outPlaces, s.spans[c])
	}
	return s.outGaps, s.outPlaces
}

func (p Place) gap(start, end int32) int32 { return max(p.Start-end, start-p.End, 0) }

func (s *Search) nearWords(c *class, row Row, skip int, at Place, proximity int) {
	ts := c.tokens
	first, last := 0, len(ts)
	if proximity >= 0 {
		first = sort.Search(len(ts), func(i int) bool { return int(ts[i].end) >= int(at.Start)-proximity })
		last = sort.Search(len(ts), func(i int) bool { return int(ts[i].start) > int(at.End)+proximity })
		first = max(0, first-c.most+1)
	}
	base := s.t.keys.base
	for i := first; i < last; i++ {
		if ts[i].start < at.End && at.Start < ts[i].end {
			continue
		}
		poly, sum, weight := uint64(0), uint64(0), 0
		for k := i; k < len(ts) && k-i < c.most; k++ {
			t := &ts[k]
			if weight += int(t.weight); weight > maxWeight || t.start < at.End && at.Start < t.end {
				break
			}
			poly, sum = mulAdd(poly, base, t.hash), add(sum, t.hash)
			s.Steps += stepsPerRun
			n := k - i + 1
			if c.lengths>>(n-1)&1 == 0 {
				continue
			}
			g := at.gap(ts[i].start, t.end)
			if proximity >= 0 && int(g) > proximity {
				continue
			}
			for _, col := range c.columns {
				h := poly
				if s.t.meta.Schema.Columns[col].Type == Name {
					h = sum
				}
				s.compare(row, col, skip, h, n, g, Place{ts[i].start, t.end})
			}
		}
	}
}

func (s *Search) nearTyped(c *class, row Row, skip int, at Place, proximity int) {
	vs := c.values
	first, last := 0, len(vs)
	if proximity >= 0 { // values are in rising order of their begins, but for a few at one place
		first = sort.Search(len(vs), func(i int) bool { return int(vs[i].start) >= int(at.Start)-proximity-maxMailbox })
		last = sort.Search(len(vs), func(i int) bool { return int(vs[i].start) > int(at.End)+proximity })
	}
	for i := first; i < last; i++ {
		v := &vs[i]
		s.Steps += stepsPerRun
		g := at.gap(v.start, v.end)
		if v.start < at.End && at.Start < v.end || proximity >= 0 && int(g) > proximity {
			continue
		}
		for _, col := range c.columns {
			s.compare(row, col, skip, v.hash, int(v.n), g, Place{v.start, v.end})
		}
	}
}

// compare notes a value if it is the row's.
func (s *Search) compare(row Row, col, skip int, hash uint64, n int, gap int32, at Place) {
	if col == skip || s.t.lengths[col]>>(n-1)&1 == 0 || s.gaps[col] >= 0 && s.gaps[col] <= gap {
		return
	}
	s.Steps += stepsPerTag
	if s.t.keys.tagOf(hash, n, col, row.salt)&s.t.tagMask == s.t.tag(row.ID, col) {
		s.gaps[col], s.spans[col] = gap, at
	}
}
