package milter

import "strings"

// validName holds for a field name: ftext of RFC 5322 3.6.8. MTAs pass any
// other name through as it is.
func validName(s string) bool {
	if s == "" || len(s) > maxName {
		return false
	}
	for i := range len(s) {
		if c := s[i]; c <= ' ' || c >= 0x7f || c == ':' {
			return false
		}
	}
	return true
}

// cleanValue makes a field value safe: no CR, no NUL, LF only as a fold
// before white space and something to follow, elsewhere a blank.
func cleanValue(s string) string {
	if !strings.ContainsAny(s, "\r\n\x00") {
		return s
	}
	s = strings.NewReplacer("\r", "", "\x00", "").Replace(s)
	lines := strings.Split(s, "\n")
	var b strings.Builder
	b.WriteString(lines[0])
	for _, l := range lines[1:] {
		switch {
		case strings.Trim(l, " \t") == "": // a blank line could end the header
		case l[0] == ' ' || l[0] == '\t':
			b.WriteString("\n" + l)
		default:
			b.WriteString(" " + l)
		}
	}
	return b.String()
}

// validPath refuses addresses that could end the <path> or the frame. A
// recipient that is deleted may be spelled in any way a client got through.
func validPath(s string, strict bool) bool {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			return false
		case !strict:
		case quoted && c == '\\':
			if i++; i >= len(s) || s[i] < ' ' || s[i] == 0x7f {
				return false
			}
		case c == '"':
			quoted = !quoted
		case !quoted && (c == '<' || c == '>' || c == ' '):
			return false
		}
	}
	return !quoted && len(s) <= maxTextFrame/2
}

// reason makes a quarantine reason one printable line.
func reason(s string) string {
	s = strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, s)
	if s = strings.TrimSpace(s); s == "" {
		return "held by policy"
	}
	return s[:min(len(s), maxReason)]
}
