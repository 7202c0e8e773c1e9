package integration

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestReadme runs the commands of README.md as they stand there, in a folder
// with the files it shows. serve and the make targets are tested elsewhere.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "bin"), 0o755); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"bin/labelmilter": binary, "testdata": filepath.Join(root, "testdata")} {
		if err := os.Symlink(target, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	write := func(name, text string) {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("mail.eml", mail("readme-1", os2, "x", ""))
	files, ran := 0, 0
	for _, block := range strings.Split(string(readme), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		if name, ok := strings.CutPrefix(strings.SplitN(text, "\n", 2)[0], "# "); ok {
			write(name, text)
			files++
		}
	}
	for _, line := range strings.Split(string(readme), "\n") {
		cmd, ok := strings.CutPrefix(line, "    bin/labelmilter ")
		if !ok || strings.HasPrefix(cmd, "serve ") {
			continue
		}
		ran++
		c := exec.Command("bin/labelmilter", strings.Fields(cmd)...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("bin/labelmilter %s: %v\n%s", cmd, err, out)
		}
	}
	if files < 2 || ran < 6 {
		t.Errorf("README shows %d files and %d commands", files, ran)
	}
}
