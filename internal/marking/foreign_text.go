package marking

import (
	"slices"
	"strings"
)

// foreignText finds markings of the vocabularies in running text, by the same
// rules of use as [FindText].
func foreignText(text string, vs []*vocabulary) []TextMarking {
	if len(vs) == 0 {
		return nil
	}
	f := finder{text: text, seen: make(map[string]struct{}), vocab: vs}
	for i := 0; i < len(text); {
		end, next := lineEnd(text, i)
		i = f.line(i, end, next)
	}
	f.flush()
	f.portions()
	slices.SortStableFunc(f.out, func(a, b TextMarking) int { return a.Start - b.Start })
	return f.out
}

// foreign looks at one line.
func (f *finder) foreign(at int, body, content string, use Use) {
	start := at + strings.Index(content, body)
	t := TextMarking{Start: start, End: start + len(body)}
	s, letters := body, false
	if len(s) <= 2*maxBanner && !plainASCII(s) {
		fd := foldText(s)
		s, letters = fd.text, fd.letters
	}
	state := lineState{started: true, use: use}
	bare, item, short := bareLine(s)
	for _, v := range f.vocab {
		w, ok := v.lineTag(s)
		if !ok && short {
			w, ok = v.readBare(bare)
			w.item = item
		}
		if !ok {
			continue
		}
		t.Marking = v.marking(w, SourceBody, f.text[t.Start:t.End])
		if letters {
			r := reader{m: &t.Marking}
			r.add(LookalikeTag, 0, "written with characters that only look like letters")
		}
		t.Marking.Use = use
		if w.item || f.prev.prose && !f.prev.blank {
			t.Marking.Use = Mention
		}
		f.join(t, use)
		state.banner = true
		f.prev = state
		return
	}
	f.flush()
	f.inlineTags(start, s, body, use)
	f.portion(start, body, use)
	state.colon = strings.HasSuffix(body, ":")
	state.prose = goesOn(body)
	f.prev = state
}

// lineTag reads a line that is nothing but a tag in brackets.
func (v *vocabulary) lineTag(s string) (words, bool) {
	s = strings.Trim(s, " \t*_")
	if len(s) < 3 || len(s) > maxWord || s[0] != '[' || s[len(s)-1] != ']' {
		return words{}, false
	}
	return v.tag(s[1 : len(s)-1])
}

// inlineTags reports tags in brackets inside a sentence.
func (f *finder) inlineTags(start int, s, body string, use Use) {
	if s != body {
		return // folded: places would not fit
	}
	for _, v := range f.vocab {
		if len(v.tags) == 0 {
			continue
		}
		for i, n := 0, 0; n < maxBrackets; n++ {
			j := strings.IndexByte(s[i:], '[')
			if j < 0 {
				break
			}
			i += j + 1
			k := strings.IndexByte(s[i:min(len(s), i+maxWord)], ']')
			if k < 0 {
				continue
			}
			if w, ok := v.tag(s[i : i+k]); ok {
				m := v.marking(w, SourceBody, s[i-1:i+k+1])
				m.Use = Mention
				if use == Quoted {
					m.Use = Quoted
				}
				f.report(TextMarking{Marking: m, Start: start + i - 1, End: start + i + k + 1})
			}
		}
	}
}

// portion counts paragraphs marked "(CUI) …" or "(CUI//…) …" in new text.
func (f *finder) portion(start int, body string, use Use) {
	if use != Own || len(body) < 4 || body[0] != '(' {
		return
	}
	for _, v := range f.vocab {
		n := len(v.portion)
		if n == 0 || len(body) < n+3 || body[1:1+n] != v.portion || body[1+n] != ')' && body[1+n] != '/' {
			continue
		}
		end := strings.IndexByte(body[:min(len(body), maxBanner)], ')')
		if end < 0 || end+1 == len(body) {
			continue
		}
		w, ok := v.readBare(body[1:end])
		if !ok {
			continue
		}
		f.marks.marked++
		if f.marks.marked == 1 {
			f.marks.first = append(f.marks.first, TextMarking{Marking: v.marking(w, SourceBody, body[:end+1]), Start: start, End: start + end + 1})
		}
	}
}

// portions reports the first marked paragraph: as own where it is a habit.
func (f *finder) portions() {
	for _, t := range f.marks.first {
		if f.marks.marked < manyMarks {
			t.Marking.Use = Mention
		}
		f.report(t)
	}
}
