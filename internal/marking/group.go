package marking

import "strings"

// group is a run of banner lines, with at most single blank lines between:
// one marking, a marking over several lines, or a list of all there are.
type group struct {
	lines   []TextMarking
	classes map[string]struct{}
	use     Use
	intro   bool // the line before ended in a colon
	lead    bool // and was a sentence, not a name such as "Classification:"
	past    bool // all classes are those of old schemes
}

// maxGroup bounds the markings kept of one group before their use is known.
const maxGroup = 32

// maxItem is the longest item of a list of classes, in octets.
const maxItem = 40

// minLead is how many blanks a sentence before a list has at the least.
const minLead = 3

// manyClasses is how many different classes make a group a list.
const manyClasses = 3

func (f *finder) flush() {
	g := &f.group
	if len(g.lines) == 0 {
		f.prev.banner = false
		return
	}
	n := len(g.classes)
	// Behind a colon one word of an old scheme is the item of a list already.
	list := n >= manyClasses || g.intro && (n >= 2 || g.past && g.lead)
	for _, t := range g.lines {
		if list {
			t.Marking.Use = Mention
		}
		f.report(t)
	}
	*g = group{}
	f.prev.banner = false
}

func (f *finder) join(t TextMarking, use Use) {
	g := &f.group
	if len(g.lines) > 0 && g.use != use {
		f.flush()
	}
	if len(g.lines) == 0 {
		*g = group{use: use, intro: f.prev.colon, lead: f.prev.lead, past: true, classes: map[string]struct{}{}}
	}
	_, present := Rank(t.Marking.Classification)
	g.past = g.past && !present
	g.classes[t.Marking.Classification+"/"+t.Marking.DLM] = struct{}{}
	if n := len(g.lines); n < maxGroup {
		g.lines = append(g.lines, t)
	} else if Lower(g.lines[n-1].Marking.Classification, t.Marking.Classification) {
		g.lines[n-1] = t // the last place is for the highest
	}
}

// banner looks at a line that is neither field nor tag.
func (f *finder) banner(at int, body, content string, use Use) {
	if mayRead(body) {
		f.reads(at, body, content, use)
	} else {
		f.passes(at, body, content, use)
	}
}

// passes takes in a line that is no banner.
func (f *finder) passes(at int, body, content string, use Use) {
	f.flush()
	f.mentions(at, content, use)
	f.marks.see(body, at+skipBlank(content, 0), use)
	f.after(body, use)
}

// reads looks at a line that may be a banner.
func (f *finder) reads(at int, body, content string, use Use) {
	b, ok, letters := f.readLine(body)
	if !ok {
		f.passes(at, body, content, use)
		return
	}
	start := at + skipBlank(content, 0)
	state := lineState{started: true, use: use}
	t := TextMarking{Start: start, End: start + len(body)}
	switch {
	case b.hasClass():
		if f.prev.items && !f.prev.blank && f.prev.use == use && !b.historical {
			b = merged(f.items, b)
			t.Start = f.itemsAt.Start
		}
		t.Marking = b.marking(f.text[t.Start:t.End])
		if letters {
			r := reader{m: &t.Marking}
			r.add(LookalikeTag, 0, "written with characters that only look like letters")
		}
		t.Marking.Use = use
		if b.item || f.prev.prose && !f.prev.blank {
			t.Marking.Use = Mention
		}
		f.join(t, use)
		state.banner = true
		state.colon, state.lead = f.prev.colon && !f.prev.blank, f.prev.lead
		f.items = b
	case f.prev.banner && !f.prev.blank && len(f.group.lines) > 0 && f.prev.use == use:
		// Markers and caveats on the line after the class.
		last := &f.group.lines[len(f.group.lines)-1]
		was := last.Marking.Use
		f.items = merged(b, f.items)
		last.End = t.End
		last.Marking = f.items.marking(f.text[last.Start:last.End])
		last.Marking.Use = was
		state.banner = true
	default:
		f.flush()
		f.items, f.itemsAt = b, t
		state.items = true
	}
	f.marks.blank = false
	f.prev = state
}

// after notes what the next line must know about a line without a banner.
func (f *finder) after(body string, use Use) {
	p := &f.prev
	// A short line in a list goes on with it.
	if strings.HasSuffix(body, ":") {
		p.colon, p.lead = true, strings.Count(body, " ") >= minLead
	} else if !p.colon || p.blank || len(body) > maxItem {
		p.colon, p.lead = false, false
	}
	p.blank, p.banner, p.items = false, false, false
	p.started, p.prose, p.use = true, goesOn(body), use
	f.marks.blank = false
}

// mayRead is a quick look at a line that may be a banner.
func mayRead(body string) bool {
	if len(body) > 2*maxBanner {
		return false
	}
	s, _ := undecorate(body)
	return mayBeBanner(s) || !plainASCII(s[:min(len(s), sureOctets)])
}

// readLine reads a banner; letters reports look-alike letters in it.
func (f *finder) readLine(body string) (b banner, ok, letters bool) {
	if !plainASCII(body) {
		fd := foldText(body)
		body, letters = fd.text, fd.letters
	}
	b, ok = readBanner(body)
	return b, ok, letters
}

// merged adds the caveats and markers of items to those of b.
func merged(items, b banner) banner {
	out := b
	out.caveats, out.imms = nil, nil
	for _, x := range [...]banner{b, items} {
		for _, c := range x.caveats {
			out.caveats = addOnce(out.caveats, c)
		}
		for _, imm := range x.imms {
			out.imms = addOnce(out.imms, imm)
		}
	}
	out.unknown = b.unknown || items.unknown
	return out
}

// proseLine is from what length a line without a full stop is taken to go on
// in the next, in octets.
const proseLine = 40

func goesOn(body string) bool {
	if len(body) < proseLine {
		return false
	}
	c := body[len(body)-1]
	return c == ',' || c >= 'a' && c <= 'z' || c >= 0x80
}

// phrase is what begins the one phrase that is unmistakable inside a sentence.
const phrase = "OFFICIAL:"

// mentions reports it.
func (f *finder) mentions(at int, content string, use Use) {
	if f.noPhrase {
		return
	}
	for i := 0; ; {
		j := strings.Index(content[i:], phrase)
		if j < 0 {
			return
		}
		i += j
		var b banner
		n := 0
		if i == 0 || !isLetter(content[i-1]) && content[i-1] != '=' {
			n = b.readOfficial(content[i:min(len(content), i+maxWord)])
		}
		if n > 0 && b.class == OfficialSensitive {
			m := b.marking(content[i : i+n])
			m.Use = Mention
			f.report(TextMarking{Marking: m, Start: at + i, End: at + i + n})
			return // once a line is enough
		}
		i += len(phrase)
	}
}

// marks are paragraph marks, "(O:S) The …", in new text.
type marks struct {
	blank      bool // the last line was blank
	paragraphs int
	marked     int
	first      []TextMarking // of each class
	sure       bool          // one of them means nothing else
}

// manyMarks is how many marked paragraphs make a habit.
const manyMarks = 3

func (k *marks) see(body string, start int, use Use) {
	k.pass(use)
	if use != Own {
		return
	}
	class, n, sure := paragraphMark(body)
	if n == 0 {
		return
	}
	k.marked++
	k.sure = k.sure || sure
	for i := range k.first {
		if k.first[i].Marking.Classification == class {
			return
		}
	}
	m := newMarking(SourceBody, body[:n])
	m.Classification = class
	k.first = append(k.first, TextMarking{Marking: m, Start: start, End: start + n})
}

// pass counts a line of text.
func (k *marks) pass(use Use) {
	if use == Own && (k.blank || k.paragraphs == 0) {
		k.paragraphs++
	}
}

// paragraphMark reads a mark with text after it. sure means that the mark is
// no ordinary abbreviation.
func paragraphMark(s string) (class string, n int, sure bool) {
	if len(s) < 5 || s[0] != '(' {
		return "", 0, false
	}
	i := strings.IndexByte(s[:5], ')')
	if i < 0 || i+1 >= len(s) || !isBlank(s[i+1]) {
		return "", 0, false
	}
	switch s[1:i] {
	case "UO":
		return Unofficial, i + 1, true
	case "O":
		return Official, i + 1, false
	case "O:S":
		return OfficialSensitive, i + 1, true
	case "P":
		return Protected, i + 1, false
	case "S":
		return Secret, i + 1, false
	case "TS":
		return TopSecret, i + 1, true
	}
	return "", 0, false
}

// paragraphs reports paragraph marks: as own the highest, where at least
// three and half of the paragraphs carry one and at least one mark is beyond
// doubt; otherwise those beyond doubt as mentions.
func (f *finder) paragraphs() {
	k := &f.marks
	if k.sure && k.marked >= manyMarks && 2*k.marked >= k.paragraphs {
		best := 0
		for i := range k.first {
			if Lower(k.first[best].Marking.Classification, k.first[i].Marking.Classification) {
				best = i
			}
		}
		f.report(k.first[best])
		return
	}
	for _, t := range k.first {
		if _, _, sure := paragraphMark(t.Marking.Raw + "  "); sure {
			t.Marking.Use = Mention
			f.report(t)
		}
	}
}
