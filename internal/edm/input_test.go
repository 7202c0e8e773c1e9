package edm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// build builds a store of a table that may be bad.
func build(t testing.TB, s Schema, in io.Reader, set ...func(*Options)) (Report, *Store, string, error) {
	t.Helper()
	o := Options{Schema: s, Key: testKey(t, "a"), Input: "-", Stdin: in, Output: filepath.Join(t.TempDir(), "store.edm")}
	for _, f := range set {
		f(&o)
	}
	rep, err := Build(context.Background(), o)
	if err != nil {
		if _, serr := os.Stat(o.Output); !errors.Is(serr, os.ErrNotExist) {
			t.Errorf("a build that failed (%v) left a store: %v", err, serr)
		}
		if _, serr := os.Stat(o.Output + ".build"); !errors.Is(serr, os.ErrNotExist) {
			t.Errorf("a build that failed (%v) left its folder", err)
		}
		return rep, nil, o.Output, err
	}
	return rep, opened2(t, o.Output, o.Key), o.Output, nil
}

func TestBadTables(t *testing.T) {
	t.Parallel()
	two := Schema{ID: "two", Columns: []Column{{Name: "ID", Type: Digits, Searchable: true}, {Name: "Name"}}}
	two.Columns[1].Type = Text
	for _, tt := range []struct{ name, table, want string }{
		{"empty", "", "the table is empty"},
		{"mark only", "\xef\xbb\xbf", "line 1"},
		{"header only", "ID,Name\n", "no rows"},
		{"header only, no line end", "ID,Name", "no rows"},
		{"empty lines only", "ID,Name\n\n\n  \n", "no rows"},
		{"missing column", "ID\n1\n", `the schema's column "Name" is missing`},
		{"unknown column", "ID,Name,Town\n1,a,b\n", `column 3, "Town", is not in the schema (which has ID, Name)`},
		{"twice", "ID,Name,ID\n1,a,1\n", `two columns are named "ID"`},
		{"unnamed", "ID,Name,\n1,a,1\n", "column 3 has no name"},
		{"wrong separator", "ID^Name\n1^a\n", "is the separator right?"},
		{"binary", "\x00\x01\x02ID\x00", "NUL characters"},
		{"utf-16 without mark", "I\x00D\x00,\x00N\x00", "give --encoding utf-16le"},
		{"header in quotes, open", "\"ID,Name\n1,a\n", "a quote is not closed"},
		{"ragged", "ID,Name\n12\n34,ab\n", "1 of 2 (allowed: 0): 1 × wrong number of fields"},
		{"nul", "ID,Name\n12,a\x00b\n34,ab\n", "1 × a NUL character"},
		{"latin-1", "ID,Name\n12,Zo\xeb\n34,ab\n", "1 × not valid UTF-8"},
		{"nothing to search", "ID,Name\n,ab\nnone,x\n12,abc\n", "2 × no value by which the row could be found"},
		{"quote", "ID,Name\n12,\"ab\n34,cd\n", "1 × a quote is not closed"},
		{"behind a quote", "ID,Name\n12,\"ab\"c\n34,cd\n", "1 × text behind a closing quote"},
	} {
		if _, _, _, err := build(t, two, strings.NewReader(tt.table)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, err, tt.want)
		}
	}
	if _, _, _, err := build(t, two, strings.NewReader("ID,Name\n12,ab\n"), func(o *Options) { o.MinRows = 2 }); !errors.Is(err, ErrFewRows) {
		t.Errorf("few rows: %v", err)
	}
	if _, _, _, err := build(t, two, strings.NewReader("ID,Name\n12,ab\n"), func(o *Options) { o.Encoding = "klingon" }); err == nil || !strings.Contains(err.Error(), "unknown encoding") {
		t.Errorf("encoding: %v", err)
	}
	// With a budget the good rows go in, and the list names the others by
	// number and reason, in order, without values.
	const mixed = "ID,Name\n11,secret one\n12\n\"13\",\"two \"\"lines\"\"\nof text\"\n14,a,b\n15,x\x00\n16,last"
	rep, st, out, err := build(t, two, strings.NewReader(mixed), func(o *Options) { o.BadLines = 3 })
	if err != nil {
		t.Fatal(err)
	}
	list, err := os.ReadFile(rep.BadFile)
	if err != nil || rep.BadFile != out+".bad-lines" {
		t.Fatal(err)
	}
	if want := "3\twrong number of fields\n6\twrong number of fields\n7\ta NUL character\n"; string(list) != want {
		t.Errorf("bad lines:\n%s", list)
	}
	if rep.Rows != 3 || rep.Skipped != 3 || st.Rows() != 3 {
		t.Errorf("%+v", rep)
	}
	if found, _ := near(t, st, "ID", "13: two lines of text", "13", 300); len(found) != 1 {
		t.Error("the value with quotes and a line end is not found")
	}
}

func TestEncodings(t *testing.T) {
	t.Parallel()
	def := Schema{ID: "e", Columns: []Column{{Name: "ID", Type: Digits, Searchable: true}, {Name: "Näme", Type: Text, KeepMarks: true}}}
	const text = "ID;Näme\r\n1234;Zoë Müller\r\n5678;Ærø\r\n"
	encode := func(s string, err error) string {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for _, tt := range []struct{ name, encoding, table string }{
		{"utf-8", "", text},
		{"utf-8 with mark", "", "\xef\xbb\xbf" + text},
		{"utf-8 named", "utf-8", "\xef\xbb\xbf" + text},
		{"utf-16le", "", encode(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text))},
		{"utf-16be", "", encode(unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().String(text))},
		{"utf-16le named", "utf-16le", encode(unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().String(text))},
		{"windows-1252", "windows-1252", encode(charmap.Windows1252.NewEncoder().String(text))},
		{"no line end", "", strings.TrimSpace(text)},
		{"cr lf and lf", "", strings.Replace(text, "\r\n", "\n", 1)},
	} {
		rep, st, _, err := build(t, def, strings.NewReader(tt.table), func(o *Options) { o.Encoding = tt.encoding })
		if err != nil || rep.Rows != 2 {
			t.Errorf("%s: %+v, %v", tt.name, rep, err)
			continue
		}
		if found, rows := near(t, st, "ID", "zoë müller has 1234", "1234", 300); rows != 1 || len(found) != 1 {
			t.Errorf("%s: %d rows, found %v", tt.name, rows, found)
		}
	}
}

// endless is one line of so many bytes, between two good ones.
type endless struct {
	head, tail string
	left       int64
}

func (e *endless) Read(p []byte) (int, error) {
	switch {
	case e.head != "":
		n := copy(p, e.head)
		e.head = e.head[n:]
		return n, nil
	case e.left > 0:
		n := int(min(int64(len(p)), e.left))
		for i := range p[:n] {
			p[i] = 'x'
		}
		e.left -= int64(n)
		return n, nil
	case e.tail != "":
		n := copy(p, e.tail)
		e.tail = e.tail[n:]
		return n, nil
	}
	return 0, io.EOF
}

// TestLongLine has a line of one gigabyte: it is passed over in bounded
// memory.
func TestLongLine(t *testing.T) {
	t.Parallel()
	two := Schema{ID: "two", Columns: []Column{{Name: "ID", Type: Digits, Searchable: true}, {Name: "Name", Type: Text}}}
	size := int64(1 << 30)
	if testing.Short() {
		size = 64 << 20
	}
	for _, quote := range []string{"", "\""} {
		rep, st, _, err := build(t, two, &endless{head: "ID,Name\n11,ab\n12," + quote, left: size, tail: "\n13,last one\n"}, func(o *Options) { o.BadLines = 1 })
		if err != nil {
			t.Fatal(err)
		}
		if rep.Rows != 2 || rep.Reasons[badLength] != 1 {
			t.Errorf("%+v", rep)
		}
		if found, rows := near(t, st, "ID", "13 last one", "13", 300); rows != 1 || len(found) != 1 {
			t.Error("the row behind the line is lost")
		}
		size = 4 << 20
	}
}

func TestReasons(t *testing.T) {
	t.Parallel()
	def := Schema{ID: "r", Columns: []Column{{Name: "ID", Type: Digits, Searchable: true}, {Name: "D", Type: Date}, {Name: "P", Type: Phone}, {Name: "M", Type: Email},
		{Name: "T", Type: Text, SingleWord: true}, {Name: "C", Type: Code}}}
	const table = "ID|D|P|M|T|C\n" +
		"11|N/A|n/a|NULL|-|\n" +
		"12|someday|12|nobody|two words|Ж\n" +
		"13|1999-02-30|call me|a@b|x|?\n" +
		"14|1999-02-28|+1 415 555 2671|a@b.example|word|A1\n"
	_, rep := built(t, def, table)
	for i, want := range []map[Reason]int64{
		nil, {Placeholder: 1, NotDate: 2}, {Placeholder: 1, NotPhone: 2}, {Placeholder: 1, NotEmail: 2}, {Placeholder: 1, SeveralWords: 1, TooShort: 1}, {Empty: 1, NotCode: 2},
	} {
		got := rep.Columns[i].Reasons
		for why, n := range want {
			if got[why] != n {
				t.Errorf("%s: %v, want %d × %s", rep.Columns[i].Name, got, n, why)
			}
		}
		if len(got) != len(want) {
			t.Errorf("%s: %v, want %v", rep.Columns[i].Name, got, want)
		}
	}
	if len(rep.Warnings) != 5 {
		t.Errorf("warnings: %q", rep.Warnings)
	}
}

// TestManyRows holds that a value which very many rows share is reported and
// bounds what is looked at.
func TestManyRows(t *testing.T) {
	t.Parallel()
	two := Schema{ID: "two", Columns: []Column{{Name: "ID", Type: Digits, Searchable: true}, {Name: "Name", Type: Text}}}
	var b strings.Builder
	b.WriteString("ID,Name\n")
	for i := range 300 {
		b.WriteString("4711,person ")
		b.WriteString(strings.Repeat("x", 2+i%50) + "\n")
	}
	st, rep := built(t, two, b.String())
	if rep.Repeated != 1 || !slices.ContainsFunc(rep.Warnings, func(w string) bool { return strings.Contains(w, "more than 64 rows") }) {
		t.Errorf("%+v", rep)
	}
	tab, err := st.Bind(st.Schema())
	if err != nil {
		t.Fatal(err)
	}
	s := NewSearch(tab)
	if rows, _ := s.Rows(0, "4711"); len(rows) != MaxRowsPerValue || !s.Truncated {
		t.Errorf("%d rows, truncated %v", len(rows), s.Truncated)
	}
}

func TestBind(t *testing.T) {
	t.Parallel()
	st, _ := built(t, people, peopleTable)
	for _, tt := range []struct {
		name string
		set  func(*Schema)
		ok   bool
	}{
		{"same", func(*Schema) {}, true},
		{"another order", func(s *Schema) { slices.Reverse(s.Columns) }, true},
		{"fewer", func(s *Schema) { s.Columns = s.Columns[:2] }, true},
		{"found by another type", func(s *Schema) { s.Columns[0].FoundBy = "x" }, true},
		{"another type", func(s *Schema) { s.Columns[1].Type = Text }, false},
		{"one more", func(s *Schema) { s.Columns = append(s.Columns, Column{Name: "Town", Type: Text}) }, false},
		{"searchable", func(s *Schema) { s.Columns[1].Searchable = true }, false},
	} {
		def := people
		def.Columns = slices.Clone(people.Columns)
		tt.set(&def)
		if _, err := st.Bind(&def); (err == nil) != tt.ok || err != nil && !errors.Is(err, ErrUnavailable) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "k")
	k := NewKey()
	if err := k.Write(path); err != nil {
		t.Fatal(err)
	}
	if err := k.Write(path); !errors.Is(err, os.ErrExist) {
		t.Errorf("written twice: %v", err)
	}
	again, err := ReadKey(path)
	if err != nil || again != k {
		t.Errorf("read back: %v", err)
	}
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := ReadKey(path); err == nil || !strings.Contains(err.Error(), "everybody") {
		t.Errorf("readable by all: %v", err)
	}
	for _, s := range []string{"", "short", strings.Repeat("a", 100)} {
		if _, err := ImportKey(strings.NewReader(s)); err == nil {
			t.Errorf("imported %q", s)
		}
	}
	if _, err := ReadKey(writeKeyText(t, "no key")); !errors.Is(err, ErrNoKey) {
		t.Errorf("%v", err)
	}
	var b bytes.Buffer
	_, _ = b.WriteString(k.Check())
	for _, v := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if s := sprintf(v, k); s != "******" {
			t.Errorf("%s prints %q", v, s)
		}
	}
}
