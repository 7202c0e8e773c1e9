package rulepack

import (
	"fmt"
	"path"
	"strings"

	"labelmilter/internal/edm"
	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
)

// edmY is a table for exact data match.
type edmY struct {
	strictyaml.Pos
	ID          string       `yaml:"id,required" doc:"unique over all packs; types name it with edm:, the configuration with edm.stores"`
	Name        string       `yaml:"name" doc:"name shown to people"`
	Description string       `yaml:"description" doc:"what the table holds and where it comes from"`
	Version     string       `yaml:"version" doc:"version of the definition"`
	Columns     []edmColumnY `yaml:"columns,required" doc:"the columns of the table, at most 32, in any order"`
}

type edmColumnY struct {
	strictyaml.Pos
	Name        string `yaml:"name,required" doc:"as in the header line of the table"`
	Type        string `yaml:"type" enum:"text|name|digits|code|date|phone|email" default:"text" doc:"how values are normalised before they are compared"`
	Searchable  bool   `yaml:"searchable" doc:"rows can be found by it; at least one column, at most ten"`
	MultiToken  bool   `yaml:"multi_token" default:"true" doc:"text and name: values of several words are compared, up to 16 words or 64 characters of a script without spaces"`
	Case        string `yaml:"case" enum:"insensitive|sensitive" default:"insensitive" doc:"text and name: whether case counts"`
	Diacritics  string `yaml:"diacritics" enum:"fold|keep" default:"fold" doc:"text and name: whether é and e are the same"`
	Ignore      string `yaml:"ignore" doc:"text and name: signs that are dropped and do not separate words" example:"-/"`
	Order       string `yaml:"order" enum:"dmy|mdy|ymd" doc:"date: order of day, month and year in the table; without it 2/3 is the same as 3/2"`
	CountryCode string `yaml:"country_code" doc:"phone: calling code of numbers without one; without it the last nine digits are compared" example:"\"61\""`
	FoundBy     string `yaml:"found_by" doc:"searchable: id of the type that finds the values in text"`
}

// schema gives the definition as the store has it.
func (y *edmY) schema() edm.Schema {
	s := edm.Schema{ID: y.ID, Name: y.Name, Description: y.Description, Version: y.Version}
	for _, c := range y.Columns {
		s.Columns = append(s.Columns, edm.Column{Name: c.Name, Type: edm.Type(c.Type), Searchable: c.Searchable, SingleWord: !c.MultiToken,
			CaseSensitive: c.Case == "sensitive", KeepMarks: c.Diacritics == "keep", Ignore: c.Ignore, Order: c.Order,
			CountryCode: c.CountryCode, FoundBy: c.FoundBy})
	}
	return s
}

// check reports what is wrong with a table.
func (y *edmY) check(at func(p strictyaml.Pos, fix, format string, args ...any)) edm.Schema {
	s := y.schema()
	for _, p := range s.Check() {
		pos := y.Pos
		if p.Column >= 0 {
			pos = y.Columns[p.Column].Pos
		}
		at(pos, p.Fix, "table %s: %s", y.ID, p.Err)
	}
	return s
}

// tables compiles the tables of all packs.
func (c *compiler) tables() {
	seen := map[string]strictyaml.Pos{}
	c.rs.tablePack = map[string]string{}
	for _, p := range c.packs {
		for _, f := range p.files {
			for i := range f.EDMs {
				y := &f.EDMs[i]
				c.id(y.Pos, "table", y.ID, seen)
				c.rs.Tables = append(c.rs.Tables, y.check(c.at))
				c.rs.tablePack[y.ID] = p.packMeta.ID
			}
		}
	}
}

// Table gives the definition of a table.
func (rs *Ruleset) Table(id string) (edm.Schema, bool) {
	for _, t := range rs.Tables {
		if t.ID == id {
			return t, true
		}
	}
	return edm.Schema{}, false
}

// ReadTable reads the definition of a table out of a file of its own: what
// stands under edms: in a pack, one table alone or a list of which id names
// one.
func ReadTable(file string, data []byte, id string) (edm.Schema, strictyaml.Problems) {
	n, ps := strictyaml.Parse(file, data)
	d := strictyaml.NewDecoder()
	for _, p := range ps {
		d.Add(p)
	}
	at := func(p strictyaml.Pos, fix, format string, args ...any) {
		d.Add(strictyaml.Problem{Pos: p, Severity: strictyaml.Error, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	if n == nil || n.Kind() != strictyaml.Map {
		at(strictyaml.Pos{File: file, Line: 1, Col: 1}, "see labelmilter help exact-data-match", "no definition of a table")
		return edm.Schema{}, d.Problems()
	}
	var ys []edmY
	if list := n.Get("edms"); list != nil {
		d.Decode(list, &ys)
	} else {
		var y edmY
		d.Decode(n, &y)
		ys = append(ys, y)
	}
	var found []edm.Schema
	var known []string
	for i := range ys {
		s := ys[i].check(at)
		known = append(known, s.ID)
		if id == "" || s.ID == id {
			found = append(found, s)
		}
	}
	switch {
	case len(found) == 0:
		at(n.Pos(), "it has "+strings.Join(known, ", "), "%s has no table %q", path.Base(file), id)
	case len(found) > 1:
		at(n.Pos(), "name one: "+strings.Join(known, ", "), "%s has several tables", path.Base(file))
	}
	ps = d.Problems()
	if ps.HasErrors() {
		return edm.Schema{}, ps
	}
	return found[0], ps
}

// edmCondY is `edm:`.
type edmCondY struct {
	strictyaml.Pos
	Type          []string   `yaml:"type" doc:"ids of types with edm:; alternatives, counted together"`
	MinUnique     *int       `yaml:"min_unique" min:"0" doc:"at least so many different rows; default 1"`
	MaxUnique     int        `yaml:"max_unique" min:"0" doc:"at most so many; 0 = no bound"`
	MinConfidence confidence `yaml:"min_confidence" doc:"default: what the type recommends, else medium"`
	Per           string     `yaml:"per" enum:"message|part" default:"message" doc:"count over the whole message, or in each part alone"`
	Where         []string   `yaml:"where" enum:"header|subject|body|attachment|name|property|hidden" doc:"count only what stands in these places"`
	Unavailable   *bool      `yaml:"unavailable" doc:"true: something should have been looked up and the store could not be read"`
	Store         []string   `yaml:"store" doc:"with unavailable: ids of tables; default: any"`
}

func (c *compiler) edmCond(y *Cond) policy.Condition {
	e := y.EDM
	if e.Unavailable != nil {
		if len(e.Type) > 0 || e.MinUnique != nil || e.MaxUnique != 0 || e.MinConfidence != 0 || len(e.Where) > 0 {
			c.at(e.Pos, "put the two conditions under all: or any:", "unavailable stands alone or with store")
		}
		for _, id := range e.Store {
			if _, ok := c.rs.Table(id); !ok {
				c.at(e.Pos, nearest(id, c.tableIDs()), "unknown table %q", id)
			}
		}
		return policy.StoreUnavailable{Want: *e.Unavailable, Stores: e.Store}
	}
	if len(e.Store) > 0 {
		c.at(e.Pos, "name types", "store stands with unavailable only")
	}
	if len(e.Type) == 0 {
		c.at(e.Pos, "give type: or unavailable:", "the condition tests nothing")
	}
	for _, id := range e.Type {
		if t, ok := c.types[id]; ok && t.Table == "" {
			c.at(e.Pos, "use sit: for it", "%s is no type of a table", id)
		}
	}
	out := policy.EDM{SIT: policy.SIT{MinUnique: 1, MaxUnique: e.MaxUnique, PerPart: e.Per == "part", Where: places(e.Where),
		Types: c.sitTypes(e.Pos, e.Type, e.MinConfidence)}}
	if e.MinUnique != nil {
		out.MinUnique = *e.MinUnique
	}
	if out.MaxUnique > 0 && out.MaxUnique < out.MinUnique {
		c.at(e.Pos, "", "max_unique %d is below min_unique %d", out.MaxUnique, out.MinUnique)
	}
	return out
}

func (c *compiler) tableIDs() (ids []string) {
	for _, t := range c.rs.Tables {
		ids = append(ids, t.ID)
	}
	return ids
}
