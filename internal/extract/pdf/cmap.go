package pdf

import (
	"cmp"
	"slices"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
)

const (
	maxMappings = 400_000 // of one CMap
	maxRanges   = 20_000
	maxText     = 32 // characters of one code
	maxOverlap  = 50 // ranges that may lie over one another
)

// codeRange is a range of codes of one length.
type codeRange struct {
	low, high uint32
	size      int
}

// mapRange maps codes from low to high on from on: to CIDs, or to text whose
// last character counts up.
type mapRange struct {
	low, high uint32
	cid       uint32
	text      []rune
}

// cmap is a character map (ISO 32000-2 9.7.5): codes to CIDs, or to text.
type cmap struct {
	spaces   []codeRange
	chars    map[uint32]string // ToUnicode
	cids     map[uint32]uint32
	ranges   []mapRange
	sorted   bool // ranges are
	identity bool // codes of two bytes are CIDs
	vertical bool
	// direct tells the text of a code without a CID: the CMap's own charset.
	direct func(code uint32, size int) string
	order  string // "Japan1", "GB1", "CNS1", "Korea1": the collection of the CIDs
}

// parseCMap reads a CMap file or a ToUnicode CMap (Adobe TN 5014, 5411). base is
// called for usecmap.
func parseCMap(b []byte, base func(name) *cmap) *cmap {
	c := &cmap{chars: map[uint32]string{}, cids: map[uint32]uint32{}}
	l := lexer{b: b}
	var stack [2]struct {
		token
		val string
		num float64
	}
	for {
		t := l.next()
		if t == tokEOF {
			return c
		}
		if t != tokWord {
			stack[0] = stack[1]
			stack[1].token, stack[1].val, stack[1].num = t, string(l.val), l.num
			l.release()
			continue
		}
		switch string(l.val) {
		case "begincodespacerange":
			c.codespace(&l)
		case "beginbfchar":
			c.bfChar(&l)
		case "beginbfrange":
			c.bfRange(&l)
		case "begincidchar":
			c.cidChar(&l)
		case "begincidrange":
			c.cidRange(&l)
		case "usecmap":
			if u := base(name(stack[1].val)); u != nil {
				c.use(u)
			}
		case "def":
			if stack[0].token == tokName && stack[0].val == "WMode" {
				c.vertical = stack[1].num == 1
			}
		}
		l.release()
	}
}

// use takes another CMap as the base of this one.
func (c *cmap) use(u *cmap) {
	c.spaces = append(append([]codeRange(nil), u.spaces...), c.spaces...)
	c.ranges, c.sorted = append(append([]mapRange(nil), u.ranges...), c.ranges...), false
	for k, v := range u.cids {
		if _, have := c.cids[k]; !have && len(c.cids) < maxMappings {
			c.cids[k] = v
		}
	}
	c.identity, c.direct, c.order = c.identity || u.identity, u.direct, u.order
	c.vertical = c.vertical || u.vertical
}

func number32(b []byte) uint32 {
	var v uint32
	for _, c := range b {
		v = v<<8 | uint32(c)
	}
	return v
}

// pair reads two strings; it reports false at anything else, which it takes.
func pair(l *lexer) (low, high []byte, ok bool) {
	if l.next() != tokString {
		return nil, nil, false
	}
	low = l.val
	if l.next() != tokString {
		return nil, nil, false
	}
	return low, l.val, true
}

func (c *cmap) codespace(l *lexer) {
	for len(c.spaces) < maxRanges {
		low, high, ok := pair(l)
		if !ok {
			return
		}
		if n := len(low); n >= 1 && n <= 4 {
			c.spaces = append(c.spaces, codeRange{number32(low), number32(high), n})
		}
		l.release()
	}
}

func (c *cmap) bfChar(l *lexer) {
	for {
		if l.next() != tokString {
			return
		}
		code := number32(l.val)
		switch l.next() {
		case tokString:
			c.char(code, utf16Text(l.val))
		case tokName:
			c.char(code, glyphText(string(l.val)))
		default:
			return
		}
		l.release()
	}
}

func (c *cmap) char(code uint32, s string) {
	if len(c.chars) >= maxMappings {
		return // a glyph without text is told where it is shown
	}
	c.chars[code] = cutText(s)
}

// cutText keeps what one glyph may stand for: a ligature, or a word; more only
// makes much out of little.
func cutText(s string) string {
	n := 0
	for i := range s {
		if n++; n > maxText {
			return s[:i]
		}
	}
	return s
}

func (c *cmap) bfRange(l *lexer) {
	for {
		low, high, ok := pair(l)
		if !ok {
			return
		}
		from, to := number32(low), number32(high)
		switch l.next() {
		case tokString:
			c.span(mapRange{low: from, high: to, text: []rune(cutText(utf16Text(l.val)))})
		case tokOpen:
			for code := from; ; code++ {
				t := l.next()
				if t == tokClose || t == tokEOF || t == tokWord {
					break
				}
				if code <= to && t == tokString {
					c.char(code, utf16Text(l.val))
				}
			}
		default:
			return
		}
		l.release()
	}
}

// span adds a range of text.
func (c *cmap) span(r mapRange) {
	if r.high < r.low || len(r.text) == 0 {
		return
	}
	if r.high-r.low < 2 {
		for code := r.low; ; code++ {
			c.char(code, r.at(code))
			if code == r.high {
				return
			}
		}
	}
	if len(c.ranges) >= maxRanges {
		return
	}
	c.ranges, c.sorted = append(c.ranges, r), false
}

// find gives the range that has a code. Of several that have it the last one
// counts, if they do not lie too far apart.
func (c *cmap) find(code uint32) *mapRange {
	if !c.sorted {
		c.sorted = true
		slices.SortStableFunc(c.ranges, func(a, b mapRange) int { return cmp.Compare(a.low, b.low) })
	}
	i, _ := slices.BinarySearchFunc(c.ranges, code, func(r mapRange, code uint32) int {
		if r.low <= code {
			return -1
		}
		return 1
	})
	for k := i - 1; k >= 0 && k >= i-maxOverlap; k-- {
		if code <= c.ranges[k].high {
			return &c.ranges[k]
		}
	}
	return nil
}

func (r mapRange) at(code uint32) string {
	last := len(r.text) - 1
	x := r.text[last] + rune(code-r.low)
	if last == 0 {
		return string(x)
	}
	return string(r.text[:last]) + string(x)
}

func (c *cmap) cidChar(l *lexer) {
	for {
		if l.next() != tokString {
			return
		}
		code := number32(l.val)
		if l.next() != tokNumber {
			return
		}
		if len(c.cids) < maxMappings {
			c.cids[code] = uint32(l.num)
		}
		l.release()
	}
}

func (c *cmap) cidRange(l *lexer) {
	for {
		low, high, ok := pair(l)
		if !ok {
			return
		}
		from, to := number32(low), number32(high)
		if l.next() != tokNumber || l.num < 0 || l.num > 1<<24 {
			return
		}
		cid := uint32(l.num)
		switch {
		case to < from:
		case to-from < 64 && len(c.cids) < maxMappings:
			for i := range to - from + 1 {
				c.cids[from+i] = cid + i
			}
		case len(c.ranges) < maxRanges:
			c.ranges, c.sorted = append(c.ranges, mapRange{low: from, high: to, cid: cid}), false
		}
		l.release()
	}
}

// next reads the next code of s.
func (c *cmap) next(s []byte) (code uint32, size int) {
	if c.identity && len(c.spaces) == 0 {
		if len(s) == 1 {
			return uint32(s[0]), 1
		}
		return uint32(s[0])<<8 | uint32(s[1]), 2
	}
	for size = 1; size <= 4 && size <= len(s); size++ {
		code = code<<8 | uint32(s[size-1])
		for i := range c.spaces {
			if r := &c.spaces[i]; r.size == size && r.has(code) {
				return code, size
			}
		}
	}
	// No range has it: as many bytes as the shortest range.
	size = 4
	for i := range c.spaces {
		size = min(size, c.spaces[i].size)
	}
	if len(c.spaces) == 0 {
		size = 2
	}
	size = min(size, len(s))
	return number32(s[:size]), size
}

// has reports that each byte of code is in the range of its place.
func (r *codeRange) has(code uint32) bool {
	for shift := 0; shift < r.size*8; shift += 8 {
		if b := byte(code >> shift); b < byte(r.low>>shift) || b > byte(r.high>>shift) {
			return false
		}
	}
	return true
}

// text gives the text of a code in a ToUnicode CMap.
func (c *cmap) text(code uint32) string {
	if s, ok := c.chars[code]; ok {
		return s
	}
	if r := c.find(code); r != nil && r.text != nil {
		return r.at(code)
	}
	return ""
}

// cid gives the CID of a code.
func (c *cmap) cid(code uint32) uint32 {
	if v, ok := c.cids[code]; ok {
		return v
	}
	if r := c.find(code); r != nil && r.text == nil {
		return r.cid + code - r.low
	}
	if c.identity {
		return code
	}
	return 0
}

// predefined gives the predefined CMap with a name (ISO 32000-2 table 116, and
// the others of Adobe's character collections), nil if it is not known.
func predefined(n name) *cmap {
	base, vertical := strings.CutSuffix(string(n), "-V")
	if !vertical {
		base = strings.TrimSuffix(base, "-H")
	}
	if n == "V" {
		base, vertical = "H", true
	}
	c := &cmap{vertical: vertical}
	if base == "Identity" {
		c.identity = true
		return c
	}
	charset, unicode := strings.CutPrefix(base, "Uni")
	if unicode {
		for _, o := range []struct{ prefix, order string }{{"JIS", "Japan1"}, {"GB", "GB1"}, {"CNS", "CNS1"}, {"KS", "Korea1"}} {
			if strings.HasPrefix(charset, o.prefix) {
				c.order = o.order
			}
		}
		switch {
		case strings.Contains(charset, "UTF8"):
			c.spaces = []codeRange{{0, 0x7f, 1}, {0xc080, 0xdfbf, 2}, {0xe08080, 0xefbfbf, 3}, {0xf0808080, 0xf7bfbfbf, 4}}
			c.direct = func(code uint32, size int) string { return strings.ToValidUTF8(string(bytes32(code, size)), "") }
		case strings.Contains(charset, "UTF32"):
			c.spaces = []codeRange{{0, 0x10ffff, 4}}
			c.direct = func(code uint32, _ int) string { return string(rune(code)) }
		case strings.Contains(charset, "UTF16"), strings.Contains(charset, "UCS2"):
			c.spaces = []codeRange{{0, 0xd7ff, 2}, {0xd800dc00, 0xdbffdfff, 4}, {0xe000, 0xffff, 2}}
			c.direct = func(code uint32, size int) string { return utf16Text(bytes32(code, size)) }
		default:
			return nil
		}
		return c
	}
	double := func(from, to uint32) codeRange { return codeRange{from<<8 | 0x40, to<<8 | 0xfe, 2} }
	one := codeRange{0, 0x80, 1}
	var e encoding.Encoding
	switch {
	case base == "H", base == "Ext", base == "Add", base == "78", base == "NWP":
		c.order, e = "Japan1", japanese.EUCJP
		c.spaces = []codeRange{{0x2121, 0x7e7e, 2}}
		c.direct = func(code uint32, _ int) string { return decode(e, code|0x8080, 2) }
		return c
	case strings.Contains(base, "RKSJ"):
		c.order, e = "Japan1", japanese.ShiftJIS
		c.spaces = []codeRange{one, {0xa0, 0xdf, 1}, {0x8140, 0x9ffc, 2}, {0xe040, 0xfcfc, 2}, {0xfd, 0xff, 1}}
	case base == "EUC", base == "78-EUC":
		c.order, e = "Japan1", japanese.EUCJP
		c.spaces = []codeRange{one, {0x8ea0, 0x8edf, 2}, {0xa1a1, 0xfefe, 2}}
	case strings.HasPrefix(base, "GBK2K"):
		c.order, e = "GB1", simplifiedchinese.GB18030
		c.spaces = []codeRange{{0, 0x7f, 1}, {0x81308130, 0xfe39fe39, 4}, double(0x81, 0xfe)}
	case strings.HasPrefix(base, "GB"):
		c.order, e = "GB1", simplifiedchinese.GBK
		c.spaces = []codeRange{one, double(0x81, 0xfe), {0xff, 0xff, 1}}
	case strings.Contains(base, "B5"), strings.HasPrefix(base, "HK"):
		c.order, e = "CNS1", traditionalchinese.Big5
		c.spaces = []codeRange{one, double(0x81, 0xfe)}
	case strings.HasPrefix(base, "KSC"):
		c.order, e = "Korea1", korean.EUCKR
		c.spaces = []codeRange{one, double(0x81, 0xfe)}
	default:
		return nil
	}
	c.direct = func(code uint32, size int) string { return decode(e, code, size) }
	return c
}

func bytes32(code uint32, size int) []byte {
	b := []byte{byte(code >> 24), byte(code >> 16), byte(code >> 8), byte(code)}
	return b[4-min(max(size, 1), 4):]
}

func decode(e encoding.Encoding, code uint32, size int) string {
	b, err := e.NewDecoder().Bytes(bytes32(code, size))
	if err != nil || strings.ContainsRune(string(b), '\uFFFD') {
		return ""
	}
	return string(b)
}
