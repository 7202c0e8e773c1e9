package assemble

import (
	"encoding/json"
	"net/netip"

	"labelmilter/internal/config"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/policy"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

// FromConfig gives the options that a configuration asks for. Problems are
// list files that cannot be read.
func FromConfig(c *config.Config) (Options, strictyaml.Problems) {
	lists, ps := c.ReadLists()
	o := Options{Packs: c.Rules.Packs, Dirs: c.Rules.Dirs, Catalogue: c.Labels.Catalogue, Lists: lists, GUIDs: c.Labels.GUIDs,
		Ceiling: c.Labels.Ceiling, Site: site(c.Organisation), Settings: settings(c)}
	for _, a := range c.Rules.Assign {
		o.Assign = append(o.Assign, rulepack.Assign{Pos: a.Pos, Name: a.Name, Policy: a.Policy, Mode: policy.Mode(a.Mode),
			Priority: a.Priority, Senders: a.Scope.Senders, Recipients: a.Scope.Recipients, Directions: a.Scope.Directions,
			Percent: a.Scope.Percent, Variables: a.Variables})
	}
	return o, ps
}

func site(o config.Organisation) *policy.Organisation {
	s := &policy.Organisation{Domains: o.Domains, TenantID: o.TenantID}
	for _, n := range o.Networks {
		s.Networks = append(s.Networks, netip.Prefix(n))
	}
	return s
}

// settings are the parts of a configuration that change decisions and are not
// in the rule set.
func settings(c *config.Config) string {
	b, err := json.Marshal(struct {
		Limits  config.Limits
		Write   []string
		Enforce string
	}{c.Limits, c.Labels.Write, c.Enforcement})
	if err != nil {
		return err.Error() // numbers and strings always marshal
	}
	return string(b)
}

// Pipeline makes the judge for a rule set and a configuration.
func Pipeline(rs *rulepack.Ruleset, c *config.Config) *pipeline.Pipeline {
	return &pipeline.Pipeline{Rules: rs, Limits: c.Limits.Budget(), Write: c.Labels.Write, Simulate: c.Simulated()}
}
