package journal

import (
	"encoding/binary"
	"hash/crc32"
)

// Entry is one thing kept.
type Entry struct {
	Kind byte  // the writer's, not 0
	ID   int64 // the writer's
	At   int64 // microseconds since 1970-01-01 UTC; by it entries grow old
	// Keys are hashes of what it is looked up by, 0 for none.
	Keys [2]uint64
	// Append appends the data to a buffer.
	Append func(b []byte) []byte
	// Then is called with the place where the entry ends once it is on disk,
	// in the order of the entries and before Write returns; nil for nothing.
	Then func(Place)
}

// head is what stands before the data of an entry, and in the index.
type head struct {
	kind   byte
	id, at int64
	keys   [2]uint64
	off    int64 // of the frame
	size   int64 // of the data
}

// A frame: magic, length of the data and checksum of all that follows it,
// four bytes each; then kind, three bytes 0, id, time and keys; then the data.
// Numbers are little-endian.
const (
	frameMagic = "\xf1lmd"
	headSize   = 48
	summedFrom = 12 // where begins what the checksum is of
	maxData    = 1 << 30
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// add appends an entry to a batch.
func (b *batch) add(e *Entry) {
	off := len(b.buf)
	h := head{kind: e.Kind, id: e.ID, at: e.At, keys: e.Keys, off: int64(off)}
	b.buf = append(b.buf, zeros[:headSize]...)
	b.buf = e.Append(b.buf)
	f := b.buf[off:]
	h.size = int64(len(f) - headSize)
	h.put(f)
	binary.LittleEndian.PutUint32(f[8:], crc32.Checksum(f[summedFrom:], castagnoli))
	b.heads = append(b.heads, h)
	if e.Then != nil {
		b.then = append(b.then, then{int64(len(b.buf)), e.Then})
	}
}

// put writes a head to the beginning of f, without its checksum.
func (h *head) put(f []byte) {
	copy(f, frameMagic)
	le := binary.LittleEndian
	le.PutUint32(f[4:], uint32(h.size))
	f[12] = h.kind
	le.PutUint64(f[16:], uint64(h.id))
	le.PutUint64(f[24:], uint64(h.at))
	le.PutUint64(f[32:], h.keys[0])
	le.PutUint64(f[40:], h.keys[1])
}

// headOf reads a head from the beginning of f, of at least headSize bytes.
func headOf(f []byte, off int64) (h head, ok bool) {
	le := binary.LittleEndian
	h = head{kind: f[12], id: int64(le.Uint64(f[16:])), at: int64(le.Uint64(f[24:])),
		keys: [2]uint64{le.Uint64(f[32:]), le.Uint64(f[40:])}, off: off, size: int64(le.Uint32(f[4:]))}
	return h, string(f[:4]) == frameMagic && h.kind != 0 && h.size <= maxData
}

// kindGap is the kind of heads that stand for a piece of a segment, between
// entries, in which no entry can be read.
const kindGap = 0

// frameAt reads the frame that begins at data[off], whole and undamaged.
func frameAt(data []byte, off int) (h head, body []byte, ok bool) {
	if len(data)-off < headSize {
		return h, nil, false
	}
	f := data[off:]
	if h, ok = headOf(f, int64(off)); !ok || int64(len(f)) < headSize+h.size {
		return h, nil, false
	}
	f = f[:headSize+h.size]
	if binary.LittleEndian.Uint32(f[8:]) != crc32.Checksum(f[summedFrom:], castagnoli) {
		return h, nil, false
	}
	return h, f[headSize:], true
}
