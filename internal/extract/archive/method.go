package archive

import (
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"hash/crc32"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz"
	"github.com/ulikunitz/xz/lzma"
)

// Compression methods of zip (APPNOTE 4.4.5).
const (
	methodStore   = 0
	methodDeflate = 8
	methodBzip2   = 12
	methodLZMA    = 14
	methodZstd    = 93
	methodXZ      = 95
	methodAES     = 99
)

// dictionary bounds the memory that a stream may claim for its window.
const dictionary = 64 << 20

// unpacker opens a compressed stream of a zip member; size is that of the
// unpacked member, -1 if the stream has an end mark.
func unpacker(method uint16, raw io.Reader, size int64) (io.Reader, error) {
	switch method {
	case methodStore:
		return raw, nil
	case methodDeflate:
		return flate.NewReader(raw), nil
	case methodBzip2:
		return bzip2.NewReader(raw), nil
	case methodLZMA:
		return zipLZMA(raw, size)
	case methodZstd:
		return newZstd(raw)
	case methodXZ:
		return newXZ(raw)
	case methodAES:
		return nil, ErrEncrypted
	}
	return nil, fmt.Errorf("%w %d", ErrMethod, method)
}

// zipLZMA reads the header of LZMA in zip (APPNOTE 5.8.8): version, size of the
// properties, properties; an .lzma header has the size behind the properties.
func zipLZMA(raw io.Reader, size int64) (io.Reader, error) {
	var head [9]byte
	if _, err := io.ReadFull(raw, head[:]); err != nil {
		return nil, errors.Join(ErrCorrupt, err)
	}
	if binary.LittleEndian.Uint16(head[2:]) != 5 {
		return nil, ErrCorrupt
	}
	var alone [13]byte
	copy(alone[:5], head[4:])
	binary.LittleEndian.PutUint64(alone[5:], uint64(size))
	return newLZMA(io.MultiReader(bytes.NewReader(alone[:]), raw))
}

func newLZMA(r io.Reader) (io.Reader, error) {
	d, err := lzma.NewReader(r)
	if err != nil {
		return nil, errors.Join(ErrCorrupt, err)
	}
	return d, nil
}

func newXZ(r io.Reader) (io.Reader, error) {
	d, err := xz.NewReader(r)
	if err != nil {
		return nil, errors.Join(ErrCorrupt, err)
	}
	return d, nil
}

func newZstd(r io.Reader) (io.Reader, error) {
	d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true), zstd.WithDecoderMaxWindow(dictionary))
	if err != nil {
		return nil, errors.Join(ErrCorrupt, err)
	}
	return d, nil
}

// checked compares the checksum at the end of a member.
type checked struct {
	r    io.Reader
	sum  hash.Hash32
	want uint32
	fail error // what a mismatch or a broken stream means
}

func check(r io.Reader, want uint32, fail error) io.Reader {
	return &checked{r, crc32.NewIEEE(), want, fail}
}

func (c *checked) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.sum.Write(p[:n])
	switch {
	case err == io.EOF && c.sum.Sum32() != c.want:
		return n, fmt.Errorf("%w: checksum", c.fail)
	case err != nil && err != io.EOF:
		return n, errors.Join(c.fail, err)
	}
	return n, err
}
