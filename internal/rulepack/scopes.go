package rulepack

import (
	"fmt"
	"slices"
	"strings"

	"labelmilter/internal/label"
	"labelmilter/internal/message"
	"labelmilter/internal/policy"
	"labelmilter/internal/strictyaml"
	"labelmilter/internal/verdict"
)

// scopeY is a table: label × direction × class of recipient → answer.
type scopeY struct {
	strictyaml.Pos
	ID          string        `yaml:"id,required" doc:"unique among the policies of the pack; the table is a policy of this id, its rules are <label>-to-<class>"`
	Description string        `yaml:"description" doc:"what it is for"`
	Mode        string        `yaml:"mode" enum:"off|simulate|simulate-with-notice|enforce" default:"enforce" doc:"as of a policy"`
	Priority    int           `yaml:"priority" default:"100" min:"0" max:"1000000" doc:"as of a policy"`
	When        *Cond         `yaml:"when" doc:"condition for the whole table"`
	Classes     []scopeClassY `yaml:"classes,required" doc:"classes of recipients; the first that fits counts, the last has no condition"`
	Table       []scopeRowY   `yaml:"table,required" doc:"rows; together they answer for every label, every direction and every class"`
	Recipients  string        `yaml:"recipients" enum:"all|drop" default:"all" doc:"what block refuses, as of a rule"`
	Severity    string        `yaml:"severity" enum:"low|medium|high" doc:"of block, approve and justify"`
	Text        string        `yaml:"text" default:"'{{label}} mail may not go to these recipients'" doc:"text of refusals; variables as in reject"`
	Approvers   []string      `yaml:"approvers" doc:"who gets a notice of mail that waits for approval"`
}

type scopeClassY struct {
	strictyaml.Pos
	ID        string    `yaml:"id,required" doc:"unique in the table"`
	Recipient *addressY `yaml:"recipient" doc:"who is in it"`
}

type scopeRowY struct {
	strictyaml.Pos
	Label      []string          `yaml:"label" doc:"ids of labels"`
	Unlabelled bool              `yaml:"unlabelled" doc:"mail without a label"`
	Direction  []string          `yaml:"direction" enum:"inbound|outbound|internal" doc:"default: all"`
	To         map[string]string `yaml:"to,required" doc:"class: allow, warn, justify, approve or block"`
}

// The answers of a table.
var scopeAnswers = []string{"allow", "warn", "justify", "approve", "block"}

// cell is a place in the table.
type cell struct {
	label     string // "" = unlabelled
	direction message.Direction
	class     string
}

var directions = []message.Direction{message.Inbound, message.Outbound, message.Internal}

// scopeTable compiles a table to a policy, and proves that it answers every
// case exactly once.
func (c *compiler) scopeTable(p *pack, y scopeY) *policy.Policy {
	out := &policy.Policy{Pos: y.Pos, Pack: p.packMeta.ID, PackOrder: p.order, ID: y.ID, Mode: policy.Mode(y.Mode), Priority: y.Priority,
		When: c.cond(p.packMeta.ID, y.When)}
	classes := c.scopeClasses(p, y)
	c.variables(nil, y.Text)
	c.mailboxes(nil, y.Approvers)
	answers := map[cell]strictyaml.Pos{}
	for _, row := range y.Table {
		for _, lab := range c.scopeLabels(row) {
			for _, class := range sortedKeys(row.To) {
				answer := row.To[class]
				i := slices.IndexFunc(y.Classes, func(k scopeClassY) bool { return k.ID == class })
				if i < 0 {
					c.at(row.Pos, "", "scope %q: no class is called %q", y.ID, class)
					continue
				}
				if !slices.Contains(scopeAnswers, answer) {
					c.at(row.Pos, nearest(answer, scopeAnswers), "scope %q: %q is no answer", y.ID, answer)
					continue
				}
				dirs := scopeDirections(row)
				for _, d := range dirs {
					at := cell{lab, d, class}
					if first, twice := answers[at]; twice {
						c.at(row.Pos, "keep one of the rows", "scope %q: %s mail, %s, to %s is answered twice (first at %s)", y.ID, orUnlabelled(lab), d, class, first)
					}
					answers[at] = row.Pos
				}
				if r, ok := scopeRule(row.Pos, y, lab, class, answer, dirs); ok && i < len(classes) {
					r.When = append(r.When.(policy.All), classes[i])
					out.Rules = append(out.Rules, r)
				}
			}
		}
	}
	c.scopeGaps(y, answers)
	return out
}

func scopeDirections(row scopeRowY) []message.Direction {
	if len(row.Direction) == 0 {
		return directions
	}
	var out []message.Direction
	for _, d := range row.Direction {
		out = append(out, message.Direction(d))
	}
	return out
}

// scopeLabels gives the labels of a row, "" for mail without one.
func (c *compiler) scopeLabels(row scopeRowY) []string {
	var out []string
	for _, id := range row.Label {
		if l := c.label(nil, row.Pos, id); l != nil {
			out = append(out, string(l.ID))
		}
	}
	if row.Unlabelled {
		out = append(out, "")
	}
	if len(row.Label) == 0 && !row.Unlabelled {
		c.at(row.Pos, "give label: or unlabelled: true", "the row is about no mail")
	}
	return out
}

// scopeClasses gives the condition of each class: it fits, and none before it.
func (c *compiler) scopeClasses(p *pack, y scopeY) []policy.Condition {
	var out []policy.Condition
	var before policy.All
	seen := map[string]strictyaml.Pos{}
	for i, k := range y.Classes {
		c.id(k.Pos, "class", k.ID, seen)
		last := i == len(y.Classes)-1
		if (k.Recipient == nil) != last {
			c.at(k.Pos, "give every class but the last a recipient:", "scope %q: class %q: only the last class, and it alone, is for everybody else", y.ID, k.ID)
			return out
		}
		if last {
			// A recipient condition, so that the rule matches recipients.
			out = append(out, slices.Concat(before, policy.All{policy.Recipient{Site: c.opt.Site}}))
			continue
		}
		is := policy.Recipient{Match: c.address(p.packMeta.ID, k.Recipient, false), Site: c.opt.Site}
		out = append(out, append(slices.Clone(before), is))
		before = append(before, policy.Not{C: is})
	}
	return out
}

// scopeRule is the rule of one answer; allow needs none.
func scopeRule(pos strictyaml.Pos, y scopeY, lab, class, answer string, dirs []message.Direction) (policy.Rule, bool) {
	r := policy.Rule{Pos: pos, ID: orUnlabelled(lab) + "-to-" + class, Description: orUnlabelled(lab) + " mail to " + class + ": " + answer, Severity: y.Severity}
	when := policy.All{}
	if lab == "" {
		when = append(when, policy.Unlabelled{Want: true}, policy.OutcomeIs{Of: []label.Outcome{label.None}})
	} else {
		when = append(when, policy.LabelIs{Is: []label.ID{label.ID(lab)}})
	}
	if len(dirs) < len(directions) {
		when = append(when, policy.DirectionIs{Of: dirs})
		for _, d := range dirs {
			r.ID += "-" + string(d)
		}
	}
	r.When = when
	refuse := policy.Action{Kind: policy.ActReject, Reply: verdict.Reply{Code: 550, Enhanced: "5.7.1", Text: y.Text}}
	switch answer {
	case "allow":
		return r, false
	case "warn":
		r.Then = []policy.Action{{Kind: policy.ActNotify, Addresses: []string{"sender"}, Template: "scope-warning"}}
	case "justify":
		r.Then = []policy.Action{refuse}
		r.Override = &policy.Override{With: []string{"justification"}, Valid: policy.OverrideValid}
	case "approve":
		r.Then = []policy.Action{{Kind: policy.ActQuarantine, Reason: "waits for approval"}}
		if len(y.Approvers) > 0 {
			r.Then = append(r.Then, policy.Action{Kind: policy.ActNotify, Addresses: y.Approvers, Template: "approval"})
		}
	case "block":
		r.Then = []policy.Action{refuse, {Kind: policy.ActIncident, Severity: y.Severity}}
		r.Drop = y.Recipients == "drop"
	}
	return r, true
}

func orUnlabelled(id string) string {
	if id == "" {
		return "unlabelled"
	}
	return id
}

// scopeGaps reports every case without an answer, those of one label together.
func (c *compiler) scopeGaps(y scopeY, answers map[cell]strictyaml.Pos) {
	if c.cat == nil {
		return
	}
	ids := []string{""}
	for _, l := range c.cat.Labels() {
		ids = append(ids, string(l.ID))
	}
	const shown = 10
	n := 0
	for _, id := range ids {
		var gaps []string
		for _, k := range y.Classes {
			var ds []string
			for _, d := range directions {
				if _, ok := answers[cell{id, d, k.ID}]; !ok {
					ds = append(ds, string(d))
				}
			}
			if len(ds) == len(directions) {
				gaps = append(gaps, k.ID)
			} else if len(ds) > 0 {
				gaps = append(gaps, fmt.Sprintf("%s (%s)", k.ID, strings.Join(ds, ", ")))
			}
		}
		if len(gaps) == 0 {
			continue
		}
		if n++; n <= shown {
			c.at(y.Pos, "add a row", "scope %q: no answer for %s mail to %s", y.ID, orUnlabelled(id), strings.Join(gaps, ", "))
		}
	}
	if n > shown {
		c.at(y.Pos, "add rows", "scope %q: no full answer for %d more labels", y.ID, n-shown)
	}
}
