package archive

import (
	"archive/zip"
	"bytes"
	"cmp"
	"encoding/binary"
	"io"
	"slices"
)

// maxEntries bounds the entries of one zip archive that are looked at.
const maxEntries = 10_000

// span is a range of bytes of the archive.
type span struct{ from, to int64 }

// Zip is an opened zip archive.
type Zip struct {
	Members []ZipMember // in the order of the directory, then those without entry
	// Anomalies are the ways in which the archive can be read differently by
	// different programs, in fixed words.
	Anomalies []string
	// More is set when there are more entries than are looked at.
	More bool

	probe int64 // bytes that may still be unpacked to find ends of streams
}

// ZipMember is a member with what only zip has.
type ZipMember struct {
	Member
	Name      string // as stored
	Dir       bool
	Encrypted bool // claimed by its flag; reading tells
}

// OpenZip reads the directory of an archive and looks for members beside it. It
// always gives what it found; an archive without any member has none.
func OpenZip(data []byte) *Zip {
	z := &Zip{probe: deflateProbe}
	r, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil || len(r.File) == 0 {
		// No directory that can be read: what local headers say.
		z.scan(data, nil)
		if len(z.Members) > 0 {
			z.anomaly("no directory")
		}
		return z
	}
	var taken []span
	seen := map[string]bool{}
	for i, f := range r.File {
		if i >= maxEntries {
			z.More = true
			break
		}
		if seen[f.Name] {
			z.anomaly("duplicate name")
		}
		seen[f.Name] = true
		taken = append(taken, z.entry(data, f))
	}
	z.overlaps(taken)
	if !z.More {
		z.scan(data, taken)
	}
	return z
}

func (z *Zip) anomaly(s string) {
	if !slices.Contains(z.Anomalies, s) {
		z.Anomalies = append(z.Anomalies, s)
	}
}

// entry adds an entry of the directory and gives the bytes it takes.
func (z *Zip) entry(data []byte, f *zip.File) span {
	m := ZipMember{Name: f.Name, Encrypted: f.Flags&1 != 0 || f.Method == methodAES}
	m.Names = names(f.Name, unicodeName(f.Extra))
	m.Dir = len(f.Name) > 0 && f.Name[len(f.Name)-1] == '/' && f.UncompressedSize64 == 0
	at, err := f.DataOffset()
	if err != nil || at < 0 || at > int64(len(data)) {
		m.Open = func() (io.Reader, error) { return nil, ErrCorrupt }
		z.Members = append(z.Members, m)
		return span{}
	}
	size := int64(min(f.CompressedSize64, uint64(len(data))))
	end := min(at+size, int64(len(data)))
	short := f.CompressedSize64 > uint64(int64(len(data))-at)
	m.Packed = end - at
	raw := data[at:end]
	from := at - 30 - int64(len(f.Name))
	h, ok := localHeader(data, at)
	if ok {
		from = h.at
	}
	if !ok || (h.method != f.Method || h.name != f.Name || h.flags&1 != f.Flags&1) {
		z.anomaly("local header differs")
	}
	fail := ErrCorrupt
	if m.Encrypted {
		fail = ErrEncrypted
	}
	known := int64(f.UncompressedSize64)
	if f.Flags&2 != 0 && f.Method == methodLZMA {
		known = -1
	}
	m.Open = func() (io.Reader, error) {
		u, err := unpacker(f.Method, bytes.NewReader(raw), known)
		if err != nil {
			if m.Encrypted {
				err = ErrEncrypted
			}
			return nil, err
		}
		if short {
			return check(u, f.CRC32^1, fail), nil // cut off: never right
		}
		return check(u, f.CRC32, fail), nil
	}
	z.Members = append(z.Members, m)
	return span{from, end}
}

// overlaps drops members whose bytes another one has used: one packed run read
// many times is how the largest bombs are made.
func (z *Zip) overlaps(taken []span) {
	order := make([]int, len(taken))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(taken[a].from, taken[b].from) })
	drop := map[int]bool{}
	end := int64(-1)
	for _, i := range order {
		s := taken[i]
		if s.to == s.from {
			continue
		}
		if s.from < end && s.to > s.from {
			drop[i] = true
			continue
		}
		end = max(end, s.to)
	}
	if len(drop) == 0 {
		return
	}
	z.anomaly("overlap")
	kept := z.Members[:0]
	for i, m := range z.Members {
		if !drop[i] {
			kept = append(kept, m)
		}
	}
	z.Members = kept
}

// header is what a local header says (APPNOTE 4.3.7).
type header struct {
	flags, method uint16
	crc           uint32
	packed, size  int64
	name          string
	at, data      int64 // offsets of the header and of the data
}

// localHeader reads the local header in front of the data at an offset.
func localHeader(data []byte, at int64) (header, bool) {
	// Its own lengths led to the offset, but they are not told: look back as far
	// as a name and an extra field can be long.
	tail := data[max(0, at-maxHeader):at]
	for range maxLookBack {
		i := bytes.LastIndex(tail, []byte("PK\x03\x04"))
		if i < 0 {
			break
		}
		if h, ok := parseLocal(data, at-int64(len(data[max(0, at-maxHeader):at])-i)); ok && h.data == at {
			return h, true
		}
		tail = tail[:i]
	}
	return header{}, false
}

const (
	// maxHeader is the most that a local header takes.
	maxHeader = 30 + 2*65535
	// maxLookBack is how many signatures before the data are tried. More than
	// one stand there only where a name or an extra field holds others.
	maxLookBack = 64
)

func parseLocal(data []byte, at int64) (header, bool) {
	if at < 0 || at+30 > int64(len(data)) || string(data[at:at+4]) != "PK\x03\x04" {
		return header{}, false
	}
	b := data[at:]
	le := binary.LittleEndian
	method := le.Uint16(b[8:])
	if method > methodAES {
		return header{}, false // no such method: no header
	}
	n, extra := int64(le.Uint16(b[26:])), int64(le.Uint16(b[28:]))
	h := header{flags: le.Uint16(b[6:]), method: method, crc: le.Uint32(b[14:]),
		packed: int64(le.Uint32(b[18:])), size: int64(le.Uint32(b[22:])), at: at, data: at + 30 + n + extra}
	if h.data > int64(len(data)) {
		return header{}, false
	}
	h.name = string(b[30 : 30+n])
	return h, true
}

// unicodeName gives the name of the Info-ZIP Unicode path field
// (APPNOTE 4.6.9), "" without one.
func unicodeName(extra []byte) string {
	for len(extra) >= 4 {
		id, n := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if n > len(extra)-4 {
			return ""
		}
		if id == 0x7075 && n > 5 {
			return string(extra[9 : 4+n])
		}
		extra = extra[4+n:]
	}
	return ""
}
