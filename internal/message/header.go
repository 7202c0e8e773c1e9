package message

import (
	"bytes"
	"strings"

	"labelmilter/internal/budget"
)

// line is one logical line of a header block: a field, or text that is none.
type line struct {
	field   Field
	raw     []byte // the lines as they stand, without the last line end
	garbage bool
	start   int // offset in the block
}

// headerBlock is a parsed header.
type headerBlock struct {
	lines   []line
	body    int      // offset of the body
	defects []string // codes
	end     bool     // an empty line was found
}

// parseHeader reads the header at the start of b, whose line ends are CRLF
// (RFC 5322 2.2, read as tolerantly as can be). At most limit bytes are
// header; a longer one ends there and over is set by the caller.
//
// A line that is no field does not end the header, as mail clients go on
// there, unless no empty line follows at all (then the body begins with it) or
// no field was seen (then all is body).
func parseHeader(b []byte, limit int) headerBlock {
	var h headerBlock
	pos := 0
	for pos < len(b) && pos < limit {
		l, next := nextLine(b, pos)
		if len(l) == 0 {
			h.end = true
			pos = next
			break
		}
		if (l[0] == ' ' || l[0] == '\t') && len(h.lines) > 0 {
			last := &h.lines[len(h.lines)-1]
			last.raw = b[last.start : pos+len(l)]
			pos = next
			continue
		}
		h.lines = append(h.lines, line{raw: l, start: pos})
		pos = next
	}
	h.body = pos
	fields, firstGarbage := 0, -1
	for i := range h.lines {
		l := &h.lines[i]
		raw := l.raw
		if i == 0 {
			raw = bytes.TrimLeft(raw, " \t") // QUIRK: the first field indented
		}
		f, ok := parseField(raw)
		if !ok {
			l.garbage = true
			if firstGarbage < 0 {
				firstGarbage = i
			}
			continue
		}
		if len(raw) != len(l.raw) {
			h.add("header-leading-space")
		}
		if !asciiName(f.Name) {
			h.add("header-name-not-ascii")
		}
		l.field = f
		fields++
	}
	switch {
	case firstGarbage >= 0 && fields == 0:
		h.body, h.lines = 0, nil
		h.add("header-missing")
	case firstGarbage >= 0 && !h.end && h.body >= len(b) && !mboxFrom(h.lines[firstGarbage].raw):
		h.body = h.lines[firstGarbage].start
		h.lines = h.lines[:firstGarbage]
		h.add("header-without-end")
	case firstGarbage >= 0:
		h.add("header-line-without-colon")
	}
	return h
}

func (h *headerBlock) add(code string) {
	if !contains(h.defects, code) {
		h.defects = append(h.defects, code)
	}
}

// nextLine gives the line at pos without its end, and where the next begins.
func nextLine(b []byte, pos int) (l []byte, next int) {
	i := bytes.IndexByte(b[pos:], '\n')
	if i < 0 {
		return b[pos:], len(b)
	}
	return bytes.TrimSuffix(b[pos:pos+i], []byte("\r")), pos + i + 1
}

// parseField splits a logical line at its colon. A name may be followed by
// blanks (RFC 5322 4.5) and may hold 8-bit characters and NUL, which is
// dropped, but no blank and no other control character.
func parseField(raw []byte) (Field, bool) {
	i := bytes.IndexByte(raw, ':')
	if i <= 0 {
		return Field{}, false
	}
	name := bytes.TrimRight(raw[:i], " \t")
	if len(name) == 0 {
		return Field{}, false
	}
	for _, c := range name {
		if c <= ' ' && c != 0 || c == 0x7f {
			return Field{}, false
		}
	}
	n := string(name)
	if strings.IndexByte(n, 0) >= 0 {
		if n = strings.ReplaceAll(n, "\x00", ""); n == "" {
			return Field{}, false
		}
	}
	return Field{Name: n, Raw: foldLF(string(raw[i+1:]))}, true
}

// foldLF writes the line ends inside a field as LF.
func foldLF(s string) string {
	if strings.IndexByte(s, '\r') < 0 {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\r' {
			b.WriteByte(s[i])
			continue
		}
		// CR…CR LF is one line end, a CR alone is one too.
		j := i
		for j < len(s) && s[j] == '\r' {
			j++
		}
		if j < len(s) && s[j] == '\n' {
			b.WriteByte('\n')
			i = j
			continue
		}
		for ; i < j; i++ {
			b.WriteByte('\n')
		}
		i--
	}
	return b.String()
}

func asciiName(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

// mboxFrom reports a "From " line of an mbox file, also a quoted one.
func mboxFrom(l []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(l, ">"), []byte("From "))
}

// headerKeeper applies the limits of one header block: fields beyond
// HeaderBytes are dropped, but for those that decide how the rest is read.
type headerKeeper struct {
	b        *budget.Budget
	path     string
	size     int64 // of all fields offered
	kept     int64
	reported bool
}

// keep gives the field as it may be kept, false if it may not.
func (k *headerKeeper) keep(f Field) (Field, bool) {
	n := int64(len(f.Name) + len(f.Raw) + 3)
	k.size += n
	room := k.b.HeaderBytes - k.kept
	if structural(f.Name) {
		room += k.b.HeaderBytes / 4
	}
	if n > room {
		cut := room - int64(len(f.Name)) - 3
		if cut <= 0 {
			return Field{}, false
		}
		f.Raw = strings.Clone(f.Raw[:cut])
		n = room
	}
	k.kept += n
	return f, true
}

// report records a header over the reporting threshold, once.
func (k *headerKeeper) report() {
	if k.reported || k.size < k.b.HeaderReport {
		return
	}
	k.reported = true
	s := budget.Skip{Part: k.path, Reason: budget.HeaderLimit, Limit: k.b.HeaderReport, Value: k.size}
	if k.size > k.b.HeaderBytes {
		s.Limit = k.b.HeaderBytes
	}
	k.b.Skip(s)
}

// structural reports a field that decides how the message is read.
func structural(name string) bool {
	switch strings.ToLower(name) {
	case "content-type", "content-transfer-encoding", "content-disposition", "mime-version",
		"subject", "from", "x-protective-marking", "msip_labels":
		return true
	}
	return false
}
