package marking

import "strings"

// undecorate removes what frames a line: rules, stars, square brackets. item
// reports a bullet or a number before it with nothing behind.
func undecorate(line string) (s string, item bool) {
	end := len(line)
	for end > 0 && isFrame(line[end-1]) {
		end--
	}
	start := 0
	for start < end && isFrame(line[start]) {
		start++
	}
	t, head, tail := line[start:end], line[:start], trimBlank(line[end:])
	if tail == "" && head != "" && strings.ContainsAny(head, "*-") {
		item = isBlank(head[len(head)-1])
	}
	if t == "" {
		return "", item
	}
	if rest, ok := strings.CutPrefix(t, "•"); ok {
		return trimBlank(rest), true
	}
	if i := digits(t); i > 0 && i < 4 && i+1 < len(t) && (t[i] == '.' || t[i] == ')') && isBlank(t[i+1]) {
		return trimBlank(t[i+1:]), true
	}
	if len(t) > 2 && t[0] == '[' && t[len(t)-1] == ']' {
		t = trimBlank(t[1 : len(t)-1])
	}
	return t, item
}

func isFrame(c byte) bool {
	switch c {
	case ' ', '\t', '\r', '\n', '*', '_', '=', '-', '~', '#', '|', '<', '>':
		return true
	}
	return false
}

// digits is the number of digits s begins with.
func digits(s string) int {
	i := 0
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// mayBeBanner is a quick look at the first letters of an undecorated line.
// Banners begin with two capitals or with one of a few words.
func mayBeBanner(s string) bool {
	if len(s) < 2 {
		return false
	}
	if isUpper(s[0]) && isUpper(s[1]) || s[0] >= 0x80 || s[1] >= 0x80 {
		return true
	}
	word := ""
	switch s[0] | 0x20 {
	case 'c':
		word = "classi"
	case 'd':
		word = "docume"
	case 'e':
		word = "email "
	case 'f':
		word = "for of"
	case 'i':
		word = "in-con"
	case 'l':
		return len(s) >= 4 && strings.EqualFold(s[:3], "leg")
	case 'm':
		word = "markin"
	case 'o':
		word = "offici"
	case 'p':
		word = "person"
		if isAnyPrefix(s, "protec") {
			return true
		}
	case 's':
		word = "securi"
		if isAnyPrefix(s, "sensit") {
			return true
		}
	}
	return word != "" && isAnyPrefix(s, word)
}

// isAnyPrefix is strings.HasPrefix for letters in any case.
func isAnyPrefix(s, prefix string) bool {
	return len(s) >= len(prefix) && strings.EqualFold(s[:len(prefix)], prefix)
}
