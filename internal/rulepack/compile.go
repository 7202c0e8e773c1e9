package rulepack

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"labelmilter/internal/detect"
	"labelmilter/internal/label"
	"labelmilter/internal/match"
	"labelmilter/internal/policy"
	"labelmilter/internal/sit"
	"labelmilter/internal/strictyaml"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"
)

// compiler holds what the parts of compilation share.
type compiler struct {
	d        *strictyaml.Decoder
	opt      Options
	packs    []*pack
	lists    map[string][]string // "pack/id" and, if unique, "id"
	keywords map[string]sit.KeywordList
	placeOf  map[string]strictyaml.Pos // of keyword lists
	types    map[string]sit.Type
	allowed  []string // values that are no findings, normalised, sorted
	cat      *label.Catalogue
	rated    policy.Ratings
	rs       *Ruleset
}

var idForm = regexp.MustCompile(`^[a-z0-9]+(?:[-._][a-z0-9]+)*$`)

// Load reads, checks and compiles packs. With any error the ruleset is nil;
// the problems hold the warnings too.
func Load(o Options) (*Ruleset, strictyaml.Problems) {
	c := &compiler{d: strictyaml.NewDecoder(), opt: o, lists: map[string][]string{}, keywords: map[string]sit.KeywordList{}, placeOf: map[string]strictyaml.Pos{},
		types: map[string]sit.Type{}, rs: &Ruleset{Site: o.Site}}
	if o.Site == nil {
		c.opt.Site = &policy.Organisation{}
		c.rs.Site = c.opt.Site
	}
	c.packs = readPacks(o.Sources, c.d)
	c.checkPacks()
	c.readLists()
	c.readKeywords()
	c.catalogue()
	c.tables()
	c.sits()
	c.policies()
	c.info()
	c.digest()
	ps := c.d.Problems()
	if ps.HasErrors() {
		return nil, ps
	}
	c.rs.Warnings = ps
	return c.rs, ps
}

// at is a node-less problem at a place.
func (c *compiler) at(p strictyaml.Pos, fix, format string, args ...any) {
	c.d.Add(strictyaml.Problem{Pos: p, Severity: strictyaml.Error, Message: fmt.Sprintf(format, args...), Fix: fix})
}

func (c *compiler) warn(p strictyaml.Pos, fix, format string, args ...any) {
	c.d.Add(strictyaml.Problem{Pos: p, Severity: strictyaml.Warning, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// id checks the form of an id and that it is new in seen.
func (c *compiler) id(p strictyaml.Pos, what, id string, seen map[string]strictyaml.Pos) {
	if id == "" {
		return // reported as missing
	}
	if !idForm.MatchString(id) || len(id) > 100 {
		c.at(p, "use lower case letters, digits and hyphens, at most 100", "%s id %q is not well formed", what, id)
	}
	if first, dup := seen[id]; dup {
		c.at(p, "", "%s %q is defined twice (first at %s)", what, id, first)
		return
	}
	seen[id] = p
}

// nearest is a fix that names the nearest known value.
func nearest(v string, known []string) string {
	if n, ok := strictyaml.Nearest(v, known); ok {
		return fmt.Sprintf("did you mean %q?", n)
	}
	if len(known) == 0 {
		return "none is defined"
	}
	if len(known) <= 12 {
		return "known: " + strings.Join(known, ", ")
	}
	return ""
}

func (c *compiler) checkPacks() {
	seen := map[string]strictyaml.Pos{}
	var ids []string
	for _, p := range c.packs {
		pos := p.packMeta.Pos
		if pos.File == "" {
			pos = strictyaml.Pos{File: p.shown("pack.yaml"), Line: 1, Col: 1}
		}
		c.id(pos, "pack", p.packMeta.ID, seen)
		ids = append(ids, p.packMeta.ID)
	}
	for _, p := range c.packs {
		for _, r := range p.packMeta.Requires {
			if !slices.Contains(ids, r) {
				c.at(p.packMeta.Pos, "load it too with rules.packs, --pack or --rules", "pack %q requires pack %q, which is not loaded", p.packMeta.ID, r)
			}
		}
	}
}

func (c *compiler) readLists() {
	short := map[string]int{}
	for _, p := range c.packs {
		seen := map[string]strictyaml.Pos{}
		for _, f := range p.files {
			for _, l := range f.Lists {
				c.id(l.Pos, "list", l.ID, seen)
				c.lists[p.packMeta.ID+"/"+l.ID] = l.Values
				short[l.ID]++
			}
		}
	}
	for _, id := range sortedKeys(c.opt.Lists) {
		// A site's list replaces the packs' lists of that name, or is new.
		found := false
		for k := range c.lists {
			if k == id || strings.HasSuffix(k, "/"+id) {
				c.lists[k], found = c.opt.Lists[id], true
			}
		}
		if !found {
			c.lists[id] = c.opt.Lists[id]
		}
	}
	c.rs.Lists = policy.NewLists(c.lists)
	c.readAllowed()
}

// site is the place of a value in the site's configuration, if that is known.
func (c *compiler) site(value string, path ...string) strictyaml.Pos {
	if c.opt.Where == nil {
		return strictyaml.Pos{}
	}
	return c.opt.Where(value, path...)
}

// readAllowed collects the values that are no findings.
func (c *compiler) readAllowed() {
	for _, ref := range c.opt.Allow {
		values, ok := c.lists[ref]
		if full := named(c.lists, ref); !ok && len(full) == 1 {
			values, ok = c.lists[full[0]], true
		}
		if !ok {
			c.at(c.site(ref, "rules", "allow"), nearest(ref, sortedKeys(c.lists)), "allow: unknown list %q", ref)
		}
		for _, v := range values {
			if n := detect.Normal(v); n != "" {
				c.allowed = append(c.allowed, n)
			}
		}
	}
	slices.Sort(c.allowed)
	c.allowed = slices.Compact(c.allowed)
}

// named gives the lists of packs with a short id.
func named(lists map[string][]string, id string) []string {
	var out []string
	for _, k := range sortedKeys(lists) {
		if strings.HasSuffix(k, "/"+id) {
			out = append(out, k)
		}
	}
	return out
}

// list resolves a list reference made in a pack.
func (c *compiler) list(pack, ref string, n *strictyaml.Node) string {
	for _, k := range []string{pack + "/" + ref, ref} {
		if _, ok := c.lists[k]; ok {
			return k
		}
	}
	c.d.Problem(n, nearest(ref, c.known(pack, sortedKeys(c.lists))), "unknown list %q", ref)
	return ref
}

// known gives ids as a pack may write them: its own without prefix.
func (c *compiler) known(pack string, full []string) []string {
	out := make([]string, 0, len(full))
	for _, k := range full {
		out = append(out, strings.TrimPrefix(k, pack+"/"))
	}
	return out
}

func (c *compiler) readKeywords() {
	for _, p := range c.packs {
		seen := map[string]strictyaml.Pos{}
		for _, f := range p.files {
			for _, k := range f.Keywords {
				c.id(k.Pos, "keyword list", k.ID, seen)
				full := p.packMeta.ID + "/" + k.ID
				c.placeOf[full] = k.Pos
				if k.Case == "capitals" {
					k.Words = withCapitals(k.Words)
				}
				c.keywords[full] = sit.KeywordList{ID: full, Words: k.Words, String: k.Match == "string", CaseSensitive: k.Case == "sensitive" || k.Case == "capitals"}
			}
		}
	}
}

// withCapitals adds to words what they are in capitals, behind them all: places
// of words in a pack stay as they are.
func withCapitals(words []string) []string {
	known := make(map[string]bool, 2*len(words))
	for _, w := range words {
		known[w] = true
	}
	upper, out := cases.Upper(language.Und), slices.Clip(words)
	for _, w := range words {
		if w = upper.String(w); !known[w] {
			known[w] = true
			out = append(out, w)
		}
	}
	return out
}

// keyword resolves a keyword list reference made in a pack.
func (c *compiler) keyword(pack, ref string, pos strictyaml.Pos) (string, bool) {
	for _, k := range []string{pack + "/" + ref, ref} {
		if _, ok := c.keywords[k]; ok {
			return k, true
		}
	}
	c.at(pos, nearest(ref, c.known(pack, sortedKeys(c.keywords))), "unknown keyword list %q", ref)
	return ref, false
}

// catalogue makes the one active catalogue and the marking scheme of its pack.
func (c *compiler) catalogue() {
	labels := map[string][]labelY{}
	for _, p := range c.packs {
		for _, f := range p.files {
			if len(f.Labels) > 0 {
				labels[p.Catalogue] = append(labels[p.Catalogue], f.Labels...)
			}
		}
	}
	ids := sortedKeys(labels)
	active := c.opt.Catalogue
	switch {
	case active != "" && !slices.Contains(ids, active):
		c.at(c.site(active, "labels", "catalogue"), nearest(active, ids), "unknown label catalogue %q", active)
		return
	case active == "" && len(ids) > 1:
		c.at(strictyaml.Pos{}, "choose one with labels.catalogue or --catalogue", "%d label catalogues are loaded: %s", len(ids), strings.Join(ids, ", "))
		active = ids[0]
	case active == "" && len(ids) == 1:
		active = ids[0]
	case len(ids) == 0:
		c.cat, _ = label.NewCatalogue("", nil)
		c.rs.Catalogue = c.cat
		return
	}
	ys := labels[active]
	ls := make([]label.Label, 0, len(ys))
	for _, y := range ys {
		c.id(y.Pos, "label", y.ID, map[string]strictyaml.Pos{})
		l := label.Label{ID: label.ID(y.ID), Name: y.Name, DisplayName: y.DisplayName, Parent: label.ID(y.Parent), Rank: y.Rank,
			GUID: strings.ToLower(y.GUID), Published: y.Published, Banner: y.Banner, Description: y.Description}
		if y.GUID != "" && !label.IsGUID(y.GUID) {
			c.at(y.Pos, "use the form 8-4-4-4-12 hexadecimal digits", "label %q: GUID %q is not well formed", y.ID, y.GUID)
		}
		if m := y.Marking; m != nil {
			l.Marking = label.Marking{Classification: m.Classification, Caveats: m.Caveats, IMMs: m.IMMs}
		}
		ls = append(ls, l)
	}
	cat, problems := label.NewCatalogue(active, ls)
	for _, p := range problems {
		c.at(ys[p.Index].Pos, "", "%s", p.Message)
	}
	cat, unknown := cat.WithGUIDs(c.opt.GUIDs)
	for _, id := range unknown {
		c.at(c.site(id, "labels", "guids"), nearest(id, cat.IDs()), "labels.guids: unknown label %q in catalogue %q", id, active)
	}
	c.cat, c.rs.Catalogue = cat, cat
	c.markings(active)
}

func (c *compiler) label(n *strictyaml.Node, pos strictyaml.Pos, id string) *label.Label {
	l, ok := c.cat.Get(label.ID(id))
	if ok {
		return &l
	}
	if n != nil {
		pos = n.Pos()
	}
	fix := nearest(id, c.cat.IDs())
	if c.cat.ID == "" {
		fix = "no loaded pack has labels"
	}
	c.at(pos, fix, "unknown label %q", id)
	return nil
}

// info fills what can be listed.
func (c *compiler) info() {
	for _, p := range c.packs {
		i := PackInfo{ID: p.packMeta.ID, Version: p.Version, Description: p.Description, License: p.License, Requires: p.packMeta.Requires,
			Dir: p.Name, Embedded: p.Embedded}
		if i.Requires == nil {
			i.Requires = []string{}
		}
		for _, f := range p.files {
			i.Keywords += len(f.Keywords)
			i.SITs += len(f.SITs)
			i.Labels += len(f.Labels)
			i.LabelRules += len(f.LabelRules)
			i.Policies += len(f.Policies)
		}
		if i.Labels > 0 {
			i.Catalogue = p.Catalogue
		}
		c.rs.Packs = append(c.rs.Packs, i)
	}
}

// digest covers everything that can change a decision.
func (c *compiler) digest() {
	h := sha256.New()
	for _, p := range c.packs {
		fmt.Fprintf(h, "pack %s %s\n", p.packMeta.ID, p.sum)
	}
	rest, err := json.Marshal(struct {
		Catalogue string
		Assign    []Assign
		Lists     map[string][]string
		Allow     []string
		Site      *policy.Organisation
		GUIDs     map[string]string
		Ceiling   string
		Settings  string
	}{c.opt.Catalogue, unplaced(c.opt.Assign), c.opt.Lists, c.opt.Allow, c.opt.Site, c.opt.GUIDs, c.opt.Ceiling, c.opt.Settings})
	if err != nil {
		c.at(strictyaml.Pos{}, "", "digest: %v", err)
	}
	h.Write(rest)
	c.rs.Digest = "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// unplaced drops the places, which do not change a decision.
func unplaced(as []Assign) []Assign {
	out := slices.Clone(as)
	for i := range out {
		out[i].Pos = strictyaml.Pos{}
	}
	return out
}

// pattern compiles a regular expression of a condition.
func (c *compiler) pattern(n *strictyaml.Node, expr string) policy.Matcher {
	p, err := match.Compile(expr, match.Options{AllowEmptyMatch: true})
	var me *match.Error
	if errors.As(err, &me) {
		c.d.Problem(n, me.Fix, "regular expression, offset %d: %s", me.Offset, me.Reason)
		return nil
	}
	if err != nil {
		c.d.Problem(n, "", "regular expression: %v", err)
		return nil
	}
	if n != nil {
		c.cost(n.Pos(), p)
	}
	return p
}
