package strictyaml

import (
	"fmt"
	"strings"
	"testing"
)

// BenchmarkParse reads a file of the size and shape of a rule pack.
func BenchmarkParse(b *testing.B) {
	var text strings.Builder
	text.WriteString("sits:\n")
	for i := range 200 {
		fmt.Fprintf(&text, "  - id: type-%d\n    name: Type number %d\n    patterns:\n      - confidence: high\n        match: {regex: '\\b\\d{3}[ -]?\\d{3}\\b', validate: luhn}\n        near: {all: [{keywords: words-%d}]}\n    tests: {match: [\"TFN 123 456 782\"], no_match: [\"TFN 1\"]}\n", i, i, i)
	}
	data := []byte(text.String())
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		if _, ps := Parse("f", data); len(ps) > 0 {
			b.Fatal(ps)
		}
	}
}
