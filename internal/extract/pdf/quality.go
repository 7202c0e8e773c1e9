package pdf

const (
	someLetters = 60 // letters before they can be judged
	someWords   = 50
)

// quality measures whether text is words of a language: fonts may say that their
// glyphs are other characters than they show.
type quality struct {
	ascii, latin int // letters of ASCII, and of Latin-1 beyond it
	words, bare  int // words of four letters and more, and those without a vowel
}

// read looks at a text.
func (q *quality) read(b []byte) {
	letters, vowels, mixed := 0, 0, false
	for i := 0; i <= len(b); i++ {
		c := byte(' ')
		if i < len(b) {
			c = b[i]
		}
		switch {
		case c >= 'a' && c <= 'z':
			q.ascii++
			letters++
			vowels += vowel(c)
		case c >= 'A' && c <= 'Z':
			q.ascii++
			mixed = mixed || letters > 0 // names of code, and what is in capitals
			letters++
			vowels += vowel(c | 0x20)
		case c == 0xc3 && i+1 < len(b) && b[i+1] >= 0x80:
			q.latin++
			letters++
			vowels++ // whatever it is
			i++
		case c >= 0x80 || c >= '0' && c <= '9' || c == '_' || c == '+' || c == '/' || c == '=':
			mixed = true
		default:
			if letters >= 4 && !mixed {
				q.words++
				if vowels == 0 {
					q.bare++
				}
			}
			letters, vowels, mixed = 0, 0, false
		}
	}
}

func vowel(c byte) int {
	switch c {
	case 'a', 'e', 'i', 'o', 'u', 'y':
		return 1
	}
	return 0
}

// bad reports text that no language has: more accented letters than half of the
// plain ones, as Cyrillic read as Latin, or a fifth of the words without a vowel, as
// with letters put for others.
func (q *quality) bad() bool {
	return q.latin >= someLetters && 2*q.latin > q.ascii || q.words >= someWords && 5*q.bare > q.words
}
