package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// View is the entries that a journal has at a moment. A writer may go on
// writing. It is for one goroutine.
type View struct {
	dir  string
	from Place
	nums []uint64         // of segments, the newest last
	have map[int]seen     // by index of nums, those at hand
	told map[int]struct{} // segments whose gaps are in lost
	lost []error          // pieces of the segments looked at that cannot be read
}

// seen is a segment as it was seen.
type seen struct {
	heads []head
	data  []byte // of one without an index
}

// Found is an entry that was read.
type Found struct {
	Kind byte
	ID   int64
	At   int64
	End  Place
	head head
	in   int // segment of the view
}

// LookBack gives the entries of the last so many segments.
func LookBack(dir string, segments int) (*View, error) {
	v, err := Look(dir)
	if err == nil {
		v.nums = v.nums[max(0, len(v.nums)-segments):]
	}
	return v, err
}

// Look gives the entries of the journal in a folder. A folder that is not
// there is a journal without entries.
func Look(dir string) (*View, error) { return LookFrom(dir, Place{}) }

// LookFrom gives those that end behind a place.
func LookFrom(dir string, from Place) (*View, error) {
	v := &View{dir: dir, from: from, have: map[int]seen{}, told: map[int]struct{}{}}
	var err error
	v.nums, err = numbers(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	v.nums = slices.DeleteFunc(v.nums, func(n uint64) bool { return n < from.Segment })
	return v, nil
}

// segment gives a segment; one that was deleted meanwhile is empty.
func (v *View) segment(i int) (seen, error) {
	if s, ok := v.have[i]; ok {
		return s, nil
	}
	s, err := see(v.dir, v.nums[i])
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return seen{}, err
	}
	if v.nums[i] == v.from.Segment {
		s.heads = slices.DeleteFunc(s.heads, func(h head) bool { return h.end() <= v.from.Offset })
	}
	if _, known := v.told[i]; !known {
		v.told[i] = struct{}{}
		for _, g := range gaps(s.heads) {
			v.lost = append(v.lost, damaged(v.nums[i], g.off, nil))
		}
	}
	v.have[i] = s
	return s, nil
}

// Lost tells of the pieces of the segments looked at so far in which entries
// were that cannot be read. Each wraps ErrDamaged and says where it is.
func (v *View) Lost() []error { return v.lost }

// Where says in which file an entry is and where in it.
func (v *View) Where(f Found) string { return where(v.nums[f.in], f.head.off) }

func where(segment uint64, off int64) string {
	return fmt.Sprintf("%016x%s, offset %d", segment, logSuffix, off)
}

// damaged is the error for a piece of a segment; cause may be nil.
func damaged(segment uint64, off int64, cause error) error {
	if cause != nil {
		return fmt.Errorf("%s: %w: %w", where(segment, off), ErrDamaged, cause)
	}
	return fmt.Errorf("%s: %w", where(segment, off), ErrDamaged)
}

// gaps are the heads that stand for what cannot be read.
func gaps(heads []head) (out []head) {
	for i := range heads {
		if heads[i].kind == kindGap {
			out = append(out, heads[i])
		}
	}
	return out
}

// forget keeps memory small: only segments near i stay at hand.
func (v *View) forget(i int) {
	for k := range v.have {
		if k < i-1 || k > i+1 {
			delete(v.have, k)
		}
	}
}

func see(dir string, num uint64) (seen, error) {
	path := segmentPath(dir, num)
	if heads, err := readIndex(path); err == nil {
		return seen{heads: heads}, nil
	} else if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, ErrDamaged) {
		return seen{}, err
	}
	for again := false; ; again = true {
		data, err := os.ReadFile(path + logSuffix)
		if err != nil {
			return seen{}, err
		}
		heads, end := scan(data)
		if len(gaps(heads)) > 0 && !again {
			continue // perhaps it was being written
		}
		return seen{heads: heads, data: data[:end:end]}, nil
	}
}

func (h head) end() int64 { return h.off + headSize + h.size }

// Newest gives the entries of a kind, the last written first, while more
// wants more.
func (v *View) Newest(kind byte, more func(Found) (bool, error)) error {
	return v.newest(func(h *head) bool { return h.kind == kind }, more)
}

// ByKey gives the entries of a kind with one of some keys, the last written
// first, while more wants more. Keys are hashes: an entry may be of something
// else.
func (v *View) ByKey(kind byte, keys []uint64, more func(Found) (bool, error)) error {
	return v.newest(func(h *head) bool {
		return h.kind == kind && (h.keys[0] != 0 && slices.Contains(keys, h.keys[0]) || h.keys[1] != 0 && slices.Contains(keys, h.keys[1]))
	}, more)
}

func (v *View) newest(want func(*head) bool, more func(Found) (bool, error)) error {
	for i := len(v.nums) - 1; i >= 0; i-- {
		s, err := v.segment(i)
		if err != nil {
			return err
		}
		for k := len(s.heads) - 1; k >= 0; k-- {
			if !want(&s.heads[k]) {
				continue
			}
			if ok, err := more(v.found(i, s.heads[k])); !ok || err != nil {
				return err
			}
		}
		v.forget(i)
	}
	return nil
}

// Oldest gives all entries of a kind in the order they were written.
func (v *View) Oldest(kind byte, each func(Found) error) error {
	for i := range v.nums {
		s, err := v.segment(i)
		if err != nil {
			return err
		}
		for _, h := range s.heads {
			if h.kind != kind {
				continue
			}
			if err := each(v.found(i, h)); err != nil {
				return err
			}
		}
		v.forget(i)
	}
	return nil
}

func (v *View) found(i int, h head) Found {
	return Found{Kind: h.kind, ID: h.id, At: h.at, End: Place{v.nums[i], h.end()}, head: h, in: i}
}

// nearby is how many segments behind that of an entry After looks at.
const nearby = 8

// After gives the first entry of a kind with the id of an entry that was
// written behind it, soon after.
func (v *View) After(f Found, kind byte) (Found, bool, error) {
	for i := f.in; i < min(len(v.nums), f.in+nearby); i++ {
		s, err := v.segment(i)
		if err != nil {
			return Found{}, false, err
		}
		for k := range s.heads {
			if h := &s.heads[k]; h.kind == kind && h.id == f.ID && (i > f.in || h.off > f.head.off) {
				return v.found(i, *h), true, nil
			}
		}
	}
	return Found{}, false, nil
}

// Count is the number of entries of a kind.
func (v *View) Count(kind byte) (int, error) {
	n := 0
	err := v.Oldest(kind, func(Found) error { n++; return nil })
	return n, err
}

// LastID is the highest id of the entries, 0 if there is none.
func (v *View) LastID() (int64, error) {
	id := int64(0)
	for i := range v.nums {
		s, err := v.segment(i)
		if err != nil {
			return 0, err
		}
		for k := range s.heads {
			id = max(id, s.heads[k].id)
		}
		v.forget(i)
	}
	return id, nil
}

// Data reads the data of an entry. It is fs.ErrNotExist if its segment was
// deleted since, ErrDamaged if it is not what was written.
func (v *View) Data(f Found) ([]byte, error) {
	s, err := v.segment(f.in)
	if err != nil {
		return nil, err
	}
	var frame []byte
	if int64(len(s.data)) >= f.head.end() {
		frame = s.data[f.head.off:f.head.end()]
	} else {
		file, err := os.Open(segmentPath(v.dir, v.nums[f.in]) + logSuffix)
		if err != nil {
			return nil, err
		}
		frame = make([]byte, headSize+f.head.size)
		_, err = file.ReadAt(frame, f.head.off)
		_ = file.Close()
		if err != nil {
			return nil, damaged(v.nums[f.in], f.head.off, err)
		}
	}
	h, body, ok := frameAt(frame, 0)
	if !ok || h.id != f.head.id || h.kind != f.head.kind {
		return nil, damaged(v.nums[f.in], f.head.off, nil)
	}
	return body, nil
}
