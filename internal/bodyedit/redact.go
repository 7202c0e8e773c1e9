package bodyedit

import (
	"strings"
	"unicode"
)

// Masks are the characters that may stand for a masked letter or digit: none
// of them means anything in HTML or in a table.
const Masks = "*X#•█"

// ValidMask reports whether a character may be used as mask.
func ValidMask(r rune) bool { return r != 0 && strings.ContainsRune(Masks, r) }

// freeLength is the length from which a value is masked inside longer runs of
// letters and digits too.
const freeLength = 8

// glyph is a letter or digit and where it stands.
type glyph struct{ from, to int }

// projection is a text reduced to letters and digits in upper case. at maps
// the bytes of s to their glyphs.
type projection struct {
	s  strings.Builder
	at []glyph
}

// Key gives a value as found in the form that a Redaction names it in.
func Key(value string) string {
	var p projection
	for i, r := range value {
		p.add(r, i, i+1)
	}
	return p.s.String()
}

// add takes one character of the source.
func (p *projection) add(r rune, from, to int) {
	if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
		return
	}
	r = narrow(r)
	n := p.s.Len()
	p.s.WriteRune(unicode.ToUpper(r))
	for range p.s.Len() - n {
		p.at = append(p.at, glyph{from, to})
	}
}

// narrow gives full-width forms and decimal digits of other scripts as ASCII.
func narrow(r rune) rune {
	switch {
	case r < 0x80:
		return r
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFF01 + '!'
	case unicode.IsDigit(r):
		// Decimal digits stand in runs of ten, zero first (Unicode 4.6).
		zero := r
		for unicode.IsDigit(zero-1) && r-zero < 9 {
			zero--
		}
		return '0' + (r - zero)
	}
	return r
}

// find gives the glyphs to be masked, as a set of source ranges by start, and
// how many values were found.
func (r Redaction) find(p *projection) (map[int]int, int) {
	s := p.s.String()
	hide := map[int]int{}
	found := 0
	for _, v := range r.Values {
		if v == "" {
			continue
		}
		for at := 0; at < len(s); {
			i := strings.Index(s[at:], v)
			if i < 0 {
				break
			}
			from, to := at+i, at+i+len(v)
			at = from + 1
			if len(v) < freeLength && (from > 0 && p.at[from-1].to == p.at[from].from || to < len(s) && p.at[to-1].to == p.at[to].from) {
				continue // in the middle of something longer
			}
			at = to
			found++
			end := to
			for n := 0; n < r.Keep && end > from; n++ {
				end--
				for end > from && p.at[end-1] == p.at[end] {
					end--
				}
			}
			for k := from; k < end; k++ {
				hide[p.at[k].from] = p.at[k].to
			}
		}
	}
	return hide, found
}

// mask writes text with the ranges replaced by one mask each.
func (r Redaction) mask(s string, hide map[int]int) string {
	if len(hide) == 0 {
		return s
	}
	m := r.Mask
	if !ValidMask(m) {
		m = '*'
	}
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if to, ok := hide[i]; ok && to > i {
			b.WriteRune(m)
			i = to
			continue
		}
		b.WriteByte(s[i])
		i++
	}
	return b.String()
}

// plain masks values in text; signs between letters and digits stay.
func (r Redaction) plain(s string) (string, int) {
	var p projection
	for i, c := range s {
		p.add(c, i, i+len(string(c)))
	}
	hide, n := r.find(&p)
	return r.mask(s, hide), n
}

// Mask masks values in a line of text, such as a subject.
func Mask(rs []Redaction, s string) string {
	for _, r := range rs {
		s, _ = r.plain(s)
	}
	return s
}

// html masks values in the text and the attributes of an HTML document.
func (r Redaction) html(s string) (string, int) {
	var shown projection
	hide := map[int]int{}
	n := 0
	take := func(p *projection) {
		h, k := r.find(p)
		n += k
		for from, to := range h {
			hide[from] = to
		}
	}
	digits := r
	digits.Values = nil
	for _, v := range r.Values {
		if strings.ContainsAny(v, "0123456789") {
			digits.Values = append(digits.Values, v)
		}
	}
	tokens(s, func(t token) {
		switch t.kind {
		case textToken:
			project(&shown, s, t.from, t.to)
		case tagToken:
			for _, a := range attributes(s, t.from, t.to) {
				var p projection
				project(&p, s, a.from, a.to)
				h, k := digits.find(&p)
				n += k
				for from, to := range h {
					hide[from] = to
				}
			}
		default: // comments, scripts, styles
			var p projection
			project(&p, s, t.from, t.to)
			h, k := digits.find(&p)
			n += k
			for from, to := range h {
				hide[from] = to
			}
		}
	})
	take(&shown)
	return r.mask(s, hide), n
}
