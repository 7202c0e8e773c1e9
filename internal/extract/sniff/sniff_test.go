package sniff

import (
	"strings"
	"testing"
)

func TestOf(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat("\x00", 600)
	for _, c := range []struct {
		name string
		in   string
		want Kind
	}{
		{"empty", "", Unknown}, {"short", "PK", Unknown}, {"text", "hello world, nothing here", Unknown},
		{"zip", "PK\x03\x04....", Zip}, {"empty zip", "PK\x05\x06" + pad, Zip}, {"spanned zip", "PK00PK\x03\x04", Zip},
		{"gzip", "\x1f\x8b\x08\x00", Gzip}, {"bzip2", "BZh91AY&SY", Bzip2}, {"text like bzip2", "BZh9 is text", Unknown},
		{"xz", "\xfd7zXZ\x00", XZ}, {"zstd", "\x28\xb5\x2f\xfd", Zstd}, {"7z", "7z\xbc\xaf\x27\x1c", SevenZip}, {"rar", "Rar!\x1a\x07\x01\x00", RAR},
		{"cab", "MSCF\x00\x00\x00\x00", Cabinet}, {"cfb", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", CompoundFS},
		{"pdf", "%PDF-1.7", PDF}, {"pdf late", "junk\n%PDF-1.4", PDF}, {"rtf", "{\\rtf1", RTF},
		{"exe", "MZ\x90\x00\x03\x00", Executable}, {"text like exe", "MZ is how it begins, with no more than letters to follow on and on and on", Unknown},
		{"tar", "a" + strings.Repeat("\x00", 256) + "ustar\x00" + pad, Tar},
		{"iso", strings.Repeat("\x00", 0x8001) + "CD001\x01", ISO},
		{"png", "\x89PNG\r\n\x1a\n", Image}, {"emf", "\x01\x00\x00\x00" + pad[:36] + " EMF", Metafile},
	} {
		if got := Of([]byte(c.in)); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestMismatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		is, declared, name string
		want               bool
	}{
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "image/jpeg", "a.jpg", true},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/octet-stream", "a.docx", false},
		{"application/vnd.openxmlformats-officedocument.wordprocessingml.document", "application/octet-stream", "a.jpg", true},
		{"application/zip", "application/zip", "a.zip", false},
		{"application/zip", "application/octet-stream", "a.docx", true},
		{"application/zip", "text/plain", "a.txt", true},
		{"text/plain", "text/csv", "a.csv", false},
		{"text/plain", "application/octet-stream", "a.pdf", true},
		{"text/plain", "application/octet-stream", "a.xls", false},
		{"application/pdf", "application/octet-stream", "invoice.pdf. ", false},
		{"application/vnd.microsoft.portable-executable", "application/pdf", "x", true},
		{"text/rtf", "application/msword", "a.doc", false},
		{"image/svg+xml", "image/svg+xml", "a.svg", false},
		{"application/octet-stream", "application/octet-stream", "a.dat", false},
	} {
		if got := Mismatch(c.is, c.declared, []string{c.name}); got != c.want {
			t.Errorf("%s as %s %q: got %v, want %v", c.is, c.declared, c.name, got, c.want)
		}
	}
}

func TestType(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{"": "", "hello": "text/plain", "%PDF-1.7\n": "application/pdf", "\x78\x9f\x3e\x22\x01": "application/vnd.ms-tnef",
		"PK\x03\x04\x00\x00": "application/zip"} {
		if got := Type([]byte(in), Of([]byte(in))); got != want {
			t.Errorf("%.8q: got %q, want %q", in, got, want)
		}
	}
}

func FuzzSniff(f *testing.F) {
	for _, s := range signatures {
		f.Add([]byte(strings.Repeat("\x00", s.at) + s.bytes + "\x00\x00\x00\x00"))
	}
	f.Add([]byte("MZ" + strings.Repeat("\xff", 70)))
	f.Add([]byte("PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00\xff\xff\xff\xff\x00\x00\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k := Of(b)
		if k != Of(b) {
			t.Fatal("not deterministic")
		}
		ZipWithin(b)
		Mismatch(Type(b, Of(b)), "application/zip", []string{string(b[:min(len(b), 20)])})
	})
}
