// Package oleps reads OLE property sets (MS-OLEPS): the streams
// "\5SummaryInformation" and "\5DocumentSummaryInformation" of older Office
// documents and others. Properties get the names that they have in Office Open
// XML; custom ones, MSIP labels among them, keep theirs.
package oleps

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
)

// Limits on what is looked at in one stream.
const (
	maxSets       = 8
	maxProperties = 4096
	maxVector     = 4096
	// maxText bounds the bytes of strings that are decoded in one set: all its
	// properties may point to the same one.
	maxText = 4 << 20
)

// Reader takes the property sets of one document; the labels in them are given
// by Done.
type Reader struct {
	document.Sink
	labels document.Labels
}

// Done gives the labels that were read.
func (r *Reader) Done() {
	for _, l := range r.labels.List() {
		r.Label(l)
	}
}

// GUIDs of the property sets (MS-OLEPS 2.21), as stored.
const (
	summary         = "\xe0\x85\x9f\xf2\xf9\x4f\x68\x10\xab\x91\x08\x00\x2b\x27\xb3\xd9"
	documentSummary = "\x02\xd5\xcd\xd5\x9c\x2e\x1b\x10\x93\x97\x08\x00\x2b\x2c\xf9\xae"
	userDefined     = "\x05\xd5\xcd\xd5\x9c\x2e\x1b\x10\x93\x97\x08\x00\x2b\x2c\xf9\xae"
)

// Read reads one stream.
func (r *Reader) Read(b []byte) {
	le := binary.LittleEndian
	if len(bytes.TrimLeft(b, "\x00")) == 0 {
		return // a place kept for properties, and none
	}
	if len(b) < 28 || le.Uint16(b) != 0xfffe {
		r.Damaged("properties")
		return
	}
	n := int(min(le.Uint32(b[24:]), maxSets))
	for i := range n {
		at := 28 + 20*i
		if at+20 > len(b) {
			r.Damaged("properties")
			return
		}
		if off := int64(le.Uint32(b[at+16:])); off < int64(len(b)) {
			r.set(b[off:], string(b[at:at+16]))
		} else {
			r.Damaged("properties")
		}
	}
}

// set is one property set (MS-OLEPS 2.20).
type set struct {
	b       []byte
	page    charset.Page
	unicode bool // the code page is UTF-16
	left    int  // bytes of strings that may still be decoded
}

func (r *Reader) set(b []byte, id string) {
	le := binary.LittleEndian
	if len(b) < 8 {
		r.Damaged("properties")
		return
	}
	n := int(min(le.Uint32(b[4:]), maxProperties))
	if 8+8*n > len(b) {
		r.Damaged("properties")
		n = (len(b) - 8) / 8
	}
	s := &set{b: b, left: maxText}
	s.page, _ = charset.CodePage(1252)
	at := func(i int) (id uint32, value []byte) {
		id = le.Uint32(b[8+8*i:])
		if off := int64(le.Uint32(b[12+8*i:])); off+4 <= int64(len(b)) {
			value = b[off:]
		}
		return id, value
	}
	var names map[uint32]string
	for i := range n {
		if id, v := at(i); id == 1 && len(v) >= 6 {
			cp := int(le.Uint16(v[4:]))
			s.page, _ = charset.CodePage(cp)
			s.unicode = cp == 1200
		}
	}
	for i := range n {
		if id, v := at(i); id == 0 && v != nil {
			names = s.dictionary(v)
		}
	}
	for i := range n {
		pid, v := at(i)
		if pid < 2 || v == nil || pid >= 0x80000000 {
			continue
		}
		if pid > 0xffffff && names[pid] == "" {
			continue
		}
		r.property(s, id, pid, names[pid], v)
	}
	if s.left == 0 {
		r.Skip(budget.MetadataLimit, "properties")
	}
}

// dictionary reads the names of properties (MS-OLEPS 2.17).
func (s *set) dictionary(v []byte) map[uint32]string {
	le := binary.LittleEndian
	out := map[uint32]string{}
	n := min(le.Uint32(v), maxProperties)
	v = v[4:]
	for range n {
		if len(v) < 8 {
			break
		}
		id, size := le.Uint32(v), int64(le.Uint32(v[4:]))
		v = v[8:]
		if s.unicode {
			size *= 2
		}
		if size > int64(len(v)) {
			break
		}
		out[id] = s.text(v[:size])
		if s.unicode {
			size = (size + 3) &^ 3
		}
		v = v[min(size, int64(len(v))):]
	}
	return out
}

// text decodes a string of the set's code page, up to its NUL.
func (s *set) text(b []byte) string {
	b = b[:min(len(b), s.left)]
	s.left -= len(b)
	if s.unicode {
		return wide(b)
	}
	t := s.page.Decode(b)
	t, _, _ = strings.Cut(t, "\x00")
	return t
}

func wide(b []byte) string {
	u := make([]uint16, 0, len(b)/2)
	for i := 0; i+1 < len(b); i += 2 {
		c := binary.LittleEndian.Uint16(b[i:])
		if c == 0 {
			break
		}
		u = append(u, c)
	}
	return string(utf16.Decode(u))
}

// property gives one property; of the standard sets only those that people
// write.
func (r *Reader) property(s *set, setID string, pid uint32, name string, v []byte) {
	source := "custom"
	switch {
	case setID == summary:
		source = "core"
		switch pid {
		case 2:
			name = "title"
		case 3:
			name = "subject"
		case 4:
			name = "creator"
		case 5:
			name = "keywords"
		case 6:
			name = "description"
		case 7:
			source, name = "app", "Template"
		case 8:
			name = "lastModifiedBy"
		case 9:
			name = "revision"
		case 12:
			name = "created"
		case 13:
			name = "modified"
		case 18:
			source, name = "app", "Application"
		default:
			return
		}
	case setID == documentSummary:
		source = "app"
		switch pid {
		case 2:
			source, name = "core", "category"
		case 3:
			name = "PresentationFormat"
		case 13:
			name = "TitlesOfParts"
		case 14:
			name = "Manager"
		case 15:
			name = "Company"
		case 26:
			source, name = "core", "contentType"
		case 27:
			source, name = "core", "contentStatus"
		case 28:
			source, name = "core", "language"
		case 29:
			source, name = "core", "version"
		default:
			return
		}
	case name == "":
		name = "property " + strconv.FormatUint(uint64(pid), 10)
	}
	if name == "_PID_HLINKS" {
		r.links(s, v)
		return
	}
	var out []string
	s.value(v, &out, 0)
	value := strings.TrimSpace(strings.ToValidUTF8(strings.Join(out, "\n"), "\uFFFD"))
	name = strings.ToValidUTF8(name, "\uFFFD")
	if value == "" {
		return
	}
	if setID == summary && (pid == 12 || pid == 13) && strings.HasPrefix(value, "1601-") {
		return // not set
	}
	r.Property(document.Property{Source: source, Name: name, Value: value})
	if source == "custom" {
		r.labels.Take(name, value)
	}
}

// links reads the blob of hyperlinks (MS-OSHARED 2.3.3.1.19): a vector of
// variants, six for each link, strings among numbers.
func (r *Reader) links(s *set, v []byte) {
	if len(v) < 12 || binary.LittleEndian.Uint16(v) != vtBlob {
		return
	}
	n := min(binary.LittleEndian.Uint32(v[8:]), maxVector)
	v = v[12:]
	w := document.NewWriter(r.Room())
	for range n {
		if len(v) < 4 {
			break
		}
		t := binary.LittleEndian.Uint16(v)
		var out []string
		size := s.value(v, &out, 0)
		if t == vtLPWSTR || t == vtLPSTR {
			for _, x := range out {
				w.Line()
				w.String(x)
			}
		}
		v = v[min(size, len(v)):]
	}
	if t := w.Done(); t != "" {
		r.Text(document.Hidden, t)
	}
}

// Types of values (MS-OLEPS 2.15).
const (
	vtI2       = 2
	vtI4       = 3
	vtR4       = 4
	vtR8       = 5
	vtCY       = 6
	vtDate     = 7
	vtBSTR     = 8
	vtBool     = 11
	vtVariant  = 12
	vtI1       = 16
	vtUI1      = 17
	vtUI2      = 18
	vtUI4      = 19
	vtI8       = 20
	vtUI8      = 21
	vtInt      = 22
	vtUint     = 23
	vtLPSTR    = 30
	vtLPWSTR   = 31
	vtFileTime = 64
	vtBlob     = 65
	vtVector   = 0x1000
)

// value adds the readable form of a typed value and gives its size.
func (s *set) value(v []byte, out *[]string, depth int) int {
	if len(v) < 4 {
		return len(v)
	}
	le := binary.LittleEndian
	t := le.Uint16(v)
	v = v[4:]
	if t&vtVector == 0 {
		n := s.scalar(t, v, out, depth)
		return 4 + min((n+3)&^3, len(v))
	}
	if len(v) < 4 {
		return 4
	}
	n := min(le.Uint32(v), maxVector)
	at := 4
	for range n {
		if at >= len(v) {
			break
		}
		size := s.scalar(t&^vtVector, v[at:], out, depth)
		if t&^vtVector != vtLPSTR || s.unicode { // strings of a vector are not padded in what Office writes
			size = (size + 3) &^ 3
		}
		if size == 0 {
			break
		}
		at += size
	}
	return 4 + min(at, len(v))
}

// scalar adds one value and gives its size without padding.
func (s *set) scalar(t uint16, v []byte, out *[]string, depth int) int {
	le := binary.LittleEndian
	add := func(x string) {
		if x != "" {
			*out = append(*out, x)
		}
	}
	switch t {
	case vtLPSTR, vtBSTR, vtLPWSTR, vtBlob:
		if len(v) < 4 {
			return len(v)
		}
		n := int64(le.Uint32(v))
		if t == vtLPWSTR {
			n *= 2
		}
		n = min(n, int64(len(v)-4))
		switch t {
		case vtLPWSTR:
			w := v[4 : 4+min(n, int64(s.left))]
			s.left -= len(w)
			add(wide(w))
		case vtBlob:
		default:
			add(s.text(v[4 : 4+n]))
		}
		return 4 + int(n)
	case vtVariant:
		if depth > 2 {
			return len(v)
		}
		return s.value(v, out, depth+1)
	}
	size := map[uint16]int{vtI1: 1, vtUI1: 1, vtI2: 2, vtUI2: 2, vtBool: 2, vtI4: 4, vtUI4: 4, vtInt: 4, vtUint: 4, vtR4: 4,
		vtR8: 8, vtDate: 8, vtI8: 8, vtUI8: 8, vtFileTime: 8, vtCY: 8}[t]
	if size == 0 || len(v) < size {
		return len(v)
	}
	switch t {
	case vtI2:
		add(strconv.Itoa(int(int16(le.Uint16(v)))))
	case vtUI2:
		add(strconv.Itoa(int(le.Uint16(v))))
	case vtI4, vtInt:
		add(strconv.Itoa(int(int32(le.Uint32(v)))))
	case vtUI4, vtUint:
		add(strconv.FormatUint(uint64(le.Uint32(v)), 10))
	case vtI8:
		add(strconv.FormatInt(int64(le.Uint64(v)), 10))
	case vtUI8:
		add(strconv.FormatUint(le.Uint64(v), 10))
	case vtBool:
		add(strconv.FormatBool(le.Uint16(v) != 0))
	case vtR4:
		add(strconv.FormatFloat(float64(math.Float32frombits(le.Uint32(v))), 'f', -1, 32))
	case vtR8:
		add(strconv.FormatFloat(math.Float64frombits(le.Uint64(v)), 'g', -1, 64))
	case vtDate:
		if d := math.Float64frombits(le.Uint64(v)); d > -600_000 && d < 3_000_000 {
			add(time.Unix(int64((d-25569)*86400), 0).UTC().Format(time.RFC3339)) // days since 1899-12-30
		}
	case vtFileTime:
		add(FileTime(le.Uint64(v)))
	}
	return size
}

// FileTime displays a FILETIME (MS-DTYP 2.3.3): ticks of 100 ns since 1601.
func FileTime(t uint64) string {
	s := int64(t/10_000_000) - 11_644_473_600
	if t == 0 || s > 253_402_300_799 {
		return ""
	}
	return time.Unix(s, 0).UTC().Format(time.RFC3339)
}
