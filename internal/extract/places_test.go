package extract

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/testdata/gen/sample"
)

// attached is a message with one attachment.
func attached(name, typ string, data []byte) string {
	return mixed("Content-Type: text/plain\n\nhello", "Content-Type: "+typ+"\nContent-Disposition: attachment; filename=\""+name+"\"\nContent-Transfer-Encoding: base64\n\n"+
		b64(string(data)))
}

// Every marker in every place of every document format is found.
func TestPlaces(t *testing.T) {
	t.Parallel()
	for _, d := range sample.All() {
		t.Run(d.Name, func(t *testing.T) {
			t.Parallel()
			_, r := readString(t, attached(d.Name, d.Type, d.Data), budget.Default())
			found := 0
			for _, p := range d.Places {
				where := ""
				for _, x := range r.Texts {
					if x.Where != InHeader && x.Where != InName && strings.Contains(x.Body+"\n"+x.Name, p.Marker) {
						where = string(x.Where)
						break
					}
				}
				if where == "" {
					t.Errorf("not found: %s", p.Name)
					continue
				}
				found++
			}
			t.Logf("%d of %d places", found, len(d.Places))
			if len(r.Skipped) > 0 {
				t.Errorf("skipped: %v", r.Skipped)
			}
			bytesSay := d.True
			if bytesSay == "" {
				bytesSay = d.Type
			}
			if p := r.Parts[1]; p.TrueType != bytesSay || strings.Trim(fmt.Sprint(p.Facts), "[]") != d.Facts {
				t.Errorf("true type %s, facts %v", p.TrueType, p.Facts)
			}
			if t.Failed() {
				for _, x := range r.Texts {
					if x.Where != InHeader {
						t.Logf("%s %s %s: %.2000q", x.Part, x.Where, x.Name, x.Body)
					}
				}
			}
		})
	}
}

var update = flag.Bool("update", false, "rewrite the table of places in the manual")

// The manual lists the places, and where what stands there is found.
func TestPlacesInTheManual(t *testing.T) {
	const file = "../manual/attachments.md"
	columns := []Where{InAttachment, InHidden, InProperty}
	formats := map[string]map[Where][]string{} // by place
	var order []string
	total := 0
	for _, d := range sample.All() {
		_, r := readString(t, attached(d.Name, d.Type, d.Data), budget.Default())
		for _, p := range d.Places {
			for _, x := range r.Texts {
				if !slices.Contains(columns, x.Where) || !strings.Contains(x.Body+"\n"+x.Name, p.Marker) {
					continue
				}
				if formats[p.Name] == nil {
					formats[p.Name] = map[Where][]string{}
					order = append(order, p.Name)
				}
				formats[p.Name][x.Where] = append(formats[p.Name][x.Where], strings.TrimPrefix(d.Name, "places."))
				total++
				break
			}
		}
	}
	slices.SortStableFunc(order, func(a, b string) int { return strings.Compare(strings.ToLower(a), strings.ToLower(b)) })
	var table strings.Builder
	fmt.Fprintf(&table, "%d places in %d formats.\n\n| place | text | hidden | property |\n|---|---|---|---|\n", total, len(sample.All()))
	for _, p := range order {
		fmt.Fprintf(&table, "| %s |", p)
		for _, c := range columns {
			fmt.Fprintf(&table, " %s |", strings.Join(formats[p][c], ", "))
		}
		table.WriteByte('\n')
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), "<!-- places -->\n")
	_, after, ok2 := strings.Cut(rest, "<!-- /places -->")
	if !ok || !ok2 {
		t.Fatal("no markers in the manual")
	}
	want := before + "<!-- places -->\n" + table.String() + "<!-- /places -->" + after
	if *update {
		if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if want != string(b) {
		t.Error("the table of places in the manual is not that of the samples: run go test ./internal/extract -run Manual -update")
	}
}
