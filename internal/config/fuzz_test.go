package config

import (
	"os"
	"path/filepath"
	"testing"
)

func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/good/*.yaml", "testdata/bad/*.yaml"} {
		names, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, problems := Parse("/etc/c.yaml", data)
		if (c == nil) != problems.HasErrors() {
			t.Fatalf("configuration %v with problems %v", c != nil, problems)
		}
		if c == nil {
			return
		}
		again, problems := Parse("/etc/c.yaml", c.Effective())
		if again == nil {
			t.Fatalf("the effective configuration has problems:\n%s\n%s", problems, c.Effective())
		}
		if c.Digest() != again.Digest() {
			t.Errorf("the effective configuration reads differently:\n%s\n%s", c.Effective(), again.Effective())
		}
		if !filepath.IsAbs(c.StateDir) {
			t.Errorf("state_dir %q", c.StateDir)
		}
		for _, l := range c.Milter.Listen {
			if l.Network == "" || l.Address == "" {
				t.Errorf("a listener without address: %+v", l)
			}
		}
	})
}
