package rulepack

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract"
	"labelmilter/internal/policy"
	"labelmilter/rules"
)

// TestExamplePack loads the example of the pack format as it is documented,
// beside the few things that it refers to.
func TestExamplePack(t *testing.T) {
	t.Parallel()
	rs, ps := Load(Options{Sources: []Source{{FS: os.DirFS("testdata/example"), Dir: ".", Name: "example"}}})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	i := rs.Packs[0]
	if i.Keywords != 1 || i.SITs != 2 || i.Labels != 3 || i.LabelRules != 1 || i.Policies != 1 || len(rs.Policies.Exceptions()) != 1 {
		t.Errorf("loaded %+v and %d exceptions", i, len(rs.Policies.Exceptions()))
	}
	b := rs.Policies.Bound()
	p := b[len(b)-1]
	r := p.Rules[0]
	if p.ID != "au-outbound" || p.Assignment.Mode != "" || p.Policy.Mode != policy.Enforce || p.Policy.Priority != 10 || r.Severity != "high" || len(r.Then) != 2 || r.Override.With[0] != "justification" ||
		r.Then[0].Reply.String() != "550 5.7.1 PROTECTED mail may only go to cleared domains" {
		t.Errorf("policy %+v, rule %+v", p, r)
	}
}

// TestEveryPackIsEmbedded: a folder of rules with a pack.yaml is in the binary.
func TestEveryPackIsEmbedded(t *testing.T) {
	t.Parallel()
	find := func(s []Source, err error) (dirs []string) {
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range s {
			dirs = append(dirs, x.Dir)
		}
		return dirs
	}
	onDisk := find(Find(os.DirFS("../../rules"), ".", "rules", false))
	embedded := find(Find(rules.FS, ".", "rules", true))
	if !slices.Equal(onDisk, embedded) {
		t.Errorf("on disk %v\nembedded %v", onDisk, embedded)
	}
}

// TestDigest: equal rules have one digest, anything that changes a decision
// changes it, tests and places do not.
func TestDigest(t *testing.T) {
	t.Parallel()
	base := func() fstest.MapFS {
		return fstest.MapFS{"pack.yaml": {Data: []byte(goodMeta)}, "labels.yaml": {Data: []byte(labelsY)},
			"p.yaml": {Data: []byte("policies:\n  - {id: q, rules: [{id: r, then: [reject]}]}\n")}}
	}
	load := func(fsys fstest.MapFS, change func(*Options)) string {
		t.Helper()
		o := Options{Sources: []Source{{FS: fsys, Dir: ".", Name: "x"}}}
		if change != nil {
			change(&o)
		}
		rs, ps := Load(o)
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		return rs.Digest
	}
	first := load(base(), nil)
	with := func(name, data string) fstest.MapFS {
		f := base()
		f[name] = &fstest.MapFile{Data: []byte(data)}
		return f
	}
	if got := load(base(), nil); got != first || !strings.HasPrefix(got, "sha256:") || len(got) != 71 {
		t.Errorf("the same rules: %s and %s", first, got)
	}
	if got := load(with("x_test.yaml", "tests: []\n"), nil); got != first {
		t.Error("a test file changes the digest")
	}
	if got := load(base(), func(o *Options) { o.Sources[0].Name = "elsewhere" }); got != first {
		t.Error("the folder's name changes the digest")
	}
	seen := map[string]string{first: "the base"}
	for what, d := range map[string]string{
		"another rule":    load(with("p.yaml", "policies:\n  - {id: q, rules: [{id: r, then: [discard]}]}\n"), nil),
		"a new file":      load(with("k.yaml", "keywords: [{id: w, words: [a]}]\n"), nil),
		"a mode":          load(base(), func(o *Options) { o.Assign = []Assign{{Policy: "p/q", Mode: policy.Simulate}} }),
		"a list":          load(base(), func(o *Options) { o.Lists = map[string][]string{"l": {"a.example"}} }),
		"an allowed list": load(with("l.yaml", "lists: [{id: l, values: ['1']}]\n"), func(o *Options) { o.Allow = []string{"l"} }),
		"a site":          load(base(), func(o *Options) { o.Site = &policy.Organisation{Domains: []string{"own.example"}} }),
		"settings":        load(base(), func(o *Options) { o.Settings = "x" }),
		"a GUID":          load(base(), func(o *Options) { o.GUIDs = map[string]string{"official": "aaaaaaaa-0000-4000-8000-000000000001"} }),
	} {
		if other, dup := seen[d]; dup {
			t.Errorf("%s has the digest of %s", what, other)
		}
		seen[d] = what
	}
}

func TestAllow(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"pack.yaml": {Data: []byte(goodMeta)}, "labels.yaml": {Data: []byte(labelsY)},
		"s.yaml": {Data: []byte("sits: [{id: n, name: n, patterns: [{confidence: 85, match: {regex: '\\b\\d{2} ?\\d{2}\\b'}}]}]\nlists: [{id: test-numbers, values: ['11-11', 2222]}]\n")}}
	for _, tt := range []struct {
		allow []string
		want  int
		err   string
	}{
		{want: 3},
		{allow: []string{"test-numbers"}, want: 1},
		{allow: []string{"p/test-numbers"}, want: 1},
		{allow: []string{"site"}, want: 2},
		{allow: []string{"site", "test-numbers"}, want: 0},
		{allow: []string{"test-number"}, err: `allow: unknown list "test-number"`},
	} {
		rs, ps := Load(Options{Sources: []Source{{FS: fsys, Dir: ".", Name: "x"}}, Lists: map[string][]string{"site": {"33 33"}}, Allow: tt.allow})
		if tt.err != "" {
			if !strings.Contains(ps.String(), tt.err) || !strings.Contains(ps.String(), "did you mean") {
				t.Errorf("%v: %s", tt.allow, ps.String())
			}
			continue
		}
		if ps.HasErrors() {
			t.Fatal(ps)
		}
		found := 0
		for _, f := range rs.Engine.Detect([]extract.Text{{Part: "1", Where: extract.InBody, Body: "11 11 and 2222 and 3333"}}, budget.Default()).Findings {
			found += f.Count
		}
		if found != tt.want {
			t.Errorf("%v: %d found, want %d", tt.allow, found, tt.want)
		}
	}
}

func TestAssignments(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"pack.yaml": {Data: []byte(goodMeta)}, "labels.yaml": {Data: []byte(labelsY)},
		"p.yaml": {Data: []byte("policies:\n  - {id: one, mode: simulate, rules: [{id: r, then: [reject]}]}\n  - {id: two, rules: [{id: r, then: [reject]}]}\n" +
			"label_rules:\n  - {id: lr, label: official, when: {direction: inbound}}\n")}}
	five := 5
	tests := []struct {
		name   string
		assign []Assign
		want   string // policy:mode:priority of what is bound, then the label rule's mode
		errors bool
	}{
		{name: "none", want: "label::0 one::100 two::100 lr:enforce"},
		{name: "wildcard", assign: []Assign{{Policy: "p/*", Mode: policy.Off}}, want: "label::0 one:off:100 two:off:100 lr:off"},
		{name: "exact instead of wildcard", assign: []Assign{{Policy: "p/*", Mode: policy.Off}, {Policy: "p/one", Mode: policy.Enforce}}, want: "label::0 one:enforce:100 two:off:100 lr:off"},
		{name: "several of one policy", assign: []Assign{{Policy: "p/one", Mode: policy.Enforce, Priority: &five}, {Policy: "p/one", Mode: policy.Simulate}}, want: "label::0 one:enforce:5 one:simulate:100 two::100 lr:enforce"},
		{name: "the answer to hold", assign: []Assign{{Policy: "label/hold", Mode: policy.Simulate}}, want: "label::0 one::100 two::100 lr:enforce"},
		{name: "nothing of that name", assign: []Assign{{Policy: "p/three", Mode: policy.Off}}, errors: true},
	}
	for _, tt := range tests {
		rs, ps := Load(Options{Sources: []Source{{FS: fsys, Dir: ".", Name: "x"}}, Assign: tt.assign})
		if ps.HasErrors() != tt.errors {
			t.Errorf("%s: %s", tt.name, ps)
		}
		if rs == nil {
			continue
		}
		var got []string
		for _, b := range rs.Policies.Bound() {
			prio := b.Policy.Priority
			if b.Assignment.Priority != nil {
				prio = *b.Assignment.Priority
			}
			got = append(got, b.ID+":"+string(b.Assignment.Mode)+":"+itoa(prio))
		}
		got = append(got, "lr:"+string(rs.Policies.LabelRules()[0].Mode))
		if strings.Join(got, " ") != tt.want {
			t.Errorf("%s: %v, want %s", tt.name, got, tt.want)
		}
	}
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + itoa(n%10)
}

// TestLoadLimits: files that are too large or missing are problems, never a
// crash; a pack folder below another is a pack of its own.
func TestLoadLimits(t *testing.T) {
	t.Parallel()
	big := fstest.MapFS{"pack.yaml": {Data: []byte(goodMeta)}, "big.yaml": {Data: []byte("# " + strings.Repeat("x", maxFile))}}
	if rs, ps := Load(Options{Sources: []Source{{FS: big, Dir: ".", Name: "x"}}}); rs != nil || !strings.Contains(ps.String(), "the limit is 8388608") {
		t.Errorf("a large file: %v", ps)
	}
	if rs, ps := Load(Options{Sources: []Source{{FS: fstest.MapFS{}, Dir: "gone", Name: "x"}}}); rs != nil || !ps.HasErrors() {
		t.Errorf("no folder: %v", ps)
	}
	nested := fstest.MapFS{"a/pack.yaml": {Data: []byte(goodMeta)}, "a/b/pack.yaml": {Data: []byte(strings.Replace(goodMeta, "id: p", "id: q", 1))},
		"a/b/k.yaml": {Data: []byte("keywords: [{id: w, words: [x]}]\n")}, "a/more/k.yaml": {Data: []byte("keywords: [{id: v, words: [x]}]\n")}}
	src, err := Find(nested, ".", "rules", false)
	if err != nil || len(src) != 2 || src[0].Name != "rules/a" || src[1].Name != "rules/a/b" {
		t.Fatalf("found %+v, %v", src, err)
	}
	names, err := src[0].Files()
	if err != nil || !slices.Equal(names, []string{"more/k.yaml", "pack.yaml"}) {
		t.Errorf("files %v, %v", names, err)
	}
}

// TestDefinitions shows what stands in a file.
func TestDefinitions(t *testing.T) {
	t.Parallel()
	src := []Source{{FS: os.DirFS("testdata/example"), Dir: ".", Name: "example"}}
	for id, want := range map[string]string{"au-tfn-words": "keywords", "block-protected-external": "rule", "au-outbound/block-protected-external": "rule", "example": "pack", "protected": "labels"} {
		found, _ := Definitions(src, id)
		if len(found) != 1 || found[0].Kind != want || !strings.Contains(found[0].Text, "id: ") {
			t.Errorf("%s: %+v", id, found)
		}
	}
	if found, known := Definitions(src, "nothing"); len(found) != 0 || len(known) < 10 {
		t.Errorf("nothing: %v of %d", found, len(known))
	}
	if m, _ := filepath.Glob("testdata/example/*.yaml"); len(m) != 3 {
		t.Errorf("files %v", m)
	}
}
