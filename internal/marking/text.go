package marking

import (
	"slices"
	"strings"
)

// TextMarking is a marking in running text.
type TextMarking struct {
	Marking Marking
	// Start and End are its place in the text, in octets.
	Start, End int
}

// maxTextMarkings bounds the distinct markings reported of one text; later
// ones are reported while each ranks above all before of the same use.
const maxTextMarkings = 64

// FindText finds markings in the plain text of a body or document, in the
// order they appear: banner lines, subject tags, marking fields shown in the
// text, and paragraph marks. Equal markings of the same use are reported once,
// at the first place.
//
// Own are banner lines and tags on a line of their own in new text. Quoted
// are those in lines marked with ">" or below the head of an earlier message,
// the tags of that head's subject, and fields shown in the text. Mention are
// tags inside sentences, bulleted lines, lists of three or more classes, and
// code blocks. Historical words are read on lines of their own only.
//
// The source is set to [SourceBody].
func FindText(text string) []TextMarking {
	f := newFinder(text)
	for i := 0; i < len(text); {
		end, next := lineEnd(text, i)
		if end == i {
			f.blank()
		} else if body, use, ok := f.ordinary(i, end); ok {
			f.prose(body, use)
		} else {
			next = f.line(i, end, next)
		}
		i = next
	}
	return f.found()
}

func newFinder(text string) *finder {
	return &finder{text: text, seen: make(map[string]struct{}), noTag: !mayHoldTag(text), noPhrase: !strings.Contains(text, phrase)}
}

// found gives the markings after the last line.
func (f *finder) found() []TextMarking {
	f.flush()
	f.paragraphs()
	slices.SortStableFunc(f.out, func(a, b TextMarking) int { return a.Start - b.Start })
	return f.out
}

// finder walks over the lines of a text.
type finder struct {
	text string
	out  []TextMarking
	seen map[string]struct{}
	top  map[Use]int

	below    bool // under the head of an earlier message
	fenceEnd int  // end of the code block we are in
	noFence  bool // no fence is closed from here on

	group   group
	prev    lineState
	marks   marks
	itemsAt TextMarking // a line of markers without a class, for the next line
	items   banner

	noTag, noPhrase bool // the text holds nothing that could be one

	vocab []*vocabulary // read these instead of the Australian words
}

// lineState is what the next line must know about the last.
type lineState struct {
	blank   bool
	started bool
	prose   bool // a sentence that may go on
	colon   bool
	lead    bool // the colon ended a sentence
	banner  bool
	items   bool
	use     Use
}

// line reads the line text[i:end] and returns the start of the next, which is
// next or one after it.
func (f *finder) line(i, end, next int) int {
	first := skipBlank(f.text[:end], i)
	if first == end {
		f.blank()
		return next
	}
	c := f.text[first]
	fenced := i < f.fenceEnd
	if !fenced && (c == '`' || c == '~') && f.opensFence(i, end, next) {
		fenced = true
	}
	if !fenced && !f.below && mayStartReply(f.text[first:end]) && startsReply(f.text, i) {
		f.below = true
	}
	content, depth := f.text[i:end], 0
	if c == '>' {
		content, depth = cutQuote(content)
	}
	use := Own
	switch {
	case fenced:
		use = Mention
	case depth > 0 || f.below:
		use = Quoted
	}
	body := trimBlank(content)
	if body == "" {
		f.blank()
		return next
	}
	at := end - len(content)
	if f.vocab != nil {
		f.foreign(at, body, content, use)
		return next
	}
	if n := f.field(at, content, body[0], use, next); n > 0 {
		f.flush()
		f.prev = lineState{started: true, use: use}
		return n
	}
	tagged, alone := f.tags(at, end, next, content, use)
	if tagged && alone {
		f.flush()
		f.prev = lineState{started: true, use: use}
		return next
	}
	f.banner(at, body, content, use)
	return next
}

func (f *finder) blank() {
	if f.prev.blank {
		f.flush() // two blank lines end a list
	}
	f.prev.blank, f.prev.prose, f.prev.items = true, false, false
	f.marks.blank = true
}

// opensFence starts a code block if the line is a fence and another closes
// it.
func (f *finder) opensFence(i, end, next int) bool {
	if f.noFence {
		return false
	}
	line := strings.TrimLeft(f.text[i:end], " \t")
	var mark string
	switch {
	case strings.HasPrefix(line, "```"):
		mark = "\n```"
	case strings.HasPrefix(line, "~~~"):
		mark = "\n~~~"
	default:
		return false
	}
	j := strings.Index(f.text[max(i, next-1):], mark)
	if j < 0 {
		f.noFence = true
		return false
	}
	close := max(i, next-1) + j + 1
	_, f.fenceEnd = lineEnd(f.text, close)
	return true
}

// fieldName is the name of the field as it is written in text.
const fieldName = "X-Protective-Marking:"

// field reads a marking field shown in the text with its folded lines. It
// returns the start of the line after it, 0 if there is none.
func (f *finder) field(at int, content string, first byte, use Use, next int) int {
	if first|0x20 != 'x' && first != '*' {
		return 0
	}
	lead := len(content) - len(strings.TrimLeft(content, " \t*"))
	line := content[lead:]
	if len(line) < len(fieldName) || !strings.EqualFold(line[:len(fieldName)], fieldName) {
		return 0
	}
	value := line[len(fieldName):]
	end := at + len(content)
	for next < len(f.text) && len(value) <= maxTag {
		e, n := lineEnd(f.text, next)
		rest, _ := cutQuote(f.text[next:e])
		if rest == "" || !isBlank(rest[0]) || trimBlank(rest) == "" || !strings.ContainsRune(rest, '=') {
			break
		}
		value += "\n" + rest
		end, next = e, n
	}
	if len(value) > maxTag || trimBlank(value) == "" {
		return 0
	}
	m := ParseHeader(trimBlank(value))
	m.Source = SourceBody
	m.Use = use
	if use == Own {
		m.Use = Quoted
	}
	f.report(TextMarking{Marking: m, Start: at + lead, End: end})
	return next
}

// tags reports the subject tags of a line. alone means that nothing else is
// on it.
func (f *finder) tags(at, end, next int, content string, use Use) (found, alone bool) {
	if f.noTag || !mayHoldTag(content) {
		return false, false
	}
	area := f.text[at:end]
	if open := strings.LastIndexByte(area, '['); open >= 0 && strings.IndexByte(area[open:], ']') < 0 {
		_, n := lineEnd(f.text, next) // a tag may be wrapped
		area = f.text[at:min(n, next+maxBanner)]
	}
	type place struct{ start, end int }
	var rest int
	var tags []Tag
	last := place{}
	for _, t := range findTags(SourceBody, area, len(content)) {
		rest += len(strings.Trim(area[last.end:t.Start], " \t\r\n*_=-~#|"))
		last = place{t.Start, t.End}
		tags = append(tags, t)
	}
	if len(tags) == 0 {
		return false, false
	}
	if last.end < len(content) {
		rest += len(strings.Trim(content[last.end:], " \t\r\n*_=-~#|"))
	}
	alone = rest == 0
	for _, t := range tags {
		switch {
		case use == Mention || alone:
			t.Marking.Use = use
		case use == Quoted && headField(content) == headSubject:
			t.Marking.Use = Quoted
		case t.Marking.Has(UnterminatedTag):
			continue
		default:
			t.Marking.Use = Mention
		}
		f.report(TextMarking{Marking: t.Marking, Start: at + t.Start, End: at + t.End})
	}
	return true, alone
}

func mayHoldTag(s string) bool {
	return strings.IndexByte(s, '[') >= 0 || strings.Contains(s, "［") || strings.Contains(s, "【")
}

// report keeps a marking unless an equal one of the same use is there.
func (f *finder) report(t TextMarking) {
	m := &t.Marking
	rank, _ := ClassRank(m.Scheme, m.Classification)
	if len(f.out) >= maxTextMarkings && rank <= f.top[m.Use] {
		return
	}
	var key strings.Builder
	key.WriteString(string(m.Use) + "\x00" + m.Scheme + "\x00" + m.Classification + "\x00" + m.DLM +
		"\x00" + m.Expires + "\x00" + m.Downto)
	for _, list := range [...][]string{m.Caveats, m.IMMs} {
		key.WriteByte(1)
		for _, v := range list {
			key.WriteString(v)
			key.WriteByte(0)
		}
	}
	for _, d := range m.Diagnostics {
		key.WriteString(string(d.Code))
	}
	if _, ok := f.seen[key.String()]; ok {
		return
	}
	f.seen[key.String()] = struct{}{}
	if f.top == nil {
		f.top = make(map[Use]int)
	}
	f.top[m.Use] = max(f.top[m.Use], rank)
	f.out = append(f.out, t)
}
