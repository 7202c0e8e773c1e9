package milter

import (
	"strings"
	"testing"
)

func TestFoldLong(t *testing.T) {
	long := strings.Repeat("0123456789 ", 300)
	for name, c := range map[string]struct {
		value string
		lines int
	}{
		"short":            {"a b", 1},
		"words":            {strings.TrimSpace(long), 4},
		"no blank":         {strings.Repeat("x", 3000), 1},
		"blank late":       {strings.Repeat("x", 2000) + " y", 2},
		"folded before":    {"a\n " + strings.TrimSpace(long), 5},
		"blanks in a row":  {strings.Repeat("x", 900) + strings.Repeat(" ", 200) + strings.Repeat("y", 300), 2},
		"only blanks left": {strings.Repeat("x", 990) + strings.Repeat(" ", 200), 1},
		"leading blanks":   {strings.Repeat(" ", 1200) + "x", 1},
	} {
		got := foldLong(10, c.value)
		if n := strings.Count(got, "\n") + 1; n != c.lines {
			t.Errorf("%s: %d lines, want %d", name, n, c.lines)
		}
		if strings.ReplaceAll(got, "\n", "") != strings.ReplaceAll(c.value, "\n", "") {
			t.Errorf("%s: text differs", name)
		}
		if cleanValue(got) != got {
			t.Errorf("%s: folds are not clean", name)
		}
		for i, l := range strings.Split(got, "\n") {
			if c.lines > 2 && len(l) > maxLine {
				t.Errorf("%s: line %d has %d octets", name, i, len(l))
			}
		}
	}
}

func FuzzFoldLong(f *testing.F) {
	f.Add(10, strings.Repeat("0123456789 ", 300))
	f.Add(900, strings.Repeat(" ", 2000)+"\n\t"+strings.Repeat("x", 2000)+" y")
	f.Fuzz(func(t *testing.T, used int, s string) {
		if used < 0 || used > maxName {
			return
		}
		s = cleanValue(s)
		got := foldLong(used, s)
		if strings.ReplaceAll(got, "\n", "") != strings.ReplaceAll(s, "\n", "") {
			t.Fatal("text differs")
		}
		if cleanValue(got) != got {
			t.Fatalf("not clean: %q", got)
		}
	})
}
