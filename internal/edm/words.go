package edm

import (
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"labelmilter/internal/match/fold"
)

// A value is at most maxWeight: a word weighs wordWeight, a character of a
// script without spaces 1. So 16 words or 64 characters.
const (
	maxWeight  = 64
	wordWeight = 4
)

// token is a word, or a character of a script without spaces.
type token struct {
	hash       uint64
	start, end int32 // bytes of the text; Search turns them into characters of the folded text
	weight     uint8
}

// wordClass says which words are equal; columns of one class share tokens.
type wordClass struct {
	cased, marks bool
	ignore       string
}

// tokenizer cuts text into tokens.
type tokenizer struct {
	k     *keys
	class wordClass
	out   []token
	text  []byte // canonical form: tokens joined by spaces, if keep
	keep  bool

	buf        []byte
	start, end int
	open       bool
}

// run gives the tokens of s in t.out.
func (t *tokenizer) run(s string) {
	t.out, t.text, t.buf, t.open = t.out[:0], t.text[:0], t.buf[:0], false
	if isASCII(s) {
		t.ascii(s)
	} else {
		var it norm.Iter
		it.InitString(norm.NFKC, s)
		for !it.Done() {
			at := it.Pos()
			seg := it.Next()
			for end := it.Pos(); len(seg) > 0; {
				r, w := utf8.DecodeRune(seg)
				seg = seg[w:]
				t.rune(r, at, end)
			}
		}
	}
	t.flush()
}

func (t *tokenizer) ascii(s string) {
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c-'0' < 10, c-'a' < 26:
		case c-'A' < 26:
			if !t.class.cased {
				c += 'a' - 'A'
			}
		case t.class.ignore != "" && strings.IndexByte(t.class.ignore, c) >= 0:
			continue
		default:
			if t.open {
				t.flush()
			}
			continue
		}
		if !t.open {
			t.open, t.start = true, i
		}
		t.buf = append(t.buf, c)
		t.end = i + 1
	}
}

func (t *tokenizer) rune(r rune, start, end int) {
	switch {
	case r < utf8.RuneSelf:
	case unspaced(r):
		t.flush()
		t.open, t.start, t.end = true, start, end
		t.buf = utf8.AppendRune(t.buf, r)
		t.close(1)
		return
	case unicode.In(r, unicode.Mn, unicode.Me):
		if t.open && (t.class.marks || r < 0x300 || r > 0x36f) {
			t.buf, t.end = utf8.AppendRune(t.buf, r), end
		}
		return
	case unicode.Is(unicode.Cf, r):
		return
	}
	switch {
	case wordRune(r):
		if !t.open {
			t.open, t.start = true, start
		}
		t.letter(r)
		t.end = end
	case t.class.ignore != "" && strings.ContainsRune(t.class.ignore, r):
	default:
		t.flush()
	}
}

// letter appends the folded form of a letter, digit or spacing mark.
func (t *tokenizer) letter(r rune) {
	if unicode.Is(unicode.Nd, r) {
		b, _ := fold.Standard().Byte(r)
		t.buf = append(t.buf, b)
		return
	}
	if !t.class.marks && r >= utf8.RuneSelf {
		if s := fold.Standard().Expand(r); s != "" && s[0] < utf8.RuneSelf {
			for i := range len(s) {
				t.buf = append(t.buf, t.low(s[i]))
			}
			return
		}
		r = base(r)
	}
	switch {
	case t.class.cased:
	case r == 'ß' || r == 'ẞ':
		t.buf = append(t.buf, 's', 's')
		return
	default: // by way of the upper case, so that σ and ς are one
		r = unicode.ToLower(unicode.ToUpper(r))
	}
	t.buf = utf8.AppendRune(t.buf, r)
}

func (t *tokenizer) low(c byte) byte {
	if !t.class.cased && c-'A' < 26 {
		c += 'a' - 'A'
	}
	return c
}

func (t *tokenizer) flush() { t.close(wordWeight) }

func (t *tokenizer) close(weight uint8) {
	if !t.open {
		return
	}
	t.open = false
	t.out = append(t.out, token{t.k.word(t.buf), int32(t.start), int32(t.end), weight})
	if t.keep {
		if len(t.text) > 0 {
			t.text = append(t.text, ' ')
		}
		t.text = append(t.text, t.buf...)
	}
	t.buf = t.buf[:0]
}

// wordRune reports whether r belongs to words.
func wordRune(r rune) bool {
	if r < utf8.RuneSelf {
		return r-'0' < 10 && r >= '0' || r|0x20 >= 'a' && r|0x20 <= 'z'
	}
	return unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.Is(unicode.Mc, r)
}

// unspaced reports whether r belongs to a script that puts no spaces between
// words; marks of those scripts are characters of their own.
func unspaced(r rune) bool {
	if r < 0x0e00 {
		return false
	}
	if r == 'ー' {
		return true
	}
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar) &&
		(unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r))
}

// Letters of Greek and Cyrillic without their marks.
const (
	greekFrom, cyrillicTo    = 0x370, 0x530
	greekExtFrom, greekExtTo = 0x1f00, 0x2000
)

var bases = sync.OnceValue(func() (t [cyrillicTo - greekFrom + greekExtTo - greekExtFrom]rune) {
	for i := range t {
		r := rune(i) + greekFrom
		if r >= cyrillicTo {
			r += greekExtFrom - cyrillicTo
		}
		t[i], _ = utf8.DecodeRuneInString(norm.NFD.String(string(r)))
	}
	return t
})

func base(r rune) rune {
	t := bases()
	switch {
	case r >= greekFrom && r < cyrillicTo:
		return t[r-greekFrom]
	case r >= greekExtFrom && r < greekExtTo:
		return t[r-greekExtFrom+cyrillicTo-greekFrom]
	}
	return r
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
