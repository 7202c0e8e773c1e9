package message

import (
	"bytes"
	"strings"
)

// Inline is a file written into a text body: uuencode (POSIX) or yEnc 1.3.
type Inline struct {
	Name string // as written, decoded like a header field
	Data []byte
}

// Inlines finds the files in a text body, at most max of them. limit bounds
// the decoded bytes of all together.
func Inlines(text []byte, max int, limit int64) []Inline {
	var out []Inline
	for len(out) < max && limit > 0 {
		in, rest, ok := nextInline(text, limit)
		if !ok {
			break
		}
		limit -= int64(len(in.Data))
		out = append(out, in)
		text = rest
	}
	return out
}

// What a line begins with that begins a file.
const (
	uuBegin   = "begin "
	yencBegin = "=ybegin "
)

// MayBeginFile is a quick look at the start of a line for what Inlines finds.
func MayBeginFile(line []byte) bool {
	return bytes.HasPrefix(line, []byte(uuBegin)) || bytes.HasPrefix(line, []byte(yencBegin))
}

// nextInline decodes the first file in text.
func nextInline(text []byte, limit int64) (in Inline, rest []byte, ok bool) {
	ye := lineStart(text, 0, yencBegin)
	for pos := 0; ; {
		at := lineStart(text, pos, uuBegin)
		if at < 0 || ye >= 0 && ye < at {
			if ye < 0 {
				return Inline{}, nil, false
			}
			line, after := cutLine(text[ye:])
			data, rest := decodeYEnc(after, limit)
			return Inline{yencName(line), data}, rest, true
		}
		line, after := cutLine(text[at:])
		if name, ok := uuHead(line); ok {
			if data, rest, ok := decodeUU(after, limit); ok {
				return Inline{name, data}, rest, true
			}
		}
		pos = len(text) - len(after)
	}
}

// lineStart finds prefix at the start of a line at or after pos, which is the
// start of one; -1 if it is nowhere.
func lineStart(b []byte, pos int, prefix string) int {
	if bytes.HasPrefix(b[pos:], []byte(prefix)) {
		return pos
	}
	if i := bytes.Index(b[pos:], []byte("\n"+prefix)); i >= 0 {
		return pos + i + 1
	}
	return -1
}

// cutLine splits off the first line, without its end.
func cutLine(b []byte) (line, rest []byte) {
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		return b, nil
	}
	return bytes.TrimSuffix(b[:i], []byte("\r")), b[i+1:]
}

// uuHead reads "begin 644 name".
func uuHead(line []byte) (name string, ok bool) {
	f := strings.SplitN(string(line), " ", 3)
	if len(f) != 3 || f[0] != "begin" || len(f[1]) < 3 || len(f[1]) > 5 || strings.Trim(f[1], "01234567") != "" {
		return "", false
	}
	return DecodeField(f[2]), true
}

// decodeUU decodes lines up to "end", or up to the first line that cannot be
// one of an encoding. It fails if not even one line decodes and there is no
// "end": then "begin" was a word.
func decodeUU(b []byte, limit int64) (data, rest []byte, ok bool) {
	for len(b) > 0 && int64(len(data)) < limit {
		line, after := cutLine(b)
		if string(bytes.TrimRight(line, " \t")) == "end" {
			return data, after, true
		}
		if len(line) == 0 || line[0] == '`' || line[0] == ' ' && len(bytes.TrimSpace(line)) == 0 {
			b = after
			continue
		}
		n := int(line[0]-' ') & 0x3f
		if line[0] < ' ' || line[0] > '`' || len(line) < 2 || len(line) > 1+n*2+8 {
			return data, b, len(data) > 0
		}
		data = uuLine(data, line[1:], n)
		b = after
	}
	if over := int64(len(data)) - limit; over > 0 {
		data = data[:limit]
	}
	return data, b, len(data) > 0
}

// uuLine appends the n bytes of one line; blanks cut from its end count as
// zeros.
func uuLine(data, line []byte, n int) []byte {
	get := func(i int) byte {
		if i < len(line) {
			return (line[i] - ' ') & 0x3f
		}
		return 0
	}
	for i := 0; n > 0; i, n = i+4, n-3 {
		if i >= len(line) {
			break
		}
		a, b, c, d := get(i), get(i+1), get(i+2), get(i+3)
		q := [3]byte{a<<2 | b>>4, b<<4 | c>>2, c<<6 | d}
		data = append(data, q[:min(n, 3)]...)
	}
	return data
}

// yencName is the name in a "=ybegin" line; it is the last parameter.
func yencName(line []byte) string {
	if i := bytes.Index(line, []byte("name=")); i >= 0 {
		return DecodeField(string(line[i+len("name="):]))
	}
	return ""
}

// decodeYEnc decodes the lines after "=ybegin" up to "=yend".
func decodeYEnc(b []byte, limit int64) (data, rest []byte) {
	for len(b) > 0 && int64(len(data)) < limit {
		line, after := cutLine(b)
		b = after
		if bytes.HasPrefix(line, []byte("=yend")) {
			break
		}
		if bytes.HasPrefix(line, []byte("=ypart")) {
			continue
		}
		for i := 0; i < len(line); i++ {
			c := line[i]
			if c == '=' && i+1 < len(line) {
				i++
				c = line[i] - 64
			}
			data = append(data, c-42)
		}
	}
	if int64(len(data)) > limit {
		data = data[:limit]
	}
	return data, b
}
