package detect

import (
	"bytes"
	"hash/maphash"
	"unsafe"
)

// uniques are the different values of each group. Many types find the same
// values in the same places, so values are numbered, and so are those of the
// places that were seen last.
type uniques struct {
	text    []byte
	values  []value
	byHash  []int32 // number of the value + 1; 0: free
	members []member
	table   []int32 // number of the member + 1; 0: free
	places  []seenAt
	round   uint32 // of places: those of other texts have others
}

type value struct {
	piece  // of text
	hash   uint32
	normal piece // of the text of the collector, if it is listed
}

// member is a value of a group.
type member struct{ group, value int32 }

// seenAt is the value of a place in the original.
type seenAt struct {
	span  occurrence
	round uint32
	value int32
}

// leastTable is the size of a table for few values.
const leastTable = 64

// placeBits tells how many places are remembered.
const placeBits = 13

// begin forgets places: those to come are of another text.
func (u *uniques) begin() {
	if u.places == nil {
		u.places = make([]seenAt, 1<<placeBits)
	}
	if u.round++; u.round == 0 { // wrapped
		clear(u.places)
		u.round = 1
	}
}

// at gives what is remembered of a place, to be set by the caller if it is of
// another.
func (u *uniques) at(span occurrence) (p *seenAt, known bool) {
	const long = 1237 // places of one start and different ends are not beside others
	p = &u.places[uint32(span.start>>2+(span.end-span.start)*long)&(1<<placeBits-1)]
	return p, p.round == u.round && p.span == span
}

// number gives the number of a value that may be there.
func (u *uniques) number(s []byte) int32 {
	if 4*len(u.values) >= 3*len(u.byHash) {
		u.byHash = cleared(u.byHash, max(leastTable, 2*len(u.byHash)))
		for k := range u.values {
			v := &u.values[k]
			*u.place(v.hash, u.text[v.from:v.to]) = int32(k + 1)
		}
	}
	hash := uint32(maphash.Bytes(seed, s))
	p := u.place(hash, s)
	if *p == 0 {
		from := len(u.text)
		u.text = append(u.text, s...)
		u.values = append(u.values, value{piece: piece{int32(from), int32(len(u.text))}, hash: hash})
		*p = int32(len(u.values))
	}
	return *p - 1
}

// place finds where a value stands in the table, or the free place for it.
func (u *uniques) place(hash uint32, s []byte) *int32 {
	last := uint32(len(u.byHash) - 1)
	for i := hash & last; ; i = (i + 1) & last {
		p := &u.byHash[i]
		if *p == 0 {
			return p
		}
		if k := &u.values[*p-1]; k.hash == hash && bytes.Equal(u.text[k.from:k.to], s) {
			return p
		}
	}
}

// add adds a value to a group and reports whether it was not there.
func (u *uniques) add(group, value int32) bool {
	if 4*len(u.members) >= 3*len(u.table) {
		u.table = cleared(u.table, max(leastTable, 2*len(u.table)))
		for k, x := range u.members {
			*u.pair(x) = int32(k + 1)
		}
	}
	x := member{group, value}
	p := u.pair(x)
	if *p != 0 {
		return false
	}
	u.members = append(u.members, x)
	*p = int32(len(u.members))
	return true
}

// pair finds where a pair stands in the table, or the free place for it.
func (u *uniques) pair(x member) *int32 {
	last := uint32(len(u.table) - 1)
	h := uint32(x.value)*0x9e3779b1 + uint32(x.group)*0x85ebca6b
	for i := (h ^ h>>16) & last; ; i = (i + 1) & last {
		if p := &u.table[i]; *p == 0 || u.members[*p-1] == x {
			return p
		}
	}
}

// cleared gives a table of a size with nothing in it.
func cleared(table []int32, size int) []int32 {
	if cap(table) < size {
		return make([]int32, size)
	}
	table = table[:size]
	clear(table)
	return table
}

// size is about how many bytes of memory they hold.
func (u *uniques) size() int {
	const number = 4
	return cap(u.text) + cap(u.values)*int(unsafe.Sizeof(value{})) + (cap(u.byHash)+cap(u.table)+2*cap(u.members))*number
}

// forget drops all values.
func (u *uniques) forget() {
	u.text, u.values, u.byHash, u.members, u.table = u.text[:0], u.values[:0], u.byHash[:0], u.members[:0], u.table[:0]
}

// seed hides from senders where their values stand in tables; the order shows
// nowhere.
var seed = maphash.MakeSeed()
