package edm

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Limits of a table.
const (
	MaxColumns    = 32
	MaxSearchable = 10
	MaxRows       = 1<<32 - 2
	maxName       = 128 // bytes of a name
)

// Type says how the values of a column are normalised before they are
// compared. The forms it lets pass as equal are listed in the manual
// (labelmilter help exact-data-match).
type Type string

// The types of columns.
const (
	Text   Type = "text"   // words in their order
	Name   Type = "name"   // words in any order
	Digits Type = "digits" // decimal digits, all else dropped
	Code   Type = "code"   // letters and digits, all else dropped, any case
	Date   Type = "date"   // a calendar day in any common notation
	Phone  Type = "phone"  // E.164, or the last nine digits
	Email  Type = "email"  // a mailbox, any case
)

// Types lists the types of columns.
var Types = []Type{Text, Name, Digits, Code, Date, Phone, Email}

// Column is one column of the table.
type Column struct {
	Name          string `json:"name"`
	Type          Type   `json:"type"`
	Searchable    bool   `json:"searchable,omitempty"`     // rows can be found by it
	SingleWord    bool   `json:"single_word,omitempty"`    // text and name: only values of one word are compared
	CaseSensitive bool   `json:"case_sensitive,omitempty"` // text and name
	KeepMarks     bool   `json:"keep_marks,omitempty"`     // text and name: é and e differ
	Ignore        string `json:"ignore,omitempty"`         // text and name: characters that are dropped, not separators
	Order         string `json:"order,omitempty"`          // date: dmy, mdy or ymd; "" compares both readings
	CountryCode   string `json:"country_code,omitempty"`   // phone: calling code of national numbers, "61"
	FoundBy       string `json:"found_by,omitempty"`       // searchable: id of the type that finds it in text
}

// Schema describes a table.
type Schema struct {
	ID          string   `json:"id"`
	Name        string   `json:"name,omitempty"`
	Description string   `json:"description,omitempty"`
	Version     string   `json:"version,omitempty"`
	Columns     []Column `json:"columns"`
}

// Index is the position of a column, -1 if there is none of that name.
func (s *Schema) Index(name string) int {
	for i := range s.Columns {
		if s.Columns[i].Name == name {
			return i
		}
	}
	return -1
}

// Names gives the names of all columns.
func (s *Schema) Names() []string {
	out := make([]string, len(s.Columns))
	for i := range s.Columns {
		out[i] = s.Columns[i].Name
	}
	return out
}

// SchemaProblem is one thing wrong with a schema.
type SchemaProblem struct {
	Column int // index, -1 for the schema
	Err    string
	Fix    string
}

// Check gives everything that is wrong.
func (s *Schema) Check() (ps []SchemaProblem) {
	bad := func(c int, fix, format string, args ...any) {
		ps = append(ps, SchemaProblem{c, fmt.Sprintf(format, args...), fix})
	}
	if s.ID == "" {
		bad(-1, "give it a short name of letters, digits and -", "a schema without id")
	}
	switch n := len(s.Columns); {
	case n == 0:
		bad(-1, "list the columns of the table", "a schema without columns")
	case n > MaxColumns:
		bad(-1, "leave out columns that are not compared", "%d columns, at most %d", n, MaxColumns)
	}
	searchable, seen := 0, map[string]bool{}
	for i := range s.Columns {
		c := &s.Columns[i]
		if c.Searchable {
			searchable++
		}
		for _, p := range c.problems() {
			bad(i, p.Fix, "%s", p.Err)
		}
		if key := strings.ToLower(c.Name); seen[key] {
			bad(i, "column names differ in more than case", "two columns named %q", c.Name)
		} else {
			seen[key] = true
		}
	}
	switch {
	case searchable == 0 && len(s.Columns) > 0:
		bad(-1, "set searchable: true for the column by which rows are found", "no column is searchable")
	case searchable > MaxSearchable:
		bad(-1, "", "%d searchable columns, at most %d", searchable, MaxSearchable)
	}
	return ps
}

func (c *Column) problems() (ps []SchemaProblem) {
	bad := func(fix, format string, args ...any) {
		ps = append(ps, SchemaProblem{0, fmt.Sprintf(format, args...), fix})
	}
	if c.Name == "" || len(c.Name) > maxName || !utf8.ValidString(c.Name) {
		bad("", "a column needs a name of at most %d bytes", maxName)
	}
	words := c.Type == Text || c.Type == Name
	known := false
	for _, t := range Types {
		known = known || t == c.Type
	}
	switch {
	case !known:
		bad("use one of text, name, digits, code, date, phone, email", "unknown type %q", c.Type)
	case !words && (c.SingleWord || c.CaseSensitive || c.KeepMarks || c.Ignore != ""):
		bad("leave it out, or use type text", "words, case, diacritics and ignore are for text and name")
	case c.Order != "" && c.Type != Date:
		bad("use type date", "order is for dates")
	case c.CountryCode != "" && c.Type != Phone:
		bad("use type phone", "country_code is for phone numbers")
	case c.Order != "" && c.Order != "dmy" && c.Order != "mdy" && c.Order != "ymd":
		bad("use dmy, mdy or ymd", "unknown order %q", c.Order)
	}
	if len(c.CountryCode) > 3 || strings.Trim(c.CountryCode, "0123456789") != "" {
		bad("give one to three digits", "country_code %q is not a calling code", c.CountryCode)
	}
	for _, r := range c.Ignore {
		if r == '"' || r == ',' || wordRune(r) {
			bad("give signs only", "ignore holds %q, which cannot be ignored", r)
		}
	}
	if c.FoundBy != "" && !c.Searchable {
		bad("set searchable: true", "found_by is for searchable columns")
	}
	return ps
}

// check is Check as one error.
func (s *Schema) check() error {
	var errs []error
	for _, p := range s.Check() {
		where := "schema"
		if p.Column >= 0 {
			where = fmt.Sprintf("column %q", s.Columns[p.Column].Name)
		}
		if p.Fix != "" {
			p.Err += " (" + p.Fix + ")"
		}
		errs = append(errs, fmt.Errorf("%s: %s", where, p.Err))
	}
	return errors.Join(errs...)
}
