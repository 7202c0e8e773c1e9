package detect

import (
	"cmp"
	"slices"

	"labelmilter/internal/budget"
	"labelmilter/internal/edm"
	"labelmilter/internal/extract"
	"labelmilter/internal/redact"
	"labelmilter/internal/sit"
)

// Stores are the open stores of exact data match, by the id of their table. A
// table whose store is missing or cannot be read is unavailable: where a value
// would have to be looked up in it, the text is not fully inspected
// (budget.StoreUnavailable).
type Stores map[string]*edm.Table

// probe is one way to look for rows: what a type finds, looked up in a column.
type probe struct {
	table, column int
	source        int // type
	least         int // confidence of the source
	patterns      []int32
	proximity     int // largest of the patterns, or sit.Unlimited
}

// exactHit is a match of a source that may be in the table.
type exactHit struct {
	occurrence
	probe int32
	from  int32 // rows of the hit
	to    int32
	trace int32
}

// exactScan is the memory of exact data match for one engine and its stores.
type exactScan struct {
	search  []*edm.Search // by table
	missing []bool
	failed  []bool // in this text
	full    []bool // more rows than are looked at, in this text
	hits    []exactHit
	rows    []edm.Row
	places  []edm.Place
	gaps    []int32 // of the row being judged, by column
	rowGaps [][]int32
	ids     []uint64 // rows of candidates
	trace   *exactTracer
}

// stepsPerLookup is what looking up one value costs of the work budget: it may
// be a read from disk.
const stepsPerLookup = 256

// use makes the searches for the stores of a message; they are kept as long as
// the stores stay the same.
func (x *exactScan) use(pl *plan, stores Stores) {
	if len(pl.tables) == 0 {
		return
	}
	if x.search == nil {
		n := len(pl.tables)
		x.search, x.missing, x.failed, x.full = make([]*edm.Search, n), make([]bool, n), make([]bool, n), make([]bool, n)
	}
	for i, def := range pl.tables {
		t := stores[def.ID]
		if t == nil {
			x.search[i], x.missing[i] = nil, true
			continue
		}
		if x.search[i] == nil || x.search[i].Table() != t {
			x.search[i] = edm.NewSearch(t)
		}
		x.missing[i] = false
	}
}

// exact looks up what sources found, and makes candidates of the patterns that
// hold for a row.
func (s *scan) exact() {
	pl := s.e.pl
	if len(pl.probes) == 0 || s.x.search == nil { // nil: explaining, nobody asks for rows
		return
	}
	x := &s.x
	x.hits, x.rows = x.hits[:0], x.rows[:0]
	for i := s.fromCand; i < len(s.cands); i++ {
		for _, p := range pl.probesOf[s.cands[i].pattern] {
			if pl.patterns[s.cands[i].pattern].confidence >= pl.probes[p].least {
				x.hits = append(x.hits, exactHit{occurrence: s.cands[i].occurrence, probe: p})
			}
		}
	}
	if len(x.hits) == 0 {
		return
	}
	slices.SortFunc(x.hits, func(a, b exactHit) int {
		return cmp.Or(cmp.Compare(a.probe, b.probe), cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end))
	})
	x.hits = slices.CompactFunc(x.hits, func(a, b exactHit) bool { return a.probe == b.probe && a.occurrence == b.occurrence })
	for t := range pl.tables {
		if x.missing[t] {
			x.failed[t] = x.failed[t] || slices.ContainsFunc(x.hits, func(h exactHit) bool { return pl.probes[h.probe].table == t })
			continue
		}
		if err := x.search[t].Table().Guard(func() { s.exactTable(t) }); err != nil {
			x.failed[t] = true
		}
	}
}

// spend takes what a search did from the budget and reports whether some is
// left.
func (s *scan) spend(q *edm.Search) bool {
	n := q.Steps
	q.Steps = 0
	return s.work.Take(n)
}

// begin forgets the last text.
func (x *exactScan) begin() {
	clear(x.failed)
	clear(x.full)
	x.ids = x.ids[:0]
}

// exactTable does one table.
func (s *scan) exactTable(t int) {
	x, pl := &s.x, s.e.pl
	q := x.search[t]
	q.Truncated, q.Steps = false, 0
	x.places = x.places[:0]
	proximity := 0
	for i := range x.hits {
		h := &x.hits[i]
		p := &pl.probes[h.probe]
		if p.table != t || !s.take(stepsPerLookup) {
			h.from, h.to = 0, 0
			continue
		}
		rows, form := q.Rows(p.column, s.v.Orig[s.v.Start(int(h.start)):s.v.End(int(h.end))])
		h.from = int32(len(x.rows))
		x.rows = append(x.rows, rows...)
		h.to = int32(len(x.rows))
		if x.trace != nil {
			x.trace.lookup(s, h, form, len(rows))
		}
		if len(rows) == 0 {
			continue
		}
		x.places = append(x.places, edm.Place{Start: h.start, End: h.end})
		if p.proximity < 0 || proximity < 0 {
			proximity = sit.Unlimited
		} else {
			proximity = max(proximity, p.proximity)
		}
	}
	x.full[t] = x.full[t] || q.Truncated
	if len(x.places) == 0 {
		return
	}
	q.Prepare(&s.v.Text, x.places, proximity)
	for i := range x.hits {
		if !s.spend(q) {
			return
		}
		if h := &x.hits[i]; h.to > h.from && pl.probes[h.probe].table == t {
			s.exactHit(q, h)
		}
	}
	s.spend(q)
}

// exactHit judges the rows of one match.
func (s *scan) exactHit(q *edm.Search, h *exactHit) {
	x, pl := &s.x, s.e.pl
	p := &pl.probes[h.probe]
	at := edm.Place{Start: h.start, End: h.end}
	rows := x.rows[h.from:h.to]
	for len(x.rowGaps) < len(rows) {
		x.rowGaps = append(x.rowGaps, nil)
	}
	for i, r := range rows {
		if i > 0 && !s.spend(q) {
			rows = rows[:i]
			break
		}
		gaps, places := q.Near(r, p.column, at, p.proximity)
		x.rowGaps[i] = append(x.rowGaps[i][:0], gaps...)
		if x.trace != nil {
			x.trace.row(s, h, gaps, places)
		}
	}
	for _, pt := range p.patterns {
		pattern := &pl.patterns[pt]
		arena, ids := len(s.arena), len(x.ids)
		for i, r := range rows {
			x.gaps = x.rowGaps[i]
			from := len(s.arena)
			if pattern.near != nil && !s.holds(pattern.near, h.occurrence, pattern.proximity) {
				s.arena = s.arena[:from]
				continue
			}
			x.ids = append(x.ids, uint64(p.table)<<32|uint64(r.ID))
		}
		if x.trace != nil {
			x.trace.pattern(h, pattern, len(x.ids)-ids)
		}
		if len(x.ids) > ids {
			s.cands = append(s.cands, candidate{occurrence: h.occurrence, span: s.v.span(h.occurrence), pattern: pt, evidence: evidence{int32(arena), int32(len(s.arena) - arena)},
				rows: int32(ids), rowCount: int32(len(x.ids) - ids)})
		}
	}
}

// nearColumn reports whether the row being judged has its value of a column
// near; columns count from 1.
func (s *scan) nearColumn(column, proximity int) bool {
	g := s.x.gaps[column-1]
	return g >= 0 && (proximity == sit.Unlimited || int(g) <= proximity)
}

// exactSkips says which tables could not be looked at for one text.
func (s *scan) exactSkips(part string, skips []budget.Skip) []budget.Skip {
	for t := range s.x.failed {
		if s.x.failed[t] {
			skips = append(skips, budget.Skip{Part: part, Reason: budget.StoreUnavailable, Detail: s.e.pl.tables[t].ID})
		}
		if s.x.full[t] {
			skips = append(skips, budget.Skip{Part: part, Reason: budget.WorkBudget, Limit: edm.MaxRowsPerValue, Detail: s.e.pl.tables[t].ID})
		}
	}
	return skips
}

// ExactTrace says what became of one value that was looked up.
type ExactTrace struct {
	Type  string // of the table's types
	Table string
	Span
	Text     int
	Part     string
	Where    extract.Where
	Column   string       // in which it was looked up
	Source   string       // the type that found it
	Value    redact.Value // as it stands
	Form     redact.Value // normalised; empty if it cannot be a value of the column
	Rows     int
	Columns  [][]ExactColumn // per row
	Patterns []ExactPattern
}

// ExactColumn is a column of a row that was found.
type ExactColumn struct {
	Name     string
	Distance int          // characters, -1 if its value does not stand near
	Value    redact.Value // as it stands
}

// ExactPattern is a pattern of the type.
type ExactPattern struct {
	Index, Confidence int
	Rows              int // for which it holds
}

// exactTracer collects traces.
type exactTracer struct {
	text int
	t    *extract.Text
	out  []ExactTrace
}

func (x *exactTracer) lookup(s *scan, h *exactHit, form []byte, rows int) {
	pl := s.e.pl
	p := &pl.probes[h.probe]
	span := Span{s.v.Start(int(h.start)), s.v.End(int(h.end))}
	x.out = append(x.out, ExactTrace{Type: pl.types[pl.patterns[p.patterns[0]].owner].id, Table: pl.tables[p.table].ID, Span: span, Text: x.text, Part: x.t.Part, Where: x.t.Where,
		Column: pl.tables[p.table].Columns[p.column].Name, Source: pl.types[p.source].id,
		Value: redact.New(x.t.Body[span.Start:span.End]), Form: redact.New(string(form)), Rows: rows})
	h.trace = int32(len(x.out)) - 1
}

func (x *exactTracer) row(s *scan, h *exactHit, gaps []int32, places []edm.Place) {
	t := &x.out[h.trace]
	def := &s.e.pl.tables[s.e.pl.probes[h.probe].table]
	var cols []ExactColumn
	for i, g := range gaps {
		c := ExactColumn{Name: def.Columns[i].Name, Distance: int(g)}
		if g >= 0 {
			c.Value = redact.New(x.t.Body[s.v.Start(int(places[i].Start)):s.v.End(int(places[i].End))])
		}
		if c.Name != t.Column {
			cols = append(cols, c)
		}
	}
	t.Columns = append(t.Columns, cols)
}

func (x *exactTracer) pattern(h *exactHit, p *pattern, rows int) {
	t := &x.out[h.trace]
	t.Patterns = append(t.Patterns, ExactPattern{p.index, p.confidence, rows})
}

// ExplainExact says of every value that was looked up for exact data match
// what became of it, at most 1,000. It is slow.
func (e *Engine) ExplainExact(texts []extract.Text, l budget.Limits, stores Stores) ([]ExactTrace, []budget.Skip) {
	s := newScan(e)
	s.work.Left = l.Work
	s.x.use(e.pl, stores)
	x := &exactTracer{}
	s.x.trace = x
	var skips []budget.Skip
	for i := range texts {
		if len(x.out) >= maxTraces || texts[i].Body == "" {
			continue
		}
		x.text, x.t = i, &texts[i]
		s.run(texts[i].Body)
		skips = s.exactSkips(texts[i].Part, skips)
	}
	return x.out[:min(len(x.out), maxTraces)], skips
}
