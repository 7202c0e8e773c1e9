package ruletest

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
	"labelmilter/rules"
)

var updateReadme = flag.Bool("update-readme", false, "write the tables of rules/au-pspf/README.md and rules/sit/README.md")

const (
	tableBegin = "<!-- same-messages:begin -->\n"
	tableEnd   = "<!-- same-messages:end -->\n"
)

// TestSameMessagesTable holds that the table in the pack's README says what
// both packs give for the messages of same-messages_test.yaml.
func TestSameMessagesTable(t *testing.T) {
	judgeBy := map[string]*pipeline.Pipeline{}
	all, err := rulepack.Find(rules.FS, ".", "rules", true)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if id := s.ID(); id == "au-pspf" || id == "au-pspf-purview" {
			rs, ps := rulepack.Load(rulepack.Options{Sources: []rulepack.Source{s}})
			if rs == nil {
				t.Fatal(ps)
			}
			judgeBy[id] = &pipeline.Pipeline{Rules: rs, Limits: budget.Default()}
		}
	}
	data, err := rules.FS.ReadFile("au-pspf/same-messages_test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	n, ps := strictyaml.Parse("same-messages_test.yaml", data)
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	var b strings.Builder
	b.WriteString("| message | marking | published rules | au-pspf |\n|---|---|---|---|\n")
	for _, c := range n.Get("tests").Items() {
		row := []string{c.Get("name").Text(), "", "", ""}
		for i, id := range []string{"au-pspf-purview", "au-pspf"} {
			m, err := message.Read(context.Background(), strings.NewReader(c.Get("mail").Text()), message.Envelope{}, message.Options{Limits: budget.Default()})
			if err != nil {
				t.Fatal(err)
			}
			row[1] = markingOf(m)
			res, err := judge(context.Background(), judgeBy[id], c.Get("mail").Text(), nil)
			if err != nil {
				t.Fatal(err)
			}
			row[2+i] = outcomeOf(res)
			_ = m.Close()
		}
		fmt.Fprintf(&b, "| %s | `%s` | %s | %s |\n", row[0], strings.ReplaceAll(row[1], "|", "\\|"), row[2], row[3])
	}
	const name = "../../rules/au-pspf/README.md"
	readme, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(readme), tableBegin)
	have, tail, ok2 := strings.Cut(rest, tableEnd)
	if !ok1 || !ok2 {
		t.Fatal("README.md of au-pspf has no place for the table")
	}
	if *updateReadme {
		if err := os.WriteFile(name, []byte(head+tableBegin+b.String()+tableEnd+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have != b.String() {
		t.Errorf("the table is not fresh: go test ./internal/ruletest -update-readme\n%s", b.String())
	}
}

// markingOf is the marking of a message as a reader sees it.
func markingOf(m *message.Message) string {
	var out []string
	if v, ok := m.Header.First("X-Protective-Marking"); ok {
		out = append(out, strings.Join(strings.Fields(v), " "))
	}
	if s := m.Subject(); strings.Contains(s, "=") {
		out = append(out, "Subject: "+strings.Join(strings.Fields(s), " "))
	}
	s := strings.Join(out, "; ")
	if len(s) > 150 {
		s = s[:147] + "..."
	}
	return s
}

func outcomeOf(r pipeline.Result) string {
	s := string(r.Outcome)
	if r.Label != nil && r.Label.ID != "" {
		s = string(r.Label.ID)
		if r.Outcome != "label" {
			s = string(r.Outcome) + " (" + s + ")"
		}
	}
	for _, c := range r.Conflicts {
		if c.Code == "several-label-rules" || c.Code == "incomparable-labels" {
			s += " (also called for: " + strings.Join(c.Lost, ", ") + ")"
		}
	}
	return strings.ReplaceAll(s, " by au-pspf-purview/", " by ")
}
