package archive

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
)

// cabText gives the files of a cabinet, one a line, and the error of the walk.
func cabText(b []byte) (string, error) {
	var out strings.Builder
	err := Cab(b, func(m Member) error {
		text := []byte(nil)
		r, err := m.Open()
		if err == nil {
			text, err = io.ReadAll(r)
		}
		fmt.Fprintf(&out, "%s %d %v\n", m.Names[0], len(text), err != nil)
		if err != nil && !errors.Is(err, ErrCorrupt) && !errors.Is(err, ErrMethod) {
			return err
		}
		return nil
	})
	return out.String(), err
}

// The cabinets were made with gcab.
func TestCab(t *testing.T) {
	t.Parallel()
	mszip, err := os.ReadFile("testdata/mszip.cab")
	if err != nil {
		t.Fatal(err)
	}
	stored, err := os.ReadFile("testdata/stored.cab")
	if err != nil {
		t.Fatal(err)
	}
	edit := func(b []byte, at int, with string) []byte {
		out := append([]byte{}, b...)
		copy(out[at:], with)
		return out
	}
	const method = 36 + 6     // of the first folder
	const offset = 36 + 8 + 4 // of the first file
	second := strings.Index(string(mszip), "second.txt") - 16
	for _, tt := range []struct {
		name string
		data []byte
		want string
		err  error
	}{
		{"blocks that refer to those before", mszip, "first.txt 121890 false\nsecond.txt 33 false\n", nil},
		{"stored", stored, "second.txt 33 false\n", nil},
		{"LZX", edit(mszip, method, "\x03\x15"), "first.txt 0 true\nsecond.txt 0 true\n", nil},
		{"cut off", mszip[:len(mszip)-20], "first.txt 121856 true\nsecond.txt 0 true\n", nil},
		{"files that share data", edit(mszip, second+4, "\x00\x00\x00\x00"), "first.txt 121890 false\nsecond.txt 0 true\n", nil},
		{"a file beyond the folder", edit(stored, offset, "\x00\x00\x00\x10"), "second.txt 0 true\n", nil},
		{"in the next cabinet", edit(stored, offset+4, "\xfe\xff"), "second.txt 0 true\n", nil},
		{"no files", stored[:40], "", ErrCorrupt},
		{"not one", []byte("MSCF"), "", ErrCorrupt},
	} {
		got, err := cabText(tt.data)
		if got != tt.want || !errors.Is(err, tt.err) {
			t.Errorf("%s: %v\n%swant\n%s", tt.name, err, got, tt.want)
		}
	}
}

func FuzzCab(f *testing.F) { seeds(f, "*.cab"); fuzz(f, Cab) }
