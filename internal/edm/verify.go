package edm

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"runtime"
)

// Info is what can be said of a store without its key.
type Info struct {
	Format      int      `json:"format"`
	Rows        int64    `json:"rows"`
	Columns     int      `json:"columns"`
	Searchable  int      `json:"searchable"`
	TagBits     int      `json:"tag_bits"`
	Normalisers []Type   `json:"normalisers"`
	KeyCheck    string   `json:"key_check"`
	Size        int64    `json:"size"`
	BytesPerRow float64  `json:"bytes_per_row"`
	Bound       float64  `json:"bound"` // bytes per row that no other form could be below, 0 if unknown
	Digest      string   `json:"digest"`
	Sections    []Extent `json:"sections"`
}

// Extent is one section of the file.
type Extent struct {
	Name string `json:"name"`
	Size int64  `json:"size"`
}

// ReadInfo reads a store's header.
func ReadInfo(path string) (Info, error) {
	f, err := os.Open(path)
	if err != nil {
		return Info{}, fmt.Errorf("%s: %w", path, plainErr(err))
	}
	defer f.Close()
	var h header
	raw, err := readHeader(f, &h)
	if err != nil {
		return Info{}, fmt.Errorf("%s: %w", path, err)
	}
	st, err := f.Stat()
	if err != nil {
		return Info{}, err
	}
	sum := sha256.Sum256(raw)
	i := Info{Format: h.Format, Rows: h.Rows, Columns: h.Columns, Searchable: len(h.Indexes), TagBits: h.TagBits, Normalisers: h.Normalisers,
		KeyCheck: h.KeyCheck, Size: st.Size(), Digest: "sha256:" + hex.EncodeToString(sum[:])}
	if h.Rows > 0 {
		i.BytesPerRow = float64(i.Size) / float64(h.Rows)
		i.Bound = bound(&h)
	}
	for _, s := range h.Sections {
		i.Sections = append(i.Sections, Extent{s.Name, s.Size})
	}
	return i, nil
}

// Verify reads the whole file, with plain reads, and checks it against its
// checksums: a single bit that was changed is found. It needs no key; with a
// key (Open) the header is known to be by its holder, and so is all the rest.
func Verify(ctx context.Context, path string, progress func(done, total int64)) error {
	if err := verify(ctx, path, progress); err != nil {
		return fmt.Errorf("%s: %w", path, plainErr(err))
	}
	return nil
}

func verify(ctx context.Context, path string, progress func(done, total int64)) error {
	if progress == nil {
		progress = func(int64, int64) {}
	}
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	var h header
	if _, err := readHeader(f, &h); err != nil {
		return err
	}
	want, ok := h.sizes()
	if !ok || len(want) != len(h.Sections) {
		return fmt.Errorf("%w: numbers of the header", ErrDamaged)
	}
	for i := range want {
		if want[i] != h.Sections[i] {
			return fmt.Errorf("%w: section %s", ErrDamaged, want[i].Name)
		}
	}
	end := want[len(want)-1]
	st, err := f.Stat()
	if err != nil {
		return err
	}
	if st.Size() != end.Offset+end.Size {
		return fmt.Errorf("%w: it has %d bytes and should have %d", ErrDamaged, st.Size(), end.Offset+end.Size)
	}
	noted := make([]byte, end.Size)
	if _, err := f.ReadAt(noted, end.Offset); err != nil && err != io.EOF {
		return err
	}
	if sum := sha256.Sum256(noted); hex.EncodeToString(sum[:]) != h.Sums {
		return fmt.Errorf("%w: section sums", ErrDamaged)
	}
	sums, err := chunkSums(ctx, f, end.Offset, runtime.GOMAXPROCS(0), progress)
	if err != nil {
		return err
	}
	for at := 0; at < len(sums); at += sha256.Size {
		if !bytes.Equal(sums[at:at+sha256.Size], noted[at:at+sha256.Size]) {
			off := int64(headerSize) + int64(at/sha256.Size)*sumChunk
			return fmt.Errorf("%w: between byte %d and %d", ErrDamaged, off, min(off+sumChunk, end.Offset))
		}
	}
	return nil
}
