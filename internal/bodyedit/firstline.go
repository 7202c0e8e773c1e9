package bodyedit

import (
	"html"
	"strings"
)

// cutFirst gives a text without its first line, if match says so.
func cutFirst(t text, match func(string) bool) string {
	if t.html {
		return cutHTML(t.now, match)
	}
	return cutPlain(t.now, t.flowed, match)
}

// cutPlain takes the first line that is not blank, what a mail program wrapped
// of it (RFC 3676 4.1), and one blank line behind it.
func cutPlain(s string, flowed bool, match func(string) bool) string {
	rest := s
	next := func() (line string) {
		if i := strings.IndexByte(rest, '\n'); i >= 0 {
			line, rest = rest[:i], rest[i+1:]
		} else {
			line, rest = rest, ""
		}
		return strings.TrimSuffix(line, "\r")
	}
	line := ""
	for strings.TrimSpace(line) == "" {
		if rest == "" {
			return s
		}
		line = next()
	}
	if !match(line) {
		return s
	}
	for flowed && strings.HasSuffix(line, " ") && line != "-- " && rest != "" {
		line = next()
	}
	if before := rest; before != "" && strings.TrimSpace(next()) != "" {
		rest = before
	}
	return rest
}

// lineEnds are the elements at whose begin and end a line ends.
var lineEnds = map[string]bool{"br": true, "p": true, "div": true, "li": true, "ul": true, "ol": true, "tr": true, "td": true, "th": true,
	"table": true, "blockquote": true, "hr": true, "pre": true, "h1": true, "h2": true, "h3": true, "h4": true, "h5": true, "h6": true,
	"body": true, "html": true, "head": true, "section": true, "article": true, "header": true, "footer": true, "center": true, "dl": true, "dt": true, "dd": true}

// cutHTML takes the text of the first line that is not blank; its elements
// stay, but for the line break that ends it.
func cutHTML(s string, match func(string) bool) string {
	var line strings.Builder
	var cut []glyph // ranges of s
	done := false
	tokens(s, func(t token) {
		switch {
		case done:
		case t.kind == textToken:
			line.WriteString(html.UnescapeString(s[t.from:t.to]))
			cut = append(cut, glyph{t.from, t.to})
		case t.kind == tagToken && lineEnds[t.name]:
			if strings.TrimSpace(line.String()) == "" {
				line.Reset()
				cut = cut[:0]
				return
			}
			if done = true; t.name == "br" {
				cut = append(cut, glyph{t.from, t.to})
			}
		}
	})
	if !match(strings.Join(strings.Fields(line.String()), " ")) {
		return s
	}
	var b strings.Builder
	at := 0
	for _, c := range cut {
		b.WriteString(s[at:c.from])
		at = c.to
	}
	b.WriteString(s[at:])
	return b.String()
}
