package rulepack

import (
	"slices"
	"strings"

	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/tip"
	"labelmilter/internal/verdict"
)

// templateY is the text of a notice.
type templateY struct {
	strictyaml.Pos
	ID       string `yaml:"id,required" doc:"name for notify; that of a built-in template replaces it"`
	Language string `yaml:"language" default:"en" doc:"code of the language; define the same id once for each"`
	Subject  string `yaml:"subject,required" doc:"subject of the notice; variables as in text"`
	Text     string `yaml:"text,required" doc:"text of the notice; {{report}} is what happened, and all variables of replies may be used"`
}

// override compiles how a sender gets past a rule.
func (c *compiler) override(r ruleY) *policy.Override {
	y := r.Override
	o := &policy.Override{With: y.With, Listed: y.Covers == "listed", Rules: y.Rules, Valid: y.Valid}
	if o.Valid <= 0 {
		o.Valid = policy.OverrideValid
	}
	has := func(k string) bool { return slices.Contains(y.With, k) }
	switch {
	case len(y.With) == 0:
		c.at(y.Pos, "name one of justification, none, false-positive, never", "rule %q: override with nothing", r.ID)
		return nil
	case has(policy.OverrideNever):
		if len(y.With) > 1 {
			c.at(y.Pos, "keep never alone", "rule %q: never stands with other kinds of override", r.ID)
		}
		return o
	case has("justification") && has("none"):
		c.at(y.Pos, "keep one of them", "rule %q: an override with justification and without", r.ID)
	}
	if len(y.Rules) > 0 && !o.Listed {
		c.at(y.Pos, "add covers: listed", "rule %q: all rules that matched are lifted, and some are listed", r.ID)
	}
	if !slices.ContainsFunc(r.Then, func(a Act) bool { return a.kind == string(policy.ActReject) }) {
		c.warn(y.Pos, "only a refusal reaches the sender: use reject", "rule %q: nobody is offered this override, as the rule does not reject", r.ID)
	}
	return o
}

// checkOverrides reports rules that overrides list and nobody knows.
func (c *compiler) checkOverrides(names map[string]bool) {
	for _, p := range c.packs {
		for _, f := range p.files {
			for _, y := range f.Policies {
				for _, r := range y.Rules {
					if r.Override == nil {
						continue
					}
					for _, name := range r.Override.Rules {
						short := name
						if parts := strings.Split(name, "/"); len(parts) == 3 {
							short = parts[1] + "/" + parts[2]
						}
						if !names[short] || strings.HasSuffix(short, "/*") {
							c.at(r.Override.Pos, nearest(name, sortedKeys(names)), "override of rule %q: unknown rule %q", r.ID, name)
						}
					}
				}
			}
		}
	}
}

// tip compiles what a reply says beside its reason.
func (c *compiler) tip(y *Act, r *replyY, a *policy.Action) {
	if r == nil {
		return
	}
	a.Tip.NoHint = r.Hint != nil && !*r.Hint
	c.ascii(y.node, r.Text)
	for _, l := range sortedKeys(r.Languages) {
		code, ok := tip.Language(l)
		if !ok || code != l {
			c.d.OneOf(y.node, "language", l, tip.Languages())
			continue
		}
		c.variables(y.node, r.Languages[l], policy.ReplyVariables...)
		c.ascii(y.node, r.Languages[l])
		if a.Tip.Languages == nil {
			a.Tip.Languages = map[string]string{}
		}
		a.Tip.Languages[l] = r.Languages[l]
	}
}

// ascii warns of a text that an SMTP reply cannot show.
func (c *compiler) ascii(n *strictyaml.Node, text string) {
	shown := strings.Join((verdict.Reply{Code: 550, Text: strings.ReplaceAll(text, "?", "")}).Lines(), "")
	if text != "" && strings.Contains(shown, "?") {
		c.d.Warn(n, "write it in letters that have a spelling in ASCII", "an SMTP reply is ASCII: some characters of this text will be shown as ?")
	}
}

// templates reads the texts of notices.
func (c *compiler) templates() {
	for _, p := range c.packs {
		seen := map[string]strictyaml.Pos{}
		for _, f := range p.files {
			for _, y := range f.Templates {
				c.id(y.Pos, "template", y.ID+"."+y.Language, seen)
				if l, ok := tip.Language(y.Language); !ok || l != y.Language {
					c.at(y.Pos, nearest(y.Language, tip.Languages()), "template %q: unknown language %q", y.ID, y.Language)
				}
				known := slices.Concat(policy.Variables, policy.NoticeVariables)
				for _, m := range variable.FindAllStringSubmatch(y.Subject+y.Text, -1) {
					if !slices.Contains(known, m[1]) {
						c.at(y.Pos, nearest(m[1], known), "template %q: unknown variable %q", y.ID, m[1])
					}
				}
				c.rs.Templates = append(c.rs.Templates, policy.Template{Pack: p.packMeta.ID, ID: y.ID, Language: y.Language, Subject: y.Subject, Text: y.Text})
			}
		}
	}
}

func (c *compiler) templateIDs() []string {
	out := slices.Clone(policy.BuiltInTemplates)
	for _, t := range c.rs.Templates {
		if !slices.Contains(out, t.ID) {
			out = append(out, t.ID)
		}
	}
	return out
}
