package label_test

import (
	"testing"

	"labelmilter/internal/assemble"
	"labelmilter/internal/label"
	"labelmilter/internal/marking"
)

// BenchmarkDecide reads a marking, maps it and decides the label.
func BenchmarkDecide(b *testing.B) {
	rs, ps := assemble.Rules(assemble.Options{Packs: []string{"au-pspf"}})
	if ps.HasErrors() {
		b.Fatal(ps)
	}
	for _, c := range []struct{ name, field string }{
		{"official", "VER=2024.1, NS=gov.au, SEC=OFFICIAL, ORIGIN=kim.lee@agency.gov.au"},
		{"sensitive-imm", "VER=2024.1, NS=gov.au, SEC=OFFICIAL:Sensitive, ACCESS=Personal-Privacy, ORIGIN=kim.lee@agency.gov.au"},
		{"cabinet", "VER=2024.1, NS=gov.au, SEC=PROTECTED, CAVEAT=SH:CABINET, ORIGIN=kim.lee@agency.gov.au"},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			for range b.N {
				m := rs.Markings.Mapping.Map(marking.ParseHeader(c.field))
				a := label.Decide(rs.Catalogue, label.Evidence{Floor: []label.Candidate{{Label: m.Label, Source: label.FromHeader, Reason: m.Reason}}, Standard: m.Label})
				if a.Label == nil {
					b.Fatal("no label")
				}
			}
		})
	}
}
