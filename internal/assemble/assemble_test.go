package assemble

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/config"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

const ownPack = `id: own
version: 1.0.0
description: A pack of a site
`

const ownPolicy = `lists:
  - id: partners
    values: [partner.example]
policies:
  - id: guard
    rules:
      - id: no-partners
        when: {recipient: {domain: {list: partners}}}
        then: [{reject: {text: "not to partners", enhanced: 5.7.1}}]
`

// write makes files below a new folder.
func write(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func site(t *testing.T, text string) *config.Config {
	t.Helper()
	dir := write(t, map[string]string{"labelmilter.yaml": text, "packs/own/pack.yaml": ownPack, "packs/own/policy.yaml": ownPolicy,
		"partners.txt": "# partners\n\nfriend.example\n  other.example  \n", "empty/readme": ""})
	c, ps := config.Load(filepath.Join(dir, "labelmilter.yaml"))
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	return c
}

func packs(rs *rulepack.Ruleset) string {
	var ids []string
	for _, p := range rs.Packs {
		if !strings.HasPrefix(p.Dir, "rules/sit/") {
			ids = append(ids, p.ID)
		}
	}
	return strings.Join(ids, " ")
}

func TestPipeline(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"own/pack.yaml": ownPack, "own/policy.yaml": ownPolicy})
	for _, tt := range []struct {
		name, config string // "" = none
		flags        Flags
		packs        string
		problem      string
	}{
		{name: "nothing said", packs: "au-pspf"},
		{name: "empty configuration", config: "{}", packs: "au-pspf"},
		{name: "own folders", config: "rules: {dirs: [packs]}", packs: "au-pspf own"},
		{name: "named", config: "rules: {packs: [au-pspf], dirs: [packs]}", packs: "au-pspf own"},
		{name: "rules flag replaces", config: "rules: {dirs: [packs]}\nlabels: {catalogue: ''}", flags: Flags{RulesDirs: []string{filepath.Join(dir, "own")}}, packs: "own"},
		{name: "rules flag and pack flag", flags: Flags{RulesDirs: []string{dir}, AddPacks: []string{"au-pspf"}}, packs: "au-pspf own"},
		{name: "unknown pack", config: "rules: {packs: [au-psfp]}", problem: `unknown pack "au-psfp" (did you mean "au-pspf?`},
		{name: "unknown added pack", flags: Flags{AddPacks: []string{"zzz"}}, problem: `unknown pack "zzz"`},
		{name: "no folder", flags: Flags{RulesDirs: []string{filepath.Join(dir, "none")}}, problem: "no such file or directory"},
		{name: "no pack in it", config: "rules: {dirs: [empty]}", problem: "holds no pack"},
		{name: "catalogue", flags: Flags{Catalogue: "au-psfp"}, problem: `unknown label catalogue "au-psfp"`},
		{name: "list file missing", config: "rules: {lists: {partners: {file: none.txt}}}", problem: `list "partners"`},
		{name: "assignment of nothing", config: "rules: {assign: [{policy: own/guard, mode: simulate}]}", problem: "own/guard"},
		{name: "guid of no label", config: "organisation: {tenant_id: 6f3c2a10-9b1e-4c5d-8e7f-0123456789ab}\nlabels: {guids: {nolabel: 6f3c2a10-9b1e-4c5d-8e7f-0123456789ac}}", problem: `unknown label "nolabel"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var c *config.Config
			if tt.config != "" {
				c = site(t, tt.config)
			}
			p, ps := Pipeline(c, tt.flags)
			if tt.problem != "" {
				if p != nil || !ps.HasErrors() || !strings.Contains(ps.String(), strings.TrimSuffix(tt.problem, "?")) {
					t.Fatalf("got %v, problems:\n%s\nwant %s", p, ps, tt.problem)
				}
				return
			}
			if p == nil || ps.HasErrors() {
				t.Fatal(ps)
			}
			if got := packs(p.Rules); got != tt.packs {
				t.Errorf("packs %q, want %q", got, tt.packs)
			}
		})
	}
}

func TestFromConfig(t *testing.T) {
	t.Parallel()
	c := site(t, `
organisation: {domains: [agency.gov.au], networks: [10.0.0.0/8], tenant_id: 6f3c2a10-9b1e-4c5d-8e7f-0123456789ab}
rules:
  dirs: [packs]
  assign: [{policy: own/*, mode: simulate, priority: 7, scope: {senders: [agency.gov.au], directions: [outbound], percent: 50}}]
  lists: {partners: {file: partners.txt}}
labels: {catalogue: au-pspf, ceiling: "OFFICIAL:Sensitive", guids: {official: 6f3c2a10-9b1e-4c5d-8e7f-0123456789ac}}
limits: {depth: 7}
enforcement: simulate
`)
	p, ps := Pipeline(c, Flags{})
	if p == nil {
		t.Fatal(ps)
	}
	rs := p.Rules
	if l, _ := rs.Catalogue.Get("official"); l.GUID != "6f3c2a10-9b1e-4c5d-8e7f-0123456789ac" {
		t.Errorf("GUID %q", l.GUID)
	}
	if rs.Markings.Ceiling != "OFFICIAL:Sensitive" || p.Limits.Depth != 7 || !p.Simulate || !slices.Equal(p.Write, []string{"X-Sensitivity-Label"}) {
		t.Errorf("ceiling %q, depth %d, simulate %v, write %v", rs.Markings.Ceiling, p.Limits.Depth, p.Simulate, p.Write)
	}
	if !rs.Site.HasDomain("agency.gov.au") || !rs.Site.HasAddr("10.1.2.3") || rs.Site.TenantID == "" {
		t.Errorf("site %+v", rs.Site)
	}
	o, ps := FromConfig(c, Flags{})
	if ps.HasErrors() || !slices.Equal(o.Lists["partners"], []string{"friend.example", "other.example"}) {
		t.Errorf("lists %v, %v", o.Lists, ps)
	}
	if a := o.Assign[0]; a.Mode != "simulate" || *a.Priority != 7 || *a.Percent != 50 || a.Senders[0] != "agency.gov.au" || a.Directions[0] != "outbound" {
		t.Errorf("assign %+v", a)
	}
}

// What can change a decision changes the digest, and nothing else does.
func TestDigest(t *testing.T) {
	t.Parallel()
	digest := func(text string) string {
		p, ps := Pipeline(site(t, text), Flags{})
		if p == nil {
			t.Fatal(ps)
		}
		return p.Rules.Digest
	}
	base := digest("{}")
	for _, same := range []string{"{}", "state_dir: /x", "enforcement: simulate", "log: {level: debug}"} {
		if digest(same) != base {
			t.Errorf("%q changes the digest", same)
		}
	}
	for _, other := range []string{"limits: {depth: 7}", "labels: {write: [subject]}", "labels: {ceiling: OFFICIAL}",
		"organisation: {domains: [x.example]}", "rules: {dirs: [packs]}", "rules: {lists: {x: [a.example]}}"} {
		if digest(other) == base {
			t.Errorf("%q does not change the digest", other)
		}
	}
}

func TestProblemsHavePlaces(t *testing.T) {
	t.Parallel()
	dir := write(t, map[string]string{"bad/pack.yaml": "id: bad\nversion: 1\ndescripton: x\n", "bad/x.yaml": "policies:\n  - id: Bad Id\n"})
	_, ps := Pipeline(nil, Flags{RulesDirs: []string{dir}})
	if n := len(ps); n < 3 {
		t.Errorf("%d problems, want all at once: %v", n, ps)
	}
	if !slices.ContainsFunc(ps, func(p strictyaml.Problem) bool { return strings.HasSuffix(p.File, "bad/pack.yaml") && p.Line == 3 }) {
		t.Errorf("no problem at bad/pack.yaml:3: %v", ps)
	}
}

// What a configuration says of rules and labels is reported at its place.
func TestConfigProblemsHavePlaces(t *testing.T) {
	t.Parallel()
	const tenant = "organisation: {tenant_id: 6f3c2a10-9b1e-4c5d-8e7f-0123456789ab}\n"
	for _, tt := range []struct {
		config    string
		line, col int
		message   string
	}{
		{"rules:\n  allow:\n    - sit-common/test-numbers\n    - none/such\n", 4, 7, `allow: unknown list "none/such"`},
		{"rules: {allow: nosuch}\n", 1, 16, `allow: unknown list "nosuch"`},
		{"rules: {packs: [au-pspf, zzz]}\n", 1, 26, `unknown pack "zzz"`},
		{"labels:\n  catalogue: zzz\n", 2, 14, `unknown label catalogue "zzz"`},
		{"labels:\n  ceiling: ZZZ\n", 2, 12, `labels.ceiling: unknown class "ZZZ"`},
		{tenant + "labels:\n  guids:\n    zzz: 6f3c2a10-9b1e-4c5d-8e7f-0123456789ac\n", 4, 5, `labels.guids: unknown label "zzz"`},
		{"labels: {default: {outbound: official, inbound: zzz}}\n", 1, 49, `labels.default: unknown label "zzz"`},
		{"labels:\n  sio:\n    policy: 1.2.36.1\n    classes: {zzz: 1}\n", 4, 15, `labels.sio.classes: unknown label "zzz"`},
	} {
		c := site(t, tt.config)
		_, ps := Pipeline(c, Flags{})
		if !slices.ContainsFunc(ps, func(p strictyaml.Problem) bool {
			return p.File == c.File() && p.Line == tt.line && p.Col == tt.col && strings.HasPrefix(p.Message, tt.message)
		}) {
			t.Errorf("%s\nwant %d:%d: %s, got %v", tt.config, tt.line, tt.col, tt.message, ps)
		}
	}
	// What a flag says has no place in the file.
	_, ps := Pipeline(site(t, "labels: {catalogue: au-pspf}\n"), Flags{Catalogue: "zzz", AddPacks: []string{"yyy"}})
	if len(ps) == 0 || slices.ContainsFunc(ps, func(p strictyaml.Problem) bool { return p.Line != 0 }) {
		t.Errorf("places of flags: %v", ps)
	}
}
