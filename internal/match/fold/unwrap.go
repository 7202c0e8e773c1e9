package fold

import "bytes"

// maxLine is how far Unwrap looks along a line for letters, maxGap how many
// characters of indentation and quoting it crosses.
const (
	maxLine = 200
	maxGap  = 16
)

// cut is a piece of shadow between two groups of digits that a line break
// parts.
type cut struct {
	from, to int
	space    bool // a space takes its place
}

// Unwrap takes out line breaks within numbers: "4532 0151\r\n> 1283 0366" reads
// "4532 0151 1283 0366", and a break behind a hyphen goes without trace. Both
// parts must be groups of digits by themselves, so that the cells of tables
// stay apart, and not stand in three or more lines without letters, which are
// columns of numbers.
func (x *Text) Unwrap() {
	lines := x.lines[:0]
	for from := 0; ; {
		n := bytes.IndexByte(x.Shadow[from:], '\n')
		if n < 0 {
			break
		}
		lines = append(lines, int32(from+n))
		from += n + 1
	}
	x.lines = lines
	x.UnwrapAt(lines)
}

// Before is how many characters before a line break Unwrap looks for the last
// digit of a number.
const Before = 5

// UnwrapAt does what Unwrap does for those who know where line breaks are, all
// that have a digit in the few characters before. It reports whether it took
// any out.
func (x *Text) UnwrapAt(lines []int32) bool {
	cuts := x.cuts[:0]
	for _, i := range lines {
		if c, ok := x.wrapped(int(i)); ok {
			cuts = append(cuts, c)
		}
	}
	if len(cuts) > 0 {
		x.take(cuts)
	}
	x.cuts = cuts
	return len(cuts) > 0
}

func digitAt(b []byte, i int) bool { return i >= 0 && i < len(b) && b[i]-'0' < 10 }

// wrapped reports whether the line break at i stands within a number.
func (x *Text) wrapped(i int) (c cut, ok bool) {
	b := x.Shadow
	l := i - 1
	if l >= 0 && b[l] == '\r' {
		l--
	}
	for k := 0; k < 2 && l >= 0 && b[l] == ' '; k++ {
		l--
	}
	hyphen := l > 0 && b[l] == '-' && digitAt(b, l-1)
	if !hyphen && !digitAt(b, l) {
		return c, false
	}
	r := i + 1
	for r < len(b) && r-i <= maxGap && (b[r] == ' ' || b[r] == '\t' || b[r] == '>') {
		r++
	}
	if !digitAt(b, r) || !x.group(l, -1) || !x.group(r, 1) {
		return c, false
	}
	left, right := x.letters(i-1, -1), x.letters(i+1, 1)
	if left < 0 && right < 0 {
		// The lines around them tell a column of numbers.
		before, behind := lineEnd(b, i-1, -1), lineEnd(b, i+1, 1)
		if x.numbers(before-1, -1) || x.numbers(behind+1, 1) {
			return c, false
		}
	}
	return cut{l + 1, r, !hyphen}, true
}

// group reports whether what stands from i on up to white space is digits with
// hyphens, full stops and slashes, and a mark behind it.
func (x *Text) group(i, step int) bool {
	for n := 0; n < 24; n++ {
		if i < 0 || i >= len(x.Shadow) || Space(x.Shadow[i]) {
			return true
		}
		switch c := x.Shadow[i]; {
		case c-'0' < 10, c == '-', c == '.', c == '/':
		case step > 0 && n > 0 && (c == ',' || c == ';' || c == ':' || c == ')' || c == '!' || c == '?'):
			return i+1 >= len(x.Shadow) || Space(x.Shadow[i+1])
		default:
			return false
		}
		i += step
	}
	return false
}

// letters gives the place of a letter of the line from i on, -1 if there is
// none.
func (x *Text) letters(i, step int) int {
	for n := 0; n < maxLine && i >= 0 && i < len(x.Shadow) && x.Shadow[i] != '\n'; n++ {
		if c := x.Shadow[i]; Alnum(c) && c-'0' > 9 || c == Ideograph {
			return i
		}
		i += step
	}
	return -1
}

// lineEnd gives the place of the line feed from i on, or the end of the text.
func lineEnd(b []byte, i, step int) int {
	for n := 0; n < maxLine && i >= 0 && i < len(b) && b[i] != '\n'; n++ {
		i += step
	}
	return i
}

// numbers reports whether the line from i on has digits and no letters.
func (x *Text) numbers(i, step int) bool {
	if x.letters(i, step) >= 0 {
		return false
	}
	for n := 0; n < maxLine && i >= 0 && i < len(x.Shadow) && x.Shadow[i] != '\n'; n++ {
		if digitAt(x.Shadow, i) {
			return true
		}
		i += step
	}
	return false
}

// take removes pieces of the shadow, in place.
func (x *Text) take(cuts []cut) {
	old, breaks := x.Breaks, x.spare[:0]
	first := cuts[0].from
	shadow := x.Shadow[:first]
	k := 0 // break that was not yet copied
	for ; k < len(old) && int(old[k].Shadow) <= first; k++ {
		breaks = append(breaks, old[k])
	}
	for i, c := range cuts {
		// The break of the old text says where the next character stood.
		last := Break{}
		if k > 0 {
			last = old[k-1]
		}
		for ; k < len(old) && int(old[k].Shadow) <= c.to; k++ {
			last = old[k]
		}
		if c.space {
			shadow = append(shadow, ' ')
		} else if n := len(breaks); n > 0 && int(breaks[n-1].Shadow) == len(shadow) {
			breaks = breaks[:n-1]
		}
		breaks = append(breaks, Break{int32(len(shadow)), last.Orig + int32(c.to) - last.Shadow})
		next := len(x.Shadow)
		if i+1 < len(cuts) {
			next = cuts[i+1].from
		}
		gone := int32(c.to - len(shadow))
		shadow = append(shadow, x.Shadow[c.to:next]...)
		for ; k < len(old) && int(old[k].Shadow) <= next; k++ {
			breaks = append(breaks, Break{old[k].Shadow - gone, old[k].Orig})
		}
	}
	x.Shadow, x.Breaks, x.spare, x.last = shadow, breaks, old, 0
}
