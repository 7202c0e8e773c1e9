package pdf

import (
	"strings"
	"testing"

	"labelmilter/internal/extract/document/documenttest"
	"labelmilter/internal/extract/testdata/gen/sample"
)

// read gives what a document says.
func read(b []byte) *documenttest.Sink {
	s := &documenttest.Sink{}
	Read(b, s)
	return s
}

func TestText(t *testing.T) {
	t.Parallel()
	s := read(sample.PDFText("Tax file number 123 456 782", "of (nobody)"))
	if got, want := strings.Join(s.Shown, "|"), "Tax file number 123 456 782\nof (nobody)"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if len(s.Skips) > 0 {
		t.Errorf("skips %v", s.Skips)
	}
}
