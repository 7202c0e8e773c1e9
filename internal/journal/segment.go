package journal

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"labelmilter/internal/failpoint"
)

// Names of files: the number of the segment in hexadecimal, and one of these.
const (
	logSuffix   = ".log"
	indexSuffix = ".idx"
)

// fill is how far ahead of what is written a segment is filled with zeros, so
// that a sync need not record a new size.
const fill = 1 << 20

var zeros [fill]byte

// segment is the one written to.
type segment struct {
	f      file
	path   string // without suffix
	off    int64  // where the next frame goes
	filled int64
	heads  []head
	begun  time.Time
}

func segmentPath(dir string, num uint64) string {
	return filepath.Join(dir, fmt.Sprintf("%016x", num))
}

// write puts a batch into the segment and syncs it. After an error nothing of
// it counts, and the next batch begins another segment. It is called with io
// held.
func (l *Log) write(b *batch) (Place, error) {
	s := l.seg
	if s != nil && s.off > 0 && (s.off+int64(len(b.buf)) > l.o.MaxBytes || l.o.Now().Sub(s.begun) >= l.o.MaxAge) {
		if err := l.seal(); err != nil {
			l.o.OnError(err) // it is whole; the next start makes its index
		}
		s = nil
	}
	if s == nil {
		l.num++
		path := segmentPath(l.o.Dir, l.num)
		f, err := l.o.open(path + logSuffix)
		if err != nil {
			return Place{}, err
		}
		s = &segment{f: f, path: path, begun: l.o.Now()}
		l.seg = s
	}
	if err := s.put(b.buf); err != nil {
		_ = s.f.Truncate(s.off)
		s.filled = s.off
		return Place{}, errors.Join(err, l.seal())
	}
	at := Place{l.num, s.off}
	for _, h := range b.heads {
		h.off += s.off
		s.heads = append(s.heads, h)
	}
	s.off += int64(len(b.buf))
	return at, nil
}

func (s *segment) put(buf []byte) error {
	if err := failpoint.Err(failpoint.Journal); err != nil {
		return err
	}
	for s.off+int64(len(buf)) > s.filled {
		if _, err := s.f.WriteAt(zeros[:], s.filled); err != nil {
			return err
		}
		s.filled += fill
	}
	if _, err := s.f.WriteAt(buf, s.off); err != nil {
		return err
	}
	return s.f.sync()
}

// seal ends the segment written to and makes its index. It is called with io
// held.
func (l *Log) seal() error {
	s := l.seg
	if s == nil {
		return nil
	}
	l.seg = nil
	if s.off == 0 {
		return errors.Join(s.f.Close(), os.Remove(s.path+logSuffix))
	}
	if err := errors.Join(s.f.Truncate(s.off), s.f.Close()); err != nil {
		return err
	}
	return writeIndex(s.path, s.off, s.heads)
}

// An index: magic, length of the segment, then of each entry kind, three bytes
// 0, length of the data, id, time, keys and place; then the checksum of all
// that.
const (
	indexMagic = "lmidx 1\n"
	indexed    = 48
)

func writeIndex(path string, size int64, heads []head) error {
	le := binary.LittleEndian
	b := make([]byte, 0, len(indexMagic)+8+indexed*len(heads)+4)
	b = append(b, indexMagic...)
	b = le.AppendUint64(b, uint64(size))
	for _, h := range heads {
		b = append(b, h.kind, 0, 0, 0)
		b = le.AppendUint32(b, uint32(h.size))
		for _, n := range [...]uint64{uint64(h.id), uint64(h.at), h.keys[0], h.keys[1], uint64(h.off)} {
			b = le.AppendUint64(b, n)
		}
	}
	b = le.AppendUint32(b, crc32.Checksum(b, castagnoli))
	return replace(path+indexSuffix, b)
}

// readIndex gives the heads of a segment that has an index that holds.
func readIndex(path string) (heads []head, err error) {
	b, err := os.ReadFile(path + indexSuffix)
	if err != nil {
		return nil, err
	}
	le := binary.LittleEndian
	n := len(b) - len(indexMagic) - 8 - 4
	if n < 0 || n%indexed != 0 || string(b[:len(indexMagic)]) != indexMagic || le.Uint32(b[len(b)-4:]) != crc32.Checksum(b[:len(b)-4], castagnoli) {
		return nil, ErrDamaged
	}
	size := int64(le.Uint64(b[len(indexMagic):])) // of the segment
	heads = make([]head, n/indexed)
	for i := range heads {
		e := b[len(indexMagic)+8+i*indexed:]
		heads[i] = head{kind: e[0], size: int64(le.Uint32(e[4:])), id: int64(le.Uint64(e[8:])), at: int64(le.Uint64(e[16:])),
			keys: [2]uint64{le.Uint64(e[24:]), le.Uint64(e[32:])}, off: int64(le.Uint64(e[40:]))}
		if h := &heads[i]; h.size > maxData || h.off < 0 || h.off > size-headSize-h.size {
			return nil, ErrDamaged
		}
	}
	return heads, nil
}

// scan finds the frames of a segment without an index, and the pieces between
// them that are none. What is damaged behind the last frame is left out: that is
// a batch that was not synced, whose entries nobody was promised.
func scan(data []byte) (heads []head, end int64) {
	for off := 0; ; {
		i := bytes.Index(data[off:], []byte(frameMagic))
		if i < 0 {
			return heads, end
		}
		off += i
		h, body, ok := frameAt(data, off)
		if !ok {
			off++
			continue
		}
		if gap := int64(off) - end; gap > 0 {
			heads = append(heads, head{kind: kindGap, off: end, size: max(gap-headSize, 0)})
		}
		heads = append(heads, h)
		off += headSize + len(body)
		end = int64(off)
	}
}

// numbers gives the segments of a folder in their order.
func numbers(dir string) ([]uint64, error) {
	files, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []uint64
	for _, f := range files {
		name, ok := strings.CutSuffix(f.Name(), logSuffix)
		if n, err := strconv.ParseUint(name, 16, 64); ok && err == nil && len(name) == 16 {
			out = append(out, n)
		}
	}
	slices.Sort(out)
	return out, nil
}

// mend makes the indexes that are missing and gives the last segment's number.
// It tells of the pieces that cannot be read.
func mend(dir string, tell func(error)) (last uint64, err error) {
	nums, err := numbers(dir)
	if err != nil {
		return 0, err
	}
	for _, n := range nums {
		path := segmentPath(dir, n)
		last = n
		if _, err := os.Stat(path + indexSuffix); err == nil {
			continue
		} else if !errors.Is(err, fs.ErrNotExist) {
			return 0, err
		}
		data, err := os.ReadFile(path + logSuffix)
		if err != nil {
			return 0, err
		}
		heads, end := scan(data)
		for _, g := range gaps(heads) {
			tell(damaged(n, g.off, nil))
		}
		if err := os.Truncate(path+logSuffix, end); err != nil {
			return 0, err
		}
		if err := writeIndex(path, end, heads); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// Prune deletes the segments whose entries are all from before a time, and
// gives how many entries of a kind that were.
func (l *Log) Prune(before time.Time, kind byte) (int, error) {
	l.io.Lock()
	if s := l.seg; s != nil && newest(s.heads) < before.UnixMicro() {
		if err := l.seal(); err != nil {
			l.io.Unlock()
			return 0, err
		}
	}
	open := l.num + 1 // what comes later is not old
	if l.seg != nil {
		open = l.num
	}
	l.io.Unlock()
	nums, err := numbers(l.o.Dir)
	if err != nil {
		return 0, err
	}
	total := 0
	for _, n := range nums {
		if n >= open {
			break
		}
		s, err := see(l.o.Dir, n)
		if err != nil {
			return total, err
		}
		if newest(s.heads) >= before.UnixMicro() {
			continue
		}
		path := segmentPath(l.o.Dir, n)
		// The index goes first: one without a segment could come to stand
		// for another segment.
		if err := os.Remove(path + indexSuffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return total, err
		}
		if err := os.Remove(path + logSuffix); err != nil {
			return total, err
		}
		for i := range s.heads {
			if s.heads[i].kind == kind {
				total++
			}
		}
	}
	return total, nil
}

// newest is the time of the newest entry; that of none is long ago.
func newest(heads []head) int64 {
	at := int64(math.MinInt64)
	for i := range heads {
		at = max(at, heads[i].at)
	}
	return at
}
