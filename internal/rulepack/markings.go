package rulepack

import (
	"slices"
	"strings"

	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/policy"
	"labelmilter/internal/sit"
	"labelmilter/internal/strictyaml"
)

// Markings says how protective markings become labels.
type Markings struct {
	Pack       string
	Scheme     string              // the home scheme
	Ceiling    string              // highest class that may pass
	Historical map[string]label.ID // by historical class or DLM
	Reader     *marking.Reader
	Mapping    label.Mapping
	Types      string       // prefix of the types of markings, "" for none
	Used       []label.ID   // labels whose type a condition asks for
	Silent     *policy.List // sender domains whose text sets no label, nil for none
}

// TypeID is the id under which the marking of a label can be used where a
// type can.
func (m *Markings) TypeID(id label.ID) string { return m.Types + "-" + string(id) }

// TypeName is the name shown to people.
func (m *Markings) TypeName(l label.Label) string { return "marking " + l.Name }

// defaultCeiling is the class above which a scheme's mail needs a site's own
// decision.
func defaultCeiling(scheme string) string {
	switch scheme {
	case marking.SchemeUK:
		return "OFFICIAL-SENSITIVE"
	case marking.SchemeNZ:
		return "RESTRICTED"
	case marking.SchemeUS:
		return "CUI"
	}
	return marking.Protected
}

// markings makes the reader and the mapping of the active catalogue.
func (c *compiler) markings(active string) {
	var home *markingsY
	var owner *pack
	var schemes []schemeY
	for _, p := range c.packs {
		for _, f := range p.files {
			y := f.Markings
			switch {
			case y == nil:
			case y.Scheme == "" && (p.Catalogue == active || !p.hasLabels()):
				if y.Ceiling != "" || len(y.Historical) > 0 || y.Types != "" || y.Silent != "" {
					c.at(y.Pos, "give scheme: too, in the pack with the labels", "without a scheme only schemes can be added")
				}
				schemes = append(schemes, y.Schemes...)
			case y.Scheme == "" || p.Catalogue != active:
			case home != nil:
				c.at(y.Pos, "", "the marking scheme of catalogue %q is defined twice", active)
			default:
				home, owner = y, p
				schemes = append(schemes, y.Schemes...)
			}
		}
	}
	if home == nil {
		if len(schemes) > 0 {
			c.d.Problem(schemes[0].node, "", "no loaded pack has the marking scheme of catalogue %q", active)
		}
		return
	}
	m := &Markings{Pack: owner.packMeta.ID, Scheme: home.Scheme, Ceiling: home.Ceiling, Historical: map[string]label.ID{}, Types: home.Types}
	c.ceiling(m, home)
	for _, k := range sortedKeys(home.Historical) {
		id := home.Historical[k]
		if _, ok := c.cat.Get(label.ID(id)); !ok && id != "" {
			c.at(home.Pos, nearest(id, c.cat.IDs()), "historical marking %q: unknown label %q", k, id)
		}
		m.Historical[k] = label.ID(id)
	}
	m.Mapping = label.Mapping{Catalogue: c.cat, Scheme: m.Scheme, Ceiling: m.Ceiling, Historical: m.Historical, IMMs: label.IMMMode(home.IMMs)}
	var others []string
	for _, s := range schemes {
		others = append(others, s.ID)
		if s.As == asClaim && s.ID != m.Scheme {
			m.Mapping.Claims = append(m.Mapping.Claims, s.ID)
		}
	}
	r, err := marking.NewReader(m.Scheme, others...)
	if err != nil {
		return // reported where the id stands
	}
	m.Reader = r
	c.equivalence(m, active)
	if home.Silent != "" {
		id := c.list(owner.packMeta.ID, home.Silent, nil)
		m.Silent = c.rs.Lists.Get(id)
	}
	c.rs.Markings = m
	c.markingTypes(m, owner, home.Pos)
}

func (p *pack) hasLabels() bool {
	return slices.ContainsFunc(p.files, func(f packFile) bool { return len(f.Labels) > 0 })
}

// ceiling checks the ceiling of the pack and that of the site, which wins.
func (c *compiler) ceiling(m *Markings, y *markingsY) {
	s, _ := marking.FindScheme(m.Scheme)
	if m.Ceiling == "" {
		m.Ceiling = defaultCeiling(m.Scheme)
	}
	if !slices.Contains(s.Classes, m.Ceiling) {
		c.at(y.Pos, nearest(m.Ceiling, s.Classes), "ceiling: unknown class %q", m.Ceiling)
	}
	if c.opt.Ceiling == "" {
		return
	}
	m.Ceiling = c.opt.Ceiling
	if !slices.Contains(s.Classes, m.Ceiling) {
		c.at(c.site(m.Ceiling, "labels", "ceiling"), nearest(m.Ceiling, s.Classes), "labels.ceiling: unknown class %q", m.Ceiling)
	}
}

// equivalence collects the rows that speak of the active catalogue: those of
// its own pack and of packs without labels.
func (c *compiler) equivalence(m *Markings, active string) {
	home, _ := marking.FindScheme(m.Scheme)
	for _, p := range c.packs {
		if p.Catalogue != active && p.hasLabels() {
			continue
		}
		seen := map[string]bool{}
		for _, f := range p.files {
			for _, y := range f.Equivalence {
				c.equivalenceRow(m, home, y, seen)
			}
		}
	}
}

func (c *compiler) equivalenceRow(m *Markings, home marking.Scheme, y equivalenceY, seen map[string]bool) {
	s, ok := marking.FindScheme(y.Scheme)
	if !ok && y.Scheme != "" {
		c.at(y.Pos, nearest(y.Scheme, marking.SchemeIDs(false)), "unknown marking scheme %q", y.Scheme)
		return
	}
	if y.Scheme == m.Scheme {
		c.at(y.Pos, "leave the row out", "%s is the catalogue's own scheme", y.Scheme)
	}
	if known := slices.Concat(s.Classes, s.Historical, s.Caveats); len(s.Classes) > 0 && s.ID != marking.SchemeESS && !slices.Contains(known, y.Classification) {
		c.at(y.Pos, nearest(y.Classification, known), "%s has no class %q", y.Scheme, y.Classification)
	}
	switch {
	case (y.Label == "") == (y.Class == ""):
		c.at(y.Pos, "", "a row has either a label or a class")
	case y.Label != "":
		c.label(nil, y.Pos, y.Label)
	case !slices.Contains(home.Classes, y.Class):
		c.at(y.Pos, nearest(y.Class, home.Classes), "%s has no class %q", home.ID, y.Class)
	}
	e := label.Equivalence{Scheme: y.Scheme, Namespace: y.Namespace, Classification: y.Classification, Label: label.ID(y.Label),
		Class: y.Class, Confirmed: y.Confirmed, Source: y.Source}
	key := func(e label.Equivalence) string {
		return strings.ToLower(e.Scheme + "\x00" + e.Namespace + "\x00" + e.Classification)
	}
	if seen[key(e)] {
		c.at(y.Pos, "", "%s %q has two rows in one pack", y.Scheme, y.Classification)
	}
	seen[key(e)] = true
	if i := slices.IndexFunc(m.Mapping.Equivalence, func(x label.Equivalence) bool { return key(x) == key(e) }); i >= 0 {
		m.Mapping.Equivalence[i] = e
		return
	}
	m.Mapping.Equivalence = append(m.Mapping.Equivalence, e)
}

// markingTypes makes the types that stand for markings. They have no
// patterns: the marking reader finds them.
func (c *compiler) markingTypes(m *Markings, p *pack, pos strictyaml.Pos) {
	if m.Types == "" {
		return
	}
	for _, l := range c.cat.Labels() {
		if l.Marking.Classification == "" {
			continue
		}
		t := sit.Type{ID: m.TypeID(l.ID), Name: m.TypeName(l), Category: "marking", Status: "full", Kind: "marking",
			Description: "The protective marking of this label, read by grammar."}
		if !idForm.MatchString(t.ID) {
			c.at(pos, "use lower case letters, digits and hyphens", "types: %q is not well formed", m.Types)
			return
		}
		c.types[t.ID] = t
		c.rs.Types = append(c.rs.Types, TypeInfo{Type: t, Pos: pos, Pack: p.packMeta.ID})
	}
}

// useMarkingType notes that a condition asks for the type of a marking.
func (c *compiler) useMarkingType(id string) {
	if m := c.rs.Markings; m != nil && m.Types != "" && c.types[id].Kind == "marking" {
		l := label.ID(strings.TrimPrefix(id, m.Types+"-"))
		if !slices.Contains(m.Used, l) {
			m.Used = append(m.Used, l)
		}
	}
}

// markingCond compiles `marking:`. Words are checked against the schemes the
// condition names, or all.
func (c *compiler) markingCond(y *Cond) policy.Condition {
	m := y.Marking
	var classes, imms []string
	open := false
	for _, s := range marking.Schemes() {
		switch {
		case len(m.Scheme) > 0 && !slices.Contains(m.Scheme, s.ID):
		case s.Classes == nil || s.ID == marking.SchemeESS || s.ID == marking.SchemeUS:
			open = open || len(m.Scheme) > 0
		default:
			imms = append(imms, s.IMMs...)
		}
		if len(m.Scheme) == 0 || slices.Contains(m.Scheme, s.ID) {
			classes = append(classes, slices.Concat(s.Classes, s.Historical)...)
		}
	}
	for _, k := range m.Scheme {
		if k != marking.SchemeForeign {
			c.d.OneOf(y.node, "marking scheme", k, marking.SchemeIDs(false))
		}
	}
	for _, k := range m.Classification {
		if !open && !slices.Contains(classes, k) && !marking.IsHistorical(k) {
			c.d.Problem(y.node, nearest(k, classes), "unknown classification %q", k)
		}
	}
	for _, k := range m.IMM {
		if !open {
			c.d.OneOf(y.node, "information management marker", k, imms)
		}
	}
	var codes []string
	for _, k := range marking.Codes() {
		codes = append(codes, string(k))
	}
	for _, k := range m.Diagnostic {
		c.d.OneOf(y.node, "diagnostic", k, codes)
	}
	return policy.MarkingIs{Scheme: m.Scheme, Classification: m.Classification, IMM: m.IMM, Caveat: m.Caveat, Diagnostic: m.Diagnostic, Source: m.Source}
}
