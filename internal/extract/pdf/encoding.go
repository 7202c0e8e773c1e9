package pdf

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/encoding/charmap"

	"labelmilter/internal/extract/pdf/glyph"
)

// runes is an encoding of one byte; 0 stands for a code without a character.
type runes [256]rune

// upper fills codes from at on; a space stands for a code without a character.
func (r *runes) fill(at int, s string) {
	for _, c := range s {
		if c != ' ' {
			r[at] = c
		}
		at++
	}
}

// The encodings of ISO 32000-2 annex D.
var (
	winAnsi = func() *runes {
		r := latin(charmap.Windows1252)
		for c := 0x20; c < 256; c++ {
			if r[c] == 0 || r[c] == unicode.ReplacementChar || c >= 0x7f && c < 0xa0 && r[c] < 0xa0 {
				r[c] = '•' // annex D.2, note 3
			}
		}
		return r
	}()
	macRoman = latin(charmap.Macintosh)
	standard = func() *runes {
		r := new(runes)
		for c := 0x20; c < 0x7f; c++ {
			r[c] = rune(c)
		}
		r['\''], r['`'] = '’', '‘'
		r.fill(0xa1, "¡¢£⁄¥ƒ§¤'“«‹›ﬁﬂ –†‡· ¶•‚„”»…‰ ¿ `´ˆ˜¯˘˙¨ ˚¸ ˝˛ˇ—")
		r.fill(0xe1, "Æ ª    ŁØŒº     æ   ı  łøœß")
		return r
	}()
	pdfDoc = func() *runes {
		r := new(runes)
		for c := range 256 {
			r[c] = rune(c)
		}
		r.fill(0x18, "˘ˇˆ˙˝˛˚˜")
		r.fill(0x80, "•†‡…—–ƒ⁄‹›−‰„“”‘’‚™ﬁﬂŁŒŠŸŽıłœšž")
		r[0xa0] = '€'
		return r
	}()
	symbol = func() *runes {
		r := new(runes)
		r.fill(0x20, "\u00a0!∀#∃%&∋()∗+,−./0123456789:;<=>?≅ΑΒΧΔΕΦΓΗΙϑΚΛΜΝΟΠΘΡΣΤΥςΩΞΨΖ[∴]⊥_‾αβχδεφγηιϕκλμνοπθρστυϖωξψζ{|}∼")
		r[0x20] = ' '
		r.fill(0xa0, "€ϒ′≤⁄∞ƒ♣♦♥♠↔←↑→↓°±″≥×∝∂•÷≠≡≈…|—↵ℵℑℜ℘⊗⊕∅∩∪⊃⊇⊄⊂⊆∈∉∠∇®©™∏√⋅¬∧∨⇔⇐⇑⇒⇓◊〈®©™∑⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪ 〉∫⌠⎮⌡⎞⎟⎠⎤⎥⎦⎫⎬⎭")
		return r
	}()
	dingbats = func() *runes {
		r := new(runes)
		r[0x20] = ' '
		for c := 0x21; c < 0x7f; c++ {
			r[c] = rune(0x2701 + c - 0x21)
		}
		for c, x := range map[int]rune{0x25: '☎', 0x2a: '☛', 0x2b: '☞', 0x48: '★', 0x6c: '●', 0x6e: '■', 0x73: '▲', 0x74: '▼', 0x75: '◆', 0x77: '◗', 0xa8: '♣', 0xa9: '♦', 0xaa: '♥', 0xab: '♠'} {
			r[c] = x
		}
		for c := 0xa1; c < 0xa8; c++ {
			r[c] = rune(0x2761 + c - 0xa1)
		}
		for i := range 10 {
			r[0xac+i], r[0xb6+i], r[0xc0+i], r[0xca+i] = rune(0x2460+i), rune(0x2776+i), rune(0x2780+i), rune(0x278a+i)
		}
		for c := 0xd4; c < 0xff; c++ {
			r[c] = rune(0x2794 + c - 0xd4)
		}
		r[0xd5], r[0xd6], r[0xd7] = '→', '↔', '↕'
		return r
	}()
	macExpert = func() *runes {
		r := new(runes) // old-style digits and small capitals, as the letters they are
		for c := '0'; c <= '9'; c++ {
			r[c] = c
		}
		for c := 'a'; c <= 'z'; c++ {
			r[c] = c
		}
		r.fill(0x20, "\u00a0")
		r[','], r['-'], r['.'], r['/'], r[':'], r[';'] = ',', '-', '.', '⁄', ':', ';'
		return r
	}()
)

// The encodings of TeX's text fonts, which bitmap fonts are numbered by: OT1
// (Knuth), T1 (Cork) and T2A (Cyrillic).
var (
	texOT1 = func() *[256]string {
		e := texASCII()
		texFill(e, 0, "Γ Δ Θ Λ Ξ Π Σ Υ Φ Ψ Ω ff fi fl ffi ffl ı ȷ ` ´ ˇ ˘ ¯ ˚ ¸ ß æ œ ø Æ Œ Ø")
		for c, s := range map[int]string{'"': "”", '<': "¡", '>': "¿", '\\': "“", '^': "ˆ", '_': "˙", '{': "–", '|': "—", '}': "˝", '~': "˜", 0x7f: "¨"} {
			e[c] = s
		}
		return e
	}()
	texT1 = func() *[256]string {
		e := texASCII()
		texFill(e, 0, "` ´ ˆ ˜ ¨ ˝ ˚ ˇ ˘ ¯ ˙ ¸ ˛ ‚ ‹ › “ ” „ « » – — \u200c ₀ ı ȷ ff fi fl ffi ffl")
		e[0x7f] = "-"
		texFill(e, 0x80, "Ă Ą Ć Č Ď Ě Ę Ğ Ĺ Ľ Ł Ń Ň Ŋ Ő Ŕ Ř Ś Š Ş Ť Ţ Ű Ů Ÿ Ź Ž Ż Ĳ İ đ § ă ą ć č ď ě ę ğ ĺ ľ ł ń ň ŋ ő ŕ ř ś š ş ť ţ ű ů ÿ ź ž ż ĳ ¡ ¿ £")
		for c := 0xc0; c < 256; c++ {
			e[c] = string(rune(c))
		}
		e[0xd7], e[0xdf], e[0xf7], e[0xff] = "Œ", "SS", "œ", "ß"
		return e
	}()
	texT2A = func() *[256]string {
		e := new([256]string)
		*e = *texT1
		texFill(e, 0x80, "Ґ Ғ Ђ Ћ Һ Җ Ҙ Љ Ї Қ Ҡ Ҝ Ӕ Ң Ҥ Ѕ Ө Ҫ Ў Ү Ұ Ҳ Џ Ҹ Ҷ Є Ә Њ Ё № ¤ § ґ ғ ђ ћ һ җ ҙ љ ї қ ҡ ҝ ӕ ң ҥ ѕ ө ҫ ў ү ұ ҳ џ ҹ ҷ є ә њ ё „ « »")
		for c := 0xc0; c < 256; c++ {
			e[c] = string(rune('А' + c - 0xc0))
		}
		return e
	}()
)

func texASCII() *[256]string {
	e := new([256]string)
	for c := 0x21; c < 0x7f; c++ {
		e[c] = string(rune(c))
	}
	e['\''], e['`'] = "’", "‘"
	return e
}

func texFill(e *[256]string, at int, s string) {
	for i, f := range strings.Fields(s) {
		e[at+i] = f
	}
}

// texEncoding gives the encoding of a bitmap font of TeX: its glyphs are named
// "a" and their code. It is nil for other fonts.
func texEncoding(diff map[int]string, procs dict) *[256]string {
	ligatures, upper, glyphs, ascii, high := false, false, 0, 0, 0
	for code, n := range diff {
		if procs[name(n)] == nil {
			continue
		}
		glyphs++
		switch {
		case code >= 0xc0:
			high++
		case code|0x20 >= 'a' && code|0x20 <= 'z':
			ascii++
		}
		if n != "a"+strconv.Itoa(code) {
			return nil
		}
		ligatures = ligatures || code >= 11 && code <= 15
		upper = upper || code >= 0x80 || code >= 27 && code < 32
	}
	switch {
	case glyphs == 0:
		return nil
	case high > ascii && high >= 3: // of the letters that the document uses, most are no Latin ones
		return texT2A
	case upper && !ligatures:
		return texT1
	}
	return texOT1
}

func latin(m *charmap.Charmap) *runes {
	r := new(runes)
	for c := 0x20; c < 256; c++ {
		r[c] = m.DecodeByte(byte(c))
	}
	return r
}

// named gives the encoding with a name, nil if there is none.
func named(n name) *runes {
	switch n {
	case "WinAnsiEncoding":
		return winAnsi
	case "MacRomanEncoding":
		return macRoman
	case "StandardEncoding":
		return standard
	case "MacExpertEncoding":
		return macExpert
	case "PDFDocEncoding":
		return pdfDoc
	}
	return nil
}

// glyphText gives the text of a glyph name after the Adobe Glyph List
// Specification, section 2, "" where the name tells nothing.
func glyphText(n string) string {
	if n == "" || n[0] == '.' || len(n) > 200 {
		return ""
	}
	if i := strings.IndexByte(n, '.'); i > 0 {
		n = n[:i] // a variant
	}
	if strings.IndexByte(n, '_') < 0 {
		return component(n)
	}
	var b strings.Builder
	for _, c := range strings.Split(n, "_") {
		t := component(c)
		if t == "" {
			return ""
		}
		b.WriteString(t)
	}
	return b.String()
}

func component(n string) string {
	if t := glyph.Name(n); t != "" {
		if r := []rune(t)[0]; r < 0xe000 || r > 0xf8ff {
			return t
		}
		// Variants that Adobe put into the private use area are the
		// characters they are variants of.
		for _, suffix := range []string{"oldstyle", "small", "superior", "inferior", "fitted"} {
			if base, ok := strings.CutSuffix(n, suffix); ok {
				if t := glyph.Name(base); t != "" {
					return t
				}
			}
		}
		return t
	}
	switch {
	case len(n) >= 7 && n[:3] == "uni" && len(n)%4 == 3:
		if t, ok := hex16(n[3:]); ok {
			return t
		}
	case len(n) >= 5 && len(n) <= 7 && n[0] == 'u':
		if v, err := strconv.ParseUint(n[1:], 16, 32); err == nil && v > 0 && v <= unicode.MaxRune && !utf16.IsSurrogate(rune(v)) {
			return string(rune(v))
		}
	}
	return ""
}

// hex16 reads UTF-16 in hexadecimal digits.
func hex16(s string) (string, bool) {
	var u []uint16
	for ; len(s) >= 4; s = s[4:] {
		v, err := strconv.ParseUint(s[:4], 16, 16)
		if err != nil {
			return "", false
		}
		u = append(u, uint16(v))
	}
	return string(utf16.Decode(u)), len(s) == 0
}

// numbered reads names that number their glyphs ("a65", "C0041", "g32"): the
// number is the code of a character where the producer had nothing better.
func numbered(n string, code int) string {
	i := strings.IndexAny(n, "0123456789")
	if i < 0 || i > 2 {
		return ""
	}
	v, err := strconv.Atoi(n[i:])
	if err != nil || v != code || v < 0x20 || v > 255 {
		return ""
	}
	if r := winAnsi[v]; r != 0 {
		return string(r)
	}
	return ""
}

// utf16Text decodes UTF-16BE.
func utf16Text(b []byte) string {
	if len(b) == 1 {
		return string(rune(b[0]))
	}
	u := make([]uint16, len(b)/2)
	for i := range u {
		u[i] = uint16(b[2*i])<<8 | uint16(b[2*i+1])
	}
	return string(utf16.Decode(u))
}

// textString decodes a text string (ISO 32000-2 7.9.2.2): UTF-16 or UTF-8 with a
// mark, or PDFDocEncoding.
func textString(t text) string {
	s := string(t)
	switch {
	case strings.HasPrefix(s, "\xfe\xff"):
		s = unescapeLanguage(utf16Text([]byte(s[2:])))
	case strings.HasPrefix(s, "\xff\xfe"): // QUIRK: little endian
		b := []byte(s[2:])
		for i := 0; i+1 < len(b); i += 2 {
			b[i], b[i+1] = b[i+1], b[i]
		}
		s = utf16Text(b)
	case strings.HasPrefix(s, "\xef\xbb\xbf"):
		s = strings.ToValidUTF8(unescapeLanguage(s[3:]), "\uFFFD")
	default:
		plain := true
		for i := range len(s) {
			if c := s[i]; c >= 0x7f || c >= 0x18 && c < 0x20 {
				plain = false
				break
			}
		}
		if plain {
			return s
		}
		var b strings.Builder
		for i := range len(s) {
			b.WriteRune(pdfDoc[s[i]])
		}
		s = b.String()
	}
	return s
}

// unescapeLanguage drops language codes between escape characters
// (ISO 32000-2 7.9.2.2.1, note).
func unescapeLanguage(s string) string {
	for {
		i := strings.IndexByte(s, 0x1b)
		if i < 0 {
			return s
		}
		j := strings.IndexByte(s[i+1:], 0x1b)
		if j < 0 || j > 8 {
			return s[:i] + s[i+1:]
		}
		s = s[:i] + s[i+j+2:]
	}
}
