package detect

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/budget"
	"labelmilter/internal/edm"
	"labelmilter/internal/extract"
	"labelmilter/internal/sit"
)

// ssnTable is the table of the exact data match documentation's example.
var ssnTable = edm.Schema{ID: "people", Columns: []edm.Column{
	{Name: "SSN", Type: edm.Digits, Searchable: true, FoundBy: "example-ssn-shape"},
	{Name: "FirstName", Type: edm.Name}, {Name: "LastName", Type: edm.Name}, {Name: "Dob", Type: edm.Date},
}}

const ssnRows = `SSN,FirstName,LastName,Dob
987-65-4320,Isaiah,Langer,05-05-1960
078-05-1120,Ana,Bowman,11-24-1971
219-09-9999,Oscar,Ward,02-12-1998
`

func exactKey(t testing.TB) edm.Key {
	t.Helper()
	k, err := edm.ImportKey(strings.NewReader("a key that only tests use, 32 bytes at least"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func exactStore(t testing.TB, def edm.Schema, rows string) (Stores, string) {
	t.Helper()
	dir := t.TempDir()
	in, out := filepath.Join(dir, "table.csv"), filepath.Join(dir, "people.edm")
	if err := os.WriteFile(in, []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := edm.Build(context.Background(), edm.Options{Schema: def, Key: exactKey(t), Input: in, Output: out}); err != nil {
		t.Fatal(err)
	}
	s, err := edm.Open(out, exactKey(t))
	if err != nil {
		t.Fatal(err)
	}
	tab, err := s.Bind(&def)
	if err != nil {
		t.Fatal(err)
	}
	return Stores{def.ID: tab}, out
}

func column(name string) sit.Need { return sit.Need{Element: &sit.Element{Column: name}} }

func exactEngine(t testing.TB) *Engine {
	t.Helper()
	any := []sit.Need{column("FirstName"), column("LastName"), column("Dob")}
	match := sit.Element{Column: "SSN"}
	near := func(min int, all ...sit.Need) *sit.Need {
		return &sit.Need{All: append(all, sit.Need{Any: any, Min: min})}
	}
	e, errs := CompileWith([]sit.Type{
		{ID: "example-ssn-shape", Name: "shape", Patterns: []sit.Pattern{{Confidence: 65, Match: sit.Element{Regex: `\b\d{3}[- ]?\d{2}[- ]?\d{4}\b`}}}},
		{ID: "exact", Name: "exact", Kind: "edm", Table: "people", Patterns: []sit.Pattern{
			{Confidence: 95, Match: match, Near: near(3)},
			{Confidence: 90, Match: match, Near: near(2)},
			{Confidence: 80, Match: match, Near: near(1)},
			{Confidence: 78, Match: match, Near: &sit.Need{Element: &sit.Element{ID: "customer-words", Words: []string{"customer"}}}},
		}},
	}, nil, Options{Tables: []edm.Schema{ssnTable}})
	for _, x := range errs {
		t.Fatal(x)
	}
	return e
}

func exactFound(out Output) string {
	var s []string
	for _, f := range out.Findings {
		if f.Type == "exact" {
			s = append(s, fmt.Sprintf("%s %d ×%d: %s", f.Kind, f.Confidence, f.Unique, strings.Join(f.Evidence, " ")))
		}
	}
	return strings.Join(s, "; ")
}

func TestExact(t *testing.T) {
	t.Parallel()
	stores, _ := exactStore(t, ssnTable, ssnRows)
	e := exactEngine(t)
	far := strings.Repeat("and so on ", 50)
	for _, tt := range []struct{ text, want string }{
		// Every combination of the three other columns.
		{"987-65-4320 Isaiah", "edm 80 ×1: FirstName"},
		{"987-65-4320 Langer", "edm 80 ×1: LastName"},
		{"987-65-4320 05-05-1960", "edm 80 ×1: Dob"},
		{"Isaiah Langer 987-65-4320", "edm 90 ×1: FirstName LastName"},
		{"987-65-4320 Isaiah, born 5 May 1960", "edm 90 ×1: Dob FirstName"},
		{"Langer 05/05/1960 987654320", "edm 90 ×1: Dob LastName"},
		{"Isaiah Langer, 987 65 4320, 1960-05-05", "edm 95 ×1: Dob FirstName LastName"},
		// None, or those of another row, or too far away.
		{"987-65-4320", ""},
		{"987-65-4320 Ana Bowman 11-24-1971", ""},
		{"987-65-4321 Isaiah Langer 05-05-1960", ""},
		{"987-65-4320 " + far + " Isaiah Langer", ""},
		{"Isaiah " + far + " 987-65-4320 Langer", "edm 80 ×1: LastName"},
		// Elements of ordinary types stand in the same tree.
		{"customer 987-65-4320", "edm 78 ×1: customer-words"},
		// Two rows, one of them twice.
		{"987-65-4320 Isaiah Langer. 078-05-1120 Ana Bowman. Again 987-65-4320 Langer", "edm 90 ×2: FirstName LastName"},
	} {
		out := e.DetectIn(asTexts(tt.text), budget.Default(), stores)
		got := exactFound(out)
		if got != tt.want || len(out.Skipped) > 0 {
			t.Errorf("%.60q: got %q, want %q, skipped %v", tt.text, got, tt.want, out.Skipped)
		}
	}
}

// TestExactMany holds that nothing is dropped, however many rows a text names.
func TestExactMany(t *testing.T) {
	t.Parallel()
	var rows, text strings.Builder
	rows.WriteString("SSN,FirstName,LastName,Dob\n")
	for i := range 2000 {
		fmt.Fprintf(&rows, "%09d,First%d,Last%d,1970-01-%02d\n", 100000000+i*7919, i, i, i%28+1)
		fmt.Fprintf(&text, "%09d First%d Last%d\n", 100000000+i*7919, i, i)
	}
	stores, _ := exactStore(t, ssnTable, rows.String())
	e := exactEngine(t)
	out := e.DetectIn(asTexts(text.String()), budget.Default(), stores)
	n := 0
	for _, f := range out.Findings {
		if f.Type == "exact" && f.Confidence >= 90 {
			n += f.Unique
			if len(f.Rows) != f.Unique || !slices.IsSorted(f.Rows) {
				t.Errorf("%d rows, %d unique", len(f.Rows), f.Unique)
			}
		}
	}
	if n != 2000 {
		t.Errorf("%d of 2000 rows found", n)
	}
}

func TestExactUnavailable(t *testing.T) {
	t.Parallel()
	stores, path := exactStore(t, ssnTable, ssnRows)
	e := exactEngine(t)
	texts := []extract.Text{{Part: "1", Body: "987-65-4320 Isaiah Langer"}, {Part: "2", Body: "nothing here"}}
	want := budget.Skip{Part: "1", Reason: budget.StoreUnavailable, Detail: "people"}
	// Never opened.
	out := e.DetectIn(texts, budget.Default(), nil)
	if len(out.Skipped) != 1 || out.Skipped[0] != want || exactFound(out) != "" {
		t.Errorf("no store: %v", out.Skipped)
	}
	// Cut short while in service: the kernel signals when the page is read.
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	out = e.DetectIn(texts, budget.Default(), stores)
	if len(out.Skipped) != 1 || out.Skipped[0] != want || exactFound(out) != "" {
		t.Errorf("cut short: %v, found %q", out.Skipped, exactFound(out))
	}
	// Types that need no table go on.
	if !slices.ContainsFunc(out.Findings, func(f Finding) bool { return f.Type == "example-ssn-shape" }) {
		t.Error("the other types are not found any more")
	}
}

// TestExactHostile: a text of nothing but numbers of the table, with evidence
// anywhere in it, ends with the budget and says so.
func TestExactHostile(t *testing.T) {
	t.Parallel()
	stores, _ := exactStore(t, ssnTable, ssnRows)
	e, errs := CompileWith([]sit.Type{
		{ID: "shape", Patterns: []sit.Pattern{{Confidence: 65, Match: sit.Element{Regex: `\b\d{9}\b`}}}},
		{ID: "exact", Kind: "edm", Table: "people", Patterns: []sit.Pattern{{Confidence: 95, Match: sit.Element{Column: "SSN", Source: "shape"}, Near: &sit.Need{Element: &sit.Element{Column: "LastName"}}, Proximity: sit.Unlimited}}},
	}, nil, Options{Tables: []edm.Schema{ssnTable}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	l := budget.Default()
	l.Work = 50_000_000
	text := strings.Repeat("987654320 x ", 50_000) // without the bound 50,000 × 100,000 runs of words
	out := e.DetectIn(asTexts(text), l, stores)
	if !slices.ContainsFunc(out.Skipped, func(s budget.Skip) bool { return s.Reason == budget.WorkBudget }) {
		t.Errorf("skipped %v", out.Skipped)
	}
}

// A column that has an id is called by it as evidence.
func TestExactColumnID(t *testing.T) {
	t.Parallel()
	stores, _ := exactStore(t, ssnTable, ssnRows)
	e, errs := CompileWith([]sit.Type{
		{ID: "shape", Patterns: []sit.Pattern{{Confidence: 65, Match: sit.Element{Regex: `\b\d{9}\b`}}}},
		{ID: "exact", Kind: "edm", Table: "people", Patterns: []sit.Pattern{{Confidence: 95, Match: sit.Element{Column: "SSN", Source: "shape"}, Near: &sit.Need{Element: &sit.Element{ID: "surname", Column: "LastName"}}}}},
	}, nil, Options{Tables: []edm.Schema{ssnTable}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if got, want := exactFound(e.DetectIn(asTexts("987654320 Langer"), budget.Default(), stores)), "edm 95 ×1: surname"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestExplainExact(t *testing.T) {
	t.Parallel()
	stores, _ := exactStore(t, ssnTable, ssnRows)
	e := exactEngine(t)
	traces, skips := e.ExplainExact(asTexts("987-65-4320 Isaiah Langer and 123-45-6789"), budget.Default(), stores)
	if len(traces) != 2 || len(skips) > 0 {
		t.Fatalf("%d traces, %v", len(traces), skips)
	}
	a, b := traces[0], traces[1]
	if a.Form.Reveal() != "987654320" || a.Rows != 1 || len(a.Columns) != 1 || len(a.Columns[0]) != 3 || a.Column != "SSN" || a.Source != "example-ssn-shape" {
		t.Errorf("%+v", a)
	}
	for i, want := range []string{"Isaiah", "Langer", ""} {
		if got := a.Columns[0][i].Value.Reveal(); got != want {
			t.Errorf("column %s: %q, want %q", a.Columns[0][i].Name, got, want)
		}
	}
	holds := ""
	for _, p := range a.Patterns {
		holds += fmt.Sprintf(" %d:%d", p.Confidence, p.Rows)
	}
	if holds != " 95:0 90:1 80:1 78:0" {
		t.Errorf("patterns%s", holds)
	}
	if b.Form.Reveal() != "123456789" || b.Rows != 0 {
		t.Errorf("%+v", b)
	}
}

// BenchmarkExact judges a mail of 20 kB with the type that finds numbers
// alone, and with exact data match on top: the difference is what the table
// costs. Both take turns; the best turn of each counts.
func BenchmarkExact(b *testing.B) {
	var rows strings.Builder
	rows.WriteString("SSN,FirstName,LastName,Dob\n")
	for i := range 50_000 {
		fmt.Fprintf(&rows, "%09d,First%d,Last%d,19%02d-%02d-%02d\n", 100000000+i*7919, i, i, i%90+10, i%12+1, i%28+1)
	}
	stores, _ := exactStore(b, ssnTable, rows.String())
	with := exactEngine(b)
	without, errs := Compile([]sit.Type{{ID: "example-ssn-shape", Name: "shape", Patterns: []sit.Pattern{{Confidence: 65, Match: sit.Element{Regex: `\b\d{3}[- ]?\d{2}[- ]?\d{4}\b`}}}}}, nil)
	if len(errs) > 0 {
		b.Fatal(errs)
	}
	prose := strings.Repeat("The minutes of the meeting will follow next week and the room stays the same as in March. ", 225)[:20_000]
	for _, tt := range []struct {
		name, mail string
		rows       int
	}{
		{"none", prose, 0},
		{"one customer", prose[:10_000] + " First7 Last7, number 100055433, asked for it. " + prose[10_000:], 1},
		{"ten other numbers", prose[:10_000] + strings.Repeat(" 123456789", 10) + prose[10_000:], 0},
	} {
		b.Run(tt.name, func(b *testing.B) {
			texts, l := asTexts(tt.mail), budget.Default()
			if out := with.DetectIn(texts, l, stores); exactFound(out) == "" != (tt.rows == 0) {
				b.Fatalf("found %q", exactFound(out))
			}
			best := [2]time.Duration{1 << 60, 1 << 60}
			b.ReportAllocs()
			for range b.N {
				start := time.Now()
				without.Detect(texts, l)
				middle := time.Now()
				with.DetectIn(texts, l, stores)
				best[0], best[1] = min(best[0], middle.Sub(start)), min(best[1], time.Since(middle))
			}
			b.ReportMetric(float64(best[0].Nanoseconds())/1000, "scan-µs")
			b.ReportMetric(float64((best[1]-best[0]).Nanoseconds())/1000, "table-µs")
		})
	}
}
