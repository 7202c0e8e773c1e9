package marking

import "strings"

// Tag is a marking in a subject.
type Tag struct {
	Marking Marking
	// Start and End are its place in the decoded subject, in octets, brackets
	// included. A tag that is never closed ends where the last thing that
	// could be read of it does.
	Start, End int
}

// maxTags bounds the tags reported of one text. Later ones are still reported
// while each ranks above all before.
const maxTags = 64

// FindSubject finds the tags in a subject whose encoded words are decoded,
// from left to right. The standard's reader takes the first (EPMS 2024 §6
// footnote 5); with more than one the first says so. Historical tags, tags of
// other namespaces, tags never closed and tags written with look-alike
// characters are reported too, each with its diagnostic.
func FindSubject(subject string) []Tag {
	return findTags(SourceSubject, subject, len(subject))
}

// findTags finds the tags that begin before the octet limit.
func findTags(src Source, text string, limit int) []Tag {
	var tags []Tag
	total, top := 0, 0
	eachTag(src, text, limit, func(t Tag) {
		rank, _ := Rank(t.Marking.Classification)
		if total++; total <= maxTags || rank > top {
			tags = append(tags, t)
		}
		top = max(top, rank)
	})
	if total > 1 && src == SourceSubject {
		m := &tags[0].Marking
		m.Diagnostics = append(m.Diagnostics, diagnostic(SeveralSubjectTags, 0,
			"the subject has several tags, the leftmost counts"))
	}
	return tags
}

// eachTag calls found for every tag that begins before the octet limit.
func eachTag(src Source, text string, limit int, found func(Tag)) {
	if plainASCII(text) {
		eachTagIn(src, text, nil, text, limit, found)
		return
	}
	f := foldText(text)
	eachTagIn(src, f.text, f.offs, text, limit, found)
}

// eachTagIn reads tags in text. offs, if not nil, maps its octets to those of
// original.
func eachTagIn(src Source, text string, offs []int, original string, limit int, found func(Tag)) {
	at := func(i int) int {
		if offs == nil {
			return i
		}
		return offs[i]
	}
	for i := 0; i < len(text) && at(i) < limit; i++ {
		if c := text[i]; c != '[' && c != '(' && c != '{' && c != '<' {
			continue
		}
		k := readKey(text, skipBlank(text, i+1))
		if !k.present || !opensTag(k) {
			continue
		}
		m, end, ok := readTag(src, text, i, k)
		if !ok {
			continue
		}
		t := Tag{Marking: m, Start: at(i), End: at(end)}
		if offs != nil {
			fromFolded(&t, text[i:end], offs[i:], original)
		}
		t.Marking.Raw = original[t.Start:t.End]
		for d := range t.Marking.Diagnostics { // blanks cut off an open tag
			p := &t.Marking.Diagnostics[d].Offset
			*p = min(*p, len(t.Marking.Raw))
		}
		found(t)
		i = end - 1
	}
}

// fromFolded brings the places in t back to the original text and reports
// what was not ASCII there.
func fromFolded(t *Tag, text string, offs []int, original string) {
	ds := t.Marking.Diagnostics
	for i := range ds {
		if ds[i].Offset < len(offs) {
			ds[i].Offset = max(0, offs[ds[i].Offset]-t.Start)
		}
	}
	if original[t.Start:t.End] == text || t.Marking.Scheme != SchemeAU {
		return
	}
	// The frame is everything up to the equals sign, and the last bracket.
	frame := strings.IndexAny(text, "=:") + 1
	for i := 0; i < frame; i++ {
		if original[offs[i]] != text[i] {
			t.lookalike()
			return
		}
	}
	if last := len(text) - 1; original[offs[last]] != text[last] {
		t.lookalike()
		return
	}
	t.Marking.Diagnostics = append(ds, diagnostic(NonASCIIMarking, 0,
		"the marking is not plain printable ASCII"))
}

func (t *Tag) lookalike() {
	for _, d := range t.Marking.Diagnostics {
		if d.Code == LookalikeTag {
			return
		}
	}
	t.Marking.Diagnostics = append(t.Marking.Diagnostics, diagnostic(LookalikeTag, 0,
		"written with characters that only look like those of a tag"))
}

// readTag reads a tag whose bracket is text[i] and whose first name is k.
func readTag(src Source, text string, i int, k key) (m Marking, end int, ok bool) {
	square := text[i] == '['
	if !square && (k.kind != kSEC || !k.exact || k.colon) {
		return m, 0, false
	}
	m = newMarking(src, "")
	r := reader{m: &m, s: text, origin: i, close: closer(text[i])}
	if text[i+1] != text[skipBlank(text, i+1)] {
		r.add(SpaceInValue, i+1, "blanks after the bracket")
	}
	end, closed := r.elements(i + 1)
	if !r.isMarking(k, text[i+1:end], closed, square) {
		return m, 0, false
	}
	if !square {
		r.add(LookalikeTag, i, "the brackets of a tag are square")
	}
	if !closed {
		r.add(UnterminatedTag, i, "the tag is not closed")
		end = trimmedEnd(text, i, end)
	}
	if end-i-2 > maxMarking {
		r.add(MarkingTooLong, i, "more than 998 octets")
	}
	r.finish()
	return m, end, true
}

// opensTag tells whether a tag can begin with k; a colon passes for "=" only
// after the two names that were ever written so.
func opensTag(k key) bool {
	switch k.kind {
	case kSEC, kDLM:
		return true
	case kUnknown, kNOTE, kORIGIN:
		return false
	}
	return !k.colon
}

func closer(open byte) byte {
	switch open {
	case '(':
		return ')'
	case '{':
		return '}'
	case '<':
		return '>'
	}
	return ']'
}

// isMarking tells a marking from other bracketed text that begins like one.
func (r *reader) isMarking(first key, inner string, closed, square bool) bool {
	m := r.m
	readable := m.Classification != "" || m.DLM != ""
	switch {
	case !square:
		_, known := Rank(m.Classification)
		return known && closed
	case readable:
		return true
	case first.colon: // "[SEC: form 10-K]"
		return false
	case first.kind == kSEC || first.kind == kDLM:
		// A name in another case before something that is no word, as in
		// "[sec=30]", is a variable, not a marking.
		return first.exact || first.value < len(r.s) && isLetter(r.s[first.value])
	case r.seen[kSEC] || r.seen[kDLM]:
		return true
	case strings.IndexByte(inner, '[') >= 0: // free text that swallowed a tag
		return false
	}
	// No class at all: a marking that lost it, if a caveat or marker is known.
	for _, c := range m.Caveats {
		if readCaveat(c).known {
			return true
		}
	}
	for _, imm := range m.IMMs {
		if canon, _ := readIMM(imm); canon != "" {
			return true
		}
	}
	return false
}

// trimmedEnd moves the end of an unclosed tag back over blanks and commas.
func trimmedEnd(text string, start, end int) int {
	for end > start+1 && (isBlank(text[end-1]) || text[end-1] == ',') {
		end--
	}
	return end
}
