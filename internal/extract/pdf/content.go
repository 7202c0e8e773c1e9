package pdf

import (
	"bytes"
	"math"

	"labelmilter/internal/budget"
)

const (
	maxOperators = 20_000_000 // in one document
	maxForms     = 12         // forms in each other
	formCost     = 50         // operators that the use of a form counts as
	fontCost     = 4000       // bytes that reading a font counts as
	maxOperands  = 100_000    // of one operator
	maxStates    = 512        // saved graphics states
)

// matrix is a transformation (ISO 32000-2 8.3.3).
type matrix [6]float64

func (m matrix) mul(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

var unit = matrix{1, 0, 0, 1, 0, 0}

// state is what of the graphics state concerns text.
type state struct {
	ctm           matrix
	font          *font
	size          float64
	char, word    float64
	stretch       float64
	leading, rise float64
}

// operand is one operand of an operator; arrays come between tokOpen and
// tokClose.
type operand struct {
	token token
	num   float64
	val   []byte
}

// interpreter runs content streams and gives what they show to a page.
type interpreter struct {
	f     *file
	page  *page
	gs    state
	saved []state
	tm    matrix
	lm    matrix
	ops   int // operators so far, of the document
	stack []operand
	array bool // an array is open
	depth int
	fonts map[ref]*font
	forms map[*stream]bool // in work
	marks []mark
	over  bool

	asides func(string) // takes replacement texts
}

// start sets the graphics state for a page.
func (in *interpreter) start() {
	in.gs = state{ctm: unit, stretch: 1}
	in.saved, in.marks, in.tm, in.lm = in.saved[:0], nil, unit, unit
}

// run interprets content with its resources.
func (in *interpreter) run(b []byte, resources dict) {
	l := lexer{b: b}
	in.stack, in.array = in.stack[:0], false
	local := map[name]*font{}
	for !in.over {
		t := l.next()
		switch t {
		case tokEOF:
			return
		case tokWord:
			if in.ops++; in.ops+in.f.work > maxOperators {
				in.over = true
				in.f.Skip(budget.WorkBudget, "operators")
				return
			}
			if in.ops&0xffff == 0 && in.f.Ended() {
				in.over = true
				return
			}
			if in.array && string(l.val) != "TJ" && string(l.val) != "BT" && string(l.val) != "ET" {
				continue // QUIRK: operators within the array of TJ
			}
			in.array = false
			in.operator(&l, resources, local)
			in.stack = in.stack[:0]
			l.release()
		default:
			if t == tokOpen || t == tokClose {
				in.array = t == tokOpen
			}
			if len(in.stack) < maxOperands {
				in.stack = append(in.stack, operand{t, l.num, l.val})
			}
		}
	}
}

// args gives the last n operands as numbers.
func (in *interpreter) args(n int, out *[6]float64) bool {
	if len(in.stack) < n {
		return false
	}
	for i, o := range in.stack[len(in.stack)-n:] {
		if o.token != tokNumber {
			return false
		}
		out[i] = o.num
	}
	return true
}

func (in *interpreter) operator(l *lexer, resources dict, local map[name]*font) {
	var a [6]float64
	w := l.val
	if len(w) == 0 || len(w) > 3 {
		return
	}
	op := uint32(w[0])
	for _, c := range w[1:] {
		op = op<<8 | uint32(c)
	}
	const (
		c2 = 1 << 8
		c3 = 1 << 16
	)
	gs := &in.gs
	switch op {
	case 'q':
		if len(in.saved) < maxStates {
			in.saved = append(in.saved, in.gs)
		}
	case 'Q':
		if n := len(in.saved); n > 0 {
			in.gs = in.saved[n-1]
			in.saved = in.saved[:n-1]
		}
	case 'c'*c2 | 'm':
		if in.args(6, &a) {
			gs.ctm = matrix(a).mul(gs.ctm)
		}
	case 'B'*c2 | 'T':
		in.tm, in.lm = unit, unit
	case 'T'*c2 | 'f':
		if n := len(in.stack); n >= 2 && in.stack[n-2].token == tokName && in.stack[n-1].token == tokNumber {
			gs.font = in.font(name(in.stack[n-2].val), resources, local)
			gs.size = in.stack[n-1].num
		}
	case 'T'*c2 | 'd':
		if in.args(2, &a) {
			in.move(a[0], a[1])
		}
	case 'T'*c2 | 'D':
		if in.args(2, &a) {
			gs.leading = -a[1]
			in.move(a[0], a[1])
		}
	case 'T'*c2 | 'm':
		if in.args(6, &a) {
			in.tm = matrix(a)
			in.lm = in.tm
		}
	case 'T'*c2 | '*':
		in.move(0, -gs.leading)
	case 'T'*c2 | 'c':
		if in.args(1, &a) {
			gs.char = a[0]
		}
	case 'T'*c2 | 'w':
		if in.args(1, &a) {
			gs.word = a[0]
		}
	case 'T'*c2 | 'z':
		if in.args(1, &a) {
			gs.stretch = a[0] / 100
		}
	case 'T'*c2 | 'L':
		if in.args(1, &a) {
			gs.leading = a[0]
		}
	case 'T'*c2 | 's':
		if in.args(1, &a) {
			gs.rise = a[0]
		}
	case 'T'*c2 | 'j':
		if n := len(in.stack); n > 0 && in.stack[n-1].token == tokString {
			in.show(in.stack[n-1].val)
		}
	case 'T'*c2 | 'J':
		for _, o := range in.stack {
			switch o.token {
			case tokString:
				in.show(o.val)
			case tokNumber:
				in.adjust(o.num)
			}
		}
	case '\'':
		in.move(0, -gs.leading)
		if n := len(in.stack); n > 0 && in.stack[n-1].token == tokString {
			in.show(in.stack[n-1].val)
		}
	case '"':
		if n := len(in.stack); n >= 3 && in.stack[n-1].token == tokString {
			gs.word, gs.char = in.stack[n-3].num, in.stack[n-2].num
			in.move(0, -gs.leading)
			in.show(in.stack[n-1].val)
		}
	case 'D'*c2 | 'o':
		if n := len(in.stack); n > 0 && in.stack[n-1].token == tokName {
			in.do(name(in.stack[n-1].val), resources)
		}
	case 'B'*c2 | 'I':
		in.inlineImage(l)
	case 'g'*c2 | 's':
		if n := len(in.stack); n > 0 && in.stack[n-1].token == tokName {
			in.extState(name(in.stack[n-1].val), resources)
		}
	case 'B'*c3 | 'D'*c2 | 'C':
		in.begin(l, resources)
	case 'B'*c3 | 'M'*c2 | 'C':
		in.marks = append(in.marks, mark{})
	case 'E'*c3 | 'M'*c2 | 'C':
		in.end()
	case 'l', 'c', 'v', 'y':
		in.page.strokes++
	}
}

func (in *interpreter) move(x, y float64) {
	in.lm = matrix{1, 0, 0, 1, x, y}.mul(in.lm)
	in.tm = in.lm
}

// adjust moves by a number in a TJ array.
func (in *interpreter) adjust(n float64) {
	gs := &in.gs
	d := -n / 1000 * gs.size
	if gs.font != nil && gs.font.vertical {
		in.tm[4] += d * in.tm[2]
		in.tm[5] += d * in.tm[3]
		return
	}
	d *= gs.stretch
	in.tm[4] += d * in.tm[0]
	in.tm[5] += d * in.tm[1]
}

// show gives a string to the page, glyph by glyph.
func (in *interpreter) show(s []byte) {
	gs := &in.gs
	t := gs.font
	if t == nil {
		in.page.unknown += len(s)
		in.page.glyphs += len(s)
		return
	}
	in.ops += len(s) / 4
	// The matrix from text space to the page; only its origin moves.
	m := in.tm.mul(gs.ctm)
	sx := gs.size * gs.stretch
	em := math.Hypot(m[2], m[3]) * math.Abs(gs.size) * t.em
	ux, uy := m[0], m[1]
	if t.vertical {
		ux, uy = -m[2], -m[3]
		em = math.Hypot(m[0], m[1]) * math.Abs(gs.size)
	} else if sx < 0 {
		ux, uy = -ux, -uy
	}
	n := math.Hypot(ux, uy)
	if n == 0 || em == 0 || math.IsNaN(n) || math.IsInf(n, 0) || math.IsNaN(em) || math.IsInf(em, 0) {
		// Without a size nothing is seen, but it is text.
		n, em, ux, uy = 1, 1, 1, 0
	} else {
		ux, uy = ux/n, uy/n
	}
	in.page.begin(ux, uy, em)
	x, y := m[4]+gs.rise*m[2], m[5]+gs.rise*m[3]
	tx := 0.0 // in text space
	for len(s) > 0 {
		h, k := t.next(s)
		d := h.width*sx + gs.char*gs.stretch
		if t.vertical {
			d = -(h.width*gs.size + gs.char)
		}
		if k == 1 && s[0] == ' ' {
			if t.vertical {
				d -= gs.word
			} else {
				d += gs.word * gs.stretch
			}
		}
		gw := h.width * sx
		if t.vertical {
			gw = h.width * gs.size
		}
		if gw < 0 {
			gw = -gw
		}
		if h.proc != nil {
			in.proc(h.proc, t, x, y)
		}
		in.page.glyph(h, x, y, gw*n)
		if t.vertical {
			x += d * m[2]
			y += d * m[3]
		} else {
			x += d * m[0]
			y += d * m[1]
		}
		tx += d
		s = s[k:]
	}
	if t.vertical {
		in.tm[4] += tx * in.tm[2]
		in.tm[5] += tx * in.tm[3]
		return
	}
	in.tm[4] += tx * in.tm[0]
	in.tm[5] += tx * in.tm[1]
}

// proc shows the text in the description of a glyph of a Type 3 font.
func (in *interpreter) proc(s *stream, t *font, x, y float64) {
	gs := in.gs
	if m, ok := in.f.matrix(t.dict["FontMatrix"]); ok {
		in.gs.ctm = m.mul(matrix{gs.size, 0, 0, gs.size, x, y})
	}
	own := in.f.dict(t.dict["Resources"])
	in.form(s, own)
	in.gs = gs
	in.page.begin(1, 0, max(math.Abs(gs.size), 1))
}

// font finds a font in the resources.
func (in *interpreter) font(n name, resources dict, local map[name]*font) *font {
	if t, ok := local[n]; ok {
		return t
	}
	f := in.f
	o := f.dict(resources["Font"])[n]
	t := in.loadFont(o)
	local[n] = t
	return t
}

func (in *interpreter) loadFont(o object) *font {
	f := in.f
	r, isRef := o.(ref)
	if isRef {
		if t, ok := in.fonts[r]; ok {
			return t
		}
	}
	f.spend(fontCost)
	var t *font
	if d := f.dict(o); d != nil {
		t = f.loadFont(d)
	} else {
		t = f.loadFont(dict{"Subtype": name("Type1"), "BaseFont": name("Helvetica")})
	}
	if isRef {
		in.fonts[r] = t
	}
	return t
}

// do shows an external object.
func (in *interpreter) do(n name, resources dict) {
	f := in.f
	s := f.stream(f.dict(resources["XObject"])[n])
	if s == nil {
		return
	}
	switch f.name(s.dict["Subtype"]) {
	case "Image":
		in.page.image(in.gs.ctm)
	case "Form":
		in.form(s, resources)
	}
}

// form shows a form XObject.
func (in *interpreter) form(s *stream, resources dict) {
	f := in.f
	in.ops += formCost
	if in.depth >= maxForms {
		f.Skip(budget.Depth, "forms")
		return
	}
	if in.forms[s] {
		return // a form that shows itself shows nothing more
	}
	own := f.dict(s.dict["Resources"])
	if own == nil {
		own = resources
	}
	b := f.decode(s)
	saved, gs, tm, lm, stack, marks := in.saved, in.gs, in.tm, in.lm, in.stack, in.marks
	in.saved, in.stack, in.marks = nil, nil, nil
	if m, ok := f.matrix(s.dict["Matrix"]); ok {
		in.gs.ctm = m.mul(in.gs.ctm)
	}
	in.forms[s] = true
	in.depth++
	in.run(b, own)
	for len(in.marks) > 0 {
		in.end()
	}
	in.depth--
	delete(in.forms, s)
	in.saved, in.gs, in.tm, in.lm, in.stack, in.marks = saved, gs, tm, lm, stack, marks
}

func (f *file) matrix(o object) (matrix, bool) {
	a := f.array(o)
	if len(a) < 6 {
		return unit, false
	}
	var m matrix
	for i := range m {
		v, ok := f.number(a[i])
		if !ok {
			return unit, false
		}
		m[i] = v
	}
	return m, true
}

// extState takes the font of a graphics state dictionary, and what its soft mask
// shows.
func (in *interpreter) extState(n name, resources dict) {
	f := in.f
	d := f.dict(f.dict(resources["ExtGState"])[n])
	if a := f.array(d["Font"]); len(a) == 2 {
		in.gs.font = in.loadFont(a[0])
		in.gs.size, _ = f.number(a[1])
	}
	if m := f.dict(d["SMask"]); m != nil {
		if s := f.stream(m["G"]); s != nil && !in.page.once[s] {
			in.page.once[s] = true
			in.form(s, resources)
		}
	}
}

// inlineImage moves over an image in the content (ISO 32000-2 8.9.7).
func (in *interpreter) inlineImage(l *lexer) {
	for {
		t := l.next()
		if t == tokEOF {
			return
		}
		if t == tokWord && string(l.val) == "ID" {
			break
		}
		l.release()
	}
	in.page.image(in.gs.ctm)
	for at := l.pos; !l.noImageEnd; {
		i := bytes.Index(l.b[at:], []byte("EI"))
		if i < 0 {
			// No end: what follows may be text as well as data.
			in.f.Damaged("inline image")
			l.noImageEnd = true
			return
		}
		i += at
		at = i + 2
		if i > 0 && class[l.b[i-1]] == white && (at >= len(l.b) || class[l.b[at]] == white) && readable(l.b[at:min(at+16, len(l.b))]) {
			l.pos = at
			return
		}
	}
}

// readable reports bytes that may be content again.
func readable(b []byte) bool {
	for _, c := range b {
		if c >= 0x7f || c < 0x20 && class[c] != white {
			return false
		}
	}
	return true
}
