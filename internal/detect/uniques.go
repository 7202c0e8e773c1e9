package detect

import (
	"bytes"
	"hash/maphash"
	"unsafe"
)

// uniques are the different values of each group.
type uniques struct {
	text  []byte
	list  []unique
	table []int32 // number of the value + 1, by hash; 0: free
}

type unique struct {
	piece  // of text
	group  int32
	hash   uint32
	normal piece // of the text of the collector, if it is listed
}

// leastTable is the size of a table for few values.
const leastTable = 64

// add adds a value that may be there. What it gives is good until the next.
func (u *uniques) add(group int32, s []byte) (value *unique, added bool) {
	if 4*len(u.list) >= 3*len(u.table) {
		u.grow(max(leastTable, 2*len(u.table)))
	}
	hash := uint32(maphash.Bytes(seed, s)) + uint32(group)*0x9e3779b1
	p := u.place(group, hash, s)
	if *p == 0 {
		from := len(u.text)
		u.text = append(u.text, s...)
		u.list = append(u.list, unique{piece: piece{int32(from), int32(len(u.text))}, group: group, hash: hash})
		*p, added = int32(len(u.list)), true
	}
	return &u.list[*p-1], added
}

// place finds where a value stands in the table, or the free place for it.
func (u *uniques) place(group int32, hash uint32, s []byte) *int32 {
	last := uint32(len(u.table) - 1)
	for i := hash & last; ; i = (i + 1) & last {
		p := &u.table[i]
		if *p == 0 {
			return p
		}
		if k := &u.list[*p-1]; k.hash == hash && k.group == group && bytes.Equal(u.text[k.from:k.to], s) {
			return p
		}
	}
}

func (u *uniques) grow(size int) {
	if cap(u.table) < size {
		u.table = make([]int32, size)
	}
	u.table = u.table[:size]
	clear(u.table)
	for k := range u.list {
		v := &u.list[k]
		*u.place(v.group, v.hash, u.text[v.from:v.to]) = int32(k + 1)
	}
}

// size is about how many bytes of memory they hold.
func (u *uniques) size() int {
	return cap(u.text) + cap(u.list)*int(unsafe.Sizeof(unique{})) + cap(u.table)*int(unsafe.Sizeof(u.table[0]))
}

// forget drops all values.
func (u *uniques) forget() {
	u.text, u.list, u.table = u.text[:0], u.list[:0], u.table[:0]
}

// seed hides from senders where their values stand in tables; the order shows
// nowhere.
var seed = maphash.MakeSeed()
