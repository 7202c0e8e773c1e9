package config

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"labelmilter/internal/strictyaml"
)

// Rules is which packs are used and how.
type Rules struct {
	Packs  []string        `yaml:"packs" default:"[au-pspf, sit]" doc:"Packs that come with the program; a folder of packs takes all in it."`
	Dirs   []string        `yaml:"dirs" doc:"Folders with packs of your own." example:"[packs]"`
	Assign []Assign        `yaml:"assign" doc:"Binds policies to this site without editing packs. Several assignments of one policy are allowed."`
	Lists  map[string]List `yaml:"lists" doc:"Replaces the named lists of packs: values, or {file: PATH} with one value per line." example:"{cleared-domains: [agency.gov.au]}"`
	Allow  []string        `yaml:"allow" doc:"Named lists whose values are no findings, whatever the type: sit-common/test-numbers has the published test numbers. By default they are found like others." example:"[sit-common/test-numbers]"`
}

// Assign binds policies to the site.
type Assign struct {
	strictyaml.Pos
	Name      string            `yaml:"name" doc:"Name in decisions; the policy if not given." example:"pilot"`
	Policy    string            `yaml:"policy,required" doc:"PACK/ID or PACK/* for all of a pack" example:"au-pspf-dlp/*"`
	Mode      string            `yaml:"mode" enum:"off|simulate|simulate-with-notice|enforce" doc:"How far its rules go; the pack's own mode if not given." example:"simulate"`
	Priority  *int              `yaml:"priority" min:"0" max:"1000000" doc:"0 first and wins ties; the pack's own if not given." example:"10"`
	Scope     Scope             `yaml:"scope" doc:"For which messages; all if not given."`
	Variables map[string]string `yaml:"variables" doc:"Values of the pack's variables." example:"{contact: dlp@agency.gov.au}"`
}

// Scope says for which messages an assignment holds. All that is given must
// hold.
type Scope struct {
	Senders    []string `yaml:"senders" doc:"Domains (with a leading dot the subdomains) or addresses." example:"[.agency.gov.au]"`
	Recipients []string `yaml:"recipients" doc:"Domains or addresses." example:"[example.org]"`
	Directions []string `yaml:"directions" enum:"inbound|outbound|internal" example:"[outbound]"`
	Percent    *float64 `yaml:"percent" min:"0" max:"100" doc:"Share of senders, chosen by the sender: who is in stays in when it grows." example:"10"`
}

// List is the values of a named list, or the file that holds them.
type List struct {
	Values []string `yaml:"values"`
	File   string   `yaml:"file"` // absolute
}

// DecodeYAML takes a list of values, or a map with file.
func (l *List) DecodeYAML(d *strictyaml.Decoder, n *strictyaml.Node) {
	if n.Kind() != strictyaml.Map {
		d.Decode(n, &l.Values)
		return
	}
	type plain struct {
		File   string   `yaml:"file"`
		Values []string `yaml:"values"`
	}
	var p plain
	d.Decode(n, &p)
	if (p.File == "") == (p.Values == nil) {
		d.Problem(n, "", "a list wants either file or values")
	}
	l.File, l.Values = p.File, p.Values
}

// JSONSchema implements strictyaml.Schemer.
func (*List) JSONSchema() map[string]any {
	words := strictyaml.ListOf(map[string]any{"type": []any{"string", "number", "boolean"}})
	one := func(key string, s any) map[string]any {
		return map[string]any{"type": "object", "required": []any{key}, "additionalProperties": false,
			"properties": map[string]any{key: s}}
	}
	return map[string]any{"anyOf": []any{words, one("file", map[string]any{"type": "string"}), one("values", words)}}
}

// Bounds of a list file.
const (
	maxListFile  = 64 << 20 // bytes
	maxListValue = 4096     // bytes
)

// Read gives the values. A file has one value per line; white space around it,
// empty lines and lines that begin with # are left out.
func (l List) Read() ([]string, error) {
	if l.File == "" {
		return l.Values, nil
	}
	data, err := readFile(l.File, maxListFile)
	if err != nil {
		return nil, err
	}
	var values []string
	lines := bufio.NewScanner(bytes.NewReader(bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))))
	lines.Buffer(nil, maxListValue)
	for number := 1; lines.Scan(); number++ {
		value := strings.TrimSpace(lines.Text())
		if !utf8.ValidString(value) {
			return nil, fmt.Errorf("%s:%d: not UTF-8", l.File, number)
		}
		if value != "" && value[0] != '#' {
			values = append(values, value)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: after %d values: %w", l.File, len(values), err)
	}
	return values, nil
}

// ReadLists gives the values of all named lists, with an error for each file
// that cannot be read.
func (c *Config) ReadLists() (map[string][]string, strictyaml.Problems) {
	lists := make(map[string][]string, len(c.Rules.Lists))
	var problems strictyaml.Problems
	for _, name := range slices.Sorted(maps.Keys(c.Rules.Lists)) {
		values, err := c.Rules.Lists[name].Read()
		if err != nil {
			problems = append(problems, strictyaml.Problem{Pos: strictyaml.Pos{File: c.file, Line: 1, Col: 1},
				Severity: strictyaml.Error, Message: fmt.Sprintf("list %q: %v", name, err)})
		}
		lists[name] = values
	}
	return lists, problems
}

// readFile reads a regular file of at most limit bytes.
func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(data)) > limit {
		return nil, fmt.Errorf("%s: more than %d bytes", path, limit)
	}
	return data, nil
}
