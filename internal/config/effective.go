package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"labelmilter/internal/strictyaml"
)

// Effective is the configuration in force as YAML: defaults applied, paths
// absolute, secrets masked. Equal configurations give equal bytes.
func (c *Config) Effective() []byte {
	text, err := strictyaml.Marshal(c)
	if err != nil {
		// The types of this package can be written: a test does so with all
		// fields set.
		return []byte(fmt.Sprintf("# %v\n", err))
	}
	return text
}

// Digest identifies the configuration in force: "sha256:" and the digest of
// Effective. Files it names (lists, packs, secrets) are not part of it.
func (c *Config) Digest() string {
	sum := sha256.Sum256(c.Effective())
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Schema is the JSON Schema of the file.
func Schema() ([]byte, error) { return strictyaml.Schema(Config{}, "labelmilter configuration") }

// Defaults lists every key with its documentation and default as YAML.
func Defaults() string { return strictyaml.Describe(Config{}) }

// Default is the configuration of an empty file; dir is the folder where
// relative paths begin.
func Default(dir string) *Config {
	c, _ := parse("defaults", dir, nil)
	return c
}

// ForServe reports what the daemon needs beyond a sound file.
func (c *Config) ForServe() strictyaml.Problems {
	at := strictyaml.Pos{File: c.file, Line: 1, Col: 1}
	var problems strictyaml.Problems
	if len(c.Milter.Listen) == 0 {
		problems = append(problems, strictyaml.Problem{Pos: at, Severity: strictyaml.Error, Message: "no listener",
			Fix: "milter: {listen: [{addr: inet:127.0.0.1:8891}]}"})
	}
	derived := false
	for _, l := range c.Milter.Listen {
		derived = derived || l.Direction == ""
	}
	if derived && len(c.Organisation.Domains) == 0 {
		problems = append(problems, strictyaml.Problem{Pos: at, Severity: strictyaml.Warning,
			Message: "without organisation.domains every recipient is external", Fix: "list your mail domains, or give each listener a direction"})
	}
	return problems
}

// Minimal is a short configuration for a new site. Domains and networks that
// are not sound show as problems when it is parsed.
func Minimal(domains, networks []string) string {
	return fmt.Sprintf(`# labelmilter configuration. All keys with their defaults: labelmilter config show --defaults
milter:
  listen:
    - {addr: "inet:127.0.0.1:8891"}
organisation:
  domains: %s
  networks: %s
rules: {packs: [au-pspf, sit]}
labels: {catalogue: au-pspf, write: [X-Sensitivity-Label]}
state_dir: /var/lib/labelmilter
`, flow(domains), flow(networks))
}

// flow writes a list in one line.
func flow(values []string) string {
	type list struct {
		L []string `yaml:"l"`
	}
	text, err := strictyaml.Marshal(list{append([]string{}, values...)})
	if err != nil {
		return "[]"
	}
	return strings.TrimSpace(strings.TrimPrefix(string(text), "l:"))
}
