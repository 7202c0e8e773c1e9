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

// maxLine is the longest line of a header without its line end (RFC 5322
// 2.1.1). Postfix cuts what is longer wherever it happens to be.
const maxLine = 998

// foldLong breaks lines of a clean value that are too long at white space,
// which stays (RFC 5322 2.2.3). A line without any is left to the MTA. used
// is what comes before the value on its first line.
func foldLong(used int, s string) string {
	if used+len(s) <= maxLine {
		return s
	}
	var b strings.Builder
	for i, l := range strings.Split(s, "\n") {
		if i > 0 {
			b.WriteByte('\n')
			used = 0
		}
		for used+len(l) > maxLine {
			cut := foldAt(l, maxLine-used)
			if cut == 0 {
				break
			}
			b.WriteString(l[:cut] + "\n")
			l, used = l[cut:], 0
		}
		b.WriteString(l)
	}
	return b.String()
}

// foldAt gives the best place for a fold: where white space begins between
// texts, the last one within room, else the first one after; 0 for none.
func foldAt(l string, room int) int {
	blank := func(i int) bool { return l[i] == ' ' || l[i] == '\t' }
	start := len(l) - len(strings.TrimLeft(l, " \t"))
	end := len(strings.TrimRight(l, " \t"))
	best := 0
	for i := start + 1; i < end && (i <= room || best == 0); i++ {
		if blank(i) && !blank(i-1) {
			best = i
		}
	}
	return best
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
