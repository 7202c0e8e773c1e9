package directory

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

const table = "address,groups,Department\n# a comment\nKim@Agency.gov.au, Staff;declassifiers ;,legal\n\"pat@agency.gov.au\",,\n"

const asYAML = "people:\n  - {address: kim@agency.gov.au, groups: [staff, declassifiers], attributes: {department: legal}}\n  - {address: pat@agency.gov.au}\n"

func TestParse(t *testing.T) {
	t.Parallel()
	for name, data := range map[string]string{"p.csv": table, "p.CSV": "\ufeff" + table, "p.yaml": asYAML} {
		m, err := Parse(name, []byte(data))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m.Len() != 2 || !slices.Equal(m.Values("KIM@agency.gov.au", "groups"), []string{"staff", "declassifiers"}) ||
			!slices.Equal(m.Values("kim@agency.gov.au", "department"), []string{"legal"}) || m.Values("pat@agency.gov.au", "department") != nil || m.Values("x@y", "groups") != nil {
			t.Errorf("%s: %+v", name, m.people)
		}
	}
	var none *Map
	if none.Len() != 0 || none.Values("a@b", "groups") != nil {
		t.Error("the nil directory knows somebody")
	}
}

func TestProblems(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, data string
		line       int
		reason     string
	}{
		{"a.csv", "", 1, "no header"},
		{"a.csv", "mail\nx@y\n", 1, "column address"},
		{"a.csv", "address,address\n", 1, "no name of its own"},
		{"a.csv", "address,groups\nsecret value,\n", 2, "not a mailbox"},
		{"a.csv", "address\nx@y\nX@y\n", 3, "twice"},
		{"a.csv", "address,a\nx@y\n", 2, "fields"},
		{"a.csv", "address,a\nx@y,\"" + strings.Repeat("v", 2000) + "\"\n", 2, "more than"},
		{"a.csv", "address\n\xff@y\n", 0, "UTF-8"},
		{"a.yaml", "people:\n  - {adress: x@y}\n", 2, "expected"},
		{"a.yaml", "people:\n  - {address: nobody}\n", 2, "mailbox"},
	} {
		m, err := Parse(tt.name, []byte(tt.data))
		var e *Error
		if m != nil || !errors.As(err, &e) || e.Line != tt.line || !strings.Contains(err.Error(), tt.reason) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %v", tt.data, err)
		}
	}
}

func TestJoin(t *testing.T) {
	t.Parallel()
	a, _ := Parse("a.csv", []byte("address,groups\nx@y,one\nz@y,one\n"))
	b, _ := Parse("b.csv", []byte("address,groups\nx@y,two\n"))
	if j := Join(a, nil, b); j.Len() != 2 || j.Values("x@y", "groups")[0] != "two" || a.Values("x@y", "groups")[0] != "one" {
		t.Errorf("%+v", j.people)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("a.csv", []byte(table))
	f.Add("a.yaml", []byte(asYAML))
	f.Add("a.csv", []byte("address,\"\nx"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		m, err := Parse(name, data)
		if (m == nil) == (err == nil) {
			t.Fatal("neither a directory nor an error, or both")
		}
	})
}
