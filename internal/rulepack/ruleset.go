package rulepack

import (
	"labelmilter/internal/detect"
	"labelmilter/internal/edm"
	"labelmilter/internal/label"
	"labelmilter/internal/policy"
	"labelmilter/internal/sit"
	"labelmilter/internal/strictyaml"
)

// Ruleset is everything packs say, checked and compiled. It is immutable and
// safe for concurrent use.
type Ruleset struct {
	Packs     []PackInfo
	Digest    string // "sha256:…" over packs, assignments, lists and settings
	Catalogue *label.Catalogue
	Markings  *Markings // nil: no marking scheme is read by grammar
	Engine    *detect.Engine
	Types     []TypeInfo
	Tables    []edm.Schema // of exact data match
	Policies  *policy.Set
	Lists     *policy.Lists
	Site      *policy.Organisation
	Templates []policy.Template // of notices, that packs define
	Warnings  strictyaml.Problems

	untested strictyaml.Problems // rules that no test names
	costly   strictyaml.Problems // expressions of conditions that cost much

	tablePack map[string]string // pack of each table

	keywords map[string]sit.KeywordList // by "pack/id"
}

// PackInfo is what is known of a loaded pack.
type PackInfo struct {
	ID          string   `json:"id"`
	Version     string   `json:"version"`
	Description string   `json:"description"`
	License     string   `json:"license"`
	Requires    []string `json:"requires"`
	Dir         string   `json:"dir"`
	Embedded    bool     `json:"embedded"`
	Catalogue   string   `json:"catalogue"` // "" if the pack has no labels
	Keywords    int      `json:"keywords"`
	SITs        int      `json:"sits"`
	Labels      int      `json:"labels"`
	LabelRules  int      `json:"label_rules"`
	Policies    int      `json:"policies"`
}

// TypeInfo is a type with what packs say beside its definition.
type TypeInfo struct {
	sit.Type
	strictyaml.Pos
	Pack      string
	Country   string
	Tests     ListedTests // examples and near misses, at first those that stand at the type
	StatusWhy string
	Match     []string // test texts in which it must be found
	NoMatch   []string // test texts in which it must not
}

// Assign binds policies or label rules to the site.
type Assign struct {
	strictyaml.Pos
	Name       string // for the record; default the pattern
	Policy     string // "pack/id", with * as wildcard
	Mode       policy.Mode
	Priority   *int
	Senders    []string // domains or mailboxes
	Recipients []string
	Directions []string
	Percent    *float64
	Variables  map[string]string
}

// Options are what a ruleset is made of.
type Options struct {
	Sources   []Source
	Catalogue string // chosen catalogue, "" if there is only one
	Assign    []Assign
	Lists     map[string][]string // replace named lists
	Allow     []string            // named lists whose values are no findings of any type
	Site      *policy.Organisation
	GUIDs     map[string]string // label id → GUID in the own tenant
	Ceiling   string            // highest class that may pass; "" = the pack's
	// Where, if given, is the place of a value in the site's configuration.
	Where func(value string, path ...string) strictyaml.Pos
	// Settings is further text that goes into the digest.
	Settings string
	// Engines, if given, are shared between loads.
	Engines *Engines
}
