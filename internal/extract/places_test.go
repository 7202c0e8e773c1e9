package extract

import (
	"fmt"
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
			if p := r.Parts[1]; p.TrueType != d.Type || strings.Trim(fmt.Sprint(p.Facts), "[]") != d.Facts {
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
