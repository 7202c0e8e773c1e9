package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/edm"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/strictyaml"
)

// edmBuild holds the flags of edm build.
type edmBuild struct {
	schema, table, key, output string
	format, encoding, bad      string
	report                     string
	minRows                    int64
	tagBits, workers           int
}

func (a *command) edmBuildCmd() *cobra.Command {
	b := edmBuild{bad: "1%", report: "text"}
	cmd := &cobra.Command{
		Use:   "build TABLE|-",
		Short: "Make a store of a table",
		Long: `build reads a table (CSV, tab, pipe or semicolon; first line: names of the
columns) and writes a store of keyed hashes. It needs little memory however long
the table is. The store in place stays in use until the new one is whole; a
build that was interrupted goes on where it was when it is started again.

Lines that are not well formed are left out, up to --bad-lines; their numbers
and the reasons stand in STORE.bad-lines. Values of searchable columns are tried
with the type that is to find them in mail (found_by); if more than one in a
hundred would not be found, build says so and why.`,
		Example: "  labelmilter edm build customers.csv --schema customers.yaml --key edm.key -o customers.edm\n" +
			"  zcat customers.csv.gz | labelmilter --rules packs edm build - --table customers --key edm.key -o customers.edm",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return a.edmBuild(cmd, args[0], &b) },
	}
	f := cmd.Flags()
	f.StringVar(&b.schema, "schema", "", "`FILE` with the definition of the table: YAML, or Purview's EDM schema XML")
	f.StringVar(&b.table, "table", "", "`ID` of a table that the packs define (or of one of several in --schema)")
	f.StringVar(&b.key, "key", "", "key `FILE`")
	f.StringVarP(&b.output, "output", "o", "", "store to write, `FILE`")
	f.StringVar(&b.format, "table-format", "", "csv, tsv, pipe or semicolon (default: found out from the first line)")
	f.StringVar(&b.encoding, "encoding", "", "encoding of the table (default: UTF-8, or UTF-16 with a byte order mark)")
	f.StringVar(&b.bad, "bad-lines", b.bad, "lines that may be left out: a `NUMBER`, or a share such as 0.5%")
	f.Int64Var(&b.minRows, "min-rows", 0, "fewer rows are an error: the export was cut short")
	f.IntVar(&b.tagBits, "tag-bits", 24, "bits kept of each supporting value: 24, or 32 if single columns are enough for a rule")
	f.IntVar(&b.workers, "workers", 0, "processor cores to use (default: all)")
	f.StringVar(&b.report, "format", b.report, "output: text, json")
	return cmd
}

// buildMemory is what the heap should stay below while a store is built: a
// build needs half of it, the types that find values the rest. Less costs
// processor time.
const buildMemory = 48 << 20

// share reads --bad-lines.
func share(s string) (float64, error) {
	digits, percent := strings.CutSuffix(s, "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(digits), 64)
	switch {
	case err != nil || n < 0 || percent && n > 100 || !percent && n != float64(int64(n)):
		return 0, usage("use the form 100 or 0.5%", "--bad-lines: %q is neither a number of lines nor a share", s)
	case percent && n == 100:
		return 1 << 60, nil
	case percent:
		return n / 100, nil
	}
	return n, nil
}

func (a *command) edmBuild(cmd *cobra.Command, input string, b *edmBuild) error {
	if b.output == "" {
		return usage("give the store's name with -o", "no output")
	}
	if err := oneOf("format", b.report, "text", "json"); err != nil {
		return err
	}
	if b.format != "" {
		if err := oneOf("table-format", b.format, "csv", "tsv", "pipe", "semicolon"); err != nil {
			return err
		}
	}
	bad, err := share(b.bad)
	if err != nil {
		return err
	}
	schema, findable, err := a.toBuild(b)
	if err != nil {
		return err
	}
	key, err := readKey(b.key)
	if err != nil {
		return err
	}
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	if os.Getenv("GOMEMLIMIT") == "" { // the operator's choice goes before ours
		debug.SetMemoryLimit(buildMemory)
	}
	bar := a.progress(input)
	start := time.Now()
	rep, err := edm.Build(cmd.Context(), edm.Options{Schema: schema, Key: key, Input: input, Stdin: a.stdin, Output: b.output, Format: b.format,
		Encoding: b.encoding, TagBits: b.tagBits, Workers: b.workers, MinRows: b.minRows, BadLines: bad, Builder: "labelmilter " + buildVersion().Version,
		Host: host, Progress: bar.set, Findable: findable})
	bar.end()
	if err != nil {
		if errors.Is(err, edm.ErrBadLines) {
			return &exit{exitFailed, err.Error(), "the lines stand in " + b.output + ".bad-lines; allow more with --bad-lines"}
		}
		return err
	}
	for _, w := range rep.Warnings {
		fmt.Fprintf(a.stderr, "%s: warning: %s\n", input, w)
	}
	if b.report == "json" {
		return json.NewEncoder(a.stdout).Encode(struct {
			Schema string `json:"schema"`
			File   string `json:"file"`
			edm.Report
		}{"labelmilter.edm-build/v1", b.output, rep})
	}
	a.printReport(b.output, rep, time.Since(start))
	return nil
}

// toBuild finds the definition of the table. Rules are loaded only if it, or
// the types that find its values, stand in them.
func (a *command) toBuild(b *edmBuild) (schema edm.Schema, findable func(int, string) (bool, string), err error) {
	var types []string
	if b.schema != "" {
		if schema, err = a.table(b.schema, b.table, nil); err != nil {
			return schema, nil, err
		}
		for _, c := range schema.Columns {
			if c.FoundBy != "" {
				types = append(types, c.FoundBy)
			}
		}
		if len(types) == 0 {
			return schema, nil, nil
		}
	}
	opt, _, err := a.assemble()
	if err != nil {
		return schema, nil, err
	}
	load := assemble.Rules
	if b.schema != "" {
		load = func(o assemble.Options) (*rulepack.Ruleset, strictyaml.Problems) { return assemble.TypesOnly(o, types) }
	}
	rs, ps := load(opt)
	if rs == nil {
		return schema, nil, a.problems(ps)
	}
	if b.schema == "" {
		if schema, err = a.table("", b.table, rs); err != nil {
			return schema, nil, err
		}
	}
	findable, err = a.findable(&schema, rs)
	return schema, findable, err
}

// findable says whether the type that is to find a value does; nil if no
// column names one.
func (a *command) findable(s *edm.Schema, rs *rulepack.Ruleset) (func(int, string) (bool, string), error) {
	var known []string
	for _, t := range rs.Types {
		known = append(known, t.ID)
	}
	named := false
	for _, c := range s.Columns {
		if c.FoundBy == "" {
			continue
		}
		named = true
		if !slices.Contains(known, c.FoundBy) {
			hint := "load the pack that defines it with --rules, --pack or --config"
			if n, near := strictyaml.Nearest(c.FoundBy, known); near {
				hint = fmt.Sprintf("did you mean %q?", n)
			}
			return nil, usage(hint, "column %q: no type %q is loaded", c.Name, c.FoundBy)
		}
	}
	if !named {
		return nil, nil
	}
	return func(column int, value string) (bool, string) {
		return rs.Engine.Finds(s.Columns[column].FoundBy, value)
	}, nil
}

func (a *command) printReport(output string, r edm.Report, took time.Duration) {
	fmt.Fprintf(a.stdout, "%s: %d rows in %d bytes, %s\n", output, r.Rows, r.Size, r.Digest)
	if r.Resumed > 0 {
		fmt.Fprintf(a.stdout, "  went on behind byte %d of an earlier build\n", r.Resumed)
	}
	if r.Skipped > 0 {
		fmt.Fprintf(a.stdout, "  %d lines left out, see %s\n", r.Skipped, r.BadFile)
	}
	for _, c := range r.Columns {
		var left []string
		for _, why := range edm.SortedReasons(c.Reasons) {
			left = append(left, fmt.Sprintf("%d × %s", c.Reasons[why], why))
		}
		more := ""
		if len(left) > 0 {
			more = "; not compared: " + strings.Join(left, ", ")
		}
		fmt.Fprintf(a.stdout, "  %s: %d values%s\n", c.Name, c.Used, more)
	}
	if a.verbose {
		fmt.Fprintf(a.stdout, "  %s, %s, %s\n", r.Format, r.Encoding, took.Round(time.Millisecond))
	}
}

// progress is a bar on a terminal; nothing elsewhere.
type progress struct {
	mu   sync.Mutex // workers report side by side
	w    io.Writer
	name string
	last time.Time
	open bool
}

func (a *command) progress(name string) *progress {
	p := &progress{name: name}
	if f, ok := a.stderr.(*os.File); ok && !a.quiet {
		if info, err := f.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			p.w = f
		}
	}
	return p
}

// set draws the bar, at most ten times a second.
func (p *progress) set(stage string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.w == nil || time.Since(p.last) < 100*time.Millisecond {
		return
	}
	p.last, p.open = time.Now(), true
	const width = 30
	if total <= 0 {
		fmt.Fprintf(p.w, "\r%s: %s %d MB \x1b[K", p.name, stage, done>>20)
		return
	}
	full := int(width * min(done, total) / total)
	fmt.Fprintf(p.w, "\r%s: %-9s [%s%s] %3d %%\x1b[K", p.name, stage, strings.Repeat("#", full), strings.Repeat(".", width-full), 100*min(done, total)/total)
}

func (p *progress) end() {
	if p.open {
		fmt.Fprint(p.w, "\r\x1b[K")
	}
}
