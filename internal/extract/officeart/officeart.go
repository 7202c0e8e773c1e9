// Package officeart finds texts in drawings of older Office documents
// (MS-ODRAW): the words of WordArt, alternative texts, names, links and scripts
// of shapes. Text boxes keep their text elsewhere.
package officeart

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"

	"labelmilter/internal/extract/document"
)

// maxRecords bounds the records of one drawing.
const maxRecords = 200_000

// Texts gives the texts of the shapes in b, in order: art is text to be seen,
// such as WordArt; the rest is not.
func Texts(b []byte, text func(art bool, s string)) {
	n := maxRecords
	walk(b, text, &n, 0)
}

func walk(b []byte, text func(bool, string), left *int, depth int) {
	le := binary.LittleEndian
	for len(b) >= 8 && *left > 0 {
		verInst, typ, size := le.Uint16(b), le.Uint16(b[2:]), int64(le.Uint32(b[4:]))
		if typ < 0xf000 || typ > 0xf1ff || size > int64(len(b)-8) && verInst&15 != 15 {
			b = b[1:] // a byte of another structure between drawings
			continue
		}
		*left--
		body := b[8 : 8+min(size, int64(len(b)-8))]
		switch {
		case verInst&15 == 15 && depth < 32:
			walk(body, text, left, depth+1)
		case typ == 0xf00b || typ == 0xf121 || typ == 0xf122: // FOPT
			properties(body, int(verInst>>4), text)
		}
		b = b[8+len(body):]
	}
}

// properties reads a table of shape properties (MS-ODRAW 2.2.9, 2.3.1): six
// bytes each, then the data of the complex ones in order.
func properties(b []byte, n int, text func(bool, string)) {
	le := binary.LittleEndian
	n = min(n, len(b)/6)
	data := b[6*n:]
	for i := range n {
		id, v := le.Uint16(b[6*i:]), int64(le.Uint32(b[6*i+2:]))
		if id&0x8000 == 0 {
			continue
		}
		d := data[:min(v, int64(len(data)))]
		data = data[len(d):]
		switch id & 0x3fff {
		case 0xc0: // gtextUNICODE
			say(d, func(s string) { text(true, s) })
		case 0x380, 0x381, 0x382, 0x38d, 0x38e, 0x105, 0x1c5, 0xc5, 0x3a2: // names, descriptions, script, tip, file names
			say(d, func(s string) { text(false, s) })
		case 0x383: // a link: MS-OSHARED 2.3.7.1, strings of UTF-16 among numbers
			for _, s := range Wide(d, 6) {
				text(false, s)
			}
		}
	}
}

func say(d []byte, text func(string)) {
	u := make([]uint16, 0, len(d)/2)
	for i := 0; i+1 < len(d); i += 2 {
		u = append(u, binary.LittleEndian.Uint16(d[i:]))
	}
	s := strings.Trim(string(utf16.Decode(u)), "\x00 \r\n")
	if s != "" {
		text(strings.ReplaceAll(s, "\r", "\n"))
	}
}

// Wide gives the runs of at least n printable characters in UTF-16, at even and
// then at odd offsets. Runs that are a text read at the wrong offset, by the
// zero bytes in the lower halves, are left out.
func Wide(d []byte, n int) (out []string) {
	for at := range 2 {
		var u []uint16
		zeros := 0
		flush := func() {
			if len(u) >= n && 2*zeros < len(u) {
				out = append(out, string(utf16.Decode(u)))
			}
			u, zeros = u[:0], 0
		}
		for i := at; i+1 < len(d); i += 2 {
			c := binary.LittleEndian.Uint16(d[i:])
			if c < 0x20 || c >= 0xfffe || c >= 0x7f && c < 0xa0 {
				flush()
				continue
			}
			if c&0xff == 0 {
				zeros++
			}
			u = append(u, c)
		}
		flush()
	}
	return out
}

// Pictures gives the pictures in b to a sink, metafiles inflated.
func Pictures(b []byte, s document.Sink) {
	Images(b, func(b []byte) {
		if z, err := zlib.NewReader(bytes.NewReader(b)); err == nil { // a metafile
			out, err := s.Unpack(z, int64(len(b)))
			if err != nil && !errors.Is(err, document.ErrCut) {
				s.Damaged("picture")
			}
			b = out
		}
		s.Embed(document.Embedded{Data: b, Decoration: true})
	})
}

// Images gives the pictures in b, each as a file of its format; metafiles are
// given as they are stored, which is mostly deflated.
func Images(b []byte, image func(b []byte)) {
	n := maxRecords
	images(b, image, &n, 0)
}

func images(b []byte, image func([]byte), left *int, depth int) {
	le := binary.LittleEndian
	for len(b) >= 8 && *left > 0 {
		verInst, typ, size := le.Uint16(b), le.Uint16(b[2:]), int64(le.Uint32(b[4:]))
		if typ < 0xf000 || typ > 0xf1ff || size > int64(len(b)-8) && verInst&15 != 15 {
			// The next record can only begin where its type ends with 0xf0.
			i := indexType(b[1:])
			if i < 0 {
				return
			}
			b = b[1+i:]
			continue
		}
		*left--
		body := b[8 : 8+min(size, int64(len(b)-8))]
		switch {
		case verInst&15 == 15 && depth < 32:
			images(body, image, left, depth+1)
		case typ == 0xf007 && len(body) > 36: // an entry of the store, with the picture
			images(body[36:], image, left, depth+1)
		case typ >= 0xf01a && typ <= 0xf02a:
			picture(body, typ, verInst>>4, image)
		}
		b = b[8+len(body):]
	}
}

// indexType finds where a record may begin: three bytes before a byte 0xf0.
func indexType(b []byte) int {
	for i := 3; i < len(b); i++ {
		if b[i] == 0xf0 {
			return i - 3
		}
	}
	return -1
}

// picture cuts off what stands before the bytes of the picture (MS-ODRAW
// 2.2.23 and on): one identifier or two, then a byte, or the header of a
// metafile.
func picture(b []byte, typ, instance uint16, image func([]byte)) {
	head := 17
	if instance&1 != 0 && typ != 0xf01d || instance == 0x46b || instance == 0x6e3 {
		head += 16
	}
	if typ <= 0xf01c {
		head += 33
	}
	if len(b) > head {
		image(b[head:])
	}
}
