package edm

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// The file, version 1. All is little endian but the keys, so that they can be
// compared as bytes. It is written once and never changed.
//
//	0       header, 65,536 bytes:
//	        "LMEDM1\r\n", uint32 length, JSON (type header), zeros;
//	        at 65,472: HMAC-SHA-256 of all before, under a key derived from
//	        the store's; at 65,504: SHA-256 of all before
//	65,536  sections, each at a multiple of 4,096, in this order:
//	dir0    uint32 × (2^b + 1): first row of each bucket
//	key0    5 bytes × rows: the hash bits below the bucket's; rows are sorted
//	        by (bucket, key): the position is the number of the row
//	tag     3 (or 4) bytes × columns × rows: tags in column order, row by
//	        row; without the searchable column if there is only one
//	dirJ    per further searchable column J: uint32 × (2^bJ + 1)
//	keyJ    5 bytes × values
//	rowJ    uint32 × values: the row of the value
//	sums    SHA-256 of each 1,048,576 bytes from 65,536 up to here; the
//	        SHA-256 of this section stands in the header
//
// The hash of a searchable value is the first 64 bits of HMAC-SHA-256(key,
// column byte || normalised value); its top b bits are the bucket, the next 40
// the key. The tag of a value is the low bits of SipHash-1-3(key; value,
// salt || column || tokens), where value is the polynomial (name: the sum) of
// the SipHash-2-4 of its tokens modulo 2^61 - 1, and salt the top 40 bits of
// the hash of the row's first searchable value, which can be read back from
// bucket and key.
const (
	magic      = "LMEDM1\r\n"
	headerSize = 64 << 10
	macAt      = headerSize - 64
	sumAt      = headerSize - 32
	align      = 4096
	sumChunk   = 1 << 20
	keyBytes   = 5
	formatNow  = 1
)

// header is what can be read without the key.
type header struct {
	Format      int       `json:"format"`
	Rows        int64     `json:"rows"`
	Columns     int       `json:"columns"`
	TagBits     int       `json:"tag_bits"`
	Normalisers []Type    `json:"normalisers"` // of the columns, sorted: their order is sealed
	KeyCheck    string    `json:"key_check"`
	Indexes     []index   `json:"indexes"` // the first is that of the rows themselves
	Sections    []section `json:"sections"`
	Sums        string    `json:"sums"` // SHA-256 of the section
	Sealed      []byte    `json:"sealed"`
}

// index is a searchable column.
type index struct {
	Bits   uint  `json:"bits"` // of the bucket number
	Values int64 `json:"values"`
}

// tagged is the number of columns with tags: the only searchable column needs
// none.
func (h *header) tagged() int {
	if len(h.Indexes) == 1 {
		return h.Columns - 1
	}
	return h.Columns
}

type section struct {
	Name   string `json:"name"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
}

// Meta is the sealed part: what only the holder of the key may know.
type Meta struct {
	Schema   Schema    `json:"schema"`
	Lengths  []uint64  `json:"lengths"` // per column: bit n-1 is set if there are values of n tokens
	Search   []int     `json:"search"`  // searchable columns in the order of the indexes
	Built    time.Time `json:"built"`
	Source   string    `json:"source"`
	Bytes    int64     `json:"bytes"` // of the source
	Host     string    `json:"host"`
	Builder  string    `json:"builder"`
	Skipped  int64     `json:"skipped"`  // lines that could not be used
	Repeated int64     `json:"repeated"` // searchable values that more rows share than are looked at
}

// Errors of a store. ErrUnavailable wraps everything that keeps a store from
// being used.
var (
	ErrUnavailable = errors.New("store unavailable")
	ErrDamaged     = errors.New("the file is damaged")
	ErrNotStore    = errors.New("not an exact data match store")
)

// Store is an open store. It is immutable and safe for concurrent use. The
// file is unmapped when nothing uses the Store any more; it may be replaced by
// rename at any time, but must not be changed in place.
type Store struct {
	path   string
	head   header
	meta   Meta
	keys   *keys
	digest string
	size   int64
	data   []byte // the mapped file

	tagBytes int
	tagMask  uint32
	tags     []byte
	idx      []searchIndex
	byColumn []int // column → index, -1 if not searchable
	lengths  []uint64
}

type searchIndex struct {
	index
	column         int
	dir, key, rows []byte // rows is nil for the first
}

// Open maps a store. The header is checked with the key, the rest by Verify.
func Open(path string, k Key) (*Store, error) {
	s, err := open(path, k)
	if err != nil {
		return nil, fmt.Errorf("%w: %s: %w", ErrUnavailable, path, plainErr(err))
	}
	return s, nil
}

// plainErr leaves out the path, which the caller names.
func plainErr(err error) error {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

func open(path string, k Key) (*Store, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s := &Store{path: path, keys: newKeys(k)}
	raw, err := readHeader(f, &s.head)
	if err != nil {
		return nil, err
	}
	if s.head.KeyCheck != s.keys.check {
		return nil, ErrWrongKey
	}
	if m := hmac.New(sha256.New, s.keys.header); !hmac.Equal(macOf(m.Write, m.Sum, raw), raw[macAt:sumAt]) {
		return nil, fmt.Errorf("%w: the header was not written with this key", ErrDamaged)
	}
	text, err := s.keys.open(s.head.Sealed)
	if err == nil {
		err = json.Unmarshal(text, &s.meta)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the sealed part cannot be read", ErrDamaged)
	}
	sum := sha256.Sum256(raw)
	s.digest = "sha256:" + hex.EncodeToString(sum[:])
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	s.size = info.Size()
	if err := s.layout(); err != nil {
		return nil, err
	}
	if s.data, err = unix.Mmap(int(f.Fd()), 0, int(s.size), unix.PROT_READ, unix.MAP_SHARED); err != nil {
		return nil, fmt.Errorf("mapping: %w", err)
	}
	runtime.AddCleanup(s, func(b []byte) { _ = unix.Munmap(b) }, s.data)
	s.slice()
	return s, nil
}

func macOf(write func([]byte) (int, error), sum func([]byte) []byte, raw []byte) []byte {
	_, _ = write(raw[:macAt]) // a hash never fails
	return sum(nil)
}

// readHeader reads and checks the header as far as that is possible without
// the key, and gives its bytes.
func readHeader(r io.ReaderAt, h *header) ([]byte, error) {
	raw := make([]byte, headerSize)
	n, err := r.ReadAt(raw, 0)
	if n < len(magic) || string(raw[:len(magic)]) != magic {
		if n == len(raw) && bytes.Equal(raw, make([]byte, len(raw))) {
			return nil, fmt.Errorf("%w: it was not written to its end", ErrDamaged)
		}
		return nil, ErrNotStore
	}
	if n < len(raw) {
		return nil, fmt.Errorf("%w: it ends within the header", ErrDamaged)
	}
	_ = err // io.EOF with all bytes read
	if sum := sha256.Sum256(raw[:sumAt]); !bytes.Equal(sum[:], raw[sumAt:]) {
		return nil, fmt.Errorf("%w: checksum of the header", ErrDamaged)
	}
	size := binary.LittleEndian.Uint32(raw[len(magic):])
	if int64(size) > int64(macAt-len(magic)-4) {
		return nil, fmt.Errorf("%w: length of the header", ErrDamaged)
	}
	if err := json.Unmarshal(raw[len(magic)+4:len(magic)+4+int(size)], h); err != nil {
		return nil, fmt.Errorf("%w: %v", ErrDamaged, err)
	}
	if h.Format != formatNow {
		return nil, fmt.Errorf("the file has format %d, this program reads %d: build the store anew", h.Format, formatNow)
	}
	return raw, nil
}

// sizes gives the names and sizes of all sections, in order; it is false if
// the header's numbers cannot be.
func (h *header) sizes() (out []section, ok bool) {
	if h.Rows < 0 || h.Rows > MaxRows || h.Columns < 1 || h.Columns > MaxColumns || len(h.Indexes) < 1 || len(h.Indexes) > MaxSearchable ||
		h.TagBits != 24 && h.TagBits != 32 || h.Indexes[0].Values != h.Rows {
		return nil, false
	}
	for i, x := range h.Indexes {
		if x.Bits < 8 || x.Bits > 24 || x.Values < 0 || x.Values > h.Rows {
			return nil, false
		}
		out = append(out, section{fmt.Sprintf("dir%d", i), 0, 4 * (1<<x.Bits + 1)}, section{fmt.Sprintf("key%d", i), 0, keyBytes * x.Values})
		if i == 0 {
			out = append(out, section{"tag", 0, h.Rows * int64(h.tagged()) * int64(h.TagBits/8)})
		} else {
			out = append(out, section{fmt.Sprintf("row%d", i), 0, 4 * x.Values})
		}
	}
	at := int64(headerSize)
	for i := range out {
		out[i].Offset = at
		at += out[i].Size
		at = (at + align - 1) / align * align
	}
	chunks := (at - headerSize + sumChunk - 1) / sumChunk
	return append(out, section{"sums", at, chunks * sha256.Size}), true
}

// layout checks that the header and the sealed part fit each other and the
// file.
func (s *Store) layout() error {
	want, ok := s.head.sizes()
	if !ok || len(want) != len(s.head.Sections) {
		return fmt.Errorf("%w: numbers of the header", ErrDamaged)
	}
	for i := range want {
		if want[i] != s.head.Sections[i] {
			return fmt.Errorf("%w: section %s", ErrDamaged, want[i].Name)
		}
	}
	end := want[len(want)-1]
	if s.size != end.Offset+end.Size {
		return fmt.Errorf("%w: it has %d bytes and should have %d", ErrDamaged, s.size, end.Offset+end.Size)
	}
	m := &s.meta
	if err := m.Schema.check(); err != nil || len(m.Schema.Columns) != s.head.Columns || len(m.Lengths) != s.head.Columns || len(m.Search) != len(s.head.Indexes) {
		return fmt.Errorf("%w: the sealed part does not fit", ErrDamaged)
	}
	for _, c := range m.Search {
		if c < 0 || c >= s.head.Columns || !m.Schema.Columns[c].Searchable {
			return fmt.Errorf("%w: the sealed part does not fit", ErrDamaged)
		}
	}
	return nil
}

// slice names the parts of the mapping.
func (s *Store) slice() {
	at := func(i int) []byte {
		x := s.head.Sections[i]
		return s.data[x.Offset : x.Offset+x.Size : x.Offset+x.Size]
	}
	s.byColumn = make([]int, s.head.Columns)
	for i := range s.byColumn {
		s.byColumn[i] = -1
	}
	for i, x := range s.head.Indexes {
		si := searchIndex{index: x, column: s.meta.Search[i], dir: at(3 * i)}
		k := s.head.Sections[3*i+1]
		si.key = s.data[k.Offset : k.Offset+k.Size+8-keyBytes] // something follows every section
		if i == 0 {
			s.tags = at(2)
		} else {
			si.rows = at(3*i + 2)
		}
		s.byColumn[si.column] = i
		s.idx = append(s.idx, si)
	}
	s.tagBytes = s.head.TagBits / 8
	s.tagMask = uint32(1<<s.head.TagBits - 1)
	s.lengths = s.meta.Lengths
}

// Schema is that of the table.
func (s *Store) Schema() *Schema { return &s.meta.Schema }

// Meta is the sealed part.
func (s *Store) Meta() Meta { return s.meta }

// Rows is the number of rows.
func (s *Store) Rows() int64 { return s.head.Rows }

// Digest identifies the file: "sha256:…" of its header, which holds the
// checksums of all the rest.
func (s *Store) Digest() string { return s.digest }

// Built is when the table was read.
func (s *Store) Built() time.Time { return s.meta.Built }

// Path is the name the file was opened under.
func (s *Store) Path() string { return s.path }

// Size is the size of the file in bytes.
func (s *Store) Size() int64 { return s.size }
