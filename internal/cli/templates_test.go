package cli

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/facts"
	"labelmilter/internal/message"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/replay"
	"labelmilter/internal/verdict"
)

var updateTemplates = flag.Bool("update-templates", false, "write the table of rules/templates/README.md")

// TestTemplatesSimulated judges the shipped corpus by all templates together,
// as they come: nothing is refused or changed, and the README says what they
// would have done.
func TestTemplatesSimulated(t *testing.T) {
	t.Parallel()
	rs, ps := assemble.Rules(assemble.Options{AddPacks: []string{"templates"}})
	if ps.HasErrors() {
		t.Fatal(ps)
	}
	p := pipeline.Pipeline{Rules: rs, Limits: budget.Default(), Write: []string{}}
	hits, sent := map[string]int{}, 0
	for _, it := range replay.Walk([]string{fixtures}) {
		f, err := os.Open(it.File)
		if err != nil {
			t.Fatal(err)
		}
		m, err := message.Read(context.Background(), f, message.Envelope{MailFrom: "a@agency.gov.au", RcptTo: []string{"x@partner.example"}, AuthUser: "a", Direction: message.Outbound},
			message.Options{Limits: budget.Default(), SpoolDir: t.TempDir()})
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		r := p.Process(context.Background(), m, facts.Facts{Now: m.Date()})
		for _, x := range r.Rules {
			if !strings.HasPrefix(x.Pack, "templates-") {
				continue
			}
			hits[x.Pack+" | "+x.Policy+"/"+x.Rule]++
			if x.Effective {
				t.Errorf("%s: %s/%s is effective", it.File, x.Policy, x.Rule)
			}
		}
		if strings.HasSuffix(r.Verdict.WinningRule, "-count") || r.Verdict.Disposition == verdict.Reject && !strings.HasPrefix(r.Verdict.WinningRule, "label/") {
			t.Errorf("%s: %v", it.File, r.Verdict)
		}
		sent++
		_ = m.Close()
	}
	var rows []string
	for k, n := range hits {
		rows = append(rows, fmt.Sprintf("| %s | %d |\n", k, n))
	}
	slices.Sort(rows)
	table := fmt.Sprintf("Of %d messages:\n\n| pack | rule | messages |\n|---|---|---|\n%s", sent, strings.Join(rows, ""))
	const name, begin, end = "../../rules/templates/README.md", "<!-- simulation:begin -->\n", "<!-- simulation:end -->"
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, ok1 := strings.Cut(string(data), begin)
	have, tail, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("no place for the table")
	}
	if *updateTemplates {
		if err := os.WriteFile(name, []byte(head+begin+table+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	// The corpus grows: what is listed has to hold, the numbers may be old.
	for line := range strings.Lines(have) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), " | ")
		if len(cells) != 3 || !strings.HasPrefix(strings.TrimSpace(cells[0]), "templates-") {
			continue
		}
		if k := strings.TrimSpace(cells[0]) + " | " + cells[1]; hits[k] == 0 {
			t.Errorf("%s matches nothing: go test ./internal/cli -run TestTemplatesSimulated -update-templates", k)
		}
		delete(hits, strings.TrimSpace(cells[0])+" | "+cells[1])
	}
	if len(hits) > 0 {
		t.Logf("not listed yet: %v", hits)
	}
	if !strings.Contains(have, "pci-dss/low-count") {
		t.Error("the table is empty")
	}
}
