package charset

import (
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/ianaindex"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// kind is the way a charset is decoded.
type kind int

const (
	kindUnknown kind = iota
	kindNone         // not declared
	kindASCII
	kindUTF8
	kindUTF16 // byte order by mark, else by content
	kindUTF16LE
	kindUTF16BE
	kindUTF32
	kindUTF32LE
	kindUTF32BE
	kindUTF7
	kindISO2022 // ISO-2022-KR and ISO-2022-CN
	kindSingle  // one byte a character, by enc
	kindMulti   // by enc
)

func (k kind) String() string {
	switch k {
	case kindASCII:
		return "us-ascii"
	case kindUTF8:
		return "utf-8"
	case kindUTF16, kindUTF16LE:
		return "utf-16le"
	case kindUTF16BE:
		return "utf-16be"
	case kindUTF32, kindUTF32LE:
		return "utf-32le"
	case kindUTF32BE:
		return "utf-32be"
	case kindUTF7:
		return "utf-7"
	case kindISO2022:
		return "iso-2022-kr"
	}
	return ""
}

// codec is one way to decode.
type codec struct {
	kind        kind
	name        string
	enc         encoding.Encoding
	transparent bool // ASCII bytes are ASCII text
}

// maxLabel bounds what is looked at as a label; the longest registered name
// has 45 characters.
const maxLabel = 128

// find gives the codec for a declared label; false when there is none.
func find(label string) (codec, bool) {
	l := clean(label)
	if c, ok := special(l); ok {
		return c, true
	}
	for _, try := range spellings(l) {
		if c, ok := special(try); ok {
			return c, true
		}
		if e, err := htmlindex.Get(try); err == nil && e != encoding.Replacement {
			if n, err := htmlindex.Name(e); err == nil && n != "x-user-defined" && n != "replacement" {
				if c, ok := special(n); ok {
					return c, true
				}
				return wrap(n, e), true
			}
		}
		for _, ix := range []*ianaindex.Index{ianaindex.MIME, ianaindex.IANA} {
			if e, err := ix.Encoding(try); err == nil && e != nil {
				return wrap(try, e), true
			}
		}
	}
	return codec{}, false
}

// wrap finds out how e treats ASCII.
func wrap(name string, e encoding.Encoding) codec {
	c := codec{kind: kindMulti, name: name, enc: e, transparent: true}
	switch e {
	case japanese.ISO2022JP, simplifiedchinese.HZGB2312:
		c.transparent = false
		return c
	}
	if m, ok := e.(*charmap.Charmap); ok {
		c.kind = kindSingle
		c.transparent = m.DecodeByte('A') == 'A'
	}
	return c
}

// clean takes quotes, blanks, a language (RFC 2231 5), a trailing semicolon
// and "charset=" off a label and makes it lower case.
func clean(l string) string {
	if len(l) > maxLabel {
		l = l[:maxLabel]
	}
	l = strings.ToLower(strings.Trim(l, " \t\r\n\"';,<>()[]\\"))
	if i := strings.LastIndex(l, "charset="); i >= 0 {
		l = strings.Trim(l[i+len("charset="):], " \t\"'")
	}
	if i := strings.IndexAny(l, "*;'"); i >= 0 {
		l = strings.TrimSpace(l[:i])
	}
	return l
}

// spellings lists the names under which a label may be known, the label
// itself first.
func spellings(l string) []string {
	out := []string{l}
	add := func(s string) {
		if s != "" && s != l {
			out = append(out, s)
		}
	}
	dashed := strings.NewReplacer("_", "-", " ", "-").Replace(l)
	add(dashed)
	bare := strings.TrimPrefix(strings.TrimPrefix(dashed, "x-"), "cs")
	add(bare)
	flat := strings.NewReplacer("-", "", ":", "", ".", "").Replace(bare)
	add(flat)
	for _, p := range []string{"windows", "codepage", "cp", "ibm", "dos", "ms", "win", "mac", "oem"} {
		n := strings.TrimPrefix(flat, p)
		if n == flat || n == "" || strings.Trim(n, "0123456789") != "" {
			continue
		}
		n = strings.TrimLeft(n, "0")
		add("windows-" + n)
		add("cp" + n)
		add("ibm" + n)
		add("cp" + strings.Repeat("0", max(0, 3-len(n))) + n)
		add("ibm" + strings.Repeat("0", max(0, 3-len(n))) + n)
	}
	if n := strings.TrimPrefix(flat, "iso8859"); n != flat && n != "" {
		add("iso-8859-" + digits(n))
	}
	if n := strings.TrimPrefix(flat, "8859"); n != flat && n != "" {
		add("iso-8859-" + digits(n))
	}
	if n := strings.TrimPrefix(flat, "latin"); n != flat {
		add("l" + n)
	}
	return out
}

// digits is the run of digits at the start of s, at most two.
func digits(s string) string {
	n := 0
	for n < len(s) && n < 2 && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return s[:n]
}
