// Package directory knows people by mailbox: the groups they are in and their
// attributes, read from a file. A file is a table (CSV with a header line) or
// YAML. It is read as a whole, checked, and immutable afterwards; what cannot
// be read is a problem with its line, and no half of a file is taken.
//
// A table has a column address, may have a column groups (divided by
// semicolons), and every other column is an attribute:
//
//	address,groups,department
//	kim@agency.gov.au,staff;declassifiers,legal
//
// YAML is a list of the same under the key people:
//
//	people:
//	  - {address: kim@agency.gov.au, groups: [staff], attributes: {department: legal}}
package directory

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"labelmilter/internal/strictyaml"
)

// Limits of one file.
const (
	MaxPeople = 1_000_000
	maxFields = 50        // columns of a table
	maxValue  = 1024      // bytes of one value
	MaxFile   = 256 << 20 // bytes
)

// Person is one entry.
type Person struct {
	Groups     []string          // lower case
	Attributes map[string]string // names lower case
}

// Map is a directory. The nil Map knows nobody.
type Map struct {
	people map[string]Person
}

// Answer is what a directory that is asked while mail flows says of one
// mailbox.
type Answer struct {
	Known  bool                // somebody has the mailbox
	Values map[string][]string // of the attributes asked for; names in lower case
	Age    time.Duration       // of an answer that is used beyond its time, else 0
	Err    error               // no answer could be had
}

// Len is the number of people.
func (m *Map) Len() int {
	if m == nil {
		return 0
	}
	return len(m.people)
}

// Get gives the entry of a mailbox.
func (m *Map) Get(address string) (Person, bool) {
	if m == nil {
		return Person{}, false
	}
	p, ok := m.people[strings.ToLower(address)]
	return p, ok
}

// Values gives the groups ("groups") or the attribute of a mailbox.
func (m *Map) Values(address, name string) []string {
	p, ok := m.Get(address)
	if !ok {
		return nil
	}
	if name == "groups" {
		return p.Groups
	}
	if v, ok := p.Attributes[strings.ToLower(name)]; ok {
		return []string{v}
	}
	return nil
}

// Error is one thing wrong with a file.
type Error struct {
	Line   int
	Reason string // holds no value of the file
}

func (e *Error) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// Parse reads a file; its name tells the form (.csv, else YAML). The error
// joins what is wrong, at most 20 things, each an *Error.
func Parse(name string, data []byte) (*Map, error) {
	b := builder{m: &Map{people: map[string]Person{}}}
	switch {
	case len(data) > MaxFile:
		b.bad(0, "the file has more than %d bytes", MaxFile)
	case !utf8.Valid(data):
		b.bad(0, "the file is not UTF-8")
	case strings.EqualFold(path.Ext(name), ".csv"):
		b.table(strings.TrimPrefix(string(data), "\ufeff"))
	default:
		b.yaml(name, data)
	}
	if len(b.errs) > 0 {
		return nil, errors.Join(b.errs...)
	}
	return b.m, nil
}

// Join gives one directory of several; an entry of a later one replaces that
// of an earlier one.
func Join(ms ...*Map) *Map {
	out := &Map{people: map[string]Person{}}
	for _, m := range ms {
		if m == nil {
			continue
		}
		for a, p := range m.people {
			out.people[a] = p
		}
	}
	return out
}

type builder struct {
	m    *Map
	errs []error
}

const maxErrors = 20

func (b *builder) bad(line int, format string, args ...any) {
	if len(b.errs) < maxErrors {
		b.errs = append(b.errs, &Error{line, fmt.Sprintf(format, args...)})
	}
}

// add takes one entry.
func (b *builder) add(line int, address string, groups []string, attrs map[string]string) {
	address = strings.ToLower(strings.TrimSpace(address))
	local, domain, ok := strings.Cut(address, "@")
	if !ok || local == "" || domain == "" || len(address) > 320 || strings.ContainsAny(address, " \t<>\x00") {
		b.bad(line, "the address is not a mailbox")
		return
	}
	if _, dup := b.m.people[address]; dup {
		b.bad(line, "the address is there twice")
		return
	}
	if len(b.m.people) >= MaxPeople {
		b.bad(line, "more than %d people", MaxPeople)
		return
	}
	p := Person{}
	for _, g := range groups {
		if g = strings.ToLower(strings.TrimSpace(g)); g != "" && !slices.Contains(p.Groups, g) {
			p.Groups = append(p.Groups, g)
		}
	}
	for k, v := range attrs {
		if len(v) > maxValue {
			b.bad(line, "a value has more than %d bytes", maxValue)
			return
		}
		if v = strings.TrimSpace(v); v != "" {
			if p.Attributes == nil {
				p.Attributes = make(map[string]string, len(attrs))
			}
			p.Attributes[strings.ToLower(strings.TrimSpace(k))] = v
		}
	}
	b.m.people[address] = p
}

// table reads CSV (RFC 4180).
func (b *builder) table(s string) {
	r := csv.NewReader(strings.NewReader(s))
	r.ReuseRecord = true
	r.Comment = '#'
	head, err := r.Read()
	if err != nil {
		b.bad(1, "no header line")
		return
	}
	names := slices.Clone(head)
	address, groups := -1, -1
	for i, n := range names {
		names[i] = strings.ToLower(strings.TrimSpace(n))
		switch {
		case names[i] == "" || slices.Contains(names[:i], names[i]):
			b.bad(1, "column %d has no name of its own", i+1)
		case names[i] == "address":
			address = i
		case names[i] == "groups":
			groups = i
		}
	}
	if address < 0 || len(names) > maxFields {
		b.bad(1, "want a column address and at most %d columns", maxFields)
		return
	}
	for len(b.errs) < maxErrors {
		rec, err := r.Read()
		if err == io.EOF {
			return
		}
		line, _ := r.FieldPos(0)
		if err != nil {
			var pe *csv.ParseError
			if errors.As(err, &pe) {
				line = pe.Line
			}
			b.bad(line, "not a line of %d fields", len(names))
			return
		}
		attrs := map[string]string{}
		var gs []string
		for i, v := range rec {
			switch i {
			case address:
			case groups:
				gs = strings.Split(v, ";")
			default:
				attrs[names[i]] = v
			}
		}
		b.add(line, rec[address], gs, attrs)
	}
}

// fileY is the YAML form.
type fileY struct {
	People []personY `yaml:"people,required" doc:"everybody"`
}

type personY struct {
	strictyaml.Pos
	Address    string            `yaml:"address,required" doc:"mailbox"`
	Groups     []string          `yaml:"groups" doc:"groups"`
	Attributes map[string]string `yaml:"attributes" doc:"attributes"`
}

func (b *builder) yaml(name string, data []byte) {
	n, ps := strictyaml.Parse(name, data)
	d := strictyaml.NewDecoder()
	var y fileY
	if n != nil {
		d.Decode(n, &y)
	}
	for _, p := range append(ps, d.Problems()...) {
		if p.Severity == strictyaml.Error {
			b.bad(p.Line, "%s", "not what is expected here: keys are people, address, groups, attributes")
		}
	}
	for _, p := range y.People {
		b.add(p.Line, p.Address, p.Groups, p.Attributes)
	}
}
