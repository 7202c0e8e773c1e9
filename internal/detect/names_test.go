package detect_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/budget"
	"labelmilter/internal/detect"
	"labelmilter/internal/extract"

	"github.com/google/go-cmp/cmp"
)

// instances gives what a shipped type finds in a text, in order of place, as
// value and confidence.
func instances(t *testing.T, typ, text string) []string {
	t.Helper()
	var all []detect.Instance
	for _, f := range shipped().Engine.Detect([]extract.Text{{Part: "1", Where: extract.InBody, Body: text}}, budget.Default()).Findings {
		if f.Type == typ {
			all = append(all, f.Instances...)
		}
	}
	slices.SortFunc(all, func(a, b detect.Instance) int { return a.Start - b.Start })
	var out []string
	for _, i := range all {
		out = append(out, fmt.Sprint(i.Value.Reveal(), " ", i.Confidence))
	}
	return out
}

// A name of a person is found whole, however it is written.
func TestWholeNames(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		want []string
	}{
		{"Please call Maria Fernandez Lopez tomorrow.", []string{"Maria Fernandez Lopez 85"}},
		{"Dear Dr John A. Smith,", []string{"Dr John A. Smith 85"}},
		{"Dr. O. P. Wilson", []string{"Dr. O. P. Wilson 75"}},
		{"signed: O.P. Wilson", []string{"O.P. Wilson 75"}},
		{"Smith, John", []string{"Smith, John 75"}},
		{"Wilson, O.P.", []string{"Wilson, O.P. 75"}},
		{"Patrick O'Neill left", []string{"Patrick O'Neill 85"}},
		{"Patrick O’Neill left", []string{"Patrick O’Neill 85"}},
		{"with Jan van der Berg in copy", []string{"Jan van der Berg 85"}},
		{"van der Berg, Jan P.", []string{"van der Berg, Jan P. 75"}},
		{"de la Cruz, Maria", []string{"de la Cruz, Maria 75"}},
		{"Jean-Pierre Dupont", []string{"Jean-Pierre Dupont 85"}},
		{"Ana García y López", []string{"Ana García y López 85"}},
		{"Maria Luisa Smith-Jones", []string{"Maria Luisa Smith-Jones 85"}},
		{"Herr Dr. Hans-Peter Müller", []string{"Herr Dr. Hans-Peter Müller 85"}},
		{"John Smith III", []string{"John Smith III 85"}},
		{"Tomas Richard", []string{"Tomas Richard 85"}},
		{"T. Richard, Jr.", []string{"T. Richard, Jr. 75"}},
		{"ask Maria Xyzabc-Uvwst now", []string{"Maria Xyzabc-Uvwst 65"}},
		// A line may break within a name, and a list has one on each line.
		{"please ask Olivia\r\nWilson for it", []string{"Olivia\r\nWilson 85"}},
		{"Olivia Wilson\r\nJames Smith\r\nMaria Lopez", []string{"Olivia Wilson 85", "James Smith 85", "Maria Lopez 85"}},
		{"Olivia Wilson, James Smith and Maria Lopez", []string{"Olivia Wilson 85", "James Smith 85", "Maria Lopez 85"}},
		{"Wilson, Olivia; Smith, James", []string{"Wilson, Olivia 75", "Smith, James 75"}},
		{"Olivia Wilson\t0400 000 000\tJames Smith", []string{"Olivia Wilson 85", "James Smith 85"}},
		{"12 George Street\nOlivia Wilson\nSchool of Law", []string{"Olivia Wilson 85"}},
		// None are:
		{"Please ask Maria about it. Then tell Martin.", nil},
		{"Maria, Olivia and Hannah", nil},
		{"Meet me at 3 Martin Place.", nil},
		{"Paris, France", nil},
		{"the corner of Olivia Wilson Street", nil},
		{"James Wilson Pty Ltd", nil},
		{"see Martin Monday or in January", nil},
		{"April and June, then May", nil},
		{"smith, john", nil},
		{"Thanks, Maria\nRegards", nil},
		{"Will he come? Mark it. Bill them.", nil},
	} {
		if d := cmp.Diff(c.want, instances(t, "all-full-names", c.text)); d != "" {
			t.Errorf("%q: -want +got\n%s", c.text, d)
		}
	}
}

// BenchmarkGivenNames is text full of given names that are none of anybody:
// nothing is found, and nothing allocated.
func BenchmarkGivenNames(b *testing.B) {
	text := []extract.Text{{Part: "1", Where: extract.InBody, Body: strings.Repeat("yesterday Maria wrote to Olivia and both, with Hannah, went home. ", 800)}}
	e := shipped().Engine
	b.SetBytes(int64(len(text[0].Body)))
	b.ReportAllocs()
	for b.Loop() {
		if n := len(e.Detect(text, budget.Default()).Findings); n > 0 {
			b.Fatal(n, "findings")
		}
	}
}
