package edm

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// sortBucket sorts a dozen or two of records; a value that many rows share
// makes a bucket large.
func (o *sorter) sortBucket(rec int, b []uint32) {
	if len(b) > 64 {
		slices.SortFunc(b, func(x, y uint32) int {
			return bytes.Compare(o.data[int(x)*rec:int(x+1)*rec], o.data[int(y)*rec:int(y+1)*rec])
		})
		return
	}
	for i := 1; i < len(b); i++ {
		for k := i; k > 0 && o.less(rec, b[k], b[k-1]); k-- {
			b[k], b[k-1] = b[k-1], b[k]
		}
	}
}

func (o *sorter) less(rec int, x, y uint32) bool {
	p, q := o.data[int(x)*rec:int(x+1)*rec], o.data[int(y)*rec:int(y+1)*rec]
	if a, b := binary.BigEndian.Uint64(p), binary.BigEndian.Uint64(q); a != b {
		return a < b
	}
	return bytes.Compare(p[8:], q[8:]) < 0
}
