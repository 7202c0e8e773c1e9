package archive

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"labelmilter/internal/extract/sniff"
)

func fuzz(f *testing.F, read func([]byte, Visit) error) {
	f.Fuzz(func(t *testing.T, b []byte) {
		total := 0
		_ = read(b, func(m Member) error { // any error will do
			r, err := m.Open()
			if err != nil {
				return nil
			}
			n, _ := io.Copy(io.Discard, io.LimitReader(r, 1<<20))
			if total += int(n) + 1; total > 4<<20 {
				return ErrStop
			}
			return nil
		})
	})
}

func seeds(f *testing.F, pattern string) {
	files, err := filepath.Glob("testdata/" + pattern)
	if err != nil || len(files) == 0 {
		f.Fatal(pattern, err)
	}
	for _, n := range files {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

func FuzzZip(f *testing.F) {
	seeds(f, "*.zip")
	fuzz(f, func(b []byte, v Visit) error {
		for _, m := range OpenZip(b).Members {
			if err := v(m.Member); err != nil {
				return err
			}
		}
		return nil
	})
}

func FuzzSevenZip(f *testing.F) { seeds(f, "*.7z"); fuzz(f, guarded(SevenZip)) }
func FuzzRAR(f *testing.F)      { f.Add(rar5("a", first, 0)); fuzz(f, guarded(RAR)) }
func FuzzTar(f *testing.F)      { seeds(f, "*.tar"); fuzz(f, Tar) }

// guarded does as the caller of a library's reader does: a panic in it is
// "extractor-failed". The fuzzer looks for hangs and memory.
func guarded(read func([]byte, Visit) error) func([]byte, Visit) error {
	return func(b []byte, v Visit) (err error) {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v", r)
			}
		}()
		return read(b, v)
	}
}

func FuzzStream(f *testing.F) {
	seeds(f, "a.txt.*")
	fuzz(f, func(b []byte, v Visit) error { return Stream(sniff.Of(b), b, "a.gz", v) })
}
