package cfb

import (
	"encoding/binary"
	"unicode/utf16"
)

// Add adds a stream with content.
func (d *Dir) Add(name string, data []byte) {
	d.Streams = append(d.Streams, &Stream{Name: name, data: data, size: int64(len(data))})
}

// Total is the size of all streams in the storage and below.
func (d *Dir) Total() int64 {
	var n int64
	for _, s := range d.Streams {
		n += s.Size() + 1<<9
	}
	for _, c := range d.Dirs {
		n += c.Total() + 1<<9
	}
	return n
}

// sectors of the files that are written have 512 bytes.
const sectorSize = 512

// Write makes a compound file (version 3) of a storage, which becomes the root.
// Streams that cannot be read to their end are as long as what there is.
func Write(d *Dir) []byte {
	w := &writer{}
	w.entries = append(w.entries, entry{name: "Root Entry", kind: kindRoot, left: freeSector, right: freeSector, child: freeSector, clsid: d.CLSID})
	w.dir(0, d)
	w.mini = padded(w.mini)
	w.entries[0].at, w.entries[0].size = w.store(w.mini), int64(len(w.mini))
	if len(w.mini) == 0 {
		w.entries[0].at = endOfChain
	}
	return w.done()
}

type writer struct {
	body    []byte
	fat     []uint32
	mini    []byte
	minifat []uint32
	entries []entry
}

// dir adds the entries of a storage as children of entry i. Siblings are a list
// to the right; the order that MS-CFB 2.6.4 asks for is that of a search tree,
// which no reader of ours needs.
func (w *writer) dir(i int, d *Dir) {
	last := -1
	link := func() int {
		n := len(w.entries) - 1
		if last < 0 {
			w.entries[i].child = uint32(n)
		} else {
			w.entries[last].right = uint32(n)
		}
		last = n
		return n
	}
	for _, s := range d.Streams {
		e := entry{name: s.Name, kind: kindStream, left: freeSector, right: freeSector, child: freeSector, at: endOfChain}
		b := s.Bytes()
		e.size = int64(len(b))
		switch {
		case len(b) == 0:
		case len(b) < 4096:
			e.at = uint32(len(w.mini) / 64)
			w.mini = append(w.mini, b...)
			for len(w.mini)%64 != 0 {
				w.mini = append(w.mini, 0)
			}
			for n := int(e.at) + 1; n < len(w.mini)/64; n++ {
				w.minifat = append(w.minifat, uint32(n))
			}
			w.minifat = append(w.minifat, endOfChain)
		default:
			e.at = w.store(padded(b))
		}
		w.entries = append(w.entries, e)
		link()
	}
	for _, c := range d.Dirs {
		w.entries = append(w.entries, entry{name: c.Name, kind: kindStorage, left: freeSector, right: freeSector, child: freeSector, clsid: c.CLSID})
		w.dir(link(), c)
	}
}

// padded is b, up to a whole sector.
func padded(b []byte) []byte {
	if len(b)%sectorSize == 0 {
		return b
	}
	return append(b[:len(b):len(b)], make([]byte, sectorSize-len(b)%sectorSize)...)
}

// store adds whole sectors as one chain and gives its first.
func (w *writer) store(b []byte) uint32 {
	at := uint32(len(w.fat))
	if len(b) == 0 {
		return endOfChain
	}
	w.body = append(w.body, b...)
	for n := int(at) + 1; n < len(w.body)/sectorSize; n++ {
		w.fat = append(w.fat, uint32(n))
	}
	w.fat = append(w.fat, endOfChain)
	return at
}

func (w *writer) done() []byte {
	le := binary.LittleEndian
	var dir []byte
	for _, e := range w.entries {
		b := make([]byte, 128)
		u := utf16.Encode([]rune(e.name))
		u = u[:min(len(u), 31)]
		for j, c := range u {
			le.PutUint16(b[2*j:], c)
		}
		le.PutUint16(b[64:], uint16(2*len(u)+2))
		b[66], b[67] = e.kind, 1
		le.PutUint32(b[68:], e.left)
		le.PutUint32(b[72:], e.right)
		le.PutUint32(b[76:], e.child)
		copy(b[80:], e.clsid[:])
		le.PutUint32(b[116:], e.at)
		le.PutUint32(b[120:], uint32(e.size))
		dir = append(dir, b...)
	}
	dirAt := w.store(padded(dir))
	mf := bytesOf(w.minifat)
	miniSectors := len(mf) / sectorSize
	miniAt := w.store(mf)
	// The FAT describes itself and the DIFAT as well.
	const per, inHeader = sectorSize / 4, 109
	nfat, ndifat := 0, 0
	for {
		all := len(w.fat) + nfat + ndifat
		f := (all + per - 1) / per
		d := 0
		if f > inHeader {
			d = (f - inHeader + per - 2) / (per - 1)
		}
		if f == nfat && d == ndifat {
			break
		}
		nfat, ndifat = f, d
	}
	fatAt := len(w.fat)
	for range nfat {
		w.fat = append(w.fat, 0xfffffffd)
	}
	for range ndifat {
		w.fat = append(w.fat, 0xfffffffc)
	}
	out := make([]byte, sectorSize, sectorSize+len(w.body)+(nfat+ndifat)*sectorSize)
	copy(out, Signature)
	le.PutUint16(out[24:], 0x3e)
	le.PutUint16(out[26:], 3)
	le.PutUint16(out[28:], 0xfffe)
	le.PutUint16(out[30:], 9)
	le.PutUint16(out[32:], 6)
	le.PutUint32(out[44:], uint32(nfat))
	le.PutUint32(out[48:], dirAt)
	le.PutUint32(out[56:], 4096)
	le.PutUint32(out[60:], miniAt)
	le.PutUint32(out[64:], uint32(miniSectors))
	le.PutUint32(out[68:], endOfChain)
	le.PutUint32(out[72:], uint32(ndifat))
	for i := range inHeader {
		n := uint32(freeSector)
		if i < nfat {
			n = uint32(fatAt + i)
		}
		le.PutUint32(out[76+4*i:], n)
	}
	out = append(out, w.body...)
	out = append(out, bytesOf(w.fat)...)
	if ndifat > 0 {
		le.PutUint32(out[68:], uint32(fatAt+nfat))
		next := inHeader
		for i := range ndifat {
			b := make([]byte, sectorSize)
			for j := range per - 1 {
				n := uint32(freeSector)
				if next < nfat {
					n = uint32(fatAt + next)
				}
				le.PutUint32(b[4*j:], n)
				next++
			}
			n := uint32(endOfChain)
			if i+1 < ndifat {
				n = uint32(fatAt + nfat + i + 1)
			}
			le.PutUint32(b[sectorSize-4:], n)
			out = append(out, b...)
		}
	}
	return out
}

// bytesOf is a table in whole sectors, the rest of the last marked free.
func bytesOf(t []uint32) []byte {
	var b []byte
	for _, n := range t {
		b = binary.LittleEndian.AppendUint32(b, n)
	}
	for len(b)%sectorSize != 0 {
		b = append(b, 0xff)
	}
	return b
}
