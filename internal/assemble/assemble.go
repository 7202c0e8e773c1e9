// Package assemble joins packs, site settings and limits into a rule set. The
// daemon and every command go through it, so that what is tested is what runs.
package assemble

import (
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"labelmilter/internal/policy"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
	"labelmilter/rules"
)

// DefaultPacks are on when nothing else is said: labels and markings of the
// Australian PSPF, and every sensitive information type.
var DefaultPacks = []string{"au-pspf", "sit"}

// Options say which rules make up the rule set.
type Options struct {
	Packs     []string // embedded packs by id, or a folder of packs; nil: DefaultPacks
	AddPacks  []string // embedded packs beside those
	Dirs      []string // folders with own packs, beside the embedded ones
	RulesDirs []string // folders with packs, instead of the default ones
	Catalogue string
	Assign    []rulepack.Assign
	Lists     map[string][]string
	Allow     []string // named lists whose values are no findings
	Site      *policy.Organisation
	GUIDs     map[string]string
	Ceiling   string
	Where     func(value string, path ...string) strictyaml.Pos // the place of a value in the configuration, may be nil
	Settings  string                                            // further settings that go into the digest
	Engines   *rulepack.Engines                                 // shared between rule sets, may be nil
}

// Embedded gives all embedded packs.
func Embedded() ([]rulepack.Source, error) { return rulepack.Find(rules.FS, ".", "rules", true) }

// Rules loads, checks and compiles the rule set.
func Rules(o Options) (*rulepack.Ruleset, strictyaml.Problems) {
	sources, ps := Sources(o)
	rs, more := rulepack.Load(rulepack.Options{Sources: sources, Catalogue: o.Catalogue, Assign: o.Assign, Lists: o.Lists, Allow: o.Allow,
		Site: o.Site, GUIDs: o.GUIDs, Ceiling: o.Ceiling, Where: o.Where, Settings: o.Settings, Engines: o.Engines})
	ps = append(ps, more...)
	ps.Sort()
	if ps.HasErrors() {
		return nil, ps
	}
	return rs, ps
}

// Sources finds the packs that the options name.
func Sources(o Options) ([]rulepack.Source, strictyaml.Problems) {
	var ps strictyaml.Problems
	problem := func(fix, format string, args ...any) {
		ps = append(ps, strictyaml.Problem{Severity: strictyaml.Error, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	all, err := Embedded()
	if err != nil {
		problem("", "embedded packs: %v", err)
	}
	var out []rulepack.Source
	add := func(ss ...rulepack.Source) {
		for _, s := range ss {
			if !slices.ContainsFunc(out, func(x rulepack.Source) bool { return x.Embedded == s.Embedded && x.Name == s.Name }) {
				out = append(out, s)
			}
		}
	}
	ids := o.Packs
	optional := false
	if len(o.RulesDirs) > 0 {
		ids = nil
	} else if ids == nil {
		ids, optional = DefaultPacks, true
	}
	for _, id := range slices.Concat(ids, o.AddPacks) {
		found := named(all, id)
		if len(found) == 0 && !(optional && id == "sit") {
			problem(nearestPack(id, all), "unknown pack %q", id)
			if o.Where != nil && !slices.Contains(o.AddPacks, id) {
				ps[len(ps)-1].Pos = o.Where(id, "rules", "packs")
			}
		}
		add(found...)
	}
	for _, dir := range slices.Concat(o.RulesDirs, o.Dirs) {
		info, err := os.Stat(dir)
		switch {
		case err != nil:
			problem("", "rules folder %s: %s", dir, plain(err))
			continue
		case !info.IsDir():
			problem("name the folder that holds pack.yaml", "rules folder %s is a file", dir)
			continue
		}
		found, err := rulepack.Find(os.DirFS(dir), ".", filepath.ToSlash(dir), false)
		if err != nil {
			problem("", "rules folder %s: %s", dir, plain(err))
		}
		if len(found) == 0 && err == nil {
			problem("a pack is a folder with a pack.yaml", "rules folder %s holds no pack", dir)
		}
		add(found...)
	}
	return withRequired(out, all), ps
}

// withRequired puts embedded packs that others require before them.
func withRequired(out, all []rulepack.Source) []rulepack.Source {
	have := map[string]bool{}
	for _, s := range out {
		have[s.ID()] = true
	}
	var first []rulepack.Source
	for i := 0; i < len(out)+len(first); i++ {
		s := slices.Concat(out, first)[i]
		for _, id := range s.Requires() {
			if have[id] {
				continue
			}
			for _, e := range all {
				if e.ID() == id {
					have[id] = true
					first = append(first, e)
				}
			}
		}
	}
	return slices.Concat(first, out)
}

// named gives the embedded packs of an id or of a folder. A pack's folder has
// the name of its id; the id inside decides where it has another.
func named(all []rulepack.Source, id string) []rulepack.Source {
	var out []rulepack.Source
	for _, s := range all {
		if s.Dir == id || path.Base(s.Dir) == id || strings.HasPrefix(s.Dir, id+"/") {
			out = append(out, s)
		}
	}
	if len(out) > 0 {
		return out
	}
	for _, s := range all {
		if s.ID() == id {
			return []rulepack.Source{s}
		}
	}
	return nil
}

func nearestPack(id string, all []rulepack.Source) string {
	var known []string
	for _, s := range all {
		known = append(known, path.Base(s.Dir))
	}
	if n, ok := strictyaml.Nearest(id, known); ok {
		return fmt.Sprintf("did you mean %q?", n)
	}
	return "see labelmilter rules list"
}

func plain(err error) string {
	if pe, ok := err.(*fs.PathError); ok {
		return pe.Err.Error()
	}
	return err.Error()
}
