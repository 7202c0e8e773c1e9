package archive

import (
	"bytes"
	"cmp"
	"compress/flate"
	"io"
	"slices"
)

// Members that a local header names and the directory does not: left by a tool
// that updates archives, or put there to be seen by one program and not by
// another. A streaming unpacker finds them, so must an inspection.

// maxHidden bounds the members found that way.
const maxHidden = 2000

// scan adds the members with a local header outside of the given spans.
func (z *Zip) scan(data []byte, taken []span) {
	slices.SortFunc(taken, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	at, next, found := int64(0), 0, 0
	for {
		i := bytes.Index(data[at:], []byte("PK\x03\x04"))
		if i < 0 {
			return
		}
		at += int64(i)
		for next < len(taken) && taken[next].to <= at {
			next++
		}
		if next < len(taken) && taken[next].from <= at {
			at = taken[next].to // within a member that is known
			continue
		}
		end, ok := z.hidden(data, at)
		if !ok {
			at += 4
			continue
		}
		if found++; found > maxHidden {
			z.More = true
			return
		}
		if len(taken) > 0 {
			z.anomaly("member without entry")
		}
		at = end
	}
}

// hidden adds the member whose local header is at an offset and gives the end
// of its data.
func (z *Zip) hidden(data []byte, at int64) (int64, bool) {
	h, ok := parseLocal(data, at)
	if !ok || h.name == "" && h.packed == 0 {
		return 0, false
	}
	rest := data[h.data:]
	m := ZipMember{Name: h.name, Encrypted: h.flags&1 != 0 || h.method == methodAES}
	m.Names = names(h.name)
	m.Dir = h.name != "" && h.name[len(h.name)-1] == '/' && h.size == 0 && h.flags&8 == 0
	fail := ErrCorrupt
	if m.Encrypted {
		fail = ErrEncrypted
	}
	if h.flags&8 == 0 && h.packed <= int64(len(rest)) && h.packed != 1<<32-1 {
		raw := rest[:h.packed]
		m.Packed = h.packed
		m.Open = func() (io.Reader, error) {
			u, err := unpacker(h.method, bytes.NewReader(raw), h.size)
			if err != nil {
				return nil, err
			}
			return check(u, h.crc, fail), nil
		}
		z.Members = append(z.Members, m)
		return h.data + h.packed, true
	}
	// The size stands behind the data (APPNOTE 4.4.4 bit 3) or is a lie: the
	// stream itself knows where it ends; stored data end at the next header.
	limit := int64(len(rest))
	if n := bytes.Index(rest, []byte("PK\x03\x04")); n >= 0 && h.method != methodDeflate {
		limit = int64(n)
	}
	if n := bytes.Index(rest[:limit], []byte("PK\x07\x08")); n >= 0 && h.method != methodDeflate {
		limit = int64(n)
	}
	if h.method == methodDeflate {
		limit = z.deflated(rest)
	}
	raw := rest[:limit]
	m.Packed = limit
	m.Open = func() (io.Reader, error) {
		u, err := unpacker(h.method, bytes.NewReader(raw), -1)
		if err != nil {
			return nil, err
		}
		return strict{u, fail}, nil
	}
	z.Members = append(z.Members, m)
	return h.data + limit, true
}

// deflateProbe bounds what is unpacked, for one archive, only to find the ends
// of streams.
const deflateProbe = 64 << 20

// deflated gives the length of the deflate stream at the start of b: up to its
// end, or up to where it breaks or the bound is met.
func (z *Zip) deflated(b []byte) int64 {
	r := bytes.NewReader(b)
	f := flate.NewReader(r) // reads byte by byte, so that it stops at the end
	n, _ := io.CopyN(io.Discard, f, z.probe)
	if z.probe -= n; z.probe <= 0 {
		z.More = true
		return int64(len(b))
	}
	return int64(len(b) - r.Len())
}
