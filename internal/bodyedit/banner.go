package bodyedit

import (
	"crypto/sha256"
	"encoding/hex"
	"html"
	"strings"

	"labelmilter/internal/message"
	"labelmilter/internal/verdict"
)

// banners puts the banners into the first plain and the first HTML text that
// people see. Text that has them already, from an earlier pass, stays.
func (w *writer) banners() {
	if len(w.edit.Banners) == 0 {
		return
	}
	done := map[string]bool{}
	for _, b := range w.bodies {
		t := b.text
		if !done[b.part.Type] {
			done[b.part.Type] = true
			if t.html {
				t.now = htmlBanners(t.now, w.edit.Banners)
			} else {
				t.now = plainBanners(t.now, w.edit.Banners, t.flowed)
			}
		}
		if t.changed() {
			content, fields := encode(b.part, t.now)
			w.replace(b.part, b.spot, content, fields)
		}
	}
	if len(done) > 0 {
		return
	}
	w.res.Banner = ErrNoText
	if w.locked {
		w.res.Banner = ErrProtected
		w.wrap()
	}
}

// plainBanners writes the banners into plain text: what is there of them is
// taken away first, so that a second pass changes nothing.
func plainBanners(s string, banners []Banner, flowed bool) string {
	nl := "\n"
	if strings.Contains(s, "\r\n") || !strings.Contains(s, "\n") {
		nl = "\r\n"
	}
	var top, bottom []string
	for _, b := range banners {
		if b.Once && said(lineAt(s, b.Bottom), b.Text) {
			continue
		}
		t := strings.ReplaceAll(plainLines(b.Text, flowed), "\n", nl)
		if b.Bottom {
			bottom = append(bottom, nl+t+nl)
		} else {
			top = append(top, t+nl+nl)
		}
	}
	s = strip(s, top, strings.CutPrefix)
	s = strip(s, bottom, strings.CutSuffix)
	if len(bottom) > 0 && s != "" && !strings.HasSuffix(s, "\n") {
		s += nl
	}
	return strings.Join(top, "") + s + strings.Join(bottom, "")
}

// plainLines gives the lines of a banner without blanks at their ends, stuffed
// for flowed text (RFC 3676 4.4).
func plainLines(s string, flowed bool) string {
	lines := strings.Split(strings.Trim(strings.ReplaceAll(s, "\r\n", "\n"), "\n"), "\n")
	for i, l := range lines {
		l = strings.TrimRight(l, " \t\r")
		if flowed && (strings.HasPrefix(l, " ") || strings.HasPrefix(l, ">") || strings.HasPrefix(l, "From ")) {
			l = " " + l
		}
		lines[i] = l
	}
	return strings.Join(lines, "\n")
}

// strip cuts any of the texts off one end, as often as they stand there.
func strip(s string, texts []string, cut func(s, t string) (string, bool)) string {
	for again := true; again; {
		again = false
		for _, t := range texts {
			if rest, ok := cut(s, t); ok && t != "" {
				s, again = rest, true
			}
		}
	}
	return s
}

// htmlBanners does the same in HTML, inside body.
func htmlBanners(s string, banners []Banner) string {
	var top, bottom []string
	for _, b := range banners {
		if b.Once && said(htmlLineAt(s, b.Bottom), b.Text) {
			continue
		}
		f := fragment(b)
		if b.Bottom {
			bottom = append(bottom, f)
		} else {
			top = append(top, f)
		}
	}
	if len(top) > 0 {
		at := htmlTop(s)
		s = s[:at] + strings.Join(top, "") + strip(s[at:], top, strings.CutPrefix)
	}
	if len(bottom) > 0 {
		at := htmlBottom(s)
		s = strip(s[:at], bottom, strings.CutSuffix) + strings.Join(bottom, "") + s[at:]
	}
	return s
}

// fragment is a banner as it stands in HTML. The comments tell where it is;
// the style keeps a sheet of the sender from hiding it.
func fragment(b Banner) string {
	in := b.HTML
	if in == "" {
		in = strings.ReplaceAll(html.EscapeString(plainLines(b.Text, false)), "\n", "<br>\r\n")
	}
	in = crlf(in)
	sum := sha256.Sum256([]byte(in))
	id := hex.EncodeToString(sum[:6])
	return "<!--banner " + id + "-->\r\n<div style=\"display:block !important;visibility:visible !important\">" + in + "</div>\r\n<!--/banner " + id + "-->\r\n"
}

// htmlTop is where text at the top begins: behind <body>, else behind the
// head, else behind declarations.
func htmlTop(s string) int {
	at, found := 0, false
	tokens(s, func(t token) {
		switch {
		case found:
		case t.kind == tagToken && !t.end && t.name == "body":
			at, found = t.to, true
		case t.kind == tagToken && (t.name == "html" && !t.end || t.name == "head" && t.end),
			t.kind == rawToken && t.from < len(s) && strings.HasPrefix(s[t.from:], "<!") && !strings.HasPrefix(s[t.from:], "<!--") && at == 0:
			at = t.to
		}
	})
	if !found && at == 0 {
		return 0
	}
	// The line end behind a tag goes before the banner on every pass alike.
	return at
}

// htmlBottom is where text at the bottom ends: before the last </body>, else
// before the last </html>.
func htmlBottom(s string) int {
	body, root := -1, -1
	tokens(s, func(t token) {
		if t.kind == tagToken && t.end {
			switch t.name {
			case "body":
				body = t.from
			case "html":
				root = t.from
			}
		}
	})
	switch {
	case body >= 0:
		return body
	case root >= 0:
		return root
	}
	return len(s)
}

// wrap makes a multipart/mixed of the banners and the message as it was, so
// that signatures within stay what they are (RFC 1847 2.1).
func (w *writer) wrap() {
	var texts []string
	for _, b := range w.edit.Banners {
		if b.Wrap {
			texts = append(texts, plainLines(b.Text, false))
		}
	}
	if len(texts) == 0 || w.res.Body != nil || len(w.pieces) > 0 {
		return
	}
	boundary := boundaryFor(w.m)
	if strings.Contains(string(w.m.Body), boundary) {
		w.res.Banner = ErrAmbiguous
		return
	}
	var b strings.Builder
	b.WriteString("--" + boundary + "\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\nContent-Disposition: inline\r\n\r\n")
	b.Write(encodeQP(strings.Join(texts, "\n\n") + "\n\n"))
	b.WriteString("\r\n--" + boundary + "\r\n")
	// The Content fields go down with what they describe.
	var mods []verdict.Modification
	for _, f := range w.m.Header {
		if !strings.HasPrefix(strings.ToLower(f.Name), "content-") {
			continue
		}
		b.WriteString(f.Name + ": " + crlf(strings.TrimLeft(f.Raw, " \t")) + "\r\n")
		if !f.Is("Content-Type") && len(w.m.Header.All(f.Name)) > 0 && !deleted(mods, f.Name) {
			mods = append(mods, change(w.m.Header, setting{f.Name, ""})...)
		}
	}
	b.WriteString("\r\n")
	b.Write(w.m.Body)
	if !strings.HasSuffix(b.String(), "\r\n") {
		b.WriteString("\r\n")
	}
	b.WriteString("--" + boundary + "--\r\n")
	mods = append(mods, change(w.m.Header, setting{"Content-Type", "multipart/mixed; boundary=\"" + boundary + "\""})...)
	if len(w.m.Header.All("MIME-Version")) == 0 {
		mods = append(mods, verdict.Modification{Op: verdict.AddHeader, Name: "MIME-Version", Value: "1.0"})
	}
	w.res.Body, w.res.Headers, w.res.Banner = []byte(b.String()), mods, nil
}

func deleted(mods []verdict.Modification, name string) bool {
	for _, m := range mods {
		if strings.EqualFold(m.Name, name) {
			return true
		}
	}
	return false
}

// boundaryFor follows from the message, so that judging twice gives the same.
func boundaryFor(m *message.Message) string {
	sum := sha256.Sum256(append([]byte(m.Digest), m.Body...))
	return "banner-" + hex.EncodeToString(sum[:12])
}

// said reports whether a line of the text says what a banner says.
func said(line, banner string) bool {
	return strings.Join(strings.Fields(line), " ") == strings.Join(strings.Fields(banner), " ")
}

// lineAt gives the first or the last line that is not blank.
func lineAt(s string, last bool) string {
	s = strings.TrimSpace(s)
	if last {
		return s[strings.LastIndexByte(s, '\n')+1:]
	}
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// maxShownLine bounds how much of a line of HTML is compared, in bytes.
const maxShownLine = 1024

// htmlLineAt gives the first or the last line of text in HTML, up to what
// begins another line.
func htmlLineAt(s string, last bool) string {
	var line, kept string
	done := false
	tokens(s, func(t token) {
		switch {
		case done:
		case t.kind == textToken:
			if line += html.UnescapeString(s[t.from:t.to]); len(line) > maxShownLine {
				line = line[:maxShownLine]
			}
		case t.kind == tagToken && !inline(t.name) && strings.TrimSpace(line) != "":
			kept, line, done = line, "", !last
		}
	})
	if !done && strings.TrimSpace(line) != "" {
		return line
	}
	return kept
}

// inline tells elements that begin no new line.
func inline(name string) bool {
	switch name {
	case "a", "b", "strong", "i", "em", "u", "s", "span", "font", "small", "big", "o:p", "tt", "code", "sub", "sup":
		return true
	}
	return false
}
