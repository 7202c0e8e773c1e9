package archive

import (
	"bytes"
	"encoding/binary"
	"io"
	"strings"
	"unicode/utf16"
)

// ISO 9660 (ECMA-119) images, with the longer names of Joliet where they are:
// volume descriptors from sector 16, then directories of records.

const (
	isoSector = 2048
	// maxISO bounds the records that are looked at, which also ends cycles.
	maxISO = 10_000
)

// isoDir is a directory to be read.
type isoDir struct {
	at, size int64
	path     string
}

// ISO visits the files of an image in the order of its directories.
func ISO(data []byte, visit Visit) error {
	root, joliet, ok := isoRoot(data)
	if !ok {
		return ErrCorrupt
	}
	queue, seen, records := []isoDir{root}, map[int64]bool{root.at: true}, 0
	damaged := false
	for len(queue) > 0 {
		d := queue[0]
		queue = queue[1:]
		b := extent(data, d.at, d.size)
		damaged = damaged || int64(len(b)) < d.size
		for len(b) > 0 {
			n := int(b[0])
			if n == 0 { // the rest of the sector is unused
				skip := len(b) % isoSector
				if skip == 0 {
					skip = isoSector
				}
				b = b[min(skip, len(b)):]
				continue
			}
			if n < 34 || n > len(b) || 33+int(b[32]) > n {
				damaged = true
				break
			}
			r := b[:n]
			b = b[n:]
			if records++; records > maxISO {
				return ErrCorrupt
			}
			name := isoName(r[33:33+int(r[32])], joliet)
			at := int64(binary.LittleEndian.Uint32(r[2:])) * isoSector
			size := int64(binary.LittleEndian.Uint32(r[10:]))
			switch {
			case name == "": // itself or its parent
			case r[25]&2 != 0:
				if !seen[at] {
					seen[at] = true
					queue = append(queue, isoDir{at, size, d.path + name + "/"})
				}
			default:
				content := extent(data, at, size)
				short := int64(len(content)) < size
				if err := visit(Member{Names: names(d.path + name), Packed: int64(len(content)), Open: func() (io.Reader, error) {
					if short {
						return strict{io.MultiReader(bytes.NewReader(content), cutOff{}), ErrCorrupt}, nil
					}
					return bytes.NewReader(content), nil
				}}); err != nil {
					return err
				}
			}
		}
	}
	if damaged {
		return ErrCorrupt
	}
	return nil
}

// cutOff is the end of content that should go on.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// isoRoot finds the root directory: of the Joliet descriptor if there is one,
// else of the primary one (ECMA-119 8.4, 8.5).
func isoRoot(data []byte) (root isoDir, joliet, ok bool) {
	for at := 16 * isoSector; at+isoSector <= len(data) && at < 100*isoSector; at += isoSector {
		d := data[at : at+isoSector]
		if string(d[1:6]) != "CD001" || d[0] == 255 {
			break
		}
		r := d[156:190]
		dir := isoDir{at: int64(binary.LittleEndian.Uint32(r[2:])) * isoSector, size: int64(binary.LittleEndian.Uint32(r[10:]))}
		switch {
		case d[0] == 1 && !ok:
			root, ok = dir, true
		case d[0] == 2 && (string(d[88:91]) == "%/@" || string(d[88:91]) == "%/C" || string(d[88:91]) == "%/E"):
			return dir, true, true
		}
	}
	return root, false, ok
}

func extent(data []byte, at, size int64) []byte {
	if at < 0 || at > int64(len(data)) {
		return nil
	}
	return data[at:min(at+max(size, 0), int64(len(data)))]
}

// isoName is the name of a record without its version (";1"), "" for the two
// entries that lead nowhere new.
func isoName(b []byte, joliet bool) string {
	if len(b) == 1 && b[0] <= 1 || len(b) == 0 {
		return ""
	}
	s := string(b)
	if joliet && len(b) >= 2 {
		u := make([]uint16, len(b)/2)
		for i := range u {
			u[i] = binary.BigEndian.Uint16(b[2*i:])
		}
		s = string(utf16.Decode(u))
	}
	s, _, _ = strings.Cut(s, ";")
	return strings.TrimSuffix(s, ".")
}
