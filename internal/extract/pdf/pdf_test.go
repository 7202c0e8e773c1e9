package pdf

import (
	"bytes"
	"compress/lzw"
	"compress/zlib"
	"encoding/ascii85"
	"fmt"
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

// TestEncryptions reads a document in every encryption that opens without a
// password; qpdf made them.
func TestEncryptions(t *testing.T) {
	t.Parallel()
	for _, n := range []string{"rc4-40", "rc4-128", "aes-128", "aes-256-r5", "aes-256-packed", "owner-empty", "linear"} {
		b, err := os.ReadFile("testdata/" + n + ".pdf")
		if err != nil {
			t.Fatal(err)
		}
		s := read(b)
		if got, want := s.AllText(), "Card 4111111111111111\nTitle: Title 5500005555555559\n"; got != want {
			t.Errorf("%s: got %q, want %q", n, got, want)
		}
		if len(s.Skips)+len(s.Facts) > 0 {
			t.Errorf("%s: skips %v, facts %v", n, s.Skips, s.Facts)
		}
	}
}

// TestFilters reads content behind every filter and predictor; the encoders are
// those of the standard library where it has one.
func TestFilters(t *testing.T) {
	t.Parallel()
	var a85, lz, fl bytes.Buffer
	w := ascii85.NewEncoder(&a85)
	_, _ = w.Write([]byte(hello)) // to memory, as all here
	_ = w.Close()
	l := lzw.NewWriter(&lz, lzw.MSB, 8)
	_, _ = l.Write([]byte(hello))
	_ = l.Close()
	z := zlib.NewWriter(&fl)
	_, _ = z.Write([]byte(hello))
	_ = z.Close()
	var up []byte // rows of 8 bytes, predicted from the row above
	prev := make([]byte, 8)
	padded := hello + strings.Repeat(" ", 8-len(hello)%8)
	for i := 0; i < len(padded); i += 8 {
		row := []byte(padded[i : i+8])
		up = append(up, 2)
		for k := range row {
			up = append(up, row[k]-prev[k])
		}
		prev = row
	}
	runs := fmt.Sprintf("%c%s%c%c\x80", len(hello)-1, hello, 257-3, ' ')
	for name, content := range map[string]string{
		"ASCII85":     sample.Stream("/Filter /ASCII85Decode", a85.String()+"~>"),
		"hexadecimal": sample.Stream("/Filter /AHx", fmt.Sprintf("%x>", hello)),
		"run length":  sample.Stream("/Filter [/RunLengthDecode]", runs),
		"LZW":         sample.Stream("/Filter /LZWDecode /DecodeParms <</EarlyChange 0>>", lz.String()),
		"Flate":       sample.Stream("/Filter /FlateDecode", fl.String()),
		"no header":   sample.Stream("/Filter /FlateDecode", fl.String()[2:]),
		"cut":         sample.Stream("/Filter /FlateDecode", fl.String()[:fl.Len()-6]),
		"predictor":   deflated("/DecodeParms [<</Predictor 12 /Columns 8>>]", up),
		"chain":       sample.Stream("/Filter [/AHx /FlateDecode] /DecodeParms [null null]", fmt.Sprintf("%x>", fl.Bytes())),
		"Crypt":       sample.Stream("/Filter /Crypt", hello),
	} {
		s := read(withContent(content))
		if got := strings.Join(s.Shown, "|"); got != "before 4111111111111111 after" || len(s.Skips) > 0 {
			t.Errorf("%s: got %q, skips %v", name, got, s.Skips)
		}
	}
}

// TestEmbedded: an embedded document that is stored as it is does not mix with the
// one that holds it.
func TestEmbedded(t *testing.T) {
	t.Parallel()
	inner := string(sample.PDFText("inner"))
	b := withContent(sample.Stream("", "BT /F1 9 Tf 50 500 Td (outer) Tj ET"), "<</Type /Filespec /F (a.pdf) /EF <</F 7 0 R>>>>",
		strings.Replace(sample.Stream("/Type /EmbeddedFile", inner), fmt.Sprintf("/Length %d", len(inner)), "/Length 8 0 R", 1), fmt.Sprint(len(inner)))
	s := read(b)
	if got := strings.Join(s.Shown, "|"); got != "outer" {
		t.Errorf("shown %q", got)
	}
	if len(s.Embedded) != 1 || string(s.Embedded[0].Data) != inner || s.Embedded[0].Names[0] != "a.pdf" {
		t.Errorf("embedded %d", len(s.Embedded))
	}
}

func TestProperties(t *testing.T) {
	t.Parallel()
	s := read(sample.PDF("/Info <</CreationDate (D:20261103100000+11'00') /Title <FEFF004D00FC006C006C00650072> /Author (M\xfcller \x8d\x8e)>>", catalog, pages, page3, font4, sample.Stream("", hello)))
	want := "[{ info Title Müller} { info Author Müller “”} { info CreationDate 2026-11-03T10:00:00+11:00}]"
	if got := fmt.Sprint(s.Properties); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
