package edm

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/match/fold"
)

// testKey is a key that tests agree on.
func testKey(t testing.TB, s string) Key {
	t.Helper()
	k, err := ImportKey(strings.NewReader("key of tests: " + s + " 0123456789abcdef0123456789"))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func writeFile(t testing.TB, name, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(p, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

// built builds a store of a table.
func built(t testing.TB, s Schema, table string, set ...func(*Options)) (*Store, Report) {
	t.Helper()
	o := Options{Schema: s, Key: testKey(t, "a"), Input: writeFile(t, "table.csv", table), Output: filepath.Join(t.TempDir(), "store.edm")}
	for _, f := range set {
		f(&o)
	}
	rep, err := Build(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	st, err := Open(o.Output, o.Key)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(context.Background(), o.Output, nil); err != nil {
		t.Fatal(err)
	}
	return st, rep
}

// near looks a value up in a text and gives the columns found near it.
func near(t testing.TB, st *Store, column, text, value string, proximity int) (found []string, rows int) {
	t.Helper()
	tab, err := st.Bind(st.Schema())
	if err != nil {
		t.Fatal(err)
	}
	s := NewSearch(tab)
	var x fold.Text
	fold.Standard().Fold(&x, text)
	var y fold.Text
	fold.Standard().Fold(&y, value)
	i := strings.Index(string(x.Shadow), string(y.Shadow))
	if i < 0 {
		t.Fatalf("%q is not in the text", value)
	}
	at := Place{int32(i), int32(i + len(y.Shadow))}
	c := st.Schema().Index(column)
	rs, _ := s.Rows(c, value)
	rs = slices.Clone(rs)
	s.Prepare(&x, []Place{at}, proximity)
	for _, r := range rs {
		gaps, _ := s.Near(r, c, at, proximity)
		for i, g := range gaps {
			if g >= 0 {
				found = append(found, st.Schema().Columns[i].Name)
			}
		}
	}
	return found, len(rs)
}

func TestSipHash(t *testing.T) {
	t.Parallel()
	// The vector of the paper's appendix A: key 00 01 … 0f, message 00 … 0e.
	k := [2]uint64{0x0706050403020100, 0x0f0e0d0c0b0a0908}
	var m []byte
	for i := range 15 {
		m = append(m, byte(i))
	}
	if got := sip24(k, m); got != 0xa129ca6149be45e5 {
		t.Errorf("got %x", got)
	}
}

var people = Schema{ID: "people", Columns: []Column{
	{Name: "SSN", Type: Digits, Searchable: true},
	{Name: "Name", Type: Name},
	{Name: "Born", Type: Date},
	{Name: "Address", Type: Text},
}}

const peopleTable = `SSN,Name,Born,Address
987-65-4320,Isaiah Langer,05-05-1960,1432 Lincoln Road
078-05-1120,Ana Bowman,11-24-1971,"8250 First Street, Apt ""B"""
219-09-9999,José Müller-Ångström,02-12-1998,424 205th Avenue
`

func TestNear(t *testing.T) {
	t.Parallel()
	st, rep := built(t, people, peopleTable)
	if rep.Rows != 3 || rep.Skipped != 0 {
		t.Fatalf("%+v", rep)
	}
	for _, tt := range []struct{ text, value, want string }{
		{"SSN 987-65-4320 of Isaiah Langer", "987-65-4320", "Name"},
		{"LANGER, ISAIAH 987654320 born 5 May 1960", "987654320", "Name Born"},
		{"987 65 4320, 1432 Lincoln\nRoad", "987 65 4320", "Address"},
		{"987 65 4320, 1960-05-05, 1432 LINCOLN ROAD. Isaiah J Langer", "987 65 4320", "Born Address"},
		{"987-65-4320 Ana Bowman", "987-65-4320", ""},
		{"078-05-1120 bowman ana, 8250 first street apt B, 24 November 1971", "078-05-1120", "Name Born Address"},
		{"219-09-9999 Jose Muller Angstrom 12.2.1998", "219-09-9999", "Name Born"},
		{"219-09-9999 JOSE\u0301 MU\u0308LLER-A\u030aNGSTRO\u0308M Feb 12th, 98", "219-09-9999", "Name Born"},
		{"２１９－０９－９９９９ Ｊｏｓｅ Ｍüller-Ångström", "２１９－０９－９９９９", "Name"},
		{"219-09-9999 " + strings.Repeat("x ", 200) + " Jose Muller Angstrom", "219-09-9999", ""},
	} {
		found, rows := near(t, st, "SSN", tt.text, tt.value, 300)
		if got := strings.Join(found, " "); got != tt.want || rows != 1 {
			t.Errorf("%q: %d rows, found %q, want %q", tt.text, rows, got, tt.want)
		}
	}
	if found, rows := near(t, st, "SSN", "987-65-4321 Isaiah Langer", "987-65-4321", 300); rows != 0 {
		t.Errorf("a number that is not in the table: %d rows, %v", rows, found)
	}
}

func TestSeveralSearchable(t *testing.T) {
	t.Parallel()
	s := Schema{ID: "p", Columns: []Column{{Name: "Name", Type: Text}, {Name: "ID", Type: Text, Searchable: true}, {Name: "Mail", Type: Email, Searchable: true},
		{Name: "Phone", Type: Phone, Searchable: true, CountryCode: "61"}}}
	var b strings.Builder
	b.WriteString("Name|ID|Mail|Phone\n")
	for i := range 5000 {
		fmt.Fprintf(&b, "Person No%d|AB %06d|p%d@example.org|02 %04d %04d\n", i, i, i, i/7, i)
	}
	b.WriteString("Only Mail||only@example.org|\n")
	st, rep := built(t, s, b.String())
	if rep.Rows != 5001 || rep.Columns[1].Used != 5000 || rep.Columns[2].Used != 5001 {
		t.Fatalf("%+v", rep)
	}
	for i := range 200 {
		i *= 23
		for _, x := range []struct{ col, value string }{{"ID", fmt.Sprintf("ab-%06d", i)}, {"Mail", fmt.Sprintf("P%d@EXAMPLE.org", i)}, {"Phone", fmt.Sprintf("+61 2 %04d %04d", i/7, i)}} {
			text := fmt.Sprintf("AB.%06d p%d@example.org (02) %04d-%04d Person No%d and %s", i, i, i/7, i, i, x.value)
			found, rows := near(t, st, x.col, text, x.value, 300)
			if rows != 1 || len(found) < 3 {
				t.Fatalf("%s of %d: %d rows, found %v in %q", x.col, i, rows, found, text)
			}
		}
	}
	if found, rows := near(t, st, "Mail", "Only Mail only@example.org", "only@example.org", 300); rows != 1 || len(found) != 1 {
		t.Errorf("row without the first value: %d rows, found %v", rows, found)
	}
}
