// Package ruletest runs the tests that packs carry: the examples of sensitive
// information types, and the cases of *_test.yaml files, which are messages
// with expectations. Each test goes through the whole pipeline.
package ruletest

import (
	"context"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"labelmilter/internal/authres"
	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/edm"
	"labelmilter/internal/fixture"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
	"labelmilter/internal/replay"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

// Case is one test with its outcome.
type Case struct {
	Pack       string
	Pos        strictyaml.Pos
	Name       string
	Mismatches []fixture.Mismatch
	Err        error
}

// OK reports whether the test passed.
func (c Case) OK() bool { return c.Err == nil && len(c.Mismatches) == 0 }

// Options steer a run.
type Options struct {
	All   []rulepack.Source // every pack that may be required
	Test  []string          // ids of the packs to test; empty: all
	Write []string          // headers to write
	Match func(name string) bool
}

// suiteY is a *_test.yaml file.
type suiteY struct {
	Packs        []string              `yaml:"packs" doc:"further packs to load"`
	Catalogue    string                `yaml:"catalogue" doc:"label catalogue"`
	Assign       []assignY             `yaml:"assign" doc:"modes, as in the configuration"`
	Lists        map[string][]string   `yaml:"lists" doc:"values for named lists"`
	Allow        []string              `yaml:"allow" doc:"named lists whose values are no findings, as rules.allow in the configuration"`
	Organisation *fixture.Organisation `yaml:"organisation" doc:"whose mail is judged"`
	Write        []string              `yaml:"write" doc:"headers to write, as labels.write in the configuration"`
	Tables       map[string]string     `yaml:"tables" doc:"rows of tables for exact data match, as CSV with a header line; a table that is not given is unavailable"`
	Tests        []*strictyaml.Node    `yaml:"tests,required" doc:"messages with expectations"`
}

// ofSuite are keys of expectations that a test file gives once for all tests;
// pack_dirs is none of them: a pack is tested with itself.
var ofSuite = []string{"packs", "pack_dirs", "write", "catalogue", "organisation"}

type assignY struct {
	Policy string `yaml:"policy,required" doc:"pack/id, * as wildcard"`
	Mode   string `yaml:"mode,required" enum:"off|simulate|simulate-with-notice|enforce" doc:"mode"`
}

// Run runs the tests of packs and calls each with every outcome, in order of
// pack, file and place. The problems are those of test files and packs.
func Run(ctx context.Context, o Options, each func(Case)) strictyaml.Problems {
	r := runner{o: o, each: each, byID: map[string]rulepack.Source{}}
	for _, s := range o.All {
		r.byID[s.ID()] = s
	}
	for _, s := range o.All {
		if len(o.Test) == 0 || slices.Contains(o.Test, s.ID()) {
			r.pack(ctx, s)
		}
	}
	r.problems.Sort()
	return r.problems
}

type runner struct {
	o        Options
	each     func(Case)
	byID     map[string]rulepack.Source
	engines  rulepack.Engines // of the pack being tested
	problems strictyaml.Problems
}

// needs gives a pack with all that it requires, required ones first.
func (r *runner) needs(ids ...string) []rulepack.Source {
	var out []rulepack.Source
	seen := map[string]bool{}
	var add func(id string)
	add = func(id string) {
		s, ok := r.byID[id]
		if !ok || seen[id] {
			return
		}
		seen[id] = true
		for _, q := range s.Requires() {
			add(q)
		}
		out = append(out, s)
	}
	for _, id := range ids {
		add(id)
	}
	return out
}

func (r *runner) pack(ctx context.Context, s rulepack.Source) {
	r.engines = rulepack.Engines{} // those of the pack before are not needed again
	rs, ps := rulepack.Load(rulepack.Options{Sources: r.needs(s.ID()), Engines: &r.engines})
	if ps.HasErrors() {
		r.problems = append(r.problems, ps...)
		return
	}
	r.sitTests(ctx, s.ID(), rs)
	names, err := fs.Glob(s.FS, path.Join(s.Dir, "*_test.yaml"))
	if err != nil {
		return // the pattern is well formed
	}
	slices.Sort(names)
	for _, name := range names {
		r.file(ctx, s, name)
	}
}

// sitTests runs the examples of the pack's types.
func (r *runner) sitTests(ctx context.Context, pack string, rs *rulepack.Ruleset) {
	p := r.pipeline(rs)
	for _, t := range rs.Types {
		if t.Pack != pack {
			continue
		}
		for i, text := range t.Match {
			r.sitTest(ctx, p, t, fmt.Sprintf("%s match %d", t.ID, i+1), text, true)
		}
		for i, text := range t.NoMatch {
			r.sitTest(ctx, p, t, fmt.Sprintf("%s no_match %d", t.ID, i+1), text, false)
		}
	}
}

func (r *runner) sitTest(ctx context.Context, p *pipeline.Pipeline, t rulepack.TypeInfo, name, text string, want bool) {
	if r.o.Match != nil && !r.o.Match(name) {
		return
	}
	c := Case{Pack: t.Pack, Pos: t.Pos, Name: name}
	res, err := judge(ctx, p, plainMail(text), nil)
	found := slices.ContainsFunc(res.Findings, func(f pipeline.Finding) bool { return f.Type == t.ID })
	switch {
	case err != nil:
		c.Err = err
	case want && !found:
		c.Mismatches = []fixture.Mismatch{{Path: "findings." + t.ID, Want: "found", Got: "not found"}}
	case !want && found:
		c.Mismatches = []fixture.Mismatch{{Path: "findings." + t.ID, Want: "not found", Got: "found"}}
	}
	r.each(c)
}

func (r *runner) pipeline(rs *rulepack.Ruleset) *pipeline.Pipeline {
	return &pipeline.Pipeline{Rules: rs, Limits: budget.Default(), Write: r.o.Write}
}

// judge sends one mail through the pipeline.
func judge(ctx context.Context, p *pipeline.Pipeline, mail string, w *fixture.Want) (pipeline.Result, error) {
	m, err := message.Read(ctx, strings.NewReader(mail), message.Envelope{}, message.Options{Limits: p.Limits})
	if err != nil {
		return pipeline.Result{}, err
	}
	defer m.Close()
	m.Envelope = w.Overlay(replay.Envelope(m.Header, replay.Options{}))
	return p.Process(ctx, m, replay.Facts(m, w.Clock(), w, authres.Verifiers{})), nil
}

func (r *runner) file(ctx context.Context, s rulepack.Source, name string) {
	data, err := fs.ReadFile(s.FS, name)
	shown := path.Join(orDir(s), path.Base(name))
	if err != nil {
		r.problems = append(r.problems, strictyaml.Problem{Pos: strictyaml.Pos{File: shown, Line: 1, Col: 1}, Severity: strictyaml.Error, Message: err.Error()})
		return
	}
	var y suiteY
	n, ps := strictyaml.Parse(shown, data)
	d := strictyaml.NewDecoder()
	for _, p := range ps {
		d.Add(p)
	}
	if n != nil {
		d.Decode(n, &y)
	}
	rs, loadProblems := r.ruleset(s, y)
	for _, p := range loadProblems {
		d.Add(p)
	}
	stores := r.stores(d, n, rs, y.Tables)
	for _, t := range y.Tests {
		r.test(ctx, d, s, rs, y.Write, stores, t)
	}
	r.problems = append(r.problems, d.Problems()...)
}

// stores makes the stores of a test file's tables.
func (r *runner) stores(d *strictyaml.Decoder, n *strictyaml.Node, rs *rulepack.Ruleset, tables map[string]string) detect.Stores {
	out := detect.Stores{}
	if rs == nil {
		return out
	}
	for _, id := range slices.Sorted(maps.Keys(tables)) {
		at := n.Get("tables").Get(id)
		def, ok := rs.Table(id)
		if !ok {
			d.Problem(at, "define it under edms:", "no table %q is defined", id)
			continue
		}
		t, err := edm.Temporary(def, tables[id])
		if err != nil {
			d.Problem(at, "", "table %q: %v", id, err)
			continue
		}
		out[id] = t
	}
	return out
}

func orDir(s rulepack.Source) string {
	if s.Name != "" {
		return s.Name
	}
	return s.Dir
}

func (r *runner) ruleset(s rulepack.Source, y suiteY) (*rulepack.Ruleset, strictyaml.Problems) {
	o := rulepack.Options{Sources: r.needs(append([]string{s.ID()}, y.Packs...)...), Catalogue: y.Catalogue, Lists: y.Lists, Allow: y.Allow, Engines: &r.engines}
	for _, a := range y.Assign {
		o.Assign = append(o.Assign, rulepack.Assign{Policy: a.Policy, Mode: policy.Mode(a.Mode)})
	}
	var ps strictyaml.Problems
	if y.Organisation != nil {
		o.Site, ps = y.Organisation.Site()
		o.GUIDs = y.Organisation.GUIDs
	}
	rs, more := rulepack.Load(o)
	return rs, append(ps, more...)
}

func (r *runner) test(ctx context.Context, d *strictyaml.Decoder, s rulepack.Source, rs *rulepack.Ruleset, write []string, stores detect.Stores, n *strictyaml.Node) {
	w := fixture.FromNode(d, n, "mail", "eml")
	for _, e := range n.Entries() {
		if slices.Contains(ofSuite, e.Key.Text()) {
			d.Problem(e.Key, "put it at the top of the file, beside tests", "%s holds for all tests of a file", e.Key.Text())
		}
	}
	name := ""
	if x := n.Get("name"); x != nil {
		name = x.Text()
	} else {
		d.Problem(n, "", "a test needs a name")
	}
	if r.o.Match != nil && !r.o.Match(name) {
		return
	}
	mail, ok := "", false
	if x := n.Get("mail"); x != nil {
		mail, ok = x.Text(), true
	} else if x := n.Get("eml"); x != nil {
		data, err := fs.ReadFile(s.FS, path.Join(s.Dir, path.Clean("/" + x.Text())[1:]))
		if err != nil {
			d.Problem(x, "", "no such file in the pack")
			return
		}
		mail, ok = string(data), true
	}
	if !ok {
		d.Problem(n, "give mail: with the message, or eml: with a file", "the test has no message")
		return
	}
	if rs == nil || d.Problems().HasErrors() {
		return
	}
	c := Case{Pack: s.ID(), Pos: n.Pos(), Name: name}
	p := r.pipeline(rs)
	p.Stores = stores
	if write != nil {
		p.Write = write
	}
	res, err := judge(ctx, p, mail, w)
	if err != nil {
		c.Err = err
	} else {
		c.Mismatches, c.Err = w.Compare(res)
	}
	r.each(c)
}
