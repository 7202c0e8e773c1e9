package rulepack

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"labelmilter/internal/strictyaml"
)

const goodMeta = "id: p\nversion: \"1\"\ndescription: x\n"

// labelsY gives the bad files labels to be wrong about.
const labelsY = "labels:\n  - {id: official, name: OFFICIAL, rank: 20, marking: {classification: OFFICIAL}}\n  - {id: protected, name: PROTECTED, rank: 60, marking: {classification: PROTECTED}}\n"

// loadOne loads a pack of one file; a name that starts with pack- stands for
// pack.yaml.
func loadOne(name string, data []byte) (*Ruleset, strictyaml.Problems) {
	fsys := fstest.MapFS{"pack.yaml": {Data: []byte(goodMeta)}, "labels.yaml": {Data: []byte(labelsY)}}
	if strings.HasPrefix(name, "pack-") {
		name = "pack.yaml"
	}
	fsys[name] = &fstest.MapFile{Data: data}
	return Load(Options{Sources: []Source{{FS: fsys, Dir: ".", Name: "."}}})
}

// TestBad loads files with one mistake each and compares what is said about
// them with bad.txt, which "UPDATE=1 go test" writes.
func TestBad(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 60 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var got bytes.Buffer
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		rs, ps := loadOne(filepath.Base(f), data)
		if rs != nil || !ps.HasErrors() {
			t.Errorf("%s: no error", f)
		}
		got.WriteString("== " + filepath.Base(f) + "\n")
		errors := 0
		for _, p := range ps {
			got.WriteString(p.String() + "\n")
			if p.Severity == strictyaml.Error {
				errors++
			}
			if p.File == "" || p.Line < 1 || p.Col < 1 {
				t.Errorf("%s: no place: %s", f, p)
			}
		}
		if want := map[bool]int{true: 10, false: 1}[filepath.Base(f) == "ten-mistakes.yaml"]; errors != want {
			t.Errorf("%s: %d errors, want %d\n%s", f, errors, want, ps)
		}
	}
	const golden = "testdata/bad/bad.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, got.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got.String()); d != "" {
		t.Errorf("problems (-want +got):\n%s", d)
	}
}

func FuzzLoad(f *testing.F) {
	files, _ := filepath.Glob("testdata/*/*.yaml")
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(filepath.Base(name), data)
	}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if strings.HasPrefix(name, "pack") {
			name = "pack-x.yaml"
		} else {
			name = "rules.yaml"
		}
		rs, ps := loadOne(name, data)
		if (rs == nil) != ps.HasErrors() {
			t.Fatalf("rule set %v, problems %v", rs != nil, ps)
		}
		for _, p := range ps {
			if strings.ContainsAny(p.Message, "\x00\x1b") {
				t.Fatalf("control characters in %q", p.Message)
			}
		}
	})
}
