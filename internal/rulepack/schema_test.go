package rulepack

import (
	"bytes"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"labelmilter/rules"
)

// schemas compiles the two schemas.
func schemas(t *testing.T) (file, pack *jsonschema.Schema) {
	t.Helper()
	compile := func(name string, gen func() ([]byte, error)) *jsonschema.Schema {
		b, err := gen()
		if err != nil {
			t.Fatal(err)
		}
		doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		c := jsonschema.NewCompiler()
		if err := c.AddResource(name, doc); err != nil {
			t.Fatal(err)
		}
		s, err := c.Compile(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	return compile("rulepack.json", Schema), compile("pack.json", PackSchema)
}

// instance reads YAML as the values that a schema is asked about.
func instance(data []byte) (any, error) {
	b, err := yaml.YAMLToJSON(data)
	if err != nil {
		return nil, err
	}
	return jsonschema.UnmarshalJSON(bytes.NewReader(b))
}

func TestSchemaFilesAreCurrent(t *testing.T) {
	t.Parallel()
	for name, gen := range map[string]func() ([]byte, error){"schema/rulepack.schema.json": Schema, "schema/pack.schema.json": PackSchema} {
		want, err := gen()
		if err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join("../../rules", name))
		if err != nil {
			t.Error(err)
		} else if !bytes.Equal(got, want) {
			t.Errorf("rules/%s is not what labelmilter rules schema prints", name)
		}
	}
}

// TestSchemaTakesShippedFiles: editors must not complain about what is shipped.
// Every such file names its schema.
func TestSchemaTakesShippedFiles(t *testing.T) {
	t.Parallel()
	file, pack := schemas(t)
	n := 0
	check := func(name string, data []byte, wantComment bool) {
		n++
		v, err := instance(data)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return
		}
		s, which := file, "rulepack.schema.json"
		if path.Base(name) == "pack.yaml" {
			s, which = pack, "pack.schema.json"
		}
		if err := s.Validate(v); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		first, _, _ := bytes.Cut(data, []byte("\n"))
		if wantComment && !(bytes.HasPrefix(first, []byte("# yaml-language-server: $schema=../")) && bytes.HasSuffix(first, []byte("schema/"+which))) {
			t.Errorf("%s: the first line names no schema: %s", name, first)
		}
	}
	err := fs.WalkDir(rules.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" || isTest(name) || strings.Contains(name, "testdata/") {
			return err
		}
		data, err := fs.ReadFile(rules.FS, name)
		if err == nil {
			check(name, data, true)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	others, _ := filepath.Glob("../../testdata/packs/*/*.yaml")
	example, _ := filepath.Glob("testdata/example/*.yaml")
	for _, name := range append(others, example...) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		check(filepath.ToSlash(name), data, false)
	}
	if n < 15 {
		t.Errorf("only %d files", n)
	}
}

// beyond are the mistakes that no schema can see: references, ids used twice,
// values that depend on others, regular expressions, YAML itself.
var beyond = map[string]bool{
	"pack-requires-missing": true, "tab-indent": true, "syntax-quote": true, "duplicate-key": true, "policy-duplicate-id": true, "policy-built-in-id": true,
	"rule-stronger-mode": true, "rule-two-verdicts": true, "action-header-name": true, "action-reply-class": true, "action-reply-enhanced": true,
	"action-variable": true, "action-mailbox": true, "action-set-label": true, "cond-label": true, "cond-label-nothing": true, "cond-list": true, "cond-sit": true,
	"cond-regex": true, "cond-network": true, "cond-network-of-recipient": true, "cond-domain-is-mailbox": true, "cond-address-is-domain": true,
	"cond-span": true, "cond-n-of": true, "cond-time-zone": true, "cond-time-window": true, "cond-conflict": true, "cond-reason": true, "cond-marking-imm": true,
	"cond-marking-class": true, "cond-edm": true, "cond-edm-sit": true, "cond-edm-store": true, "edm-columns": true, "edm-column-without-table": true, "edm-no-column": true,
	"edm-no-source": true, "edm-no-table": true, "edm-not-searchable": true, "label-rule-uses-label": true, "label-rule-label": true, "exception-day": true, "exception-rule": true,
	"sit-no-pattern": true, "sit-two-elements": true, "sit-keywords": true, "sit-validate": true, "sit-guid": true, "sit-near-min": true, "sit-empty-match": true, "sit-step": true, "sit-step-links": true, "sit-evidence-id": true, "sit-match-id": true,
	"keywords-empty-word": true, "id-form": true, "pack-bad-id": true,
}

func TestSchemaRefusesMistakes(t *testing.T) {
	t.Parallel()
	file, pack := schemas(t)
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	refused := 0
	for _, name := range files {
		base := strings.TrimSuffix(filepath.Base(name), ".yaml")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := file
		if strings.HasPrefix(base, "pack-") {
			s = pack
		}
		v, err := instance(data)
		if err == nil {
			err = s.Validate(v)
		}
		if err == nil && !beyond[base] {
			t.Errorf("%s: the schema takes it", base)
		}
		if err != nil {
			refused++
		}
	}
	if refused < 15 {
		t.Errorf("the schema refuses only %d of %d", refused, len(files))
	}
}
