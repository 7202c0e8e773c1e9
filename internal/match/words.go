package match

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"labelmilter/internal/match/fold"
)

// WordOptions change how word lists match.
type WordOptions struct {
	CaseSensitive bool
	// String matches also inside words.
	String bool
}

// MaxWord is the longest word or phrase, in characters.
const MaxWord = 256

// MaxSpaces is how many white space characters one space of a phrase matches:
// a line break with indentation, but not a page apart.
const MaxSpaces = 16

// Words is a list of words and phrases. Both sides are folded as package fold
// says, so accents, widths and invisible characters do not matter; a space
// matches any white space, also a line break. Without String a match must
// have no letter or digit right before and after it; Han, kana, hangul, Thai,
// Lao, Khmer and Burmese have no such boundary. It is safe for concurrent use.
type Words struct {
	table *fold.Table
	o     WordOptions
	trie  Trie // of canonical words in UTF-8
	root  int32
	first [64]uint64 // bloom over first characters
	head  [256]bool  // shadow bytes of first characters
	ascii bool       // some word begins with an ASCII character
	plain bool       // some word has nothing else
	ahead int        // else: greatest distance to the first that is not
}

// WordError says which word is wrong.
type WordError struct {
	Index  int // in the list, -1 for the list itself
	Reason string
	Fix    string
}

func (e *WordError) Error() string {
	if e.Index < 0 {
		return e.Reason
	}
	return "word " + itoa(e.Index) + ": " + e.Reason + " (" + e.Fix + ")"
}

// CompileWords compiles a list. Errors are of type *WordError.
func CompileWords(words []string, o WordOptions) (*Words, error) {
	if len(words) == 0 {
		return nil, &WordError{-1, "empty word list", "give at least one word"}
	}
	table := fold.Standard()
	var x fold.Text
	folded := make([]string, len(words))
	for i, s := range words {
		runes, reason := FoldWord(table, &x, s)
		if reason != "" {
			return nil, &WordError{i, reason, "give letters, digits or signs, at most " + itoa(MaxWord)}
		}
		folded[i] = string(runes)
	}
	return CompileFolded(folded, o), nil
}

// CompileFolded compiles words that FoldWord has folded. Folding them once
// more could change them: т does not look like a letter of ASCII, but Т does.
func CompileFolded(words []string, o WordOptions) *Words {
	w := &Words{table: fold.Standard(), o: o}
	keys := make([]TrieKey, len(words))
	for i, s := range words {
		runes := []rune(s)
		for k, r := range runes {
			r = w.canonical(r)
			runes[k] = r
			if k == 0 {
				w.first[r>>6&63] |= 1 << (r & 63)
				b, _ := w.table.Byte(r)
				w.head[b] = true
				if r < 0x80 {
					w.ascii = true
					if b := byte(r); !o.CaseSensitive && b >= 'a' && b <= 'z' {
						w.head[b-32] = true
					}
				}
			}
		}
		keys[i] = TrieKey{string(runes), int32(i)}
		w.measure(runes)
	}
	w.root = w.trie.Add(keys)
	w.trie.Compact()
	return w
}

// measure notes how far behind the begin of a word its first character stands
// that is not ASCII.
func (w *Words) measure(runes []rune) {
	n := 0
	for _, r := range runes {
		switch {
		case r >= 0x80:
			w.ahead = max(w.ahead, n)
			return
		case r == ' ':
			n += MaxSpaces
		default:
			n++
		}
	}
	w.plain = true
}

// FoldWord folds a word or phrase as lists do: white space at the ends taken
// off, runs of it made one space. reason says what is wrong with it, or "".
func FoldWord(table *fold.Table, x *fold.Text, s string) (runes []rune, reason string) {
	if strings.ToValidUTF8(s, "") != s {
		return nil, "not valid UTF-8"
	}
	if len(s) > 8*MaxWord {
		return nil, "too long"
	}
	table.Fold(x, s)
	for _, r := range x.Runes(nil) {
		if r < 0x80 && fold.Space(byte(r)) {
			r = ' '
			if len(runes) == 0 || runes[len(runes)-1] == ' ' {
				continue
			}
		}
		runes = append(runes, r)
	}
	if n := len(runes); n > 0 && runes[n-1] == ' ' {
		runes = runes[:n-1]
	}
	switch {
	case len(runes) == 0:
		return nil, "empty word"
	case len(runes) > MaxWord:
		return nil, "too long"
	}
	return runes, ""
}

// Canonical is the form in which characters are compared without case: ASCII
// in lower case, others by simple folding to the least of their orbit.
func Canonical(r rune) rune {
	if r < 0x80 {
		if r >= 'A' && r <= 'Z' {
			r += 32
		}
		return r
	}
	if r >= 0x2e80 && r < 0xa4d0 || r >= 0xac00 && r < 0xd800 {
		return r // Han, kana, hangul: no case
	}
	least := r
	for o := unicode.SimpleFold(r); o != r; o = unicode.SimpleFold(o) {
		// U+0345, a combining mark, folds with iota; folding text drops it.
		if o >= 0x80 && o != 0x345 && (o < least || least < 0x80) {
			least = o
		}
	}
	return least
}

func (w *Words) canonical(r rune) rune {
	if w.o.CaseSensitive {
		return r
	}
	return Canonical(r)
}

// Match reports whether a word of the list is in text.
func (w *Words) Match(text string, k *Work) Result {
	if !k.Take(wordCost * int64(len(text)+1)) {
		return exhausted
	}
	var x fold.Text
	w.table.Fold(&x, text)
	found := false
	if !w.Each(&x, k, func(int, int, int) bool { found = true; return false }) {
		return exhausted
	}
	return Result{Matched: found}
}

// FindAll gives up to max matches (max < 0: all) as byte ranges of text,
// leftmost first, the longest at each place, not overlapping. exhausted means
// that the bound was met and matches may be missing.
func (w *Words) FindAll(text string, max int, k *Work) (spans [][2]int, exhausted bool) {
	if max == 0 {
		return nil, false
	}
	if !k.Take(wordCost * int64(len(text)+1)) {
		return nil, true
	}
	var x fold.Text
	w.table.Fold(&x, text)
	start, end := -1, 0
	put := func() bool {
		if start >= 0 {
			spans = append(spans, [2]int{x.Start(start), x.End(end)})
		}
		return max < 0 || len(spans) < max
	}
	more := true
	ok := w.Each(&x, k, func(s, e, _ int) bool {
		switch {
		case s == start:
			end = e
		case s >= end:
			more = put()
			start, end = s, e
		}
		return more
	})
	if more {
		put()
	}
	return spans, !ok
}

// wordCost is the number of steps that one byte costs before any word begins.
const wordCost = 2

// Each calls f with every place of every word, by rising start and then
// rising end, until f gives false: shadow offsets and index of the word. It
// reports false if the bound was met.
func (w *Words) Each(x *fold.Text, k *Work, f func(start, end, word int) bool) bool {
	if !w.ascii {
		// Every other character has a break behind it.
		last := -1 // what is dropped behind it makes more
		for _, b := range x.Breaks {
			if s := int(b.Shadow) - 1; s > last && x.Shadow[s] >= 0x80 {
				last = s
				if more, ok := w.at(x, s, k, f); !more {
					return ok
				}
			}
		}
		return true
	}
	if w.plain {
		_, ok := w.between(x, 0, len(x.Shadow), k, f)
		return ok
	}
	// Every other character has a break behind it, and a word one within.
	done := 0
	for _, b := range x.Breaks {
		at := int(b.Shadow) - 1
		if at < done || x.Shadow[at] < 0x80 {
			continue
		}
		if more, ok := w.between(x, max(done, at-w.ahead), at+1, k, f); !more {
			return ok
		}
		done = at + 1
	}
	return true
}

// between calls f with the words that begin in a range, like at.
func (w *Words) between(x *fold.Text, from, to int, k *Work, f func(start, end, word int) bool) (more, ok bool) {
	for s := from; s < to; s++ {
		if w.head[x.Shadow[s]] {
			if more, ok := w.at(x, s, k, f); !more {
				return false, ok
			}
		}
	}
	return true, true
}

// at calls f with the words that begin at s. more is false when to stop, ok
// false when that is because the bound was met.
func (w *Words) at(x *fold.Text, s int, k *Work, f func(start, end, word int) bool) (more, ok bool) {
	shadow := x.Shadow
	r := w.canonical(x.At(s))
	if w.first[r>>6&63]&(1<<(r&63)) == 0 || !w.o.String && !Boundary(shadow, s) {
		return true, true
	}
	at, i := At(w.root), s
	var b [utf8.UTFMax]byte
read:
	for i < len(shadow) {
		r := w.canonical(x.At(i))
		if r < 0x80 && fold.Space(byte(r)) {
			r = ' '
		}
		for _, c := range b[:utf8.EncodeRune(b[:], r)] {
			if !w.trie.Step(&at, c) {
				break read
			}
		}
		i++
		if r == ' ' {
			for n := 1; n < MaxSpaces && i < len(shadow) && fold.Space(shadow[i]); n++ {
				i++
			}
		}
		if ids := w.trie.IDs(at); len(ids) > 0 && (w.o.String || Boundary(shadow, i)) && !f(s, i, int(ids[0])) {
			return false, true
		}
	}
	ok = k.Take(int64(i - s + 1))
	return ok, ok
}

// Boundary reports whether a whole word can begin or end at i of the shadow:
// not between two letters or digits.
func Boundary(shadow []byte, i int) bool {
	return i <= 0 || i >= len(shadow) || !fold.Alnum(shadow[i]) || !fold.Alnum(shadow[i-1])
}
