package pdf

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"labelmilter/internal/extract/pdf/glyph"
)

// shape is one glyph of a font: its text and its width in text space units for a
// size of 1.
type shape struct {
	text  string
	width float64
	known bool // text is what the glyph stands for; "" of a known glyph shows nothing
	done  bool
	proc  *stream // of a Type 3 font: the description of the glyph, where it shows text
}

// font turns the strings of a content stream into text.
type font struct {
	f          *file
	dict       dict
	kind       name // Type1, TrueType, Type3, Type0, MMType1
	base       string
	vertical   bool
	em         float64 // height of an em for a size of 1; 1 but for Type 3
	scale      float64 // of widths
	unicode    *cmap   // ToUnicode
	symbolFont bool    // by its name a font of pictures
	descriptor dict

	// simple fonts
	simple  [256]shape
	widths  array
	first   int
	missing float64
	std     *[256]float64
	enc     *runes // nil: the font's own
	diff    map[int]string
	tex     *[256]string // of a bitmap font of TeX
	loaded  bool
	tt      *trueType
	cff     *cff
	builtin *[256]string

	// composite fonts
	subtype name // of the descendant
	codes   *cmap
	shapes  map[uint32]*shape
	cidW    map[uint32]float64
	cidRuns []cidRun
	dw      float64
	order   glyph.Collection
	gids    []byte // CIDToGIDMap
}

// cidRun is a run of CIDs with the same width.
type cidRun struct {
	low, high uint32
	width     float64
}

// loadFont reads a font dictionary.
func (f *file) loadFont(d dict) *font {
	t := &font{f: f, dict: d, kind: f.name(d["Subtype"]), em: 1, scale: 0.001}
	t.base = string(f.name(d["BaseFont"]))
	if i := strings.IndexByte(t.base, '+'); i == 6 {
		t.base = t.base[7:]
	}
	lower := strings.ToLower(t.base)
	for _, s := range []string{"wingdings", "webdings", "dingbats", "symbol", "marlett", "awesome", "icon", "bullet", "msam", "msbm", "cmex", "cmsy", "mtextra", "euex", "lasy", "wasy", "mathext"} {
		t.symbolFont = t.symbolFont || strings.Contains(lower, s)
	}
	switch o := f.resolve(d["ToUnicode"]).(type) {
	case *stream:
		t.unicode = f.cmap(o)
	case name: // QUIRK: the codes are Unicode
		if strings.HasPrefix(string(o), "Identity") {
			t.unicode = &cmap{ranges: []mapRange{{low: 1, high: 0xffff, text: []rune{1}}}}
		}
	}
	if t.kind == "Type0" {
		t.composite()
		return t
	}
	t.descriptor = f.dict(d["FontDescriptor"])
	t.widths = f.array(d["Widths"])
	t.first = f.integer(d["FirstChar"], 0, 255, 0)
	t.missing, _ = f.number(t.descriptor["MissingWidth"])
	t.std = standardWidths(lower)
	if t.kind == "Type3" {
		t.type3()
	}
	t.encoding(lower)
	return t
}

// cmap reads a CMap in a stream.
func (f *file) cmap(s *stream) *cmap {
	b := f.decode(s)
	f.spend(len(b))
	return parseCMap(b, predefined)
}

// standardWidths gives the widths of the standard font that a name means, or is
// nearest to.
func standardWidths(base string) *[256]float64 {
	bold := strings.Contains(base, "bold") || strings.Contains(base, "black")
	switch {
	case strings.Contains(base, "courier"), strings.Contains(base, "mono"), strings.Contains(base, "consol"):
		return &courier
	case strings.Contains(base, "times"), strings.Contains(base, "serif"), strings.Contains(base, "roman"), strings.Contains(base, "georgia"):
		if bold {
			return &timesBold
		}
		return &times
	case bold:
		return &helveticaBold
	}
	return &helvetica
}

// type3 finds the scale of a Type 3 font; the height of its em is guessed from
// the mean width, as its matrix may be anything.
func (t *font) type3() {
	m := t.f.array(t.dict["FontMatrix"])
	t.scale = 0.001
	if len(m) >= 4 {
		if v, ok := t.f.number(m[0]); ok && v != 0 {
			t.scale = v
		} else if v, ok := t.f.number(m[1]); ok && v != 0 {
			t.scale = v
		}
	}
	if t.scale < 0 {
		t.scale = -t.scale
	}
	sum, n := 0.0, 0
	for _, o := range t.widths {
		if w, ok := t.f.number(o); ok && w > 0 {
			sum += w
			n++
		}
	}
	if n > 0 {
		t.em = 2 * sum / float64(n) * t.scale
	}
}

// encoding finds the encoding of a simple font (ISO 32000-2 9.6.5).
func (t *font) encoding(base string) {
	f := t.f
	embedded := t.descriptor["FontFile"] != nil || t.descriptor["FontFile2"] != nil || t.descriptor["FontFile3"] != nil
	flags := f.integer(t.descriptor["Flags"], 0, 1<<30, 32)
	switch e := f.resolve(t.dict["Encoding"]).(type) {
	case name:
		t.enc = named(e)
	case dict:
		t.enc = named(f.name(e["BaseEncoding"]))
		code := 0
		for _, o := range f.array(e["Differences"]) {
			switch o := f.resolve(o).(type) {
			case float64:
				code = int(o)
			case name:
				if code >= 0 && code < 256 {
					if t.diff == nil {
						t.diff = map[int]string{}
					}
					t.diff[code] = string(o)
				}
				code++
			}
		}
	}
	if t.kind == "Type3" {
		t.tex = texEncoding(t.diff, f.dict(t.dict["CharProcs"]))
	}
	if t.enc != nil && !(embedded && flags&4 != 0 && t.kind == "TrueType") {
		return
	}
	switch {
	case strings.HasPrefix(base, "symbol") && !embedded:
		t.enc = symbol
	case strings.Contains(base, "dingbats") && !embedded:
		t.enc = dingbats
	case t.enc == nil && !embedded && t.kind == "TrueType":
		t.enc = winAnsi
	case t.enc == nil && !embedded && t.kind != "Type3":
		t.enc = standard
	}
}

// composite reads a Type 0 font (ISO 32000-2 9.7).
func (t *font) composite() {
	f := t.f
	t.shapes = map[uint32]*shape{}
	child := f.dict(first(f.array(t.dict["DescendantFonts"])))
	t.descriptor = f.dict(child["FontDescriptor"])
	t.subtype = f.name(child["Subtype"])
	switch e := f.resolve(t.dict["Encoding"]).(type) {
	case name:
		t.codes = predefined(e)
	case *stream:
		t.codes = f.cmap(e)
		if u := f.name(e.dict["UseCMap"]); u != "" && len(t.codes.spaces) == 0 {
			if base := predefined(u); base != nil {
				t.codes.use(base)
			}
		}
		if len(t.codes.spaces) == 0 && len(t.codes.cids) == 0 && len(t.codes.ranges) == 0 {
			t.codes.identity = true
		}
		if v, ok := f.number(e.dict["WMode"]); ok && v == 1 {
			t.codes.vertical = true
		}
	}
	if t.codes == nil {
		t.codes = &cmap{identity: true}
	}
	t.vertical = t.codes.vertical
	info := f.dict(child["CIDSystemInfo"])
	ordering, _ := f.resolve(info["Ordering"]).(text)
	if t.order = glyph.Of(string(ordering)); t.order == nil && t.codes.order != "" {
		t.order = glyph.Of(t.codes.order)
	}
	if s := f.stream(child["CIDToGIDMap"]); s != nil {
		t.gids = f.decode(s)
	}
	t.dw = 1000
	if v, ok := f.number(child["DW"]); ok {
		t.dw = v
	}
	t.cidWidths(f.array(child["W"]))
}

// cidWidths reads a W array (ISO 32000-2 9.7.4.3).
func (t *font) cidWidths(a array) {
	f := t.f
	t.cidW = map[uint32]float64{}
	f.spend(8 * len(a))
	for i := 0; i+1 < len(a); {
		c, ok := f.number(a[i])
		if !ok || c < 0 || c > 1<<20 {
			i++
			continue
		}
		if list, ok := f.resolve(a[i+1]).(array); ok {
			f.spend(8 * len(list))
			for k, o := range list {
				if w, ok := f.number(o); ok {
					t.cidW[uint32(c)+uint32(k)] = w
				}
			}
			i += 2
			continue
		}
		last, ok := f.number(a[i+1])
		if i+2 >= len(a) || !ok {
			return
		}
		if w, ok := f.number(a[i+2]); ok && last >= c && last <= 1<<20 {
			if last-c < 16 {
				for k := c; k <= last; k++ {
					t.cidW[uint32(k)] = w
				}
			} else if len(t.cidRuns) < 1000 {
				t.cidRuns = append(t.cidRuns, cidRun{uint32(c), uint32(last), w})
			}
		}
		i += 3
	}
}

// next gives the shape of the first code of s, and the bytes of the code.
func (t *font) next(s []byte) (*shape, int) {
	if t.codes == nil {
		h := &t.simple[s[0]]
		if !h.done {
			t.fill(int(s[0]), h)
		}
		return h, 1
	}
	code, n := t.codes.next(s)
	key := code | uint32(n-1)<<30 // codes of four bytes do not reach so far
	h := t.shapes[key]
	if h == nil {
		h = &shape{done: true}
		if len(t.shapes) < maxMappings {
			t.shapes[key] = h
		}
		t.fillCID(code, n, h)
	}
	return h, n
}

// fill finds the text and width of a code of a simple font.
func (t *font) fill(code int, h *shape) {
	f := t.f
	h.done = true
	w, ok := 0.0, false
	if i := code - t.first; i >= 0 && i < len(t.widths) {
		w, ok = f.number(t.widths[i])
	}
	switch {
	case ok:
		h.width = w * t.scale
	case t.missing > 0:
		h.width = t.missing * t.scale
	case t.kind != "Type3":
		h.width = t.std[code] * t.scale
	}
	if h.text, h.known = t.text(code); h.text == "" && code >= 0x20 && code < 0x7f && !t.symbolFont {
		// Nothing tells: most likely the code is the character. But for a space
		// that stays a guess.
		h.text = string(rune(code))
		h.known = code == ' '
	}
	if t.kind == "Type3" && !h.known {
		if s := f.stream(f.dict(t.dict["CharProcs"])[name(t.diff[code])]); s != nil && bytes.Contains(f.decode(s), []byte("BT")) {
			h.proc, h.known, h.text = s, true, ""
		}
	}
}

// text finds the text of a code of a simple font: by ToUnicode, by the glyph's
// name, by the encoding, by the font program.
func (t *font) text(code int) (string, bool) {
	if s, ok := t.mapped(uint32(code)); ok {
		return s, true
	}
	if t.tex != nil {
		return t.tex[code], t.tex[code] != ""
	}
	if n, ok := t.diff[code]; ok {
		if s := glyphText(n); s != "" {
			return s, true
		}
		if n == ".notdef" || n == "nbspace" {
			return "", true
		}
		if s := extraNames[n]; s != "" {
			return s, true
		}
		if s := numbered(n, code); s != "" && (t.kind == "Type3" || t.kind == "TrueType") {
			return s, true
		}
		t.load()
		if t.tt != nil {
			if s := t.tt.code(code); s != "" {
				return s, true
			}
		}
		if s := numbered(n, code); s != "" {
			return s, true
		}
		return "", t.symbolFont
	}
	if t.enc != nil {
		if r := t.enc[code]; r != 0 {
			return string(r), true
		}
		return "", code < 0x20
	}
	t.load()
	switch {
	case t.builtin != nil:
		n := t.builtin[code]
		if s := glyphText(n); s != "" {
			return s, true
		}
		if s := extraNames[n]; s != "" {
			return s, true
		}
		if s := numbered(n, code); s != "" {
			return s, true
		}
		return "", t.symbolFont || n == "" || n == ".notdef"
	case t.tt != nil:
		if s := t.tt.code(code); s != "" {
			return s, true
		}
		if len(t.tt.names) == 0 && len(t.tt.runes) == 0 && (len(t.tt.mac) > 0 || len(t.tt.symbol) == 0) && !t.symbolFont {
			if r := winAnsi[code]; code >= 0x20 && r != 0 { // a subset keeps the codes
				return string(r), true
			}
		}
		return "", t.symbolFont
	}
	if t.kind == "Type3" {
		return "", false
	}
	if r := standard[code]; r != 0 && !t.symbolFont {
		return string(r), true
	}
	return "", t.symbolFont
}

// extraNames are glyph names outside the Adobe Glyph List that TeX fonts and
// others have.
var extraNames = map[string]string{
	"dotlessj": "ȷ", "visiblespace": "␣", "ff": "ff", "suppress": "", "sfthyphen": "-", "nbspace": " ", "cwm": "", "zerowidthnonjoiner": "",
	"angbracketleft": "⟨", "angbracketright": "⟩", "arrowhookleft": "↪", "arrowhookright": "↩", "bardbl": "‖", "perpendicular": "⊥", "precedesequal": "⪯", "followsequal": "⪰",
	"epsilon1": "ϵ", "rho1": "ϱ", "similarequal": "≃", "star": "⋆", "owner": "∋", "slashmath": "/", "Ifractur": "ℑ", "Rfractur": "ℜ",
	"Ng": "Ŋ", "ng": "ŋ", "SS": "SS", "dbar": "đ", "Ohungarumlaut1": "Ő", "ohungarumlaut1": "ő", "ringfitted": "˚", "emdashJP": "—",
}

// mapped gives the text that ToUnicode has for a code, if it is of use.
func (t *font) mapped(code uint32) (string, bool) {
	if t.unicode == nil {
		return "", false
	}
	s := t.unicode.text(code)
	if s == "" {
		return "", false
	}
	if r, n := utf8.DecodeRuneInString(s); n == len(s) {
		switch {
		case r == 0, r == 0xffff, r == 0xfffe:
			return "", false
		case r == unicode.ReplacementChar:
			return "", false
		case r < 0x20 && r != '\t' && r != '\n' && r != '\r':
			return "", false
		case r >= 0xe000 && r <= 0xf8ff:
			return s, t.symbolFont
		}
	}
	return s, true
}

// load reads the font program, once and only where it is needed.
func (t *font) load() {
	if t.loaded {
		return
	}
	t.loaded = true
	f, d := t.f, t.descriptor
	if s := f.stream(d["FontFile"]); s != nil {
		f.spend(64 << 10)
		e, ok := type1Encoding(f.decode(s))
		if ok {
			t.builtin = &e
		}
		return
	}
	if s := f.stream(d["FontFile2"]); s != nil {
		b := f.decode(s)
		f.spend(len(b))
		t.tt = parseTrueType(b)
		return
	}
	s := f.stream(d["FontFile3"])
	if s == nil {
		return
	}
	b := f.decode(s)
	f.spend(len(b))
	if len(b) > 4 && (string(b[:4]) == "OTTO" || string(b[:4]) == "\x00\x01\x00\x00" || string(b[:4]) == "true") {
		t.tt = parseTrueType(b)
		t.cff = t.tt.cff
	} else {
		t.cff = parseCFF(b)
	}
	if t.cff != nil && t.codes == nil && t.cff.names != nil {
		t.builtin = &t.cff.encoding
	}
}

// fillCID finds the text and width of a code of a composite font.
func (t *font) fillCID(code uint32, size int, h *shape) {
	cid := t.codes.cid(code)
	if t.codes.direct != nil && cid == 0 {
		h.text = t.codes.direct(code, size)
		h.known = h.text != ""
		h.width = t.dw * t.scale
		if size == 1 {
			h.width /= 2
		}
		if s, ok := t.mapped(code); ok {
			h.text, h.known = s, true
		}
		return
	}
	h.width = t.cidWidth(cid) * t.scale
	if t.vertical {
		h.width = 1
	}
	h.text, h.known = t.cidText(code, cid)
}

func (t *font) cidWidth(cid uint32) float64 {
	if w, ok := t.cidW[cid]; ok {
		return w
	}
	for _, r := range t.cidRuns {
		if cid >= r.low && cid <= r.high {
			return r.width
		}
	}
	return t.dw
}

func (t *font) cidText(code, cid uint32) (string, bool) {
	if s, ok := t.mapped(code); ok {
		return s, true
	}
	if r := t.order.Rune(cid); r != 0 {
		return string(r), true
	}
	t.load()
	gid := cid
	if 2*int64(cid)+1 < int64(len(t.gids)) {
		gid = uint32(t.gids[2*cid])<<8 | uint32(t.gids[2*cid+1])
	}
	if t.tt != nil && gid < maxGlyphs {
		if s := t.tt.text(uint16(gid)); s != "" {
			return s, true
		}
	}
	if t.cff != nil && t.cff.names != nil {
		if s := t.cff.text(int(cid)); s != "" {
			return s, true
		}
	}
	if t.kind == "Type0" && t.subtype == "CIDFontType2" && int64(gid) < int64(len(macNames)) && !t.symbolFont {
		if s := glyphText(macNames[gid]); s != "" {
			return s, false // a guess: the order of many TrueType fonts
		}
	}
	return "", t.symbolFont || cid == 0
}
