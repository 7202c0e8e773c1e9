// Package fold maps text to a shadow with one byte per character, so that
// full-width digits, accented letters, exotic spaces, dashes and invisible
// characters cannot hide what a person reads, and so that every automaton
// above it works on bytes.
//
// The mapping of a character, first rule that applies:
//
//	ASCII                                       itself
//	nonspacing and enclosing marks, format      dropped (zero width, soft hyphen,
//	characters (Mn, Me, Cf)                     bidi controls, variation selectors)
//	decimal digits of any script (Nd)           0-9
//	space separators (Zs)                       space
//	line and paragraph separators, NEL          line feed
//	dashes (Pd), minus sign                     -
//	connectors (Pc)                             _
//	quotation marks and primes                  ' or "
//	compatible with ASCII (Unicode NFKD, marks  that ASCII character, or up to three
//	removed), and a few letters NFKD leaves     ASCII letters: é e, Ａ A, ﬁ fi, ß ss, ø o
//	Han, kana, hangul, Thai, Lao, Khmer, Burmese Ideograph: no word character, as these
//	                                            scripts put no space between words
//	other letters, spacing marks and numbers    Letter: a word character
//	everything else, and bytes that are not     Symbol
//	UTF-8
//
// In a word that has letters of ASCII, letters of other scripts that look like
// such become them (а in "tаx"). Letter case is kept.
package fold

import (
	"math/bits"
	"sort"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Shadow bytes of characters that have no ASCII form.
const (
	Letter    = 0x80 // letters and numbers of other scripts
	Ideograph = 0x81 // letters of scripts without word spacing
	Symbol    = 0x82 // anything else
)

const (
	drop   = 0xff // table entry: no shadow byte
	expand = 0xfe // table entry: look in multi
)

// Table holds the mapping. It is immutable and safe for concurrent use.
type Table struct {
	bmp   [1 << 16]byte
	multi map[rune]string
}

// Standard gives the table, computed when first asked for from the Unicode
// data of the standard library and x/text.
var Standard = sync.OnceValue(compute)

func compute() *Table {
	t := &Table{multi: map[rune]string{}}
	for r := rune(0); r < 1<<16; r++ {
		b, m := classify(r)
		t.bmp[r] = b
		if m != "" {
			t.multi[r] = m
		}
	}
	return t
}

// Byte gives the shadow byte of r. ok is false if r has none or several;
// several are given by Expand.
func (t *Table) Byte(r rune) (b byte, ok bool) {
	if r >= 0 && r < 1<<16 {
		b = t.bmp[r]
	} else {
		b, _ = classify(r)
	}
	return b, b < expand
}

// Expand gives the shadow bytes of r as a string: "" if r is dropped.
func (t *Table) Expand(r rune) string {
	b, ok := t.Byte(r)
	switch {
	case ok:
		return string([]byte{b})
	case b == expand:
		return t.multi[r]
	}
	return ""
}

// letters lists Latin letters that Unicode does not decompose.
var letters = map[rune]string{
	'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'ø': "o", 'Ø': "O", 'đ': "d", 'Đ': "D",
	'ð': "d", 'Ð': "D", 'ł': "l", 'Ł': "L", 'þ': "th", 'Þ': "TH", 'ħ': "h", 'Ħ': "H", 'ı': "i", 'ŋ': "n",
	'Ŋ': "N", 'ŧ': "t", 'Ŧ': "T", 'ĸ': "k", 'ƒ': "f", 'ɑ': "a", 'ɡ': "g", 'ɩ': "i",
}

// quotes lists quotation marks and primes (QUIRK: word processors put them
// for ' and ").
var quotes = map[rune]byte{
	'‘': '\'', '’': '\'', '‚': '\'', '‛': '\'', '′': '\'', '‹': '\'', '›': '\'', 'ʼ': '\'', '´': '\'',
	'“': '"', '”': '"', '„': '"', '‟': '"', '″': '"', '«': '"', '»': '"',
}

func classify(r rune) (b byte, multi string) {
	if r < utf8.RuneSelf {
		return byte(r), ""
	}
	if q, ok := quotes[r]; ok {
		return q, ""
	}
	switch {
	case r == utf8.RuneError || r > unicode.MaxRune:
		return Symbol, ""
	case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		return drop, ""
	case unicode.Is(unicode.Nd, r):
		return '0' + digit(r), ""
	case unicode.Is(unicode.Zs, r):
		return ' ', ""
	case unicode.In(r, unicode.Zl, unicode.Zp) || r == 0x85:
		return '\n', ""
	case unicode.Is(unicode.Pd, r) || r == 0x2212:
		return '-', ""
	case unicode.Is(unicode.Pc, r):
		return '_', ""
	}
	if s, ok := letters[r]; ok {
		return expanded(s)
	}
	if s := ascii(norm.NFKD.String(string(r))); s != "" {
		return expanded(s)
	}
	switch {
	case unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar),
		r == 'ー': // the long vowel mark belongs to the script "Common"
		return Ideograph, ""
	case unicode.IsLetter(r), unicode.IsNumber(r), unicode.Is(unicode.Mc, r):
		return Letter, ""
	}
	return Symbol, ""
}

func expanded(s string) (byte, string) {
	if len(s) == 1 {
		return s[0], ""
	}
	return expand, s
}

// digit is the value of a decimal digit: Unicode keeps each script's ten in
// one ascending block (Unicode 4.6), and the table's ranges start at a zero.
func digit(r rune) byte {
	for _, x := range unicode.Nd.R16 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return byte((r - rune(x.Lo)) % 10)
		}
	}
	for _, x := range unicode.Nd.R32 {
		if r >= rune(x.Lo) && r <= rune(x.Hi) {
			return byte((r - rune(x.Lo)) % 10)
		}
	}
	return 0
}

// ascii removes marks from a decomposition and gives it if one ASCII
// character or up to three ASCII letters are left, else "".
func ascii(s string) string {
	var out []byte
	lettersOnly := true
	for _, r := range s {
		if unicode.In(r, unicode.Mn, unicode.Me) {
			continue
		}
		if r <= ' ' || r >= 0x7f || len(out) == 3 {
			return ""
		}
		lettersOnly = lettersOnly && (r|0x20 >= 'a' && r|0x20 <= 'z')
		out = append(out, byte(r))
	}
	if len(out) > 1 && !lettersOnly {
		return ""
	}
	return string(out)
}

// Break is a place from which on shadow and original offsets differ by
// another amount.
type Break struct{ Shadow, Orig int32 }

// Text is a folded text. The zero value can be folded into; a second Fold
// reuses its memory.
type Text struct {
	Shadow []byte
	Breaks []Break
	Wide   bool   // some shadow byte is Letter, Ideograph or Symbol, or was before it was unmasked
	Orig   string // what was folded

	last  int // what passed last gave
	cuts  []cut
	lines []int32
	spare []Break
}

// Fold folds s into dst. s must be shorter than 2 GiB.
func (t *Table) Fold(dst *Text, s string) {
	sh, br := dst.Shadow[:0], dst.Breaks[:0]
	wide := false
	for i := 0; i < len(s); {
		if n := asciiRun(s[i:]); n > 0 {
			sh = append(sh, s[i:i+n]...)
			i += n
			continue
		}
		r, w := utf8.DecodeRuneInString(s[i:])
		b, ok := t.Byte(r)
		switch {
		case ok:
			sh = append(sh, b)
			wide = wide || b >= utf8.RuneSelf
		case b == expand:
			for k, c := range []byte(t.multi[r]) {
				if k > 0 {
					br = append(br, Break{int32(len(sh)), int32(i)})
				}
				sh = append(sh, c)
			}
		}
		i += w
		br = append(br, Break{int32(len(sh)), int32(i)})
	}
	*dst = Text{Shadow: sh, Breaks: br, Wide: wide, Orig: s, cuts: dst.cuts, lines: dst.lines, spare: dst.spare}
	if wide {
		dst.unmask()
	}
}

// asciiRun is the length of the ASCII prefix of s.
func asciiRun(s string) int {
	const top = 0x8080808080808080
	i := 0
	for ; i+32 <= len(s); i += 32 {
		w := s[i : i+32]
		if (eight(w[:8])|eight(w[8:16])|eight(w[16:24])|eight(w[24:32]))&top != 0 {
			break
		}
	}
	for ; i+8 <= len(s); i += 8 {
		if x := eight(s[i:i+8]) & top; x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for i < len(s) && s[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// eight gives eight bytes as a number, the first lowest.
func eight(w string) uint64 {
	_ = w[7]
	return uint64(w[0]) | uint64(w[1])<<8 | uint64(w[2])<<16 | uint64(w[3])<<24 | uint64(w[4])<<32 | uint64(w[5])<<40 | uint64(w[6])<<48 | uint64(w[7])<<56
}

// Start gives the byte offset in the original of the character whose shadow
// stands at i. A Text remembers where it looked last, so it is not safe for
// concurrent use.
func (x *Text) Start(i int) int {
	k := x.passed(i)
	if k == 0 {
		return i
	}
	b := x.Breaks[k-1]
	return int(b.Orig) + i - int(b.Shadow)
}

// passed gives the number of breaks up to a shadow offset. Most questions come
// near one another: it looks first around what it last gave.
func (x *Text) passed(i int) int {
	lo, hi := 0, len(x.Breaks)
	k := min(x.last, hi)
	for range 8 {
		switch {
		case k < hi && int(x.Breaks[k].Shadow) <= i:
			k++
			lo = k
		case k > lo && int(x.Breaks[k-1].Shadow) > i:
			k--
			hi = k
		default:
			x.last = k
			return k
		}
	}
	x.last = lo + sort.Search(hi-lo, func(k int) bool { return int(x.Breaks[lo+k].Shadow) > i })
	return x.last
}

// End gives the byte offset in the original behind the character whose shadow
// ends at i; marks that were dropped behind it are not included.
func (x *Text) End(i int) int {
	if i == 0 {
		return 0
	}
	o := x.Start(i - 1)
	_, w := utf8.DecodeRuneInString(x.Orig[o:])
	return o + w
}

// Span is Start of one place and End of a later one.
func (x *Text) Span(start, end int) (from, to int) {
	k := x.passed(start)
	if start >= end || k < len(x.Breaks) && int(x.Breaks[k].Shadow) <= end {
		return x.Start(start), x.End(end)
	}
	// No break between the two: all characters are ASCII.
	if k > 0 {
		b := x.Breaks[k-1]
		start, end = start+int(b.Orig-b.Shadow), end+int(b.Orig-b.Shadow)
	}
	return start, end
}

// At gives the character behind the shadow byte at i: the byte itself where it
// is ASCII, else the original character.
func (x *Text) At(i int) rune {
	if b := x.Shadow[i]; b < utf8.RuneSelf {
		return rune(b)
	}
	return x.original(i)
}

func (x *Text) original(i int) rune {
	if k := x.passed(i); k > 0 {
		i += int(x.Breaks[k-1].Orig - x.Breaks[k-1].Shadow)
	}
	r, _ := utf8.DecodeRuneInString(x.Orig[i:])
	return r
}

// Runes gives the characters behind all shadow bytes.
func (x *Text) Runes(dst []rune) []rune {
	dst = dst[:0]
	for i := range x.Shadow {
		dst = append(dst, x.At(i))
	}
	return dst
}

// Alnum reports whether a shadow byte is a letter or digit of a script that
// puts spaces between words.
func Alnum(b byte) bool {
	return b-'0' < 10 || (b|0x20)-'a' < 26 && b < 0x80 || b == Letter
}

// Word reports whether a shadow byte is a word character as \b and \w see it:
// Alnum or underscore.
func Word(b byte) bool { return b == '_' || Alnum(b) }

// Lower is the lower case of a shadow byte.
func Lower(b byte) byte {
	if b-'A' < 26 {
		return b + 32
	}
	return b
}

// Space reports whether a shadow byte is white space.
func Space(b byte) bool { return b == ' ' || b-'\t' < 5 }
