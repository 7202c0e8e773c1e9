// Package oleobject takes embedded files out of the two wrappings in which OLE
// keeps them outside of storages: the stream "\1Ole10Native" with what the
// packager writes in it, and the OLE 1.0 object (MS-OLEDS 2.2) of RTF and of old
// documents.
package oleobject

import (
	"bytes"
	"encoding/binary"
	"strings"

	"labelmilter/internal/charset"
)

// Native gives names and content of an "\1Ole10Native" stream (MS-OLEDS 2.3.6).
// What does not have the packager's header is content as a whole.
func Native(b []byte) (names []string, data []byte) {
	if len(b) < 4 {
		return nil, b
	}
	whole := b[4:][:min(int64(binary.LittleEndian.Uint32(b)), int64(len(b)-4))]
	if len(whole) == 0 {
		whole = b[4:]
	}
	return packaged(whole)
}

// packaged reads what the packager writes: label, file name, path, content.
func packaged(whole []byte) (names []string, data []byte) {
	le := binary.LittleEndian
	page, _ := charset.CodePage(1252)
	p := whole
	if len(p) < 8 || le.Uint16(p) != 2 {
		return nil, whole
	}
	p = p[2:]
	for range 2 { // label and file name
		i := bytes.IndexByte(p[:min(len(p), 1024)], 0)
		if i < 0 {
			return nil, whole
		}
		if n := base(page.Decode(p[:i])); n != "" && (len(names) == 0 || names[0] != n) {
			names = append(names, n)
		}
		p = p[i+1:]
	}
	if len(p) < 8 {
		return nil, whole
	}
	n := int64(le.Uint32(p[4:])) // path of the temporary file
	p = p[8:]
	if n+4 > int64(len(p)) {
		return nil, whole
	}
	p = p[n:]
	size := int64(le.Uint32(p))
	p = p[4:]
	return names, p[:min(size, int64(len(p)))]
}

// base is a file name without its path.
func base(s string) string {
	return s[strings.LastIndexAny(s, `\/`)+1:]
}

// Object is an OLE 1.0 object.
type Object struct {
	Names []string
	Data  []byte
	Link  string // of a linked object: where it is
}

// Old reads an OLE 1.0 object. Where its header does not fit, the content is
// looked for by the signatures of what such objects hold; an object without any
// content has none.
func Old(b []byte) Object {
	le := binary.LittleEndian
	page, _ := charset.CodePage(1252)
	p := b
	if len(p) > 12 {
		format := le.Uint32(p[4:])
		p = p[8:]
		var strs [3]string
		ok := format == 1 || format == 2
		for i := range strs {
			if len(p) < 4 {
				ok = false
				break
			}
			n := int64(le.Uint32(p))
			if n > int64(len(p)-4) {
				ok = false
				break
			}
			strs[i] = strings.TrimRight(page.Decode(p[4:4+n]), "\x00")
			p = p[4+n:]
		}
		switch {
		case ok && format == 1:
			return Object{Link: strings.TrimSpace(strs[1] + " " + strs[2])}
		case ok && len(p) >= 4:
			data := p[4:][:min(int64(le.Uint32(p)), int64(len(p)-4))]
			if len(data) == 0 {
				data = p[4:]
			}
			if strings.EqualFold(strs[0], "Package") {
				names, data := packaged(data)
				return Object{Names: names, Data: data}
			}
			return Object{Data: data}
		}
	}
	for _, m := range []string{"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "PK\x03\x04", "{\\rt", "%PDF-"} {
		if i := bytes.Index(b, []byte(m)); i >= 0 {
			return Object{Data: b[i:]}
		}
	}
	return Object{Data: b}
}
