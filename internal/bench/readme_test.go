package bench

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"labelmilter/internal/assemble"
	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"
)

var readme = flag.String("readme", "", "write the table of measurements into this file, between its marks")

const (
	beginMark = "<!-- detection:begin -->"
	endMark   = "<!-- detection:end -->"
)

func TestNumber(t *testing.T) {
	for x, want := range map[float64]string{0.314: "0.31", 38.84: "38.8", 498.4: "498", 1074: "1,070", 19_340: "19,300", 1_811_400: "1,810,000", 999.9: "999"} {
		if got := number(x); got != want {
			t.Errorf("%v: %s, want %s", x, got, want)
		}
	}
}

// TestReadme measures all contestants and writes the table. It does nothing
// without -readme.
func TestReadme(t *testing.T) {
	if *readme == "" {
		t.Skip("no -readme")
	}
	data, err := os.ReadFile(*readme)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(data), beginMark)
	_, after, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		t.Fatalf("%s: want a line %s and a line %s after it", *readme, beginMark, endMark)
	}
	text := measured(t)
	if err := os.WriteFile(*readme, []byte(before+beginMark+"\n"+text+endMark+after), 0o644); err != nil {
		t.Fatal(err)
	}
}

// measured gives the table.
func measured(t *testing.T) string {
	heap := func() float64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.GC()
		runtime.ReadMemStats(&m)
		return float64(m.HeapAlloc) / 1e6
	}
	empty := heap()
	start := cpu()
	rs := rules(t)
	load := cpu() - start
	kept := heap() - empty
	again := cpu()
	if rs, ps := assemble.Rules(assemble.Options{}); rs == nil {
		t.Fatal(ps)
	}
	reload := cpu() - again

	all, note := contestants(t)
	const rounds = 7
	for range rounds {
		round(all)
	}
	var b strings.Builder
	engine, _ := all[0].median()
	b.WriteString("| | µs of CPU per 50 kB of text | times the engine on mail |\n|---|---|---|\n")
	for _, c := range all {
		us, text := c.median()
		what := c.note
		if text != "" {
			what += fmt.Sprintf(", the slowest of %d: `%.24s` repeated", len(c.texts), text)
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", what, number(us), number(us/engine))
	}
	limits := budget.Default()
	clean := all[0].texts
	allocs := testing.AllocsPerRun(50, func() {
		rs.Engine.Detect([]extract.Text{{Part: "1", Where: extract.InBody, Body: clean[1]}}, limits)
	})
	fmt.Fprintf(&b, "\n%s Loading all packs takes %.2f s of CPU at start, %.2f s again, and keeps %.1f MB; a message without findings takes %.0f allocations. Two workers do %.2f times the work of one.\n",
		note, load.Seconds(), reload.Seconds(), kept, allocs, workers(rs.Engine.Detect, clean))
	commit := "unknown"
	if out, err := exec.Command("git", "-C", filepath.Dir(*readme), "rev-parse", "--short=12", "HEAD").Output(); err == nil {
		commit = strings.TrimSpace(string(out))
	}
	fmt.Fprintf(&b, "\nMeasured %s at commit %s with %s on %d × %s. Medians of %d interleaved rounds of processor time over generated texts of 50 kB; the slow ones get a twentieth of each.\n",
		time.Now().UTC().Format("2 January 2006"), commit, runtime.Version(), runtime.NumCPU(), cpuName(), rounds)
	return b.String()
}

// number writes a figure with three digits that count.
func number(x float64) string {
	switch {
	case x < 10:
		return fmt.Sprintf("%.2f", x)
	case x < 100:
		return fmt.Sprintf("%.1f", x)
	}
	unit := 1
	for int(x)/unit >= 1000 {
		unit *= 10
	}
	s := strconv.Itoa((int(x) + unit/2) / unit * unit)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// workers compares two workers with one by the clock, taking turns.
func workers(scan func([]extract.Text, budget.Limits) detect.Output, texts []string) float64 {
	run := func(n int) time.Duration {
		start := time.Now()
		var wg sync.WaitGroup
		for range n {
			wg.Go(func() {
				for range 4 {
					for _, s := range texts {
						scan([]extract.Text{{Part: "1", Where: extract.InBody, Body: s}}, budget.Default())
					}
				}
			})
		}
		wg.Wait()
		return time.Since(start)
	}
	var ratios []float64
	for range 15 {
		one := run(1)
		ratios = append(ratios, 2*one.Seconds()/run(2).Seconds())
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

func cpuName() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	for line := range strings.Lines(string(data)) {
		if k, v, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(k) == "model name" {
			return strings.TrimSpace(v)
		}
	}
	return runtime.GOARCH
}
