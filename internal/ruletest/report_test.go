package ruletest

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/pipeline"
	"labelmilter/internal/rulepack"
)

const (
	reportBegin = "<!-- report:begin -->\n"
	reportEnd   = "<!-- report:end -->\n"
	sitReadme   = "../../rules/sit/README.md"
)

// reallyThere are types that system documentation holds; rules/sit/README.md
// says what.
var reallyThere = []string{"all-full-names", "ip-address", "ip-address-v4", "ip-address-v6", "all-creds", "all-service-tokens", "x-509-certificate-private-key",
	"general-password", "url-credentials", "all-physical-addresses", "us-physical-addresses", "all-medical-terms-conditions", "generic-medication-names",
	"types-of-medication", "diseases", "spain-tax-identification-number", "eu-tax-identification-number"}

func sitPipeline(t *testing.T) *pipeline.Pipeline {
	t.Helper()
	rs, ps := assemble.Rules(assemble.Options{Packs: []string{"sit"}})
	if rs == nil {
		t.Fatal(ps)
	}
	return &pipeline.Pipeline{Rules: rs, Limits: budget.Default()}
}

// TestReport holds what the report says of the shipped types to the bar, and
// the table of the README to what is measured; its neutral column depends on
// the machine. With -update-readme it reads more neutral text and writes it.
func TestReport(t *testing.T) {
	t.Parallel()
	all, err := assemble.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	// Packs of policies have mail with types too, which is not about them.
	all = slices.DeleteFunc(all, func(s rulepack.Source) bool { return !strings.HasPrefix(s.Dir, "sit/") })
	limit := int64(8 << 20)
	if *updateReadme {
		limit = 64 << 20
	}
	r, err := MakeReport(context.Background(), sitPipeline(t), all, NeutralDirs, limit)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range r.Failed() {
		t.Errorf("%s: %d of %d texts found, %d of %d near misses", m.Type, m.Found, m.Texts, m.FoundMisses, m.Misses)
	}
	for _, m := range r.Measures {
		if m.Texts == 0 || m.Misses == 0 {
			t.Errorf("%s: %d texts, %d near misses", m.Type, m.Texts, m.Misses)
		}
		if m.F2() < 0.5 {
			t.Errorf("%s: F2 %.3f", m.Type, m.F2())
		}
		if allowed := max(1, r.Neutral.Windows/10_000); m.Neutral > allowed && !slices.Contains(reallyThere, m.Type) {
			t.Errorf("%s: in %d of %d messages of neutral text: %v", m.Type, m.Neutral, r.Neutral.Windows, hitsOf(r.Neutral, m.Type))
		}
	}
	if total := r.Totals(); total.Precision() < 0.97 || total.Recall() < 0.999 {
		t.Errorf("precision %.3f, recall %.3f", total.Precision(), total.Recall())
	}
	var b strings.Builder
	if err := r.Markdown(&b); err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(sitReadme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(readme), reportBegin)
	table, after, ok2 := strings.Cut(rest, reportEnd)
	if !ok || !ok2 {
		t.Fatalf("no table in %s", sitReadme)
	}
	if *updateReadme {
		if err := os.WriteFile(sitReadme, []byte(before+reportBegin+"\n"+b.String()+"\n"+reportEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		for _, h := range r.Neutral.Hits {
			t.Logf("neutral: %s in %s", h.Type, h.File)
		}
		return
	}
	want, got := measured(b.String()), measured(table)
	for i := range max(len(want), len(got)) {
		if i >= len(want) || i >= len(got) || want[i] != got[i] {
			t.Fatalf("%s is not what is measured (make sit-report): row %d:\n%q\nmeasured:\n%q", sitReadme, i, at(got, i), at(want, i))
		}
	}
}

func at(rows []string, i int) string {
	if i < len(rows) {
		return rows[i]
	}
	return ""
}

func hitsOf(n Neutral, typ string) (files []string) {
	for _, h := range n.Hits {
		if h.Type == typ {
			files = append(files, h.File)
		}
	}
	return files
}

// measured gives the rows of a table without the neutral column.
func measured(table string) (rows []string) {
	for line := range strings.Lines(table) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| ") {
			rows = append(rows, line[:strings.LastIndex(strings.TrimSuffix(line, "|"), "|")])
		}
	}
	return rows
}

// TestMeasure counts by hand: two types of a category, one of another, a bundle.
func TestMeasure(t *testing.T) {
	t.Parallel()
	fsys := fstest.MapFS{"pack.yaml": {Data: []byte("id: p\nversion: \"1\"\ndescription: x\n")},
		"s.yaml": {Data: []byte(`sits:
  - {id: a, name: A, category: x, patterns: [{confidence: 85, match: {regex: '\bA\d{3}\b'}, near: {words: [near]}}, {confidence: 75, match: {regex: '\bA\d{3}\b'}}, {confidence: 65, match: {regex: '\b\d{3}\b'}}]}
  - {id: b, name: B, category: x, patterns: [{confidence: 85, match: {regex: '\b[AB]\d{3}\b'}}]}
  - {id: c, name: C, category: y, patterns: [{confidence: 85, match: {regex: '\b[A-C]\d{3}\b'}}]}
  - {id: d, name: D, category: z, members: [c]}
`)},
		"s_test.yaml": {Data: []byte(`tests:
  - {name: a1, mail: "Subject: t\n\nnear A123", findings: [{type: a, confidence: 85}]}
  - {name: a2, mail: "Subject: t\n\nA123", findings: [{type: a, confidence: 75}]}
  - {name: a3, mail: "Subject: t\n\n123", findings: [{type: a, confidence: 65}]}
  - {name: b1, mail: "Subject: t\n\nB123", findings: [{type: b}]}
  - {name: b2, mail: "Subject: t\n\nno such", findings: [{type: b}]}
  - {name: c1, mail: "Subject: t\n\nC123", findings: [{type: c}]}
  - {name: miss, mail: "Subject: t\n\nA123", absent: [findings.c]}
`)}}
	source := rulepack.Source{FS: fsys, Dir: ".", Name: "."}
	rs, ps := rulepack.Load(rulepack.Options{Sources: []rulepack.Source{source}})
	if rs == nil {
		t.Fatal(ps)
	}
	r, err := MakeReport(context.Background(), &pipeline.Pipeline{Rules: rs, Limits: budget.Default()}, []rulepack.Source{source}, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []Measure{
		{Type: "a", Name: "A", Pack: "p", Confidence: 75, Texts: 2, Found: 2, Kin: 2, Others: 1},
		{Type: "b", Name: "B", Pack: "p", Confidence: 75, Texts: 2, Found: 1, Kin: 3, FoundKin: 2, Others: 1},
		{Type: "c", Name: "C", Pack: "p", Confidence: 75, Texts: 1, Found: 1, Misses: 1, FoundMisses: 1, Others: 5, FoundOthers: 3},
		{Type: "d", Name: "D", Pack: "p", Confidence: 75, Kin: 1, FoundKin: 1, Others: 5, FoundOthers: 3},
	}
	if !slices.Equal(r.Measures, want) {
		t.Errorf("got  %+v\nwant %+v", r.Measures, want)
	}
	if failed := r.Failed(); len(failed) != 2 || failed[0].Type != "b" || failed[1].Type != "c" {
		t.Errorf("failed: %+v", failed)
	}
	c := want[2]
	if p, rec := c.Precision(), c.Recall(); p != 0.2 || rec != 1 || c.F2() != 5*0.2/(4*0.2+1) {
		t.Errorf("c: precision %v, recall %v, F2 %v", p, rec, c.F2())
	}
}

// TestNeutralWindows reads files of several windows, several files per window,
// packed and unreadable ones.
func TestNeutralWindows(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name string, data string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("long", strings.Repeat("é läng\n", 20_000)) // 180,000 bytes
	write("card", "visa card 4111 1111 1111 1111\n")
	write("mail.eml", "Subject: t\n\nvisa card 4111 1111 1111 1111\n")
	write("binary", "visa card 4111 1111 1111 1111\x00\n")
	write("latin1", "visa card 4111 1111 1111 1111 \xe9\n")
	p := sitPipeline(t)
	rows, _ := newRows(p.Rules)
	n, err := MeasureNeutral(context.Background(), p, []string{dir, filepath.Join(dir, "none")}, 1<<20, rows)
	if err != nil {
		t.Fatal(err)
	}
	if n.Files != 3 || n.Windows != 5 || n.Bytes < 180_000 {
		t.Errorf("%d files, %d bytes, %d windows", n.Files, n.Bytes, n.Windows)
	}
	var files []string
	for _, h := range n.Hits {
		if h.Type == "credit-card-number" {
			files = append(files, filepath.Base(h.File))
		}
	}
	if !slices.Equal(files, []string{"card", "mail.eml"}) {
		t.Errorf("hits in %v", files)
	}
	for _, m := range rows {
		if m.Type == "credit-card-number" && m.Neutral != 2 {
			t.Errorf("%d messages with a card", m.Neutral)
		}
	}
}
