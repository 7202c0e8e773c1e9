package validate

import (
	"fmt"
	"strings"
)

var dateTable = []entry{
	{"date-ymd", "date as year, month, day: four- or two-digit year, number or name of the month", ordered("ymd")},
	{"date-dmy", "date as day, month, year; month names in seven languages", ordered("dmy")},
	{"date-mdy", "date as month, day, year; month names in English first", ordered("mdy")},
	{"date-ydm", "date as year, day, month", ordered("ydm")},
	{"date", "date in any of the four orders", Any(ordered("ymd"), ordered("dmy"), ordered("mdy"), ordered("ydm"))},
	{"date-expiry", "month and year of a card's expiry: MM/YY, MM/YYYY or with the month's name", isExpiry},
}

// maxDate bounds the text of a date, in bytes.
const maxDate = 40

// Plausible years of a four-digit year in text.
const (
	minYear = 1800
	maxYear = 2199
)

// token is one run of digits or letters in a date.
type token struct {
	text   string
	number int // -1 for letters
}

// tokens splits s at spaces, / - . , and between digits and letters; n is -1
// if there is anything else or there are too many.
func tokens(out *[4]token, s string) (n int) {
	if len(s) > maxDate {
		return -1
	}
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case strings.IndexByte(" /-.,", c) >= 0:
			i++
			continue
		case n == len(out):
			return -1
		}
		start := i
		if isDigit(s[i]) {
			v := 0
			for ; i < len(s) && isDigit(s[i]); i++ {
				if i-start == 8 {
					return -1
				}
				v = v*10 + int(s[i]-'0')
			}
			out[n] = token{s[start:i], v}
		} else {
			for i < len(s) && isMonthByte(s[i]) {
				i++
			}
			if i == start {
				return -1
			}
			out[n] = token{s[start:i], -1}
		}
		n++
	}
	return n
}

// isMonthByte: letters and the bytes of non-ASCII letters.
func isMonthByte(c byte) bool { return isUpper(c) || 'a' <= c && c <= 'z' || c >= 0x80 }

// ordered accepts dates whose parts stand in that order of y, m and d, with
// delimiters or, all in digits, without.
func ordered(order string) Func {
	return func(s string) bool {
		var t [4]token
		switch n := tokens(&t, s); {
		case n == 3:
			var y, m, d token
			for i := range 3 {
				switch order[i] {
				case 'y':
					y = t[i]
				case 'm':
					m = t[i]
				case 'd':
					d = t[i]
				}
			}
			return partsDate(y, m, d)
		case n == 1 && t[0].number >= 0 && (len(t[0].text) == 6 || len(t[0].text) == 8):
			return compactDate(t[0].text, order)
		}
		return false
	}
}

// partsDate tests the three parts; ordinals such as 2nd are not taken.
func partsDate(y, m, d token) bool {
	month := m.number
	if month < 0 {
		month = monthByName(m.text)
	} else if len(m.text) > 2 {
		return false
	}
	year, ok := yearOf(y)
	return ok && d.number >= 0 && len(d.text) <= 2 && validDate(year, month, d.number)
}

// yearOf takes two digits as any century with a leap year rule of 2000.
func yearOf(t token) (int, bool) {
	switch {
	case t.number < 0:
		return 0, false
	case len(t.text) == 2:
		return 2000 + t.number, true
	case len(t.text) == 4:
		return t.number, t.number >= minYear && t.number <= maxYear
	}
	return 0, false
}

// compactDate reads six or eight digits in that order.
func compactDate(s, order string) bool {
	width := len(s) - 4
	var y, m, d token
	for i := 0; i < len(order); i++ {
		n := 2
		if order[i] == 'y' {
			n = width
		}
		v := 0
		for _, c := range []byte(s[:n]) {
			v = v*10 + int(c-'0')
		}
		t := token{s[:n], v}
		s = s[n:]
		switch order[i] {
		case 'y':
			y = t
		case 'm':
			m = t
		case 'd':
			d = t
		}
	}
	return partsDate(y, m, d)
}

func isExpiry(s string) bool {
	var t [4]token
	if tokens(&t, s) != 2 {
		return false
	}
	month := t[0].number
	if month < 0 {
		month = monthByName(t[0].text)
	} else if len(t[0].text) > 2 {
		return false
	}
	year, ok := yearOf(t[1])
	return ok && year >= 1990 && year <= 2060 && month >= 1 && month <= 12
}

// monthByName finds the month in any of the seven languages, in full or
// abbreviated; 0 if it is none.
func monthByName(s string) int {
	if s == "" {
		return 0
	}
	first := toLower(s[0])
	for i := range monthNames {
		if m := &monthNames[i]; m.name[0] == first && strings.EqualFold(m.name, s) {
			return m.month
		}
	}
	return 0
}

// DatePart accepts text whose digits, from offset on (0-based, delimiters not
// counted), are a date in that layout: DDMMYYYY, MMDDYYYY, YYYYDDMM,
// YYYYMMDD, DDMMYY, MMDDYY, YYDDMM or YYMMDD. Other digits may follow. It
// returns an error for any other layout or an offset outside 0 to 40.
func DatePart(layout string, offset int) (Func, error) {
	var order string
	switch layout {
	case "DDMMYYYY", "DDMMYY":
		order = "dmy"
	case "MMDDYYYY", "MMDDYY":
		order = "mdy"
	case "YYYYDDMM", "YYDDMM":
		order = "ydm"
	case "YYYYMMDD", "YYMMDD":
		order = "ymd"
	default:
		return nil, fmt.Errorf("validate: unknown date layout %q (known: DDMMYYYY, MMDDYYYY, YYYYDDMM, YYYYMMDD, DDMMYY, MMDDYY, YYDDMM, YYMMDD)", layout)
	}
	if offset < 0 || offset > len(field{})-len(layout) {
		return nil, fmt.Errorf("validate: date offset %d is not in 0 to %d", offset, len(field{})-len(layout))
	}
	width := len(layout)
	return func(s string) bool {
		var b field
		d := digits(&b, s, groupMarks+"/", offset+width, len(b))
		if d == nil {
			return false
		}
		d = d[offset : offset+width]
		var y, m, day int
		for i := 0; i < len(order); i++ {
			n := 2
			if order[i] == 'y' {
				n = width - 4
			}
			switch v := number(d[:n]); order[i] {
			case 'y':
				y = v
			case 'm':
				m = v
			case 'd':
				day = v
			}
			d = d[n:]
		}
		if width == 6 {
			y += 2000
		}
		return validDate(y, m, day)
	}, nil
}
