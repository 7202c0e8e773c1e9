package rtf

import (
	"strings"

	"labelmilter/internal/budget"
	"labelmilter/internal/charset"
)

// control reads a control word or symbol behind its backslash.
func (r *reader) control() {
	if r.at >= len(r.b) {
		return
	}
	c := r.b[r.at]
	if c|0x20 < 'a' || c|0x20 > 'z' {
		r.at++
		r.symbol(c)
		return
	}
	from := r.at
	for r.at < len(r.b) && r.b[r.at]|0x20 >= 'a' && r.b[r.at]|0x20 <= 'z' && r.at-from < 64 {
		r.at++
	}
	word := string(r.b[from:r.at])
	n, has := 0, false
	neg := r.at+1 < len(r.b) && r.b[r.at] == '-' && r.b[r.at+1] >= '0' && r.b[r.at+1] <= '9'
	if neg {
		r.at++
	}
	for r.at < len(r.b) && r.b[r.at] >= '0' && r.b[r.at] <= '9' {
		if n < 1<<30 {
			n = n*10 + int(r.b[r.at]-'0')
		}
		has = true
		r.at++
	}
	if neg {
		n = -n
	}
	if r.at < len(r.b) && r.b[r.at] == ' ' {
		r.at++
	}
	r.word(word, n, has)
}

func (r *reader) symbol(c byte) {
	if r.skip > 0 && c != '*' {
		if c == '\'' {
			r.at = min(r.at+2, len(r.b))
		}
		r.skip--
		return
	}
	switch c {
	case '\'':
		if r.at+2 > len(r.b) {
			return
		}
		hi, lo := unhex(r.b[r.at]), unhex(r.b[r.at+1])
		r.at += 2
		if hi >= 0 && lo >= 0 && (r.g.dest != object && r.g.dest != data && r.g.dest != picture) {
			r.char(byte(hi<<4 | lo))
		}
	case '\\', '{', '}':
		r.char(c)
	case '~':
		r.say("\u00a0")
	case '_':
		r.say("-")
	case '*':
		r.g.ignore = true
	case '\r', '\n':
		r.line()
	case '\t':
		r.char('\t')
	}
}

// say writes a character that a control stands for.
func (r *reader) say(s string) {
	if r.skip > 0 {
		r.skip--
		return
	}
	r.flush()
	r.write(s)
}

// line ends a line.
func (r *reader) line() {
	r.flush()
	switch {
	case r.g.dest == tag || r.g.dest == shown && r.wraps && r.isHTML:
		if !r.g.rtfOnly {
			r.html = append(r.html, '\r', '\n')
		}
	case r.g.dest == shown || r.g.dest == hidden || r.g.dest == aside:
		r.out().Line()
	case r.g.dest == value:
		r.field = append(r.field, '\n')
	}
}

// word acts on a control word.
func (r *reader) word(w string, n int, has bool) {
	if r.skip > 0 && w != "u" && w != "uc" && w != "bin" {
		// A control word counts as a character to be left out.
		r.skip--
		return
	}
	if w == "u" {
		r.unicode(n)
		return
	}
	if len(r.pending) > 0 && !(w == "bin") {
		r.flush()
	}
	starred := r.g.ignore
	r.g.ignore = false
	switch w {
	case "bin":
		r.binary(n)
	case "uc":
		r.g.uc = min(max(n, 0), 16)
	case "par", "line", "sect", "page", "column", "row", "nestrow", "softline", "softpage", "softcol":
		r.line()
	case "cell", "nestcell":
		r.flush()
		if r.g.dest == shown || r.g.dest == aside {
			r.out().Cell()
		}
	case "tab":
		r.say("\t")
	case "emdash":
		r.say("\u2014")
	case "endash":
		r.say("\u2013")
	case "lquote":
		r.say("\u2018")
	case "rquote":
		r.say("\u2019")
	case "ldblquote":
		r.say("\u201c")
	case "rdblquote":
		r.say("\u201d")
	case "bullet":
		r.say("\u2022")
	case "emspace", "enspace", "qmspace":
		r.say(" ")
	case "deleted":
		r.flush()
		r.g.deleted = !has || n != 0
	case "plain":
		r.flush()
		r.g.deleted, r.g.font = false, r.deff
		r.setFont()
	case "htmlrtf":
		r.flush()
		r.g.rtfOnly = !has || n != 0
	case "fromhtml":
		r.wraps, r.isHTML = true, true
	case "fromtext":
		r.wraps = true
	default:
		r.charsets(w, n)
		r.destination(w, starred)
	}
}

// charsets acts on the words that choose code pages.
func (r *reader) charsets(w string, n int) {
	switch w {
	case "ansicpg":
		r.ansi = n
	case "mac":
		r.ansi = 10000
	case "pc":
		r.ansi = 437
	case "pca":
		r.ansi = 850
	case "deff":
		r.deff, r.g.font = n, n
	case "f":
		if r.g.dest == fontTable {
			r.inFont = n
			return
		}
		r.flush()
		r.g.font = n
	case "fcharset", "cpg":
		if r.g.dest == fontTable && len(r.fonts) < 10_000 {
			if w == "fcharset" {
				n = charset.FontPage(n)
			}
			r.fonts[r.inFont] = n
		}
	default:
		return
	}
	r.setFont()
}

// unicode takes the character of \u (a signed number of 16 bits, a surrogate at
// a time) and leaves out what stands for it in other readers.
func (r *reader) unicode(n int) {
	r.g.ignore = false
	if r.skip > 0 {
		r.skip = 0
	}
	if len(r.pending) > 0 {
		r.flush()
	}
	switch r.g.dest {
	case skipped, fontTable, object, data, picture:
	default:
		if c := uint16(n); c >= 0x20 || c == '\t' {
			if c >= 0xf020 && c <= 0xf07e {
				c -= 0xf000 // a symbol font, by the characters that it lies over
			}
			r.units = append(r.units, c)
		} else {
			r.line()
		}
	}
	r.skip = r.g.uc
}

// binary takes the bytes behind \bin.
func (r *reader) binary(n int) {
	n = min(max(n, 0), len(r.b)-r.at)
	b := r.b[r.at : r.at+n]
	r.at += n
	if r.skip > 0 {
		r.skip--
		return
	}
	switch r.g.dest {
	case object, data, picture:
		r.raw = append(r.raw, b...)
	default:
		r.Skip(budget.Unsupported, "binary data")
	}
}

// destination acts on words that begin a destination; starred ones that are not
// known may be left out by a reader, and are hidden text here.
func (r *reader) destination(w string, starred bool) {
	to, name := shown, ""
	switch w {
	case "fonttbl":
		to = fontTable
	case "colortbl", "stylesheet", "listtable", "listoverridetable", "rsidtbl", "latentstyles", "themedata", "colorschememapping", "generator", "pgptbl",
		"panose", "blipuid", "pnseclvl", "wgrffmtfilter", "mmathPr", "xmlnstbl", "listpicture", "nonshppict", "blipupi", "fontemb", "fontfile", "passwordhash",
		"keycode", "creatim", "revtim", "printim", "buptim", "mhtmltag", "falt", "bkmkend", "atrfstart", "atrfend", "atndate", "atnref", "levelnumbers", "leveltext", "objclass", "objsect", "tc", "defchp", "defpap":
		to = skipped
	case "info", "userprops", "field", "object", "result", "shp", "shpgrp", "shpinst", "sp", "pn", "fldrslt", "listtext", "pntext":
		return
	case "upr": // what follows in 8 bits stands in \ud again
		r.g.outer = r.g.dest
		if r.g.dest == shown {
			r.g.dest = hidden
		}
		return
	case "ud":
		r.g.dest = r.g.outer
		return
	case "footnote", "annotation", "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf", "txfieldtext", "shptxt", "dptxbxtext",
		"ftnsep", "ftnsepc", "aftnsep", "aftnsepc", "ftncn", "aftncn":
		to = aside
	case "title", "subject", "category", "keywords":
		to, name = value, w
	case "author":
		to, name = value, "creator"
	case "operator":
		to, name = value, "lastModifiedBy"
	case "doccomm":
		to, name = value, "description"
	case "company":
		to, name = value, "Company"
	case "manager":
		to, name = value, "Manager"
	case "hlinkbase":
		to, name = value, "HyperlinkBase"
	case "propname", "staticval":
		to, name = value, w
	case "objdata":
		to = object
	case "datastore", "objalias":
		to = data
	case "pict":
		to = picture
	case "htmltag":
		to = tag
	case "sn":
		to = skipped
	case "fldinst", "sv", "comment", "bkmkstart", "atnid", "atnauthor", "atnicn", "revtbl", "docvar", "formfield", "ffname", "ffdeftext", "ffhelptext", "ffstattext", "fflist", "template", "xe", "objname", "linkval", "private", "filetbl":
		to = hidden
	default:
		if !starred {
			return
		}
		to = hidden
		if strings.HasPrefix(w, "pn") || strings.HasPrefix(w, "m") && len(w) > 1 && w[1] < 'a' {
			return
		}
	}
	switch r.g.dest {
	case skipped, object, data: // within what holds no text
		return
	case hidden:
		if to == aside {
			return
		}
	}
	r.flush()
	switch to {
	case hidden:
		r.hidden.Line()
	case aside:
		r.aside.Line()
	}
	if to == value {
		r.field = r.field[:0]
	}
	r.g.dest, r.g.name = to, name
}
