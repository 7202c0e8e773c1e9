package config

import (
	"bytes"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"labelmilter/internal/budget"
	"labelmilter/internal/strictyaml"
)

var update = flag.Bool("update", false, "rewrite golden files")

func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(string(want), got); d != "" {
		t.Errorf("%s: %s", path, d)
	}
}

func files(t *testing.T, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(pattern)
	if err != nil || len(names) == 0 {
		t.Fatalf("no files %s: %v", pattern, err)
	}
	return names
}

// TestGood compares the effective configuration of sound files, and reads it
// again.
func TestGood(t *testing.T) {
	t.Parallel()
	for _, name := range files(t, "testdata/good/*.yaml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, problems := Parse("/etc/labelmilter/config.yaml", data)
			if len(problems) > 0 {
				t.Fatalf("problems:\n%s", problems)
			}
			golden(t, name+".effective", string(c.Effective()))
			again, problems := Parse("/elsewhere/config.yaml", c.Effective())
			if problems.HasErrors() {
				t.Fatalf("the effective configuration has problems:\n%s", problems)
			}
			if d := cmp.Diff(c, again, cmpopts.IgnoreUnexported(Config{}), cmpopts.IgnoreTypes(strictyaml.Pos{}), cmpopts.EquateEmpty(),
				cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); d != "" {
				t.Errorf("the effective configuration reads differently: %s", d)
			}
			if c.Digest() != again.Digest() || !strings.HasPrefix(c.Digest(), "sha256:") {
				t.Errorf("digests %s and %s", c.Digest(), again.Digest())
			}
		})
	}
}

// TestBad compares the problems of files with mistakes.
func TestBad(t *testing.T) {
	t.Parallel()
	for _, name := range files(t, "testdata/bad/*.yaml") {
		t.Run(filepath.Base(name), func(t *testing.T) {
			t.Parallel()
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			c, problems := Parse("/etc/config.yaml", data)
			if c != nil || !problems.HasErrors() {
				t.Errorf("no errors, or a configuration in spite of them")
			}
			golden(t, strings.TrimSuffix(name, ".yaml")+".want", strings.ReplaceAll(problems.String(), "/etc/config.yaml:", "")+"\n")
		})
	}
}

func TestTenMistakes(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/bad/ten-mistakes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, problems := Parse("f", data)
	places := map[strictyaml.Pos]bool{}
	for _, p := range problems {
		places[p.Pos] = true
	}
	if len(places) < 10 {
		t.Errorf("problems at %d places, want at least 10", len(places))
	}
}

func TestLoad(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("list.txt", "# comment\n\n example.org \r\nexample.net\n")
	path := write("c.yaml", "state_dir: state\nrules: {lists: {a: {file: list.txt}, b: [x, y], c: {file: none.txt}}}\n")
	c, problems := Load(path)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if c.StateDir != filepath.Join(dir, "state") || c.File() != path {
		t.Errorf("state_dir %s of %s", c.StateDir, c.File())
	}
	lists, problems := c.ReadLists()
	if d := cmp.Diff(map[string][]string{"a": {"example.org", "example.net"}, "b": {"x", "y"}, "c": nil}, lists); d != "" {
		t.Error(d)
	}
	if len(problems) != 1 || !strings.Contains(problems[0].Message, `list "c"`) {
		t.Errorf("problems of lists: %v", problems)
	}
	write("long.txt", strings.Repeat("x", maxListValue+1))
	if _, err := (List{File: filepath.Join(dir, "long.txt")}).Read(); err == nil {
		t.Error("no error for a long value")
	}
	write("latin1.txt", "caf\xe9\n")
	if _, err := (List{File: filepath.Join(dir, "latin1.txt")}).Read(); err == nil {
		t.Error("no error for bytes that are not UTF-8")
	}
	for name, want := range map[string]string{"none.yaml": "no such file", ".": "is a directory"} {
		c, problems := Load(filepath.Join(dir, name))
		if c != nil || len(problems) != 1 || !strings.Contains(problems[0].Message, want) {
			t.Errorf("%s: %v", name, problems)
		}
	}
	// Without a folder a relative state_dir has no meaning.
	if _, problems := Parse("c.yaml", []byte("state_dir: state\n")); !problems.HasErrors() {
		t.Error("a relative state_dir was taken")
	}
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	c := Default("/")
	if c == nil {
		t.Fatal("the defaults have errors")
	}
	if d := cmp.Diff(budget.Default(), c.Limits.Budget()); d != "" {
		t.Errorf("limits differ from the engine's: %s", d)
	}
	if c.Simulated() || c.Retention.Records != 7*24*time.Hour || c.Labels.Ceiling != "PROTECTED" || c.Admin.Off() {
		t.Errorf("defaults: %s", c.Effective())
	}
	if len(c.ForServe()) != 1 {
		t.Errorf("for serve: %v", c.ForServe())
	}
	described, problems := Parse("/x.yaml", []byte(Defaults()))
	if len(problems) > 0 {
		t.Fatalf("the description has problems:\n%s", problems)
	}
	if c.Digest() != described.Digest() {
		t.Errorf("the description is not the defaults: %s", cmp.Diff(string(c.Effective()), string(described.Effective())))
	}
	golden(t, "testdata/defaults.yaml", Defaults())
	schema, err := Schema()
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/config.schema.json", string(schema))
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schema))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("config.json", doc); err != nil {
		t.Fatal(err)
	}
	compiled, err := compiler.Compile("config.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(files(t, "testdata/good/*.yaml"), "testdata/bad/unknown-key.yaml", "testdata/bad/types.yaml", "testdata/bad/ten-mistakes.yaml") {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		root, _ := strictyaml.Parse(name, data)
		value := root.Plain()
		if value == nil {
			value = map[string]any{}
		}
		if err := compiled.Validate(value); (err == nil) != strings.Contains(name, "/good/") {
			t.Errorf("%s: the schema says %v", name, err)
		}
	}
}

func TestMinimal(t *testing.T) {
	t.Parallel()
	text := Minimal([]string{"agency.gov.au", ".agency.gov.au"}, []string{"10.0.0.0/8", "2001:db8::/32"})
	if n := strings.Count(text, "\n"); n > 10 {
		t.Errorf("%d lines:\n%s", n, text)
	}
	c, problems := Parse("/etc/c.yaml", []byte(text))
	if len(problems) > 0 {
		t.Fatalf("%s\n%s", problems, text)
	}
	if len(c.ForServe()) > 0 || !c.IsInternalDomain("x.agency.gov.au") || !c.IsInternalIP(netip.MustParseAddr("2001:db8::1")) {
		t.Errorf("%s", c.Effective())
	}
	if _, problems := Parse("/etc/c.yaml", []byte(Minimal(nil, nil))); len(problems) > 0 {
		t.Error(problems)
	}
	// What is not sound shows, and cannot add keys.
	if _, problems := Parse("/etc/c.yaml", []byte(Minimal([]string{"a]\nenforcement: simulate\nx: [b"}, nil))); !problems.HasErrors() {
		t.Error("no problem with a domain that is none")
	}
}

func TestInternal(t *testing.T) {
	t.Parallel()
	c, problems := Parse("/c.yaml", []byte("organisation: {domains: [agency.gov.au, .sub.example, bücher.example], networks: [10.0.0.0/8, 2001:db8::/32]}"))
	if c == nil {
		t.Fatal(problems)
	}
	for domain, want := range map[string]bool{
		"agency.gov.au": true, "AGENCY.GOV.AU.": true, "x.agency.gov.au": false, "xagency.gov.au": false,
		"sub.example": false, "a.sub.example": true, "a.b.sub.example": true, "asub.example": false, "": false, ".": false,
		".sub.example": false, "xn--bcher-kva.example": true, "BÜCHER.example": true, "a b": false, ".agency.gov.au": false,
	} {
		if got := c.IsInternalDomain(domain); got != want {
			t.Errorf("IsInternalDomain(%q) = %v", domain, got)
		}
	}
	for addr, want := range map[string]bool{"10.1.2.3": true, "11.0.0.1": false, "::ffff:10.1.2.3": true, "2001:db8::1": true, "2001:db9::1": false, "2001:db8::1%eth0": true} {
		if got := c.IsInternalIP(netip.MustParseAddr(addr)); got != want {
			t.Errorf("IsInternalIP(%s) = %v", addr, got)
		}
	}
	if c.IsInternalIP(netip.Addr{}) {
		t.Error("no address is internal")
	}
}
