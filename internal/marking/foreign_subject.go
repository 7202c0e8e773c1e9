package marking

import "strings"

// Markings of other schemes in a subject: in brackets anywhere, at the start
// before a colon, dash or bar, at the end after a dash or bar, or as all of
// it. Prefixes of replies do not count.

// maxBrackets bounds the brackets looked at in one subject.
const maxBrackets = 64

// subject finds the markings of the vocabulary in a decoded subject.
func (v *vocabulary) subject(subject string) []Tag {
	text, at := subject, func(i int) int { return i }
	letters := false
	if !plainASCII(subject) {
		f := foldText(subject)
		text, letters = f.text, f.letters
		at = func(i int) int {
			if i >= len(f.offs) {
				return len(subject)
			}
			return f.offs[i]
		}
	}
	var tags []Tag
	add := func(w words, start, end int) {
		for _, t := range tags {
			if t.Start < at(end) && at(start) < t.End {
				return
			}
		}
		t := Tag{Start: at(start), End: at(end)}
		t.Marking = v.marking(w, SourceSubject, subject[t.Start:t.End])
		if letters {
			r := reader{m: &t.Marking}
			r.add(LookalikeTag, 0, "the subject has characters that only look like letters")
		}
		tags = append(tags, t)
	}
	v.brackets(text, add)
	if w, start, end, ok := v.start(text); ok {
		add(w, start, end)
	}
	if w, start, ok := v.end(text); ok {
		add(w, start, len(text))
	}
	for _, p := range v.phrases {
		if i := indexFold(text, p); i >= 0 && len(v.classes) > 0 {
			add(words{class: v.classes[0].name, own: true}, i, i+len(p))
		}
	}
	return tags
}

func (v *vocabulary) brackets(text string, add func(w words, start, end int)) {
	from := 0
	for range maxBrackets {
		i := strings.IndexAny(text[from:], "[({")
		if i < 0 {
			return
		}
		i += from
		from = i + 1
		j := strings.IndexByte(text[i:min(len(text), i+maxBanner)], closer(text[i]))
		if j < 0 {
			continue
		}
		inner := trimBlank(text[i+1 : i+j])
		w, ok := words{}, false
		if text[i] == '[' {
			w, ok = v.tag(inner)
		}
		if !ok {
			w, ok = v.readBare(inner)
		}
		if ok {
			add(w, i, i+j+1)
			from = i + j + 1
		}
	}
}

// cutReplies is the length of the reply prefixes at the start of a subject.
func cutReplies(s string) int {
	n := 0
	for range 64 {
		k := skipBlank(s, n)
		i := strings.IndexByte(s[k:min(len(s), k+8)], ':')
		if i < 0 {
			return k
		}
		switch strings.ToLower(s[k : k+i]) {
		case "re", "fw", "fwd", "aw", "wg", "sv", "vs", "antw", "tr", "rv":
			n = k + i + 1
		default:
			return k
		}
	}
	return n
}

// start reads a marking at the start: the longest that ends at a separator
// and has only items of the scheme, else the shortest.
func (v *vocabulary) start(text string) (w words, start, end int, ok bool) {
	start = cutReplies(text)
	s := text[start:min(len(text), start+maxBanner)]
	if len(s) < 2 || !isUpper(s[0]) {
		return w, 0, 0, false
	}
	cuts := 0
	for i := 1; i <= len(s) && cuts < maxItems; i++ {
		switch {
		case i == len(s) && start+i == len(text):
		case i == len(s):
			continue
		case s[i] == ':' && i+1 < len(s) && isBlank(s[i+1]):
		case (s[i] == '-' || s[i] == '|' || s[i] == '/') && isBlank(s[i-1]):
		default:
			continue
		}
		cuts++
		if r, good := v.readBare(trimBlank(s[:i])); good && (!ok || !r.unknown) {
			w, end, ok = r, start+i, true
		}
	}
	return w, start, end, ok
}

// end reads a marking after the last dash or bar.
func (v *vocabulary) end(text string) (w words, start int, ok bool) {
	from := max(0, len(text)-maxBanner)
	cuts := 0
	for i := len(text) - 2; i > from && cuts < 4; i-- {
		if (text[i] == '-' || text[i] == '|') && isBlank(text[i-1]) && isBlank(text[i+1]) {
			cuts++
			if r, good := v.readBare(trimBlank(text[i+1:])); good {
				w, start, ok = r, i+1, true
			}
		}
	}
	return w, start, ok
}

// indexFold finds a phrase of ASCII letters and blanks as whole words, in any
// case.
func indexFold(s, phrase string) int {
	for i := 0; i+len(phrase) <= len(s); i++ {
		if s[i]|0x20 != phrase[0]|0x20 || !strings.EqualFold(s[i:i+len(phrase)], phrase) {
			continue
		}
		if i > 0 && (isLetter(s[i-1]) || isDigit(s[i-1])) {
			continue
		}
		if j := i + len(phrase); j < len(s) && (isLetter(s[j]) || isDigit(s[j])) {
			continue
		}
		return i
	}
	return -1
}
