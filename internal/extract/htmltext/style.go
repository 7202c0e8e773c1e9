package htmltext

import (
	"bytes"
	"strings"

	"golang.org/x/net/html/atom"
)

// look is what the attributes of one element say about being seen.
type look struct {
	hidden     bool   // not shown at all
	inline     bool   // a block shown inline
	colour     string // "white" or as written, "" if not given
	background string
}

// unseen reports text that a reader does not see. White text counts if no
// darker background was met before it: without a tree the background it
// stands on is not known.
func (l look) unseen(dark bool) bool {
	if l.hidden {
		return true
	}
	if l.colour != "" && l.background != "" {
		return l.colour == l.background
	}
	return l.colour == "white" && !dark
}

// maxStyle bounds the part of a style attribute that is read.
const maxStyle = 4096

// style reads a style attribute (CSS 2.1 4.1.8), by string search only. s is
// lower case.
func (l *look) style(s []byte) {
	empty := false // a box without room
	for rest := s; len(rest) > 0; {
		var decl []byte
		decl, rest, _ = bytes.Cut(rest, []byte(";"))
		name, v, ok := bytes.Cut(decl, []byte(":"))
		if !ok {
			continue
		}
		name, v = bytes.TrimSpace(name), bytes.TrimSpace(v)
		val := string(bytes.TrimSpace(bytes.TrimSuffix(v, []byte("!important"))))
		switch string(name) {
		case "display":
			l.hidden = l.hidden || val == "none"
			l.inline = strings.HasPrefix(val, "inline") || val == "contents"
		case "visibility":
			l.hidden = l.hidden || val == "hidden" || val == "collapse"
		case "mso-hide":
			l.hidden = l.hidden || val == "all"
		case "opacity", "line-height":
			l.hidden = l.hidden || isZero(val)
		case "font-size":
			l.hidden = l.hidden || isZero(val) || tiny(val)
		case "font":
			l.hidden = l.hidden || strings.HasPrefix(val, "0 ") || strings.HasPrefix(val, "0px ") || strings.HasPrefix(val, "0/")
		case "max-height", "max-width":
			l.hidden = l.hidden || isZero(val)
		case "height", "width":
			empty = empty || isZero(val)
		case "text-indent", "left", "top", "margin-left":
			l.hidden = l.hidden || strings.HasPrefix(val, "-") && len(strings.TrimLeft(val, "-"))-len(strings.TrimLeft(val, "-0123456789")) >= 3
		case "color":
			l.colour = colour(strings.Clone(val))
		case "background", "background-color":
			if c, _, _ := strings.Cut(val, " "); c != "" && !strings.HasPrefix(c, "url") && c != "none" && c != "transparent" {
				l.background = colour(strings.Clone(c))
			}
		}
	}
	l.hidden = l.hidden || empty && clipped(s)
}

// appendLower appends s with ASCII letters in lower case.
func appendLower(out, s []byte) []byte {
	for _, c := range s {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		out = append(out, c)
	}
	return out
}

// clipped reports a style that shows nothing beyond its box.
func clipped(s []byte) bool {
	return bytes.Contains(s, []byte("overflow:hidden")) || bytes.Contains(s, []byte("overflow: hidden"))
}

// isZero reports a length or number that is nothing: "0", "0px", "0.00em".
func isZero(v string) bool {
	if v == "" || v[0] != '0' && v[0] != '.' {
		return false
	}
	n := strings.TrimRight(v, "abcdefghijklmnopqrstuvwxyz% ")
	return n != "" && strings.Trim(n, "0.") == "" && strings.Contains(n, "0")
}

// tiny reports a font size of at most one pixel or point.
func tiny(v string) bool {
	for _, u := range []string{"px", "pt"} {
		if n, ok := strings.CutSuffix(v, u); ok {
			n = strings.TrimSpace(n)
			return n == "1" || n == "1.0" || strings.HasPrefix(n, "0.") || strings.HasPrefix(n, ".")
		}
	}
	return false
}

// colour gives one name to the common ways of writing a colour; near-white is
// white.
func colour(v string) string {
	v = strings.ReplaceAll(strings.TrimSpace(v), " ", "")
	switch v {
	case "white", "#fff", "#ffffff", "ffffff", "#fefefe", "#fdfdfd", "rgb(255,255,255)", "rgba(255,255,255,1)", "snow", "hsl(0,0%,100%)":
		return "white"
	}
	if len(v) == 4 && v[0] == '#' {
		return string([]byte{'#', v[1], v[1], v[2], v[2], v[3], v[3]})
	}
	return v
}

// styleState follows the outermost element that is hidden by style, by
// counting elements of its name.
type styleState struct {
	in   bool
	tag  atom.Atom
	name string // of an element that is no atom
	nest int
	dark bool // a background that is not white was met
}

func (s *styleState) open(x *extractor, tag atom.Atom, name string, unseen bool) {
	switch {
	case s.in && tag == s.tag && name == s.name:
		s.nest++
	case !s.in && unseen:
		s.in, s.tag, s.name, s.nest = true, tag, name, 1
		x.beginUnseen()
	}
}

func (s *styleState) close(x *extractor, tag atom.Atom, name string) {
	if !s.in || tag != s.tag || name != s.name {
		return
	}
	if s.nest--; s.nest == 0 {
		s.in = false
		x.endUnseen()
	}
}

// bgcolor and color attributes (HTML 4) are colours as well.
func (l *look) legacy(key string, v []byte) {
	c := colour(strings.ToLower(string(bytes.TrimSpace(v[:min(len(v), 64)]))))
	if key == "color" {
		l.colour = c
	} else {
		l.background = c
	}
}
