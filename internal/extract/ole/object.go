package ole

import (
	"bytes"
	"encoding/binary"
	"strings"

	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
)

// native reads an embedded file (MS-OLEDS 2.3.6 and what the packager writes in
// it): its label, its name, where it was, and its content.
func (r *reader) native(b []byte) {
	names, data := Native(b)
	if len(data) == 0 {
		return
	}
	r.Embed(document.Embedded{Names: names, Data: data})
}

// Native gives names and content of an "\1Ole10Native" stream. What does not
// have the packager's header is content as a whole.
func Native(b []byte) (names []string, data []byte) {
	le := binary.LittleEndian
	if len(b) < 4 {
		return nil, b
	}
	whole := b[4:][:min(int64(le.Uint32(b)), int64(len(b)-4))]
	if len(whole) == 0 {
		whole = b[4:]
	}
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
		names = append(names, base(page.Decode(p[:i])))
		p = p[i+1:]
	}
	if len(p) < 8 {
		return nil, whole
	}
	n := int64(le.Uint32(p[4:])) // path of the temporary file
	p = p[8:]
	if n > int64(len(p)) {
		return nil, whole
	}
	p = p[n:]
	if len(p) < 4 {
		return nil, whole
	}
	size := int64(le.Uint32(p))
	p = p[4:]
	data = p[:min(size, int64(len(p)))]
	if names[0] == names[1] || names[1] == "" {
		names = names[:1]
	}
	if len(names) > 0 && names[0] == "" {
		names = names[1:]
	}
	return names, data
}

// base is a file name without its path.
func base(s string) string {
	return s[strings.LastIndexAny(s, `\/`)+1:]
}
