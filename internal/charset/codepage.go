package charset

import (
	"strconv"
	"unicode/utf8"
)

// Page is a code page of Windows, for formats that name charsets by number.
type Page struct {
	c     codec
	table []rune // of the upper half, instead of c
}

// CodePage gives a code page by its number; 0 to 3 (the defaults of a machine)
// and 42 (symbols) are read as Windows-1252. It reports whether the page can be
// decoded; text in one that cannot is read as Windows-1252 too.
func CodePage(n int) (Page, bool) {
	if t := upperHalf(n); t != "" {
		return Page{table: []rune(t)}, true
	}
	c, ok := find(PageLabel(n))
	if !ok || c.kind == kindNone {
		c, _ = find("cp28591")
		return Page{c: c}, false
	}
	return Page{c: c}, true
}

// Decode reads b, which has no byte order mark, as text of the page.
func (p Page) Decode(b []byte) string {
	if p.table != nil {
		out := make([]byte, 0, len(b)+len(b)/4)
		for _, c := range b {
			if c < utf8.RuneSelf {
				out = append(out, c)
			} else {
				out = utf8.AppendRune(out, p.table[c-0x80])
			}
		}
		return string(out)
	}
	if p.c.transparent && ascii(b) {
		return string(b)
	}
	s, _ := decodeKind(b, p.c)
	return s
}

// Double reports a page whose characters have one or two bytes.
func (p Page) Double() bool { return p.c.kind == kindMulti }

// Alphabet tells the code page of 8-bit text in an alphabet that is not Latin,
// by its words without a single ASCII letter; western text has next to none. It
// gives the page that was expected where the text does not tell. Sure is false for
// text that is in such an alphabet but too short to tell which.
func Alphabet(b []byte, expected Page) (p Page, sure bool) {
	var words []byte
	all, mixed := 0, 0
	for i := 0; i < len(b) && len(words) < guessWindow; {
		from, high := i, 0
		for i < len(b) && (b[i] >= utf8.RuneSelf || b[i]|0x20 >= 'a' && b[i]|0x20 <= 'z') {
			if b[i] >= utf8.RuneSelf {
				high++
			}
			i++
		}
		switch n := i - from; {
		case n < 3 || high == 0:
		case high == n:
			all++
			words = append(append(words, b[from:i]...), ' ')
		default:
			mixed++
		}
		if i == from {
			i++
		}
	}
	if all < 3 || all <= mixed {
		return expected, all <= mixed
	}
	if c, ok := find(detect(words)); ok && (c.kind == kindSingle || c.kind == kindMulti) {
		return Page{c: c}, len(words) >= sureAlphabet
	}
	return expected, false
}

// sureAlphabet is how many bytes of words the detector tells alphabets by: of
// fewer it takes Russian for Hebrew.
const sureAlphabet = 40

// FontPage is the number of the code page that text in a font of a Windows charset
// has (RTF 1.9.1, \fcharset; FFN.chs of MS-DOC 2.9.80): 0 is the document's own.
func FontPage(n int) int {
	switch n {
	case 2:
		return 42
	case 77:
		return 10000
	case 78:
		return 10001
	case 79:
		return 10003
	case 80:
		return 10008
	case 81:
		return 10002
	case 83:
		return 10005
	case 84:
		return 10004
	case 85:
		return 10006
	case 86:
		return 10081
	case 88:
		return 10029
	case 89:
		return 10007
	case 128:
		return 932
	case 129:
		return 949
	case 130:
		return 1361
	case 134:
		return 936
	case 136:
		return 950
	case 161:
		return 1253
	case 162:
		return 1254
	case 163:
		return 1258
	case 177:
		return 1255
	case 178:
		return 1256
	case 186:
		return 1257
	case 204:
		return 1251
	case 222:
		return 874
	case 238:
		return 1250
	case 254:
		return 437
	case 255:
		return 850
	}
	return 0
}

// PageLabel is a label that Decode knows for a code page, if it knows the page.
func PageLabel(n int) string {
	switch {
	case n >= 0 && n <= 3, n == 42:
		return "cp28591"
	case n == 20127:
		return "us-ascii"
	case n == 858:
		return "cp850"
	case n == 1361:
		return "cp949" // Johab has no decoder; its ASCII and little else is the same
	case n == 10001:
		return "shift_jis"
	case n == 10002:
		return "big5"
	case n == 10003:
		return "euc-kr"
	case n == 10004:
		return "cp1256"
	case n == 10005:
		return "cp1255"
	case n == 10008:
		return "gb18030"
	case n == 10010:
		return "cp10000"
	case n == 10017:
		return "cp10007"
	case n == 20932:
		return "euc-jp"
	case n > 28591 && n <= 28606:
		return "iso-8859-" + strconv.Itoa(n-28590)
	}
	return "cp" + strconv.Itoa(n)
}
