package rulepack

import (
	"crypto/sha256"
	"fmt"
	"path"
	"strings"

	"labelmilter/internal/directory"
	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
)

// scoreY weighs conditions.
type scoreY struct {
	strictyaml.Pos
	AtLeast int       `yaml:"at_least,required" min:"1" max:"1000000" doc:"points that are enough"`
	Of      []scoredY `yaml:"of,required" doc:"conditions with their points"`
}

type scoredY struct {
	Points int  `yaml:"points,required" min:"-1000000" max:"1000000" doc:"points if the condition holds; below zero takes away"`
	When   Cond `yaml:"when,required" doc:"condition"`
}

// lookalikeY names the domains to be told apart from.
type lookalikeY struct {
	strictyaml.Pos
	Organisation bool     `yaml:"organisation" doc:"the organisation's domains"`
	Domain       []string `yaml:"domain" doc:"these domains"`
	List         string   `yaml:"list" doc:"id of a named list of domains"`
}

// ratingY says how high mail to some mailboxes may be labelled.
type ratingY struct {
	strictyaml.Pos
	Label     string    `yaml:"label,required" doc:"the highest label they may be sent"`
	Recipient *addressY `yaml:"recipient,required" doc:"who"`
}

// directoryY names a file with people.
type directoryY struct {
	strictyaml.Pos
	ID   string `yaml:"id,required" doc:"unique in the pack"`
	File string `yaml:"file,required" doc:"CSV with a column address; or YAML, in the folder testdata of the pack" example:"staff.csv"`
}

func (c *compiler) score(pack string, y *scoreY) policy.Condition {
	out := policy.Score{AtLeast: y.AtLeast}
	most := 0
	for i := range y.Of {
		most += max(0, y.Of[i].Points)
		out.Of = append(out.Of, policy.Scored{Points: y.Of[i].Points, When: orAlways(c.cond(pack, &y.Of[i].When))})
	}
	if most < y.AtLeast {
		c.at(y.Pos, "", "all points together are %d: %d is never reached", most, y.AtLeast)
	}
	return out
}

// relations compiles what an address condition says about other mailboxes,
// the label, or other domains.
func (c *compiler) relations(pack string, y *addressY, m *policy.AddressMatch, sender bool) {
	m.Same, m.Rated = y.Same, y.Rated
	if sender && (len(y.Same) > 0 || y.Rated != nil) {
		c.at(y.Pos, "use recipient:", "same and rated_below_label are about recipients")
	}
	if y.Rated != nil {
		m.Ratings = c.rated
		if len(c.rated) == 0 {
			c.at(y.Pos, "add ratings:", "rated_below_label needs ratings, and no pack has any")
		}
	}
	l := y.Lookalike
	if l == nil {
		return
	}
	m.Lookalike = &policy.Lookalike{}
	add := func(ds []string) {
		for _, d := range ds {
			d = strings.TrimLeft(strings.ToLower(strings.TrimSpace(d)), "*.")
			if d != "" {
				m.Lookalike.Domains = append(m.Lookalike.Domains, d)
			}
		}
	}
	if l.Organisation {
		add(c.opt.Site.Domains)
	}
	add(l.Domain)
	if l.List != "" {
		if full := c.list(pack, l.List, nil); full != "" {
			add(c.lists[full])
		}
	}
	if len(m.Lookalike.Domains) > policy.MaxLookalike {
		c.at(l.Pos, "use a shorter list", "%d domains to compare with, the limit is %d", len(m.Lookalike.Domains), policy.MaxLookalike)
	}
	if !l.Organisation && len(l.Domain) == 0 && l.List == "" {
		c.at(l.Pos, "give organisation:, domain: or list:", "the condition tests nothing")
	}
}

// ratings compiles the rating lists of all packs into one.
func (c *compiler) ratings() {
	for _, p := range c.packs {
		for _, f := range p.files {
			for _, y := range f.Ratings {
				l := c.label(nil, y.Pos, y.Label)
				if l == nil || y.Recipient == nil {
					continue
				}
				if y.Recipient.Rated != nil {
					c.at(y.Pos, "", "a rating cannot depend on ratings")
					continue
				}
				c.rated = append(c.rated, policy.Rating{Label: *l, Match: c.address(p.packMeta.ID, y.Recipient, false)})
			}
		}
	}
}

// directories reads the directories of all packs; of two entries for a mailbox
// the later pack's counts.
func (c *compiler) directories() {
	var all []*directory.Map
	for _, p := range c.packs {
		seen := map[string]strictyaml.Pos{}
		for _, f := range p.files {
			for _, y := range f.Directories {
				c.id(y.Pos, "directory", y.ID, seen)
				// Clean with a root keeps the file inside the pack.
				name := path.Join(p.Dir, path.Clean("/" + y.File)[1:])
				data, err := readLimited(p.FS, name)
				if err != nil {
					c.at(y.Pos, "", "directory %q: %s", y.ID, plain(err))
					continue
				}
				m, err := directory.Parse(y.File, data)
				if err != nil {
					c.at(y.Pos, "", "directory %q: %s", y.ID, strings.ReplaceAll(err.Error(), "\n", "; "))
					continue
				}
				p.sum += fmt.Sprintf(" %x", sha256.Sum256(data)) // part of the rule set's digest
				all = append(all, m)
			}
		}
	}
	if len(all) > 0 {
		c.rs.Lists = c.rs.Lists.WithPeople(directory.Join(all...))
	}
}
