package rulepack

import (
	"fmt"
	"io/fs"
	"path"
	"strings"
	"time"

	"labelmilter/internal/detect"
	"labelmilter/internal/strictyaml"
)

// Listed is one thing of a rule set in a list.
type Listed struct {
	Schema string `json:"schema"`
	Kind   string `json:"kind"` // "pack", "label", "sit", "edm", "table", "label_rule", "policy", "rule"
	ID     string `json:"id"`
	Pack   string `json:"pack"`
	Name   string `json:"name"`
	State  string `json:"state"`  // mode, status, version or rank
	Status string `json:"status"` // of a type: full or partial
	// Tests are the examples a type carries.
	Tests   ListedTests `json:"tests"`
	GUID    string      `json:"guid"`
	Country string      `json:"country"`
}

// ListedTests counts the examples of a type.
type ListedTests struct {
	Match   int `json:"match"`
	NoMatch int `json:"no_match"`
}

// List gives everything in the rule set, in a fixed order.
func (rs *Ruleset) List() []Listed {
	var out []Listed
	add := func(l Listed) {
		l.Schema = "labelmilter.listed/v1"
		out = append(out, l)
	}
	for _, p := range rs.Packs {
		add(Listed{Kind: "pack", ID: p.ID, Pack: p.ID, Name: p.Description, State: p.Version})
	}
	for _, l := range rs.Catalogue.Labels() {
		add(Listed{Kind: "label", ID: string(l.ID), Pack: rs.Catalogue.ID, Name: l.Name, State: fmt.Sprintf("rank %d", l.Rank), GUID: l.GUID})
	}
	for _, t := range rs.Types {
		add(Listed{Kind: t.Kind, ID: t.ID, Pack: t.Pack, Name: t.Name, State: t.Status, Status: t.Status,
			Tests: t.Tests, GUID: t.PurviewID, Country: t.Country})
	}
	for _, t := range rs.Tables {
		add(Listed{Kind: "table", ID: t.ID, Pack: rs.tablePack[t.ID], Name: t.Name, State: fmt.Sprintf("%d columns", len(t.Columns))})
	}
	for _, r := range rs.Policies.LabelRules() {
		add(Listed{Kind: "label_rule", ID: r.ID, Pack: r.Pack, Name: string(r.Label), State: string(r.Mode)})
	}
	for _, b := range rs.Policies.Bound() {
		mode := b.Policy.Mode
		if b.Assignment.Mode != "" {
			mode = b.Assignment.Mode
		}
		add(Listed{Kind: "policy", ID: b.ID, Pack: b.Pack, Name: b.Assignment.Name, State: string(mode)})
		for _, r := range b.Rules {
			m := r.Mode
			if m == "" {
				m = mode
			}
			add(Listed{Kind: "rule", ID: b.ID + "/" + r.ID, Pack: b.Pack, Name: r.Description, State: string(m)})
		}
	}
	return out
}

// Definition is the source text of something with an id.
type Definition struct {
	strictyaml.Pos
	Kind string
	Text string
}

// Definitions finds the source of everything with an id in packs, and gives
// the ids there are.
func Definitions(sources []Source, id string) (found []Definition, known []string) {
	for _, s := range sources {
		names, err := s.Files()
		if err != nil {
			continue
		}
		for _, name := range names {
			data, err := fs.ReadFile(s.FS, path.Join(s.Dir, name))
			if err != nil || isTest(name) {
				continue
			}
			n, _ := strictyaml.Parse(s.shown(name), data)
			if n == nil {
				continue
			}
			lines := strings.SplitAfter(string(data), "\n")
			if name == "pack.yaml" {
				if x := n.Get("id"); x != nil {
					known = append(known, x.Text())
					if x.Text() == id {
						found = append(found, Definition{n.Pos(), "pack", string(data)})
					}
				}
				continue
			}
			for _, e := range n.Entries() {
				f, k := definitionsIn(e.Key.Text(), e.Value, id, lines)
				found, known = append(found, f...), append(known, k...)
			}
		}
	}
	return found, known
}

func definitionsIn(kind string, list *strictyaml.Node, id string, lines []string) (found []Definition, known []string) {
	for _, it := range list.Items() {
		x := it.Get("id")
		if x == nil {
			continue
		}
		known = append(known, x.Text())
		if x.Text() == id {
			found = append(found, Definition{it.Pos(), kind, block(lines, it.Pos())})
		}
		if rules := it.Get("rules"); rules != nil && kind == "policies" {
			for _, r := range rules.Items() {
				rid := r.Get("id")
				if rid == nil {
					continue
				}
				known = append(known, x.Text()+"/"+rid.Text())
				if rid.Text() == id || x.Text()+"/"+rid.Text() == id {
					found = append(found, Definition{r.Pos(), "rule", block(lines, r.Pos())})
				}
			}
		}
	}
	return found, known
}

// block is the list item that starts at a place: up to the next line that is
// indented no deeper than its dash.
func block(lines []string, p strictyaml.Pos) string {
	if p.Line < 1 || p.Line > len(lines) {
		return ""
	}
	indent := func(s string) int { return len(s) - len(strings.TrimLeft(s, " ")) }
	dash := indent(lines[p.Line-1])
	end := p.Line
	for end < len(lines) {
		l := lines[end]
		if strings.TrimSpace(l) != "" && indent(l) <= dash {
			break
		}
		end++
	}
	return strings.Join(lines[p.Line-1:end], "")
}

// Lane says how a pattern's expression is run.
type Lane = detect.LaneInfo

// Lanes says how each pattern's expression is run and what it costs.
func (rs *Ruleset) Lanes() []Lane {
	if rs.Engine == nil {
		return nil
	}
	return rs.Engine.Lanes()
}

// Lint gives warnings about a rule set that loads: what will surprise.
func (rs *Ruleset) Lint() strictyaml.Problems {
	var ps strictyaml.Problems
	warn := func(p strictyaml.Pos, fix, format string, args ...any) {
		ps = append(ps, strictyaml.Problem{Pos: p, Severity: strictyaml.Warning, Message: fmt.Sprintf(format, args...), Fix: fix})
	}
	for _, t := range rs.Types {
		if t.Kind == "sit" && (len(t.Match) == 0 || len(t.NoMatch) == 0) {
			warn(t.Pos, "add tests: {match: […], no_match: […]}", "type %q has no examples and near misses", t.ID)
		}
	}
	at := map[string]strictyaml.Pos{}
	for _, t := range rs.Types {
		at[t.ID] = t.Pos
	}
	for _, l := range rs.Lanes() {
		switch {
		case l.Simulated():
			warn(at[l.Type], "use smaller repeats or fewer of them, or begin with a fixed word", "%s: pattern %d: the expression is too large for an automaton and is simulated at every character", l.Type, l.Pattern+1)
		case l.Cost > detect.CostlyLane:
			warn(at[l.Type], "ask for a digit, a fixed beginning or a keyword nearby", "%s: pattern %d: the expression is alive in most words: %.0f steps per 1,000 characters of prose", l.Type, l.Pattern+1, l.Cost)
		}
	}
	soon := time.Now().AddDate(0, 0, 14).UTC().Format("2006-01-02")
	today := time.Now().UTC().Format("2006-01-02")
	for _, x := range rs.Policies.Exceptions() {
		switch {
		case x.Until < today:
			warn(x.Pos, "remove it, or have it approved anew", "exception %q ended on %s and has no effect", x.ID, x.Until)
		case x.Until <= soon:
			warn(x.Pos, "", "exception %q ends on %s", x.ID, x.Until)
		}
	}
	ps = append(ps, rs.lintPolicies()...)
	return ps
}
