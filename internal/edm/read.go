package edm

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sys/unix"
)

// input is the decoded table behind its header line.
type input struct {
	file   *os.File // nil for standard input
	r      io.Reader
	raw    *counter
	buf    []byte // decoded, not yet handed out
	eof    bool
	offset int64 // decoded bytes handed out
	line   int64 // number of the next line
}

func (in *input) close() {
	if in.file != nil {
		in.file.Close()
	}
}

// counter counts the bytes read, for the progress bar.
type counter struct {
	r io.Reader
	n int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// open opens the table, reads its header line, and finds out whether an
// earlier build can go on.
func (b *builder) open() (*input, error) {
	in := &input{line: 1}
	source := ""
	raw := b.o.Stdin
	if b.o.Input != "-" {
		f, err := os.Open(b.o.Input)
		if err != nil {
			return nil, err
		}
		in.file, raw = f, f
		info, err := f.Stat()
		if err != nil {
			return nil, err
		}
		if info.IsDir() {
			return nil, errors.New("is a folder")
		}
		if info.Mode().IsRegular() {
			b.total = info.Size()
			path, err := filepath.Abs(b.o.Input)
			if err != nil {
				return nil, err
			}
			source = fmt.Sprintf("%s %d %d", path, info.Size(), info.ModTime().UnixNano())
		}
	}
	if raw == nil {
		return nil, errors.New("there is no standard input")
	}
	in.raw = &counter{r: raw}
	head := make([]byte, 4096)
	n, err := io.ReadFull(in.raw, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, err
	}
	if n == 0 {
		return nil, errors.New("the table is empty")
	}
	head = head[:n]
	if in.r, b.enc, err = decoder(io.MultiReader(bytes.NewReader(head), in.raw), head, b.o.Encoding); err != nil {
		return nil, err
	}
	if err := b.header(in); err != nil {
		return nil, err
	}
	if source != "" {
		source = b.identity(source)
	}
	b.loadNote(source)
	return in, b.resume(in)
}

// fill reads until the buffer holds size bytes or the input ends.
func (in *input) fill(size int) error {
	for len(in.buf) < size && !in.eof {
		if cap(in.buf) < size {
			in.buf = append(make([]byte, 0, size), in.buf...)
		}
		n, err := in.r.Read(in.buf[len(in.buf):size])
		in.buf = in.buf[:len(in.buf)+n]
		if errors.Is(err, io.EOF) {
			in.eof = true
		} else if err != nil {
			return err
		}
	}
	return nil
}

func (in *input) take(n int) {
	in.line += int64(bytes.Count(in.buf[:n], []byte("\n")))
	in.offset += int64(n)
	in.buf = in.buf[:copy(in.buf, in.buf[n:])]
}

// header reads the names of the columns.
func (b *builder) header(in *input) error {
	if err := in.fill(maxRecord); err != nil {
		return err
	}
	first, _, _ := bytes.Cut(in.buf, []byte("\n"))
	b.name = b.o.Format
	if b.name == "" {
		b.name = guessFormat(string(first))
	}
	b.fmt = formats[b.name]
	n, why := b.fmt.record(in.buf, in.eof)
	if why == "" && n > 0 {
		why = badText(in.buf[:n])
	}
	if why != "" || n == 0 {
		if why == "" {
			why = badLength
		}
		return fmt.Errorf("line 1, which must hold the names of the columns: %s", why)
	}
	var scratch []byte
	var names []string
	for _, f := range b.fmt.fields(in.buf[:n], nil, &scratch) {
		names = append(names, strings.TrimSpace(string(f)))
	}
	in.take(n)
	return b.mapColumns(names)
}

// mapColumns fits the header line to the schema, in any order.
func (b *builder) mapColumns(names []string) error {
	s := &b.o.Schema
	var errs []string
	b.columns, b.field = make([]int, len(names)), make([]int, len(s.Columns))
	used := make([]bool, len(s.Columns))
	for i, n := range names {
		c := s.Index(n)
		if c < 0 {
			c = slices.IndexFunc(s.Columns, func(x Column) bool { return strings.EqualFold(x.Name, n) })
		}
		b.columns[i] = c
		switch {
		case c < 0 && n == "":
			errs = append(errs, fmt.Sprintf("column %d has no name", i+1))
		case c < 0:
			errs = append(errs, fmt.Sprintf("column %d, %q, is not in the schema (which has %s)", i+1, n, strings.Join(s.Names(), ", ")))
		case used[c]:
			errs = append(errs, fmt.Sprintf("two columns are named %q", n))
		default:
			used[c] = true
			b.field[c] = i
		}
	}
	for c, ok := range used {
		if !ok {
			errs = append(errs, fmt.Sprintf("the schema's column %q is missing", s.Columns[c].Name))
		}
	}
	if len(errs) == 0 {
		return nil
	}
	if len(names) == 1 && len(s.Columns) > 1 {
		errs = append(errs, "is the separator right? give --format csv, tsv, pipe or semicolon")
	}
	return errors.New("line 1: " + strings.Join(errs, "; "))
}

// resume opens the files of the build, as far as the note says they are good,
// and passes over the input that is in them.
func (b *builder) resume(in *input) error {
	var sizes []int64
	if b.note.Sizes != nil {
		sizes = b.note.Sizes
	}
	rows, err := newSpill(b.dir, "rows", b.rec, sizes)
	if err != nil && sizes != nil { // files and note do not fit: begin anew
		b.note = manifest{Identity: b.note.Identity, Boot: b.note.Boot}
		rows, err = newSpill(b.dir, "rows", b.rec, nil)
	}
	if err != nil {
		return err
	}
	b.rows = rows
	if b.bad, err = os.OpenFile(filepath.Join(b.dir, "bad"), os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return err
	}
	if err := b.bad.Truncate(b.note.Bad); err != nil {
		return err
	}
	if _, err := b.bad.Seek(b.note.Bad, io.SeekStart); err != nil {
		return err
	}
	if b.note.Offset == 0 {
		b.seen = newTally(len(b.o.Schema.Columns))
		return b.space(in)
	}
	b.seen = b.note.Tally
	for i := range b.seen.Columns { // maps that were empty come back as null
		if c := &b.seen.Columns[i]; c.Reasons == nil || c.Why == nil {
			return errors.New("the note of the earlier build is not whole: remove " + b.dir)
		}
	}
	if b.note.Read {
		b.resumed = b.note.Offset
		return nil
	}
	for in.offset < b.note.Offset {
		if len(in.buf) == 0 {
			if err := in.fill(chunkSize); err != nil {
				return err
			}
			if len(in.buf) == 0 {
				return errors.New("the table became shorter: remove " + b.dir)
			}
		}
		n := min(int64(len(in.buf)), b.note.Offset-in.offset)
		in.take(int(n))
	}
	in.line, b.resumed = b.note.Line, b.note.Offset
	return nil
}

// space checks that the disk can hold what is to come.
func (b *builder) space(in *input) error {
	lines := bytes.Count(in.buf, []byte("\n"))
	if b.total == 0 || lines == 0 {
		return nil
	}
	rows := b.total / int64(max(1, len(in.buf)/lines))
	need := rows * int64(b.rec+b.rec+8+12*(len(b.search)-1))
	var st unix.Statfs_t
	if err := unix.Statfs(b.dir, &st); err != nil {
		return nil // the disk will tell
	}
	if free := int64(st.Bavail) * int64(st.Bsize); free < need {
		return fmt.Errorf("about %d MB are needed beside %s and %d MB are free", need>>20, b.o.Output, free>>20)
	}
	return nil
}

// chunk is a piece of the table, whole records.
type chunk struct {
	data []byte
	line int64 // number of its first line
	skip Reason
}

// read reads the table into the spill files.
func (b *builder) read(ctx context.Context, in *input) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	work := make(chan *chunk)
	free := make(chan *chunk, b.o.Workers+1)
	for range cap(free) {
		free <- &chunk{}
	}
	var wg, open sync.WaitGroup // workers, chunks in hand
	for range b.o.Workers {
		w := b.newReader()
		wg.Go(func() {
			for c := range work {
				if ctx.Err() == nil {
					if err := w.chunk(c); err != nil {
						cancel(err)
					}
				}
				free <- c
				open.Done()
			}
		})
	}
	last := in.offset
	err := func() error {
		for {
			more, err := b.next(ctx, in, free, func(c *chunk) { open.Add(1); work <- c })
			if err != nil {
				return err
			}
			b.o.fail("chunk")
			b.o.Progress("reading", in.raw.n-int64(len(in.buf)), b.total)
			if !more || in.offset-last >= b.o.checkpoint {
				last = in.offset
				open.Wait()
				if err := context.Cause(ctx); err != nil {
					return err
				}
				if err := b.checkpoint(in, !more); err != nil {
					return err
				}
			}
			if !more {
				return nil
			}
		}
	}()
	close(work)
	wg.Wait()
	if err == nil {
		err = context.Cause(ctx)
	}
	return err
}

// checkpoint notes how far the build has come.
func (b *builder) checkpoint(in *input, all bool) error {
	sizes, err := b.rows.flush()
	if err != nil {
		return err
	}
	b.o.fail("flushed")
	bad, err := b.bad.Seek(0, io.SeekCurrent)
	if err != nil {
		return err
	}
	b.note.Offset, b.note.Line, b.note.Sizes, b.note.Bad, b.note.Tally, b.note.Read = in.offset, in.line, sizes, bad, b.seen, all
	if err := b.saveNote(); err != nil {
		return err
	}
	b.o.fail("noted")
	return nil
}

// next hands out the next chunk; more is false at the end of the input.
func (b *builder) next(ctx context.Context, in *input, free chan *chunk, hand func(*chunk)) (more bool, err error) {
	if err := in.fill(b.o.chunk + maxRecord); err != nil {
		return false, fmt.Errorf("%s: after line %d: %w", b.inputName(), in.line-1, plainErr(err))
	}
	if len(in.buf) == 0 {
		return false, nil
	}
	n, why := b.cut(in)
	var c *chunk
	select {
	case c = <-free:
	case <-ctx.Done():
		return false, context.Cause(ctx)
	}
	c.line, c.skip = in.line, why
	c.data = append(c.data[:0], in.buf[:n]...)
	in.take(n)
	if why == badLength {
		c.data = c.data[:0]
		if err := in.passLine(); err != nil {
			return false, err
		}
	}
	hand(c)
	return len(in.buf) > 0 || !in.eof, nil
}

// cut finds how much of the buffer is whole records: about a chunk.
func (b *builder) cut(in *input) (n int, why Reason) {
	limit := min(len(in.buf), b.o.chunk)
	if in.eof && len(in.buf) <= b.o.chunk {
		limit = len(in.buf)
	}
	if !b.fmt.quotes || bytes.IndexByte(in.buf[:limit], '"') < 0 {
		if limit == len(in.buf) && in.eof {
			return limit, ""
		}
		if nl := bytes.LastIndexByte(in.buf[:limit], '\n'); nl >= 0 {
			return nl + 1, ""
		}
	}
	for n < limit {
		k, why := b.fmt.record(in.buf[n:], in.eof)
		if why == badLength || k == 0 {
			if n == 0 {
				return len(in.buf), badLength
			}
			return n, ""
		}
		n += k
	}
	return n, ""
}

// passLine drops input up to the next line end.
func (in *input) passLine() error {
	for {
		if nl := bytes.IndexByte(in.buf, '\n'); nl >= 0 {
			in.take(nl + 1)
			return nil
		}
		in.take(len(in.buf))
		if in.eof {
			in.line++
			return nil
		}
		if err := in.fill(chunkSize); err != nil {
			return err
		}
	}
}

// reader is one worker.
type reader struct {
	b      *builder
	cells  *cells
	tally  tally
	fields [][]byte
	quoted []byte
	rec    []byte
	hashes []value
	bad    []byte
}

func (b *builder) newReader() *reader {
	return &reader{b: b, cells: newCells(b.keys, &b.o.Schema), tally: newTally(len(b.o.Schema.Columns)), rec: make([]byte, b.rec),
		hashes: make([]value, len(b.o.Schema.Columns))}
}

// chunk reads the records of a chunk.
func (r *reader) chunk(c *chunk) error {
	r.tally.reset()
	r.bad = r.bad[:0]
	line := c.line
	if c.skip != "" {
		r.skip(line, c.skip)
	}
	sample := 1
	if c.line <= 2 {
		sample = 2000
	}
	for data := c.data; len(data) > 0; {
		n, why := r.b.fmt.record(data, true)
		rec := data[:n]
		data = data[n:]
		at := line
		line += int64(bytes.Count(rec, []byte("\n")))
		if why == "" {
			why = badText(rec)
		}
		if why == "" && len(bytes.TrimSpace(rec)) == 0 {
			continue // empty lines are no rows
		}
		if why == "" {
			r.fields = r.b.fmt.fields(rec, r.fields[:0], &r.quoted)
			if len(r.fields) != len(r.b.columns) {
				why = badFields
			} else {
				why = r.row(at, sample > 0)
				sample--
			}
		}
		if why != "" {
			r.skip(at, why)
			continue
		}
		if err := r.b.rows.append(r.rec); err != nil {
			return err
		}
		r.tally.Rows++
	}
	r.b.mu.Lock()
	defer r.b.mu.Unlock()
	r.b.seen.add(&r.tally)
	_, err := r.b.bad.Write(r.bad)
	return err
}

func (r *reader) skip(line int64, why Reason) {
	r.tally.Bad++
	r.tally.Reasons[why]++
	r.bad = fmt.Appendf(r.bad, "%d\t%s\n", line, why)
}

// row makes the record of a row.
func (r *reader) row(line int64, sample bool) Reason {
	b, s := r.b, &r.b.o.Schema
	hash := r.rec[8+b.tags:]
	found := false
	// The searchable values first: the tags depend on one of them.
	for i, c := range b.search {
		field := r.fieldOf(c)
		v, why := r.cells.of(c, field)
		x := uint64(0)
		if why == "" {
			x = r.cells.search(c, v.form)
			v.form = nil
			found = true
		}
		r.hashes[c] = v
		r.count(c, v, why)
		if why == "" && sample && b.o.Findable != nil && s.Columns[c].FoundBy != "" {
			r.sample(c, field)
		}
		if i > 0 {
			binary.BigEndian.PutUint64(hash[8*(i-1):], x)
			continue
		}
		if x == 0 { // the row can be found by another column only
			x = sip13(b.keys.tag, uint64(line), 1<<63)
		}
		binary.BigEndian.PutUint64(r.rec, x)
	}
	if !found {
		return badNoValue
	}
	salt := binary.BigEndian.Uint64(r.rec) >> 24
	tags := r.rec[8:8:len(r.rec)]
	for c := range s.Columns {
		if c == b.search[0] && len(b.search) == 1 {
			continue
		}
		v := r.hashes[c]
		if !s.Columns[c].Searchable {
			var why Reason
			v, why = r.cells.of(c, r.fieldOf(c))
			r.count(c, v, why)
			if why != "" {
				v.n = 0
			}
		}
		t := uint32(0)
		if v.n == 0 {
			t = b.keys.none(c, salt, uint64(line))
		} else {
			t = b.keys.tagOf(v.hash, v.n, c, salt)
		}
		tags = append(tags, byte(t), byte(t>>8), byte(t>>16))
		if b.o.TagBits == 32 {
			tags = append(tags, byte(t>>24))
		}
	}
	return ""
}

func (r *reader) fieldOf(column int) string {
	return bytesString(r.fields[r.b.field[column]])
}

func (r *reader) count(c int, v value, why Reason) {
	t := &r.tally.Columns[c]
	if why != "" {
		t.Reasons[why]++
		r.hashes[c].n = 0
		return
	}
	t.Used++
	t.Lengths |= 1 << (v.n - 1)
}

func (r *reader) sample(c int, field string) {
	t := &r.tally.Columns[c]
	t.Sampled++
	if ok, why := r.b.o.Findable(c, strings.Clone(strings.TrimSpace(field))); !ok {
		t.Missed++
		t.Why[why]++
	}
}
