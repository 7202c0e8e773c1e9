package bodyedit

import (
	"bytes"
	"strings"

	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// spot is where a part stands in the body of the message.
type spot struct {
	root             bool // the message itself: its fields are the message's
	head, start, end int  // of its header, its content, and what follows
}

// locate finds a part in the body. A part that was decoded from something
// else does not stand there.
func (w *writer) locate(p, parent *message.Part) (spot, bool) {
	if parent == nil {
		return spot{root: true, start: 0, end: len(w.m.Body)}, len(p.Raw) == len(w.m.Body)
	}
	start, ok := offset(w.m.Body, p.Raw)
	if !ok {
		return spot{}, false
	}
	s := spot{start: start, end: start + len(p.Raw)}
	outer, ok := offset(w.m.Body, parent.Raw)
	if !ok || start < outer || s.end > outer+len(parent.Raw) {
		return spot{}, false
	}
	if !strings.HasPrefix(parent.Type, "multipart/") {
		s.head = outer // the message in a message begins with its header
		return s, true
	}
	boundary := parent.Params["boundary"]
	if boundary == "" {
		return spot{}, false
	}
	line := []byte("--" + boundary)
	region := w.m.Body[outer:start]
	at := bytes.LastIndex(region, append([]byte("\r\n"), line...))
	if at >= 0 {
		at += 2
	} else if bytes.HasPrefix(region, line) {
		at = 0
	} else {
		return spot{}, false
	}
	end := bytes.Index(region[at:], []byte("\r\n"))
	if end < 0 {
		return spot{}, false
	}
	s.head = outer + at + end + 2
	return s, true
}

// offset gives where part stands in whole, of which it is a slice.
func offset(whole, part []byte) (int, bool) {
	if len(part) == 0 || len(whole) == 0 {
		return 0, false
	}
	at := cap(whole) - cap(part)
	if at < 0 || at+len(part) > len(whole) || &whole[at] != &part[0] {
		return 0, false
	}
	return at, true
}

// setting is a Content field and its new value; "" removes it.
type setting struct{ name, value string }

// replace puts new content, and the fields it needs, in the place of a part.
func (w *writer) replace(p *message.Part, s spot, content []byte, fields []setting) {
	if s.root {
		w.res.Body = content
		for _, f := range fields {
			w.res.Headers = append(w.res.Headers, change(w.m.Header, f)...)
		}
		if len(fields) > 0 && len(w.m.Header.All("MIME-Version")) == 0 {
			w.res.Headers = append(w.res.Headers, verdict.Modification{Op: verdict.AddHeader, Name: "MIME-Version", Value: "1.0"})
		}
		return
	}
	head := w.m.Body[s.head:s.start]
	if len(fields) > 0 {
		var ok bool
		if head, ok = setFields(head, fields); !ok {
			w.fail(ErrAmbiguous)
			return
		}
	}
	w.pieces = append(w.pieces, piece{s.head, s.end, append(bytes.Clone(head), content...)})
}

// change gives the edits that set one field of the message.
func change(h message.Header, f setting) []verdict.Modification {
	have := h.All(f.name)
	var out []verdict.Modification
	keep := 0
	if f.value != "" {
		keep = 1
	}
	for i := len(have); i > keep; i-- {
		out = append(out, verdict.Modification{Op: verdict.DeleteHeader, Index: i, Name: have[i-1].Name})
	}
	switch {
	case f.value == "":
	case len(have) == 0:
		out = append(out, verdict.Modification{Op: verdict.AddHeader, Name: f.name, Value: f.value})
	case have[0].Value() != message.Unfold(f.value):
		out = append(out, verdict.Modification{Op: verdict.ChangeHeader, Index: 1, Name: have[0].Name, Value: f.value})
	}
	return out
}

// setFields writes fields into the header block of a part, which ends with an
// empty line. Other lines stay as they are. It is false for a block it cannot
// read.
func setFields(head []byte, fields []setting) ([]byte, bool) {
	if !bytes.Equal(head, []byte("\r\n")) && !bytes.HasSuffix(head, []byte("\r\n\r\n")) {
		return nil, false
	}
	lines := bytes.SplitAfter(head[:len(head)-2], []byte("\r\n"))
	var out bytes.Buffer
	done := make([]bool, len(fields))
	dropping := false
	for _, l := range lines {
		if len(l) == 0 {
			continue
		}
		if l[0] == ' ' || l[0] == '\t' {
			if !dropping {
				out.Write(l)
			}
			continue
		}
		dropping = false
		name, _, found := bytes.Cut(l, []byte(":"))
		for i, f := range fields {
			if found && strings.EqualFold(string(bytes.TrimSpace(name)), f.name) {
				dropping = true
				if f.value != "" && !done[i] {
					out.WriteString(f.name + ": " + crlf(f.value) + "\r\n")
				}
				done[i] = true
			}
		}
		if !dropping {
			out.Write(l)
		}
	}
	for i, f := range fields {
		if !done[i] && f.value != "" {
			out.WriteString(f.name + ": " + crlf(f.value) + "\r\n")
		}
	}
	out.WriteString("\r\n")
	return out.Bytes(), true
}

// crlf gives text with CRLF line ends.
func crlf(s string) string {
	return strings.ReplaceAll(strings.ReplaceAll(s, "\r\n", "\n"), "\n", "\r\n")
}
