package assemble_test

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"labelmilter/internal/assemble"
	"labelmilter/internal/config"
	"labelmilter/internal/pipeline"
)

// BenchmarkReloadLargeList loads a rule set with a list of a million domains
// out of a file, and reports what stays in memory of the list.
func BenchmarkReloadLargeList(b *testing.B) {
	dir := b.TempDir()
	write := func(name, text string) {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			b.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			b.Fatal(err)
		}
	}
	var domains strings.Builder
	for i := range 1_000_000 {
		fmt.Fprintf(&domains, "mail-%d.customer.example\n", i)
	}
	write("few.txt", "mail-1.customer.example\n")
	write("many.txt", domains.String())
	write("site/pack.yaml", "id: site\nversion: 1.0.0\ndescription: d\n")
	write("site/rules.yaml", "lists: [{id: ours}]\npolicies: [{id: p, rules: [{id: r, when: {recipient: {domain: {list: ours}}}, then: [accept]}]}]\n")
	load := func(list string) (*pipeline.Pipeline, uint64) {
		write("c.yaml", "rules: {packs: [au-pspf], dirs: [site], lists: {ours: {file: "+list+"}}}\n")
		c, ps := config.Load(filepath.Join(dir, "c.yaml"))
		if c == nil {
			b.Fatal(ps)
		}
		p, ps := assemble.Pipeline(c, assemble.Flags{})
		if p == nil {
			b.Fatal(ps)
		}
		runtime.GC()
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return p, m.HeapAlloc
	}
	_, without := load("few.txt")
	var with uint64
	for b.Loop() {
		var p *pipeline.Pipeline
		p, with = load("many.txt")
		runtime.KeepAlive(p)
	}
	b.ReportMetric(float64(int64(with)-int64(without))/1e6, "MB")
}
