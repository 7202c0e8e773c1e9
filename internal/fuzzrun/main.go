// Command fuzzrun runs every fuzz target of the module for a given time each.
// With -report it writes what ran (target, executions, commit, Go version)
// into a JSON file that a test compares with the targets in the code.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
)

// Line is what is recorded of one target.
type Line struct {
	Package    string `json:"package"`
	Target     string `json:"target"`
	Executions int64  `json:"executions"`
	Seconds    string `json:"time"`
	Commit     string `json:"commit"`
	Go         string `json:"go"`
}

func main() {
	each := flag.String("time", "10s", "time for each target")
	report := flag.String("report", "", "write a report to this file")
	only := flag.String("run", "", "only targets whose package/name matches this expression")
	flag.Parse()
	filter, err := regexp.Compile(*only)
	if err != nil {
		fatal(err)
	}
	targets, err := list()
	if err != nil {
		fatal(err)
	}
	commit := output("git", "rev-parse", "HEAD")
	var lines []Line
	failed := 0
	for _, t := range targets {
		if !filter.MatchString(t[0] + "/" + t[1]) {
			continue
		}
		n, err := run(t[0], t[1], *each)
		if errors.Is(err, errDeadline) {
			n, err = run(t[0], t[1], *each)
		}
		fmt.Printf("%-40s %-32s %12d executions\n", strings.TrimPrefix(t[0], "labelmilter/"), t[1], n)
		if err != nil {
			failed++
			fmt.Fprintf(os.Stderr, "%s %s: %v\n", t[0], t[1], err)
			continue
		}
		lines = append(lines, Line{t[0], t[1], n, *each, commit, runtime.Version()})
	}
	if *report != "" {
		b, err := json.MarshalIndent(merge(*report, lines, targets), "", "  ")
		if err != nil {
			fatal(err)
		}
		if err := os.WriteFile(*report, append(b, '\n'), 0o644); err != nil {
			fatal(err)
		}
	}
	fmt.Printf("%d targets, %d failed\n", len(lines), failed)
	if failed > 0 {
		os.Exit(1)
	}
}

// merge puts new lines over those of an earlier report; targets that are no
// longer in the code fall out.
func merge(report string, lines []Line, targets [][2]string) []Line {
	have := map[[2]string]Line{}
	var old []Line
	if b, err := os.ReadFile(report); err == nil && json.Unmarshal(b, &old) == nil {
		for _, l := range old {
			have[[2]string{l.Package, l.Target}] = l
		}
	}
	for _, l := range lines {
		have[[2]string{l.Package, l.Target}] = l
	}
	var out []Line
	for _, t := range targets {
		if l, ok := have[t]; ok {
			out = append(out, l)
		}
	}
	return out
}

func fatal(err error) {
	fmt.Fprintln(os.Stderr, "fuzzrun:", err)
	os.Exit(1)
}

func output(name string, args ...string) string {
	b, err := exec.Command(name, args...).Output()
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(b))
}

// list gives package and name of every fuzz target.
func list() ([][2]string, error) {
	pkgs := strings.Fields(output("go", "list", "./..."))
	var out [][2]string
	for _, p := range pkgs {
		b, err := exec.Command("go", "test", "-list", "^Fuzz", p).Output()
		if err != nil {
			return nil, fmt.Errorf("listing targets of %s: %w", p, err)
		}
		for _, l := range strings.Split(string(b), "\n") {
			if strings.HasPrefix(l, "Fuzz") {
				out = append(out, [2]string{p, l})
			}
		}
	}
	return out, nil
}

// errDeadline: the run ended on its deadline in the middle of an input, which
// go test reports as a failure without a failing input. It says nothing.
var errDeadline = errors.New("ended on its deadline")

var execs = regexp.MustCompile(`execs: (\d+)`)

func run(pkg, target, each string) (int64, error) {
	cmd := exec.Command("go", "test", "-run", "^$", "-fuzz", "^"+target+"$", "-fuzztime", each, "-fuzzminimizetime", "10x", pkg)
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return 0, err
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	var n int64
	var tail []string
	sc := bufio.NewScanner(stdout)
	sc.Buffer(nil, 1<<20)
	for sc.Scan() {
		if m := execs.FindStringSubmatch(sc.Text()); m != nil {
			n, _ = strconv.ParseInt(m[1], 10, 64)
			continue
		}
		tail = append(tail, sc.Text())
	}
	if err := cmd.Wait(); err != nil {
		text := strings.Join(tail, "\n")
		if strings.Contains(text, "context deadline exceeded") && !strings.Contains(text, "Failing input") {
			return n, errDeadline
		}
		fmt.Println(text)
		return n, err
	}
	return n, nil
}
