package htmltext

import (
	"testing"

	"labelmilter/internal/mtabench/corpus"
)

// BenchmarkMail reads the HTML of the mail that the README's table is about.
func BenchmarkMail(b *testing.B) {
	for _, s := range corpus.Sets() {
		if s.Name != "html" {
			continue
		}
		doc := s.Text(1, 1)
		b.SetBytes(int64(len(doc)))
		b.ReportAllocs()
		for b.Loop() {
			Extract(doc, Options{})
		}
	}
}
