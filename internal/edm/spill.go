package edm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
)

// partitions is the number of files that records are spread over, by the top
// byte of a hash: each is sorted on its own, so memory does not grow with the
// table.
const partitions = 256

// spillBuffer is what is collected of a partition before it is written.
const spillBuffer = 16 << 10

// spill is one set of partition files. Records of one partition are appended
// in any order.
type spill struct {
	dir, name string
	rec       int // bytes of a record
	parts     [partitions]spillPart
}

type spillPart struct {
	mu   sync.Mutex
	path string
	f    *os.File // nil until something is written
	buf  []byte
	size int64 // bytes in file and buffer
}

// newSpill opens the files that hold something, cut to the given sizes (nil:
// empty). A file is made when something is written to it.
func newSpill(dir, name string, rec int, sizes []int64) (*spill, error) {
	s := &spill{dir: dir, name: name, rec: rec}
	for i := range s.parts {
		p := &s.parts[i]
		p.path = s.path(i)
		if sizes == nil || sizes[i] == 0 {
			if err := os.Remove(p.path); err != nil && !errors.Is(err, os.ErrNotExist) {
				return nil, err
			}
			continue
		}
		p.size = sizes[i]
		if err := p.reopen(); err != nil {
			s.close()
			return nil, err
		}
	}
	return s, nil
}

// reopen opens a file that was written before and cuts it to its size.
func (p *spillPart) reopen() (err error) {
	if p.f, err = os.OpenFile(p.path, os.O_RDWR, 0o600); err != nil {
		return err
	}
	info, err := p.f.Stat()
	if err == nil && info.Size() < p.size {
		err = fmt.Errorf("%s is shorter than noted", p.path)
	}
	if err != nil {
		return err
	}
	return p.f.Truncate(p.size)
}

func (s *spill) path(i int) string { return filepath.Join(s.dir, fmt.Sprintf("%s.%02x", s.name, i)) }

// append adds a record to the partition of its first byte.
func (s *spill) append(rec []byte) error {
	p := &s.parts[rec[0]]
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.buf == nil {
		p.buf = make([]byte, 0, spillBuffer)
	}
	if len(p.buf)+len(rec) > cap(p.buf) {
		if err := p.flush(); err != nil {
			return err
		}
	}
	p.buf = append(p.buf, rec...)
	p.size += int64(len(rec))
	return nil
}

func (p *spillPart) flush() error {
	if len(p.buf) == 0 {
		return nil
	}
	if p.f == nil {
		f, err := os.OpenFile(p.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o600)
		if err != nil {
			return err
		}
		p.f = f
	}
	_, err := p.f.WriteAt(p.buf, p.size-int64(len(p.buf)))
	p.buf = p.buf[:0]
	return err
}

// flush writes all buffers and gives the sizes of the files.
func (s *spill) flush() ([]int64, error) {
	sizes := make([]int64, partitions)
	for i := range s.parts {
		p := &s.parts[i]
		p.mu.Lock()
		err := p.flush()
		sizes[i] = p.size
		p.mu.Unlock()
		if err != nil {
			return nil, err
		}
	}
	return sizes, nil
}

// counts gives the records of each partition.
func (s *spill) counts() (n [partitions]int) {
	for i := range s.parts {
		n[i] = int(s.parts[i].size) / s.rec
	}
	return n
}

// free gives the memory of the buffers back.
func (s *spill) free() {
	for i := range s.parts {
		s.parts[i].buf = nil
	}
}

func (s *spill) close() {
	for i := range s.parts {
		if f := s.parts[i].f; f != nil {
			f.Close()
		}
	}
}

// sorter sorts the records of one partition by their first eight bytes, the
// hash, and then by the rest, so that the result does not depend on the order
// in which workers came.
type sorter struct {
	data  []byte
	order []uint32
	heads []uint32 // per bucket, one more
}

// load reads a partition and sorts it into buckets of the hash's bits below
// the top byte.
func (o *sorter) load(s *spill, part int, bits uint) error {
	p := &s.parts[part]
	n := int(p.size) / s.rec
	o.data = grow(o.data, n*s.rec)
	if n > 0 {
		if _, err := p.f.ReadAt(o.data, 0); err != nil {
			return fmt.Errorf("reading %s: %w", p.path, err)
		}
	}
	o.order = grow(o.order, n)
	o.heads = grow(o.heads, 1<<bits+1)
	clear(o.heads)
	bucket := func(i int) int {
		return int(binary.BigEndian.Uint64(o.data[i*s.rec:]) << 8 >> (64 - bits)) // 0 if bits is 0
	}
	for i := range n {
		o.heads[bucket(i)+1]++
	}
	for b := 1; b < len(o.heads); b++ {
		o.heads[b] += o.heads[b-1]
	}
	for i := range n { // heads move up to the begin of the next bucket …
		b := bucket(i)
		o.order[o.heads[b]] = uint32(i)
		o.heads[b]++
	}
	copy(o.heads[1:], o.heads) // … and back
	o.heads[0] = 0
	for b := range 1 << bits {
		o.sortBucket(s.rec, o.order[o.heads[b]:o.heads[b+1]])
	}
	return nil
}

func grow[T any](s []T, n int) []T {
	if cap(s) < n {
		return make([]T, n)
	}
	return s[:n]
}

// rec gives the record at place i of the sorted order.
func (o *sorter) rec(i, size int) []byte {
	at := int(o.order[i]) * size
	return o.data[at : at+size]
}
