package edm

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unsafe"
)

// bytesString is b as a string without a copy, for as long as b is not
// changed.
func bytesString(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// perBucket is the least that buckets hold on average, from 4,096 rows on; the
// most is twice that. Fewer cost more memory, more cost more time.
const perBucket = 12

func bucketBits(n int64) uint {
	return uint(min(24, max(8, bits.Len64(uint64(n)/perBucket)-1)))
}

// write sorts the records into the store's sections.
func (b *builder) write(ctx context.Context) (path string, err error) {
	b.rows.free()
	h := header{Format: formatNow, Rows: b.seen.Rows, Columns: len(b.o.Schema.Columns), TagBits: b.o.TagBits, KeyCheck: b.keys.check}
	for _, c := range b.o.Schema.Columns {
		h.Normalisers = append(h.Normalisers, c.Type)
	}
	slices.Sort(h.Normalisers)
	for i, c := range b.search {
		x := index{Values: b.seen.Columns[c].Used}
		if i == 0 {
			x.Values = h.Rows
		} else {
			s, err := newSpill(b.dir, fmt.Sprintf("index%d", i), 12, nil)
			if err != nil {
				return "", err
			}
			b.idx = append(b.idx, s)
		}
		x.Bits = bucketBits(x.Values)
		h.Indexes = append(h.Indexes, x)
	}
	var ok bool
	if h.Sections, ok = h.sizes(); !ok {
		return "", errors.New("the numbers of the table do not fit together")
	}
	path = filepath.Join(b.dir, "store")
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o640)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	last := h.Sections[len(h.Sections)-1]
	if err := f.Truncate(last.Offset + last.Size); err != nil {
		return "", err
	}
	w := &writer{b: b, f: f, h: &h}
	if err := w.sections(ctx); err != nil {
		return "", err
	}
	if err := w.sums(ctx); err != nil {
		return "", err
	}
	b.o.fail("summed")
	if err := w.header(); err != nil {
		return "", err
	}
	b.o.fail("headed")
	if err := f.Sync(); err != nil {
		return "", err
	}
	b.o.fail("synced")
	return path, nil
}

type writer struct {
	b        *builder
	f        *os.File
	h        *header
	repeated atomic.Int64
}

func (w *writer) sections(ctx context.Context) error {
	if err := w.index(ctx, 0, w.b.rows); err != nil {
		return err
	}
	w.b.o.fail("sorted")
	for i, s := range w.b.idx {
		if _, err := s.flush(); err != nil {
			return err
		}
		s.free()
		if err := w.index(ctx, i+1, s); err != nil {
			return err
		}
	}
	w.b.o.fail("indexed")
	return nil
}

// index writes the sections of one searchable column, one partition after the
// other, several at a time; each has its own place in the file.
func (w *writer) index(ctx context.Context, n int, s *spill) error {
	counts := s.counts()
	var first [partitions + 1]int
	for p, c := range counts {
		first[p+1] = first[p] + c
	}
	if int64(first[partitions]) != w.h.Indexes[n].Values {
		return fmt.Errorf("%d records where %d were counted: remove %s and begin anew", first[partitions], w.h.Indexes[n].Values, w.b.dir)
	}
	largest := 0
	for _, c := range counts {
		largest = max(largest, c)
	}
	var done atomic.Int64
	return inParallel(ctx, w.b.o.Workers, partitions, func() func(int) error {
		p := partWriter{writer: w, n: n, s: s}
		p.reserve(largest)
		return func(part int) error {
			err := p.write(part, first[part], part == partitions-1)
			w.b.o.Progress("sorting", done.Add(1), partitions)
			return err
		}
	})
}

// inParallel runs f for 0 to n-1 on some workers; each gets a function of its
// own from start.
func inParallel(ctx context.Context, workers, n int, start func() func(int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	var wg sync.WaitGroup
	for range workers {
		f := start()
		wg.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := f(i); err != nil {
					cancel(err)
				}
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}

type partWriter struct {
	*writer
	n    int
	s    *spill
	sort sorter
	a, z []byte
	dir  []byte
	rec  [12]byte
}

func (p *partWriter) section(k int) int64 { return p.h.Sections[3*p.n+k].Offset }

// reserve takes the memory for the largest partition at once, so that none is
// left behind by growing.
func (p *partWriter) reserve(records int) {
	p.sort.data, p.sort.order = make([]byte, records*p.s.rec), make([]uint32, records)
	p.a, p.z = make([]byte, records*keyBytes), make([]byte, records*p.tagSize())
}

func (p *partWriter) tagSize() int {
	if p.n == 0 {
		return p.h.tagged() * p.h.TagBits / 8
	}
	return 4
}

// write writes one partition: its part of directory, keys, and tags or rows.
func (p *partWriter) write(part, first int, last bool) error {
	x := p.h.Indexes[p.n]
	low := x.Bits - 8
	if err := p.sort.load(p.s, part, low); err != nil {
		return err
	}
	rec, tagSize := p.s.rec, p.tagSize()
	n := len(p.sort.order)
	p.a, p.z = grow(p.a, n*keyBytes), grow(p.z, n*tagSize)
	same, before := 0, uint64(0)
	for i := range n {
		r := p.sort.rec(i, rec)
		hash := binary.BigEndian.Uint64(r)
		key := hash >> (24 - x.Bits) & bits40
		k := p.a[i*keyBytes : i*keyBytes+keyBytes]
		k[0] = byte(key >> 32)
		binary.BigEndian.PutUint32(k[1:], uint32(key))
		if p.n == 0 {
			copy(p.z[i*tagSize:], r[8:8+tagSize])
			if err := p.others(r[8+tagSize:], first+i); err != nil {
				return err
			}
		} else {
			binary.LittleEndian.PutUint32(p.z[i*4:], binary.BigEndian.Uint32(r[8:]))
		}
		if i > 0 && hash == before {
			if same++; same == MaxRowsPerValue {
				p.repeated.Add(1)
			}
		} else {
			same = 0
		}
		before = hash
	}
	p.dir = grow(p.dir, 4*len(p.sort.heads))
	for i, at := range p.sort.heads {
		binary.LittleEndian.PutUint32(p.dir[4*i:], uint32(first)+at)
	}
	if !last { // the last entry is the next partition's first
		p.dir = p.dir[:len(p.dir)-4]
	}
	for _, w := range []struct {
		at   int64
		data []byte
	}{
		{p.section(0) + int64(part)<<low*4, p.dir},
		{p.section(1) + int64(first)*keyBytes, p.a},
		{p.section(2) + int64(first)*int64(tagSize), p.z},
	} {
		if _, err := p.f.WriteAt(w.data, w.at); err != nil {
			return err
		}
	}
	return nil
}

// others hands the further searchable values of a row to their indexes, now
// that the number of the row is known.
func (p *partWriter) others(hashes []byte, row int) error {
	for _, s := range p.b.idx {
		copy(p.rec[:8], hashes[:8])
		hashes = hashes[8:]
		if binary.BigEndian.Uint64(p.rec[:8]) == 0 {
			continue
		}
		binary.BigEndian.PutUint32(p.rec[8:], uint32(row))
		if err := s.append(p.rec[:]); err != nil {
			return err
		}
	}
	return nil
}

// sums writes the checksums of all sections.
func (w *writer) sums(ctx context.Context) error {
	s := w.h.Sections[len(w.h.Sections)-1]
	sums, err := chunkSums(ctx, w.f, s.Offset, w.b.o.Workers, func(done, total int64) { w.b.o.Progress("summing", done, total) })
	if err != nil {
		return err
	}
	if _, err := w.f.WriteAt(sums, s.Offset); err != nil {
		return err
	}
	sum := sha256.Sum256(sums)
	w.h.Sums = hex.EncodeToString(sum[:])
	return nil
}

// chunkSums reads the file from the header to end and gives the SHA-256 of
// each chunk.
func chunkSums(ctx context.Context, f io.ReaderAt, end int64, workers int, progress func(done, total int64)) ([]byte, error) {
	n := int((end - headerSize + sumChunk - 1) / sumChunk)
	sums := make([]byte, n*sha256.Size)
	var done atomic.Int64
	err := inParallel(ctx, workers, n, func() func(int) error {
		buf := make([]byte, sumChunk)
		return func(i int) error {
			at := int64(headerSize) + int64(i)*sumChunk
			part := buf[:min(sumChunk, end-at)]
			if _, err := f.ReadAt(part, at); err != nil {
				return err
			}
			sum := sha256.Sum256(part)
			copy(sums[i*sha256.Size:], sum[:])
			if k := done.Add(1); k%64 == 0 {
				progress(k, int64(n))
			}
			return nil
		}
	})
	return sums, err
}

func (w *writer) header() error {
	b := w.b
	m := Meta{Schema: b.o.Schema, Search: b.search, Built: b.started.UTC(), Source: b.inputName(), Bytes: b.total, Host: b.o.Host, Builder: b.o.Builder,
		Skipped: b.seen.Bad, Repeated: w.repeated.Load()}
	for i := range b.seen.Columns {
		m.Lengths = append(m.Lengths, b.seen.Columns[i].Lengths)
	}
	text, err := json.Marshal(m)
	if err != nil {
		return err
	}
	w.h.Sealed = b.keys.sealed(text)
	raw, err := encodeHeader(w.h, b.keys)
	if err != nil {
		return err
	}
	_, err = w.f.WriteAt(raw, 0)
	return err
}

func encodeHeader(h *header, k *keys) ([]byte, error) {
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	raw := make([]byte, headerSize)
	copy(raw, magic)
	if len(magic)+4+len(text) > macAt {
		return nil, errors.New("the names of the columns are too long")
	}
	binary.LittleEndian.PutUint32(raw[len(magic):], uint32(len(text)))
	copy(raw[len(magic)+4:], text)
	m := hmac.New(sha256.New, k.header)
	copy(raw[macAt:], macOf(m.Write, m.Sum, raw))
	sum := sha256.Sum256(raw[:sumAt])
	copy(raw[sumAt:], sum[:])
	return raw, nil
}

// replace puts the store into service and keeps the list of bad lines.
func (b *builder) replace(path string, rep *Report) error {
	s, err := Open(path, b.o.Key) // what cannot be opened must not go into service
	if err != nil {
		return err
	}
	rep.Size, rep.Digest, rep.Repeated = s.size, s.digest, s.meta.Repeated
	if rep.Repeated > 0 {
		rep.Warnings = append(rep.Warnings, fmt.Sprintf("%d searchable values stand in more than %d rows each: only so many rows are compared", rep.Repeated, MaxRowsPerValue))
	}
	if info, err := os.Stat(b.o.Output); err == nil { // who may read it is decided once
		if err := os.Chmod(path, info.Mode().Perm()); err != nil {
			return err
		}
	}
	if err := os.Rename(path, b.o.Output); err != nil {
		return err
	}
	b.o.fail("renamed")
	dir, err := os.Open(filepath.Dir(b.o.Output))
	if err != nil {
		return err
	}
	defer dir.Close()
	if err := dir.Sync(); err != nil {
		return err
	}
	rep.BadFile = b.keepBad()
	return nil
}

// maxSorted is the size of a list of bad lines up to which it is sorted.
const maxSorted = 16 << 20

// keepBad writes the list of bad lines beside the store and gives its name;
// without bad lines an old list is removed.
func (b *builder) keepBad() string {
	name := b.o.Output + ".bad-lines"
	if b.seen.Bad == 0 {
		_ = os.Remove(name) // most often there is none
		return ""
	}
	data, err := os.ReadFile(b.bad.Name())
	if err != nil {
		return ""
	}
	if len(data) <= maxSorted {
		data = sortLines(data)
	}
	if os.WriteFile(name, data, 0o640) != nil {
		return ""
	}
	return name
}

func sortLines(data []byte) []byte {
	type line struct {
		n    int64
		text string
	}
	var lines []line
	for s := bufio.NewScanner(bytes.NewReader(data)); s.Scan(); {
		number, _, _ := strings.Cut(s.Text(), "\t")
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil {
			continue // written by us alone
		}
		lines = append(lines, line{n, s.Text()})
	}
	slices.SortFunc(lines, func(a, b line) int { return cmp.Compare(a.n, b.n) })
	var out bytes.Buffer
	for _, l := range lines {
		out.WriteString(l.text + "\n")
	}
	return out.Bytes()
}

// warnAbove is the share of values missed above which a build warns.
const warnAbove = 0.01

func (b *builder) report() Report {
	t := &b.seen
	rep := Report{Rows: t.Rows, Lines: t.Rows + t.Bad + 1, Skipped: t.Bad, Reasons: t.Reasons, Resumed: b.resumed, Format: b.name, Encoding: b.enc, Warnings: []string{}}
	for i := range t.Columns {
		c, x := &b.o.Schema.Columns[i], &t.Columns[i]
		rep.Columns = append(rep.Columns, ColumnReport{Name: c.Name, Used: x.Used, Reasons: x.Reasons, Sampled: x.Sampled, Missed: x.Missed, Why: x.Why})
		if x.Sampled > 0 && float64(x.Missed) > warnAbove*float64(x.Sampled) {
			rep.Warnings = append(rep.Warnings, fmt.Sprintf("%s: of %d values tried %d (%.1f %%) are not found by %s: %s", c.Name, x.Sampled, x.Missed,
				100*float64(x.Missed)/float64(x.Sampled), c.FoundBy, firstReasons(x.Why)))
		}
		if n := t.Rows - x.Used; n > 0 && t.Rows > 0 && float64(n) > 0.5*float64(t.Rows) {
			rep.Warnings = append(rep.Warnings, fmt.Sprintf("%s: %d of %d values are not compared: %s", c.Name, n, t.Rows, reasons(x.Reasons)))
		}
	}
	return rep
}

// firstReasons gives the three most common ones.
func firstReasons(m map[string]int64) string {
	type count struct {
		why string
		n   int64
	}
	var cs []count
	for w, n := range m {
		cs = append(cs, count{w, n})
	}
	slices.SortFunc(cs, func(a, b count) int { return cmp.Or(cmp.Compare(b.n, a.n), cmp.Compare(a.why, b.why)) })
	var out []string
	for _, c := range cs[:min(3, len(cs))] {
		out = append(out, fmt.Sprintf("%d × %s", c.n, c.why))
	}
	return strings.Join(out, ", ")
}
