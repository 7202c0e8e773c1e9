package message

import (
	"bytes"
	"strings"
)

// maxGuesses bounds the lines remembered while a boundary is guessed.
const maxGuesses = 1000

// guessBoundary finds the boundary of a multipart in its text: a line "--x"
// followed by a Content field; unless strict, else a line "--x" that has a
// line "--x--" after it; else a first line "--x".
func guessBoundary(b []byte, strict bool) (string, bool) {
	seen := map[string]bool{}
	paired, first, any := "", "", false
	for pos := 0; pos < len(b); {
		if !bytes.HasPrefix(b[pos:], []byte("--")) {
			i := bytes.Index(b[pos:], []byte("\r\n--"))
			if i < 0 {
				break
			}
			pos += i + 2
		}
		l, next := nextLine(b, pos)
		x := string(bytes.TrimRight(l[2:min(len(l), 2+maxBoundary)], " \t"))
		if bytes.HasPrefix(b[next:], []byte("Content-")) || len(b)-next > 8 && strings.EqualFold(string(b[next:next+8]), "content-") {
			return x, true
		}
		if !strict {
			if open := strings.TrimSuffix(x, "--"); open != x && paired == "" && seen[open] {
				paired = open
			}
			if !any && x != "" && len(bytes.TrimSpace(b[:pos])) == 0 {
				first, any = x, true
			}
			if len(seen) < maxGuesses {
				seen[x] = true
			}
		}
		pos += max(len(l), 1)
	}
	if paired != "" {
		return paired, true
	}
	return first, any
}

// embedded reads the message inside p; false if there is none.
func (w *walker) embedded(p *Part) bool {
	content := p.Raw
	// RFC 2046 5.2.1 forbids base64 here, so it may be said and not done.
	if !identityEncoding(p.Encoding) && (p.Encoding == encQP || !startsWithField(content)) {
		content = normalise(decodeTransfer(w.b, p.Path, p.Encoding, p.Raw))
	}
	if t := bytes.TrimLeft(content, "\r\n \t"); startsWithField(t) || mboxFrom(t) {
		content = t // empty lines before the header
	}
	if !w.b.Enter(p.Path, p.Depth) || !w.b.Part(childPath(p.Path, 1)) {
		w.unparsed(p, content)
		return true
	}
	inner := &Part{Path: p.Path}
	body := w.header(inner, content)
	if len(inner.Header) == 0 {
		return false
	}
	p.Children = append(p.Children,
		w.message(inner.Header, inner.Extra, content[body:], p.Path, p.Depth+1, p.Alternative))
	return true
}

// sniffBytes is how much of a part is decoded to see whether it is a message.
const sniffBytes = 2048

// storedMessage reports a mail attached as a file of no telling type: the
// content decides; a text type counts only with the name of a mail file.
func (w *walker) storedMessage(p *Part) bool {
	named := false
	for _, n := range p.Names {
		n = strings.ToLower(n)
		named = named || strings.HasSuffix(n, ".eml") || strings.HasSuffix(n, ".mht") || strings.HasSuffix(n, ".mhtml")
	}
	if p.Type != "application/octet-stream" && !named {
		return false
	}
	head := p.Raw[:min(len(p.Raw), sniffBytes)]
	switch p.Encoding {
	case encBase64:
		head = decodeBase64(head, sniffBytes)
	case encQP:
		head = decodeQP(head, sniffBytes)
	}
	return looksLikeMessage(normalise(head))
}

// looksLikeMessage reports a header of a mail at the start of b: only fields,
// and two that mail has.
func looksLikeMessage(b []byte) bool {
	b = bytes.TrimLeft(b, "\r\n")
	if bytes.HasPrefix(b, []byte("From ")) {
		_, next := nextLine(b, 0)
		b = b[next:]
	}
	known := 0
	for pos := 0; pos < len(b); {
		l, next := nextLine(b, pos)
		if len(l) == 0 || next == len(b) { // the last line may be cut
			break
		}
		if l[0] != ' ' && l[0] != '\t' {
			f, ok := parseField(l)
			if !ok {
				return false
			}
			switch strings.ToLower(f.Name) {
			case "received", "return-path", "from", "to", "subject", "date", "message-id", "mime-version",
				"content-type", "delivered-to", "reply-to", "dkim-signature", "x-mailer", "snapshot-content-location":
				known++
			}
		} else if pos == 0 {
			return false
		}
		pos = next
	}
	return known >= 2
}
