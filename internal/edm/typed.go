package edm

import (
	"bytes"
	"slices"

	"labelmilter/internal/match/fold"
)

// Bounds of typed values in text.
const (
	maxGroups = 8  // groups of digits or letters joined to one value
	maxValue  = 64 // characters of a normalised value
)

// typed finds values of a typed column in the folded text between lo and hi
// and calls emit with each normalised form and its place. The form is
// overwritten by the next.
func typed(c *Column, b []byte, lo, hi int, emit func(form []byte, start, end int)) {
	switch c.Type {
	case Digits, Code:
		grouped(b, lo, hi, c.Type == Digits, 1, func(gs []group) {
			var form [maxValue]byte
			out := form[:0]
			for _, g := range gs {
				if len(out)+int(g.end-g.start) > maxValue {
					return
				}
				for _, x := range b[g.start:g.end] {
					out = append(out, upper(x))
				}
				emit(out, int(gs[0].start), int(g.end))
			}
		})
	case Phone:
		grouped(b, lo, hi, true, 3, func(gs []group) { phones(c, b, gs, emit) })
	case Date:
		var buf [maxReadings]reading
		for i := lo; i < hi; i++ {
			if i > 0 && fold.Alnum(b[i-1]) || !fold.Alnum(b[i]) {
				continue
			}
			if rs, end := dateAt(buf[:0], b[:min(hi, i+48)], i); len(rs) > 0 {
				var forms [maxReadings][8]byte
				for k := range dates(c, rs, true, &forms) {
					emit(forms[k][:], i, end)
				}
			}
		}
	case Email:
		for i := lo; i < hi; {
			at := bytes.IndexByte(b[i:hi], '@')
			if at < 0 {
				return
			}
			i += at
			if start, end := mailbox(b, lo, hi, i); end > 0 && end-start <= maxMailbox {
				var form [maxMailbox]byte
				emit(lowered(form[:0], b[start:end]), start, end)
			}
			i++
		}
	}
}

// group is a run of letters and digits.
type group struct{ start, end int32 }

// grouped calls f with every run of groups that are joined by one to most
// separators, from each group on; only groups of digits if digits is set.
func grouped(b []byte, lo, hi int, digits bool, most int, f func([]group)) {
	var gs [maxGroups]group
	n := 0
	flush := func() {
		for k := range n {
			f(gs[k:n])
		}
		n = 0
	}
	for i := lo; i < hi; {
		if !fold.Alnum(b[i]) {
			i++
			continue
		}
		start, ok := i, true
		for ; i < hi && fold.Alnum(b[i]); i++ {
			ok = ok && b[i] < 0x80 && (!digits || b[i]-'0' < 10)
		}
		if !ok {
			flush()
			continue
		}
		if n > 0 && !joined(b[gs[n-1].end:start], most) {
			flush()
		}
		if n == maxGroups {
			f(gs[:n])
			copy(gs[:], gs[1:])
			n--
		}
		gs[n] = group{int32(start), int32(i)}
		n++
	}
	flush()
}

func joined(sep []byte, most int) bool {
	if len(sep) > most {
		return false
	}
	for _, c := range sep {
		switch c {
		case ' ', '-', '.', '/', ':', '_', '\n', '\r':
		case '(', ')', '+':
			if most == 1 {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func upper(c byte) byte {
	if c-'a' < 26 {
		c -= 'a' - 'A'
	}
	return c
}

func lowered(dst, b []byte) []byte {
	for _, c := range b {
		dst = append(dst, fold.Lower(c))
	}
	return dst
}

// Lengths of telephone numbers (ITU-T E.164: at most 15 digits).
const (
	minPhone  = 7
	maxPhone  = 15
	samePhone = 9 // digits compared where no calling code is known
)

func phones(c *Column, b []byte, gs []group, emit func(form []byte, start, end int)) {
	start := int(gs[0].start)
	plus := start > 0 && b[start-1] == '+' || start > 1 && b[start-1] == '(' && b[start-2] == '+'
	if !plus && c.CountryCode != "" && behindCode(b, start) {
		return // the rest of +64 2 … is no number of the own country
	}
	var digits [maxPhone + 4]byte
	n := 0
	for _, g := range gs {
		w := int(g.end - g.start)
		if plus && w == 1 && b[g.start] == '0' && b[g.start-1] == '(' {
			continue // +61 (0)2 …
		}
		if n+w > len(digits) {
			return
		}
		n += copy(digits[n:], b[g.start:g.end])
		phoneForms(c, digits[:n], plus, true, func(form []byte) { emit(form, start, int(g.end)) })
	}
}

// behindCode reports whether a + with a calling code stands before i.
func behindCode(b []byte, i int) bool {
	for k := i - 1; k >= 0 && k > i-12; k-- {
		switch c := b[k]; {
		case c == '+':
			return true
		case c-'0' >= 10 && !joined(b[k:k+1], 3):
			return false
		}
	}
	return false
}

// phoneForms gives the forms a number may have: in text a national number may
// also be an international one without sign.
func phoneForms(c *Column, d []byte, plus, text bool, emit func([]byte)) {
	if len(d) < minPhone || len(d) > maxPhone+4 {
		return
	}
	if c.CountryCode == "" {
		emit(d[max(0, len(d)-samePhone):])
		return
	}
	var form [maxPhone + 8]byte
	switch {
	case plus:
		emit(d)
	case bytes.HasPrefix(d, []byte("00")):
		emit(d[2:])
	case d[0] == '0':
		emit(append(append(form[:0], c.CountryCode...), d[1:]...))
	default:
		international := len(d) >= 11 && bytes.HasPrefix(d, []byte(c.CountryCode))
		if international {
			emit(d)
		}
		if !international || text {
			emit(append(append(form[:0], c.CountryCode...), d...))
		}
	}
}

// maxMailbox is the length of a mailbox (RFC 5321 4.5.3.1).
const maxMailbox = 320

// mailbox gives the place of the mailbox around the @ at i, end 0 if none.
func mailbox(b []byte, lo, hi, i int) (start, end int) {
	start, end = i, i+1
	for start > lo && i-start < 64 && (fold.Alnum(b[start-1]) && b[start-1] < 0x80 || bytes.IndexByte([]byte("._%+-'#&*/=?^`{|}~!$"), b[start-1]) >= 0) {
		start--
	}
	for start < i && !fold.Alnum(b[start]) {
		start++
	}
	for end < hi && end-i < 255 && (fold.Alnum(b[end]) && b[end] < 0x80 || b[end] == '.' || b[end] == '-') {
		end++
	}
	for end > i+1 && !fold.Alnum(b[end-1]) {
		end--
	}
	if start == i || end == i+1 || bytes.IndexByte(b[i+1:end], '.') < 0 {
		return 0, 0
	}
	return start, end
}

// maxReadings is more than there are ways to read a date.
const maxReadings = 8

// reading is one way to read a date.
type reading struct {
	y, m, d int
	order   string // "dmy", "mdy" or "ymd"; "" if it cannot be read otherwise
}

// dates gives the normalised forms of readings: yyyymmdd where the column
// names its order, else the year with day and month in rising order, so that
// both readings of an ambiguous date are one form. In text every reading
// counts, in the table only that of the column's order.
func dates(c *Column, rs []reading, text bool, forms *[maxReadings][8]byte) int {
	var seen [maxReadings]int
	n := 0
	for _, r := range rs {
		if !text && c.Order != "" && r.order != "" && r.order != c.Order {
			continue
		}
		a, z := r.m, r.d
		if c.Order == "" {
			a, z = min(a, z), max(a, z)
		}
		v := r.y*10000 + a*100 + z
		if slices.Contains(seen[:n], v) || n == len(seen) {
			continue
		}
		seen[n] = v
		for k := 7; k >= 0; k-- {
			forms[n][k] = byte('0' + v%10)
			v /= 10
		}
		n++
	}
	return n
}
