package rewrite

import (
	"bytes"
	"mime"
	"strings"
	"unicode/utf8"
)

const cteName = "Content-Transfer-Encoding"

// field is a header field that matters here.
type field struct {
	name, value string // name in lower case, value unfolded
	start, end  int    // place in the header block, line end included
}

func first(fields []field, name string) string {
	for _, f := range fields {
		if f.name == name {
			return f.value
		}
	}
	return ""
}

// fitter holds what bounds the work on one message.
type fitter struct {
	eightBit bool
	parts    int
}

// entity makes the content of one entity fit. encoding is the new value of
// its Content-Transfer-Encoding, "" if that stays.
func (f *fitter) entity(fields []field, content []byte, depth int) (out []byte, encoding string) {
	if f.fits(content) {
		return content, ""
	}
	f.parts++
	if depth >= maxDepth || f.parts > maxParts {
		return content, ""
	}
	kind, params, err := mime.ParseMediaType(first(fields, "content-type"))
	if err != nil && kind == "" {
		kind = "text/plain"
	}
	was := strings.ToLower(strings.TrimSpace(first(fields, "content-transfer-encoding")))
	switch {
	case kind == "multipart/signed":
		return content, ""
	case strings.HasPrefix(kind, "multipart/") && params["boundary"] != "":
		return f.multipart(content, params["boundary"], depth), f.relabel(was)
	case kind == "message/rfc822" || kind == "message/global":
		if was != "base64" && was != "quoted-printable" {
			return f.message(content, depth), f.relabel(was)
		}
	}
	switch was {
	case "quoted-printable": // badly made: read it as tolerantly as readers do
		return encodeQP(decodeQP(content)), ""
	case "base64":
		return wrapBase64(content), ""
	}
	if strings.HasPrefix(kind, "text/") && mostlyASCII(content) {
		return encodeQP(content), "quoted-printable"
	}
	return encodeBase64(content), "base64"
}

// relabel gives the label of a composite whose content is 7-bit now. It may
// have no other than 7bit, 8bit and binary (RFC 2045 6.4).
func (f *fitter) relabel(was string) string {
	if !f.eightBit && (was == "8bit" || was == "binary") {
		return "7bit"
	}
	return ""
}

// fits reports whether bytes can go as they are: no line over 998 octets, no
// NUL, no bare CR, no 8-bit unless allowed.
func (f *fitter) fits(b []byte) bool {
	line := 0
	for i, c := range b {
		switch {
		case c == '\n':
			line = 0
			continue
		case c == '\r':
			if i+1 < len(b) && b[i+1] != '\n' {
				return false
			}
			continue
		case c == 0, c >= 0x80 && !f.eightBit:
			return false
		}
		if line++; line > maxLine {
			return false
		}
	}
	return true
}

// multipart takes a body apart at its boundary lines (RFC 2046 5.1.1), as
// tolerantly as readers do, and puts it together with fitting parts.
func (f *fitter) multipart(b []byte, boundary string, depth int) []byte {
	out := make([]byte, 0, len(b)+len(b)/8)
	mark := []byte("--" + boundary)
	begin, in := 0, false // of the part or the text before the first
	flush := func(end int) {
		if in {
			out = append(out, f.part(b[begin:end], depth)...)
		} else {
			out = append(out, f.loose(b[begin:end])...)
		}
	}
	for pos := 0; pos < len(b); {
		next := len(b)
		if i := bytes.IndexByte(b[pos:], '\n'); i >= 0 {
			next = pos + i + 1
		}
		line := bytes.TrimRight(b[pos:next], "\r\n \t")
		if bytes.HasPrefix(line, mark) {
			rest := line[len(mark):]
			if closing := bytes.Equal(rest, []byte("--")); closing || len(rest) == 0 {
				flush(contentEnd(b, begin, pos))
				out = append(out, b[contentEnd(b, begin, pos):next]...)
				begin, in = next, !closing
			}
		}
		pos = next
	}
	flush(len(b))
	return out
}

// contentEnd is where the content before a boundary line ends: the line end
// before the line belongs to the boundary.
func contentEnd(b []byte, begin, pos int) int {
	end := pos
	if end > begin && b[end-1] == '\n' {
		end--
		if end > begin && b[end-1] == '\r' {
			end--
		}
	}
	return end
}

// part makes one body part fit, header and content.
func (f *fitter) part(b []byte, depth int) []byte {
	if f.fits(b) {
		return b
	}
	fields, body := block(b)
	content, encoding := f.entity(fields, b[body:], depth+1)
	return append(f.header(b[:body], fields, encoding), content...)
}

// message makes an embedded message fit.
func (f *fitter) message(b []byte, depth int) []byte { return f.part(b, depth) }

// loose makes text between parts fit; nobody is to show it.
func (f *fitter) loose(b []byte) []byte {
	if f.fits(b) {
		return b
	}
	out := make([]byte, 0, len(b)+len(b)/maxLine*2)
	line := 0
	for i, c := range b {
		switch {
		case c == '\n' || c == '\r' && i+1 < len(b) && b[i+1] == '\n':
			line = -1
		case c == 0, c == '\r', c >= 0x80 && !f.eightBit:
			c = '?'
		}
		if line++; line > maxLine {
			out = append(out, '\r', '\n')
			line = 1
		}
		out = append(out, c)
	}
	return out
}

// header writes a part's header with another transfer encoding.
func (f *fitter) header(b []byte, fields []field, encoding string) []byte {
	if encoding == "" {
		return bytes.Clone(b)
	}
	out := make([]byte, 0, len(b)+64)
	out = append(out, cteName+": "+encoding+"\r\n"...)
	at := 0
	for _, x := range fields {
		if x.name == strings.ToLower(cteName) {
			out = append(out, b[at:x.start]...)
			at = x.end
		}
	}
	out = append(out, b[at:]...)
	if !bytes.HasSuffix(b, []byte("\n\n")) && !bytes.HasSuffix(b, []byte("\n\r\n")) && string(b) != "\n" && string(b) != "\r\n" {
		out = append(out, '\r', '\n') // the header had no end
	}
	return out
}

// block finds the fields of a header and where the content begins.
func block(b []byte) (fields []field, body int) {
	for pos := 0; pos < len(b); {
		next := len(b)
		if i := bytes.IndexByte(b[pos:], '\n'); i >= 0 {
			next = pos + i + 1
		}
		line := bytes.TrimRight(b[pos:next], "\r\n")
		if len(line) == 0 {
			return fields, next
		}
		name, value, ok := strings.Cut(string(line), ":")
		switch {
		case (line[0] == ' ' || line[0] == '\t') && len(fields) > 0:
			last := &fields[len(fields)-1]
			if last.value += string(line); len(last.value) > 64<<10 {
				last.value = last.value[:64<<10]
			}
			last.end = next
		case ok && name != "" && !strings.ContainsAny(strings.TrimRight(name, " \t"), " \t"):
			fields = append(fields, field{strings.ToLower(strings.TrimRight(name, " \t")), strings.TrimSpace(value), pos, next})
		case len(fields) == 0:
			return nil, 0 // no header: all is content
		default:
			return fields, pos
		}
		pos = next
	}
	return fields, len(b)
}

// mostlyASCII favours the encoding that is shorter and readable.
func mostlyASCII(b []byte) bool {
	n := 0
	for _, c := range b {
		if c >= 0x80 || c == 0 {
			n++
		}
	}
	return n <= len(b)/6
}

// charsetOf names the charset of a body that has no label.
func charsetOf(b []byte) string {
	switch {
	case bytes.IndexFunc(b, func(r rune) bool { return r >= 0x80 }) < 0:
		return "us-ascii"
	case utf8.Valid(b):
		return "utf-8"
	}
	return "unknown-8bit" // RFC 1428
}
