package edm

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"labelmilter/internal/match/fold"
)

func sprintf(format string, args ...any) string { return fmt.Sprintf(format, args...) }

func writeKeyText(t testing.TB, text string) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(p, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return p
}

// FuzzRecords holds that cutting a table into records loses and invents
// nothing, wherever the buffer ends, and that fields are pieces of the record.
func FuzzRecords(f *testing.F) {
	for _, s := range []string{"a,b\n1,2\n", "\"a\"\"b\",c\r\nd,\"e\nf\"\n", "\"open\nx,y\n", "\"a\"b\n", "\r\n\r\n", "a;b|c\td", "\"\"", "\"", "a,\"\r"} {
		f.Add([]byte(s), uint8(0))
	}
	f.Fuzz(func(t *testing.T, data []byte, which uint8) {
		fm := []format{{',', true}, {'\t', false}, {'|', true}}[which%3]
		var scratch []byte
		var lengths []int
		for rest := data; len(rest) > 0; {
			n, why := fm.record(rest, true)
			if n <= 0 || n > len(rest) {
				t.Fatalf("%d of %d bytes, %s", n, len(rest), why)
			}
			lengths = append(lengths, n)
			total := 0
			fields := fm.fields(rest[:n], nil, &scratch)
			for _, x := range fields {
				total += len(x)
			}
			if len(fields) == 0 || why == "" && total > n {
				t.Fatalf("%d fields of %d bytes in %d", len(fields), total, n)
			}
			rest = rest[n:]
		}
		// With more to come a record is found only if it is the same one.
		at := 0
		for _, n := range lengths {
			if k, why := fm.record(data[at:], false); k != 0 && k != n && why == "" {
				t.Fatalf("at %d: %d bytes, at the end %d", at, k, n)
			}
			at += n
		}
	})
}

// FuzzNormalise holds that a value of the table is found in a text that holds
// just it, whatever the value is.
func FuzzNormalise(f *testing.F) {
	for _, s := range []string{"Isaiah Langer", "05-05-1960", "1998年2月3日", "山田 太郎", "a@b.example", "+61 (0)2 9876 5432", "\u0301\u200d", "ﷺ", strings.Repeat("a ", 70), "24. Dezember 99"} {
		f.Add(s, uint8(0))
	}
	k := newKeys(Key{})
	f.Fuzz(func(t *testing.T, s string, which uint8) {
		if len(s) > 2000 {
			return
		}
		typ := Types[int(which)%len(Types)]
		def := Schema{ID: "f", Columns: []Column{{Name: "v", Type: typ, Searchable: true}}}
		c := newCells(k, &def)
		v, why := c.of(0, s)
		if why != "" {
			return
		}
		if v.n < 1 || v.n > maxWeight || len(v.form) == 0 {
			t.Fatalf("%q: %d tokens, form %q", s, v.n, v.form)
		}
		form := string(v.form)
		if again, why := c.of(0, s); why != "" || again.hash != v.hash || string(again.form) != form {
			t.Fatalf("%q: another form the second time", s)
		}
		var x fold.Text
		fold.Standard().Fold(&x, s)
		n := len(x.Shadow)
		if !def.Columns[0].words() {
			typed(&def.Columns[0], x.Shadow, 0, n, func(form []byte, start, end int) {
				if start < 0 || end > n || start >= end || len(form) == 0 || len(form) > maxMailbox {
					t.Fatalf("%q: %d-%d of %d, form %q", s, start, end, n, form)
				}
			})
		}
	})
}

// FuzzHeader holds that nothing in a file makes opening it do harm.
func FuzzHeader(f *testing.F) {
	dir := f.TempDir()
	t, err := Temporary(people, peopleTable)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(bytes.Clone(t.data[:4096]), 0, byte(1))
	f.Add([]byte(magic), 9, byte(255))
	whole := bytes.Clone(t.data)
	f.Fuzz(func(t *testing.T, head []byte, at int, bits byte) {
		data := bytes.Clone(whole)
		copy(data, head)
		if at >= 0 && at < len(data) {
			data[at] ^= bits
		}
		p := filepath.Join(dir, "f")
		if os.WriteFile(p, data, 0o600) != nil {
			t.Skip()
		}
		if s, err := Open(p, Key{}); err == nil {
			t.Fatalf("opened with a key that is none: %d rows", s.Rows())
		}
		_ = Verify(t.Context(), p, nil)
		_, _ = ReadInfo(p)
	})
}

// FuzzXML reads what claims to be Purview's files.
func FuzzXML(f *testing.F) {
	f.Add([]byte(schemaXML))
	f.Add([]byte(rulesXML))
	f.Fuzz(func(t *testing.T, data []byte) {
		if s, _, err := ImportSchema(data); err == nil {
			if err := s.check(); err != nil {
				t.Fatalf("a schema with mistakes: %v", err)
			}
		}
		types, _, err := ImportRules(data)
		for _, x := range types {
			if err == nil && (x.ID == "" || len(x.Patterns) == 0) {
				t.Fatalf("%+v", x)
			}
		}
	})
}
