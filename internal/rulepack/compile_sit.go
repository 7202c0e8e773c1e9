package rulepack

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"labelmilter/internal/detect"
	"labelmilter/internal/edm"
	"labelmilter/internal/label"
	"labelmilter/internal/sit"
	"labelmilter/internal/strictyaml"
)

// sits compiles the sensitive information types of all packs.
func (c *compiler) sits() {
	seen := map[string]strictyaml.Pos{}
	var types []sit.Type
	pos := map[string]sitY{}
	wrong := map[string]bool{} // reported already: the engine's view of it adds nothing
	for _, p := range c.packs {
		for _, f := range p.files {
			for _, y := range f.SITs {
				c.id(y.Pos, "sensitive information type", y.ID, seen)
				before := len(c.d.Problems())
				t := c.sit(p.packMeta.ID, y)
				if len(c.d.Problems()) > before || slices.ContainsFunc(y.Patterns, func(p patternY) bool { return p.Confidence == 0 }) {
					wrong[t.ID] = true // no confidence: missing or misread, the decoder said so
				}
				types = append(types, t)
				c.types[t.ID] = t
				pos[t.ID] = y
				info := TypeInfo{Type: t, Pos: y.Pos, Pack: p.packMeta.ID, Country: y.Country, StatusWhy: y.StatusWhy}
				if y.Tests != nil {
					info.Match, info.NoMatch = y.Tests.Match, y.Tests.NoMatch
					info.Tests = ListedTests{len(info.Match), len(info.NoMatch)}
				}
				c.rs.Types = append(c.rs.Types, info)
			}
		}
	}
	c.rs.Types = slices.Clone(c.rs.Types) // without room for more
	words := slices.SortedFunc(maps.Values(c.keywords), func(a, b sit.KeywordList) int { return strings.Compare(a.ID, b.ID) })
	engine, errs := c.opt.Engines.compile(types, words, c.rs.Tables, c.packs, c.allowed)
	for _, e := range errs {
		y, isType := pos[e.Type]
		at := y.Pos
		if !isType {
			at = c.placeOf[e.Type]
		}
		if wrong[e.Type] || !isType && e.Field == "words" && c.reported(at) {
			continue
		}
		if e.Pattern >= 0 && e.Pattern < len(y.Patterns) {
			at = y.Patterns[e.Pattern].Pos
			if e.Field == "match.regex" || strings.HasPrefix(e.Field, "match") {
				at = y.Patterns[e.Pattern].Match.Pos
			}
			for side, steps := range map[string][]stepY{"before": y.Patterns[e.Pattern].Before, "after": y.Patterns[e.Pattern].After} {
				for i := range steps {
					if strings.HasPrefix(e.Field, fmt.Sprintf("%s[%d]", side, i)) {
						at = steps[i].Pos
					}
				}
			}
		}
		msg := fmt.Sprintf("%s: %s", e.Type, e.Err)
		if e.Field != "" {
			msg = fmt.Sprintf("%s: %s: %s", e.Type, e.Field, e.Err)
		}
		if e.Warning {
			c.warn(at, e.Fix, "%s", msg)
		} else {
			c.at(at, e.Fix, "%s", msg)
		}
	}
	c.rs.Engine, c.rs.keywords = engine, c.keywords
}

func (c *compiler) sit(pack string, y sitY) sit.Type {
	t := sit.Type{ID: y.ID, Name: y.Name, Description: y.Description, PurviewID: strings.ToLower(y.PurviewID), Category: y.Category,
		Status: y.Status, Kind: "sit", Members: y.Members, Recommended: int(y.Recommended), Exclude: exclude(y.Exclude)}
	if len(y.Patterns) == 0 && len(y.Members) == 0 {
		c.at(y.Pos, "add patterns, or members for a bundle", "%s: a type needs patterns or members", y.ID)
	}
	if y.PurviewID != "" && !label.IsGUID(y.PurviewID) {
		c.at(y.Pos, "use the form 8-4-4-4-12 hexadecimal digits", "%s: purview_id %q is not well formed", y.ID, y.PurviewID)
	}
	if t.Table = y.EDM; t.Table != "" {
		t.Kind = "edm"
		if len(y.Members) > 0 {
			c.at(y.Pos, "make the bundle a type of its own", "%s: a type with edm has no members", y.ID)
		}
	}
	t.Patterns = slices.Grow(t.Patterns, len(y.Patterns))
	for _, p := range y.Patterns {
		if (t.Table != "") != (p.Match.Column != "") {
			c.at(p.Match.Pos, "a type with edm matches {column: …}, one without does not", "%s: edm and column go together", y.ID)
		}
		if p.Match.ID != "" {
			c.at(p.Match.Pos, "leave it out", "id names what stands near a match or joins it, not the match")
		}
		sp := sit.Pattern{Confidence: int(p.Confidence), Match: c.element(pack, p.Match), Proximity: int(p.Proximity)}
		sp.Before, sp.After = c.steps(pack, p.Before), c.steps(pack, p.After)
		if p.Near != nil {
			n := c.need(pack, *p.Near)
			sp.Near = &n
		}
		t.Patterns = append(t.Patterns, sp)
	}
	return t
}

func (c *compiler) element(pack string, y elementY) sit.Element {
	e := sit.Element{ID: y.ID, Regex: y.Regex, Words: y.Words, CaseSensitive: y.Case == "sensitive", Boundary: sit.Boundary(y.Boundary),
		Validate: y.Validate, Exclude: exclude(y.Exclude), Column: y.Column, Source: y.SIT, Least: int(y.Least)}
	c.id(y.Pos, "evidence", y.ID, map[string]strictyaml.Pos{})
	n := 0
	for _, set := range []bool{y.Regex != "", len(y.Keywords) > 0, len(y.Words) > 0, y.Column != ""} {
		if set {
			n++
		}
	}
	if n != 1 {
		c.at(y.Pos, "", "an element has exactly one of regex, keywords, words and column")
	}
	switch {
	case y.Column == "" && (y.SIT != "" || y.Least != 0):
		c.at(y.Pos, "give column: too", "sit and min_confidence stand with column")
	case y.Column != "" && (y.Case != "" || y.Boundary != "" || len(y.Validate) > 0 || y.Exclude != nil):
		c.at(y.Pos, "put it into the type that finds the value, or the definition of the table", "case, boundary, validate and exclude do not go with column")
	case y.Column != "":
		return e
	}
	if y.Regex != "" {
		if e.CaseSensitive = y.Case != "insensitive"; !e.CaseSensitive {
			e.Regex = "(?i)" + e.Regex
		}
		if e.Boundary == "" {
			e.Boundary = sit.BoundaryRegex
		}
	} else if e.Boundary == "" {
		e.Boundary = sit.BoundaryWord
	}
	if y.Exclude != nil && len(y.Exclude.Fields) > 0 {
		c.at(y.Pos, "put it into exclude of the type", "fields cannot be excluded of one element")
	}
	for _, k := range y.Keywords {
		if full, ok := c.keyword(pack, k, y.Pos); ok {
			e.Keywords = append(e.Keywords, full)
		}
	}
	return e
}

// steps compiles what joins a primary element on one side.
func (c *compiler) steps(pack string, in []stepY) (out []sit.Step) {
	for _, y := range in {
		if y.Column != "" {
			c.at(y.Pos, "give regex, keywords or words", "a column joins no match")
		}
		s := sit.Step{Element: c.element(pack, y.elementY), Min: y.Min, Max: y.Max, Between: y.Between}
		for _, k := range y.Links {
			if full, ok := c.keyword(pack, k, y.Pos); ok {
				s.Links = append(s.Links, full)
			}
		}
		out = append(out, s)
	}
	return out
}

func (c *compiler) need(pack string, y needY) sit.Need {
	n := sit.Need{Min: y.Min, Max: y.Max}
	for _, k := range y.All {
		n.All = append(n.All, c.need(pack, k))
	}
	for _, k := range y.Any {
		n.Any = append(n.Any, c.need(pack, k))
	}
	for _, k := range y.None {
		n.None = append(n.None, c.need(pack, k))
	}
	if y.Regex != "" || len(y.Keywords) > 0 || len(y.Words) > 0 || y.Column != "" {
		if y.SIT != "" || y.Least != 0 {
			c.at(y.Pos, "leave it out: the row is found by match", "sit and min_confidence belong into match")
		}
		e := c.element(pack, y.elementY)
		n.Element = &e
		if len(n.All)+len(n.Any)+len(n.None) > 0 {
			c.at(y.Pos, "put the element into the list", "an element cannot stand beside all, any or none")
		}
	} else if len(n.All)+len(n.Any)+len(n.None) == 0 {
		c.at(y.Pos, "give all, any, none, regex, keywords, words or column", "near needs at least one element")
	}
	if n.Min > len(n.Any) {
		c.at(y.Pos, "", "min %d is more than the %d elements of any", n.Min, len(n.Any))
	}
	if n.Max > 0 && n.Max < n.Min {
		c.at(y.Pos, "", "max %d is below min %d", n.Max, n.Min)
	}
	return n
}

func exclude(y *excludeY) sit.Exclude {
	if y == nil {
		return sit.Exclude{}
	}
	return sit.Exclude{Values: y.Values, Prefixes: y.Prefixes, Suffixes: y.Suffixes, StartsWith: y.StartsWith, EndsWith: y.EndsWith,
		Repeated: y.Repeated, Regex: y.Regex, PrecededBy: y.PrecededBy, FollowedBy: y.FollowedBy, Fields: y.Fields}
}

// reported says whether there is an error in the same line already.
func (c *compiler) reported(at strictyaml.Pos) bool {
	return slices.ContainsFunc(c.d.Problems(), func(p strictyaml.Problem) bool {
		return p.Severity == strictyaml.Error && p.File == at.File && p.Line == at.Line
	})
}

// Engines keeps compiled types, for callers that load the same packs again and
// again with other settings. The zero value is ready; nil keeps nothing. It is
// safe for concurrent use.
type Engines struct {
	mu   sync.Mutex
	made map[string]*compiled
}

type compiled struct {
	once   sync.Once
	engine *detect.Engine
	errs   []detect.CompileError
}

// compile gives the engine of packs; what types are made of stands in their
// files alone. Values that are allowed are no findings.
func (e *Engines) compile(types []sit.Type, words []sit.KeywordList, tables []edm.Schema, packs []*pack, allowed []string) (*detect.Engine, []detect.CompileError) {
	o := detect.Options{Tables: tables}
	if len(allowed) > 0 {
		o.Allow = func(_, normal string) bool {
			_, found := slices.BinarySearch(allowed, normal)
			return found
		}
	}
	if e == nil {
		return detect.CompileWith(types, words, o)
	}
	var key strings.Builder
	for _, p := range packs {
		fmt.Fprintf(&key, "%s %s\n", p.packMeta.ID, p.sum)
	}
	fmt.Fprintf(&key, "%q", allowed)
	e.mu.Lock()
	if e.made == nil {
		e.made = map[string]*compiled{}
	}
	c := e.made[key.String()]
	if c == nil {
		c = &compiled{}
		e.made[key.String()] = c
	}
	e.mu.Unlock()
	c.once.Do(func() { c.engine, c.errs = detect.CompileWith(types, words, o) })
	return c.engine, c.errs
}
