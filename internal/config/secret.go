package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"labelmilter/internal/strictyaml"
)

// maxSecret bounds the file of a secret, in bytes.
const maxSecret = 64 << 10

// masked is how a secret prints.
const masked = "******"

// Secret is a value that stands in a file of its own. In YAML it is
// {file: PATH}; the path is no secret, the content is read when it is needed
// and prints masked.
type Secret struct {
	File  string // absolute once loaded
	value []byte
}

// DecodeYAML takes {file: PATH} only: a secret does not belong in the
// configuration.
func (s *Secret) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	if n.Kind() == strictyaml.Null {
		return
	}
	if n.Kind() != strictyaml.Map {
		d.Problem(n, "write {file: PATH}", "a secret stands in a file of its own")
		return
	}
	var p struct {
		File string `yaml:"file,required" doc:"path of the file that holds the secret"`
	}
	d.Decode(n, &p)
	s.File = p.File
}

// JSONSchema implements strictyaml.Schemer.
func (*Secret) JSONSchema() map[string]any {
	return map[string]any{"type": "object", "required": []any{"file"}, "additionalProperties": false,
		"properties": map[string]any{"file": map[string]any{"type": "string"}}}
}

// Read reads the file; one line end at its end is no part of the secret. A
// file that others than owner and group may read is refused.
func (s *Secret) Read() error {
	info, err := os.Stat(s.File)
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	if runtime.GOOS != "windows" && info.Mode()&fs.FileMode(0o007) != 0 {
		return fmt.Errorf("secret: %s may be read or changed by everybody (mode %04o)", s.File, info.Mode().Perm())
	}
	data, err := readFile(s.File, maxSecret)
	if err != nil {
		return fmt.Errorf("secret: %w", err)
	}
	data = bytes.TrimSuffix(bytes.TrimSuffix(data, []byte("\n")), []byte("\r"))
	if len(data) == 0 {
		return fmt.Errorf("secret: %s is empty", s.File)
	}
	s.value = data
	return nil
}

// Reveal gives the secret, nil before Read.
func (s Secret) Reveal() []byte { return s.value }

// String, and all other ways to print, mask.
func (s Secret) String() string { return masked }

// GoString masks %#v.
func (s Secret) GoString() string { return masked }

// Format masks every verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(masked)) }

// MarshalText masks in YAML.
func (s Secret) MarshalText() ([]byte, error) { return []byte(masked), nil }

// MarshalJSON masks in JSON.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(masked) }
