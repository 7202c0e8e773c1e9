package validate

import "strings"

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
	var seen [256]bool
	different := 0
	for i := 0; i < len(s); i++ {
		if c := toLower(s[i]); !seen[c] {
			seen[c] = true
			different++
		}
	}
	if len(s) >= 6 && different <= 2 {
		return false
	}
	for words := placeholderWords; words != ""; {
		var w string
		w, words, _ = strings.Cut(words, " ")
		if containsFold(s, w) {
			return false
		}
	}
	return true
}

// containsFold reports whether lower-case ASCII w occurs in s in any case.
func containsFold(s, w string) bool {
	for i := 0; i+len(w) <= len(s); i++ {
		j := 0
		for j < len(w) && toLower(s[i+j]) == w[j] {
			j++
		}
		if j == len(w) {
			return true
		}
	}
	return false
}
