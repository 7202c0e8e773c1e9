package edm

import (
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"runtime/debug"
	"sort"
	"strings"
	"unsafe"
)

// Row is a row found by a value.
type Row struct {
	ID   uint32
	salt uint64
}

// MaxRowsPerValue is how many rows of one searchable value are looked at. The
// build reports values that more rows share.
const MaxRowsPerValue = 64

// bits40 holds the 40 bits of a key.
const bits40 = 1<<40 - 1

// find gives the rows whose value in a searchable column has the hash; more
// is true if there are more than are given. dst is appended to.
func (s *Store) find(idx int, hash uint64, dst []Row) (out []Row, more bool) {
	x := &s.idx[idx]
	bucket := hash >> (64 - x.Bits)
	key := hash >> (24 - x.Bits) & bits40
	lo := int(binary.LittleEndian.Uint32(x.dir[4*bucket:]))
	hi := int(binary.LittleEndian.Uint32(x.dir[4*bucket+4:]))
	lo = x.first(lo, hi, key)
	n := 0
	for ; lo < hi; lo++ {
		if key40(x.key[lo*keyBytes:]) != key {
			return dst, false
		}
		if n++; n > MaxRowsPerValue {
			return dst, true
		}
		if x.rows == nil {
			dst = append(dst, Row{uint32(lo), (bucket<<40 | key) >> x.Bits})
		} else {
			row := binary.LittleEndian.Uint32(x.rows[4*lo:])
			dst = append(dst, Row{row, s.saltOf(row)})
		}
	}
	return dst, false
}

// first gives the first place from lo to hi whose key is not below key. Keys
// are spread evenly, so it is near to where it would be if they were exactly.
func (x *searchIndex) first(lo, hi int, key uint64) int {
	n := hi - lo
	if n > 64 {
		return lo + sort.Search(n, func(i int) bool { return key40(x.key[(lo+i)*keyBytes:]) >= key })
	}
	at := lo + int(key*uint64(n)>>40)
	for at < hi && key40(x.key[at*keyBytes:]) < key {
		at++
	}
	for at > lo && key40(x.key[(at-1)*keyBytes:]) >= key {
		at--
	}
	return at
}

// key40 reads a key; three more bytes can be read behind every key.
func key40(b []byte) uint64 { return binary.BigEndian.Uint64(b) >> 24 }

// saltOf finds the top 40 bits of the hash of a row's first searchable value.
func (s *Store) saltOf(row uint32) uint64 {
	x := &s.idx[0]
	n := len(x.dir)/4 - 1
	bucket := uint64(sort.Search(n, func(i int) bool { return binary.LittleEndian.Uint32(x.dir[4*i+4:]) > row }))
	return (bucket<<40 | key40(x.key[int(row)*keyBytes:])) >> x.Bits
}

// tag gives what the row holds of a column.
func (s *Store) tag(row uint32, column int) uint32 {
	if len(s.idx) == 1 && column > s.idx[0].column {
		column--
	}
	at := (int(row)*s.head.tagged() + column) * s.tagBytes
	b := s.tags[at : at+s.tagBytes]
	t := uint32(b[0]) | uint32(b[1])<<8 | uint32(b[2])<<16
	if s.tagBytes == 4 {
		t |= uint32(b[3]) << 24
	}
	return t
}

// Guard runs f, in which the mapped file is read. If the file was cut short or
// its disk fails, which the kernel tells by a signal, the error is
// ErrUnavailable; every other panic goes on.
func (s *Store) Guard(f func()) (err error) {
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		runtime.KeepAlive(s)
		v := recover()
		if v == nil {
			return
		}
		if e, ok := v.(runtime.Error); ok && s.faulted(e) {
			err = fmt.Errorf("%w: %s cannot be read any more (it was changed in place, or the disk fails)", ErrUnavailable, s.path)
			return
		}
		panic(v)
	}()
	f()
	return nil
}

// faulted reports whether a runtime error is a fault in the mapping.
func (s *Store) faulted(e runtime.Error) bool {
	var a interface{ Addr() uintptr }
	if errors.As(e, &a) && len(s.data) > 0 {
		from := uintptr(unsafe.Pointer(unsafe.SliceData(s.data)))
		return a.Addr() >= from && a.Addr() < from+uintptr(len(s.data))
	}
	// A damaged directory leads outside a section: checksums find it, and
	// until then it must not take the process with it.
	return strings.Contains(e.Error(), "out of range")
}
