package extract

import (
	"bytes"
	"strings"

	"labelmilter/internal/extract/sniff"
	"labelmilter/internal/message"
)

// isMail reports a mail stored as a file within a container: by its name and a
// header, or by a header that only mail has. Messages that are parts of the
// message itself never come here.
func isMail(it *item) bool {
	if !strings.Contains(it.path, "/") || it.kind != sniff.Unknown {
		return false
	}
	if it.typ == "message/rfc822" { // a reader of a mail format says so
		return true
	}
	if !textual(it.data) {
		return false
	}
	fields, telling := 0, 0
	rest := it.data[:min(len(it.data), 8<<10)]
	for len(rest) > 0 {
		line, after, _ := bytes.Cut(rest, []byte("\n"))
		rest = after
		line = bytes.TrimRight(line, "\r")
		if len(line) == 0 {
			break
		}
		if line[0] == ' ' || line[0] == '\t' {
			continue
		}
		name, _, found := bytes.Cut(line, []byte(":"))
		if !found || bytes.ContainsAny(name, " \t") {
			if fields == 0 && bytes.HasPrefix(line, []byte("From ")) {
				continue // of an mbox
			}
			break
		}
		fields++
		switch strings.ToLower(string(name)) {
		case "received", "mime-version", "message-id", "from", "date", "return-path", "subject":
			telling++
		}
	}
	if telling >= 3 {
		return true
	}
	for _, n := range it.names {
		if sniff.Extension(n) == "eml" && fields > 0 {
			return true
		}
	}
	return false
}

// readMail reads a stored mail: its fields, and its parts under the path of the
// item.
func readMail(x *extractor, it *item) {
	if !x.b.Enter(it.path, it.depth+1) {
		x.text(it, it.where)
		return
	}
	l := x.b.Limits
	l.SpoolAbove = l.MessageBytes // it is in memory already
	l.Depth -= it.depth
	m, err := message.Read(x.ctx, bytes.NewReader(it.data), message.Envelope{}, message.Options{Limits: l})
	if err != nil { // the context has ended
		x.expired(it.path)
		return
	}
	defer func() { _ = m.Close() }() // nothing was spooled
	for _, s := range m.Skips {
		s.Part = strings.TrimSuffix(it.path+"/"+s.Part, "/")
		x.b.Skip(s)
	}
	for _, f := range m.Header {
		x.field(it.path, f)
	}
	if m.Root == nil {
		return
	}
	m.Root.Walk(func(p *message.Part) {
		p.Path = strings.TrimSuffix(it.path+"/"+p.Path, "/")
		p.Depth += it.depth + 1
	})
	x.part(m.Root, m.Root, true)
}
