// Package cfb opens OLE compound files (MS-CFB): a file system of storages and
// streams within a file, in which Office keeps its older documents, Outlook its
// messages, and Office its encrypted packages.
//
// It is made for files that someone has damaged or built to hide something: a
// chain that breaks off gives what came before, entries of the directory that
// the tree does not reach are found all the same, and no number of the file is
// believed beyond the size of the file. It also writes compound files, so that
// an embedded storage can be handed on as a file of its own.
package cfb

import (
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
)

// ErrFormat is given for what is no compound file.
var ErrFormat = errors.New("cfb: no compound file")

// Signature begins every compound file (MS-CFB 2.2).
const Signature = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// maxEntries bounds the directory entries that are looked at.
const maxEntries = 20_000

// maxDepth bounds storages within storages.
const maxDepth = 40

// Dir is a storage.
type Dir struct {
	Name    string
	CLSID   [16]byte
	Dirs    []*Dir
	Streams []*Stream
}

// Stream is a stream of a storage.
type Stream struct {
	Name string
	f    *file
	at   uint32
	size int64
	data []byte // of a stream that was made, see Dir.Add
}

// File is an opened compound file.
type File struct {
	Root *Dir
	// Damaged says that the tables or the directory are broken, or that there
	// are more entries than are looked at.
	Damaged bool
	// Orphans are streams and storages in the directory that the tree does not
	// reach; they stand in Root besides.
	Orphans int
}

// file is the container: the bytes and the tables of sectors.
type file struct {
	b       []byte
	shift   uint // of the sector size
	fat     []uint32
	mini    []uint32 // the FAT of the mini stream
	ministr []byte
	cutoff  int64
	damaged bool
}

// Sector numbers with a meaning (MS-CFB 2.1).
const (
	endOfChain = 0xfffffffe
	freeSector = 0xffffffff
	maxRegular = 0xfffffffa
)

// Open reads the tables and the directory.
func Open(b []byte) (*File, error) {
	if len(b) < 512 || string(b[:8]) != Signature {
		return nil, ErrFormat
	}
	le := binary.LittleEndian
	f := &file{b: b, shift: uint(le.Uint16(b[30:])), cutoff: int64(le.Uint32(b[56:]))}
	if f.shift != 9 && f.shift != 12 {
		f.shift, f.damaged = 9, true
	}
	if f.cutoff != 4096 {
		f.cutoff, f.damaged = 4096, true
	}
	f.readFAT()
	dir := f.chain(le.Uint32(b[48:]), int64(len(b)))
	if len(dir) < 128 {
		return nil, ErrFormat
	}
	t := &tree{file: f, b: dir, n: min(len(dir)/128, maxEntries), had: make([]bool, min(len(dir)/128, maxEntries))}
	if len(dir)/128 > maxEntries {
		f.damaged = true
	}
	root := t.entry(0)
	if m := le.Uint32(b[60:]); m < maxRegular {
		raw := f.chain(m, int64(len(b)))
		f.mini = words(raw)
		f.ministr = f.chain(root.at, min(root.size, int64(len(b))))
	}
	out := &File{Root: &Dir{Name: root.name, CLSID: root.clsid}}
	t.had[0] = true
	t.walk(out.Root, root.child, 0)
	out.Orphans = t.orphans(out.Root)
	out.Damaged = f.damaged
	return out, nil
}

func words(b []byte) []uint32 {
	out := make([]uint32, len(b)/4)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(b[4*i:])
	}
	return out
}

// sector is the bytes of a sector: fewer at the end of a file that was cut, none
// outside of it.
func (f *file) sector(n uint32) []byte {
	at := (int64(n) + 1) << f.shift
	if n >= maxRegular || at >= int64(len(f.b)) {
		return nil
	}
	return f.b[at:min(at+1<<f.shift, int64(len(f.b)))]
}

// readFAT gathers the sectors of the FAT: 109 in the header, more in the chain
// of DIFAT sectors (MS-CFB 2.5.1).
func (f *file) readFAT() {
	sectors := uint32(int64(len(f.b)) >> f.shift) // that the file can have
	per := uint32(1) << f.shift / 4
	need := int(sectors/per) + 1
	add := func(n uint32) {
		if n >= maxRegular || len(f.fat) >= need*int(per) {
			return
		}
		w := words(f.sector(n))
		for len(w) < int(per) {
			w = append(w, freeSector)
		}
		f.fat = append(f.fat, w...)
	}
	for _, n := range words(f.b[76:512]) {
		add(n)
	}
	next := binary.LittleEndian.Uint32(f.b[68:])
	for range sectors/(per-1) + 1 {
		s := words(f.sector(next))
		if len(s) < int(per) {
			break
		}
		for _, n := range s[:per-1] {
			add(n)
		}
		next = s[per-1]
	}
}

// chain gathers the sectors of a chain, at most size bytes. A chain that
// breaks off, or comes back to itself, ends there.
func (f *file) chain(at uint32, size int64) []byte {
	size = min(size, int64(len(f.b)))
	var out []byte
	if size <= 0 {
		return nil
	}
	// What lies together in the file, as most streams do, needs no copy.
	first, last := at, at
	for int64(last-first+1)<<f.shift < size && int64(last) < int64(len(f.fat)) && f.fat[last] == last+1 {
		last++
	}
	from := (int64(first) + 1) << f.shift
	if first < maxRegular && from < int64(len(f.b)) {
		to := min(from+int64(last-first+1)<<f.shift, int64(len(f.b)))
		out = f.b[from:to:to]
	}
	if int64(len(out)) >= size {
		return out[:size:size]
	}
	at = last
	for range len(f.fat) {
		if int64(at) >= int64(len(f.fat)) {
			break
		}
		if at = f.fat[at]; at >= maxRegular {
			break
		}
		s := f.sector(at)
		if s == nil || int64(len(out)) >= size {
			break
		}
		out = append(out, s...)
	}
	return out[:min(int64(len(out)), size)]
}

// miniChain is chain in the mini stream, whose sectors have 64 bytes.
func (f *file) miniChain(at uint32, size int64) []byte {
	size = min(size, int64(len(f.ministr)))
	var out []byte
	for range len(f.mini) {
		from := int64(at) << 6
		if at >= maxRegular || from >= int64(len(f.ministr)) || int64(len(out)) >= size {
			break
		}
		out = append(out, f.ministr[from:min(from+64, int64(len(f.ministr)))]...)
		if int64(at) >= int64(len(f.mini)) {
			break
		}
		at = f.mini[at]
	}
	return out[:min(int64(len(out)), size)]
}

// entry is one directory entry (MS-CFB 2.6.1).
type entry struct {
	name               string
	kind               byte
	left, right, child uint32
	clsid              [16]byte
	at                 uint32
	size               int64
}

// Object types.
const (
	kindStorage = 1
	kindStream  = 2
	kindRoot    = 5
)

// tree is the directory.
type tree struct {
	*file
	b   []byte
	n   int
	had []bool
}

func (t *tree) entry(i int) entry {
	le := binary.LittleEndian
	b := t.b[128*i : 128*i+128]
	n := min(int(le.Uint16(b[64:])), 64)
	u := make([]uint16, 0, 32)
	for j := 0; j+1 < n; j += 2 {
		c := le.Uint16(b[j:])
		if c == 0 {
			break
		}
		u = append(u, c)
	}
	e := entry{name: string(utf16.Decode(u)), kind: b[66], left: le.Uint32(b[68:]), right: le.Uint32(b[72:]), child: le.Uint32(b[76:]),
		at: le.Uint32(b[116:]), size: int64(le.Uint32(b[120:]))}
	copy(e.clsid[:], b[80:96])
	if t.shift == 12 { // the upper half is garbage in version 3
		e.size = int64(le.Uint64(b[120:]) & (1<<48 - 1))
	}
	return e
}

// walk adds the entries of a storage in order: the tree of siblings, leftmost
// first, on a stack of its own as it may be a list of thousands.
func (t *tree) walk(d *Dir, at uint32, depth int) {
	var stack []uint32
	for {
		for int64(at) < int64(t.n) && !t.had[at] {
			t.had[at] = true
			stack = append(stack, at)
			at = t.entry(int(at)).left
		}
		if at != freeSector && (int64(at) >= int64(t.n)) {
			t.damaged = true
		}
		if len(stack) == 0 {
			return
		}
		i := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		e := t.entry(int(i))
		t.add(d, e, depth)
		at = e.right
	}
}

func (t *tree) add(d *Dir, e entry, depth int) {
	switch e.kind {
	case kindStorage:
		c := &Dir{Name: e.name, CLSID: e.clsid}
		d.Dirs = append(d.Dirs, c)
		if depth >= maxDepth {
			t.damaged = true
			return
		}
		t.walk(c, e.child, depth+1)
	case kindStream:
		d.Streams = append(d.Streams, &Stream{Name: e.name, f: t.file, at: e.at, size: e.size})
	default:
		t.damaged = true
	}
}

// orphans adds what the tree does not reach.
func (t *tree) orphans(root *Dir) int {
	n := 0
	for i := range t.n {
		if t.had[i] {
			continue
		}
		e := t.entry(i)
		if e.name == "" || e.kind != kindStorage && e.kind != kindStream {
			continue
		}
		t.had[i] = true
		t.add(root, e, 0)
		n++
	}
	return n
}

// Size is the size that the directory states, or what can be of it.
func (s *Stream) Size() int64 {
	if s.f == nil {
		return int64(len(s.data))
	}
	return min(s.size, int64(len(s.f.b)))
}

// Read gives the content, or as much of it as can be had. whole says that it is
// all. It is not to be changed.
func (s *Stream) Read() (b []byte, whole bool) {
	b = s.head(s.size)
	return b, int64(len(b)) >= s.size
}

// head gives the first n bytes.
func (s *Stream) head(n int64) []byte {
	switch {
	case s.f == nil:
		return s.data[:min(n, int64(len(s.data)))]
	case s.size < s.f.cutoff:
		return s.f.miniChain(s.at, n)
	}
	return s.f.chain(s.at, n)
}

// Bytes is Read for those who take what there is.
func (s *Stream) Bytes() []byte {
	if s == nil {
		return nil
	}
	b, _ := s.Read()
	return b
}

// Stream is the stream of a name, nil if there is none. Case is of no
// consequence (MS-CFB 2.6.4).
func (d *Dir) Stream(name string) *Stream {
	for _, s := range d.Streams {
		if strings.EqualFold(s.Name, name) {
			return s
		}
	}
	return nil
}

// Dir is the storage of a name, nil if there is none.
func (d *Dir) Dir(name string) *Dir {
	for _, c := range d.Dirs {
		if strings.EqualFold(c.Name, name) {
			return c
		}
	}
	return nil
}

// Payer takes what a stream costs and the damage in it; document.Sink is one.
type Payer interface {
	Expand(had, n int64) int64
	Damaged(piece string)
}

// Paid is the content within the budget; nil of no stream. What cannot be read
// is damage of the named piece. It is paid for before it is read, as thousands of
// entries may point to the same chain.
func (s *Stream) Paid(p Payer, piece string) []byte {
	if s == nil {
		return nil
	}
	want := s.Size()
	n := p.Expand(0, want)
	if n < want {
		return s.head(n)
	}
	b, whole := s.Read()
	if !whole {
		p.Damaged(piece)
	}
	return b
}
