package pdf

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// mark is a marked-content sequence (ISO 32000-2 14.6).
type mark struct {
	actual string // replacement text
	holds  bool   // its glyphs are held until its end
}

// begin starts a marked-content sequence with properties.
func (in *interpreter) begin(_ *lexer, resources dict) {
	if len(in.marks) >= maxStates {
		return
	}
	m := mark{}
	if s, ok := in.actualText(resources); ok && !in.page.holding {
		m = mark{actual: s, holds: true}
		in.page.holding = true
	}
	in.marks = append(in.marks, m)
}

// actualText finds the replacement text in the operands of BDC.
func (in *interpreter) actualText(resources dict) (string, bool) {
	n := len(in.stack)
	if n < 2 {
		return "", false
	}
	if o := in.stack[n-1]; o.token == tokName {
		d := in.f.dict(in.f.dict(resources["Properties"])[name(o.val)])
		s, ok := in.f.resolve(d["ActualText"]).(text)
		return textString(s), ok
	}
	for i := 0; i+1 < n; i++ {
		if in.stack[i].token == tokName && string(in.stack[i].val) == "ActualText" && in.stack[i+1].token == tokString {
			return textString(text(in.stack[i+1].val)), true
		}
	}
	return "", false
}

// end ends a marked-content sequence. Its glyphs are shown as they are if they
// say something; a replacement text that says something else is text too.
func (in *interpreter) end() {
	n := len(in.marks)
	if n == 0 {
		return
	}
	m := in.marks[n-1]
	in.marks = in.marks[:n-1]
	if !m.holds {
		return
	}
	p := in.page
	held := p.held
	p.held, p.holding = nil, false
	if len(held) == 0 {
		in.asides(m.actual)
		return
	}
	unknown := false
	var own strings.Builder
	for _, h := range held {
		unknown = unknown || !h.h.known
		own.WriteString(h.h.text)
	}
	shown, actual := significant(own.String()), significant(m.actual)
	if actual != "" && (unknown || shown == "") {
		// In place of what cannot be read.
		a, z := held[0], held[len(held)-1]
		p.begin(a.ux, a.uy, a.e)
		p.glyphs += len(held)
		p.run = 0
		w := (z.x-a.x)*a.ux + (z.y-a.y)*a.uy + z.w
		if w < 0 {
			a.x, a.y, w = z.x, z.y, -w+z.w+a.w // set from right to left
		}
		p.add(m.actual, a.x, a.y, max(w, 0))
		return
	}
	for _, h := range held {
		p.begin(h.ux, h.uy, h.e)
		p.glyph(h.h, h.x, h.y, h.w)
	}
	if actual != shown {
		in.asides(m.actual)
	}
}

// significant leaves the letters and digits of a text, in one case.
func significant(s string) string {
	if !norm.NFKC.IsNormalString(s) {
		s = norm.NFKC.String(s)
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}
