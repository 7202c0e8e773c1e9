// Package ppt reads the binary presentations of PowerPoint (MS-PPT), PowerPoint
// 97 and later: slides, masters, notes, headers, comments, links and embedded
// objects. What an earlier save left in the file, and no slide uses any more,
// comes as hidden text.
package ppt

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode/utf16"

	"labelmilter/internal/budget"
	"labelmilter/internal/extract/cfb"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/extract/officeart"
)

// Is reports a storage that holds a presentation.
func Is(d *cfb.Dir) bool { return d.Stream("PowerPoint Document") != nil }

// Types of records (MS-PPT 2.13.24).
const (
	recDocument     = 0x03e8
	recSlidePersist = 0x03f3
	recVBAInfo      = 0x0400
	recTextChars    = 0x0fa0
	recTextBytes    = 0x0fa8
	recString       = 0x0fba
	recKinsoku      = 0x0fc8
	recLink         = 0x0fd7
	recUserEdit     = 0x0ff5
	recOleObject    = 0x1011
	recBinaryTag    = 0x138b
	recStringTag    = 0x1389
	recPersist      = 0x1772
	recEncryption   = 0x2f14
	recComment      = 0x2ee0
	recDrawing      = 0x040c
)

const (
	maxRecords = 2_000_000
	maxDepth   = 24
)

type reader struct {
	document.Sink
	b       []byte
	records int
	shown   *document.Writer
	hidden  *document.Writer
	live    map[uint32]bool // offsets of the objects in use; nil if not known
	secret  bool
}

// Read reads the presentation in a storage.
func Read(d *cfb.Dir, s document.Sink) {
	r := &reader{Sink: s, b: d.Stream("PowerPoint Document").Paid(s, "PowerPoint Document"), records: maxRecords}
	r.shown, r.hidden = document.NewWriter(s.Room()), document.NewWriter(s.Room())
	r.edits(d.Stream("Current User").Bytes())
	if r.secret {
		r.Fact(document.Encrypted)
		return
	}
	r.top()
	if r.records <= 0 {
		r.Skip(budget.WorkBudget, "records")
	}
	if t := r.shown.Done(); t != "" {
		s.Text(document.Shown, t)
	}
	if t := r.hidden.Done(); t != "" {
		s.Text(document.Hidden, t)
	}
	officeart.Pictures(d.Stream("Pictures").Paid(s, "Pictures"), s)
}

// edits follows the chain of saves from the last one and gathers which objects
// are in use (MS-PPT 2.1.2).
func (r *reader) edits(user []byte) {
	le := binary.LittleEndian
	if len(user) < 20 {
		return
	}
	if le.Uint32(user[12:]) == 0xf3d1c4df {
		r.secret = true
	}
	at := le.Uint32(user[16:])
	byID := map[uint32]uint32{}
	for n := 0; n < 1000; n++ {
		typ, body := r.at(at)
		if typ != recUserEdit || len(body) < 28 {
			break
		}
		if len(body) >= 32 && le.Uint32(body[28:]) != 0 {
			r.secret = true
		}
		if typ, dir := r.at(le.Uint32(body[12:])); typ == recPersist {
			for len(dir) >= 4 {
				head := le.Uint32(dir)
				id, count := head&0xfffff, int(head>>20)
				dir = dir[4:]
				for i := 0; i < count && len(dir) >= 4; i++ {
					if _, newer := byID[id]; !newer {
						byID[id] = le.Uint32(dir)
					}
					id++
					dir = dir[4:]
				}
			}
		}
		last := le.Uint32(body[8:])
		if last == 0 || last >= at {
			break
		}
		at = last
	}
	if len(byID) == 0 {
		return
	}
	r.live = map[uint32]bool{}
	for _, o := range byID {
		r.live[o] = true
	}
	for o := range r.live { // the document must be among them, or the chain is not to be trusted
		if typ, _ := r.at(o); typ == recDocument {
			return
		}
	}
	r.live = nil
}

// at is the record at an offset.
func (r *reader) at(o uint32) (typ uint16, body []byte) {
	if int64(o)+8 > int64(len(r.b)) {
		return 0, nil
	}
	h := r.b[o:]
	n := int64(binary.LittleEndian.Uint32(h[4:]))
	return binary.LittleEndian.Uint16(h[2:]), h[8 : 8+min(n, int64(len(h)-8))]
}

// top reads the objects in use by their offsets, and then what no save leads to,
// wherever it begins. Without a chain of saves all that is found is in use.
func (r *reader) top() {
	le := binary.LittleEndian
	at := func(o int) (body []byte, whole bool) {
		n := int64(le.Uint32(r.b[o+4:]))
		size := min(n, int64(len(r.b)-o-8))
		return r.b[o+8 : o+8+int(size)], n == size
	}
	read := make([]bool, len(r.b)/8+1) // which eighths were read
	steps := 4 * len(r.b)
	for _, o := range slices.Sorted(maps.Keys(r.live)) {
		if int64(o)+8 > int64(len(r.b)) || steps < 0 {
			r.Damaged("object")
			continue
		}
		o := int(o)
		body, whole := at(o)
		if !whole {
			r.Damaged("object")
		}
		r.record(r.b[o:o+8], body, r.shown, 0)
		steps -= len(body) + 8
		for i := (o + 7) / 8; i < (o+8+len(body))/8; i++ {
			read[i] = true
		}
	}
	w := r.shown
	if r.live != nil {
		w = r.hidden
	}
	for o := 0; o+8 <= len(r.b) && r.records > 0; {
		body, whole := at(o)
		switch typ := le.Uint16(r.b[o+2:]); {
		case read[o/8] && o%8 == 0:
			o += 8
		case le.Uint16(r.b[o:])&15 == 15 && begins(typ) && !r.live[uint32(o)], typ == recOleObject && r.live == nil && whole:
			if !whole && r.live == nil {
				r.Damaged("records")
			}
			r.record(r.b[o:o+8], body, w, 0)
			o += 8 + len(body)
		case r.live == nil && whole && typ >= recDocument && typ <= recUserEdit:
			r.record(r.b[o:o+8], body, w, 0)
			o += 8 + len(body)
		default:
			o++
		}
	}
}

// begins reports the types of the objects that hold text: the document, slides,
// notes, masters and handouts.
func begins(typ uint16) bool {
	switch typ {
	case recDocument, 0x03ee, 0x03f0, 0x03f8, 0x0fc9:
		return true
	}
	return false
}

func (r *reader) container(b []byte, w *document.Writer, depth int) {
	if depth > maxDepth {
		r.Damaged("records too deep")
		return
	}
	for len(b) >= 8 && r.records > 0 {
		n := int64(binary.LittleEndian.Uint32(b[4:]))
		size := min(n, int64(len(b)-8))
		r.record(b[:8], b[8:8+size], w, depth)
		b = b[8+size:]
	}
}

func (r *reader) record(head, body []byte, w *document.Writer, depth int) {
	r.records--
	le := binary.LittleEndian
	verInst, typ := le.Uint16(head), le.Uint16(head[2:])
	switch typ {
	case recTextChars:
		r.say(w, wide(body))
	case recTextBytes:
		r.say(w, narrow(body))
	case recString:
		if s := wide(body); !strings.HasPrefix(s, "___PPT") {
			r.say(w, s)
		}
	case recKinsoku:
	case recLink, recStringTag:
		r.container(body, r.hidden, depth+1)
	case recVBAInfo:
		if len(body) >= 8 && le.Uint32(body[4:]) != 0 {
			r.Fact(document.Macros)
		}
	case recEncryption:
		r.Fact(document.Encrypted)
	case recOleObject:
		r.object(verInst>>4, body)
	case recDrawing:
		officeart.Texts(body, func(art bool, s string) {
			if art {
				r.say(w, s)
			} else {
				r.say(r.hidden, s)
			}
		})
		r.container(body, w, depth+1)
	default:
		if verInst&15 == 15 || typ == recBinaryTag {
			r.container(body, w, depth+1)
		}
	}
}

// object hands on an embedded object, a compound file, deflated or not
// (MS-PPT 2.10.34, 2.10.35).
func (r *reader) object(instance uint16, b []byte) {
	if instance == 1 {
		if len(b) < 6 {
			return
		}
		z, err := zlib.NewReader(bytes.NewReader(b[4:]))
		if err != nil {
			r.Damaged("embedded object")
			return
		}
		out, err := r.Unpack(z, int64(len(b)))
		if err != nil && !errors.Is(err, document.ErrCut) {
			r.Damaged("embedded object")
		}
		b = out
	}
	if len(b) > 0 {
		r.Embed(document.Embedded{Data: b})
	}
}

// say writes one text; its paragraphs end with CR, its lines with VT.
func (r *reader) say(w *document.Writer, s string) {
	s = strings.Trim(strings.NewReplacer("\r", "\n", "\v", "\n").Replace(s), "\x00\n ")
	if s == "" {
		return
	}
	w.Line()
	w.String(s)
	w.Line()
}

func wide(b []byte) string {
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(u))
}

// narrow is text whose characters are the lower bytes of UTF-16.
func narrow(b []byte) string {
	u := make([]rune, len(b))
	for i, c := range b {
		u[i] = rune(c)
	}
	return string(u)
}
