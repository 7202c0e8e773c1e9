package detect

import (
	"slices"
	"strconv"

	"labelmilter/internal/sit"
)

// tableOf gives the number of a type's table, -1 if there is none.
func (c *compiler) tableOf(id string) int {
	for i := range c.tables {
		if c.tables[i].ID == id {
			return i
		}
	}
	return -1
}

// exact compiles the primary element of a pattern of exact data match.
func (c *compiler) exact(t *sit.Type, s *sit.Pattern, p *pattern) {
	table := c.tableOf(t.Table)
	if table < 0 {
		var known []string
		for i := range c.tables {
			known = append(known, c.tables[i].ID)
		}
		c.fail("edm", t.Table, "no table "+strconv.Quote(t.Table)+" is defined", c.nearest(t.Table, known))
		return
	}
	c.inTable = table
	def := &c.tables[table]
	column := c.column(s.Match.Column, "match.column") - 1
	if column < 0 {
		return
	}
	if !def.Columns[column].Searchable {
		c.fail("match.column", s.Match.Column, "the column is not searchable", "set searchable: true where the table is defined, and build the store anew")
	}
	source := s.Match.Source
	if source == "" {
		source = def.Columns[column].FoundBy
	}
	from, ok := c.ids[source]
	switch {
	case source == "":
		c.fail("match.sit", "", "nothing says which type finds the values of the column", "give sit: here, or found_by: where the table is defined")
		return
	case !ok:
		known := make([]string, 0, len(c.ids))
		for id := range c.ids {
			known = append(known, id)
		}
		slices.Sort(known)
		c.fail("match.sit", source, "no type "+strconv.Quote(source)+" is defined", c.nearest(source, known))
		return
	case c.types[from].kind == "edm":
		c.fail("match.sit", source, "the type is of a table itself", "name the type that finds the value in text")
		return
	}
	if s.Match.Least < 0 || s.Match.Least > 100 {
		c.fail("match.min_confidence", strconv.Itoa(s.Match.Least), "not between 1 and 100", "write low, medium, high or a number")
	}
	n := len(c.plan.patterns)
	k := slices.IndexFunc(c.probes, func(q probe) bool {
		return q.table == table && q.column == column && q.source == from && q.least == s.Match.Least &&
			c.plan.patterns[q.patterns[0]].owner == p.owner
	})
	if k < 0 {
		k = len(c.probes)
		c.probes = append(c.probes, probe{table: table, column: column, source: from, least: s.Match.Least})
	}
	q := &c.probes[k]
	q.patterns = append(q.patterns, int32(n))
	if p.proximity == sit.Unlimited || q.proximity == sit.Unlimited {
		q.proximity = sit.Unlimited
	} else {
		q.proximity = max(q.proximity, p.proximity)
	}
	p.probe = k
}

// column gives the number of a column of the table in hand, from 1; 0 if there
// is none.
func (c *compiler) column(name, field string) int {
	if c.inTable < 0 {
		c.fail(field, name, "a column, but the type has no table", "give the type edm: with the id of its table")
		return 0
	}
	def := &c.tables[c.inTable]
	if i := def.Index(name); i >= 0 {
		return i + 1
	}
	c.fail(field, name, "the table has no column "+strconv.Quote(name), c.nearest(name, def.Names()))
	return 0
}

// probesOfPatterns finds which patterns feed which probes.
func (c *compiler) probesOfPatterns() {
	if len(c.probes) == 0 {
		return
	}
	c.probesOf = make([][]int32, len(c.plan.patterns))
	for k := range c.probes {
		for i := range c.plan.patterns {
			for _, o := range c.plan.patterns[i].owners {
				if o.typ == c.probes[k].source {
					c.probesOf[i] = append(c.probesOf[i], int32(k))
				}
			}
		}
	}
}
