package internal

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// maxSkipped is how many tests may be skipped for a missing tool where all
// tools can be installed (root on Debian). It may only be raised with a reason.
const maxSkipped = 0

// TestSkipped counts the tests that were skipped for a missing tool in the run
// before, which wrote them to the file named by LABELMILTER_SKIPS.
func TestSkipped(t *testing.T) {
	name := os.Getenv("LABELMILTER_SKIPS")
	if name == "" {
		t.Skip("no test run before: LABELMILTER_SKIPS is not set")
	}
	data, err := os.ReadFile(name)
	if os.IsNotExist(err) {
		t.Log("0 tests skipped for a missing tool")
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(data)), "\n")
	slices.Sort(lines)
	t.Logf("%d tests skipped for a missing tool:\n%s", len(lines), strings.Join(lines, "\n"))
	if os.Getuid() == 0 && os.Getenv("CI") == "true" && len(lines) > maxSkipped {
		t.Errorf("%d tests skipped, at most %d may be", len(lines), maxSkipped)
	}
}

// TestFuzzReport holds that every fuzz target has been run and recorded.
func TestFuzzReport(t *testing.T) {
	data, err := os.ReadFile("../testdata/reports/fuzz.json")
	if err != nil {
		t.Fatal(err)
	}
	var lines []struct {
		Package, Target string
		Executions      int64
	}
	if err := json.Unmarshal(data, &lines); err != nil {
		t.Fatal(err)
	}
	ran := map[string]int64{}
	for _, l := range lines {
		ran[l.Package+"."+l.Target] = l.Executions
	}
	// Names recur between packages, so both have to agree.
	targets := 0
	err = filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for _, m := range fuzzTarget.FindAllStringSubmatch(string(text), -1) {
			targets++
			if key := "labelmilter/internal/" + filepath.ToSlash(filepath.Dir(name)) + "." + m[1]; ran[key] == 0 {
				t.Errorf("fuzz target %s has no run recorded in testdata/reports/fuzz.json (make fuzz-report)", key)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if targets < len(ran) {
		t.Errorf("%d targets in the code, %d in the report: make fuzz-report", targets, len(ran))
	}
}

var fuzzTarget = regexp.MustCompile(`(?m)^func (Fuzz\w+)\(`)
