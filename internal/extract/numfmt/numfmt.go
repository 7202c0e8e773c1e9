// Package numfmt displays numbers as cells of a spreadsheet do, by format codes
// (ISO/IEC 29500-1 18.8.30, 18.8.31): up to four sections, divided by ";", of
// placeholders, literals and date parts. Fractions are not displayed, and names
// of months and days are English.
package numfmt

import (
	"math"
	"strconv"
	"strings"
)

// Format is a parsed number format.
type Format struct {
	sections []section
}

type tokenKind uint8

const (
	literal  tokenKind = iota
	digit              // 0 # ?
	point              // .
	datePart           // y m d h s, AM/PM, [h]
	exponent           // E+ E-
	general
	percent
)

type token struct {
	kind tokenKind
	text string
}

type section struct {
	tokens    []token
	isDate    bool
	isGeneral bool // nothing but General, or something that is not displayed here
	thousands bool
	scale     int // trailing commas
	percents  int
	op        string // condition, "" if by sign
	limit     float64
}

// maxFormat bounds the length of a format code (Excel's own limit is 255).
const maxFormat = 1024

// Builtin is the code of a format that needs no definition (18.8.30); those of
// East Asian locales are shown in their order of year, month, day.
func Builtin(id int) string {
	switch {
	case id >= 27 && id <= 31, id == 36, id >= 50 && id <= 54, id >= 57 && id <= 58:
		return "yyyy-mm-dd"
	case id >= 32 && id <= 35, id >= 55 && id <= 56:
		return "h:mm:ss"
	}
	switch id {
	case 1:
		return "0"
	case 2:
		return "0.00"
	case 3:
		return "#,##0"
	case 4:
		return "#,##0.00"
	case 5, 6:
		return `"$"#,##0;\-"$"#,##0`
	case 7, 8:
		return `"$"#,##0.00;\-"$"#,##0.00`
	case 9:
		return "0%"
	case 10:
		return "0.00%"
	case 11:
		return "0.00E+00"
	case 14:
		return "mm/dd/yyyy"
	case 15:
		return "d-mmm-yy"
	case 16:
		return "d-mmm"
	case 17:
		return "mmm-yy"
	case 18:
		return "h:mm AM/PM"
	case 19:
		return "h:mm:ss AM/PM"
	case 20:
		return "h:mm"
	case 21:
		return "h:mm:ss"
	case 22:
		return "m/d/yyyy h:mm"
	case 37, 38:
		return "#,##0;(#,##0)"
	case 39, 40:
		return "#,##0.00;(#,##0.00)"
	case 41, 42:
		return "#,##0;-#,##0"
	case 43, 44:
		return "#,##0.00;-#,##0.00"
	case 45:
		return "mm:ss"
	case 46:
		return "[h]:mm:ss"
	case 47:
		return "mm:ss.0"
	case 48:
		return "##0.0E+0"
	}
	return "General"
}

// Parse reads a format code; no code is an error.
func Parse(code string) *Format {
	f := &Format{}
	if len(code) > maxFormat {
		code = "General"
	}
	for code != "" && len(f.sections) < 4 {
		var s section
		s, code = parseSection(code)
		f.sections = append(f.sections, s)
	}
	if len(f.sections) == 0 {
		f.sections = []section{{isGeneral: true}}
	}
	return f
}

// pick chooses the section for a value and says whether its sign is shown by
// the section itself.
func (f *Format) pick(v float64) (*section, bool) {
	s := f.sections
	if s[0].op != "" {
		for i := range s {
			if s[i].op == "" || s[i].holds(v) {
				return &s[i], false
			}
		}
		return &s[len(s)-1], false
	}
	switch {
	case v < 0 && len(s) > 1:
		return &s[1], true
	case v == 0 && len(s) > 2:
		return &s[2], true
	}
	return &s[0], false
}

func (s *section) holds(v float64) bool {
	switch s.op {
	case "<":
		return v < s.limit
	case "<=":
		return v <= s.limit
	case ">":
		return v > s.limit
	case ">=":
		return v >= s.limit
	case "<>":
		return v != s.limit
	}
	return v == s.limit
}

// Date reports that a value is displayed as a date or time.
func (f *Format) Date(v float64) bool {
	s, _ := f.pick(v)
	return s.isDate && v >= 0 && v < maxSerial
}

// percent reports that a value is displayed as a percentage.
func (f *Format) percent(v float64) bool {
	s, _ := f.pick(v)
	return s.percents == 1
}

// elapsed reports that a value is displayed as a time that goes beyond a day.
func (f *Format) elapsed(v float64) bool {
	s, _ := f.pick(v)
	for _, t := range s.tokens {
		if t.kind == datePart && t.text[0] == '[' {
			return true
		}
	}
	return false
}

// maxSerial is the day after 9999-12-31 in the 1900 date system.
const maxSerial = 2_958_466

// Show gives a value as displayed, "" where that is the plain number.
func (f *Format) Show(v float64, date1904 bool) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return ""
	}
	s, signed := f.pick(v)
	switch {
	case s.isGeneral:
		return ""
	case s.isDate:
		if v < 0 || v >= maxSerial {
			return ""
		}
		return s.showDate(v, date1904)
	}
	return s.showNumber(v, signed)
}

// showNumber fills the placeholders with digits.
func (s *section) showNumber(v float64, signed bool) string {
	whole, frac, exp, seenPoint := 0, 0, false, false
	minWhole := 0
	for _, t := range s.tokens {
		switch {
		case t.kind == point:
			seenPoint = true
		case t.kind == exponent:
			exp = true
		case t.kind == digit && seenPoint && !exp:
			frac++
		case t.kind == digit && !exp:
			if whole++; t.text == "0" || minWhole > 0 {
				minWhole++
			}
		}
	}
	if whole+frac == 0 {
		return s.literals()
	}
	a := math.Abs(v) * math.Pow(100, float64(s.percents)) / math.Pow(1000, float64(s.scale))
	if exp || a > 1e30 {
		return strconv.FormatFloat(v, 'E', min(frac, 30), 64)
	}
	text := strconv.FormatFloat(a, 'f', min(frac, 30), 64)
	in, fr, _ := strings.Cut(text, ".")
	if in == "0" && minWhole == 0 {
		in = ""
	}
	for len(in) < minWhole {
		in = "0" + in
	}
	var b strings.Builder
	if v < 0 && !signed && strings.Trim(text, "0.") != "" {
		b.WriteByte('-')
	}
	place, seenPoint := 0, false
	fi := 0
	for _, t := range s.tokens {
		switch {
		case t.kind == digit && !seenPoint:
			place++
			left := whole - place // places after this one
			from, to := max(len(in)-left-1, 0), max(len(in)-left, 0)
			if place == 1 {
				from = 0
			}
			for i := from; i < to; i++ {
				b.WriteByte(in[i])
				if n := len(in) - i - 1; s.thousands && n > 0 && n%3 == 0 {
					b.WriteByte(',')
				}
			}
		case t.kind == digit:
			if fi < len(fr) && (t.text == "0" || strings.Trim(fr[fi:], "0") != "") {
				b.WriteByte(fr[fi])
			}
			fi++
		case t.kind == point:
			seenPoint = true
			if frac > 0 {
				b.WriteByte('.')
			}
		case t.kind == percent:
			b.WriteByte('%')
		case t.kind == literal:
			b.WriteString(t.text)
		}
	}
	return strings.TrimSpace(b.String())
}

func (s *section) literals() string {
	var b strings.Builder
	for _, t := range s.tokens {
		if t.kind == literal {
			b.WriteString(t.text)
		}
	}
	return strings.TrimSpace(b.String())
}

// Plain is a number in full: no exponent, and no digits that only binary
// fractions have (15 are significant, as Excel keeps them). The digits of a
// whole number are kept as stored; raw is the number as it stands in a text, ""
// where it does not.
func Plain(raw string, v float64) string {
	if raw != "" && len(raw) <= 400 && strings.Trim(raw, "0123456789") == "" {
		return raw
	}
	if v > 1e30 || v < -1e30 || v != 0 && v < 1e-30 && v > -1e-30 {
		if raw != "" {
			return raw
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	if v != math.Trunc(v) {
		if r, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', significant, 64), 64); err == nil {
			v = r
		}
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

// significant is how many digits of a number Excel keeps.
const significant = 15

// Cell gives a number as displayed, and in full where that differs: all its
// digits, or date and time of day in the form of ISO 8601; a percentage as one. The serial number of
// a date is not text. A nil format is General.
func (f *Format) Cell(raw string, v float64, date1904 bool) string {
	shown := ""
	if f != nil {
		shown = f.Show(v, date1904)
	}
	if shown == "" {
		return Plain(raw, v)
	}
	full := ""
	switch {
	case !f.Date(v):
		if full = Plain(raw, v); f.percent(v) {
			full = Plain("", v*100) + "%"
		}
	case !f.elapsed(v):
		full = whole(v, date1904, shown)
	}
	if full == "" || full == shown {
		return shown
	}
	return shown + " (" + full + ")"
}
