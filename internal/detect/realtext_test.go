package detect

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Documentation of the system the tests run on is text nobody here wrote.
func TestRealText(t *testing.T) {
	t.Parallel()
	const root = "/usr/share/doc"
	if _, err := os.Stat(root); err != nil {
		t.Skip("no " + root)
	}
	pl := realistic().pl
	e, r := newEngine(pl), reference(pl)
	left := 15
	filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if left == 0 {
			return fs.SkipAll
		}
		if err != nil || !d.Type().IsRegular() || filepath.Ext(path) == ".gz" {
			return nil
		}
		b, err := os.ReadFile(path)
		if err != nil || len(b) < 3000 {
			return nil
		}
		left--
		compareWith(t, e, r, asTexts(string(b[1000:2500])), nil)
		return nil
	})
}

// A text of many megabytes is one window and stays within the work budget.
func TestLargeText(t *testing.T) {
	if testing.Short() {
		t.Skip("16 MB")
	}
	t.Parallel()
	e := realistic()
	c := newCorpus(8)
	body := make([]byte, 0, 16<<20)
	part := c.mail(1<<20) + c.table(1<<19)
	for len(body)+len(part) < 16<<20 {
		body = append(body, part...)
	}
	s := newScan(e)
	s.work.Left = 1 << 40
	s.run(string(body))
	perByte := float64(1<<40-s.work.Left) / float64(len(body))
	if perByte > 100 {
		t.Errorf("%.1f steps per byte", perByte)
	}
}
