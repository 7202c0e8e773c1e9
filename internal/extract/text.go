package extract

import (
	"bytes"
	"strconv"
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
	"labelmilter/internal/extract/document"
	"labelmilter/internal/message"
)

// isText reports declared text, known text types of application/*, and
// whatever else reads as text without the signature of another format.
func isText(it *item) bool {
	if declaredText(it.typ) {
		return true
	}
	return !binaryMagic(it.data) && textual(it.data)
}

// maxInline bounds the files read out of one text body.
const maxInline = 200

func readText(x *extractor, it *item) {
	if strings.HasPrefix(it.typ, "image/") || strings.HasPrefix(it.typ, "audio/") || strings.HasPrefix(it.typ, "video/") {
		x.b.Skip(budget.Skip{Part: it.path, Reason: budget.TypeMismatch})
	}
	if binaryMagic(it.data) { // a document under the name of text
		x.b.Skip(budget.Skip{Part: it.path, Reason: budget.Unsupported})
	}
	x.text(it, it.where)
	s := signsIn(it.data)
	if s.encrypted {
		x.encrypted(it)
	}
	if s.signed {
		x.fact(it, document.Signed)
	}
	if !s.file {
		return
	}
	for _, in := range message.Inlines(it.data, maxInline, x.b.ExpandedPart) {
		x.member(it, "application/octet-stream", "", in.Name, in.Data)
	}
}

// signs are beginnings of lines of a text that something else stands in it.
type signs struct {
	encrypted bool // a message of OpenPGP (RFC 9580 6.2)
	signed    bool // a text signed with it (RFC 9580 7)
	file      bool // perhaps a file, see message.Inlines
}

// signsIn goes over the lines once for all of them.
func signsIn(b []byte) (s signs) {
	for len(b) > 0 {
		switch b[0] {
		case '-':
			s.encrypted = s.encrypted || bytes.HasPrefix(b, []byte("-----BEGIN PGP MESSAGE-----"))
			s.signed = s.signed || bytes.HasPrefix(b, []byte("-----BEGIN PGP SIGNED MESSAGE-----"))
		case 'b', '=':
			s.file = s.file || message.MayBeginFile(b)
		}
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		b = b[i+1:]
	}
	return s
}

// text decodes an item and gives it as it is, unfolded if it is flowed.
func (x *extractor) text(it *item, where Where) {
	for _, s := range x.decode(it, it.charset) {
		if it.typ == "text/plain" && strings.EqualFold(it.params["format"], "flowed") {
			delsp := strings.EqualFold(it.params["delsp"], "yes")
			flowed := unflow(s, delsp)
			x.emit(Text{Part: it.path, Where: where, Body: flowed})
			if delsp && flowed != s {
				// Clients that know no DelSp show the lines as they are, and
				// "TFN \r\n123" must not hide in "TFN123".
				x.emit(Text{Part: it.path, Where: InHidden, Body: s})
			}
			continue
		}
		x.emit(Text{Part: it.path, Where: where, Body: s})
	}
}

// decode gives the text of an item in UTF-8, and a second reading where the
// charset is doubtful.
func (x *extractor) decode(it *item, label string) []string {
	decode := charset.Decode
	if it.own {
		decode = charset.Share
	}
	t := decode(it.data, label)
	if t.Unknown {
		x.b.Skip(budget.Skip{Part: it.path, Reason: budget.UnknownCharset})
	}
	if t.Other == "" {
		return []string{t.UTF8}
	}
	x.b.Skip(budget.Skip{Part: it.path, Reason: budget.MIMEAmbiguous, Detail: "charset"})
	return []string{t.UTF8, t.Other}
}

// unflow joins the flowed lines of a text (RFC 3676 4). Line ends become LF.
func unflow(s string, delsp bool) string {
	var b strings.Builder
	b.Grow(len(s))
	open, depth := false, 0 // the line before is flowed, and its quote depth
	for s != "" {
		line, rest, more := strings.Cut(s, "\n")
		s = rest
		line = strings.TrimSuffix(line, "\r")
		q := 0
		for q < len(line) && line[q] == '>' {
			q++
		}
		text := strings.TrimPrefix(line[q:], " ") // space-stuffing
		if open && q != depth || open && text == "-- " {
			b.WriteByte('\n') // a soft break that joins nothing
			open = false
		}
		if !open && q > 0 {
			b.WriteString(line[:q])
			b.WriteByte(' ')
		}
		depth = q
		open = strings.HasSuffix(text, " ") && text != "-- " && more
		if open && delsp {
			text = text[:len(text)-1]
		}
		b.WriteString(text)
		if !open && more {
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// isFolded reports calendar and contact data (RFC 5545 3.1, RFC 6350 3.2).
func isFolded(it *item) bool {
	switch it.typ {
	case "text/calendar", "text/vcard", "text/x-vcard", "text/x-vcalendar", "text/directory":
		return true
	}
	return !declaredText(it.typ) && starts(it.data, "begin:vcalendar", "begin:vcard")
}

// readFolded joins folded content lines; a number cut by a fold is whole. The
// quoted-printable values of vCard 2.1, with their soft breaks, are decoded and
// given beside the text as written.
func readFolded(x *extractor, it *item) {
	r := strings.NewReplacer("\r\n ", "", "\r\n\t", "", "\n ", "", "\n\t", "")
	for _, s := range x.decode(it, it.charset) {
		x.emit(Text{Part: it.path, Where: it.where, Body: r.Replace(s)})
		if quoted := quotedValues(s); quoted != "" {
			x.emit(Text{Part: it.path, Where: it.where, Body: quoted})
		}
	}
}

// quotedValues gives the values that are quoted-printable (vCard 2.1 2.1.3),
// one a line.
func quotedValues(s string) string {
	var out strings.Builder
	for s != "" {
		line, rest, _ := strings.Cut(s, "\n")
		s = rest
		params, value, found := strings.Cut(strings.TrimSuffix(line, "\r"), ":")
		if !found || !strings.Contains(strings.ToUpper(params), "QUOTED-PRINTABLE") {
			continue
		}
		for strings.HasSuffix(value, "=") && s != "" {
			line, rest, _ = strings.Cut(s, "\n")
			s = rest
			value = value[:len(value)-1] + strings.TrimSuffix(line, "\r")
		}
		t := charset.Decode(unquote(value), "")
		out.WriteString(t.UTF8)
		out.WriteByte('\n')
	}
	return out.String()
}

// unquote undoes "=XX"; what is no such escape stays.
func unquote(s string) []byte {
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '=' && i+2 < len(s) {
			if v, err := strconv.ParseUint(s[i+1:i+3], 16, 8); err == nil {
				out = append(out, byte(v))
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return out
}
