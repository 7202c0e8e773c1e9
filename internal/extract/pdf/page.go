package pdf

import (
	"cmp"
	"math"
	"slices"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

const (
	spaceGap   = 0.13 // of an em between glyphs is a space
	cellGap    = 2.5  // is a table cell
	sameLine   = 0.5  // of an em across is still the line
	sameGlyph  = 0.12 // of an em between equal glyphs is a glyph drawn twice
	unknownRun = 8    // glyphs without text in a row that are a word
	maxLines   = 50_000
)

// placed is one glyph of the line in hand.
type placed struct {
	from, to float64 // along the line
	em       float64
	off, n   int32 // its text
	chunk    int32 // run of glyphs without a step back
}

// line is a finished line of a page.
type line struct {
	off, n     int32 // its text
	from, to   float32
	across, em float32
	ux, uy     float32
	joins      bool // the line before it, where that is on the same height
}

// page gathers what a page shows: glyphs into lines, lines into a text.
type page struct {
	glyphsBuf []placed
	text      []byte // of glyphsBuf
	ux, uy    float64
	em        float64
	across    float64
	chunk     int32
	back      bool // there was a step back
	rtl       bool

	// the direction and size that following glyphs have
	nux, nuy, nem float64

	lines  []line
	out    []byte // text of the lines
	joined []byte // text of the page so far
	room   int    // bytes of text that can still be kept
	full   bool   // they are reached

	held    []heldGlyph
	holding bool

	glyphs, unknown int // of the page
	run             int // glyphs without text in a row
	runs            int // such runs as long as a word
	lastUnknown     *shape
	images          int
	imageArea       float64
	strokes         int // path segments
	once            map[*stream]bool

	units []unitText
}

// heldGlyph is a glyph within a replacement text.
type heldGlyph struct {
	h         *shape
	x, y, w   float64
	ux, uy, e float64
}

// begin sets direction and size of the glyphs that follow.
func (p *page) begin(ux, uy, em float64) { p.nux, p.nuy, p.nem = ux, uy, em }

// glyph adds a glyph that starts at x, y and is w wide.
func (p *page) glyph(h *shape, x, y, w float64) {
	if p.full {
		return
	}
	if p.holding {
		if len(p.held) < maxOperands {
			p.held = append(p.held, heldGlyph{h, x, y, w, p.nux, p.nuy, p.nem})
		}
		return
	}
	p.glyphs++
	t := h.text
	if !h.known {
		p.unknown++
		if t == "" {
			t = "\uFFFD"
		}
		if h != p.lastUnknown { // the same again is a leader or a rule
			if p.run++; p.run == unknownRun {
				p.runs++
			}
		}
		p.lastUnknown = h
	} else if t != "" && t != " " {
		p.run = 0
	}
	p.add(t, x, y, w)
}

// add places text in the line in hand, or in a new one.
func (p *page) add(t string, x, y, w float64) {
	along := x*p.nux + y*p.nuy
	across := y*p.nux - x*p.nuy
	if n := len(p.glyphsBuf); n > 0 {
		last := &p.glyphsBuf[n-1]
		turned := p.nux*p.ux+p.nuy*p.uy < 0.98
		if d := across - p.across; turned || d > sameLine*(p.nem+last.em)/2 || -d > sameLine*(p.nem+last.em)/2 || n >= maxOperands {
			p.flush()
		} else if d := along - last.from; w > 0 && d < sameGlyph*p.nem && -d < sameGlyph*p.nem && string(p.text[last.off:last.off+last.n]) == t && t != " " {
			last.to = max(last.to, along+w)
			return // drawn again to look bold
		} else if along < last.from-0.05*p.nem || along < last.to-p.nem {
			p.back = true
			p.chunk++
		} else if along > last.to+p.nem {
			p.chunk++
		}
	}
	if len(p.glyphsBuf) == 0 {
		p.ux, p.uy, p.em = p.nux, p.nuy, p.nem
		p.chunk, p.back, p.rtl = 0, false, false
	}
	p.across = across
	off := len(p.text)
	if len(t) == 1 {
		c := t[0]
		if c < 0x20 {
			c = ' '
		}
		p.text = append(p.text, c)
	} else {
		p.appendText(t)
	}
	p.glyphsBuf = append(p.glyphsBuf, placed{along, along + w, p.nem, int32(off), int32(len(p.text) - off), p.chunk})
}

// appendText adds text that is not one ASCII character: forms that only fonts
// have become the characters they stand for.
func (p *page) appendText(t string) {
	for _, r := range t {
		switch {
		case r < 0x20:
			p.text = append(p.text, ' ')
		case r == 0xa0, r >= 0x2000 && r <= 0x200a, r == 0x202f, r == 0x3000:
			p.text = append(p.text, ' ')
		case r >= 0xfb00 && r <= 0xfb06, r >= 0xfb1d && r <= 0xfdff, r >= 0xfe70 && r <= 0xfefc, r >= 0x2e80 && r <= 0x2fdf, r >= 0xf900 && r <= 0xfaff:
			p.text = norm.NFKC.AppendString(p.text, string(r))
			p.rtl = p.rtl || rightToLeft(r)
		default:
			if r >= 0x590 {
				p.rtl = p.rtl || rightToLeft(r)
			}
			p.text = utf8.AppendRune(p.text, r)
		}
	}
}

func rightToLeft(r rune) bool {
	return r >= 0x590 && r <= 0x8ff || r >= 0xfb1d && r <= 0xfdff || r >= 0xfe70 && r <= 0xfefc || r >= 0x10800 && r <= 0x10fff || r >= 0x1e800 && r <= 0x1efff
}

// unitText is a piece of a line in visual order.
type unitText struct {
	text []byte
}

// flush writes the line in hand.
func (p *page) flush() {
	g := p.glyphsBuf
	if len(g) == 0 {
		return
	}
	start := len(p.out)
	l := line{off: int32(start), from: float32(g[0].from), to: float32(g[len(g)-1].to), across: float32(p.across), em: float32(p.em), ux: float32(p.ux), uy: float32(p.uy)}
	if p.back {
		p.order()
		g = p.glyphsBuf
	}
	gap := p.gap(g)
	if p.rtl {
		p.writeRTL(g, gap)
	} else {
		p.write(g, gap)
	}
	for _, x := range g {
		l.from, l.to = min(l.from, float32(x.from)), max(l.to, float32(x.to))
	}
	for len(p.out) > start && p.out[len(p.out)-1] == ' ' {
		p.out = p.out[:len(p.out)-1]
	}
	if l.n = int32(len(p.out) - start); l.n > 0 {
		p.lines = append(p.lines, l)
	}
	p.glyphsBuf, p.text = p.glyphsBuf[:0], p.text[:0]
	p.back, p.rtl, p.chunk = false, false, 0
	if len(p.out) > p.room {
		p.full = true
	}
	if len(p.lines) > maxLines {
		p.give()
	}
}

// chunkOf is a run of glyphs without a step back.
type chunkOf struct {
	from, to   float64
	start, end int // in glyphsBuf
}

// order puts the chunks of a line with steps back into the order in which they
// stand. A chunk that was drawn twice is dropped; one that lies upon another text
// stays whole.
func (p *page) order() {
	g := p.glyphsBuf
	var chunks []chunkOf
	for i := 0; i < len(g); {
		c := chunkOf{from: g[i].from, to: g[i].to, start: i}
		for i < len(g) && g[i].chunk == g[c.start].chunk {
			c.to = max(c.to, g[i].to)
			i++
		}
		c.end = i
		chunks = append(chunks, c)
	}
	slices.SortStableFunc(chunks, func(a, b chunkOf) int { return cmp.Compare(a.from, b.from) })
	out := make([]placed, 0, len(g))
	for i, c := range chunks {
		if i > 0 {
			last := chunks[i-1]
			if p.twice(last, c) {
				chunks[i] = last
				continue
			}
		}
		out = append(out, g[c.start:c.end]...)
	}
	p.glyphsBuf = out
}

// twice reports that two chunks are the same text at the same place.
func (p *page) twice(a, b chunkOf) bool {
	g := p.glyphsBuf
	if a.end-a.start != b.end-b.start {
		return false
	}
	for i := range a.end - a.start {
		x, y := g[a.start+i], g[b.start+i]
		if math.Abs(x.from-y.from) > sameGlyph*x.em || string(p.text[x.off:x.off+x.n]) != string(p.text[y.off:y.off+y.n]) {
			return false
		}
	}
	return true
}

// gap gives the distance, in ems, from which glyphs are words apart. Letters set
// wide all along a line are one word.
func (p *page) gap(g []placed) float64 {
	wide, n := 0, 0
	var gaps [64]float64
	for i := 1; i < len(g) && n < len(gaps); i++ {
		if g[i].n == 1 && p.text[g[i].off] == ' ' || g[i-1].n == 1 && p.text[g[i-1].off] == ' ' {
			continue
		}
		d := (g[i].from - g[i-1].to) / g[i].em
		if d > spaceGap && d < 1 {
			wide++
		}
		gaps[n] = d
		n++
	}
	if n < 3 || wide*10 < n*8 {
		return spaceGap
	}
	s := gaps[:n]
	slices.Sort(s)
	return max(spaceGap, 1.5*s[n/2]+0.05)
}

// write gives the line from left to right.
func (p *page) write(g []placed, gap float64) {
	for i, x := range g {
		t := p.text[x.off : x.off+x.n]
		if i > 0 {
			last := g[i-1]
			em := (x.em + last.em) / 2
			d := x.from - last.to
			switch {
			case d > cellGap*em && !spaced(p.out):
				p.out = append(p.out, '\t')
			case (d > gap*em || d < -2*em) && !spaced(p.out) && !(len(t) == 1 && t[0] == ' '):
				p.out = append(p.out, ' ')
			case last.chunk != x.chunk || d < 0:
				if p.accent(t, last, x) {
					continue
				}
			}
		}
		if len(t) == 1 && t[0] == ' ' && spaced(p.out) {
			continue
		}
		p.out = append(p.out, t...)
	}
}

// spaced reports that text ends at white space, or has not begun.
func spaced(b []byte) bool {
	return len(b) == 0 || b[len(b)-1] == ' ' || b[len(b)-1] == '\t' || b[len(b)-1] == '\n'
}

// combining gives the combining form of a spacing accent, 0 for other text.
func combining(t []byte) rune {
	r, n := utf8.DecodeRune(t)
	if n != len(t) {
		return 0
	}
	switch r {
	case '`':
		return 0x300
	case '´':
		return 0x301
	case '^', 'ˆ':
		return 0x302
	case '~', '˜':
		return 0x303
	case '¯', 'ˉ':
		return 0x304
	case '˘':
		return 0x306
	case '˙':
		return 0x307
	case '¨':
		return 0x308
	case '˚':
		return 0x30a
	case '˝':
		return 0x30b
	case 'ˇ':
		return 0x30c
	case '¸':
		return 0x327
	case '˛':
		return 0x328
	}
	return 0
}

// accent joins an accent and the letter over or under which it stands; it reports
// whether t is written by that.
func (p *page) accent(t []byte, last, x placed) bool {
	mid := (x.from + x.to) / 2
	before := p.text[last.off : last.off+last.n]
	lm := (last.from + last.to) / 2
	if c := combining(before); c != 0 && lm > x.from && lm < x.to {
		r, n := utf8.DecodeRune(t)
		if n != len(t) || !unicode.IsLetter(r) || len(p.out) < len(before) {
			return false
		}
		if r == 'ı' {
			r = 'i'
		}
		p.out = p.out[:len(p.out)-len(before)]
		p.out = norm.NFC.AppendString(p.out, string(r)+string(c))
		return true
	}
	if c := combining(t); c != 0 && mid > last.from && mid < last.to {
		r, n := utf8.DecodeRune(before)
		if n != len(before) || !unicode.IsLetter(r) || len(p.out) < len(before) {
			return false
		}
		p.out = p.out[:len(p.out)-len(before)]
		p.out = norm.NFC.AppendString(p.out, string(r)+string(c))
		return true
	}
	return false
}

// writeRTL gives a line with right-to-left letters in the order in which it is
// read: the glyphs come in the order in which they stand from left to right.
func (p *page) writeRTL(g []placed, gap float64) {
	units := p.units[:0]
	rtl, ltr := 0, 0
	for i, x := range g {
		t := p.text[x.off : x.off+x.n]
		if i > 0 {
			last := g[i-1]
			if d := x.from - last.to; d > gap*x.em && !(len(t) == 1 && t[0] == ' ') && string(units[len(units)-1].text) != " " {
				units = append(units, unitText{[]byte(" ")})
			}
		}
		switch direction(t) {
		case 1:
			ltr++
		case -1:
			rtl++
		}
		units = append(units, unitText{t})
	}
	p.units = units
	if rtl >= ltr {
		slices.Reverse(units)
		reverseRuns(units, func(d int) bool { return d > 0 }, -1)
	} else {
		reverseRuns(units, func(d int) bool { return d < 0 }, 1)
	}
	for _, u := range units {
		p.out = append(p.out, u.text...)
	}
}

// direction is 1 for text from left to right (digits too), -1 for text from right
// to left, 0 for text of no direction.
func direction(t []byte) int {
	for len(t) > 0 {
		r, n := utf8.DecodeRune(t)
		t = t[n:]
		switch {
		case rightToLeft(r) && !unicode.IsDigit(r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return 1
		}
	}
	return 0
}

// reverseRuns turns about the runs of units of one direction, with what of no
// direction is between them.
func reverseRuns(units []unitText, in func(int) bool, other int) {
	for i := 0; i < len(units); i++ {
		if !in(direction(units[i].text)) {
			continue
		}
		end := i + 1
		for j := i + 1; j < len(units); j++ {
			d := direction(units[j].text)
			if d == other {
				break
			}
			if in(d) {
				end = j + 1
			}
		}
		slices.Reverse(units[i:end])
		i = end - 1
	}
}

// image notes an image that the page shows.
func (p *page) image(m matrix) {
	p.images++
	p.imageArea += math.Abs(m[0]*m[3] - m[1]*m[2])
}

// finish gives the text of the page.
func (p *page) finish() []byte {
	p.flush()
	p.give()
	return p.joined
}

// give joins the lines so far.
func (p *page) give() {
	joined := p.joined
	if len(joined) > 0 && len(p.lines) > 0 {
		joined = append(joined, '\n')
	}
	p.gather()
	for i, l := range p.lines {
		t := p.out[l.off : l.off+l.n]
		if last := i - 1; i > 0 {
			if l.joins && p.lines[last].joins && p.lines[last].across == l.across {
				if l.from-p.lines[last].to > spaceGap*l.em {
					joined = append(joined, ' ')
				}
			} else if n := hyphen(joined, t); n > 0 && p.lines[i-1].ux == l.ux && p.lines[i-1].across > l.across {
				joined = joined[:len(joined)-n]
			} else {
				joined = append(joined, '\n')
			}
		}
		joined = append(joined, t...)
	}
	p.joined = joined
	if len(joined) > p.room {
		p.full = true
	}
	p.lines, p.out = p.lines[:0], p.out[:0]
}

const (
	shortLine  = 3 // bytes of text that are a piece rather than a line
	manyPieces = 6 // in a row are text set in pieces
)

// gather puts letters that are set one by one, in any order, into the order in
// which they stand: a run of short pieces is sorted by height, and pieces of the
// same height join.
func (p *page) gather() {
	for i := 0; i < len(p.lines); {
		j := i
		for j < len(p.lines) && p.lines[j].n <= shortLine && p.lines[j].ux == p.lines[i].ux && p.lines[j].uy == p.lines[i].uy {
			j++
		}
		if run := p.lines[i:j]; len(run) >= manyPieces {
			gatherRun(run)
		}
		i = max(j, i+1)
	}
}

func gatherRun(run []line) {
	slices.SortStableFunc(run, func(a, b line) int { return cmp.Compare(b.across, a.across) })
	for i := 0; i < len(run); {
		j := i + 1
		for j < len(run) && run[i].across-run[j].across < sameLine*run[i].em {
			j++
		}
		for k := i; k < j; k++ {
			run[k].across, run[k].joins = run[i].across, true
		}
		slices.SortStableFunc(run[i:j], func(a, b line) int { return cmp.Compare(a.from, b.from) })
		i = j
	}
}

// hyphen gives the length of a hyphen that breaks a word between two lines, 0 if
// there is none.
func hyphen(before, after []byte) int {
	r, n := utf8.DecodeLastRune(before)
	if r != '-' && r != 0xad && r != 0x2010 || len(before) == n {
		return 0
	}
	a, _ := utf8.DecodeLastRune(before[:len(before)-n])
	b, _ := utf8.DecodeRune(after)
	if unicode.IsLetter(a) && unicode.IsLower(b) {
		return n
	}
	return 0
}

// reset makes ready for the next page.
func (p *page) reset(room int) {
	*p = page{glyphsBuf: p.glyphsBuf[:0], text: p.text[:0], lines: p.lines[:0], out: p.out[:0], units: p.units[:0], joined: p.joined[:0], once: p.once, room: room}
}
