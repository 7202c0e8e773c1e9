package pdf

import (
	"os"
	"slices"
	"strings"
	"testing"

	"labelmilter/internal/extract/document"
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

// TestPrograms reads documents by programs in use.
func TestPrograms(t *testing.T) {
	t.Parallel()
	for file, want := range map[string]string{
		"libreoffice.pdf":    "PROTECTED\nMinute\nThe office filed an efficient affidavit. The tax file number of the employee, R.\nCitizen, is 123 456 782.",
		"chromium.pdf":       "Accounts\nCustomer Credit card\tExpiry\nDana Field 4111 1111 1111 1111 11/28",
		"latex.pdf":          "OFFICIAL: Sensitive\nThe office filed an efficient affidavit of\nthe employee (Müller), whose tax file\nnumber is 123 456 782; the tax office confirmed its classification.",
		"empty-password.pdf": "Payroll: the tax file number of R. Citizen is 876 543 210.",
		"locked.pdf":         "",
	} {
		b, err := os.ReadFile("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		s := read(b)
		if got := strings.Join(s.Shown, "|"); got != want {
			t.Errorf("%s: got %q, want %q", file, got, want)
		}
		if locked := slices.Contains(s.Facts, document.Encrypted); locked != (file == "locked.pdf") || len(s.Skips) > 0 {
			t.Errorf("%s: facts %v, skips %v", file, s.Facts, s.Skips)
		}
	}
}
