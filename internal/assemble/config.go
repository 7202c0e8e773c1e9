package assemble

import (
	"encoding/json"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"time"

	"labelmilter/internal/authres"
	"labelmilter/internal/budget"
	"labelmilter/internal/config"
	"labelmilter/internal/extract/helper"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/plan"
	"labelmilter/internal/policy"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/smime"
	"labelmilter/internal/strictyaml"
)

// Flags are what a command line may say about rules; they go before the
// configuration.
type Flags struct {
	RulesDirs []string // folders with packs, instead of those configured
	AddPacks  []string // embedded packs beside those
	Catalogue string
}

// FromConfig gives the options that a configuration and flags ask for. Without
// a configuration the defaults stand: no organisation, DefaultPacks.
func FromConfig(c *config.Config, f Flags) (Options, strictyaml.Problems) {
	o := Options{RulesDirs: f.RulesDirs, AddPacks: f.AddPacks, Catalogue: f.Catalogue}
	if c == nil {
		return o, nil
	}
	o.Where = c.Where
	if !slices.Equal(c.Rules.Packs, DefaultPacks) {
		o.Packs = append([]string{}, c.Rules.Packs...) // "packs: []" means none
	}
	if len(f.RulesDirs) == 0 {
		o.Dirs = c.Rules.Dirs
	}
	if o.Catalogue == "" {
		o.Catalogue = c.Labels.Catalogue
	}
	o.Site = &policy.Organisation{Domains: c.Organisation.Domains, Networks: c.Organisation.Networks, TenantID: c.Organisation.TenantID,
		Name: c.Organisation.Name, Language: c.Organisation.Language, Languages: c.Organisation.Languages}
	o.GUIDs, o.Ceiling = c.Labels.GUIDs, c.Labels.Ceiling
	for _, a := range c.Rules.Assign {
		o.Assign = append(o.Assign, rulepack.Assign{Pos: a.Pos, Name: a.Name, Policy: a.Policy, Mode: policy.Mode(a.Mode), Priority: a.Priority,
			Senders: a.Scope.Senders, Recipients: a.Scope.Recipients, Directions: a.Scope.Directions, Percent: a.Scope.Percent, Variables: a.Variables})
	}
	lists, ps := c.ReadLists()
	o.Lists, o.Allow = lists, c.Rules.Allow
	settings, err := json.Marshal(struct {
		Limits budget.Limits
		Labels config.Labels
	}{c.Limits.Budget(), c.Labels})
	if err != nil {
		ps = append(ps, strictyaml.Problem{Severity: strictyaml.Error, Message: fmt.Sprintf("settings: %v", err)})
	}
	o.Settings = string(settings)
	return o, ps
}

// Pipeline makes the judge that a configuration and flags ask for. It is nil
// if there are errors.
func Pipeline(c *config.Config, f Flags) (*pipeline.Pipeline, strictyaml.Problems) {
	o, ps := FromConfig(c, f)
	certificates, more := certificatesOf(c)
	ps = append(ps, more...)
	o.Settings += certificates.Digest()
	rs, more := Rules(o)
	ps = append(ps, more...)
	ps.Sort()
	if rs == nil || ps.HasErrors() {
		return nil, ps
	}
	if c == nil {
		c = config.Default(".")
	}
	p := Judge(c)
	p.Rules, p.Certificates = rs, certificates
	if certificates == nil {
		ps = append(ps, needCertificates(rs)...)
	}
	ps = append(ps, siteLabels(c, rs, &p)...)
	for _, d := range slices.Sorted(maps.Keys(p.Default)) {
		if _, ok := rs.Catalogue.Get(p.Default[d]); !ok {
			ps = append(ps, strictyaml.Problem{Pos: c.Where(string(p.Default[d]), "labels", "default", string(d)), Severity: strictyaml.Error, Fix: "known: " + strings.Join(rs.Catalogue.IDs(), ", "),
				Message: fmt.Sprintf("labels.default: unknown label %q", p.Default[d])})
		}
	}
	if ps.HasErrors() {
		return nil, ps
	}
	return &p, ps
}

// siteLabels checks what the configuration says of single labels, and lets
// the site's own SIO-Label fields read back.
func siteLabels(c *config.Config, rs *rulepack.Ruleset, p *pipeline.Pipeline) strictyaml.Problems {
	var ps strictyaml.Problems
	classes := map[string]label.ID{}
	for _, id := range slices.Sorted(maps.Keys(c.Labels.SIO.Classes)) {
		n := c.Labels.SIO.Classes[id]
		if _, ok := rs.Catalogue.Get(label.ID(id)); !ok {
			ps = append(ps, strictyaml.Problem{Pos: c.Where(id, "labels", "sio", "classes"), Severity: strictyaml.Error, Fix: "known: " + strings.Join(rs.Catalogue.IDs(), ", "),
				Message: fmt.Sprintf("labels.sio.classes: unknown label %q", id)})
		}
		classes[marking.ESSClass(n)], p.Text.SIO.Classes[label.ID(id)] = label.ID(id), n
	}
	if rs.Markings != nil {
		rs.Markings.Mapping.SIOPolicy, rs.Markings.Mapping.SIOClasses = c.Labels.SIO.Policy, classes
	}
	return ps
}

// helpers are the programs that read what is not read otherwise, nil if there
// are none.
func helpers(c *config.Config) *helper.Programs {
	var list []helper.Program
	for _, h := range c.Extract.Helper {
		list = append(list, helper.Program{Types: h.Types, Command: h.Command, Timeout: h.Timeout, Memory: int64(h.Memory), Network: h.Network})
	}
	if len(list) == 0 {
		return nil
	}
	return helper.New(list, runtime.GOMAXPROCS(0))
}

// needCertificates warns of rules that encrypt where nothing can be encrypted
// to anyone.
func needCertificates(rs *rulepack.Ruleset) strictyaml.Problems {
	var ps strictyaml.Problems
	for _, b := range rs.Policies.Bound() {
		for _, r := range b.Rules {
			if b.EffectiveMode(r) == policy.Enforce && slices.ContainsFunc(r.Then, func(a policy.Action) bool { return a.Encrypt != nil }) {
				ps = append(ps, strictyaml.Problem{Pos: r.Pos, Severity: strictyaml.Warning, Fix: "name a folder in smime.certificates of the configuration",
					Message: fmt.Sprintf("rule %s/%s encrypts, and no certificates are configured: it does what it says for a missing one", b.ID, r.ID)})
			}
		}
	}
	return ps
}

// certificatesOf reads the certificates that a configuration names.
func certificatesOf(c *config.Config) (*smime.Certificates, strictyaml.Problems) {
	if c == nil || c.SMIME.Certificates == "" {
		return nil, nil
	}
	certs, found := smime.Load(c.SMIME.Certificates, time.Now())
	var ps strictyaml.Problems
	for _, p := range found {
		x := strictyaml.Problem{Pos: strictyaml.Pos{File: p.File, Line: 1, Col: 1}, Severity: strictyaml.Error, Message: "smime.certificates: " + p.Reason}
		if p.Warn {
			x.Severity = strictyaml.Warning
		}
		ps = append(ps, x)
	}
	return certs, ps
}

// Judge is the pipeline of a configuration without its rules.
func Judge(c *config.Config) pipeline.Pipeline {
	p := pipeline.Pipeline{Limits: c.Limits.Budget(), Write: c.Labels.Write, Simulate: c.Simulated(), Default: map[message.Direction]label.ID{},
		Thread: pipeline.Thread{Ledger: pipeline.ThreadMode(c.Labels.Thread.Ledger), Quoted: pipeline.ThreadMode(c.Labels.Thread.Quoted),
			Declassifiers: c.Labels.Thread.Declassifiers, Justify: c.Labels.Thread.Justify}}
	if h := helpers(c); h != nil {
		p.Helper = h
	}
	p.Trust = pipeline.Trust{Claims: c.Labels.Trust.Claims, Verifiers: authres.Verifiers{IDs: c.Labels.Trust.AuthServIDs, ARCSealers: c.Labels.Trust.ARCSealers}}
	p.Expire = c.Labels.Expiry == "honour"
	l := c.Labels
	p.Text = pipeline.Text{DKIM: plan.DKIMPolicy(l.DKIM), SIO: plan.SIOOptions{Policy: l.SIO.Policy, Classes: map[label.ID]int{}},
		Marking: plan.MarkingOptions{Version: l.Marking.Version, ExpiryFirst: l.Marking.Expiry == "first", SingleIMM: l.Marking.SingleIMM}}
	if l.Marking.Subject == "start" {
		p.Text.Marking.Place = marking.AtStart
	}
	p.Text.Banner.Top = l.Banner.Position == "top" || l.Banner.Position == "both"
	p.Text.Banner.Bottom = l.Banner.Position == "bottom" || l.Banner.Position == "both"
	for _, d := range l.Banner.Directions {
		p.Text.Banner.Directions = append(p.Text.Banner.Directions, message.Direction(d))
	}
	for _, x := range c.Labels.Trust.Peers {
		p.Trust.Peers = append(p.Trust.Peers, pipeline.Peer{Domains: x.Domains, Networks: x.Networks, UpTo: x.UpTo})
	}
	for d, id := range c.Labels.Default {
		p.Default[message.Direction(d)] = label.ID(id)
	}
	return p
}
