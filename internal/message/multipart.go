package message

import "bytes"

// delim is a delimiter line of a multipart (RFC 2046 5.1.1).
type delim struct {
	start int // of the line end before it, which belongs to it
	next  int // of the line after it
	close bool
}

// delimiters finds the delimiter lines of a boundary, at most max. The
// boundary may be followed by blanks, and by junk after a blank. loose also
// takes lines that only begin with it.
func delimiters(b []byte, boundary string, max int, loose bool) []delim {
	pat := []byte("\r\n--" + boundary)
	var out []delim
	first := bytes.HasPrefix(b, pat[2:]) // no line end before it
	for pos := 0; len(out) < max; {
		at, text := 0, len(pat)-2 // of the delimiter, of what follows the boundary
		if !first {
			i := bytes.Index(b[pos:], pat)
			if i < 0 {
				break
			}
			at = pos + i
			text = at + len(pat)
		}
		first = false
		l, next := nextLine(b, text)
		closing := bytes.HasPrefix(l, []byte("--"))
		tail := bytes.TrimPrefix(l, []byte("--"))
		if len(tail) == 0 || tail[0] == ' ' || tail[0] == '\t' || loose {
			out = append(out, delim{start: at, next: next, close: closing})
		}
		// The line end after it may begin the next delimiter.
		pos = text + len(l)
	}
	return out
}

// multipart reads the parts of p.
func (w *walker) multipart(p *Part, v value) {
	if !w.b.Enter(p.Path, p.Depth) {
		w.unparsed(p, p.Raw)
		return
	}
	cands := v.all("boundary")
	content, found := p.Raw, w.choose(p.Raw, cands)
	if found == nil && !identityEncoding(p.Encoding) {
		// RFC 2045 6.4 forbids an encoding here; some senders and more
		// evaders use one.
		plain := normalise(decodeTransfer(w.b, p.Path, p.Encoding, p.Raw))
		if f := w.choose(plain, cands); f != nil {
			content, found = plain, f
			w.defect(p.Path, "multipart-encoded")
		}
	}
	if found == nil {
		w.guessed(p, cands)
		return
	}
	if len(cands) == 0 || cands[0] != found.boundary || found.loose {
		w.ambiguous(p.Path, "boundary-inexact")
	}
	w.children(p, content, found.delims)
	for _, c := range cands {
		if c == found.boundary || c == "" {
			continue
		}
		d := delimiters(content, c, w.maxDelims(), false)
		if len(d) == 0 {
			continue
		}
		w.ambiguous(p.Path, "boundary-duplicate")
		if alt := w.second(p); alt != nil {
			alt.read(v, p.Encoding)
			w.children(alt, content, d)
		}
	}
}

// boundaryFound is a boundary that occurs in a body.
type boundaryFound struct {
	boundary string
	delims   []delim
	loose    bool
}

// maxDelims bounds the delimiters looked at in one multipart: one more than
// there can be parts, and the closing one.
func (w *walker) maxDelims() int { return max(w.b.Limits.Parts, 0) + 2 }

// choose gives the first of the declared boundaries that occurs in b, nil if
// none does.
func (w *walker) choose(b []byte, cands []string) *boundaryFound {
	for _, loose := range []bool{false, true} {
		for _, c := range cands {
			for _, try := range []string{c, trimBlanks(c)} {
				if try == "" || len(try) > maxBoundary {
					continue
				}
				if d := delimiters(b, try, w.maxDelims(), loose); len(d) > 0 {
					return &boundaryFound{try, d, loose}
				}
			}
		}
	}
	return nil
}

// maxBoundary is far above the 70 characters of RFC 2046 5.1.1 and above the
// longest line SMTP can carry.
const maxBoundary = 2048

func trimBlanks(s string) string { return string(bytes.Trim([]byte(s), " \t\"'")) }

// guessed reads a multipart without usable boundary: by a boundary found in
// the text, else as one text part.
func (w *walker) guessed(p *Part, cands []string) {
	if len(bytes.TrimSpace(p.Raw)) == 0 {
		w.defect(p.Path, "multipart-empty")
		return
	}
	code := "boundary-wrong"
	if len(cands) == 0 || cands[0] == "" {
		code = "boundary-missing"
	}
	w.ambiguous(p.Path, code)
	content := p.Raw
	boundary, ok := guessBoundary(content, false)
	if !ok && !identityEncoding(p.Encoding) {
		plain := normalise(decodeTransfer(w.b, p.Path, p.Encoding, p.Raw))
		if boundary, ok = guessBoundary(plain, false); ok {
			content = plain
		}
	}
	if ok {
		if ds := delimiters(content, boundary, w.maxDelims(), false); len(ds) > 0 {
			w.children(p, content, ds)
			return
		}
	}
	path := childPath(p.Path, 1)
	if !w.b.Part(path) {
		w.unparsed(p, p.Raw)
		return
	}
	p.Children = append(p.Children, &Part{Path: path, Type: "text/plain", Params: map[string]string{},
		Encoding: p.Encoding, Raw: p.Raw, Depth: p.Depth + 1, Alternative: p.Alternative})
}

// children reads the parts between delimiters. Delimiters after the closing
// one are still delimiters, as some clients take them so.
func (w *walker) children(p *Part, content []byte, ds []delim) {
	if len(ds) == 0 {
		return
	}
	p.loose(LoosePreamble, content[:ds[0].start])
	defaultType := "text/plain"
	if p.Type == "multipart/digest" {
		defaultType = "message/rfc822" // RFC 2046 5.1.5
	}
	number, closed := 0, false
	for i, d := range ds {
		end := len(content)
		if i+1 < len(ds) {
			end = ds[i+1].start
		}
		inner := content[min(d.next, end):end]
		if d.close {
			kind := LooseEpilogue
			if i+1 < len(ds) {
				kind = LooseAfterClose
			}
			p.loose(kind, inner)
			closed = true
			continue
		}
		if closed {
			w.ambiguous(p.Path, "part-after-close")
			closed = false
		}
		number++
		path := childPath(p.Path, number)
		if !w.b.Part(path) {
			w.unparsed(p, content[min(d.next, len(content)):])
			return
		}
		p.Children = append(p.Children, w.part(inner, path, p.Depth+1, defaultType, p.Alternative))
	}
	if !closed {
		w.defect(p.Path, "boundary-unclosed")
	}
}

// loose keeps text that belongs to no part, unless it is blank.
func (p *Part) loose(kind string, raw []byte) {
	if len(bytes.TrimSpace(raw)) > 0 {
		p.Extra = append(p.Extra, Loose{Kind: kind, Raw: raw})
	}
}

// unparsed keeps what a limit kept from being read as parts.
func (w *walker) unparsed(p *Part, raw []byte) { p.loose(LooseUnparsed, raw) }

// hidden looks for a multipart in a part that is declared as something else:
// with a boundary parameter, or in plain text with a delimiter line followed
// by a Content field.
func (w *walker) hidden(p *Part, v value, plain bool) {
	if p.Alternative || !identityEncoding(p.Encoding) {
		return
	}
	boundary := v.get("boundary")
	if boundary == "" || len(boundary) > maxBoundary || len(delimiters(p.Raw, boundary, 1, false)) == 0 {
		if p.Type != "text/plain" && !plain {
			return
		}
		var ok bool
		if boundary, ok = guessBoundary(p.Raw, true); !ok {
			return
		}
	}
	w.ambiguous(p.Path, "multipart-hidden")
	alt := w.second(p)
	if alt == nil || !w.b.Enter(p.Path, p.Depth) {
		return
	}
	alt.Type, alt.Params = "multipart/mixed", map[string]string{"boundary": boundary}
	alt.Names, alt.Disp = nil, ""
	w.children(alt, p.Raw, delimiters(p.Raw, boundary, w.maxDelims(), false))
}
