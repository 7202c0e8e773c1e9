package journal

import (
	"encoding/binary"
	"hash/crc32"
	"math"
	"os"
	"slices"
	"testing"
)

// segmentOf is what a writer makes of some entries.
func segmentOf(ids ...int64) []byte {
	b := newBatch()
	for _, id := range ids {
		e := entry(thing, id, text(id))
		b.add(&e)
	}
	return b.buf
}

// quickDir is a folder where a sync costs nothing, if there is such a place.
func quickDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "journal-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// put makes the files of a segment, whose index is nil for none.
func put(t *testing.T, dir string, data, index []byte) {
	t.Helper()
	path := segmentPath(dir, 1)
	if err := os.WriteFile(path+logSuffix, data, 0o640); err != nil {
		t.Fatal(err)
	}
	if index == nil {
		return
	}
	if err := os.WriteFile(path+indexSuffix, index, 0o640); err != nil {
		t.Fatal(err)
	}
}

// FuzzSegment reads any bytes as a segment that has no index: what is told of it
// is in it, in order, nothing is passed over in silence, and it is the same once
// there is an index.
func FuzzSegment(f *testing.F) {
	whole := segmentOf(1, 2, 3)
	f.Add(whole)
	f.Add(append(slices.Clone(whole), make([]byte, 100)...))
	for _, at := range []int{0, 4, 8, 12, 20, headSize, len(whole) / 2} {
		spoilt := slices.Clone(whole)
		spoilt[at] ^= 1
		f.Add(spoilt)
	}
	f.Add(slices.Concat(whole[:70], whole))
	f.Add(slices.Concat(segmentOf(7), []byte(frameMagic), segmentOf(8)))
	f.Fuzz(func(t *testing.T, data []byte) {
		heads, end := scan(data)
		at := int64(0)
		for i, h := range heads {
			if h.off != at {
				t.Fatalf("%+v begins at %d, what is before ends at %d", h, h.off, at)
			}
			if h.kind == kindGap {
				if i+1 == len(heads) || heads[i+1].kind == kindGap {
					t.Fatalf("no entry behind %+v", h)
				}
				at = heads[i+1].off
				if gap := at - h.off; gap <= 0 || gap > headSize && h.end() != at {
					t.Fatalf("%+v ends at %d", h, at)
				}
				continue
			}
			if got, body, ok := frameAt(data, int(h.off)); !ok || got != h || int64(len(body)) != h.size {
				t.Fatalf("%+v is not there", h)
			}
			at = h.end()
		}
		if at != end {
			t.Fatalf("entries up to %d of %d", at, end)
		}
		dir := quickDir(t)
		put(t, dir, data, nil)
		type said struct {
			found []Found
			data  []string
			lost  []string
		}
		look := func() (out said) {
			v, err := Look(dir)
			if err != nil {
				t.Fatal(err)
			}
			for kind := range byte(math.MaxUint8) {
				if err := v.Oldest(kind+1, func(f Found) error {
					data, err := v.Data(f)
					out.found, out.data = append(out.found, f), append(out.data, string(data))
					return err
				}); err != nil {
					t.Fatal(err)
				}
			}
			for _, err := range v.Lost() {
				out.lost = append(out.lost, err.Error())
			}
			return out
		}
		bare := look()
		if len(bare.found)+len(bare.lost) != len(heads) {
			t.Fatalf("%d entries and %d gaps of %d", len(bare.found), len(bare.lost), len(heads))
		}
		var told []string
		if _, err := mend(dir, func(err error) { told = append(told, err.Error()) }); err != nil {
			t.Fatal(err)
		}
		mended := look()
		if !slices.Equal(bare.found, mended.found) || !slices.Equal(bare.data, mended.data) || !slices.Equal(bare.lost, mended.lost) || !slices.Equal(told, bare.lost) {
			t.Fatalf("without an index %v, with one %v, told %v", bare, mended, told)
		}
	})
}

// FuzzIndex reads any bytes as an index, with the checksum that they should have:
// whatever it says, no entry is given but one that is in the segment.
func FuzzIndex(f *testing.F) {
	data := segmentOf(1, 2, 3)
	heads, end := scan(data)
	dir := f.TempDir()
	if err := writeIndex(segmentPath(dir, 1), end, heads); err != nil {
		f.Fatal(err)
	}
	index, err := os.ReadFile(segmentPath(dir, 1) + indexSuffix)
	if err != nil {
		f.Fatal(err)
	}
	for i := range len(index) - 4 {
		spoilt := slices.Clone(index[:len(index)-4])
		spoilt[i] ^= 0x81
		f.Add(spoilt)
	}
	f.Add(index[:len(index)-4])
	f.Fuzz(func(t *testing.T, index []byte) {
		dir := quickDir(t)
		put(t, dir, data, binary.LittleEndian.AppendUint32(slices.Clone(index), crc32.Checksum(index, castagnoli)))
		v, err := Look(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []byte{thing, other} {
			if err := v.Newest(kind, func(f Found) (bool, error) {
				if data, err := v.Data(f); err == nil && (kind != thing || string(data) != text(f.ID)) {
					t.Fatalf("entry %d is %q", f.ID, data)
				}
				_, _, err := v.After(f, other)
				return true, err
			}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := v.LastID(); err != nil {
			t.Fatal(err)
		}
	})
}
