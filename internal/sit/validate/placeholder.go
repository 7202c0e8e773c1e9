package validate

import (
	"slices"
	"strings"
)

// placeholderWords are parts of values that documentation and templates put
// where a secret goes.
const placeholderWords = "example placeholder changeme change_me change-me replace your_ your- yourpassword " +
	"youraccount yourkey insert dummy sample redacted removed masked hidden notreal fake " +
	"todo xxxx **** .... ____ ---- #### password123 mysecret secretkey accountkey 1234567890 abcdefgh 00000000"

// notPlaceholder refuses empty text, template markers, text of very few
// different characters, and text with one of the known words.
func notPlaceholder(s string) bool {
	if s == "" || len(s) > maxSecret {
		return false
	}
	switch s[0] {
	case '<', '{', '[', '%', '$':
		if last := s[len(s)-1]; last == '>' || last == '}' || last == ']' || last == '%' {
			return false
		}
		if s[0] == '$' && len(s) > 1 && (s[1] == '{' || s[1] == '(') {
			return false
		}
	}
	if len(s) >= 6 && atMostTwo(s) {
		return false
	}
	return !placeholders.in(s)
}

// atMostTwo reports whether s has at most two different characters, case aside.
func atMostTwo(s string) bool {
	first, second, n := toLower(s[0]), byte(0), 1
	for i := 1; i < len(s); i++ {
		switch c := toLower(s[i]); {
		case c == first || n == 2 && c == second:
		case n == 2:
			return false
		default:
			second, n = c, 2
		}
	}
	return true
}

var placeholders = newContained(strings.Fields(placeholderWords))

// contained finds whether any of some words occurs in a text, in any case: an
// automaton that has read the longest beginning of a word that the text ends
// with.
type contained struct {
	class [256]uint8 // 0 for what is in no word
	next  []uint16   // by state, a multiple of width, and class
	last  uint16     // state behind a word
}

// width is more than the classes of characters.
const width = 64

func newContained(words []string) *contained {
	c := &contained{next: make([]uint16, width)}
	classes := uint8(0)
	behind := map[string]uint16{} // beginning of a word → its state
	var begins []string           // short ones first
	most := 0
	for _, w := range words {
		most = max(most, len(w))
		for i := range len(w) {
			if c.class[w[i]] == 0 {
				classes++
				c.class[w[i]] = classes
				if 'a' <= w[i] && w[i] <= 'z' {
					c.class[w[i]-'a'+'A'] = classes
				}
			}
		}
	}
	for n := range most {
		for _, w := range words {
			if n < len(w) && (n == 0 || behind[w[:n]] != 0) && behind[w[:n+1]] == 0 {
				behind[w[:n+1]] = uint16(len(c.next))
				c.next = append(c.next, make([]uint16, width)...)
				begins = append(begins, w[:n+1])
			}
		}
	}
	c.last = uint16(len(c.next))
	for _, b := range append([]string{""}, begins...) {
		for k := range 0x80 {
			// The longest beginning that the text then ends with, or a word.
			to := uint16(0)
			for text := b + string(rune(k)); text != ""; text = text[1:] {
				if to == 0 {
					to = behind[text]
				}
				if slices.Contains(words, text) {
					to = c.last
				}
			}
			if to != 0 {
				c.next[behind[b]+uint16(c.class[k])] = to
			}
		}
	}
	return c
}

// in reports whether a word occurs in s.
func (c *contained) in(s string) bool {
	at := uint16(0)
	for i := 0; i < len(s); i++ {
		if at = c.next[at+uint16(c.class[s[i]])]; at == c.last {
			return true
		}
	}
	return false
}
