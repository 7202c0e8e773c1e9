package config

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"labelmilter/internal/strictyaml"
)

func TestSecret(t *testing.T) {
	t.Parallel()
	const word = "correct horse"
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(word+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	var out struct {
		Key Secret `yaml:"key"`
	}
	if ps := strictyaml.Decode("f", []byte("key: {file: "+path+"}"), &out); len(ps) > 0 {
		t.Fatal(ps)
	}
	if err := out.Key.Read(); err != nil {
		t.Fatal(err)
	}
	if string(out.Key.Reveal()) != word {
		t.Errorf("got %q", out.Key.Reveal())
	}
	asJSON, _ := json.Marshal(out)
	asYAML, err := strictyaml.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range []string{fmt.Sprintf("%v %+v %#v %q %s %x %d", out.Key, out.Key, out.Key, out.Key, out.Key, out.Key, out.Key),
		fmt.Sprintf("%v %+v %#v %x", out, &out, out, out), string(asJSON), string(asYAML), fmt.Sprint(&out.Key)} {
		if strings.Contains(s, "correct") || strings.Contains(s, "636f7272") || strings.Contains(s, "99 111") {
			t.Errorf("the secret shows: %s", s)
		}
		if !strings.Contains(s, masked) {
			t.Errorf("not masked: %s", s)
		}
	}
	for _, text := range []string{"key: plain", "key: {}", "key: {file: a, b: c}", "key: [a]"} {
		if ps := strictyaml.Decode("f", []byte(text), &out); !ps.HasErrors() {
			t.Errorf("%s was taken", text)
		}
	}
	if err := os.Chmod(path, 0o604); err != nil {
		t.Fatal(err)
	}
	if err := out.Key.Read(); err == nil {
		t.Error("a file that everybody may read was taken")
	}
	empty := Secret{File: filepath.Join(t.TempDir(), "none")}
	if err := empty.Read(); err == nil {
		t.Error("no error without a file")
	}
	if err := os.WriteFile(empty.File, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := empty.Read(); err == nil {
		t.Error("an empty secret was taken")
	}
}
