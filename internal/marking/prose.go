package marking

import "strings"

// Most lines of most texts hold nothing to be read, and how they begin tells
// it: with a letter, and with no two letters that begin a banner, a field or
// the head of an earlier message. What such a line means for the lines around
// it is the same as if it had been read.

// begins has a bit for each pair of letters that begins something to be read,
// in any case; capital is for those of which the first is a capital.
var begins, beginsCapital = func() (any, capital [26]uint32) {
	for _, pair := range []string{
		"cl", "do", "em", "fo", "in", "le", "ma", "of", "pe", "pr", "se", // mayBeBanner
		"be", "fr", "vo", "de", // startsReply
	} {
		any[pair[0]-'a'] |= 1 << (pair[1] - 'a')
	}
	for _, pair := range []string{"on", "am"} { // attribution; "le" is above
		capital[pair[0]-'a'] |= 1 << (pair[1] - 'a')
	}
	any['x'-'a'] = 1<<26 - 1 // field
	return any, capital
}()

// sureOctets are looked at for look-alikes in each line that may be a banner.
const sureOctets = 8

// ordinary gives the text of the line text[i:end] if it begins with a letter,
// perhaps behind a quotation mark, and is none of those that line has to read.
func (f *finder) ordinary(i, end int) (body string, use Use, ok bool) {
	s := f.text[i:end]
	use = Own
	if len(s) > 2 && s[0] == '>' && s[1] == ' ' {
		s, use = s[2:], Quoted
	}
	if len(s) < sureOctets || !isLetter(s[0]) || i < f.fenceEnd {
		return "", "", false
	}
	for _, c := range []byte(s[:sureOctets]) {
		if c < ' ' || c >= 0x7f {
			return "", "", false
		}
	}
	if c, d := s[0], s[1]; isLetter(d) {
		pair := uint32(1) << (d&0x1f - 1)
		if isUpper(c) && (isUpper(d) || beginsCapital[c&0x1f-1]&pair != 0) || begins[c&0x1f-1]&pair != 0 {
			if c|0x20 == 'x' || mayBeBanner(s) || mayStartReply(s) {
				return "", "", false
			}
		}
	} else if c|0x20 == 'x' {
		return "", "", false
	}
	if !f.noTag && mayHoldTag(s) || !f.noPhrase && strings.Contains(s, phrase) {
		return "", "", false
	}
	if f.below {
		use = Quoted
	}
	for isBlank(s[len(s)-1]) {
		s = s[:len(s)-1]
	}
	return s, use, true
}

// prose takes in an ordinary line.
func (f *finder) prose(body string, use Use) {
	f.flush()
	f.marks.pass(use)
	f.after(body, use)
}
