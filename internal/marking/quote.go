package marking

import "strings"

// Where the text of an earlier message begins. Mail clients mark it with ">"
// before each line, or with a line or a block of header fields after which
// everything is old.

// maxHead is the longest line looked at as part of a reply head, in octets.
const maxHead = 300

// lineEnd is the end of the line at text[i:], without its line break, and the
// start of the next.
func lineEnd(text string, i int) (end, next int) {
	j := strings.IndexByte(text[i:], '\n')
	if j < 0 {
		return len(text), len(text)
	}
	end, next = i+j, i+j+1
	if end > i && text[end-1] == '\r' {
		end--
	}
	return end, next
}

// cutQuote removes ">" marks and the blanks around them.
func cutQuote(line string) (rest string, depth int) {
	for {
		t := strings.TrimLeft(line, " \t")
		if t == "" || t[0] != '>' {
			return line, depth
		}
		line = t[1:]
		depth++
	}
}

// mayStartReply is a quick look at a line that begins with no blank.
func mayStartReply(line string) bool {
	switch line[0] {
	case '-', '_', '*':
		return true
	case 'B', 'b':
		return isAnyPrefix(line, "begin")
	case 'F', 'f', 'V', 'v', 'D', 'd':
		return strings.IndexByte(line[:min(len(line), maxHeadName+1)], ':') > 0
	case 'O':
		return strings.HasPrefix(line, "On ")
	case 'A':
		return strings.HasPrefix(line, "Am ")
	case 'L':
		return strings.HasPrefix(line, "Le ")
	}
	return false
}

// startsReply tells whether the line at text[i:] begins the head of an
// earlier message below which everything is old.
func startsReply(text string, i int) bool {
	end, next := lineEnd(text, i)
	line := strings.Trim(text[i:end], " \t*_")
	if len(line) > maxHead {
		return false
	}
	if line == "" {
		// A rule of underscores with the first field under it.
		if strings.Count(text[i:end], "_") < 10 {
			return false
		}
		j := next
		for range 2 {
			e, n := lineEnd(text, j)
			if headField(text[j:e]) == headFrom {
				return true
			}
			j = n
		}
		return false
	}
	switch line[0] {
	case '-':
		return isRule(line)
	case 'B', 'b':
		return strings.EqualFold(line, "begin forwarded message:")
	case 'F', 'f', 'V', 'v', 'D', 'd':
		return headField(line) == headFrom && isHead(text, next)
	case 'O', 'A', 'L':
		after, ok := attribution(text, i)
		return ok && !quotesFollow(text, after)
	}
	return false
}

// isRule knows "-----Original Message-----" and its like.
func isRule(line string) bool {
	if !strings.HasPrefix(line, "--") || !strings.HasSuffix(line, "--") {
		return false
	}
	switch strings.ToLower(strings.Trim(line, "- ")) {
	case "original message", "forwarded message", "ursprüngliche nachricht", "weitergeleitete nachricht",
		"message d'origine", "message d’origine", "message transféré", "original appointment":
		return true
	}
	return false
}

// head is a field of the block mail clients put over an earlier message.
type head uint8

const (
	headNone head = iota
	headFrom
	headOther
	headSubject
)

// maxHeadName is the longest name of such a field, in octets.
const maxHeadName = 16

// headField knows the fields in English, German and French.
func headField(line string) head {
	line = strings.TrimLeft(line, " \t*_")
	i := strings.IndexByte(line, ':')
	if i < 0 || i > maxHeadName {
		return headNone
	}
	switch strings.ToLower(strings.Trim(line[:i], " \u00a0*_")) {
	case "from", "von", "de":
		return headFrom
	case "sent", "date", "to", "cc", "bcc", "reply-to", "importance", "gesendet", "datum", "an",
		"envoyé", "à", "attachments":
		return headOther
	case "subject", "betreff", "objet":
		return headSubject
	}
	return headNone
}

// isHead tells whether at least two more fields follow a From line.
func isHead(text string, i int) bool {
	n := 0
	for range 6 {
		if i >= len(text) {
			break
		}
		end, next := lineEnd(text, i)
		if f := headField(text[i:min(end, i+maxHead)]); f == headOther || f == headSubject {
			n++
		}
		i = next
	}
	return n >= 2
}

// attribution knows "On … wrote:", over up to three lines, and returns where
// the line after it starts.
func attribution(text string, i int) (after int, ok bool) {
	line := text[i:min(len(text), i+4)]
	begin := strings.TrimLeft(line, " \t*_")
	if !strings.HasPrefix(begin, "On ") && !strings.HasPrefix(begin, "Am ") && !strings.HasPrefix(begin, "Le ") {
		return 0, false
	}
	for range 3 {
		end, next := lineEnd(text, i)
		if end-i > maxHead {
			return 0, false
		}
		s := strings.TrimRight(text[i:end], " \t*_\u00a0")
		if s == "" {
			return 0, false
		}
		for _, p := range [...]string{" wrote:", " schrieb:", " a écrit :", " a écrit:", " a écrit\u00a0:"} {
			if strings.HasSuffix(s, p) {
				return next, true
			}
		}
		if strings.HasPrefix(begin, "Am ") && strings.Contains(s, " schrieb ") && strings.HasSuffix(s, ":") {
			return next, true
		}
		if s == "wrote:" || s == "schrieb:" || next == len(text) {
			return next, s == "wrote:" || s == "schrieb:"
		}
		i = next
	}
	return 0, false
}

// quotesFollow tells whether the next line with text is marked with ">"; then
// the marks say what is old, and new text may stand below.
func quotesFollow(text string, i int) bool {
	for range 4 {
		if i >= len(text) {
			return false
		}
		end, next := lineEnd(text, i)
		if t := strings.TrimLeft(text[i:end], " \t"); t != "" {
			return t[0] == '>'
		}
		i = next
	}
	return false
}
