package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"labelmilter/internal/assemble"
	"labelmilter/internal/output"
	"labelmilter/internal/rulepack"
	"labelmilter/internal/ruletest"
	"labelmilter/internal/strictyaml"
)

func (a *command) rulesCmd() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Check, test and look at rule packs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	cmd.AddCommand(a.lintCmd(), a.testCmd(), a.listCmd(), a.showCmd(), a.explainCmd(), a.schemaCmd(), a.proveCmd())
	return cmd
}

// packArgs adds folders and pack ids given as arguments to the flags.
func (a *command) packArgs(args []string) (assemble.Options, error) {
	o, _, err := a.assemble()
	if err != nil {
		return o, err
	}
	var ids []string
	for _, s := range args {
		if info, err := os.Stat(s); err == nil && info.IsDir() {
			o.RulesDirs = append(o.RulesDirs, s)
		} else {
			ids = append(ids, s)
		}
	}
	switch {
	case len(o.RulesDirs) > 0:
		o.AddPacks = append(o.AddPacks, ids...)
	case len(ids) > 0:
		o.Packs = ids
	}
	return o, nil
}

func (a *command) lintCmd() *cobra.Command {
	var strict, lanes bool
	format := "text"
	cmd := &cobra.Command{
		Use:   "lint [PACK|DIR]...",
		Short: "Check packs and report every problem",
		Long: `lint loads packs (embedded ones by id, own ones by folder; default: the packs
that would run) and reports every problem with file, line and fix.
It exits 3 if there are errors, with --strict also for warnings.
With --lanes (or -v) it lists how the expression of each pattern is run, and how
many steps it takes for 1,000 characters of ordinary prose.`,
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("format", format, "text", "json", "junit"); err != nil {
				return err
			}
			o, err := a.packArgs(args)
			if err != nil {
				return err
			}
			rs, ps := assemble.Rules(o)
			if rs != nil {
				ps = append(ps, rs.Lint()...)
				ps.Sort()
			}
			if rs != nil && (lanes || a.verbose) {
				if err := a.laneReport(rs, format); err != nil {
					return err
				}
			}
			return a.lintReport(rs, ps, format, strict)
		},
	}
	cmd.Flags().BoolVar(&strict, "strict", false, "warnings count as errors")
	cmd.Flags().BoolVar(&lanes, "lanes", false, "list how each pattern is run and what it costs")
	cmd.Flags().StringVar(&format, "format", "text", "output: text, json, junit")
	return cmd
}

// problemLine is the JSON line of a problem.
type problemLine struct {
	Schema   string `json:"schema"`
	File     string `json:"file"`
	Line     int    `json:"line"`
	Column   int    `json:"column"`
	Severity string `json:"severity"`
	Message  string `json:"message"`
	Fix      string `json:"fix"`
}

func (a *command) lintReport(rs *rulepack.Ruleset, ps strictyaml.Problems, format string, strict bool) error {
	errs, warns := 0, 0
	var tests []output.Test
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	for _, p := range ps {
		if p.Severity == strictyaml.Error {
			errs++
		} else {
			warns++
		}
		switch format {
		case "json":
			if err := enc.Encode(problemLine{"labelmilter.problem/v1", p.File, p.Line, p.Col, string(p.Severity), p.Message, p.Fix}); err != nil {
				return err
			}
		case "junit":
			t := output.Test{Class: "labelmilter.lint", Name: p.Pos.String()}
			if p.Severity == strictyaml.Error || strict {
				t.Failure = problemText(p)
			}
			tests = append(tests, t)
		default:
			fmt.Fprintln(a.stdout, problemText(p))
		}
	}
	switch {
	case format == "junit":
		if len(tests) == 0 {
			tests = []output.Test{{Class: "labelmilter.lint", Name: "packs"}}
		}
		if err := output.JUnit(a.stdout, "labelmilter rules lint", tests); err != nil {
			return err
		}
	case format == "text" && !a.quiet:
		n := 0
		if rs != nil {
			n = len(rs.Packs)
		}
		fmt.Fprintf(a.stdout, "%d packs, %d errors, %d warnings\n", n, errs, warns)
	}
	if errs > 0 || strict && warns > 0 {
		return &exit{code: exitFindings}
	}
	return nil
}

func (a *command) testCmd() *cobra.Command {
	format, run := "text", ""
	var report reportFlags
	cmd := &cobra.Command{
		Use:   "test [PACK|DIR]...",
		Short: "Run the tests that packs carry",
		Long: `test runs the examples of sensitive information types and the cases of
*_test.yaml files (default: of all embedded packs). It exits 3 if one fails.

With --report it judges those texts by all rules together (default: the packs
that would run) and says for each type how many of its texts are found with the
confidence that a condition asks for by default, how many near misses, how many
texts about types of the same category, country or bundle (kin), how many other
texts, and in how many messages of neutral text it stands with high confidence.
Precision counts near misses and other texts, F2 weighs recall twice. It exits 3
if a type has a recall below 0.99 or a near miss is found.`,
		Example: "  labelmilter rules test\n  labelmilter rules test --report\n  labelmilter rules test --report --neutral ~/archive --format json",
		RunE: func(cmd *cobra.Command, args []string) error {
			if report.on {
				if err := oneOf("format", format, "text", "json", "markdown"); err != nil {
					return err
				}
				return a.runReport(cmd, args, format, report)
			}
			if err := oneOf("format", format, "text", "json", "junit"); err != nil {
				return err
			}
			return a.runTests(cmd, args, format, run)
		},
	}
	cmd.Flags().StringVar(&format, "format", "text", "output: text, json, junit; with --report text, json, markdown")
	cmd.Flags().StringVar(&run, "run", "", "only tests whose name matches the `REGEX`")
	cmd.Flags().BoolVar(&report.on, "report", false, "measure how well each type is found")
	cmd.Flags().StringArrayVar(&report.neutral, "neutral", ruletest.NeutralDirs, "`DIR` with text files in which nothing should be found (repeatable)")
	cmd.Flags().IntVar(&report.megabytes, "neutral-size", 32, "`MB` of neutral text to read at most")
	return cmd
}

// testLine is the JSON line of a pack test.
type testLine struct {
	Schema     string `json:"schema"`
	Pack       string `json:"pack"`
	File       string `json:"file"`
	Line       int    `json:"line"`
	Name       string `json:"name"`
	OK         bool   `json:"ok"`
	Difference string `json:"difference"`
}

func (a *command) runTests(cmd *cobra.Command, args []string, format, run string) error {
	o, err := a.packArgs(args)
	if err != nil {
		return err
	}
	all, err := assemble.Embedded()
	if err != nil {
		return err
	}
	opt := ruletest.Options{All: all, Write: []string{"X-Sensitivity-Label"}}
	if run != "" {
		re, err := regexp.Compile(run)
		if err != nil {
			return usage("use RE2 syntax", "--run: %v", err)
		}
		opt.Match = re.MatchString
	}
	if len(o.RulesDirs) > 0 || o.Packs != nil {
		sources, ps := assemble.Sources(o)
		if ps.HasErrors() {
			return a.problems(ps)
		}
		for _, s := range sources {
			// Not the packs that are loaded because those required them.
			if !s.Embedded || slices.ContainsFunc(o.Packs, func(id string) bool {
				return id == s.ID() || id == s.Dir || strings.HasPrefix(s.Dir, id+"/")
			}) {
				opt.Test = append(opt.Test, s.ID())
			}
		}
		// Own packs stand in for embedded ones of the same id.
		own := slices.DeleteFunc(slices.Clone(sources), func(s rulepack.Source) bool { return s.Embedded })
		opt.All = append(slices.DeleteFunc(slices.Clone(all), func(e rulepack.Source) bool {
			return slices.ContainsFunc(own, func(s rulepack.Source) bool { return s.ID() == e.ID() })
		}), own...)
	}
	p := output.NewPrinter(a.stdout, a.colored(a.stdout))
	enc := json.NewEncoder(a.stdout)
	enc.SetEscapeHTML(false)
	var tests []output.Test
	passed, failed := 0, 0
	problems := ruletest.Run(cmd.Context(), opt, func(c ruletest.Case) {
		diff := output.Differences(c.Mismatches)
		if c.Err != nil {
			diff = c.Err.Error()
		}
		if c.OK() {
			passed++
		} else {
			failed++
		}
		switch format {
		case "json":
			_ = enc.Encode(testLine{"labelmilter.ruletest/v1", c.Pack, c.Pos.File, c.Pos.Line, c.Name, c.OK(), diff})
		case "junit":
			t := output.Test{Class: c.Pack, Name: c.Name}
			if !c.OK() {
				t.Failure = c.Pos.String() + ": " + diff
			}
			tests = append(tests, t)
		default:
			if !c.OK() {
				p.Line("%s %s: %s", p.Bad("FAIL"), c.Pos, c.Name)
				if c.Err != nil {
					p.Line("    %s", c.Err)
				}
				p.Mismatches(c.Mismatches)
			} else if a.verbose {
				p.Line("%s %s: %s", p.Good("ok  "), c.Pack, c.Name)
			}
		}
	})
	if format == "junit" {
		for _, q := range problems {
			tests = append(tests, output.Test{Class: "labelmilter.rules", Name: q.Pos.String(), Error: problemText(q)})
		}
		if err := output.JUnit(a.stdout, "labelmilter rules test", tests); err != nil {
			return err
		}
	}
	if problems.HasErrors() {
		return a.problems(problems)
	}
	if format == "text" {
		p.Line("%d tests: %d passed, %d failed", passed+failed, passed, failed)
	}
	if failed > 0 {
		return &exit{code: exitFindings}
	}
	return p.Err()
}

func (a *command) schemaCmd() *cobra.Command {
	return &cobra.Command{
		Use:       "schema [rulepack|pack]",
		Short:     "Print the JSON Schema of rule pack files",
		Args:      cobra.MaximumNArgs(1),
		ValidArgs: []string{"rulepack", "pack"},
		RunE: func(_ *cobra.Command, args []string) error {
			what := "rulepack"
			if len(args) == 1 {
				what = args[0]
			}
			if err := oneOf("schema", what, "rulepack", "pack"); err != nil {
				return err
			}
			gen := rulepack.Schema
			if what == "pack" {
				gen = rulepack.PackSchema
			}
			b, err := gen()
			if err != nil {
				return err
			}
			_, err = a.stdout.Write(b)
			return err
		},
	}
}

func (a *command) showCmd() *cobra.Command {
	return &cobra.Command{
		Use:   "show ID",
		Short: "Show the definition of a type, label, rule, policy, list or pack",
		Args:  cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			o, err := a.packArgs(nil)
			if err != nil {
				return err
			}
			sources, ps := assemble.Sources(o)
			if ps.HasErrors() {
				return a.problems(ps)
			}
			if all, err := assemble.Embedded(); err == nil && len(o.RulesDirs) == 0 {
				sources = all // any embedded definition, loaded or not
			}
			found, known := rulepack.Definitions(sources, args[0])
			if len(found) == 0 {
				hint := "see labelmilter rules list"
				if n, ok := strictyaml.Nearest(args[0], known); ok {
					hint = fmt.Sprintf("did you mean %q?", n)
				}
				return usage(hint, "no definition has the id %q", args[0])
			}
			for _, d := range found {
				fmt.Fprintf(a.stdout, "# %s\n%s\n", d.Pos, strings.TrimRight(d.Text, "\n"))
			}
			return nil
		},
	}
}
