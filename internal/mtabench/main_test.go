package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"labelmilter/internal/mtabench/corpus"
	"labelmilter/internal/mtalab"
	"labelmilter/internal/store"
)

func TestReplaceBetween(t *testing.T) {
	for _, c := range []struct{ name, file, want string }{
		{"replaced", "a\n" + beginMark + "\nold\n" + endMark + "\nb\n", "a\n" + beginMark + "\nnew\n" + endMark + "\nb\n"},
		{"empty", beginMark + endMark, beginMark + "\nnew\n" + endMark},
		{"missing", "a\n", ""},
		{"no end", beginMark, ""},
		{"wrong order", endMark + beginMark, ""},
		{"twice", beginMark + endMark + beginMark + endMark, ""},
	} {
		got, err := replaceBetween(c.file, "\nnew\n\n")
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}

func TestReplaceInFile(t *testing.T) {
	name := filepath.Join(t.TempDir(), "README.md")
	if err := os.WriteFile(name, []byte(beginMark+"\n"+endMark+"\n"), 0o640); err != nil {
		t.Fatal(err)
	}
	for range 2 { // what was written can be replaced again
		if err := replaceInFile(name, "| table |"); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || string(got) != beginMark+"\n| table |\n"+endMark+"\n" {
		t.Errorf("got %q, %v", got, err)
	}
	if st, err := os.Stat(name); err != nil || st.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", st.Mode(), err)
	}
}

func TestMedianAndPercentile(t *testing.T) {
	if got := median([]float64{5, 1, 3}); got != 3 {
		t.Errorf("median of three: %v", got)
	}
	if got := median([]float64{4, 1, 3, 2}); got != 2.5 {
		t.Errorf("median of four: %v", got)
	}
	if got := median(nil); got != 0 {
		t.Errorf("median of none: %v", got)
	}
	var v []time.Duration
	for i := range 200 {
		v = append(v, time.Duration(200-i))
	}
	for p, want := range map[int]time.Duration{50: 100, 99: 198, 100: 200, 0: 1} {
		if got := percentile(v, p); got != want {
			t.Errorf("percentile %d: got %d, want %d", p, got, want)
		}
	}
}

// TestCPUTime has work show up on the clock of this process.
func TestCPUTime(t *testing.T) {
	before, err := cpuTime(os.Getpid())
	if err != nil {
		t.Skip(err)
	}
	x := 0
	for end := time.Now().Add(30 * time.Millisecond); time.Now().Before(end); {
		x++
	}
	after, err := cpuTime(os.Getpid())
	if err != nil || after <= before || after-before > time.Minute {
		t.Errorf("from %v to %v, %v", before, after, err)
	}
	if m, err := memoryOf(os.Getpid()); err != nil || m.rss < 1<<20 || m.pss > m.rss {
		t.Errorf("memory %+v, %v", m, err)
	}
}

func TestTable(t *testing.T) {
	sets := corpus.Sets()[:1]
	tab := newTable(sets, []*setUp{{name: "no milter"}, {name: "do-nothing", filter: &process{}}, {name: "labelmilter", filter: &process{}}})
	for i, c := range []float64{1, 2, 4} { // ratios 2, 3, 1.5
		tab.cells[0][0].add(turn{rate: 800})
		tab.cells[0][1].add(turn{cpu: c, rate: 400, p50: time.Millisecond, p99: 9 * time.Millisecond})
		tab.cells[0][2].add(turn{cpu: c * []float64{2, 3, 1.5}[i], rate: 300, memory: memory{50e6, 40e6}})
	}
	got := tab.markdown(options{rounds: 3, messages: 10, connections: 8}, "Here.")
	for _, want := range []string{"| clean: text, 10 kB | 2.00 | 6.00 | 2.00 × | 800, 0 / 0 | 400, 1 / 9 | 300, 0 / 0 |", "labelmilter 50 (40) MB", "Here. Medians of 3"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestAbout(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if _, version := built(exe); version != runtime.Version() {
		t.Errorf("this binary was built with %q", version)
	}
	got := about(context.Background(), options{binary: exe})
	if !strings.HasPrefix(got, "Measured ") || !strings.Contains(got, runtime.Version()) || !strings.Contains(got, "at commit ") {
		t.Errorf("got %q", got)
	}
}

func TestFound(t *testing.T) {
	want := map[string]int{corpus.TFN: 2, corpus.Card: 1, corpus.Marking: 1}
	var f found
	for _, r := range []string{
		`{"findings":[{"type":"australia-tax-file-number","count":3},{"type":"other","count":1}],"markings":[{"source":"header"},{"source":"subject"}]}`,
		`{"findings":[{"type":"credit-card-number","count":1}],"markings":[{"source":"subject"}]}`,
	} {
		if err := f.add(want, []byte(r)); err != nil {
			t.Fatal(err)
		}
	}
	if f != (found{planted: 8, found: 4, messages: 2}) {
		t.Errorf("got %+v", f)
	}
	if err := f.add(want, []byte("{")); err == nil {
		t.Error("a broken record is taken")
	}
	if id := messageID(corpus.Sets()[0].Messages(1, 1)[0].Data); !strings.HasPrefix(id, "<") || !strings.HasSuffix(id, "@desk.sender.example>") {
		t.Errorf("Message-ID %q", id)
	}
}

// TestOtherSchema reads the records of an earlier version without changing them,
// and those of a later one not at all.
func TestOtherSchema(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	st, err := store.Open(ctx, store.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := st.Append(ctx, store.Record{QueueID: "one"}); err != nil {
		t.Fatal(err)
	}
	if err := st.Close(); err != nil {
		t.Fatal(err)
	}
	version := func(change string) (v int) {
		t.Helper()
		db, err := sql.Open("sqlite", "file:"+filepath.Join(dir, store.FileName))
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec(change); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRow("SELECT max(version) FROM migrations").Scan(&v); err != nil {
			t.Fatal(err)
		}
		return v
	}
	one := &setUp{name: compared, state: dir}
	last := version("")
	if n, err := one.records(ctx); n != 1 || err != nil {
		t.Errorf("of this version: %d, %v", n, err)
	}
	version("INSERT INTO migrations VALUES (99, 0)")
	if _, err := one.records(ctx); !errors.Is(err, store.ErrNewer) {
		t.Errorf("of a later version: %v", err)
	}
	// What the last step of the schema made, undone.
	earlier := fmt.Sprintf("DELETE FROM migrations WHERE version >= %d; DROP TABLE marked", last)
	if v := version(earlier); v != last-1 {
		t.Fatalf("version %d", v)
	}
	if n, err := one.records(ctx); n != 1 || err != nil {
		t.Errorf("of an earlier version: %d, %v", n, err)
	}
	if v := version(""); v != last-1 {
		t.Errorf("it was brought to %d", v)
	}
	if _, err := (&setUp{name: "labelmilter", state: dir}).records(ctx); err == nil {
		t.Error("the binary that is measured may be of another version")
	}
	if left, _ := filepath.Glob(dir + ".copy"); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// TestSend has every message accepted by a real Postfix, and a refusal found.
func TestSend(t *testing.T) {
	pf := mtalab.PostfixFor(t, mtalab.Options{})
	mail := corpus.Sets()[0].Messages(1, 3)
	s, err := sendAll(context.Background(), pf.SMTPAddr(), mail, 10, 3)
	if err != nil || len(s.times) != 10 || s.elapsed <= 0 {
		t.Errorf("got %+v, %v", s, err)
	}
	for i, d := range s.times {
		if d <= 0 {
			t.Errorf("message %d took %v", i, d)
		}
	}
	mail[1].To = "nobody@[not an address"
	if _, err := sendAll(context.Background(), pf.SMTPAddr(), mail, 10, 3); err == nil {
		t.Error("a refusal is not reported")
	}
}
