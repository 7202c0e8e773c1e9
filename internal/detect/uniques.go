package detect

import (
	"bytes"
	"hash/maphash"
)

// uniques is a set of byte strings.
type uniques struct {
	text  []byte
	ends  []int32 // of the strings in text
	table []int32 // number of the string + 1, by hash; 0: free
}

// add adds one that may be there.
func (u *uniques) add(s []byte) {
	if 4*len(u.ends) >= 3*len(u.table) {
		u.table = make([]int32, max(8, 2*len(u.table)))
		for k := range u.ends {
			*u.place(u.at(k)) = int32(k + 1)
		}
	}
	if p := u.place(s); *p == 0 {
		u.text = append(u.text, s...)
		u.ends = append(u.ends, int32(len(u.text)))
		*p = int32(len(u.ends))
	}
}

func (u *uniques) at(k int) []byte {
	from := int32(0)
	if k > 0 {
		from = u.ends[k-1]
	}
	return u.text[from:u.ends[k]]
}

// place finds where a string stands in the table, or the free place for it.
func (u *uniques) place(s []byte) *int32 {
	h := maphash.Bytes(seed, s)
	for i := h & uint64(len(u.table)-1); ; i = (i + 1) & uint64(len(u.table)-1) {
		if k := u.table[i]; k == 0 || bytes.Equal(u.at(int(k-1)), s) {
			return &u.table[i]
		}
	}
}

// seed hides from senders where their values stand in tables; the order shows
// nowhere.
var seed = maphash.MakeSeed()
