package conformance

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"

	"labelmilter/internal/mtalab"
)

// tableEnv names a file for the table.
const tableEnv = "LABELMILTER_CONFORMANCE"

// results are the cells of the table.
type results struct {
	mu    sync.Mutex
	cells map[string]string // "number/level"
	notes map[string]string // what a reader must know of a cell
}

var table = results{cells: map[string]string{}, notes: map[string]string{}}

func (r *results) note(n int, level, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.notes[fmt.Sprintf("%d/%s", n, level)] = text
}

func (r *results) set(n int, level, text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cells[fmt.Sprintf("%d/%s", n, level)] = text
}

// cell gives a cell; ok is false if the case was neither run nor excluded.
func (r *results) cell(n int, level string) (text string, ok bool) {
	if why := cases[n-1].none[level]; why != "" {
		return "n/a", true
	}
	text, ok = r.cells[fmt.Sprintf("%d/%s", n, level)]
	if !ok {
		text = "not run"
	}
	return text, ok
}

// render writes the table and the reasons below it; missing counts cells
// without a result.
func (r *results) render() (text string, missing int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	var b, notes strings.Builder
	var reasons []string
	excluded := map[string][]string{} // reason → cells
	fmt.Fprintf(&b, "%-4s%-42s %-9s %-9s %s\n", "", "case", "Postfix", "Sendmail", "frame")
	for i, c := range cases {
		fmt.Fprintf(&b, "%2d  %-42s", i+1, c.title)
		for _, l := range levels {
			s, ok := r.cell(i+1, l)
			if !ok {
				missing++
			}
			short, long, _ := strings.Cut(s, ": ")
			fmt.Fprintf(&b, " %-9s", short)
			if long != "" {
				fmt.Fprintf(&notes, "%2d  %s: %s\n", i+1, l, s)
			}
			if why := c.none[l]; why != "" {
				if excluded[why] == nil {
					reasons = append(reasons, why)
				}
				excluded[why] = append(excluded[why], fmt.Sprintf("%d %s", i+1, l))
			}
			if s := r.notes[fmt.Sprintf("%d/%s", i+1, l)]; s != "" {
				fmt.Fprintf(&notes, "%2d  %s: %s\n", i+1, l, s)
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
	for _, why := range reasons {
		fmt.Fprintf(&b, "n/a: %s (%s)\n", why, strings.Join(excluded[why], ", "))
	}
	lines := strings.Split(b.String()+notes.String(), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " ")
	}
	return strings.Join(lines, "\n"), missing
}

func TestMain(m *testing.M) {
	if s := os.Getenv(childEnv); s != "" {
		os.Exit(childMain(s))
	}
	code := m.Run()
	lab.stop()
	text, missing := table.render()
	fmt.Print(text)
	if file := os.Getenv(tableEnv); file != "" {
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	if missing > 0 && wholeRun(os.Args[1:]) && code == 0 {
		fmt.Fprintf(os.Stderr, "%d cells of the table are empty\n", missing)
		code = 1
	}
	os.Exit(code)
}

// wholeRun reports whether no flag leaves tests out.
func wholeRun(args []string) bool {
	for _, a := range args {
		name, value, _ := strings.Cut(strings.TrimLeft(a, "-"), "=")
		switch strings.TrimPrefix(name, "test.") {
		case "run", "skip", "list", "fuzz", "bench":
			if value != "" {
				return false
			}
		}
	}
	return true
}

// run runs a case on every level it has, side by side, and notes the results.
func run(t *testing.T, n int, f func(t *testing.T, l *level)) {
	t.Helper()
	t.Parallel()
	for _, name := range levels {
		if cases[n-1].none[name] != "" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			t.Cleanup(func() {
				switch {
				case t.Failed():
					table.set(n, name, "FAIL")
				case t.Skipped():
					why := "not possible here"
					if name != frame {
						why = mtalab.Missing(name)
					}
					table.set(n, name, "skip: "+why)
				default:
					table.set(n, name, "pass")
				}
			})
			f(t, &level{name: name, n: n})
		})
	}
}
