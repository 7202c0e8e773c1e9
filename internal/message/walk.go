package message

import (
	"strconv"
	"strings"

	"labelmilter/internal/budget"
)

// The kinds of Loose.
const (
	LooseHeader     = "header-garbage" // lines in a header that are no fields
	LoosePreamble   = "preamble"       // before the first part (RFC 2046 5.1.1)
	LooseEpilogue   = "epilogue"       // after the last
	LooseAfterClose = "after-close"    // between the closing delimiter and another delimiter
	LooseUnparsed   = "unparsed"       // parts beyond a limit, as they stand
)

// maxReadings bounds the second readings in one message. What is beyond is
// read once; it is recorded as ambiguous all the same.
const maxReadings = 64

// innerHeaders bounds the header bytes kept of all parts together, in
// multiples of Limits.HeaderBytes.
const innerHeaders = 64

// walker makes the tree of parts. Every level is cut with searches that are
// linear in its size, and the depth is limited, so that the whole is linear.
type walker struct {
	b          *budget.Budget
	defects    []Defect
	headerRoom int64
	readings   int
}

// maxDefects bounds the list of defects.
const maxDefects = 500

func newWalker(b *budget.Budget, defects []Defect) *walker {
	return &walker{b: b, defects: defects, headerRoom: innerHeaders * b.HeaderBytes, readings: maxReadings}
}

func (w *walker) defect(path, code string) {
	if len(w.defects) < maxDefects {
		w.defects = append(w.defects, Defect{Part: path, Code: code})
	}
}

// ambiguous records that clients may read a part in different ways.
func (w *walker) ambiguous(path, code string) {
	w.defect(path, code)
	w.b.Skip(budget.Skip{Part: path, Reason: budget.MIMEAmbiguous, Detail: code})
}

// root reads the message itself.
func (w *walker) root(h Header, loose []Loose, body []byte) *Part {
	w.b.Part("")
	return w.message(h, loose, body, "", 0, false)
}

// message reads a message, whose parts are numbered below prefix
// (RFC 9051 6.4.5.1: a message that is one part has that part as number 1).
func (w *walker) message(h Header, loose []Loose, body []byte, prefix string, depth int, second bool) *Part {
	e := describe(h, "text/plain")
	p := &Part{Path: prefix, Header: h, Raw: body, Extra: loose, Depth: depth, Alternative: second}
	if !e.isMultipart() {
		p.Path = childPath(prefix, 1)
	}
	w.fill(p, e)
	return p
}

// part reads one body part: header, empty line, body. content has CRLF line
// ends.
func (w *walker) part(content []byte, path string, depth int, defaultType string, second bool) *Part {
	p := &Part{Path: path, Depth: depth, Alternative: second}
	body := w.header(p, content)
	p.Raw = content[body:]
	w.fill(p, describe(p.Header, defaultType))
	return p
}

// header reads the header of an inner entity into p and gives the offset of
// its body.
func (w *walker) header(p *Part, content []byte) int {
	h := parseHeader(content, int(4*w.b.HeaderBytes))
	k := headerKeeper{b: w.b, path: p.Path}
	for _, l := range h.lines {
		n := int64(len(l.raw))
		if l.garbage {
			p.Extra = append(p.Extra, Loose{Kind: LooseHeader, Raw: l.raw})
			continue
		}
		f, ok := k.keep(l.field)
		if !ok {
			continue
		}
		if w.headerRoom -= n; w.headerRoom < 0 && !structural(f.Name) {
			w.b.Skip(budget.Skip{Reason: budget.HeaderLimit, Limit: innerHeaders * w.b.HeaderBytes, Detail: "headers of all parts"})
			continue
		}
		p.Header = append(p.Header, f)
	}
	k.report()
	for _, code := range h.defects {
		w.defect(p.Path, code)
	}
	return h.body
}

// entity is what a header says about its body, each way it can be read.
type entity struct {
	types     []value  // different Content-Type values, the first decides
	encodings []string // different transfer encodings, the first decides
	disp      string
	names     []string
	codes     []string // what is wrong, unambiguously
	plain     bool     // text/plain for want of a valid Content-Type
}

func (e entity) isMultipart() bool { return strings.HasPrefix(e.types[0].main, "multipart/") }

// describe reads the Content fields of a header.
func describe(h Header, defaultType string) entity {
	var e entity
	for _, f := range h.All("Content-Type") {
		v := parseValue(f.Raw)
		if !validType(v.main) {
			if v.main != "" || len(v.params) == 0 {
				e.codes = append(e.codes, "content-type-invalid")
			}
			v.main, e.plain = defaultType, true
		}
		if len(e.types) < 4 && !hasValue(e.types, v) {
			e.types = append(e.types, v)
		}
	}
	if len(e.types) == 0 {
		e.types, e.plain = []value{{main: defaultType}}, true
	}
	encs := transferEncodings(h.All("Content-Transfer-Encoding"))
	for _, x := range encs { // an encoding beats an identity
		if !identityEncoding(x) && len(e.encodings) < 4 {
			e.encodings = append(e.encodings, x)
		}
	}
	for _, x := range encs {
		if identityEncoding(x) {
			e.encodings = append(e.encodings, x)
			break // 7bit, 8bit and binary are one reading
		}
	}
	if len(e.encodings) == 0 {
		e.encodings = []string{encIdentity}
	}
	for _, f := range h.All("Content-Disposition") {
		v := parseValue(f.Raw)
		switch {
		case v.main == "attachment":
			e.disp = v.main
		case v.main == "inline" && e.disp == "":
			e.disp = v.main
		case v.main != "" && e.disp == "": // RFC 2183 2.8: unknown types are attachments
			e.disp = "attachment"
		}
		e.addNames(v.all("filename"))
		e.addNames(v.all("name"))
	}
	for _, v := range e.types {
		e.addNames(v.all("name"))
		e.addNames(v.all("filename"))
	}
	return e
}

func (e *entity) addNames(names []string) {
	for _, n := range names {
		if n != "" && len(e.names) < 20 && !contains(e.names, n) {
			e.names = append(e.names, n)
		}
	}
}

// validType reports type "/" subtype.
func validType(s string) bool {
	i := strings.IndexByte(s, '/')
	return i > 0 && i < len(s)-1 && len(s) < 256 && !strings.ContainsAny(s, " \t\r\n")
}

// hasValue reports that a field value says the same as one before.
func hasValue(l []value, v value) bool {
next:
	for _, o := range l {
		if o.main != v.main || len(o.params) != len(v.params) {
			continue
		}
		for i := range o.params {
			if o.params[i] != v.params[i] {
				continue next
			}
		}
		return true
	}
	return false
}

// fill completes p from its description and opens it, once for each reading.
func (w *walker) fill(p *Part, e entity) {
	p.Names, p.Disp = e.names, e.disp
	for _, c := range e.codes {
		w.defect(p.Path, c)
	}
	p.read(e.types[0], e.encodings[0])
	w.open(p, e.types[0], e.plain)
	if len(e.types) == 1 && len(e.encodings) == 1 {
		return
	}
	if len(e.types) > 1 {
		w.ambiguous(p.Path, "content-type-duplicate")
	}
	if len(e.encodings) > 1 {
		w.ambiguous(p.Path, "transfer-encoding-duplicate")
	}
	for _, v := range e.types[1:] {
		w.reading(p, v, e.encodings[0])
	}
	for _, x := range e.encodings[1:] {
		w.reading(p, e.types[0], x)
	}
}

// read sets the fields of p that come from one type and encoding.
func (p *Part) read(v value, encoding string) {
	p.Type, p.Params, p.Encoding = v.main, v.asMap(), encoding
	p.Charset = strings.ToLower(v.get("charset"))
}

// reading adds a second reading of p's bytes. There are none within another:
// the work stays linear.
func (w *walker) reading(p *Part, v value, encoding string) {
	if alt := w.second(p); alt != nil {
		alt.read(v, encoding)
		w.open(alt, v, false)
	}
}

// second appends an empty second reading to p, nil if there may be none.
func (w *walker) second(p *Part) *Part {
	if p.Alternative || w.readings <= 0 || !w.b.Part(p.Path) {
		return nil
	}
	w.readings--
	alt := &Part{Path: p.Path, Header: p.Header, Disp: p.Disp, Names: p.Names, Raw: p.Raw, Depth: p.Depth, Alternative: true}
	p.Children = append(p.Children, alt)
	return alt
}

// open reads the inside of a part that has one.
func (w *walker) open(p *Part, v value, plain bool) {
	switch {
	case strings.HasPrefix(p.Type, "multipart/"):
		w.multipart(p, v)
	case p.Type == "message/rfc822" || p.Type == "message/global" || p.Type == "message/news":
		if !w.embedded(p) && len(p.Raw) > 0 {
			w.defect(p.Path, "message-without-header")
		}
	case p.Type == "message/partial":
		w.b.Skip(budget.Skip{Part: p.Path, Reason: budget.PartialMessage})
		w.embedded(p)
	case p.Type == "message/external-body":
		w.b.Skip(budget.Skip{Part: p.Path, Reason: budget.ExternalBody})
	case w.storedMessage(p):
		w.embedded(p)
	default:
		w.hidden(p, v, plain)
	}
}

// childPath is the section number of the nth part below a path.
func childPath(prefix string, n int) string {
	if prefix == "" {
		return strconv.Itoa(n)
	}
	return prefix + "." + strconv.Itoa(n)
}
