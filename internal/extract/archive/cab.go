package archive

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"io"
)

// Cabinet files ([MS-CAB]): folders of compressed blocks, and files that are
// ranges of a folder's data. Stored folders and MSZIP are read; Quantum and LZX
// are methods that are not.

const (
	cabStored = 0
	cabMSZIP  = 1
	// cabWindow is how far MSZIP looks back, over blocks too (2.3, [MS-MCI]).
	cabWindow = 32 << 10
	// maxCabGap bounds data of a folder that belong to no file.
	maxCabGap = 64 << 20
	// cabUTF8 is the attribute of a name in UTF-8.
	cabUTF8 = 0x80
)

// cabFolder is one folder: a stream of blocks.
type cabFolder struct {
	method uint16
	blocks []byte // from the first block on
	left   int    // blocks that are left
	extra  int    // reserved bytes in the head of each block
	out    []byte // of the block in hand, not yet given
	past   []byte // the window
	at     int64  // bytes given
	err    error
	last   error // after the block in hand
}

// Cab visits the files of a cabinet in stored order.
func Cab(data []byte, visit Visit) error {
	c, err := openCab(data)
	if err != nil {
		return err
	}
	gap := int64(0)
	for range c.files {
		f, err := c.file()
		if err != nil {
			return err
		}
		m := Member{Names: names(f.name), Solid: true, Packed: int64(len(data))}
		switch {
		case f.folder >= len(c.folders): // it goes on in another cabinet, or nowhere
			m.Open = func() (io.Reader, error) { return nil, ErrCorrupt }
		default:
			d := &c.folders[f.folder]
			m.Open = func() (io.Reader, error) {
				if skip := f.at - d.at; skip < 0 {
					return nil, ErrCorrupt // files share data: that is a trick
				} else if gap += skip; gap > maxCabGap {
					return nil, ErrCorrupt
				} else if _, err := io.CopyN(io.Discard, d, skip); err != nil {
					return nil, cabError(err)
				}
				return &cabFile{d, f.size}, nil
			}
		}
		if err := visit(m); err != nil {
			return err
		}
	}
	return nil
}

// cab is an opened cabinet.
type cab struct {
	folders []cabFolder
	files   int
	rest    []byte // the file entries that are left
}

type cabEntry struct {
	name     string
	folder   int
	at, size int64
}

func openCab(b []byte) (*cab, error) {
	le := binary.LittleEndian
	if len(b) < 36 || string(b[:4]) != "MSCF" {
		return nil, ErrCorrupt
	}
	filesAt := int64(le.Uint32(b[16:]))
	folders, files, flags := int(le.Uint16(b[26:])), int(le.Uint16(b[28:])), le.Uint16(b[30:])
	at, perFolder, perBlock := 36, 0, 0
	if flags&4 != 0 { // reserved areas
		if len(b) < at+4 {
			return nil, ErrCorrupt
		}
		perFolder, perBlock = int(b[at+2]), int(b[at+3])
		at += 4 + int(le.Uint16(b[at:]))
	}
	for _, set := range []uint16{1, 2} { // names of the cabinet before and after
		if flags&set == 0 {
			continue
		}
		for range 2 {
			if at > len(b) {
				return nil, ErrCorrupt
			}
			n := bytes.IndexByte(b[at:], 0)
			if n < 0 {
				return nil, ErrCorrupt
			}
			at += n + 1
		}
	}
	c := &cab{files: files}
	for range folders {
		if at < 0 || at+8 > len(b) {
			return nil, ErrCorrupt
		}
		start := int64(le.Uint32(b[at:]))
		if start > int64(len(b)) {
			start = int64(len(b))
		}
		c.folders = append(c.folders, cabFolder{method: le.Uint16(b[at+6:]) & 0x0f, blocks: b[start:], left: int(le.Uint16(b[at+4:])), extra: perBlock})
		at += 8 + perFolder
	}
	if filesAt > int64(len(b)) || files == 0 {
		return nil, ErrCorrupt
	}
	c.rest = b[filesAt:]
	return c, nil
}

// file reads the next entry.
func (c *cab) file() (cabEntry, error) {
	le, b := binary.LittleEndian, c.rest
	if len(b) < 17 {
		return cabEntry{}, ErrCorrupt
	}
	n := bytes.IndexByte(b[16:], 0)
	if n < 0 {
		return cabEntry{}, ErrCorrupt
	}
	e := cabEntry{name: string(b[16 : 16+n]), folder: int(le.Uint16(b[8:])), size: int64(le.Uint32(b)), at: int64(le.Uint32(b[4:]))}
	if le.Uint16(b[14:])&cabUTF8 == 0 {
		e.name = string(bytes.ReplaceAll([]byte(e.name), []byte{'\\'}, []byte{'/'}))
	}
	c.rest = b[17+n:]
	return e, nil
}

// cabFile is the range of a folder that is a file.
type cabFile struct {
	d    *cabFolder
	left int64
}

func (f *cabFile) Read(p []byte) (int, error) {
	if f.left == 0 {
		return 0, io.EOF
	}
	n, err := f.d.Read(p[:min(int64(len(p)), f.left)])
	f.left -= int64(n)
	if err != nil {
		err = cabError(err)
	}
	return n, err
}

// cabError: a file never ends with its folder.
func cabError(err error) error {
	if errors.Is(err, ErrMethod) {
		return err
	}
	return errors.Join(ErrCorrupt, err)
}

// Read gives the data of the folder.
func (d *cabFolder) Read(p []byte) (int, error) {
	for len(d.out) == 0 {
		if d.err == nil {
			if d.err = d.last; d.err == nil {
				d.err = d.block()
			}
		}
		if d.err != nil {
			return 0, d.err
		}
	}
	n := copy(p, d.out)
	d.out = d.out[n:]
	d.at += int64(n)
	return n, nil
}

// block unpacks the next block.
func (d *cabFolder) block() error {
	if d.method != cabStored && d.method != cabMSZIP {
		return ErrMethod
	}
	head := 8 + d.extra
	if d.left == 0 || len(d.blocks) < head {
		return io.ErrUnexpectedEOF
	}
	d.left--
	packed, size := int(binary.LittleEndian.Uint16(d.blocks[4:])), int(binary.LittleEndian.Uint16(d.blocks[6:]))
	var cut error // what is there of the last block is still given
	if len(d.blocks) < head+packed {
		packed, d.left, cut = len(d.blocks)-head, 0, io.ErrUnexpectedEOF
	}
	b := d.blocks[head : head+packed]
	d.blocks = d.blocks[head+packed:]
	if d.method == cabStored {
		d.out = b
		return d.unless(cut)
	}
	if len(b) < 2 || string(b[:2]) != "CK" || size > cabWindow {
		return ErrCorrupt
	}
	out := make([]byte, size)
	n, err := io.ReadFull(flate.NewReaderDict(bytes.NewReader(b[2:]), d.past), out)
	d.out = out[:n]
	d.past = append(d.past, d.out...)
	d.past = append([]byte(nil), d.past[max(0, len(d.past)-cabWindow):]...)
	if err != nil && cut == nil {
		cut = ErrCorrupt // a block that breaks off
	}
	return d.unless(cut)
}

// unless gives an error at once where there is no data, else after it.
func (d *cabFolder) unless(err error) error {
	if err == nil || len(d.out) == 0 {
		return err
	}
	d.last = err
	return nil
}
