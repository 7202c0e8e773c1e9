package rulepack

import (
	"bytes"
	"io/fs"
	"path"
	"strings"
	"testing"
	"unicode/utf8"

	"labelmilter/internal/strictyaml"
	"labelmilter/rules"
)

// TestTypesAreDescribed: an analyst who has never seen a number learns from
// rules explain what it is, in a line or two and of that number only.
func TestTypesAreDescribed(t *testing.T) {
	t.Parallel()
	described := map[string]string{}
	err := fs.WalkDir(rules.FS, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".yaml" || isTest(name) {
			return err
		}
		data, err := fs.ReadFile(rules.FS, name)
		if err != nil || !bytes.Contains(data, []byte("\nsits:")) {
			return err
		}
		n, ps := strictyaml.Parse(name, data)
		if ps.HasErrors() {
			t.Error(ps)
			return nil
		}
		for _, s := range n.Get("sits").Items() {
			id, text := s.Get("id").Text(), s.Get("description").Text()
			if l := utf8.RuneCountInString(text); l < 20 || l > 220 {
				t.Errorf("%s: %s has a description of %d characters, not of 20 to 220", name, id, l)
			}
			if strings.ContainsAny(text, "\r\n\t") {
				t.Errorf("%s: the description of %s has more than one line", name, id)
			}
			if other := described[text]; other != "" {
				t.Errorf("%s: %s and %s have one description", name, id, other)
			}
			described[text] = id
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(described) < 418 {
		t.Errorf("only %d types", len(described))
	}
}
