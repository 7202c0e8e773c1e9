package message

import "strings"

// cutParam splits one name=value pair off s. spare is a second reading of the
// value where the first is doubtful: a quote that is not closed, or text after
// a closing quote.
func cutParam(s string) (name, value, spare, rest string) {
	for s != "" {
		t := skipBlank(s)
		if t == "" || t[0] != ';' && t[0] != ',' {
			s = t
			break
		}
		s = t[1:]
	}
	i := strings.IndexAny(s, "=;")
	if i < 0 {
		return "", "", "", ""
	}
	name = strings.Trim(s[:i], " \t\"")
	if j := strings.LastIndexAny(name, " \t)"); j >= 0 { // junk before the name
		name = name[j+1:]
	}
	if s[i] == ';' {
		return "", "", "", s[i+1:]
	}
	s = strings.TrimLeft(s[i+1:], " \t")
	if strings.HasPrefix(s, `"`) {
		value, spare, rest = cutQuoted(s)
		return name, value, spare, rest
	}
	if strings.HasPrefix(s, "'") { // QUIRK: single quotes used like double ones
		if end := strings.IndexByte(s[1:], '\''); end > 0 && !strings.HasSuffix(name, "*") {
			tail := strings.TrimLeft(s[end+2:], " \t")
			if tail == "" || tail[0] == ';' {
				return name, s[1 : end+1], s[:end+2], tail
			}
		}
	}
	value, rest = cutToken(s)
	return name, value, "", rest
}

// cutQuoted reads a quoted string at the start of s. Backslashes quote one
// character, except where that would break a Windows path.
func cutQuoted(s string) (value, spare, rest string) {
	var b strings.Builder
	i := 1
	for ; i < len(s) && s[i] != '"'; i++ {
		if s[i] == '\\' && i+1 < len(s) && (s[i+1] == '"' || s[i+1] == '\\') {
			i++
		}
		b.WriteByte(s[i])
	}
	value = b.String()
	if i >= len(s) {
		// No closing quote: everything, or what stands before the next
		// parameter.
		body := s[1:]
		if j := strings.IndexByte(body, ';'); j >= 0 {
			return strings.TrimSpace(body[:j]), value, body[j:]
		}
		return strings.TrimSpace(value), "", ""
	}
	rest = s[i+1:]
	if t := skipBlank(rest); t == "" || t[0] == ';' {
		return value, "", t
	}
	// QUIRK: name="a" b.txt, or a quote inside the name.
	tail, after := cutToken(rest)
	if strings.Trim(tail, " \t\"") != "" {
		spare = strings.TrimSpace(s[1:i] + strings.Trim(tail, "\""))
	}
	return value, spare, after
}

// cutToken reads an unquoted value up to the next parameter. It may hold
// characters a token must not (RFC 2045 5.1), blanks too: "name=my file.txt".
// A blank followed by "word=" begins the next parameter, which had its
// semicolon forgotten.
func cutToken(s string) (value, rest string) {
	end := strings.IndexByte(s, ';')
	if end < 0 {
		end = len(s)
	}
	v := s[:end]
	for from := 0; ; {
		i := strings.IndexAny(v[from:], " \t")
		if i < 0 {
			break
		}
		i += from
		next := strings.TrimLeft(v[i:], " \t")
		from = len(v) - len(next)
		if next == "" || next[0] == '(' {
			return trimComment(v[:i]), s[end:]
		}
		eq := strings.IndexAny(next, "= \t")
		if eq > 0 && next[eq] == '=' && paramName(next[:eq]) {
			return trimComment(v[:i]), ";" + next + s[end:]
		}
	}
	return trimComment(v), s[end:]
}

// paramName reports a word that is known as a parameter of the fields read
// here; any other "word=" may as well be part of a file name or boundary.
func paramName(s string) bool {
	s = strings.ToLower(s)
	if i := strings.IndexByte(s, '*'); i >= 0 {
		s = s[:i]
	}
	switch s {
	case "boundary", "charset", "name", "filename", "format", "delsp", "type", "size", "smime-type", "protocol",
		"micalg", "start", "report-type", "method", "creation-date", "modification-date", "read-date", "access-type":
		return true
	}
	return false
}

// trimComment trims blanks and a comment at the end.
func trimComment(v string) string {
	if i := strings.Index(v, " ("); i > 0 && strings.HasSuffix(strings.TrimSpace(v), ")") {
		v = v[:i]
	}
	return strings.TrimSpace(v)
}
