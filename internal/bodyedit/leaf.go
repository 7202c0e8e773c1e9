package bodyedit

import (
	"bytes"
	"strings"

	"labelmilter/internal/message"
)

// leaf masks the values in one part, and notes it as a place for banners.
func (w *writer) leaf(p, parent *message.Part, s state) {
	if !strings.HasPrefix(p.Type, "text/") {
		if s.protected {
			w.locked = true
		}
		return
	}
	seen := (p.Type == "text/plain" || p.Type == "text/html") && p.Disp != "attachment" && len(p.Names) == 0 && !s.inner
	if s.protected && seen {
		w.locked = true
	}
	wanted := len(w.edit.Redact) > 0 || w.edit.FirstLine != nil && seen
	if !wanted && (!seen || s.protected || len(w.edit.Banners) == 0) {
		return
	}
	t, err := w.decode(p)
	if err != nil {
		return // what cannot be read was not found here either; a second scan decides
	}
	masked := 0
	for _, r := range w.edit.Redact {
		var n int
		if t.html {
			t.now, n = r.html(t.now)
		} else {
			t.now, n = r.plain(t.now)
		}
		masked += n
	}
	if w.edit.FirstLine != nil && seen {
		if now := cutFirst(t, w.edit.FirstLine); now != t.now {
			t.now = now
			w.res.Cut++
		}
	}
	if t.changed() && s.protected {
		w.fail(ErrProtected)
		return
	}
	place, ok := w.locate(p, parent)
	ok = ok && !s.ambiguous && len(p.Header.All("Content-Type")) < 2 && len(p.Header.All("Content-Transfer-Encoding")) < 2
	if t.changed() && !ok {
		w.fail(ErrAmbiguous)
		return
	}
	w.res.Masked += masked
	if seen && !s.protected && pgp(t.was) {
		w.locked = true
		seen = false
	}
	if ok && seen && !s.protected && len(w.edit.Banners) > 0 {
		w.bodies = append(w.bodies, body{p, place, t})
		return // written with its banners
	}
	if t.changed() {
		content, fields := encode(p, t.now)
		w.replace(p, place, content, fields)
	}
}

// pgp reports text with an OpenPGP message in it (RFC 9580 6.2).
func pgp(s string) bool {
	return strings.Contains(s, "-----BEGIN PGP MESSAGE-----") || strings.Contains(s, "-----BEGIN PGP SIGNED MESSAGE-----")
}

// remove puts a notice in the place of an attachment.
func (w *writer) remove(p, parent *message.Part, s state, r Removal) {
	if s.protected {
		w.fail(ErrProtected)
		return
	}
	place, ok := w.locate(p, parent)
	if !ok || s.ambiguous && parent != nil && ambiguous(parent) {
		w.fail(ErrAmbiguous)
		return
	}
	notice := crlf(strings.TrimRight(r.Notice, "\r\n")) + "\r\n"
	fields := []setting{{"Content-Type", "text/plain; charset=utf-8"}, {"Content-Transfer-Encoding", "quoted-printable"},
		{"Content-Disposition", "inline"}, {"Content-ID", ""}, {"Content-Description", ""}, {"Content-MD5", ""}, {"Content-Location", ""}}
	content := encodeQP(notice)
	w.res.Removed++
	if place.root {
		w.replace(p, place, content, fields)
		return
	}
	// A part's own header goes with it: file names stand there in many ways.
	var head bytes.Buffer
	for _, f := range fields {
		if f.value != "" {
			head.WriteString(f.name + ": " + f.value + "\r\n")
		}
	}
	head.WriteString("\r\n")
	w.pieces = append(w.pieces, piece{place.head, place.end, append(head.Bytes(), bytes.TrimSuffix(content, []byte("\r\n"))...)})
}

// ambiguous reports a part that is read in several ways itself.
func ambiguous(p *message.Part) bool {
	for _, c := range p.Children {
		if c.Alternative && !p.Alternative {
			return true
		}
	}
	for _, x := range p.Extra {
		if x.Kind == message.LooseUnparsed || x.Kind == message.LooseAfterClose {
			return true
		}
	}
	return false
}
