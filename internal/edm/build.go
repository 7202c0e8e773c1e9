package edm

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// Options of a build.
type Options struct {
	Schema Schema
	Key    Key
	Input  string    // the table; "-" reads Stdin
	Stdin  io.Reader // for "-"
	Output string    // the store; replaced when all is done

	Format   string // csv, tsv, pipe or semicolon; "" finds it out
	Encoding string // name of the table's encoding; "" is UTF-8, or UTF-16 with a mark
	TagBits  int    // 24 (0) or 32
	Workers  int    // 0: one per processor core
	MinRows  int64  // fewer rows are an error: the export was cut short
	// BadLines is how many lines may be left out because they are not well
	// formed: a share of all below 1, else a number.
	BadLines float64

	Builder string // for the record: name and version of the program
	Host    string
	Now     func() time.Time // nil: time.Now

	// Progress, if set, is called now and then: done and total count bytes of
	// input, total is 0 if it is not known.
	Progress func(stage string, done, total int64)
	// Findable, if set, says whether the type that is to find a value of a
	// searchable column finds it, and if not why (a constant, no content).
	Findable func(column int, value string) (ok bool, reason string)

	// For tests: called at each named point with a chance to kill the
	// process, how much input lies between two notes of progress, and how much
	// a worker gets at a time.
	fail       func(point string)
	checkpoint int64
	chunk      int
}

// Failpoints are the places between which a build can be interrupted, in the
// order in which they are reached.
var failpoints = []string{"locked", "opened", "chunk", "flushed", "noted", "read", "sorted", "indexed", "summed", "headed", "synced", "renamed", "cleaned"}

// checkpointEvery is how much input lies between two notes of progress.
const checkpointEvery = 256 << 20

// Report is what came of a build. It holds no value of the table.
type Report struct {
	Rows     int64            `json:"rows"`
	Lines    int64            `json:"lines"`   // of the table, header included
	Skipped  int64            `json:"skipped"` // lines left out
	Reasons  map[Reason]int64 `json:"reasons"` // why
	BadFile  string           `json:"bad_file"`
	Columns  []ColumnReport   `json:"columns"`
	Repeated int64            `json:"repeated"` // searchable values that more than MaxRowsPerValue rows share
	Size     int64            `json:"size"`     // of the store, bytes
	Digest   string           `json:"digest"`
	Resumed  int64            `json:"resumed"` // bytes of input that an earlier build had read
	Format   string           `json:"format"`
	Encoding string           `json:"encoding"`
	Warnings []string         `json:"warnings"`
}

// ColumnReport is what came of the values of a column.
type ColumnReport struct {
	Name    string           `json:"name"`
	Used    int64            `json:"used"`
	Reasons map[Reason]int64 `json:"reasons"` // values that are not compared
	Sampled int64            `json:"sampled"` // values tried with the type that is to find them
	Missed  int64            `json:"missed"`  // of them not found
	Why     map[string]int64 `json:"why"`
}

// Errors of a build.
var (
	ErrBusy     = errors.New("another build of this store is running")
	ErrBadLines = errors.New("more lines than allowed could not be used")
	ErrNoRows   = errors.New("the table has no rows")
	ErrFewRows  = errors.New("the table has fewer rows than it should have")
)

// Build reads a table and writes a store. The store that is in its place stays
// until the new one is whole and on disk. A build that was interrupted goes on
// where it was when it is started again with the same table, schema and key.
func Build(ctx context.Context, o Options) (Report, error) {
	if err := o.defaults(); err != nil {
		return Report{}, err
	}
	b := &builder{o: &o, dir: o.Output + ".build", keys: newKeys(o.Key)}
	lock, err := lockDir(b.dir)
	if err != nil {
		return Report{}, err
	}
	defer lock.Close()
	o.fail("locked")
	rep, err := b.run(ctx)
	b.closeAll()
	if err != nil {
		if _, none := os.Stat(b.notePath()); errors.Is(none, os.ErrNotExist) {
			_ = os.RemoveAll(b.dir) // nothing in it that a second start could go on with
		}
		return rep, plainSpace(err, o.Output)
	}
	if err := os.RemoveAll(b.dir); err != nil {
		return rep, err
	}
	o.fail("cleaned")
	return rep, nil
}

func (o *Options) defaults() error {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.fail == nil {
		o.fail = func(string) {}
	}
	if o.Workers <= 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	if o.TagBits == 0 {
		o.TagBits = 24
	}
	if o.checkpoint == 0 {
		o.checkpoint = checkpointEvery
	}
	if o.chunk == 0 {
		o.chunk = chunkSize
	}
	if o.Progress == nil {
		o.Progress = func(string, int64, int64) {}
	}
	switch {
	case o.Output == "":
		return errors.New("no name for the store")
	case o.TagBits != 24 && o.TagBits != 32:
		return fmt.Errorf("tags of %d bits: use 24 or 32", o.TagBits)
	case o.BadLines < 0:
		return errors.New("a number of bad lines below zero")
	}
	if o.Format != "" {
		if _, ok := formats[o.Format]; !ok {
			return fmt.Errorf("unknown format %q (use csv, tsv, pipe or semicolon)", o.Format)
		}
	}
	if info, err := os.Stat(o.Output); err == nil && info.IsDir() {
		return fmt.Errorf("%s is a folder", o.Output)
	}
	return o.Schema.check()
}

// plainSpace says what a full disk means.
func plainSpace(err error, output string) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("no space left beside %s: the store in service is as it was; make room and start the build again, it goes on where it was: %w", output, err)
	}
	return err
}

// lockDir makes the folder of a build and locks it. The lock ends with the
// process.
func lockDir(dir string) (*os.File, error) {
	for range 100 {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, err
		}
		f, err := os.OpenFile(filepath.Join(dir, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
		if errors.Is(err, os.ErrNotExist) {
			continue // removed by a build that ended just now
		}
		if err != nil {
			return nil, err
		}
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
			f.Close()
			if errors.Is(err, unix.EWOULDBLOCK) {
				return nil, fmt.Errorf("%w (%s)", ErrBusy, dir)
			}
			return nil, err
		}
		mine, err1 := f.Stat()
		there, err2 := os.Stat(f.Name())
		if err1 == nil && err2 == nil && os.SameFile(mine, there) {
			return f, nil
		}
		f.Close()
	}
	return nil, ErrBusy
}

// builder is one run of Build.
type builder struct {
	o    *Options
	dir  string
	keys *keys

	fmt     format
	name    string // of the format
	enc     string
	columns []int // field of the table → column of the schema
	field   []int // the other way round
	search  []int // searchable columns, in order
	tags    int   // bytes of the tags of a row
	rec     int   // bytes of a record
	total   int64 // bytes of input, 0 if unknown
	started time.Time

	rows *spill
	idx  []*spill // of the further searchable columns
	bad  *os.File
	note manifest

	mu      sync.Mutex // guards seen, and bad while workers run
	seen    tally      // all that workers have counted
	resumed int64
}

func (b *builder) closeAll() {
	if b.rows != nil {
		b.rows.close()
	}
	for _, s := range b.idx {
		s.close()
	}
	if b.bad != nil {
		b.bad.Close()
	}
}

func (b *builder) run(ctx context.Context) (Report, error) {
	o := b.o
	b.started = o.Now()
	for i := range o.Schema.Columns {
		if o.Schema.Columns[i].Searchable {
			b.search = append(b.search, i)
		}
	}
	b.tags = len(o.Schema.Columns) * o.TagBits / 8
	if len(b.search) == 1 {
		b.tags -= o.TagBits / 8
	}
	b.rec = 8 + b.tags + 8*(len(b.search)-1)
	in, err := b.open()
	if err != nil {
		return Report{}, fmt.Errorf("%s: %w", b.inputName(), plainErr(err))
	}
	defer in.close()
	o.fail("opened")
	if !b.note.Read {
		if err := b.read(ctx, in); err != nil {
			return b.report(), err
		}
	}
	if err := b.enough(); err != nil {
		b.discard()
		return b.report(), err
	}
	o.fail("read")
	in.buf = nil
	runtime.GC() // what reading used is used again for sorting
	path, err := b.write(ctx)
	if err != nil {
		return b.report(), err
	}
	rep := b.report()
	return rep, b.replace(path, &rep)
}

func (b *builder) inputName() string {
	if b.o.Input == "-" {
		return "standard input"
	}
	return b.o.Input
}

// enough checks what was read before anything is made of it.
func (b *builder) enough() error {
	t := &b.seen
	allowed := b.o.BadLines
	if allowed < 1 {
		allowed *= float64(t.Rows + t.Bad)
	}
	switch {
	case t.Rows+t.Bad == 0:
		return ErrNoRows
	case float64(t.Bad) > allowed:
		return fmt.Errorf("%w: %d of %d (allowed: %d): %s", ErrBadLines, t.Bad, t.Rows+t.Bad, int64(allowed), reasons(t.Reasons))
	case t.Rows == 0:
		return fmt.Errorf("%w that can be used: %s", ErrNoRows, reasons(t.Reasons))
	case t.Rows < b.o.MinRows:
		return fmt.Errorf("%w: %d, at least %d are wanted", ErrFewRows, t.Rows, b.o.MinRows)
	case t.Rows > MaxRows:
		return fmt.Errorf("%d rows, at most %d", t.Rows, int64(MaxRows))
	}
	return nil
}

// discard keeps the list of bad lines and removes the rest: reading the same
// table again would come to the same end.
func (b *builder) discard() {
	b.keepBad()
	b.closeAll()
	_ = os.RemoveAll(b.dir) // the error to tell is another
}

func reasons(m map[Reason]int64) string {
	var out []string
	for _, r := range SortedReasons(m) {
		out = append(out, fmt.Sprintf("%d × %s", m[r], r))
	}
	return strings.Join(out, ", ")
}
