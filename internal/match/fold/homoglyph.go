package fold

import "unicode/utf8"

// Letters of other scripts that look like letters of ASCII. They are folded
// only in words that have letters of ASCII as well: "tахi" is made to look
// like something, "тахi" may be a word of its own language.
const (
	likeLatin = "АВЕКМНОРСТУХІЈЅԚԜѴаеорсухіјѕһԁԛԝѵ" + // Cyrillic
		"ΑΒΕΖΗΙΚΜΝΟΡΤΥΧαοινκρυχϲϳγ" + // Greek
		"օսհցոզ" // Armenian
	latinLike = "ABEKMHOPCTYXIJSQWVaeopcyxijshdqwv" +
		"ABEZHIKMNOPTYXaoivkpuxcjy" +
		"ouhgnq"
)

const (
	firstLike = 0x370
	lastLike  = 0x58f
)

var likes = func() (t [lastLike - firstLike + 1]byte) {
	i := 0
	for _, r := range likeLatin {
		t[r-firstLike] = latinLike[i]
		i++
	}
	return t
}()

// like gives the ASCII letter that r looks like, 0 if there is none.
func like(r rune) byte {
	if r < firstLike || r > lastLike {
		return 0
	}
	return likes[r-firstLike]
}

// maxWord bounds how far a word is followed for letters of ASCII.
const maxWord = 32

// unmask folds the letters that only look like ASCII.
func (x *Text) unmask() {
	for _, b := range x.Breaks {
		at := int(b.Shadow) - 1
		if at < 0 || x.Shadow[at] != Letter {
			continue
		}
		r, _ := utf8.DecodeLastRuneInString(x.Orig[:b.Orig])
		if c := like(r); c != 0 && x.mixed(at) {
			x.Shadow[at] = c
		}
	}
}

// mixed reports whether the word around i has a letter of ASCII.
func (x *Text) mixed(i int) bool {
	for _, step := range [...]int{-1, 1} {
		for k, n := i+step, 0; n < maxWord && k >= 0 && k < len(x.Shadow) && Alnum(x.Shadow[k]); k, n = k+step, n+1 {
			if c := x.Shadow[k]; c < Letter && c-'0' > 9 {
				return true
			}
		}
	}
	return false
}
